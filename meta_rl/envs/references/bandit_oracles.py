"""Players of the bandits: the Bayes-optimal one, Gittins index, UCB1, Thompson sampling; and the regret of any player beside theirs.

All but the first take the arms to be independent and to stay as they are. Shapes: T trials of E episodes side by side, 2 arms.
"""
import functools
import math

import numpy as np

from meta_rl.envs.bandits import ARMS, TRIALS, draw, outcome
from meta_rl.envs.references.scores import Z95

# An undiscounted episode of 100 trials is matched by the discount under which the future is worth 100 trials, 1 / (1 - .99).
# (A discount falls short of a known end. The index for the trials that are left, `finite_gittins`, has it.)
DISCOUNT = 1 - 1 / TRIALS
FAR = 4  # the discounted index looks this many times 1 / (1 - discount) trials ahead: what follows weighs e^-4
GRID = 401  # sure payments that an arm is compared with; indices are found between two of them to some 1e-4


def _mean(pulls):
    """The mean of Beta(1 + wins, 1 + losses) for all wins of `pulls`: float [pulls + 1, 1]."""
    return ((1 + np.arange(pulls + 1)) / (pulls + 2))[:, np.newaxis]


def _crossing(ahead, sure):
    """Where `ahead` [states, GRID], the worth of the arm less that of a sure payment, falls to 0: float [states]."""
    after = np.clip((ahead > 0).sum(1), 1, len(sure) - 1)
    rows = np.arange(len(ahead))
    high, low = ahead[rows, after - 1], ahead[rows, after]
    part = np.clip(high / np.maximum(high - low, 1e-12), 0, 1)
    return sure[after - 1] + part * (sure[after] - sure[after - 1])


@functools.lru_cache(maxsize=None)
def gittins(pulls=TRIALS, discount=DISCOUNT):
    """Gittins indices of an arm that pays 1 or 0, with a uniform prior: float [pulls, pulls], by wins and losses.

    By calibration (Gittins 1979): the index is the sure payment a trial for which one would give up the arm as gladly as go on
    with it. Dynamic programming backwards over all states, for GRID sure payments at once. NaN where there are more pulls.
    """
    sure = np.linspace(0, 1, GRID)
    last = pulls + int(FAR / (1 - discount))
    table = np.full((pulls, pulls), np.nan)
    worth = np.maximum(_mean(last), sure) / (1 - discount)
    for n in range(last - 1, -1, -1):
        mean = _mean(n)
        go_on = mean * (1 + discount * worth[1:]) + (1 - mean) * discount * worth[:-1]
        if n < pulls:
            wins = np.arange(n + 1)
            table[wins, n - wins] = _crossing(go_on - sure / (1 - discount), sure)
        worth = np.maximum(go_on, sure / (1 - discount))
    return table


@functools.lru_cache(maxsize=None)
def finite_gittins(trials=TRIALS):
    """The same without a discount, where the end is known: float32 [trials, trials, trials + 1], by wins, losses, trials left."""
    sure = np.linspace(0, 1, GRID, dtype=np.float32)
    table = np.full((trials, trials, trials + 1), np.nan, np.float32)
    worth = [np.zeros((n + 1, GRID), np.float32) for n in range(trials + 1)]  # with no trial left
    for left in range(1, trials + 1):
        for n in range(trials - left + 1):  # ascending: worth[n + 1] is still that of one trial less
            mean, wins = _mean(n).astype(np.float32), np.arange(n + 1)
            go_on = mean * (1 + worth[n + 1][1:]) + (1 - mean) * worth[n + 1][:-1]
            table[wins, n - wins, left] = _crossing(go_on - left * sure, sure)
            worth[n] = np.maximum(go_on, left * sure)
    return table


def _by_gittins(wins, losses, t, trials, random):
    return gittins(trials)[wins, losses]


def _by_finite_gittins(wins, losses, t, trials, random):
    return finite_gittins(trials)[wins, losses, trials - t]


def _by_ucb1(wins, losses, t, trials, random):
    """Auer et al. 2002: the mean and sqrt(2 ln t / n), each arm once first."""
    pulls = wins + losses
    return np.where(pulls, wins / np.maximum(pulls, 1) + np.sqrt(2 * math.log(max(t, 1)) / np.maximum(pulls, 1)), np.inf)


def _by_thompson(wins, losses, t, trials, random):
    return random.beta(1 + wins, 1 + losses)


def _by_agreement(wins, losses, t, trials, random):
    """Where the other arm pays with 1 minus the probability: what speaks for an arm is where it paid and where the other did not.

    Every pull tells as much, of whichever arm, so that the likelier one is also the best to try: nobody does better.
    """
    return wins + losses[:, ::-1]


@functools.lru_cache(maxsize=None)
def best_play(trials=TRIALS):
    """Best play of two independent arms with uniform priors, by dynamic programming backwards over all that can have been seen.

    Returns: (reward of an episode, [int8 [n + 1, n + 1, n + 1] for n = 0, 1, ... trials - 1]): after n trials, by the wins and
      losses of arm 0 and the wins of arm 1, 1 or -1 where arm 0 or 1 is to be taken, 0 where they are worth the same.
    """
    signs, ahead = [], np.zeros((trials + 1,) * 3, np.float32)  # ahead: what can still be earned
    for n in range(trials - 1, -1, -1):
        a, b, c = np.ogrid[:n + 1, :n + 1, :n + 1]
        d = np.maximum(n - a - b - c, 0)  # cells in which it would be less than 0 are never come to
        mean, other = ((1 + one) / (2 + one + two) for one, two in ((a, b), (c, d)))
        lost = ahead[:-1, :-1, :-1]
        first = mean * (1 + ahead[1:, :-1, :-1]) + (1 - mean) * ahead[:-1, 1:, :-1]
        second = other * (1 + ahead[:-1, :-1, 1:]) + (1 - other) * lost
        signs.append(np.where(np.abs(first - second) < 1e-4, 0, np.sign(first - second)).astype(np.int8))
        ahead = np.maximum(first, second).astype(np.float32)
    return float(ahead[0, 0, 0]), signs[::-1]


