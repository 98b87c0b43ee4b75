"""Held-out images: further ones of the same set, or a folder of one's own, and never one that is trained with."""
import importlib.util
import itertools
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import agents, evaluation, training
from meta_rl import config as config_module
from meta_rl.actor import Actor
from meta_rl.config import Config, ConfigError
from meta_rl.envs import observations
from meta_rl.images import dataset, drawing, objects
from meta_rl.images.dataset import DatasetError

from helpers.labs import act, make_lab, staged


@pytest.fixture(autouse=True)
def seeing(monkeypatch):
    """Takes the default agent, which is quick, for one that sees: which images are held out does not depend on that."""
    monkeypatch.setattr(dataset, 'BLIND', ())


def settings_of(cache, **settings):
    """A Config with its images in `cache`."""
    return Config(image_cache=str(cache), **settings)


@pytest.fixture
def folders(tmp_path):
    """A function that makes a folder of pictures: names and the seeds of their colours."""
    def make(folder, **seeds):
        (tmp_path / folder).mkdir()
        for name, seed in seeds.items():
            picture(seed).save(str(tmp_path / folder / (name + '.png')))
        return str(tmp_path / folder)
    return make


def picture(seed):
    """Sixteen coloured squares, no two seeds alike."""
    pixels = np.random.RandomState(seed).randint(0, 256, (4, 4, 3)).astype(np.uint8)
    return Image.fromarray(pixels.repeat(64, 0).repeat(64, 1))


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
    assert np.array_equal(dataset.load_folder(kept), [np.asarray(picture(3)), np.asarray(picture(4))])
    copied = settings.change(images=dataset.folder_of(settings), held_out_images=kept)  # what config.json of a run names
    shutil.rmtree(str(tmp_path / 'others'))
    assert dataset.held_out_folder_of(copied) == kept


@pytest.mark.parametrize('changed', ['same', 'brighter', 'jpeg', 'small'])
def test_a_picture_in_both_folders_is_refused_by_both_names(tmp_path, folders, changed):
    mine, others = folders('mine', a=1, b=2, c=3), folders('others', d=4, e=5)
    twin = picture(2)
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

@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A run directory of an agent with as many images to see as are held out."""
    folder = tmp_path_factory.mktemp('held-out')
    return training.run(config_module.from_preset(
        'harlow42', episodes=70, batch=10, image_count=3, held_out_count=3, width=32, height=32, units=4, embedding=4,
        logdir=str(folder / 'runs'), image_cache=str(folder / 'images')))[0]


@pytest.fixture
def played(monkeypatch):
    """The folder, the number of images and the number of the labs, each time that labs are made."""
    made = []

    def make_envs(self, config, folder, count, random, training=False, make_envs=agents.Decisions.make_envs):
        made.append((os.path.basename(folder), config.image_count, count))
        return make_envs(self, config, folder, count, random, training)
    monkeypatch.setattr(agents.Decisions, 'make_envs', make_envs)
    return made


def test_only_held_out_images_are_shown(run, played):
    report = evaluation.evaluate(run, 20, images='held-out')
    assert report['images'] == 'held-out' and len(report['per_trial']) == 6
    assert played == [('drawn-3-seed0-held-out-3', 3, 20)] * 2
    assert evaluation.evaluate(run, 20)['images'] == 'training'
    assert played[2:] == [('drawn-3-seed0', 3, 20)] * 2


def test_the_learning_set_of_held_out_images_has_a_file_of_its_own(run, played, tmp_path):
    copy = str(tmp_path / 'copy')
    shutil.copytree(run, copy)
    profiles = evaluation.learning_set(copy, 10, 'held-out')
    assert played == [('drawn-3-seed0-held-out-3', 3, 10)] * 7
    assert os.path.exists(os.path.join(copy, 'learning_set-held-out.csv'))
    assert not os.path.exists(os.path.join(copy, 'learning_set.csv'))
    assert np.array_equal(evaluation.learning_set(copy, 10, 'held-out'), profiles) and len(played) == 7


def test_images_are_training_or_held_out(run):
    with pytest.raises(ConfigError, match="images is 'new': choose from training, held-out"):
        evaluation.evaluate(run, images='new')


def test_a_run_names_the_copies_of_both_folders(tmp_path, folders):
    run = training.run(config_module.from_preset(
        'harlow42', episodes=10, batch=10, images=folders('mine', a=1, b=2), image_count=2, width=32, height=32, units=4,
        embedding=4, held_out_images=folders('others', c=3, d=4), held_out_count=2, logdir=str(tmp_path / 'runs'),
        image_cache=str(tmp_path / 'cache')))[0]
    settings = config_module.load(os.path.join(run, 'config.json'))
    assert {os.path.dirname(folder) for folder in (settings.images, settings.held_out_images)} == {str(tmp_path / 'cache')}
    assert np.array_equal(dataset.load_folder(settings.held_out_images)[0], np.asarray(picture(3)))


# ---- an agent that sees ----

@pytest.mark.parametrize('settings', [{'observation': 'crops'}, {'observation': 'pixels', 'second_units': 5},
                                      {'observation': 'pixels', 'encoder': 'halves'}])
def test_an_agent_is_measured_on_images_that_it_has_not_seen(tmp_path, monkeypatch, settings):
    run, _, _ = training.run(config_module.from_preset(
        'harlow42', image_count=5, held_out_count=4, episodes=112, batch=16, width=32, height=32, units=6, embedding=3,
        logdir=str(tmp_path / 'runs'), image_cache=str(tmp_path / 'images'), **settings))
    played = []

    def unroll(*args, unroll=Actor.unroll):
        played.append(unroll(*args))
        return played[-1]
    monkeypatch.setattr(Actor, 'unroll', unroll)
    view = observations.make(config_module.load(os.path.join(run, 'config.json')), None)
    for images, folder in (('training', 'drawn-5-seed0'), ('held-out', 'drawn-5-seed0-held-out-4')):
        del played[:]
        report = evaluation.evaluate(run, 60, images=images)
        assert report['images'] == images and len(report['per_trial']) == 6
        shown = views(view, os.path.join(str(tmp_path), 'images', folder), 5 if images == 'training' else 4)
        seen = {found.tobytes() for rollout in played for found in rollout.views}
        assert len(seen) > len(shown) / 2 and seen <= shown


def views(view, folder, count):
    """All that a lab can show of a folder, as bytes: each ordered pair of images."""
    lab = make_lab('harlow_fast_centred', ['RGB_INTERLEAVED'], surroundings='flat', datasetPath=folder, width=32, height=32, trainBatch=count)
    shown = set()
    for pair in itertools.permutations(range(1, count + 1), 2):
        lab.reset(seed=0, setup=staged(correct_id=pair[0], incorrect_id=pair[1]))
        lab.step(act(), num_steps=6)
        shown.add(view(lab.observations()['RGB_INTERLEAVED']).tobytes())
    return shown
