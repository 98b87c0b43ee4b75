"""The Harlow task for the agents of others: gymnasium.make('meta_rl/Harlow-v0') and ('meta_rl/PsychLabHarlow-v0').

Importing this module registers both. A step of Harlow-v0 is a decision, one of PsychLabHarlow-v0 is a frame of the lab.
"""
import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs.adapters.lab_env import LEAST, MOST, OBSERVATIONS, LabEnv, gymnasium, one_of
from meta_rl.envs.adapters.task_envs import Bandit, TwoStep
from meta_rl.envs.decisions import TRIALS, WrapperEnv, make_envs
from meta_rl.labs import choice
from meta_rl.psychlab import find_level
from meta_rl.psychlab.scene import camera
from meta_rl.psychlab.task import CORRECT_REWARD, ENGINE_MS_PER_SECOND, INCORRECT_REWARD

__all__ = ['OBSERVATIONS', 'Bandit', 'Harlow', 'PsychLabHarlow', 'TwoStep']
LEFT, RIGHT, NEITHER = range(3)  # gaze actions; the first two are the decisions of Harlow-v0 too


class Harlow(LabEnv):
    """A step is a decision: 0 left, 1 right. An episode is six of them. Keywords: see LabEnv.

    Observations of N images:
      'one-hot': float32 [2 N], which image is on the left and which on the right; with `previous` [2 N + 3]: after them
        the previous action, one-hot, and the previous reward.
      'crops': uint8 [h, 2 w, 3], the two images of a frame side by side, 21 x 42 pixels of 84 x 84.
      'frame': uint8 [H, W, 3]. With `previous` these two are a Dict: 'image', 'action' (one-hot) and 'reward'.
    After the last decision images are zeros: nothing is shown.
    """

    metadata = dict(LabEnv.metadata, render_fps=2)  # decisions a second: slow enough to be followed

    def __init__(self, observation='one-hot', previous=True, level='contributed/psychlab/harlow_fast_centred',
                 held_out=False, render_mode=None, **settings):
        super().__init__(observation, previous, level, held_out, render_mode, settings)
        self._env, = make_envs(self._config, self._folder, 1, self)
        self.action_space = gymnasium.spaces.Discrete(2)
        seen = self._flat(self._env.reset())
        self._nothing = np.zeros_like(seen)
        fixation = find_level(self._config.level_script).fixation_reward
        # The first decision is paid for the cross before it as well as for that after it.
        self._complete(seen, INCORRECT_REWARD, CORRECT_REWARD + 2 * fixation)

    def _flat(self, seen):
        """What HarlowEnv shows as a vector or as one picture."""
        if self._config.observation == 'pixels':
            return seen.copy()  # it is the frame that render() shows
        return np.concatenate(list(seen), 1) if seen.ndim == 4 else seen.ravel()

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        seen = self._flat(self._env.reset())
        self._frame = self._env.frame()
        _, _, info = self._report(0, False)
        return self._observe(seen), info

    def step(self, action):
        action, before = self._checked(action), len(self._env.correct)
        seen, reward, done, _ = self._env.step(int(action))
        if not done:
            self._frame = self._env.frame()
        terminated, truncated, info = self._report(before, done)
        seen = self._nothing.copy() if done else self._flat(seen)
        return self._observe(seen, action, reward), reward, terminated, truncated, info

    def _close(self):
        self._env.close()


