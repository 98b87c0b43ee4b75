"""What agents share that act once a trial, and what those of them share whose task has no lab."""
from meta_rl.agents.base import Agent
from meta_rl.envs import trials
from meta_rl.nets import memories
from meta_rl.nets.as_it_is import AsItIs
from meta_rl.nets.inputs import Columns
from meta_rl.worker import Learning


class Whole:
    """What agents share that act once a trial: unrolls are whole episodes."""

    restarts = False

    def memory(self, config, encoder):
        columns = Columns(self.spec(config).actions, config.prev_action, config.reward_scale if config.prev_reward else None,
                          config.timestep_scale if config.timestep else None, config.first_action, config.action_scale, config.signed)
        remembers = config.memory == 'episode'
        if config.second_units:
            return memories.TwoLSTMs(encoder.size, columns, config.units, config.second_units, remembers, config.forget_span)
        return memories.OneLSTM(encoder.size, columns, config.units, remembers, config.forget_span)

    def learning(self, config):
        return Learning(self.spec(config).trials, config.gamma, config.gae_lambda, entropy_episodes=config.entropy_episodes,
                        passes=config.passes, siblings=config.siblings, minibatches=config.minibatches)


class Task(Whole, Agent):
    """What the tasks without a lab share: there are no images, and a view is a few numbers."""

    in_lab = False

    def spec(self, config):
        env, = self.make_envs(config, '', 1, None)
        return env.spec

    def seeds(self, config, random, training):
        """What environments draw the seeds of their episodes from."""
        return trials.Repeated(random, config.siblings) if training and config.siblings > 1 else random

    def encoder(self, config):
        return AsItIs(*self.spec(config).shape)
