"""The two-step task and the bandits for agents of others: the checkers of Gymnasium and dm_env, seeds, pictures, keywords."""
import unittest

import numpy as np
import pytest

from meta_rl.config import ConfigError
from meta_rl.envs import bandits

gymnasium = pytest.importorskip('gymnasium', reason='Gymnasium is not installed (Python 3.6 has none)')
from gymnasium.utils.env_checker import check_env  # noqa: E402

from meta_rl.envs.adapters import gymnasium_envs  # noqa: E402

pytestmark = pytest.mark.filterwarnings('error')  # a checker's warning is a fault
TWO_STEP, BANDIT = 'meta_rl/TwoStep-v0', 'meta_rl/Bandit-v0'
KINDS = [(TWO_STEP, dict(previous=previous)) for previous in (False, True)] + [(TWO_STEP, dict(carried_over=True, trials=7))]
KINDS += [(BANDIT, dict(kind=kind)) for kind in bandits.KINDS]
each_kind = pytest.mark.parametrize('name, kind', KINDS, ids=str)


@each_kind
def test_the_checkers_of_gymnasium_find_nothing(name, kind):
    for mode in (None, 'rgb_array'):
        env = gymnasium.make(name, render_mode=mode, **kind)
        check_env(env.unwrapped, skip_render_check=True)  # which would open a window
        env.reset(seed=1)
        length, over = 0, False
        while not over:
            obs, reward, over, truncated, info = env.step(env.action_space.sample())
            length += 1
            assert env.observation_space.contains(obs) and isinstance(reward, float) and not truncated and info['trial'] == length
        assert length == kind.get('trials', 100)
        env.close()


def test_an_observation_is_the_view_the_previous_action_and_reward():
    env = gymnasium.make(TWO_STEP)
    obs, info = env.reset(seed=3)
    assert obs.tolist() == [1, 0, 0, 0, 0, 0] and info == {'trial': 0}
    for action in (0, 1, 1, 0):
        obs, reward, _, _, info = env.step(action)
        _, state, paid = env.unwrapped._env.trials[-1]
        assert obs.tolist() == [0, state == 1, state == 2, action == 0, action == 1, reward] and reward == paid
        assert info['correct'] == env.unwrapped._env.episode.correct[-1]
    env = gymnasium.make(BANDIT, kind='easy')
    assert env.reset(seed=3)[0].tolist() == [0, 0, 0]
    obs, reward, *_ = env.step(1)
    assert obs.tolist() == [0, 1, reward]


@each_kind
def test_same_seed_same_episodes(name, kind):
    def played(env, seed):
        said = []
        for first in (True, False):  # a seed decides the episodes after the first one too
            said.append(env.reset(seed=seed if first else None)[0].tolist())
            for t in range(kind.get('trials', 100)):
                obs, reward, over, _, info = env.step(t % 2)
                said.append((obs.tolist(), reward, over, info['correct']))
        return said
    one, two = gymnasium.make(name, **kind), gymnasium.make(name, **kind)
    assert played(one, 11) == played(two, 11)
    for seed in (12, 13, 14, 15):
        assert played(one, seed) == played(one, seed) != played(one, 11)  # whatever was played before


@each_kind
def test_what_is_rendered_follows_the_trials(name, kind):
    env = gymnasium.make(name, render_mode='rgb_array', **kind)
    env.reset(seed=3)
    shown = [env.render()]
    for t in range(5):
        env.step(t % 2)
        shown.append(env.render())
    assert len({frame.tobytes() for frame in shown}) == 6 and shown[0].shape == (480, 800, 3) and shown[0].dtype == np.uint8


def test_rendering_needs_a_render_mode():
    env = gymnasium_envs.Bandit()
    env.reset()
    with pytest.warns(UserWarning, match='There is nothing to render'):
        env.render()


@pytest.mark.parametrize('name, kind, reason', [
    (TWO_STEP, dict(kind='easy'), 'There is no keyword kind'), (TWO_STEP, dict(paid=2), 'paid is 2: it must be a probability'),
    (TWO_STEP, dict(switch='often'), "switch is 'often'"), (TWO_STEP, dict(trials=0), 'trials is 0: it must be a whole number'),
    (TWO_STEP, dict(trials=True), 'trials is True'), (TWO_STEP, dict(previous=1), 'previous is 1'),
    (TWO_STEP, dict(carried_over='no'), "carried_over is 'no'"), (TWO_STEP, dict(common=float('nan')), 'common is nan'),
    (BANDIT, dict(kind='simple'), "kind is 'simple': choose from 'independent'"), (BANDIT, dict(kind=['easy']), 'kind is'),
    (BANDIT, dict(trials=1.5), 'trials is 1.5')])
def test_a_wrong_keyword_is_one_sentence(name, kind, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        gymnasium.make(name, **kind)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('name', [TWO_STEP, BANDIT])
def test_a_call_at_the_wrong_time_is_one_sentence(name):
    env = gymnasium.make(name, trials=3, render_mode='rgb_array').unwrapped
    for call in (env.render, lambda: env.step(0)):
        with pytest.raises(gymnasium.error.ResetNeeded, match=r'\(\) was called before the first reset\(\): call reset\(\)\.'):
            call()
    env.reset()
    assert [env.step(0)[2] for _ in range(3)] == [False, False, True]
    env.render()
    with pytest.raises(gymnasium.error.ResetNeeded, match='after the end of the episode'):
        env.step(0)
    env.reset()
    env.step(1)
    env.close()
    env.close()
    for call in (env.reset, env.render, lambda: env.step(0)):
        with pytest.raises(gymnasium.error.ClosedEnvironmentError, match='make another environment'):
            call()


@pytest.mark.parametrize('env', [gymnasium_envs.TwoStep, gymnasium_envs.Bandit])
def test_a_wrong_action_or_render_mode_is_one_sentence(env):
    with pytest.raises(ConfigError, match="render_mode is 'ansi': choose from None, 'rgb_array', 'human'"):
        env(render_mode='ansi')
    one = env()
    one.reset()
    for action in (2, -1, .5, 'left', [0, 1]):
        with pytest.raises(ConfigError, match='it must be in Discrete'):
            one.step(action)


@pytest.mark.parametrize('kind', [gymnasium_envs.TwoStep, gymnasium_envs.Bandit])
def test_what_dm_env_asks_of_an_environment(kind):
    pytest.importorskip('dm_env', reason='dm_env is not installed')
    from dm_env import test_utils

    from meta_rl.envs.adapters import dm_envs

    class Case(test_utils.EnvironmentTestMixin, unittest.TestCase):
        def make_object_under_test(self):
            return dm_envs.DmEnv(kind(trials=6))

        def make_action_sequence(self):
            random = np.random.RandomState(0)
            for _ in range(20):  # past the end of an episode
                yield random.randint(2)

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert result.testsRun >= 4 and not result.errors and not result.failures, result.errors + result.failures
    env = dm_envs.DmEnv(kind(), seed=0)
    steps = [env.step(0) for _ in range(101)]
    assert [step.last() for step in steps] == [False] * 100 + [True] and steps[-1].discount == 0
