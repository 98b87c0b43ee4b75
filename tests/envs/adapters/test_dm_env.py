"""The dm_env adapter: held to dm_env's own tests of an environment, and to the environment that it is put around."""
import unittest

import numpy as np
import pytest

pytest.importorskip('gymnasium', reason='Gymnasium is not installed (Python 3.6 has none)')
pytest.importorskip('dm_env', reason='dm_env is not installed')
import dm_env  # noqa: E402
from dm_env import test_utils  # noqa: E402

from meta_rl.envs.adapters import dm_envs, gymnasium_envs  # noqa: E402

KINDS = [(gymnasium_envs.Harlow, dict(observation=observation)) for observation in gymnasium_envs.OBSERVATIONS]
KINDS += [(gymnasium_envs.PsychLabHarlow, dict(actions=actions, previous=True)) for actions in ('lab', 'spec', 'gaze')]


@pytest.fixture(autouse=True)
def here(tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


@pytest.mark.parametrize('kind, settings', KINDS, ids=str)
def test_what_dm_env_asks_of_an_environment(kind, settings):
    class Case(test_utils.EnvironmentTestMixin, unittest.TestCase):
        def make_object_under_test(self):
            return dm_envs.DmEnv(kind(image_count=7, **settings))

        def make_action_sequence(self):
            random, spec = np.random.RandomState(0), self.environment.action_spec()
            for _ in range(20):  # past the end of an episode of six
                yield random.randint(spec.minimum, np.add(spec.maximum, 1), spec.shape or None)

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert result.testsRun >= 4 and not result.errors and not result.failures, result.errors + result.failures


def test_it_plays_what_the_environment_plays():
    env, twin = dm_envs.DmEnv(gymnasium_envs.Harlow(image_count=7), seed=3), gymnasium_envs.Harlow(image_count=7)
    random = np.random.RandomState(0)
    for episode in range(5):
        expected, _ = twin.reset(seed=3 if episode == 0 else None)
        step = env.step(0)  # the first step of an episode takes no action
        assert step.step_type == dm_env.StepType.FIRST and step.reward is None and (step.observation == expected).all()
        for trial in range(1, 7):
            action = int(random.randint(2))
            step, (expected, reward, over, _, info) = env.step(action), twin.step(action)
            assert (step.observation == expected).all() and step.reward == reward and env.info == info
            assert info['trial'] == trial and step.last() == over == (trial == 6) and step.discount == (trial < 6)


def test_time_that_runs_out_is_no_end_of_rewards():
    env = gymnasium_envs.PsychLabHarlow(actions='gaze', image_count=7, num_steps=9000, turn=1000.)
    env = dm_envs.DmEnv(env, seed=0)
    env.reset()
    first, last = env.step(2), env.step(2)
    assert not first.last() and last.last() and last.discount == 1
