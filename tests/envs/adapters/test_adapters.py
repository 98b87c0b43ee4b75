"""The environments as others use them: without a display, before a reset, with the actions that Stable Baselines knows."""
import os
import subprocess
import sys

import numpy as np
import pytest

gymnasium = pytest.importorskip('gymnasium', reason='Gymnasium is not installed (Python 3.6 has none)')
from gymnasium.utils.env_checker import check_env  # noqa: E402

from meta_rl.config import ConfigError  # noqa: E402
from meta_rl.envs.adapters import gymnasium_envs, viewer  # noqa: E402

from helpers.labs import TESTS, act  # noqa: E402
from helpers.playing.gym_envs import HARLOW, IMAGES, PSYCHLAB, here, make  # noqa: E402,F401 (here is a fixture)

NAMES = [HARLOW, PSYCHLAB]
KINDS = [(gymnasium_envs.Harlow, {}), (gymnasium_envs.PsychLabHarlow, {}), (gymnasium_envs.PsychLabHarlow, {'actions': 'gaze'})]


@pytest.fixture
def headless(monkeypatch):
    monkeypatch.setattr(viewer, 'displayed', lambda: False)


# ---- a display ----

@pytest.mark.parametrize('name', NAMES)
def test_gymnasiums_check_passes_without_a_display(name, headless):
    env = make(name)
    check_env(env.unwrapped)  # makes it once more in each render mode that it offers
    assert env.metadata['render_modes'] == ['rgb_array']
    env = make(name, render_mode='rgb_array')
    env.reset(seed=0)
    assert env.render().shape == (84, 84, 3)


@pytest.mark.parametrize('name', NAMES)
def test_a_window_is_offered_where_there_is_a_display(name, monkeypatch):
    monkeypatch.setattr(viewer, 'displayed', lambda: True)
    assert make(name).metadata['render_modes'] == ['rgb_array', 'human']


@pytest.mark.parametrize('display', [None, '', ':97', 'no.such.host.invalid:0'])
def test_a_display_that_does_not_answer_is_none(display, monkeypatch):
    if sys.platform != 'linux':
        pytest.skip('there is always a display here')
    if display is None:
        monkeypatch.delenv('DISPLAY', raising=False)
    else:
        monkeypatch.setenv('DISPLAY', display)
    assert not viewer.displayed()


def test_asking_for_a_window_without_a_display_is_one_sentence(headless, monkeypatch):
    monkeypatch.setenv('DISPLAY', ':97')
    for kind, settings in KINDS:
        with pytest.raises(ConfigError, match="no window can be opened .*: choose 'rgb_array'"):
            kind(image_count=IMAGES, render_mode='human', **settings)


# ---- what is called too early, and too late ----

@pytest.mark.parametrize('kind, settings', KINDS)
def test_what_is_called_before_reset_or_after_the_end_is_one_sentence(kind, settings):
    env = kind(image_count=IMAGES, render_mode='rgb_array', **settings)
    act_once = env.action_space.sample()
    for function, args in ((env.render, ()), (env.step, (act_once,))):
        with pytest.raises(gymnasium.error.ResetNeeded, match=r'\(\) was called before the first reset\(\): call reset\(\)\.'):
            function(*args)
    env.reset(seed=0)
    assert env.render().shape == (84, 84, 3)
    over = False
    while not over:
        *_, terminated, truncated, _ = env.step(0 if kind is gymnasium_envs.Harlow else env.noop)
        over = terminated or truncated
        if kind is not gymnasium_envs.Harlow:
            break
    if over:
        with pytest.raises(gymnasium.error.ResetNeeded, match='after the end of the episode'):
            env.step(act_once)
        assert env.render().shape == (84, 84, 3)  # the last frame
    env.close()
    env.close()
    for function, args in ((env.render, ()), (env.step, (act_once,)), (env.reset, ())):
        with pytest.raises(gymnasium.error.ClosedEnvironmentError, match='make another'):
            function(*args)


# ---- actions that Stable Baselines takes ----

