"""What an environment of a task says of itself and of a step: named tuples, until `contract` brings them."""
from typing import NamedTuple, Tuple

import numpy as np


class Spec(NamedTuple):
    """What an agent has to know of an environment to be built."""

    actions: int             # they are 0 .. actions - 1
    shape: Tuple[int, ...]   # of a view
    dtype: type              # of a view
    trials: int              # of an episode


class Step(NamedTuple):
    """What came of an action."""

    view: np.ndarray   # what the next action is chosen by
    reward: float
    done: bool         # the episode is over
    truncated: bool    # it was cut off, and would have gone on


class Episode(NamedTuple):
    """What an episode has come to so far."""

    total: float  # sum of its rewards
    right: list   # 1 or 0 for each trial: whether the better action was taken
    length: int   # actions


def reseeded(seeds):
    """Yields a np.random.RandomState for each seed: the same object, as making one takes ten times as long as seeding it."""
    random = np.random.RandomState()
    for seed in seeds:
        random.seed(seed)
        yield random
