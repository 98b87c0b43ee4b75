"""Held-out images: further ones of the same set, or a folder of one's own, and never one that is trained with."""
import importlib.util
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl.config import Config, ConfigError
from meta_rl.images import dataset, drawing, objects
from meta_rl.images.dataset import DatasetError

from helpers.pictures import squares


@pytest.fixture(autouse=True)
def seeing(monkeypatch):
    """Takes the default agent, which is quick, for one that sees: which images are held out does not depend on that."""
    monkeypatch.setattr(dataset, 'BLIND', ())


def settings_of(cache, **settings):
    """A Config with its images in `cache`."""
    return Config(image_cache=str(cache), **settings)


def refusal(config, error=DatasetError):
    with pytest.raises(error) as caught:
        dataset.held_out_folder_of(config)
    message = str(caught.value)
    assert message.endswith('.') and '\n' not in message and message.count('. ') == 0  # one sentence
    return message


# ---- drawn ----

def test_the_images_after_the_training_ones_are_held_out(tmp_path):
    settings = settings_of(tmp_path, image_count=5, held_out_count=4)
    folder = dataset.held_out_folder_of(settings)
    assert folder == str(tmp_path / 'drawn-5-seed0-held-out-4')
    assert sorted(os.listdir(folder)) == ['0001.png', '0002.png', '0003.png', '0004.png']  # as the lab numbers them
    drawn = dataset.draw_images(9)
    assert np.array_equal(dataset.load_folder(folder), drawn[5:])
    assert np.array_equal(dataset.load_folder(dataset.folder_of(settings)), drawn[:5])


def test_they_depend_on_the_seed_and_on_both_counts(tmp_path):
    settings = settings_of(tmp_path, image_count=3, held_out_count=2)
    changed = [settings] + [settings.change(**{name: 4}) for name in ('image_count', 'held_out_count', 'image_seed')]
    assert len({dataset.held_out_folder_of(one) for one in changed}) == 4


def test_they_are_drawn_once_and_the_training_images_not_again(tmp_path, monkeypatch):
    settings = settings_of(tmp_path, image_count=3, held_out_count=2)
    dataset.folder_of(settings)
    drawn = []
    composition = drawing._composition
    monkeypatch.setattr(drawing, '_composition', lambda random: drawn.append(1) or composition(random))
    folder = dataset.held_out_folder_of(settings)
    assert len(drawn) == 2
    assert dataset.held_out_folder_of(settings) == folder and len(drawn) == 2


def test_a_training_image_that_the_user_has_replaced_is_not_held_out(tmp_path):
    settings = settings_of(tmp_path, image_count=3, held_out_count=2)
    drawn = dataset.draw_images(5)
    Image.fromarray(drawn[4]).save(os.path.join(dataset.folder_of(settings), '0002.png'))
    first, second = dataset.load_folder(dataset.held_out_folder_of(settings))
    assert np.array_equal(first, drawn[3])
    assert min(np.abs(second.astype(int) - image).mean() for image in drawn) > 10


def test_a_held_out_picture_that_is_gone_is_named(tmp_path):
    settings = settings_of(tmp_path, image_count=3, held_out_count=2)
    os.remove(os.path.join(dataset.held_out_folder_of(settings), '0002.png'))
    assert 'drawn-3-seed0-held-out-2 has no 0002.png' in refusal(settings)


@pytest.mark.parametrize('taken', [1, 6, 9])
def test_drawing_goes_on_where_it_stopped(monkeypatch, taken):
    monkeypatch.setattr(drawing, 'APART', 56)  # so that some are drawn again for being near an earlier one
    drawn = dataset.draw_images(9)
    assert np.array_equal(list(drawing.drawn(9, 0, drawn[:taken])), list(drawn[taken:]))


# ---- own folders ----

def test_own_held_out_pictures_are_kept_like_the_training_ones(tmp_path, folders):
    settings = settings_of(tmp_path / 'cache', images=folders('mine', a=1, b=2), image_count=2,
                      held_out_images=folders('others', c=3, d=4, e=5), held_out_count=2)
    kept = dataset.held_out_folder_of(settings)
    assert os.path.dirname(kept) == str(tmp_path / 'cache') and kept != dataset.folder_of(settings)
    assert np.array_equal(dataset.load_folder(kept), [np.asarray(squares(3)), np.asarray(squares(4))])
    copied = settings.change(images=dataset.folder_of(settings), held_out_images=kept)  # what config.json of a run names
    shutil.rmtree(str(tmp_path / 'others'))
    assert dataset.held_out_folder_of(copied) == kept


