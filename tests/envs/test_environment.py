"""HarlowEnv: what the agent sees is what it decides on, what it earns is what that decision earned."""
import glob
import gzip
import json
import os

import numpy as np
import pytest

from meta_rl.config import ConfigError
from meta_rl.envs import decisions

from helpers.labs import RECORDED
from helpers.playing.environments import SIDES, make_env, play, two_action_lab

TWO_ACTIONS = sorted(glob.glob(os.path.join(RECORDED, 'traces', 'fast_centred__two_action_*.json.gz')))


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
