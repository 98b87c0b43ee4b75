"""What the Gymnasium environments share: StagedEnv all of them, LabEnv those of the lab."""
import numpy as np

try:
    import gymnasium
except ImportError:
    raise ImportError('meta_rl.gymnasium_envs needs Gymnasium, which is not installed: pip install -r '
                      'requirements/gymnasium.txt (Python 3.9 and later).') from None

from meta_rl.config import Config, ConfigError
from meta_rl.envs.adapters import viewer
from meta_rl.images import dataset
from meta_rl.psychlab.interface import ACTIONS, LEVEL_FOLDER
from meta_rl.psychlab.task import TRIALS

OBSERVATIONS = {'one-hot': 'onehot', 'crops': 'crops', 'frame': 'pixels'}  # how Config calls them
# The settings of Config that are keywords here too: those of the lab and of the images.
SETTINGS = ('lab', 'surroundings', 'looks', 'look_count', 'width', 'height', 'fps', 'runfiles_path', 'images', 'image_set', 'image_count', 'image_seed',
            'held_out_images', 'held_out_count', 'image_cache', 'sides')
NEW, RUNNING, OVER, CLOSED = range(4)  # what an environment is: not reset yet, in an episode, after its end, closed
_, LEAST, MOST = (np.array(column) for column in zip(*ACTIONS))  # of the lab's seven actions


def one_of(name, value, choices):
    """Raises ConfigError where the keyword `name` is none of its choices."""
    if value not in choices:
        raise ConfigError('{} is {!r}: choose from {}.'.format(name, value, ', '.join(map(repr, choices))))


class StagedEnv(gymnasium.Env):
    """An environment that knows its stage, so that what is asked of it at the wrong time is refused by a sentence."""

    _stage = NEW

    def randint(self, below):
        """int in [0, below), drawn as `reset(seed=...)` decides: what an environment draws its episodes' seeds by."""
        return self.np_random.integers(below)

    def reset(self, seed=None, options=None):
        """Seeds the episodes from here on, where a seed is given; the environments themselves start one."""
        self._refuse_unless('reset()', NEW, RUNNING, OVER)
        super().reset(seed=seed)

    def _refuse_unless(self, what, *stages):
        """Raises gymnasium's ResetNeeded, or ClosedEnvironmentError, where it is in none of the stages for `what`."""
        if self._stage == CLOSED:
            raise gymnasium.error.ClosedEnvironmentError(f'{what} was called after close(): make another environment.')
        if self._stage not in stages:
            when = 'before the first reset()' if self._stage == NEW else 'after the end of the episode'
            raise gymnasium.error.ResetNeeded(f'{what} was called {when}: call reset().')

    def _checked(self, action):
        """The action as an array. Raises ConfigError where it is not in the action space, ResetNeeded outside an episode."""
        self._refuse_unless('step()', RUNNING)
        values = np.asarray(action)
        # (The space would take fractions, which the lab would cut off.)
        if values.dtype.kind not in 'iu' or not self.action_space.contains(values):
            raise ConfigError(f'action is {action!r}: it must be in {self.action_space}.')
        return values