@pytest.mark.parametrize('changed', ['same', 'brighter', 'jpeg', 'small'])
def test_a_picture_in_both_folders_is_refused_by_both_names(tmp_path, folders, changed):
    mine, others = folders('mine', a=1, b=2, c=3), folders('others', d=4, e=5)
    twin = squares(2)
    if changed == 'brighter':
        twin = twin.point(lambda value: min(value + 1, 255))
    if changed == 'small':
        twin = twin.resize((100, 100), Image.BICUBIC)
    twin.save(os.path.join(others, 'f.' + ('jpg' if changed == 'jpeg' else 'png')))
    settings = settings_of(tmp_path, images=mine, image_count=3, held_out_images=others, held_out_count=3)
    message = refusal(settings)
    assert os.path.join('others', 'f.') in message and os.path.join('mine', 'b.png') in message
    dataset.held_out_folder_of(settings.change(held_out_count=2))  # f is not in use
    with pytest.raises(DatasetError, match='not-there'):
        dataset.held_out_folder_of(settings.change(held_out_images='not-there'))


def test_own_pictures_may_be_held_out_from_drawn_ones(tmp_path, folders):
    settings = settings_of(tmp_path, image_count=3, held_out_images=folders('mine', a=1, b=2), held_out_count=2)
    dataset.held_out_folder_of(settings)
    Image.fromarray(dataset.draw_images(3)[1]).save(str(tmp_path / 'mine' / 'b.png'))
    message = refusal(settings)
    assert os.path.join('mine', 'b.png') in message and os.path.join('drawn-3-seed0', '0002.png') in message


def test_own_pictures_alone_leave_none_to_hold_out(tmp_path, folders):
    assert '--held-out-images' in refusal(settings_of(tmp_path, images=folders('mine', a=1, b=2), image_count=2), ConfigError)


def test_there_is_no_third_shade(tmp_path):
    assert 'black-white' in refusal(settings_of(tmp_path, image_set='black-white', image_count=2), ConfigError)


@pytest.mark.parametrize('observation', ['onehot', 'brightness'])
def test_an_agent_that_does_not_see_images_has_none_held_out(tmp_path, monkeypatch, observation):
    monkeypatch.undo()
    message = refusal(settings_of(tmp_path, observation=observation), ConfigError)
    assert message.startswith(f'observation is {observation}:') and 'pixels' in message
    assert os.listdir(str(tmp_path)) == []


# ---- objects ----

@pytest.fixture
def openmoji():
    if importlib.util.find_spec(objects.PACKAGE) is None:
        pytest.skip('requirements/objects.txt is not installed')


def test_objects_that_are_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, 'PACKAGE', 'no_such_package')
    message = refusal(settings_of(tmp_path, image_set='objects'), ConfigError)
    assert '-m pip install -r ' in message and 'requirements/objects.txt' in message and os.listdir(str(tmp_path)) == []


def test_objects_are_coloured_apart_and_held_out_like_drawn_ones(tmp_path, openmoji):
    settings = settings_of(tmp_path, image_set='objects', image_count=12, held_out_count=8)
    folder = dataset.held_out_folder_of(settings)
    assert folder == str(tmp_path / 'objects-12-seed0-held-out-8')
    images = np.concatenate([dataset.load_folder(dataset.folder_of(settings)), dataset.load_folder(folder)])
    assert np.array_equal(images, list(objects.pictures(20, 0)))
    small = np.array([drawing.averaged(image, 21) for image in images]).astype(int)
    assert min(np.abs(small[j] - small[k]).mean() for k in range(20) for j in range(k)) >= objects.APART
    assert not np.array_equal(images[:3], list(objects.pictures(3, 1)))


def test_there_are_not_so_many_objects(openmoji):
    with pytest.raises(ConfigError, match='can be told apart, and 2000 are needed'):
        list(objects.pictures(2000, 0))


# ---- an agent on held-out images ----