class PsychLabHarlow(LabEnv):
    """A step is `num_steps` frames of the lab, with the same action. Keywords: see LabEnv, and

      actions: 'lab', its own seven, whole numbers [7] in the order of `action_spec()` and counted from 0, as Stable Baselines
        wants them: 0 is the least of each, and what does nothing is `noop`; 'spec', the same as they are, from the least of each
        on; or 'gaze': 0 turns left, 1 turns right, 2 does neither.
      turn: float, degrees that a gaze action turns in a step, to the nearest whole number of the lab's look units (of
        0.1056 degrees a frame at 60 frames a second). The gaze has no momentum, and the box around the cross is 4.2
        degrees wide: with larger turns it cannot be hit from everywhere.
      num_steps: int, frames of a step.

    An observation is the frame, uint8 [H, W, 3]; with `previous` a Dict: 'image', 'action' (one-hot for gaze actions),
    'reward' (an action of seven is told in the lab's own units). An episode is terminated after six trials, and truncated when
    the lab's 300 s are over (18,000 frames); give gymnasium.make max_episode_steps for less. The lab shows nothing after the
    end: the last frame is then repeated.

    Attributes: noop, the action that does nothing.
    """

    def __init__(self, actions='lab', turn=4.2, num_steps=1, previous=False, level='contributed/psychlab/harlow',
                 held_out=False, render_mode=None, **settings):
        one_of('actions', actions, ('lab', 'spec', 'gaze'))
        if isinstance(num_steps, bool) or not isinstance(num_steps, int) or num_steps < 1:
            raise ConfigError(f'num_steps is {num_steps!r}: it must be a whole number of frames, 1 or more.')
        super().__init__('frame', previous, level, held_out, render_mode, settings)
        self.metadata = dict(self.metadata, render_fps=max(self._config.fps // num_steps, 1))
        self._num_steps = num_steps
        self._turns = self._gaze(turn) if actions == 'gaze' else None
        self._env = WrapperEnv(choice.make_labs(self._config, self._folder, 1)[0])
        self._least = LEAST if actions == 'lab' else 0
        self.noop = -LEAST if actions == 'lab' else np.zeros_like(LEAST)
        if self._turns is not None:
            self.action_space, self.noop = gymnasium.spaces.Discrete(len(self._turns)), NEITHER
        elif actions == 'lab':
            self.action_space = gymnasium.spaces.MultiDiscrete(MOST - LEAST + 1)
        else:
            self.action_space = gymnasium.spaces.MultiDiscrete(MOST - LEAST + 1, start=LEAST)
        fixation = find_level(self._config.level_script).fixation_reward
        seen = np.zeros((self._config.height, self._config.width, 3), np.uint8)
        # A step may be so many frames that it is an episode.
        self._complete(seen, TRIALS * INCORRECT_REWARD, TRIALS * (CORRECT_REWARD + fixation))

    def _gaze(self, turn):
        """The lab's actions, np.intc [3, 7], of the gaze actions."""
        frame_ms = int(ENGINE_MS_PER_SECOND / self._config.fps + .5)
        least = camera.DEGREES_PER_UNIT_MS * frame_ms * self._num_steps  # a unit in each frame
        most = int(MOST[0])
        if isinstance(turn, bool) or not isinstance(turn, (int, float)) or not least / 2 < turn < (most + .5) * least:
            raise ConfigError('turn is %r: a step of %d frames turns by %.4g to %.4g degrees.' % (
                turn, self._num_steps, least, most * least))
        turns = np.zeros((3, len(MOST)), np.intc)
        turns[RIGHT, 0] = int(round(turn / least))
        turns[LEFT] = -turns[RIGHT]
        return turns

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self._env.reset(int(self.randint(2 ** 31)))
        self._frame = self._env.frame()
        _, _, info = self._report(0, False)
        return self._observe(self._frame.copy()), info

    def step(self, action):
        action, before = self._checked(action), len(self._env.correct)
        if self._turns is None:
            action = action + self._least
            played = action.astype(np.intc)
        else:
            played = self._turns[action]
        reward, done = self._env.step(played, self._num_steps)
        if not done:
            self._frame = self._env.frame()
        terminated, truncated, info = self._report(before, done)
        return self._observe(self._frame.copy(), action, reward), reward, terminated, truncated, info

    def _close(self):
        self._env.lab.close()


gymnasium.register('meta_rl/Harlow-v0', __name__ + ':Harlow', reward_threshold=24)
gymnasium.register('meta_rl/PsychLabHarlow-v0', __name__ + ':PsychLabHarlow', reward_threshold=30)
