"""Image sets: what is written is read back exactly, own pictures are read faithfully."""
import os
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from meta_rl.config import Config
from meta_rl.images import dataset
from meta_rl.images.dataset import DatasetError

from helpers.pictures import pattern


def only(folder, allow_flat=False):
    """The one image of a folder."""
    images = dataset.load_folder(str(folder), allow_flat=allow_flat)
    assert images.shape == (1, 256, 256, 3) and images.dtype == np.uint8
    return images[0]


# ---- writing, and the cache folder ----

def test_what_is_written_is_read_back_exactly(tmp_path, drawn):
    folder = str(tmp_path / 'deep' / 'set')
    dataset.write_images(folder, drawn[:12])
    assert sorted(os.listdir(folder)) == ['%04d.png' % number for number in range(1, 13)]
    assert np.array_equal(dataset.load_folder(folder), drawn[:12])
    with Image.open(os.path.join(folder, '0001.png')) as picture:
        assert picture.mode == 'RGB' and picture.size == (256, 256)


def test_a_written_folder_is_as_open_as_any_other(tmp_path):
    dataset.write_images(str(tmp_path / 'set'), [pattern(0)])
    (tmp_path / 'plain').mkdir()
    assert (tmp_path / 'set').stat().st_mode == (tmp_path / 'plain').stat().st_mode


@pytest.mark.parametrize('content', [None, 'notes.txt'])
def test_an_existing_folder_is_left_alone(tmp_path, content):
    folder = tmp_path / 'thesis'
    folder.mkdir()
    if content:
        (folder / content).write_text('precious')
    with pytest.raises(DatasetError, match='thesis exists already'):
        dataset.write_images(str(folder), [pattern(0)])
    assert os.listdir(str(folder)) == ([content] if content else [])
    assert os.listdir(str(tmp_path)) == ['thesis']


def test_a_folder_that_appears_while_the_images_are_drawn_is_left_alone(tmp_path):
    def images():
        yield pattern(0)
        (tmp_path / 'set').mkdir()
    with pytest.raises(DatasetError, match='exists already'):
        dataset.write_images(str(tmp_path / 'set'), images())
    assert os.listdir(str(tmp_path)) == ['set'] and not os.listdir(str(tmp_path / 'set'))


@pytest.mark.parametrize('image', [np.zeros((256, 256), np.uint8), np.zeros((84, 84, 3), np.uint8), np.zeros((256, 256, 3))])
def test_only_256_by_256_rgb_bytes_are_written(tmp_path, image):
    with pytest.raises(DatasetError, match='Image 2 is '):
        dataset.write_images(str(tmp_path / 'set'), [pattern(0), image])
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize('error, raised', [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(28, 'No space'), DatasetError)])
def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch, error, raised):
    def interrupted(count, seed):
        yield pattern(0)
        raise error
    monkeypatch.setattr(dataset, 'drawn', interrupted)
    with pytest.raises(raised, match='No space' if raised is DatasetError else None):
        dataset.drawn_folder(str(tmp_path), 5, 0)
    assert os.listdir(str(tmp_path)) == []


def test_the_cache_is_drawn_once_and_then_only_used(tmp_path, monkeypatch, drawn):
    monkeypatch.chdir(tmp_path)
    folder = dataset.drawn_folder(count=4, seed=0)
    assert folder == os.path.join('images', 'drawn-4-seed0')
    assert np.array_equal(dataset.load_folder(folder), drawn[:4])
    monkeypatch.setattr(dataset, 'drawn', None)  # drawing again would fail
    assert dataset.drawn_folder(count=4, seed=0) == folder


def test_seeds_and_counts_have_folders_of_their_own(tmp_path):
    assert len({dataset.drawn_folder(str(tmp_path), count, seed) for count, seed in ((2, 0), (2, 1), (3, 0))}) == 3


def test_pictures_that_the_user_put_into_the_cache_are_used(tmp_path, drawn):
    folder = dataset.drawn_folder(str(tmp_path), 3, 0)
    mine = pattern(9, 300, 300)
    Image.fromarray(mine).save(os.path.join(folder, '0002.png'))
    again = dataset.load_folder(dataset.drawn_folder(str(tmp_path), 3, 0), 3)
    assert np.array_equal(again[[0, 2]], drawn[[0, 2]])
    assert np.array_equal(again[1], cv2.resize(mine, (256, 256), interpolation=cv2.INTER_AREA))


