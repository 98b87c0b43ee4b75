"""The two-step task of Wang et al. 2018, simulation 4: a choice leads to one of two states, and the state pays or does not.

Action 0 leads to state 1 most of the time, action 1 to state 2: a common transition. Otherwise it leads to the other state: an
uncommon one. One state pays more often than the other, and now and then they change places. Which action to repeat after a
reward depends on the transition, so repeating shows whether an agent has learned the transitions (see two_step_oracles).
"""
from typing import NamedTuple

import numpy as np

from meta_rl.envs.steps import Episode, Spec, Step, reseeded

STATES = 3  # 0 is the first stage, 1 and 2 are the second


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


def draw(seeds, rules=Rules(), before=None):
    """The Draws of E episodes.

    Args:
      seeds: E int, below 2**32.
      rules: Rules.
      before: int [E], the better state at the end of the episode before, which is carried over; None: a coin decides.
    """
    drawn = np.stack([uniform.random_sample((rules.trials + 1, 3)) for uniform in reseeded(seeds)], 1)
    coin = 1 + (drawn[0, :, 0] < .5)
    first = coin if before is None else np.asarray(before)
    switches = (drawn[1:, :, 0] < rules.switch).cumsum(0)
    return Draws(np.where(switches % 2, 3 - first, first), drawn[1:, :, 1] < rules.common, drawn[1:, :, 2])


def outcome(draws, t, action, rules=Rules()):
    """What comes of `action` (int [E]) in trial t of E episodes: (state int [E], reward float [E])."""
    state = np.where(draws.common[t], 1 + action, 2 - action)
    paid = np.where(state == draws.better[t], rules.paid, 1 - rules.paid)
    return state, (draws.luck[t] < paid).astype(float)


class TwoStep:
    """The environment of one agent. A view is float32 [3], one-hot: the first stage, later the state of the trial before.

    Args:
      random: np.random.RandomState that the seeds of episodes are drawn from; only its randint is called.
      rules: Rules.
      carried_over: bool, the better state at first is that of the end of the episode before, as in the published code;
        False: a coin decides anew in each episode.

    (The published code also tells its network the number of the trial twice over, 0, 2, 4, ..., and that action 0 came before
    the first. These are inputs of the network, not of the environment: see meta_rl/published.py.)

    Attributes: spec; rules; history, plain data that `replay` of another environment goes on from; trials, a list of
      (action, state, reward) of this episode; better, int, the state that paid more often in the last trial.
    """

    def __init__(self, random, rules=Rules(), carried_over=False):
        self.spec = Spec(actions=2, shape=(STATES,), dtype=np.float32, trials=rules.trials)
        self.rules = rules
        self._random, self._carried_over = random, carried_over
        self._draws, self.history, self.trials = None, None, []

    @property
    def better(self):
        return int(self._draws.better[max(len(self.trials) - 1, 0), 0])

    @property
    def episode(self):
        """The Episode so far. An action is right that leads to the better state most of the time."""
        right = [int(1 + action == self._draws.better[t, 0]) for t, (action, _, _) in enumerate(self.trials)]
        return Episode(sum(reward for _, _, reward in self.trials), right, len(self.trials))

    def reset(self):
        """Starts an episode. Returns its first view."""
        before = self.better if self._carried_over and self._draws else None
        return self._begin(int(self._random.randint(2 ** 31)), before)

    def _begin(self, seed, before):
        self._draws = draw([seed], self.rules, None if before is None else [before])
        self.history, self.trials = {'seed': seed, 'before': before, 'actions': []}, []
        return _view(0)

    def step(self, action):
        """Plays a trial: action 0 or 1. Returns a Step; its view is not to be acted on where the episode is done."""
        action = int(action)
        state, reward = outcome(self._draws, len(self.trials), action, self.rules)
        self.history['actions'].append(action)
        self.trials.append((action, int(state[0]), float(reward[0])))
        return Step(_view(int(state[0])), float(reward[0]), len(self.trials) == self.rules.trials, False)

    def replay(self, history):
        """Goes to where the episode of a `history` was. Returns a list of what its trials paid."""
        self._begin(history['seed'], history['before'])
        return [self.step(action).reward for action in history['actions']]

    def close(self):
        """There is nothing to close."""


def _view(state):
    view = np.zeros(STATES, np.float32)
    view[state] = 1
    return view