def test_the_labs_own_actions_are_counted_from_0():
    """stable_baselines3 samples and predicts from 0 on, and refuses a MultiDiscrete with another start."""
    env = make(PSYCHLAB)
    space = env.action_space
    assert isinstance(space, gymnasium.spaces.MultiDiscrete) and (space.start == 0).all()
    assert space.nvec.tolist() == [1025, 1025, 3, 3, 2, 2, 2]
    twin = make(PSYCHLAB, actions='spec')
    assert twin.action_space.start.tolist() == [-512, -512, -1, -1, 0, 0, 0]
    frame, _ = env.reset(seed=4)
    same, _ = twin.reset(seed=4)
    random = np.random.RandomState(0)
    for _ in range(40):
        assert (frame == same).all()
        action = (random.rand(7) * space.nvec).astype(np.int64)  # as a policy gives it
        frame, reward, *_ = env.step(action)
        same, paid, *_ = twin.step(action + twin.action_space.start)
        assert reward == paid
    assert (frame == same).all()


def test_what_does_nothing_is_named():
    """Zeros turn as far as can be."""
    for actions, noop in (('lab', [512, 512, 1, 1, 0, 0, 0]), ('spec', [0] * 7), ('gaze', 2)):
        env = gymnasium_envs.PsychLabHarlow(actions=actions, image_count=IMAGES)
        assert np.array_equal(env.noop, noop)
        env.reset(seed=3)
        yaw = env._env.lab.state()['yaw']
        env.step(env.noop)
        assert env._env.lab.state()['yaw'] == yaw
    env = gymnasium_envs.PsychLabHarlow(image_count=IMAGES, previous=True)
    env.reset(seed=3)
    seen, *_ = env.step(env.noop + act(right=5, down=-3))
    assert seen['action'].tolist() == [5, -3, 0, 0, 0, 0, 0] and env.observation_space.contains(seen)  # in the lab's units


# ---- dm_env by name ----

def test_dm_env_takes_the_name_of_an_environment():
    pytest.importorskip('dm_env', reason='dm_env is not installed')
    from meta_rl.envs.adapters import dm_envs
    for name, settings in ((HARLOW, {}), (PSYCHLAB, {'actions': 'gaze'}), ('meta_rl.gymnasium_envs:' + HARLOW, {})):
        env = dm_envs.DmEnv(name, seed=3, image_count=IMAGES, **settings)
        twin = make(name, **settings)
        expected, _ = twin.reset(seed=3)
        assert np.array_equal(env.reset().observation, expected)
        assert np.array_equal(env.step(1).observation, twin.step(1)[0]) and env.action_spec().num_values == twin.action_space.n
        env.close()


@pytest.mark.parametrize('env, settings, reason', [
    ('meta_rl/Harlow-v9', {}, "no environment 'meta_rl/Harlow-v9'"), ('no/Such-v0', {}, 'meta_rl/Harlow-v0'),
    ('', {}, 'meta_rl/Harlow-v0'),
    ('no_such_module:x', {}, 'no_such_module'), (HARLOW, {'imagecount': 3}, 'There is no keyword imagecount'),
    (None, {}, 'env is None'),
    (gymnasium_envs.Harlow, {}, 'env is <class'), (3, {'image_count': 3}, 'image_count is a keyword')])
def test_what_is_no_environment_is_one_sentence(env, settings, reason):
    pytest.importorskip('dm_env', reason='dm_env is not installed')
    from meta_rl.envs.adapters import dm_envs
    with pytest.raises(ConfigError) as caught:
        dm_envs.DmEnv(env, **settings)
    assert reason in str(caught.value)


def test_no_window_is_looked_for_where_there_is_no_display():
    code = ('import sys; from meta_rl import gymnasium_envs; gymnasium_envs.Harlow(image_count=3).reset(); '
            'print("tkinter" in sys.modules)')
    environment = {name: value for name, value in os.environ.items() if name != 'DISPLAY'}
    done = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, env=dict(
        environment, PYTHONPATH=os.path.dirname(TESTS)))
    assert done.stdout == b'False\n'