def test_a_cache_that_lacks_a_picture_says_which_and_what_to_do(tmp_path):
    folder = dataset.drawn_folder(str(tmp_path), 3, 0)
    os.remove(os.path.join(folder, '0002.png'))
    with pytest.raises(DatasetError) as caught:
        dataset.drawn_folder(str(tmp_path), 3, 0)
    assert folder in str(caught.value) and '0002.png' in str(caught.value) and 'delete the folder' in str(caught.value)
    shutil.rmtree(folder)
    assert len(os.listdir(dataset.drawn_folder(str(tmp_path), 3, 0))) == 3


def test_two_runs_that_draw_the_same_cache_at_once_both_get_it(tmp_path, monkeypatch):
    original = dataset.drawn

    def overtaken(count, seed):
        monkeypatch.setattr(dataset, 'drawn', original)
        dataset.drawn_folder(str(tmp_path), count, seed)  # the other run is through before our first image
        yield from original(count, seed)
    monkeypatch.setattr(dataset, 'drawn', overtaken)
    assert len(os.listdir(dataset.drawn_folder(str(tmp_path), 2, 0))) == 2
    assert os.listdir(str(tmp_path)) == ['drawn-2-seed0']


# ---- reading a folder of one's own ----

def test_names_in_order_are_the_numbering_and_the_first_are_taken(tmp_path):
    names = ['b.png', '10.png', '2.png', 'a.PNG', '1.png']
    for seed, name in enumerate(names):
        Image.fromarray(pattern(seed)).save(str(tmp_path / name))
    for stranger in ('.hidden.png', 'notes.txt', 'c.gif', 'png'):
        (tmp_path / stranger).write_bytes(b'not a picture')
    expected = [pattern(names.index(name)) for name in ('1.png', '2.png', '10.png', 'a.PNG', 'b.png')]
    assert np.array_equal(dataset.load_folder(str(tmp_path)), expected)
    assert np.array_equal(dataset.load_folder(tmp_path, 3), expected[:3])


def test_numbers_beyond_four_digits_stay_in_order(tmp_path):
    for name in ('10000.png', '1001.png', '9999.png'):
        (tmp_path / name).write_bytes(b'')
    assert dataset._picture_names(str(tmp_path)) == ['1001.png', '9999.png', '10000.png']


@pytest.mark.parametrize('height, width, rows, columns', [
    (256, 400, slice(0, 256), slice(72, 328)), (300, 256, slice(22, 278), slice(0, 256)), (256, 257, slice(0, 256), slice(0, 256))])
def test_the_central_square_is_cut_out(tmp_path, height, width, rows, columns):
    picture = pattern(0, height, width)
    Image.fromarray(picture).save(str(tmp_path / 'a.png'))
    assert np.array_equal(only(tmp_path), picture[rows, columns])


def test_shrinking_averages_areas(tmp_path):
    picture = pattern(0, 512, 1024)
    Image.fromarray(picture).save(str(tmp_path / 'a.png'))
    blocks = picture[:, 256:768].reshape(256, 2, 256, 2, 3).mean((1, 3))
    assert np.abs(only(tmp_path) - blocks).max() <= .5


def test_small_pictures_are_enlarged(tmp_path):
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :4, 0] = picture[:, 4:, 2] = 200
    Image.fromarray(picture).save(str(tmp_path / 'a.png'))
    image = only(tmp_path)
    assert (image[:, :60] == (200, 0, 0)).all() and (image[:, 196:] == (0, 0, 200)).all()
    assert len(np.unique(image[:, :, 0])) > 20  # smoothly


