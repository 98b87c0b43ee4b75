"""The two-step task of Wang et al. 2018, simulation 4: a choice leads to one of two states, and the state pays or does not.

Action 0 leads to state 1 most of the time, action 1 to state 2: a common transition. Otherwise it leads to the other state: an
uncommon one. One state pays more often than the other, and now and then they change places. Which action to repeat after a
reward depends on the transition, so repeating shows whether an agent has learned the transitions (see two_step_oracles).
"""
from typing import NamedTuple

import numpy as np

from meta_rl.envs import contract
from meta_rl.envs.trials import Trials, reseeded

ACTIONS = 2
STATES = 3  # 0 is the first stage, 1 and 2 are the second
VIEWS = np.eye(STATES, dtype=np.float32)  # of each state
VIEWS.flags.writeable = False  # they are handed out


class Rules(NamedTuple):
    """The constants of the task, with the values of Wang et al. 2018, methods of simulation 4."""

    trials: int = 100     # of an episode
    common: float = .8    # probability of a common transition
    paid: float = .9      # probability that the better state pays; the other one pays with 1 - this
    switch: float = .025  # probability, before each trial, that the two states change places


class Draws(NamedTuple):
    """All that chance decides in E episodes of T trials, whatever is done in them."""

    better: np.ndarray  # int [T, E]: the state that pays more often, 1 or 2
    common: np.ndarray  # bool [T, E]: whether the transition is a common one
    luck: np.ndarray    # float [T, E], uniform: a state pays where it is less than its probability


def draw(seeds, rules=Rules(), before=None, random=None):
    """The Draws of E episodes.

    Args:
      seeds: E int, below 2**32.
      rules: Rules.
      before: int [E], the better state at the end of the episode before, which is carried over; None: a coin decides.
      random: see reseeded.
    """
    drawn = np.stack([uniform.random_sample((rules.trials + 1, 3)) for uniform in reseeded(seeds, random)], 1)
    coin = 1 + (drawn[0, :, 0] < .5)
    first = coin if before is None else np.asarray(before)
    switches = (drawn[1:, :, 0] < rules.switch).cumsum(0)
    return Draws(np.where(switches % 2, 3 - first, first), drawn[1:, :, 1] < rules.common, drawn[1:, :, 2])


def outcome(draws, t, action, rules=Rules()):
    """What comes of `action` (int [E]) in trial t of E episodes: (state int [E], reward float [E]).

    (Of a slice for t and one episode, [T, 1], also of the actions int [A]: [T, A] each.)
    """
    state = np.where(draws.common[t], 1 + action, 2 - action)
    paid = np.where(state == draws.better[t], rules.paid, 1 - rules.paid)
    return state, (draws.luck[t] < paid).astype(float)


class TwoStep(Trials):
    """The environment of one agent. A view is float32 [3], one-hot: the first stage, later the state of the trial before.

    Args:
      random: np.random.RandomState that the seeds of episodes are drawn from; only its randint is called.
      rules: Rules.
      carried_over: bool, the better state at first is that of the end of the episode before, as in the published code;
        False: a coin decides anew in each episode.

    (The published code also tells its network the number of the trial twice over, 0, 2, 4, ..., and that action 0 came before
    the first. These are inputs of the network, not of the environment: see timestep_scale and first_action of Config.)

    Attributes: rules; trials, a list of (action, state, reward) of this episode; better, int, the state that paid more often in
      the last trial.
    """

    def __init__(self, random, rules=Rules(), carried_over=False):
        super().__init__(random, ACTIONS, (STATES,), rules.trials)
        self.rules, self.carries = rules, carried_over
        self._better = None

    @property
    def better(self):
        return self._better[max(len(self._actions) - 1, 0)]

    def view(self):
        return VIEWS[self._states[ACTIONS * (len(self._actions) - 1) + self._actions[-1]] if self._actions else 0]

    def reset(self):
        before = self.better if self.carries and self._better else None
        return self._begin({'seed': int(self._seeds.randint(2 ** 31)), 'before': before})

    def _draw(self, start, random):
        before = start['before']
        draws = draw([start['seed']], self.rules, None if before is None else [before], random)
        self._better = draws.better[:, 0].tolist()
        self._best = [better - 1 for better in self._better]
        # For both actions at once: a step looks them up.
        self._states, self._rewards = [part.ravel().tolist() for part in outcome(draws, slice(None), np.arange(ACTIONS), self.rules)]

    def _outcome(self, trial, action):
        return action, self._states[ACTIONS * trial + action], self._paid(trial, action)

    def _row(self, trial, action):
        _, state, reward = self._outcome(trial, action)
        return {'choice': action, 'transition': 'common' if state == 1 + action else 'uncommon', 'state': state,
                'better_state': self._better[trial], 'correct': int(action == self._best[trial]), 'reward': int(reward)}


def is_history(history):
    """bool: whether plain data is of the form of TwoStep's `history`."""
    return contract.is_history(history, ACTIONS) and history.get('before', 0) in (None, 1, 2)
