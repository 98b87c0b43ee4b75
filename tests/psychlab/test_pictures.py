"""What hangs on the screen: its shape and place on the surface, and what is said of images that cannot be shown."""
import os
import pickle

import numpy as np
import pytest
from PIL import Image

from meta_rl.psychlab import pictures

from helpers.labs import RECORDED, make_lab, staged
from helpers.pictures import noise, surface_of

IMAGES = os.path.join(RECORDED, 'images')


def plain(*colour):
    return np.full((256, 256, 3), colour, np.uint8)


def write(folder, **images):
    """PNG files in `folder`: _1=pixels becomes 0001.png."""
    for name, pixels in images.items():
        Image.fromarray(pixels).save(os.path.join(str(folder), '%04d.png' % int(name[1:])))


def slow_shrink(image, row, column):
    """One pixel of the average over areas, in whole numbers: a source pixel is 51 ticks wide, one shown is 64."""
    def overlap(mine, its):
        return max(0, min(64 * mine + 64, 51 * its + 51) - max(64 * mine, 51 * its))
    total = np.zeros(3, int)
    for i in range(256):
        for j in range(256):
            area = overlap(row, i) * overlap(column, j)
            if area:
                total += area * image[i, j].astype(int)
    return total // 64 ** 2


def test_shrink_averages_areas():
    image = noise()
    shrunk = pictures.shrink(image)
    assert shrunk.shape == (204, 204, 3) and shrunk.dtype == np.uint8
    for row, column in [(0, 0), (203, 203), (50, 1), (51, 101), (102, 77)]:
        np.testing.assert_array_equal(shrunk[row, column], slow_shrink(image, row, column))


@pytest.mark.parametrize('value', [0, 1, 127, 255])
def test_shrink_keeps_a_plain_colour(value):
    assert (pictures.shrink(plain(value)) == value).all()


def test_shrink_keeps_directions_and_channels():
    image = np.zeros((256, 256, 3), np.uint8)
    image[:64, :, 0] = 200  # red above, green on the left
    image[:, :64, 1] = 200
    shrunk = pictures.shrink(image)
    assert (shrunk[:51, :, 0] == 200).all() and not shrunk[51:, :, 0].any()
    assert (shrunk[:, :51, 1] == 200).all() and not shrunk[:, 51:, 1].any()
    assert not shrunk[:, :, 2].any()


def test_cross_is_where_the_lab_has_it():
    expected = np.zeros((512, 512, 3), np.uint8)
    expected[230 + 19:230 + 32, 230:230 + 51] = expected[230:230 + 51, 230 + 19:230 + 32] = (255, 0, 0)
    np.testing.assert_array_equal(surface_of(pictures.CROSS), expected)


@pytest.mark.parametrize('side, columns', [(0, slice(25, 229)), (1, slice(281, 485))])
def test_image_is_where_the_lab_has_it(side, columns, tmpdir):
    write(tmpdir, _7=noise())
    expected = np.zeros((512, 512, 3), np.uint8)
    expected[153:357, columns] = pictures.shrink(noise())
    np.testing.assert_array_equal(surface_of(pictures.image_pair_side(str(tmpdir), 7)[side]), expected)


def test_dummy_images_are_plain_and_of_2000_colours():
    colours = []
    for index in range(1, 2001):
        pixels = pictures._dummy(index)
        assert index > 9 or (pixels == pixels[0, 0]).all()
        colours.append(tuple(pixels[0, 0]))
    assert len(set(colours)) == 2000 and np.min(colours) > 30  # none of them near the black of the surface


# -- A folder of images ------------------------------------------------------------------------------------------------

def test_images_of_a_folder_are_counted_from_1():
    left, right = pictures.image_pair_side(IMAGES, 24)
    with Image.open(os.path.join(IMAGES, '0024.png')) as image:
        shown = pictures.shrink(np.array(image))
    np.testing.assert_array_equal(left.pixels[2:-2, 2:-2], shown)
    np.testing.assert_array_equal(right.pixels[2:-2, 2:-2], shown)


def corrupt(path):
    with open(path, 'r+b') as file:
        file.truncate(200)


BROKEN = {
    'missing': lambda path: os.remove(path),
    'grey': lambda path: Image.fromarray(plain(7)[:, :, 0]).save(path),
    'RGBA': lambda path: Image.fromarray(np.dstack([plain(7), plain(7)[:, :, 0]])).save(path),
    'palette': lambda path: Image.fromarray(plain(7)).convert('P').save(path),
    'wrong size': lambda path: Image.fromarray(plain(7)[:128]).save(path),
    'corrupt': corrupt,
    'empty': lambda path: open(path, 'w').close(),
    'a folder': lambda path: (os.remove(path), os.mkdir(path)),
}


@pytest.mark.parametrize('what', sorted(BROKEN))
def test_an_image_that_cannot_be_shown_is_named(what, tmpdir):
    write(tmpdir, _1=plain(1), _2=plain(2))
    lab = make_lab(observations=['RGB'], datasetPath=tmpdir, trainBatch=2)
    lab.reset(seed=1)
    path = str(tmpdir.join('0002.png'))
    BROKEN[what](path)  # after it was read and kept
    with pytest.raises(RuntimeError) as error:
        lab.reset(seed=1)
    assert str(error.value).startswith('Failed to start environment - "') and path in str(error.value)
    if what == 'a folder':
        os.rmdir(path)
    write(tmpdir, _2=plain(2))
    assert lab.reset(seed=1)  # neither the failure nor the old file is kept


def test_missing_folder_is_named():
    with pytest.raises(RuntimeError, match='no/such/folder'):
        make_lab(datasetPath='no/such/folder').reset()


def test_an_image_that_changed_is_read_again(tmpdir):
    write(tmpdir, _1=plain(1))
    before = pictures.image_pair_side(str(tmpdir), 1)
    assert pictures.image_pair_side(str(tmpdir), 1) is before
    write(tmpdir, _1=plain(3))
    os.utime(str(tmpdir.join('0001.png')), (1, 1))
    assert (pictures.image_pair_side(str(tmpdir), 1)[0].pixels[2:-2, 2:-2] == 3).all()


def test_a_picture_that_is_sent_away_needs_no_file(tmpdir):
    write(tmpdir, _1=plain(7))
    sent = pickle.dumps(pictures.image_pair_side(str(tmpdir), 1)[1])
    os.remove(str(tmpdir.join('0001.png')))
    pictures._framed.cache_clear()
    found = pickle.loads(sent)
    assert (found.pixels[2:-2, 2:-2] == 7).all() and found.box[0] == pictures.RIGHT_CORNER[0] - pictures.MARGIN


@pytest.mark.parametrize('side', ['left', 'right'])
def test_the_correct_image_hangs_on_its_side(side, tmpdir):
    write(tmpdir, _1=plain(255, 0, 0), _2=plain(0, 0, 255))
    lab = make_lab('harlow_fast_centred', ['RGB_INTERLEAVED'], datasetPath=tmpdir, width=84, height=84)
    lab.reset(setup=staged(correct_side=[side] * 6))
    lab.step(np.zeros(7, np.intc), 4)
    frame = lab.observations()['RGB_INTERLEAVED']
    here, there = (slice(20, 36), slice(48, 64)) if side == 'left' else (slice(48, 64), slice(20, 36))
    assert (frame[36:48, here] == (255, 0, 0)).all() and (frame[36:48, there] == (0, 0, 255)).all()