@pytest.mark.parametrize('name', ['a.jpg', 'a.jpeg', 'a.JPG'])
def test_jpeg(tmp_path, name):
    picture = cv2.resize(pattern(0, 4, 4), (256, 256), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(picture).save(str(tmp_path / name), 'JPEG', quality=95, subsampling=0)
    assert np.abs(only(tmp_path) - picture.astype(int)).mean() < 2


def test_big_jpegs_are_cropped_like_small_ones(tmp_path):
    small = cv2.resize(pattern(0, 64, 96), (384, 256), interpolation=cv2.INTER_CUBIC)
    big = cv2.resize(small, (384 * 7, 256 * 7), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(big).save(str(tmp_path / 'a.jpg'), quality=95, subsampling=0)
    assert np.abs(only(tmp_path) - small[:, 64:320].astype(int)).mean() < .9  # decoding it too small gives 1.2


def test_cmyk_jpeg(tmp_path):
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:128] = 250, 5, 5
    picture[128:] = 5, 5, 250
    Image.fromarray(picture).convert('CMYK').save(str(tmp_path / 'a.jpg'), quality=95)
    assert np.abs(only(tmp_path)[::9] - picture[::9].astype(int)).mean() < 6


@pytest.mark.parametrize('orientation, turned', [(1, lambda p: p), (3, lambda p: p[::-1, ::-1]), (6, lambda p: np.rot90(p, -1)),
                                                 (8, lambda p: np.rot90(p))])
def test_exif_orientation_is_followed(tmp_path, orientation, turned):
    picture = cv2.resize(pattern(0, 4, 4), (256, 256), interpolation=cv2.INTER_CUBIC)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(picture).save(str(tmp_path / 'a.jpg'), quality=95, subsampling=0, exif=exif.tobytes())
    assert np.abs(only(tmp_path) - turned(picture).astype(int)).mean() < 2


def test_16_bit_colour_is_scaled(tmp_path):
    picture = np.random.RandomState(0).randint(0, 65536, (256, 256, 3)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / 'a.png'), picture[:, :, ::-1])
    assert np.abs(only(tmp_path) - picture / 257).max() <= 1


def test_16_bit_grey_is_scaled(tmp_path):
    picture = np.random.RandomState(0).randint(0, 65536, (256, 256)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / 'a.png'), picture)
    assert np.abs(only(tmp_path, allow_flat=True) - (picture / 257)[:, :, None]).max() <= 1


def test_palette_png(tmp_path):
    picture = Image.fromarray(pattern(0, 16, 16)).resize((256, 256), Image.NEAREST).convert('P', palette=Image.ADAPTIVE)
    picture.save(str(tmp_path / 'a.png'))
    assert np.array_equal(only(tmp_path), np.asarray(picture.convert('RGB')))


def test_opaque_alpha_is_dropped(tmp_path):
    Image.fromarray(np.dstack([pattern(0), np.full((256, 256), 255, np.uint8)])).save(str(tmp_path / 'a.png'))
    assert np.array_equal(only(tmp_path), pattern(0))


def test_transparent_parts_are_black(tmp_path):
    alpha = np.full((256, 256), 255, np.uint8)
    alpha[:100], alpha[100:150] = 0, 128
    Image.fromarray(np.dstack([pattern(0), alpha])).save(str(tmp_path / 'a.png'))
    image = only(tmp_path)
    assert not image[:100].any()
    assert np.abs(image[100:150] - pattern(0)[100:150] * (128 / 255)).max() <= 1
    assert np.array_equal(image[150:], pattern(0)[150:])


def test_transparent_palette_colour_is_black(tmp_path):
    picture = Image.new('P', (256, 256), 1)
    picture.putpalette([250, 10, 10, 10, 250, 10] + [0] * 762)
    picture.paste(0, (0, 0, 256, 100))
    picture.save(str(tmp_path / 'a.png'), transparency=0)
    image = only(tmp_path)
    assert not image[:100].any() and (image[100:] == (10, 250, 10)).all()


# ---- the folder of a config ----

def test_own_pictures_become_a_folder_of_the_lab_that_later_changes_do_not_touch(own, tmp_path):
    folder = own
    settings = Config(images=str(folder), image_count=3, image_cache=str(tmp_path / 'cache'))
    kept = dataset.folder_of(settings)
    assert sorted(os.listdir(kept)) == ['0001.png', '0002.png', '0003.png']
    before = dataset.load_folder(str(folder))
    assert np.array_equal(dataset.load_folder(kept), before)
    assert dataset.folder_of(settings) == kept
    assert dataset.folder_of(settings.change(images=kept)) == kept  # what config.json of a run names
    Image.fromarray(before[0][::-1]).save(os.path.join(str(folder), sorted(os.listdir(str(folder)))[0]))
    assert dataset.folder_of(settings) != kept and np.array_equal(dataset.load_folder(kept), before)
