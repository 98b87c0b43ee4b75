"""The agents that there are: which environment, encoder, memory and way of learning a Config asks for.

The one place that knows that there are several. An agent for another task is one more subclass of Agent here, and its environment.
"""
import functools

import numpy as np

from meta_rl.ac_network import AC_Network, LossSpec
from meta_rl.agent import Agent
from meta_rl.config import CONTROLS, ENVIRONMENTS, Config, ConfigError
from meta_rl.envs import bandits, decisions, gaze, observations, trials, two_step
from meta_rl.envs.contract import is_history
from meta_rl.envs.references import bandit_oracles, oracles, scores, two_step_oracles
from meta_rl.nets import encoders, memories
from meta_rl.nets.as_it_is import AsItIs
from meta_rl.nets.gaze_encoder import GazeEncoder
from meta_rl.nets.inputs import Columns
from meta_rl.presets import PRESETS
from meta_rl.psychlab import find_level
from meta_rl.psychlab.task import CORRECT_REWARD
from meta_rl.setting_users import USERS
from meta_rl.tf_compat import tf
from meta_rl.worker import Learning, Worker


class Harlow(Agent):
    """The Harlow task."""

    def score(self, config, episodes):
        return scores.of_episodes(episodes, self.restarts)

    def table(self, parts, episodes):
        return scores.report(parts, episodes)

    def players(self, config):
        return [(oracle.name, oracle.mean_return) for oracle in oracles.ORACLES]

    def best(self, config):
        return super().best(config) + oracles.TRIALS * find_level(config.level_script).fixation_reward


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
                        passes=config.passes, siblings=config.siblings)


class Decisions(Whole, Harlow):
    """Decides left or right; how the gaze gets there is done for it."""

    film = 'recording.film_decisions'

    def spec(self, config):
        return decisions.spec_of(config)

    def make_envs(self, config, folder, count, random, training=False):
        return decisions.make_envs(config, folder, count, random)

    def is_episode(self, history):
        return is_history(history, decisions.A_SIZE)

    def encoder(self, config):
        normalized = config.embedding, config.normalizer, config.embedding_scale
        if config.observation == 'crops':
            _, height, width, _ = observations.Crops(config.width, config.height).shape
            return encoders.Crops(height, width, *normalized)
        if config.observation == 'pixels' and config.encoder == 'halves':
            apart = observations.Crops(config.width, config.height).apart
            return encoders.Halves(config.height, config.width, apart, *normalized, config.scaled_pixels)
        if config.observation == 'pixels':
            return encoders.Wang(config.height, config.width, *normalized, config.scaled_pixels, config.conv_activations)
        if config.embedding:
            return encoders.Embedding(config.code_length, config.embedding, config.embedding_scale)
        return encoders.OneHot(config.code_length)


class Gaze(Harlow):
    """Pushes its gaze left or right, frame by frame."""

    film = 'recording.film_gaze'

    def spec(self, config):
        return gaze.spec_of(config)

    def make_envs(self, config, folder, count, random, training=False):
        return gaze.make_envs(config, folder, count, random, training)

    def is_episode(self, history):
        return gaze.is_episode(history)

    def encoder(self, config):
        height, width, _ = gaze.spec_of(config).shape
        return GazeEncoder(height, width, gaze.fovea(config), config.embedding, config.embedding_scale, config.places)

    def memory(self, config, encoder):
        return memories.TwoSpeeds(encoder.what, encoder.where, Columns(gaze.A_SIZE), config.units, config.memory_units)

    def learning(self, config):
        return Learning(config.unroll, config.gamma, config.gae_lambda, float(CORRECT_REWARD), config.teacher_episodes,
                        config.entropy_episodes, config.passes)


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


class TwoStep(Task):
    """The two-step task."""

    film, profile = 'trial_films.two_step', 'stays.draw'

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


class Bandit(Task):
    """The bandits."""

    film, profile = 'trial_films.bandit', 'regrets.draw'

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


def _rules(config):
    return two_step.Rules(config.trials, config.common, config.paid, config.switch)


# By environment, then by control.
AGENTS = dict(zip(ENVIRONMENTS, (dict(zip(CONTROLS, (Decisions(), Gaze()))), TwoStep(), Bandit())))


def of(config):
    """The Agent that a Config asks for."""
    found = AGENTS[config.environment]
    return found[config.control] if isinstance(found, dict) else found


def make_network(config, scope, trainer=None, counts=None, shards=None):
    """The AC_Network that a Config describes. See there for the other arguments."""
    agent = of(config)
    learning = agent.learning(config)
    return AC_Network(
        agent.spec(config), scope, trainer, encoder=functools.partial(agent.encoder, config),
        memory=functools.partial(agent.memory, config), unroll=learning.steps,
        loss=LossSpec(config.value_coef, config.entropy_coef, config.clip_norm, bool(learning.taught),
                      config.entropy_episodes > 0, config.ratio_clip), restarts=agent.restarts,
        counts=counts, shards=shards)


def make_worker(config, number, network, envs, random):
    """The Worker that a Config describes. See there for the other arguments."""
    return Worker(number, network, envs, random, of(config).learning(config))


def make_trainer(config, global_episodes):
    """The optimizer that all workers share; its learning rate may fall with `global_episodes` (a tf.Variable)."""
    rate = tf.constant(config.learning_rate, tf.float32)
    if config.decay:
        rate *= tf.maximum(1 - tf.cast(global_episodes, tf.float32) / config.episodes, 0.)
    if config.optimizer == 'rmsprop':
        return tf.train.RMSPropOptimizer(rate, epsilon=config.epsilon or 1e-10)
    return tf.train.AdamOptimizer(rate, epsilon=config.epsilon or 1e-8)


def check(config):
    """Raises ConfigError where settings do not go together."""
    if 0 < config.forget_span < 2:
        raise ConfigError(f'forget_span is {config.forget_span:g}: it must be 0, or 2 or more.')
    if config.batch % config.siblings:
        raise ConfigError('siblings is %d: the episodes side by side, batch %d, must be a multiple of it.' % (
            config.siblings, config.batch))
    if config.environment == 'harlow' and config.control == 'gaze':
        if config.observation != 'pixels':
            raise ConfigError(f"observation is {config.observation!r}: the control 'gaze' sees 'pixels'.")
        gaze.fovea(config)
        helps = config.spawn_grid or config.coin_episodes or config.teacher_episodes
        if config.lab != 'embedded' and helps:
            raise ConfigError(f'lab is {config.lab!r}: spawn_grid, coin_episodes and teacher_episodes are of the embedded lab, set '
                              'them to false and 0.')
        if config.coin_episodes and config.coin_start >= config.coin_episodes:
            raise ConfigError('coin_start is %d: it must be less than coin_episodes, %d, unless that is 0.' % (
                config.coin_start, config.coin_episodes))


def check_given(config):
    """Raises ConfigError for a setting that was given (it is neither the default nor the preset's) and that nothing would use."""
    preset = PRESETS.get(config.preset, {})
    for names, who, are_meant in USERS:
        for name in names:
            value, default = getattr(config, name), getattr(Config(), name)
            if value not in (default, preset.get(name, default)) and not are_meant(config):
                raise ConfigError(f'{name} is {value!r}, but only {who} use it: leave it out.')
