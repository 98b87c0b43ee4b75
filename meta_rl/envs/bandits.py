"""Two-armed bandits, as in Wang et al. 2016, section 3.1: two arms that pay 1 or 0, with probabilities that an episode draws."""
from typing import NamedTuple

import numpy as np

from meta_rl.envs.steps import Episode, Spec, Step, reseeded

ARMS = 2
TRIALS = 100  # of an episode: Wang et al. 2016, section 3.1
# The better arm's probability where it is one of these (Wang et al. 2016, section 3.1.2): the other arm pays with 1 minus it, and
# a coin decides which arm is the better one.
FIXED = {'easy': .9, 'medium': .75, 'hard': .6}
# independent: each arm's probability is uniform in [0, 1]. uniform: one arm's is, the other one's is 1 minus it. restless: a
# random walk through the episode, and 1 minus it, as in awjuliani's Meta-RL.
KINDS = ('independent', 'uniform') + tuple(FIXED) + ('restless',)


class Draws(NamedTuple):
    """All that chance decides in E episodes of T trials, whatever is done in them."""

    arms: np.ndarray  # float [T, E, 2]: the probability that each arm pays
    luck: np.ndarray  # float [T, E], uniform: an arm pays where it is less than its probability


def draw(seeds, kind, trials=TRIALS):
    """The Draws of E episodes. seeds: E int, below 2**32; kind: one of KINDS. Raises: ValueError for another kind."""
    if kind not in KINDS:
        raise ValueError('kind is {!r}: choose from {}.'.format(kind, ', '.join(KINDS)))
    drawn = [_draw(random, kind, trials) for random in reseeded(seeds)]
    return Draws(np.stack([arms for arms, _ in drawn], 1), np.stack([luck for _, luck in drawn], 1))


def _draw(random, kind, trials):
    luck, first, second = random.random_sample(trials), random.random_sample(), random.random_sample()
    if kind == 'independent':
        pair = [first, second]
    elif kind == 'restless':
        # The size of the steps does not matter: the walk is scaled to [0, 1].
        walk = random.uniform(-1, 1, trials).cumsum()
        walk = (walk - walk.min()) / max(np.ptp(walk), 1e-9)
        return np.stack([walk, 1 - walk], 1), luck
    else:
        one = first if kind == 'uniform' else FIXED[kind] if first < .5 else 1 - FIXED[kind]
        pair = [one, 1 - one]
    return np.tile(pair, (trials, 1)), luck


def outcome(draws, t, action):
    """What comes of `action` (int [E]) in trial t of E episodes: (reward float [E], regret float [E]).

    Regret is the probability of the better arm less that of the arm taken: it does not depend on luck.
    """
    arms = draws.arms[t]
    taken = arms[np.arange(len(arms)), action]
    return (draws.luck[t] < taken).astype(float), arms.max(1) - taken


class Bandit:
    """The environment of one agent. There is nothing to see: a view is float32 [0].

    Args:
      random: np.random.RandomState that the seeds of episodes are drawn from; only its randint is called.
      kind: one of KINDS.
      trials: int, of an episode.

    Attributes: spec; kind; history, plain data that `replay` of another environment goes on from; trials, a list of
      (action, reward) of this episode; regret, float, of this episode so far.
    """

    def __init__(self, random, kind='independent', trials=TRIALS):
        self.spec = Spec(actions=ARMS, shape=(0,), dtype=np.float32, trials=trials)
        self.kind, self._random, self._count = kind, random, trials
        self._draws = draw([0], kind, trials)
        self.history, self.trials, self.regret = None, [], 0.

    def arms(self, trial):
        """float [2]: the probability that each arm pays in a trial of this episode, counted from 0."""
        return self._draws.arms[trial, 0]

    @property
    def episode(self):
        """The Episode so far. The arm that pays more often is right."""
        right = [int(self.arms(t)[action] == self.arms(t).max()) for t, (action, _) in enumerate(self.trials)]
        return Episode(sum(reward for _, reward in self.trials), right, len(self.trials))

    def reset(self):
        """Starts an episode. Returns its first view."""
        return self._begin(int(self._random.randint(2 ** 31)))

    def _begin(self, seed):
        self._draws = draw([seed], self.kind, self._count)
        self.history, self.trials, self.regret = {'seed': seed, 'actions': []}, [], 0.
        return np.zeros(0, np.float32)

    def step(self, action):
        """Pulls an arm: action 0 or 1. Returns a Step."""
        action = int(action)
        reward, regret = outcome(self._draws, len(self.trials), np.array([action]))
        self.history['actions'].append(action)
        self.trials.append((action, float(reward[0])))
        self.regret += float(regret[0])
        return Step(np.zeros(0, np.float32), float(reward[0]), len(self.trials) == self._count, False)

    def replay(self, history):
        """Goes to where the episode of a `history` was. Returns a list of what its trials paid."""
        self._begin(history['seed'])
        return [self.step(action).reward for action in history['actions']]

    def close(self):
        """There is nothing to close."""
