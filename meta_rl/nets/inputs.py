"""What a network is given besides views, and as which columns its memory reads them."""
from typing import NamedTuple, Optional

import numpy as np

from meta_rl.tf_compat import tf

FIXATION = 1.5  # what is paid for fixation is less, for a right choice more


class Inputs(NamedTuple):
    """Before a step, besides the view: arrays or tensors, [B] for acting and [T, B] for training.

    prev_action: int32, the action before; -1 if the step is the first of an episode. prev_reward: float32, what it was paid.
    timestep: float32, steps made in this episode. goes_on: float32, 0 if the step is the first of an episode, else 1; not for
    acting, where the state of an episode that starts is zeros already.
    """

    prev_action: np.ndarray
    prev_reward: np.ndarray
    timestep: np.ndarray
    goes_on: Optional[np.ndarray] = None


class Columns:
    """The inputs as a memory reads them.

    Args:
      actions: int.
      prev_action: bool, whether it is given the previous action, one-hot.
      reward_scale: float, by which the previous reward is multiplied; None: it is left out. Losses keep it as it is.
      timestep_scale: float, by which the timestep is; 1/6 makes the unit an episode of six decisions. None: it is left out.
      first_action: bool, before the first step it is told that action 0 came before, as if it had; False: that none did, zeros.
      action_scale: float, by which the one-hot action is multiplied.
      signed: bool, action and reward are of -1 and 1, and both 0 before the first step, before they are multiplied.
    """

    def __init__(self, actions, prev_action=True, reward_scale=1., timestep_scale=None, first_action=False, action_scale=1.,
                 signed=False):
        self._actions, self._prev_action, self._action_scale, self._signed = actions, prev_action, action_scale, signed
        self._reward_scale, self._timestep_scale, self._first_action = reward_scale, timestep_scale, first_action
        # int, how many columns each of the three has.
        self.action, self.reward = prev_action * actions, int(reward_scale is not None)
        self.time = int(timestep_scale is not None)

    def __call__(self, inputs):
        """(action, reward, time): lists of one float32 [T * B, ...] each, empty where it is left out."""
        action, reward, time = [], [], []
        if self._prev_action:
            # No operation more than is asked for: the seeds of those that follow hang on how many there are.
            before = tf.reshape(inputs.prev_action, [-1])
            if self._first_action:
                before = tf.maximum(before, 0)
            action.append(tf.one_hot(before, self._actions))  # of -1: all zeros
            if self._signed:
                action = [_signed(action[0], before)]
            if self._action_scale != 1:
                action = [action[0] * self._action_scale]
        if self._reward_scale is not None:
            before = tf.reshape(inputs.prev_reward, [-1, 1])
            reward.append((_signed(before, tf.reshape(inputs.prev_action, [-1])) if self._signed else before) * self._reward_scale)
        if self._timestep_scale is not None:
            time.append(tf.reshape(inputs.timestep, [-1, 1]) * self._timestep_scale)
        return action, reward, time


def _signed(columns, before):
    """Columns [T * B, ...] of 1 and 0 as 1 and -1, and 0 where no action came before (int32 [T * B], -1)."""
    return (2 * columns - 1) * tf.cast(before >= 0, tf.float32)[:, tf.newaxis]


def paid(inputs):
    """float32 [T * B]: 1 where the step before was paid anything, else 0."""
    return tf.cast(tf.abs(tf.reshape(inputs.prev_reward, [-1])) > 0, tf.float32)


def fixation_paid(inputs):
    """float32 [T * B]: 1 where the step before was paid for fixation, else 0."""
    reward = tf.reshape(inputs.prev_reward, [-1])
    return tf.cast(tf.logical_and(reward > 0, reward < FIXATION), tf.float32)
