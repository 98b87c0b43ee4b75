"""Two-armed bandits, as in Wang et al. 2016, section 3.1: two arms that pay 1 or 0, with probabilities that an episode draws."""
from typing import NamedTuple

import numpy as np

from meta_rl import config
from meta_rl.envs.trials import Trials, reseeded

ARMS = 2
NOTHING = np.zeros(0, np.float32)  # a view
TRIALS = 100  # of an episode: Wang et al. 2016, section 3.1
# The better arm's probability where it is one of these (Wang et al. 2016, section 3.1.2): the other arm pays with 1 minus it, and
# a coin decides which arm is the better one.
FIXED = {'easy': .9, 'medium': .75, 'hard': .6}
# independent: each arm's probability is uniform in [0, 1]. uniform: one arm's is, the other one's is 1 minus it. restless: a
# random walk through the episode, and 1 minus it, as in awjuliani's Meta-RL.
KINDS = config.ARMS


class Draws(NamedTuple):
    """All that chance decides in E episodes of T trials, whatever is done in them."""

    arms: np.ndarray  # float [T, E, 2]: the probability that each arm pays
    luck: np.ndarray  # float [T, E], uniform: an arm pays where it is less than its probability


def draw(seeds, kind, trials=TRIALS, random=None):
    """The Draws of E episodes. seeds: E int, below 2**32; kind: one of KINDS; random: see reseeded. Raises: ValueError for another kind."""
    if kind not in KINDS:
        raise ValueError(f'kind is {kind!r}: choose from {", ".join(KINDS)}.')
    drawn = [_draw(seeded, kind, trials) for seeded in reseeded(seeds, random)]
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


def payments(draws):
    """What each arm pays if it is taken, float [T, E, 2], in Draws."""
    return (draws.luck[..., np.newaxis] < draws.arms).astype(float)


def outcome(draws, t, action):
    """What comes of `action` (int [E]) in trial t of E episodes: (reward float [E], regret float [E]).

    Regret is the probability of the better arm less that of the arm taken: it does not depend on luck.
    """
    arms = draws.arms[t]
    taken = arms[np.arange(len(arms)), action]
    return (draws.luck[t] < taken).astype(float), arms.max(1) - taken


class Bandit(Trials):
    """The environment of one agent. There is nothing to see: a view is float32 [0].

    Args:
      random: np.random.RandomState that the seeds of episodes are drawn from; only its randint is called.
      kind: one of KINDS.
      trials: int, of an episode.

    Attributes: kind; trials, a list of (action, reward) of this episode; regret, float, of this episode so far.
    """

    def __init__(self, random, kind='independent', trials=TRIALS):
        super().__init__(random, ARMS, (0,), trials)
        self.kind = kind

    def arms(self, trial):
        """list of 2 floats: the probability that each arm pays in a trial of this episode, counted from 0."""
        return self._arms[trial].tolist()

    def view(self):
        return NOTHING

    def _draw(self, start, random):
        draws = draw([start['seed']], self.kind, self.spec.trials, random)
        self._arms, self._rewards = draws.arms[:, 0], payments(draws).ravel().tolist()
        self._best = self._arms.argmax(1).tolist()

    @property
    def regret(self):
        return sum(max(arms) - arms[action] for arms, action in zip(self._arms.tolist(), self._actions))

    def _outcome(self, trial, action):
        return action, self._paid(trial, action)

    def _row(self, trial, action):
        arms, best = self.arms(trial), self._best[trial]
        return {'choice': action, 'better_arm': best, 'correct': int(action == best),
                'reward': int(self._paid(trial, action)), 'regret': round(arms[best] - arms[action], 6)}
