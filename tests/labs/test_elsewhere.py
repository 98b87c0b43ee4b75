"""What is seen around the screen, as a setting of runs: handed on, kept, and another where an agent plays elsewhere."""
import glob
import json
import os

import numpy as np
import pytest

import harlow
from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.config import Config, ConfigError
from meta_rl.envs.gaze import make_envs
from meta_rl.labs import choice

from helpers.kept import KEPT

TINY = dict(image_count=3, held_out_count=3, width=64, height=64, units=4, memory_units=4, places=4, embedding=4, batch=4,
            unroll=8, episodes=4, training_frames=120, log_every=4, checkpoint_every=4, coin_start=0, coin_episodes=0)


def gaze(tmp_path, **settings):
    folders = {'image_cache': str(tmp_path / 'images'), 'logdir': str(tmp_path / 'runs')}
    return config_module.from_preset('gaze', **dict(TINY, **dict(folders, **settings)))


def test_old_runs_were_trained_in_flat_surroundings():
    kept = [config_module.load(path) for path in glob.glob(os.path.join(KEPT, '*', 'config.json'))]
    gazes = {'gaze' + memory for memory in ('', '-gated', '-free-gate', '-no-gate', '-two-lstms')}
    gazes |= {'gaze-short' + part for part in ('', '-helped', '-helped-any-spawn', '-helped-long-episodes', '-helped-shuffled')}
    assert {config.preset for config in kept if config.surroundings != 'flat'} == gazes
    assert len([config for config in kept if config.preset == 'gaze-flat']) == 5
    random = {name for name in config_module.PRESETS if config_module.from_preset(name).surroundings != 'flat'}
    assert random == gazes and config_module.from_preset('gaze').surroundings == 'random'


def test_a_run_hands_them_on_and_keeps_them(tmp_path):
    config = Config().change(surroundings='random', look_count=9, looks='held-out')
    lab, = choice.make_labs(config, 'dummy', 1)
    assert [lab._values[name] for name in ('surroundings', 'trainLooks', 'looks')] == ['random', 9, 'held-out']
    config.save(str(tmp_path / 'config.json'))
    assert config_module.load(str(tmp_path / 'config.json')) == config
    assert choice.make_labs(Config(), 'dummy', 1)[0]._values['surroundings'] == 'flat'


@pytest.mark.slow
@pytest.mark.parametrize('surroundings', config_module.SURROUNDINGS)
def test_the_gaze_is_trained_and_plays_in_each(surroundings, tmp_path):
    config = gaze(tmp_path, surroundings=surroundings)
    run, _, _ = training.run(config)
    for elsewhere, played in [({}, surroundings)] + [({'surroundings': name}, name) for name in config_module.SURROUNDINGS]:
        with evaluation.Frozen(run, **elsewhere) as frozen:
            assert frozen.surroundings == played and frozen.played.looks == 'held-out' and frozen.config == config
    report = evaluation.evaluate(run, 2, surroundings='random', looks='training')
    assert report['surroundings'] == 'random' and report['sampled']['decisions_max'] > 0


def test_each_episode_of_the_gaze_has_its_look_and_is_replayed_in_it(tmp_path):
    env, other = make_envs(gaze(tmp_path, surroundings='random'), 'dummy', 2, np.random.RandomState(3), training=True)
    views = []
    for _ in range(6):
        env.reset()
        for action in (0, 2, 1):
            frame = env.step(action).view
        views.append(frame.tobytes())
        other.replay(env.history)
        np.testing.assert_array_equal(other.frame(), env.frame())
    assert len(set(views)) == 6


def test_the_real_lab_has_its_own(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reason = "surroundings is 'random', but the lab is 'deepmind', which has its own: set it to 'real', or choose the embedded lab."
    with pytest.raises(ConfigError, match=reason):
        training.run(Config().change(lab='deepmind', surroundings='random', image_count=2, image_cache='images'))
    assert harlow.main(['evaluate', os.path.join(KEPT, 'gaze-seed0'), '--lab', 'deepmind', '--surroundings', 'random']) == 2
    error = capsys.readouterr().err
    assert reason in error and error.count('\n') == 1 and not os.path.exists('runs')
    there = ['--lab', 'deepmind', '--spawn-grid', 'false', '--coin-episodes', '0', '--image-cache', 'images']
    assert harlow.main(['train', '--preset', 'gaze'] + there) == 2
    error = capsys.readouterr().err
    assert reason in error and error.count('\n') == 1 and not os.path.exists('runs')
    choice.check(config_module.from_preset('gaze', lab='deepmind', surroundings='real'))


def test_an_agent_of_the_real_lab_sees_the_like_of_it_in_the_embedded_one(tmp_path):
    config = Config().change(lab='deepmind')
    assert evaluation._played(config, {}).surroundings == 'flat'  # nobody asks for it there
    assert evaluation._played(config, {'lab': 'embedded'}).surroundings == 'real'
    assert evaluation._played(config, {'lab': 'embedded', 'surroundings': 'flat'}).surroundings == 'flat'
    random = Config().change(surroundings='random')
    assert evaluation._played(random, {'lab': 'deepmind'}).lab == 'deepmind'  # what it was trained with is no matter there


@pytest.mark.slow
def test_the_command_line_says_where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run, _, _ = training.run(gaze(tmp_path))
    for surroundings in ('real', 'random'):
        assert harlow.main(['evaluate', run, '--episodes', '2', '--surroundings', surroundings, '--json', 'figures.json']) == 0
        with open('figures.json') as file:
            assert json.load(file)['surroundings'] == surroundings
    assert harlow.main(['record', run, '--surroundings', 'random', '--looks', 'training', '-o', 'film.gif']) == 0
    assert os.path.getsize('film.gif') > 1000
    with pytest.raises(SystemExit):
        harlow.main(['evaluate', run, '--surroundings', 'mars'])
