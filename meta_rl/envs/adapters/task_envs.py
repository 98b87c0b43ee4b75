"""The two-step task and the bandits for the agents of others: 'meta_rl/TwoStep-v0' and 'meta_rl/Bandit-v0'.

Registered by gymnasium_envs, as the Harlow task is. A step is a trial, an episode a hundred of them.
"""
import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs import bandits, two_step
from meta_rl.envs.adapters.lab_env import CLOSED, OVER, RUNNING, StagedEnv, gymnasium, one_of


class TaskEnv(StagedEnv):
    """What both share. An observation is float32: the view, the previous action (one-hot), the previous reward.

    Before the first trial there is no previous action: its two numbers are 0. info has 'trial', the number of trials so far, and
    after each also 'correct' (1 or 0), whether the better action was taken.

    Args:
      make: function of a source of seeds, which has randint, that makes the environment (see envs/two_step.py).
      previous: bool, tell the previous action and reward: without them there is nothing to learn an episode from.
      render_mode: None, 'rgb_array' or 'human' (a window).
    """

    metadata = {'render_modes': ['rgb_array', 'human'], 'render_fps': 4}  # trials a second: slow enough to be followed

    def __init__(self, make, previous, render_mode):
        one_of('render_mode', render_mode, (None,) + tuple(self.metadata['render_modes']))
        if not isinstance(previous, bool):
            raise ConfigError(f'previous is {previous!r}: it must be True or False.')
        self.render_mode, self._previous, self._viewer = render_mode, previous, None
        self._make, self._env = make, make(self)
        spec = self._env.spec
        self.action_space = gymnasium.spaces.Discrete(spec.actions)
        size = int(np.prod(spec.shape)) + previous * (spec.actions + 1)
        self.observation_space = gymnasium.spaces.Box(0, 1, (size,), np.float32)
        if render_mode == 'human':
            from meta_rl.envs.adapters.viewer import Viewer
            self._viewer = Viewer(type(self).__name__)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self._env = self._make(self)  # nothing is carried over from episodes before: the same seed, the same episodes
        view = self._env.reset()
        self._stage = RUNNING
        self._show()
        return self._observe(view), {'trial': 0}

    def step(self, action):
        action = int(self._checked(action))
        _, reward, done, truncated = self._env.step(action)
        self._stage = OVER if done else RUNNING
        self._show()
        episode = self._env.episode
        info = {'trial': episode.length, 'correct': episode.correct[-1]}
        return self._observe(self._env.view(), action, reward), reward, done, truncated, info

    def _observe(self, view, action=None, reward=0.):
        if not self._previous:
            return view.copy()
        told = np.zeros(self._env.spec.actions + 1, np.float32)
        if action is not None:
            told[action] = 1
        told[-1] = reward
        return np.concatenate([view, told])

    def _show(self):
        if self._viewer:
            self.render()

    def render(self):
        """The scene, uint8 [H, W, 3], RGB. With render_mode 'human' a window shows it."""
        self._refuse_unless('render()', RUNNING, OVER)
        if self.render_mode is None:
            gymnasium.logger.warn("There is nothing to render: make the environment with render_mode='rgb_array' or 'human'.")
            return None
        scene = self._scene()
        if not self._viewer:
            return scene
        return self._viewer.show(scene, 1. / self.metadata['render_fps'])

    def close(self):
        """Closes the window. A second time does nothing."""
        if self._stage != CLOSED:
            self._stage = CLOSED
            if self._viewer:
                self._viewer.close()


class TwoStep(TaskEnv):
    """The two-step task of Wang et al. 2018: see envs/two_step.py. Observations are float32 [6], without `previous` [3].

    Args: previous, render_mode: see TaskEnv. carried_over: bool, see two_step.TwoStep. rules: those of two_step.Rules.
    Raises: ConfigError for a wrong keyword, in one sentence.
    """

    def __init__(self, previous=True, carried_over=False, render_mode=None, **rules):
        rules = _rules(rules)
        if not isinstance(carried_over, bool):
            raise ConfigError(f'carried_over is {carried_over!r}: it must be True or False.')
        super().__init__(lambda seeds: two_step.TwoStep(seeds, rules, carried_over), previous, render_mode)

    def _scene(self):
        from meta_rl.figures.films import two_step_scenes
        return two_step_scenes.draw(two_step_scenes.scene_of(self._env))


class Bandit(TaskEnv):
    """A two-armed bandit of Wang et al. 2016: see envs/bandits.py. Observations are float32 [3].

    Args: kind: one of bandits.KINDS. trials: int, of an episode. render_mode: see TaskEnv.
    Raises: ConfigError for a wrong keyword, in one sentence.
    """

    def __init__(self, kind='independent', trials=bandits.TRIALS, render_mode=None):
        one_of('kind', kind, bandits.KINDS)
        _whole('trials', trials)
        super().__init__(lambda seeds: bandits.Bandit(seeds, kind, trials), True, render_mode)

    def _scene(self):
        from meta_rl.figures.films import bandit_scenes
        return bandit_scenes.draw(bandit_scenes.scene_of(self._env))


def _whole(name, value):
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f'{name} is {value!r}: it must be a whole number, 1 or more.')


def _rules(given):
    """two_step.Rules with these changed. Raises ConfigError where one cannot be."""
    for name, value in given.items():
        if name not in two_step.Rules._fields:
            raise ConfigError('There is no keyword {}: besides previous, carried_over and render_mode there are {}.'.format(
                name, ', '.join(two_step.Rules._fields)))
        if name == 'trials':
            _whole(name, value)
        else:
            least = 0 if name == 'switch' else .5  # below .5 the other action, or the other state, would be the better one
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= 1:
                raise ConfigError(f'{name} is {value!r}: it must be a probability, from {least:g} to 1.')
    return two_step.Rules(**given)


gymnasium.register('meta_rl/TwoStep-v0', __name__ + ':TwoStep', reward_threshold=70)
gymnasium.register('meta_rl/Bandit-v0', __name__ + ':Bandit')
