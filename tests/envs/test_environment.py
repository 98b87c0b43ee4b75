"""HarlowEnv: what the agent sees is what it decides on, what it earns is what that decision earned."""
import glob
import gzip
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from meta_rl import psychlab
from meta_rl.config import Config, ConfigError
from meta_rl.envs import decisions, gaze, observations
from meta_rl.envs.contract import is_history
from meta_rl.images import dataset

from helpers.labs import RECORDED, TESTS, make_lab

IMAGES = 7
SIDES = ['left', 'right']
TWO_ACTIONS = sorted(glob.glob(os.path.join(RECORDED, 'traces', 'fast_centred__two_action_*.json.gz')))


def two_action_lab(level='harlow_fast_centred', **config):
    return make_lab(level, ['RGB_INTERLEAVED'], **dict({'width': 84, 'height': 84, 'trainBatch': IMAGES}, **config))


def make_env(seed=0, lab=None):
    index = observations.ImageIndex('dummy', IMAGES, 84, 84)
    return decisions.HarlowEnv(lab or two_action_lab(), observations.OneHot(index), np.random.RandomState(seed))


def play(env, actions):
    """The observations, rewards and dones of an episode."""
    steps = [(env.reset(), None, None)] + [env.step(action)[:3] for action in actions]
    return zip(*steps)


def test_pictures_shown_are_those_of_the_trial_being_decided():
    lab = two_action_lab()
    env, random = make_env(3, lab), np.random.RandomState(4)
    for _ in range(300):
        obs = env.reset()
        setup = lab._task.setup
        for trial, side in enumerate(setup.correct_side):
            left, right = obs.argmax(1) + 1
            expected = (setup.correct_id, setup.incorrect_id)
            assert (left, right) == (expected if side == 'left' else expected[::-1])
            action = random.randint(2)
            obs, reward, done, _ = env.step(action)
            assert reward == (5 if SIDES[action] == side else -5)
            assert env.correct[trial] == (reward > 0) and len(env.correct) == trial + 1
            assert done == (trial == 5) and (obs is None) == done
        assert lab.num_steps() == 28


def test_late_pictures_are_those_of_the_decision_before():
    now, late = make_env(2), make_env(2)
    late._late = True
    for actions in np.random.RandomState(1).randint(2, size=(20, 6)):
        (shown, rewards, _), (shown_late, rewards_late, _) = play(now, actions), play(late, actions)
        assert not shown_late[0].any() and shown_late[0].shape == shown[0].shape
        assert all((then == before).all() for then, before in zip(shown_late[1:6], shown))
        assert rewards == rewards_late and shown_late[6] is None


class Staged:
    """A lab that plays the episode of a recording, and notes each frame's action and when it was looked at."""

    def __init__(self, setup):
        self._lab, self._setup = two_action_lab(), setup
        self.actions, self.looked_at = [], []

    def reset(self, seed):
        self._lab.reset(seed=seed, setup=self._setup)

    def step(self, action, num_steps=1):
        self.actions += [action.tolist()] * num_steps
        return self._lab.step(action, num_steps=num_steps)

    def observations(self):
        self.looked_at.append(self._lab.num_steps() - 1)
        return self._lab.observations()

    def __getattr__(self, name):
        return getattr(self._lab, name)


@pytest.mark.parametrize('path', TWO_ACTIONS, ids=os.path.basename)
def test_the_frames_are_those_of_the_published_runs_on_the_real_lab(path):
    with gzip.open(path) as file:
        recording = json.loads(file.read().decode('utf-8'))
    steps = recording['steps']
    looks = [action[0] for action in steps['action'] if action[0]][::2]  # there; the look back follows
    lab = Staged(recording['setup'])
    obs, rewards, dones = play(make_env(lab=lab), [decisions.LEFT if look < 0 else decisions.RIGHT for look in looks])
    assert lab.actions == steps['action']
    assert list(rewards[1:]) == [reward for reward in steps['reward'] if reward] and sum(rewards[1:]) == recording['total_reward']
    assert dones == (None,) + (False,) * 5 + (True,)
    # It looks when the recording has the pictures of that trial on the screen, the gaze at rest.
    assert [steps['trial'][frame] for frame in lab.looked_at] == [1, 2, 3, 4, 5, 6]
    assert all(steps['images_shown'][frame] and steps['yaw'][frame] == 90 for frame in lab.looked_at)
    first = [recording['setup'][name] for name in ('correct_id', 'incorrect_id')]
    for seen, side in zip(obs, recording['setup']['correct_side']):
        assert (seen.argmax(1) + 1).tolist() == (first if side == 'left' else first[::-1])


def test_there_are_recordings_of_two_actions():
    assert len(TWO_ACTIONS) >= 4


@pytest.mark.parametrize('lab', [dict(level='harlow_fast'), dict(level='harlow'), dict(fps=30)], ids=str)
def test_a_lab_that_registers_no_choice_is_an_error(lab):
    env = decisions.HarlowEnv(two_action_lab(**lab), lambda frame: frame, np.random.RandomState(0))
    env.reset()
    with pytest.raises(ConfigError, match='no choice.*60 frames.*harlow_fast_centred'):
        env.step(decisions.LEFT)


def test_same_seeds_same_episodes():
    actions = np.random.RandomState(1).randint(2, size=(10, 6))

    def episodes(seed):
        env = make_env(seed)
        return [[np.argmax(seen, 1).tolist() for seen in obs[:6]] + list(rewards[1:])
                for obs, rewards, _ in (play(env, row) for row in actions)]
    assert episodes(5) == episodes(5)
    assert episodes(5) != episodes(6)
    assert len({str(episode) for episode in episodes(5)}) > 5  # of 10: an environment does not play one episode for ever


def test_an_episode_does_not_hang_on_the_decisions_of_the_one_before():
    obs = []
    for action in (decisions.LEFT, decisions.RIGHT):
        env = make_env(8)
        play(env, [action] * 6)
        obs.append(env.reset())
    assert (obs[0] == obs[1]).all()


def test_the_end_is_the_end():
    env = make_env()
    play(env, [decisions.LEFT] * 6)
    with pytest.raises(RuntimeError, match='wrong status'):
        env.step(decisions.LEFT)
    env.reset()
    assert env.correct == []
    env.close()
    with pytest.raises(RuntimeError, match='closed'):
        env.reset()


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
