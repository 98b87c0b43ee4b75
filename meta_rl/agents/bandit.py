"""The agent of the bandits."""
import numpy as np

from meta_rl.agents.whole import Task
from meta_rl.envs import bandits
from meta_rl.envs.contract import is_history
from meta_rl.envs.references import bandit_oracles


class Bandit(Task):
    """The bandits."""

    film, profile = 'films.trial_films.bandit', 'regrets.draw'

    def make_envs(self, config, folder, count, random, training=False):
        seeds = self.seeds(config, random, training)
        return [bandits.Bandit(seeds, config.arms, config.trials) for _ in range(count)]

    def is_episode(self, history):
        return is_history(history, bandits.ARMS)

    def kept(self, env):
        return env.history

    def score(self, config, episodes):
        actions = np.array([history['actions'] for history in episodes]).T
        return bandit_oracles.score(actions, [history['seed'] for history in episodes], config.arms)

    def table(self, parts, episodes):
        return bandit_oracles.report(parts)

    def players(self, config):
        return bandit_oracles.rewards(config.arms, config.trials)
