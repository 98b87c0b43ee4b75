"""What every environment is: what a Worker may ask of it. An agent for a new task needs one more of these, and nothing else."""
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np


class Spec(NamedTuple):
    """What a network has to know of an environment.

    actions: how many there are; shape, dtype: of a view; trials: of an episode that is not cut short.
    """

    actions: int
    shape: Tuple[int, ...]
    dtype: type
    trials: int


class Step(NamedTuple):
    """What came of an action.

    view: array of the spec's shape, what the next action is decided on; None where the episode has ended by itself.
    reward: what was paid for it, in the lab's units.
    done: the episode is over, and only `reset` may follow.
    truncated: it was only cut short. Then `view` shows where it was, for the value of what would have followed.
    """

    view: Optional[np.ndarray]
    reward: float
    done: bool
    truncated: bool = False


class Episode(NamedTuple):
    """What an episode has come to so far.

    reward: all that was paid; choice_reward: what of it choices earned, the same on every level; correct: 1 or 0 for each trial
    that was decided; length: steps; reaction_times: float, seconds from the images to the choice in each of these trials, where
    the environment tells them.
    """

    reward: float
    choice_reward: float
    correct: List[int]
    length: int
    reaction_times: Sequence[float] = ()


class Environment:
    """One episode after another, step by step.

    Attributes: spec, a Spec; carries, bool: an episode hangs on the one before it, so that its `history` counts when it is over, too;
    explores, bool: `chosen` is to be asked before each step.
    """

    spec: Spec
    carries = False
    explores = False

    @property
    def episode(self) -> Episode:
        """What this episode has come to."""
        raise NotImplementedError

    @property
    def history(self) -> dict:
        """All that decided this episode so far, as plain data: `replay` of it comes to the same place."""
        raise NotImplementedError

    @property
    def label(self) -> int:
        """The action that a teacher would choose now; 0 where there is no teacher."""
        return 0

    def chosen(self, drawn: int, likeliest: int) -> int:
        """What is to be done, of an action drawn from the policy and its likeliest one: neither, where it helps in training."""
        return drawn

    def trial_rows(self) -> List[Tuple[int, dict]]:
        """What there is to tell of each trial of this episode that was decided: (the number of its last step, from 0; plain data).

        The dicts have the same keys in the same order in all episodes of an environment: they become columns of a table.
        """
        return []

    def reset(self) -> np.ndarray:
        """Starts an episode. Returns the view that its first action is decided on."""
        raise NotImplementedError

    def step(self, action: int) -> Step:
        """Does one action."""
        raise NotImplementedError

    def replay(self, history: dict) -> Step:
        """Goes to where an episode was, by its `history`. Returns its last Step, one that paid 0 if it had just begun."""
        raise NotImplementedError

    def progress(self, episodes: int) -> None:
        """Tells how many episodes all workers together have played, for what helps in training for a while only."""

    def close(self) -> None:
        """Closes the lab."""
        raise NotImplementedError


def is_history(value, actions, setup=lambda value: value == {}):
    """bool: whether it is plain data of the form of `history`. actions: int, how many there are; setup: checks what was staged."""
    def whole(number, below):
        return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < below
    return (isinstance(value, dict) and whole(value.get('seed'), 2 ** 31) and isinstance(value.get('setup', {}), dict)
            and setup(value.get('setup', {})) and isinstance(value.get('actions'), list)
            and all(whole(action, actions) for action in value['actions']))
