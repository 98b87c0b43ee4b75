"""The agent of the two-step task."""
from meta_rl.agents.whole import Task
from meta_rl.envs import two_step
from meta_rl.envs.references import two_step_oracles


class TwoStep(Task):
    """The two-step task."""

    film, profile = 'films.trial_films.two_step', 'stays.draw'

    def make_envs(self, config, folder, count, random, training=False):
        seeds = self.seeds(config, random, training)
        return [two_step.TwoStep(seeds, _rules(config), config.carried_over) for _ in range(count)]

    def is_episode(self, history):
        return two_step.is_history(history)

    def kept(self, env):
        return env.trials

    def score(self, config, episodes):
        return two_step_oracles.score(two_step_oracles.played(episodes), _rules(config))

    def table(self, parts, episodes):
        return two_step_oracles.table(list(parts.items()))

    def players(self, config):
        known = two_step_oracles.oracles(_rules(config))
        return [(player.name, known[player.name][0]) for player in two_step_oracles.PLAYERS]

    def best(self, config):
        return dict(self.players(config))[two_step_oracles.BayesOptimal.name]


def _rules(config):
    return two_step.Rules(config.trials, config.common, config.paid, config.switch)
