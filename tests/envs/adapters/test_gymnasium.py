"""Gymnasium's environments: what its checkers ask of them, vectors of them, seeds, pictures, keywords, errors."""
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

from meta_rl.config import ConfigError

from helpers.labs import TESTS
from helpers.playing.gym_envs import HARLOW, IMAGES, PSYCHLAB, make

gymnasium = pytest.importorskip('gymnasium', reason='Gymnasium is not installed (Python 3.6 has none)')
from gymnasium.utils.env_checker import check_env  # noqa: E402

from meta_rl.envs.adapters import gymnasium_envs  # noqa: E402

pytestmark = pytest.mark.filterwarnings('error')  # a checker's warning is a fault
KINDS = [(HARLOW, dict(observation=observation, previous=previous, level=level))
         for observation in gymnasium_envs.OBSERVATIONS for previous in (False, True)
         for level in ('harlow_fast_centred', 'contributed/psychlab/harlow')]
KINDS += [(PSYCHLAB, dict(actions=actions, previous=previous, num_steps=num_steps))
          for actions in ('lab', 'spec', 'gaze') for previous in (False, True) for num_steps in (1, 4)]
each_kind = pytest.mark.parametrize('name, kind', KINDS, ids=str)
@each_kind
def test_the_checkers_of_gymnasium_find_nothing(name, kind):
    env = make(name, **kind)
    check_env(env.unwrapped, skip_render_check=True)  # which would open a window
    for seed in (None, 1):  # by way of the checks that gymnasium.make puts around it
        obs, _ = env.reset(seed=seed)
        for _ in range(5):
            assert env.observation_space.contains(obs)
            obs, reward, _, _, _ = env.step(env.action_space.sample())
            assert isinstance(reward, float)
    env.close()
    env.close()


@each_kind
def test_what_is_rendered_is_what_the_lab_shows(name, kind):
    env = make(name, render_mode='rgb_array', **kind)
    lab = env.unwrapped._env._env.lab if name == HARLOW else env.unwrapped._env.lab
    env.reset(seed=3)
    shown = [env.render()]
    for _ in range(4):
        assert (shown[-1] == lab.observations()['RGB_INTERLEAVED']).all()
        env.step(env.action_space.sample())
        shown.append(env.render())
    assert len({frame.tobytes() for frame in shown}) > 1 and shown[0].shape == (84, 84, 3)
    shown[-1][:] = 0
    assert env.render().any()  # what was given out is its user's own


@each_kind
def test_same_seed_same_episodes(name, kind):
    def played(env, seed):
        env.action_space.seed(5)
        said = []
        for first in (True, False, False):  # a seed decides the episodes after the first one too
            said.append(env.reset(seed=seed if first else None))
            over = False
            while not over and len(said) < 60:
                said.append(env.step(env.action_space.sample()))
                over = said[-1][2] or said[-1][3]
        return pickle.dumps(said)
    one, two = make(name, **kind), make(name, **kind)
    assert played(one, 11) == played(two, 11) == played(one, 11)
    assert played(one, 11) != played(one, 12)


@pytest.mark.parametrize('name, mode, context', [
    (HARLOW, 'sync', None), (PSYCHLAB, 'sync', None), (HARLOW, 'async', 'fork'), (HARLOW, 'async', 'spawn'),
    (PSYCHLAB, 'async', 'spawn')])
@pytest.mark.filterwarnings('ignore:.*fork:DeprecationWarning')  # Python 3.12 on warns of it wherever there are threads
def test_several_side_by_side(name, mode, context):
    kind = dict(image_count=IMAGES, previous=True)
    envs = gymnasium.make_vec(name, 2, mode, dict(context=context) if context else {}, **kind)
    singles = [gymnasium.make(name, **kind) for _ in range(2)]
    try:
        obs, _ = envs.reset(seed=4)
        alone = [env.reset(seed=4 + number) for number, env in enumerate(singles)]
        for _ in range(6):
            for number, env in enumerate(singles):
                mine = {key: obs[key][number] for key in obs} if isinstance(obs, dict) else obs[number]
                assert pickle.dumps(mine) == pickle.dumps(alone[number][0]) or all(
                    np.array_equal(mine[key], alone[number][0][key]) for key in mine)
            actions = envs.action_space.sample()
            obs, rewards, _, _, infos = envs.step(actions)
            alone = [env.step(action) for env, action in zip(singles, actions)]
            assert rewards.tolist() == [one[1] for one in alone]
            for key in set(infos) & {'trial', 'correct', 'reaction_time'}:
                assert infos[key].tolist() == [one[4].get(key, 0) for one in alone]
    finally:
        envs.close()


