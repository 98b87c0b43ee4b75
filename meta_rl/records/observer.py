"""Observer: gathers the steps of each episode that an Actor plays, and hands it on when it is over."""
import collections
from typing import List, NamedTuple, Tuple

import numpy as np

from meta_rl.nets.nest import leaves


class StepRecord(NamedTuple):
    """One step of one environment.

    features: float32 [F], of what was seen; policy: float32 [a_size]; value: in the lab's reward; units: float32 [U], the state of
    the memory after it had read the features, all its parts one after the other; action: int.
    """

    features: np.ndarray
    policy: np.ndarray
    value: float
    units: np.ndarray
    action: int


class EpisodeRecord(NamedTuple):
    """An episode that is over. seed: what it was drawn from; steps: [] of a person; trials: see Environment.trial_rows."""

    seed: int
    steps: List[StepRecord]
    trials: List[Tuple[int, dict]]


class Observer:
    """Is told by an Actor of each step, and by play_episodes which episodes count.

    Args:
      takers: objects with `take(EpisodeRecord)`, called for each episode that counts, in the order in which they end.
      reward_unit: float, what values are multiplied by to be in the lab's reward.
    """

    def __init__(self, takers, reward_unit=1.):
        self._takers, self._unit = takers, reward_unit
        self._steps, self._ended = collections.defaultdict(list), collections.deque()

    def acted(self, features, policy, values, state, actions):
        """A step of B environments, before it is carried out: arrays [B, ...], state a nested tuple of these."""
        units = np.concatenate(leaves(state), 1)
        for b, action in enumerate(actions.tolist()):
            self._steps[b].append(StepRecord(features[b], policy[b], self._unit * float(values[b]), units[b], action))

    def ended(self, b, env):
        """The episode of environment number b is over; no other has begun there."""
        self._ended.append(EpisodeRecord(env.history['seed'], self._steps.pop(b), env.trial_rows()))

    def settle(self, counts):
        """Whether the first of the episodes that ended, of which this was not said yet, counts."""
        record = self._ended.popleft()
        if counts:
            for taker in self._takers:
                taker.take(record)