class LabEnv(StagedEnv):
    """What both environments share: settings, the previous action and reward, info, rendering.

    Args:
      observation: 'one-hot', 'crops' or 'frame'.
      previous: bool, tell the previous action and reward: without them there is nothing to learn an episode from.
      level: name of a level of the lab, with or without `contributed/psychlab/`.
      held_out: bool, play with images that training never shows (see dataset.held_out_folder_of).
      render_mode: None, 'rgb_array' or 'human' (a window).
      settings: those of SETTINGS, as `python harlow.py train --help` explains them.
    Raises: ConfigError for a wrong keyword, in one sentence.

    info has 'trial', the number of trials decided so far; on a step that decided one also 'correct' (1 or 0) and
    'reaction_time' (seconds), both as the lab's events report them.
    """

    # Of the class, what can be at all: gymnasium.make asks it. Of an environment, what can be on this machine.
    metadata = {'render_modes': ['rgb_array', 'human'], 'render_fps': 60}

    def __init__(self, observation, previous, level, held_out, render_mode, settings):
        self._frame = self._viewer = None
        one_of('observation', observation, tuple(OBSERVATIONS))
        one_of('render_mode', render_mode, (None,) + tuple(self.metadata['render_modes']))
        if not viewer.displayed():
            self.metadata = dict(self.metadata, render_modes=['rgb_array'])
        unknown = sorted(set(settings) - set(SETTINGS))
        if unknown:
            raise ConfigError('There is no keyword {}: besides those of the environment there are {}.'.format(
                unknown[0], ', '.join(SETTINGS)))
        if not isinstance(level, str):
            raise ConfigError(f'level is {level!r}: it must be the name of a level, as {LEVEL_FOLDER}harlow.')
        level = level if level.startswith(LEVEL_FOLDER) else LEVEL_FOLDER + level
        config = Config().change(observation=OBSERVATIONS[observation], level_script=level, **settings)
        self._folder = dataset.held_out_folder_of(config) if held_out else dataset.folder_of(config)
        self._config = config.change(image_count=config.held_out_count) if held_out else config
        self._previous = previous
        self.render_mode = render_mode

    def _complete(self, seen, least, most):
        """Ends __init__: the observation space, the window.

        Args:
          seen: an observation without the previous action and reward.
          least, most: the least and the most that a step pays.
        """
        space = gymnasium.spaces.Box(0, 255 if seen.dtype == np.uint8 else 1, seen.shape, seen.dtype.type)
        if self._previous:
            act, reward = self.action_space, gymnasium.spaces.Box(least, most, (1,), np.float32)
            if isinstance(act, gymnasium.spaces.Discrete):
                act = gymnasium.spaces.Box(0, 1, (int(act.n),), np.float32)
            else:
                act = gymnasium.spaces.Box(LEAST.astype(np.float32), MOST.astype(np.float32))
            self._told = act.shape
            if seen.ndim == 1:
                space = gymnasium.spaces.Box(*(np.concatenate([getattr(part, end) for part in (space, act, reward)])
                                               for end in ('low', 'high')), dtype=np.float32)
            else:
                space = gymnasium.spaces.Dict({'image': space, 'action': act, 'reward': reward})
        self.observation_space = space
        if self.render_mode == 'human':
            self._viewer = viewer.Viewer('Harlow')

    def _observe(self, seen, action=None, reward=0.):
        """The observation of what is seen now, after an action (None: there is none yet) that paid `reward`."""
        if not self._previous:
            return seen
        act, reward = np.zeros(self._told, np.float32), np.array([reward], np.float32)
        if action is not None and isinstance(self.action_space, gymnasium.spaces.Discrete):
            act[action] = 1
        elif action is not None:
            act[:] = action
        if seen.ndim == 1:
            return np.concatenate([seen, act, reward])
        return {'image': seen, 'action': act, 'reward': reward}

    def _report(self, before, done):
        """(terminated, truncated, info) of a step before which `before` trials were decided; a window shows it."""
        trial = len(self._env.correct)
        self._stage = OVER if done else RUNNING
        info = {'trial': trial}
        if trial > before:
            info.update(correct=self._env.correct[-1], reaction_time=self._env.reaction_time())
        if self._viewer:
            self.render()
        return done and trial == TRIALS, done and trial < TRIALS, info

    def render(self):
        """The frame, uint8 [H, W, 3], RGB; after the end the last one. With render_mode 'human' a window shows it."""
        self._refuse_unless('render()', RUNNING, OVER)
        if self._viewer:
            self._viewer.show(self._frame, 1. / self.metadata['render_fps'])
        elif self.render_mode:
            return self._frame.copy()
        else:
            gymnasium.logger.warn("There is nothing to render: make the environment with render_mode='rgb_array' or "
                                  "'human'.")

    def close(self):
        """Closes the lab and the window. A second time does nothing."""
        if self._stage != CLOSED:
            self._stage = CLOSED
            if self._viewer:
                self._viewer.close()
            self._close()
