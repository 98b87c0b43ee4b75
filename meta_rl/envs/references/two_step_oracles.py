"""What players of the two-step task earn and repeat, by what they know, and the score of any player beside them.

The stay probabilities tell players apart: how often the action of a trial is taken again in the next one, after a rewarded (R) or
unrewarded (U), common (C) or uncommon (U) trial. Shapes: T trials of E episodes side by side.
"""
import functools
import math
from typing import NamedTuple

import numpy as np

from meta_rl.envs.references.scores import Z95
from meta_rl.envs.two_step import Rules, draw, outcome

CELLS = ('RC', 'RU', 'UC', 'UU')
EPISODES = 20000  # that the oracles are measured on: a reward is then known to .04, a stay probability to .001


class Played(NamedTuple):
    """What was played in E episodes of T trials."""

    actions: np.ndarray  # int [T, E]
    common: np.ndarray   # bool [T, E]
    rewards: np.ndarray  # float [T, E]


def played(episodes):
    """Played of E episodes, a list of `trials` of a TwoStep: (action, state, reward) of each of T trials."""
    action, state, reward = np.array(episodes).transpose(2, 1, 0)
    return Played(action.astype(int), state == 1 + action, reward)


class Chance:
    """Takes either action, by a coin."""

    name = 'chance'

    def reset(self, episodes, rules, random):
        self._random = random
        self._episodes = episodes

    def choose(self, better):
        """int [E]. better: int [E], the state that pays more often now, which only the one who knows it may use."""
        return self._random.randint(2, size=self._episodes)

    def learn(self, action, state, reward):
        """Takes notice of a trial: int [E], int [E], float [E]."""


class ModelFree(Chance):
    """Learns what each action is worth from its rewards alone, whatever the transition (SARSA(1) of Daw et al. 2011, greedy).

    It repeats what was rewarded. After no reward it stays more often where the transition was uncommon: that happens most where
    the action had been paid before. (Only a learner of rate 1, which knows no trial but the last, has UC = UU; it earns 60.)
    """

    name = 'model-free'
    RATE = .2  # earns most of .1, .2, ... 1: 65.8

    def reset(self, episodes, rules, random):
        super().reset(episodes, rules, random)
        self._worth = np.full((episodes, 2), .5)

    def choose(self, better):
        ahead = self._worth[:, 1] - self._worth[:, 0]
        return np.where(ahead == 0, super().choose(better), ahead > 0)

    def learn(self, action, state, reward):
        rows = np.arange(len(action))
        self._worth[rows, action] += self.RATE * (reward - self._worth[rows, action])


class BayesOptimal(Chance):
    """Knows the rules, and by them how likely each state is the better one: no player without a look behind earns more.

    (What an action shows does not depend on the action: both states tell as much. So the likelier one is also the best to try.)
    """

    name = 'Bayes-optimal'

    def reset(self, episodes, rules, random):
        super().reset(episodes, rules, random)
        self._rules, self._belief = rules, np.full(episodes, .5)  # that state 1 is the better one in the trial to come

    def choose(self, better):
        undecided = np.abs(self._belief - .5) < 1e-12
        return np.where(undecided, super().choose(better), self._belief < .5)

    def learn(self, action, state, reward):
        # The likelihood of what was seen, if state 1 is the better one, and if state 2 is.
        paid = np.where(reward == 1, self._rules.paid, 1 - self._rules.paid)
        first = self._belief * np.where(state == 1, paid, 1 - paid)
        second = (1 - self._belief) * np.where(state == 2, paid, 1 - paid)
        belief = first / (first + second)
        self._belief = belief * (1 - self._rules.switch) + (1 - belief) * self._rules.switch


class Knows(Chance):
    """Is told which state pays more often now."""

    name = 'knows the better state'

    def choose(self, better):
        return better - 1


PLAYERS = (Chance, ModelFree, BayesOptimal, Knows)


def play(player, draws, rules, random):
    """Has a player (see Chance) play the episodes of Draws. Returns Played."""
    trials, episodes = draws.better.shape
    player.reset(episodes, rules, random)
    actions, rewards = np.zeros((trials, episodes), int), np.zeros((trials, episodes))
    for t in range(trials):
        actions[t] = player.choose(draws.better[t])
        state, rewards[t] = outcome(draws, t, actions[t], rules)
        player.learn(actions[t], state, rewards[t])
    return Played(actions, draws.common, rewards)