def _by_best_play(wins, losses, t, trials, random):
    sign = best_play(trials)[1][t][wins[:, 0], losses[:, 0], wins[:, 1]]
    return np.stack([sign, -sign], 1)


def _by_chance(wins, losses, t, trials, random):
    return np.zeros(wins.shape)


# Tables of all that can have been seen grow with the trials of an episode: finite Gittins by its third power, best play by its fourth
# (400 MB for 200). In episodes of more trials than these, who goes by them does not play.
MOST = {_by_best_play: 200, _by_finite_gittins: 200, _by_gittins: 1000}
# name: what it takes the arm with the most of, of wins and losses int [E, 2] before trial t: float [E, 2].
PLAYERS = (('Gittins', _by_gittins), ('finite Gittins', _by_finite_gittins), ('Thompson', _by_thompson), ('UCB1', _by_ucb1),
           ('chance', _by_chance))
OPTIMAL = 'Bayes-optimal'


def players(kind, trials=TRIALS):
    """PLAYERS, after the one that earns most of all that know the rules of a kind of arms, if it is known.

    (It is not for 'restless': a walk is scaled by what is still to come of it.) Without those whose tables `trials` of an episode
    make too large, see MOST.
    """
    best = {'independent': ((OPTIMAL, _by_best_play),), 'restless': ()}
    found = best.get(kind, ((OPTIMAL, _by_agreement),)) + PLAYERS
    return tuple((name, index) for name, index in found if trials <= MOST.get(index, trials))


def play(index, draws, random):
    """Has a player play the episodes of Draws, a coin deciding between equals. Returns actions int and regret float, [T, E]."""
    trials, episodes, _ = draws.arms.shape
    rows = np.arange(episodes)
    wins, losses = np.zeros((2, episodes, ARMS), int)
    actions, regret = np.zeros((trials, episodes), int), np.zeros((trials, episodes))
    for t in range(trials):
        marks = index(wins, losses, t, trials, random)
        equal = marks[:, 0] == marks[:, 1]
        actions[t] = np.where(equal, random.randint(ARMS, size=episodes), marks.argmax(1))
        reward, regret[t] = outcome(draws, t, actions[t])
        wins[rows, actions[t]] += reward > 0
        losses[rows, actions[t]] += reward == 0
    return actions, regret


def regret_of(actions, draws):
    """Regret [T, E] of what somebody else did, actions int [T, E], in these Draws."""
    return np.stack([outcome(draws, t, taken)[1] for t, taken in enumerate(actions)])


def score(actions, seeds, kind, seed=0):
    """What E episodes of a bandit came to, beside what `players` come to in the same ones: a dict of plain data.

    Args:
      actions: int [T, E], what was done in them.
      seeds: E int, the episodes: `history['seed']` of a Bandit.
      kind: str, see bandits.KINDS.
      seed: int, of the players' own coins.
    Returns: regret_mean and regret_ci95 (None of a single episode), of an episode; cumulative_regret, T floats, the mean up to each
      trial; references, the same of each player as {name: {'regret_mean': ..., ...}}, and what ours is to theirs, `ratio` (None
      where theirs is 0).
    """
    draws, random = draw(seeds, kind, len(actions)), np.random.RandomState(seed)
    report = _summary(regret_of(actions, draws))
    report['references'] = {}
    for name, index in players(kind, len(actions)):
        part = _summary(play(index, draws, random)[1])
        part['ratio'] = report['regret_mean'] / part['regret_mean'] if part['regret_mean'] else None
        report['references'][name] = part
    return report


def _summary(regret):
    total = regret.sum(0)
    mean = float(total.mean())
    half = Z95 * float(total.std(ddof=1)) / math.sqrt(len(total)) if len(total) > 1 else None
    return {'regret_mean': mean, 'regret_ci95': None if half is None else [mean - half, mean + half],
            'cumulative_regret': [round(float(value), 4) for value in regret.mean(1).cumsum()]}


@functools.lru_cache(maxsize=None)
def rewards(kind, trials=TRIALS, episodes=2000):
    """[(name, mean reward of an episode)] of `players`, and of one that knows the better arm, from the worst to the best.

    Of so many episodes, of long ones fewer: those of 1,000 trials and more have as many trials in all.
    """
    episodes = max(episodes * 1000 // max(trials, 1000), 2)
    draws, random = draw(range(episodes), kind, trials), np.random.RandomState(0)
    most = float(draws.arms.max(2).sum(0).mean())
    found = [(name, most - float(play(index, draws, random)[1].sum(0).mean())) for name, index in players(kind, trials)]
    return sorted(found + [('knows the better arm', most)], key=lambda pair: pair[1])


def report(parts):
    """What `score` returned of several, {name: dict}, as text."""
    return '\n'.join(table(name, part) for name, part in parts.items())


def table(name, report):
    """What `score` returned, as text."""
    lines = ['{:16s} {:>7s} {:>16s} {:>9s}'.format('', 'regret', '95%', 'of theirs')]
    for player, part in [(name, report)] + list(report['references'].items()):
        low, high = part['regret_ci95'] or (float('nan'),) * 2
        ratio = part.get('ratio')
        lines.append('{:16s} {:7.2f} {:>16s} {:>9s}'.format(
            player, part['regret_mean'], f'{low:.2f} .. {high:.2f}', '' if ratio is None else f'{100 * ratio:.0f}%').rstrip())
    return '\n'.join(lines)
