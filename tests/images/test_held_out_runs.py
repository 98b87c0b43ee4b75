"""Held-out images in runs: what evaluation shows, and that agents know none of them."""
import itertools
import os
import shutil

import numpy as np
import pytest

from meta_rl import agents, evaluation, training
from meta_rl import config as config_module
from meta_rl.config import ConfigError
from meta_rl.envs import observations
from meta_rl.experience.actor import Actor
from meta_rl.images import dataset

from helpers.labs import act, make_lab, staged
from helpers.pictures import squares
from helpers.training import small_run


@pytest.fixture(autouse=True)
def seeing(monkeypatch):
    """Takes the default agent, which is quick, for one that sees: which images are held out does not depend on that."""
    monkeypatch.setattr(dataset, 'BLIND', ())


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A run directory of an agent with as many images to see as are held out."""
    return small_run(tmp_path_factory.mktemp('held-out'), episodes=70, batch=10, held_out_count=3)


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
    assert np.array_equal(dataset.load_folder(settings.held_out_images)[0], np.asarray(squares(3)))


@pytest.mark.parametrize('settings', [pytest.param({'observation': 'crops'}, marks=pytest.mark.slow), pytest.param({'observation': 'pixels', 'second_units': 5}, marks=pytest.mark.slow),
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