def stay_probabilities(played):
    """{'RC': float, 'RU': ..., 'UC': ..., 'UU': ...}, over all trials but the last; None where there was no such trial."""
    stays = played.actions[1:] == played.actions[:-1]
    rewarded, common = played.rewards[:-1] > 0, played.common[:-1]
    cells = rewarded & common, rewarded & ~common, ~rewarded & common, ~rewarded & ~common
    return {name: float(stays[cell].mean()) if cell.any() else None for name, cell in zip(CELLS, cells)}


def model_based_index(stay):
    """How model-based a pattern of stay probabilities is, RC - RU - UC + UU: 0 of a model-free player; None where a part is."""
    if None in stay.values():
        return None
    return stay['RC'] - stay['RU'] - stay['UC'] + stay['UU']


@functools.lru_cache(maxsize=None)
def oracles(rules=Rules(), episodes=EPISODES):
    """What each of PLAYERS comes to in `episodes`, {name: (mean reward, stay probabilities)}: simulated once, some seconds.

    Of long episodes fewer are played: those of more than 100 trials have as many trials in all, which fit into memory.
    """
    episodes = max(episodes * 100 // max(rules.trials, 100), 2)
    random = np.random.RandomState(0)
    draws = draw(range(episodes), rules)
    played = {player.name: play(player(), draws, rules, random) for player in PLAYERS}
    return {name: (float(one.rewards.sum(0).mean()), stay_probabilities(one)) for name, one in played.items()}


def nearest(stay, rules=Rules()):
    """The name of the oracle whose stay probabilities are nearest to these, by the mean of squared differences.

    Cells are left out that one of the two never came to, as being paid after an uncommon transition, where all is certain.
    """
    def distance(pattern):
        both = [(pattern[cell], stay[cell]) for cell in CELLS if None not in (pattern[cell], stay[cell])]
        return np.mean([(theirs - ours) ** 2 for theirs, ours in both]) if both else np.inf
    known = {name: pattern for name, (_, pattern) in oracles(rules).items()}
    return min(known, key=lambda name: distance(known[name]))


def score(played, rules=Rules()):
    """What E episodes came to, a dict of plain data, whoever played them.

    reward_mean, reward_ci95 (None of a single episode): of an episode; stay: see stay_probabilities; nearest_oracle;
    model_based_index; oracles: what those come to, {name: {'reward_mean': ..., 'stay': ...}}.
    """
    rewards = played.rewards.sum(0)
    mean, stay = float(rewards.mean()), stay_probabilities(played)
    half = Z95 * float(rewards.std(ddof=1)) / math.sqrt(len(rewards)) if len(rewards) > 1 else None
    return {'reward_mean': mean, 'reward_ci95': None if half is None else [mean - half, mean + half], 'stay': stay,
            'nearest_oracle': nearest(stay, rules), 'model_based_index': model_based_index(stay),
            'oracles': {name: {'reward_mean': mean, 'stay': pattern} for name, (mean, pattern) in oracles(rules).items()}}


def table(rows):
    """Scores as text. rows: (name, what `score` returned) each; the oracles are set below them."""
    titles = ' '.join(f'{cell:>6s}' for cell in CELLS)
    lines = ['{:22s} {:>6s} {:>14s} {} {:>6s}'.format('', 'reward', '95%', titles, 'index')]
    for name, part in rows:
        low, high = part['reward_ci95'] or (float('nan'),) * 2
        lines.append(_row(name, part['reward_mean'], f'{low:.2f} .. {high:.2f}', part['stay']))
    lines += [_row(name, one['reward_mean'], '', one['stay']) for name, one in rows[0][1]['oracles'].items()]
    lines += [f'Nearest to: {rows[0][1]["nearest_oracle"]}. RC, RU, UC, UU: how often an action is repeated after',
              'a rewarded or unrewarded, common or uncommon trial. index: RC - RU - UC + UU,', 'about 0 of a model-free player.']
    return '\n'.join(lines)


def _row(name, mean, interval, stay):
    index = model_based_index(stay)
    cells = ' '.join('     -' if stay[cell] is None else f'{stay[cell]:6.3f}' for cell in CELLS)
    return f'{name:22s} {mean:6.2f} {interval:>14s} {cells} {"" if index is None else format(index, "+6.3f")}'.rstrip()
