"""make_envs: environments as a Config describes them, refused ones, and how an episode is played again."""
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from meta_rl import psychlab
from meta_rl.config import Config, ConfigError
from meta_rl.envs import decisions, gaze
from meta_rl.envs.contract import is_history
from meta_rl.images import dataset

from helpers.labs import TESTS
from helpers.playing.environments import IMAGES, make_env, play, two_action_lab


def made(count=1, folder='dummy', random=None, **settings):
    config = Config(image_count=IMAGES).change(**settings)
    return decisions.make_envs(config, folder, count, random or np.random.RandomState(0))


def test_make_envs_follows_the_config():
    envs = made(3, image_count=5, width=100, height=60)
    assert len(envs) == 3 and len({id(env._env.lab) for env in envs}) == 3
    frames = [(env.reset().shape, env._env.frame().shape) for env in envs]
    assert frames == [((2, 5), (60, 100, 3))] * 3
    seen = {number for env in envs for _ in range(30) for number in env.reset().argmax(1)}
    assert seen == set(range(5))


def test_make_envs_draw_their_seeds_from_one_stream_and_from_no_other():
    twin = make_env()  # draws from a RandomState(0) too
    state = np.random.get_state()[1].tolist()
    one, two = made(2)
    for env in (one, two, two, one):
        assert (env.reset() == twin.reset()).all()
    assert np.random.get_state()[1].tolist() == state


@pytest.mark.parametrize('sides, expected', [('shuffled', {3}), ('independent', {0, 1, 2, 3, 4, 5, 6})])
def test_make_envs_passes_on_how_sides_are_drawn(sides, expected):
    env, = made(sides=sides)
    lefts = set()
    for _ in range(400):
        play(env, [decisions.LEFT] * 6)
        lefts.add(sum(env.correct))
    assert lefts == expected


def test_make_envs_passes_on_what_the_agent_is_shown(tmp_path):
    settings = dict(image_set='black-white', image_count=2, observation='brightness', image_cache=str(tmp_path))
    env, = made(folder=dataset.folder_of(Config(**settings)), late=True, **settings)
    shown, _, _ = play(env, [decisions.LEFT] * 6)
    assert not shown[0].any() and all(sorted(seen.ravel()) == [0, 1] for seen in shown[1:6])


@pytest.mark.parametrize('settings, reason', [
    (dict(level_script='contributed/psychlab/harlowe'), 'Level not found: "contributed/psychlab/harlowe"'),
    (dict(level_script='contributed/psychlab/harlow_fast', width=60), 'width is 60'), (dict(fps=30), 'no choice'),
    (dict(folder='/nowhere'), '/nowhere/0001.png')])
def test_make_envs_refuses_what_the_lab_refuses(settings, reason):
    with pytest.raises(ConfigError, match=reason):
        made(**settings)


def test_make_envs_refuses_images_that_look_alike(tmp_path):
    from PIL import Image
    for number in (1, 2):
        Image.new('RGB', (256, 256), 'green').save(str(tmp_path / ('%04d.png' % number)))
    with pytest.raises(dataset.DatasetError, match='Images 1 and 2 look the same in frames of 84x84'):
        made(folder=str(tmp_path), image_count=2)


def test_the_reaction_time_is_that_of_the_last_event():
    lab = two_action_lab()
    env = make_env(lab=lab)
    env.reset()
    times = []
    for action in (decisions.LEFT, decisions.RIGHT, decisions.RIGHT):
        env.step(action)
        times.append(env.reaction_time())
    # The first images come with the first of six still frames; the others two frames before they are chosen between.
    assert np.allclose(times, [7 / 60., 2 / 60., 2 / 60.])


@pytest.mark.parametrize('name, package', [('gymnasium_envs', 'gymnasium'), ('dm_envs', 'dm_env')])
def test_where_an_interface_is_not_installed_one_sentence_says_so(name, package):
    code = f'import sys; sys.modules[{package!r}] = None; import meta_rl.{name}'
    done = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, PYTHONPATH=os.path.dirname(TESTS)))
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith(f'ImportError: meta_rl.{name} needs ') and 'requirements/gymnasium.txt' in last
    assert done.stderr.count(b'Traceback') == 1  # of Python itself, which shows where it was imported


@pytest.mark.parametrize('late', [False, True])
def test_an_episode_is_played_again_from_its_history(late):
    first, other = make_env(5), make_env(6)
    first._late = other._late = late
    first.reset()
    for action in (0, 1, 1):
        step = first.step(action)
    again = other.replay(json.loads(json.dumps(first.history)))
    assert (again.view == step.view).all() and again[1:] == step[1:] and other.episode == first.episode
    assert is_history(first.history, 2) and first.episode.length == 3 and first.episode.reward == sum(
        5 if right else -5 for right in first.correct)
    for action in (0, 0, 1):
        (view, *rest), (theirs, *others) = first.step(action), other.step(action)
        assert (view is theirs is None) or (view == theirs).all()
        assert rest == others
    assert first.episode == other.episode and len(first.episode.correct) == 6


@pytest.mark.parametrize('make, settings', [
    (decisions.make_envs, {}), (decisions.make_envs, {'level_script': 'contributed/psychlab/no-such'}),
    (gaze.make_envs, {'control': 'gaze', 'observation': 'pixels'})])
def test_where_a_lab_fails_those_made_before_it_are_closed(monkeypatch, make, settings):
    made, closed = [], []

    class Fails(psychlab.Lab):
        def __init__(self, *args):
            if len(made) == 2:
                raise RuntimeError('no more of them')
            super().__init__(*args)
            made.append(self)

        def close(self):
            closed.append(self)
            return super().close()

    monkeypatch.setattr(psychlab, 'Lab', Fails)
    with pytest.raises(ConfigError):
        make(Config().change(**settings), 'dummy', 3, np.random.RandomState(0))
    assert closed == made


def test_where_a_rehearsal_fails_the_labs_are_closed(monkeypatch):
    closed = []
    monkeypatch.setattr(psychlab.Lab, 'close', lambda self: closed.append(self))
    with pytest.raises(ConfigError, match='registered no choice'):
        decisions.make_envs(Config().change(fps=5, level_script='contributed/psychlab/harlow_fast_centred'), 'dummy', 3,
                            np.random.RandomState(0))
    assert len(closed) == 3