@pytest.mark.parametrize('name, kind, reason', [
    (HARLOW, dict(observation='onehot'), "observation is 'onehot': choose from 'one-hot', 'crops', 'frame'"),
    (HARLOW, dict(learning_rate=1.), 'There is no keyword learning_rate'),
    (HARLOW, dict(actions='gaze'), 'There is no keyword actions'),
    (HARLOW, dict(level='harlowe'), 'Level not found: "contributed/psychlab/harlowe"'),
    (HARLOW, dict(level=3), 'level is 3'),
    (HARLOW, dict(level='harlow_fast', width=60), 'width is 60'),
    (HARLOW, dict(images='/nowhere'), '/nowhere cannot be read as a folder'),
    (HARLOW, dict(image_count='many'), 'image_count'),
    (HARLOW, dict(held_out=True), 'does not see what an image looks like'),
    (PSYCHLAB, dict(level='harlowe'), 'Level not found'),
    (PSYCHLAB, dict(actions='eyes'), "actions is 'eyes': choose from 'lab', 'spec', 'gaze'"),
    (PSYCHLAB, dict(observation='crops'), 'There is no keyword observation'),
    (PSYCHLAB, dict(num_steps=0), 'num_steps is 0'), (PSYCHLAB, dict(num_steps=1.5), 'num_steps is 1.5'),
    (PSYCHLAB, dict(actions='gaze', turn=0), 'turn is 0: .* 0.1056 to 54.07 degrees'),
    (PSYCHLAB, dict(actions='gaze', turn='far'), "turn is 'far'"),
    (PSYCHLAB, dict(actions='gaze', turn=90., num_steps=1), 'turn is 90')])
def test_a_wrong_keyword_is_one_sentence(name, kind, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        make(name, **kind)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('name, action, reason', [
    (HARLOW, 2, 'action is 2: it must be in Discrete'), (HARLOW, -1, 'action is -1'), (HARLOW, .5, 'action is 0.5'),
    (PSYCHLAB, np.zeros(6, int), 'action is array'), (PSYCHLAB, np.full(7, 2), 'action is'),
    (PSYCHLAB, np.zeros(7), 'it must be in MultiDiscrete')])
def test_a_wrong_action_is_one_sentence(name, action, reason):
    env = make(name)
    env.reset()
    with pytest.raises(ConfigError, match=reason):
        env.step(action)


def test_a_wrong_render_mode_is_one_sentence():
    with pytest.raises(ConfigError, match="render_mode is 'ansi': choose from None, 'rgb_array', 'human'"):
        gymnasium_envs.Harlow(render_mode='ansi')


def test_rendering_needs_a_render_mode():
    env = gymnasium_envs.Harlow(image_count=IMAGES)
    env.reset()
    with pytest.warns(UserWarning, match="There is nothing to render"):
        env.render()


def test_a_window_needs_a_display(monkeypatch):
    monkeypatch.delenv('DISPLAY', raising=False)
    if sys.platform != 'linux':
        pytest.skip('there is always a display here')
    with pytest.raises(ConfigError, match="no window can be opened .*: choose 'rgb_array'"):
        make(HARLOW, render_mode='human')


@pytest.mark.skipif(not os.environ.get('DISPLAY'), reason='there is no display')
@pytest.mark.parametrize('name', [HARLOW, PSYCHLAB])
def test_a_window_shows_each_frame_and_can_be_closed(name):
    env = make(name, render_mode='human')
    env.reset(seed=0)
    env.step(env.action_space.sample())
    image = env.unwrapped._viewer._image
    assert image.width() == image.height() == 420
    assert image.get(210, 210) == tuple(env.unwrapped._frame[42, 42])
    env.unwrapped._viewer._root.destroy()
    env.step(env.action_space.sample())  # its user has closed it: the episode goes on
    env.close()


def test_importing_takes_neither_tensorflow_nor_torch_and_meta_rl_takes_no_gymnasium():
    code = ('import sys, meta_rl; assert "gymnasium" not in sys.modules; import gymnasium; '
            'gymnasium.make("meta_rl.gymnasium_envs:meta_rl/Harlow-v0", image_count=3).reset(); '
            'print(sorted({"tensorflow", "torch", "matplotlib", "tkinter"} & set(sys.modules)))')
    done = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, env=dict(
        os.environ, PYTHONPATH=os.path.dirname(TESTS)))
    assert done.stdout.decode().strip() == '[]'


def test_no_warning_was_missed():
    with pytest.raises(UserWarning):
        gymnasium.logger.warn('Gymnasium warns by way of warnings: those above would have been seen')
    assert warnings.filters[0][0] == 'error'
