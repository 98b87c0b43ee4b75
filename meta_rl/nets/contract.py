"""What goes into a network and comes out of it: named tuples, of arrays and of the placeholders for them alike. T, B, V: see AC_Network."""
from typing import Any, NamedTuple, Optional

import numpy as np

from meta_rl.nets.inputs import Inputs


class Unroll(NamedTuple):
    """What a network learns from in one update: arrays, and the placeholders for them. None is not used.

    views: [V, ...], see the encoder; view_index: int32 [T, B], which of them each step was made on.
    inputs: Inputs [T, B]; state: of the memory, before the first step.
    actions: int32 [T, B]; target_v: float32 [T, B], what the values should have been; advantages: float32 [T, B], by how much
    the actions were better than expected.
    ended: int, episodes that ended in it.
    labels: int32 [T, B], what a teacher would have done; imitation: float, the weight of doing the same.
    entropy: float, the part that is left of the weight of the entropy.
    chances: float32 [T, B], the probability that each action had when it was taken, for a loss with a `ratio_clip`.
    """

    views: np.ndarray
    view_index: np.ndarray
    inputs: Inputs
    state: Any
    actions: np.ndarray
    target_v: np.ndarray
    advantages: np.ndarray
    ended: int
    labels: Optional[np.ndarray] = None
    imitation: Optional[float] = None
    entropy: Optional[float] = None
    chances: Optional[np.ndarray] = None


class Losses(NamedTuple):
    """Means over T and B, before an update; lengths of the gradient, before it is clipped, and of the weights, all together."""

    value_loss: float
    policy_loss: float
    entropy: float
    grad_norm: float
    var_norm: float


class LossSpec(NamedTuple):
    """What is learned: weights of the losses beside the policy loss, and the longest gradient that is let through.

    imitation: whether doing as a teacher would is learned, too; entropy_falls: whether the weight of the entropy does.
    choice_entropy: weight of the entropy at steps that come just after fixation was paid, beside entropy_coef.
    twins: weight of how much image features change with the gaze, and say the same, see GazeEncoder.twins.
    ratio_clip: how far from 1 the ratio of an action's new probability to its old one is followed; 0: the plain policy gradient.
    write_share: how far a learned gate of the memory may be open in the mean; what is above costs its square.
    """

    value_coef: float = .05
    entropy_coef: float = .05
    clip_norm: float = 1.
    imitation: bool = False
    entropy_falls: bool = False
    ratio_clip: float = 0.
    choice_entropy: float = 0.
    twins: float = 0.
    write_share: float = 1.


class Counts(NamedTuple):
    """What all workers have done together: tf.Variable int64, or their values."""

    episodes: Any
    updates: Any
