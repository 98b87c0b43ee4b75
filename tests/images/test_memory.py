"""A folder of any number of pictures goes through memory one by one."""
import hashlib
import os
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from meta_rl.config import Config
from meta_rl.images import dataset
from meta_rl.images.dataset import DatasetError

from helpers.pictures import pattern

COUNT = 120  # 24 MB at once


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('many')
    for number in range(1, 2 * COUNT + 1):
        picture = Image.fromarray(pattern(number, 4, 4)).resize((256, 256), Image.NEAREST)
        side = 'mine' if number <= COUNT else 'others'
        os.makedirs(str(folder / side), exist_ok=True)
        picture.save(str(folder / side / ('%d.png' % number)), compress_level=1)
    return folder


def peak_of(function, *args):
    """(bytes that Python and NumPy held at most while it ran, what it returned)."""
    tracemalloc.start()
    try:
        returned = function(*args)
        return tracemalloc.get_traced_memory()[1], returned
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize('make', [dataset.folder_of, dataset.held_out_folder_of])
def test_own_pictures_are_read_one_by_one(tmp_path, folder, monkeypatch, make):
    monkeypatch.setattr(dataset, 'BLIND', ())
    config = Config(images=str(folder / 'mine'), image_count=COUNT, held_out_images=str(folder / 'others'), held_out_count=COUNT,
                    image_cache=str(tmp_path))
    peak, kept = peak_of(make, config)
    assert peak < 6 << 20 and len(os.listdir(kept)) == COUNT


def test_so_are_those_that_others_are_held_out_from(tmp_path, monkeypatch):
    """Drawn ones: the training images are looked at, not kept."""
    monkeypatch.setattr(dataset, 'BLIND', ())
    given = []
    monkeypatch.setattr(dataset, 'drawn', lambda count, seed, earlier=(): given.append(earlier) or iter([pattern(1), pattern(2)]))
    dataset.held_out_folder_of(Config(image_count=2, held_out_count=2, image_cache=str(tmp_path)))
    assert isinstance(given[1], dataset.Pictures) and len(given[1]) == 2


def test_the_copy_has_the_name_that_all_of_it_at_once_would_give(tmp_path, folder):
    images = dataset.load_folder(str(folder / 'mine'), 5)
    kept = dataset.own_folder(str(tmp_path), dataset.Pictures(str(folder / 'mine'), 5))
    assert os.path.basename(kept) == 'own-5-' + hashlib.sha256(images).hexdigest()[:12]
    assert np.array_equal(dataset.load_folder(kept), images)


def test_pictures_that_change_between_the_two_readings_are_no_set(tmp_path):
    (tmp_path / 'mine').mkdir()
    for number in range(2):
        Image.fromarray(pattern(number)).save(str(tmp_path / 'mine' / ('%d.png' % number)))
    pictures = dataset.Pictures(str(tmp_path / 'mine'))
    sha256 = dataset.sha256_of(pictures)
    Image.fromarray(pattern(7)).save(str(tmp_path / 'mine' / '1.png'))
    with pytest.raises(DatasetError, match='mine has changed while it was read'):
        dataset.own_folder(str(tmp_path / 'cache'), pictures, sha256)
    assert os.listdir(str(tmp_path / 'cache')) == []
