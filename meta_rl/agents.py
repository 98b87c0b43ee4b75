"""The agents that there are: which environment, encoder, memory and way of learning a Config asks for.

The one place that knows that there are several. An agent for another task is one more subclass of Agent here, and its environment.
"""
import functools

from meta_rl.ac_network import AC_Network, LossSpec
from meta_rl.config import CONTROLS, Config, ConfigError
from meta_rl.envs import decisions, gaze, observations
from meta_rl.envs.contract import is_history
from meta_rl.nets import encoders, memories
from meta_rl.nets.gaze_encoder import GazeEncoder
from meta_rl.nets.inputs import Columns
from meta_rl.presets import PRESETS
from meta_rl.psychlab.task import CORRECT_REWARD
from meta_rl.tf_compat import tf
from meta_rl.worker import Learning, Worker


class Agent:
    """What differs from agent to agent."""

    def spec(self, config):
        """Spec of its environment."""
        raise NotImplementedError

    def make_envs(self, config, folder, count, random, training=False):
        """`count` Environment, of the images in `folder`, drawing from `random`; `training`: with what helps in training."""
        raise NotImplementedError

    def is_episode(self, history):
        """bool: whether plain data is of the form of its environment's `history`."""
        raise NotImplementedError

    def encoder(self, config):
        """Builds the Encoder."""
        raise NotImplementedError

    def memory(self, config, encoder):
        """Builds the Memory over an Encoder."""
        raise NotImplementedError

    def learning(self, config):
        """Learning."""
        raise NotImplementedError

    restarts = True  # whether episodes may start inside an unroll


class Decisions(Agent):
    """Decides left or right; how the gaze gets there is done for it."""

    restarts = False

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

    def memory(self, config, encoder):
        columns = Columns(decisions.A_SIZE, config.prev_action, config.reward_scale if config.prev_reward else None,
                          config.timestep_scale if config.timestep else None)
        remembers = config.memory == 'episode'
        if config.second_units:
            return memories.TwoLSTMs(encoder.size, columns, config.units, config.second_units, remembers)
        return memories.OneLSTM(encoder.size, columns, config.units, remembers)

    def learning(self, config):
        return Learning(decisions.TRIALS, config.gamma, config.gae_lambda, passes=config.passes)


class Gaze(Agent):
    """Pushes its gaze left or right, frame by frame."""

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
                        config.passes)


AGENTS = dict(zip(CONTROLS, (Decisions(), Gaze())))


def of(config):
    """The Agent that a Config asks for."""
    return AGENTS[config.control]


def make_network(config, scope, trainer=None, counts=None, shards=None):
    """The AC_Network that a Config describes. See there for the other arguments."""
    agent = of(config)
    learning = agent.learning(config)
    return AC_Network(
        agent.spec(config), scope, trainer, encoder=functools.partial(agent.encoder, config),
        memory=functools.partial(agent.memory, config), unroll=learning.steps,
        loss=LossSpec(config.value_coef, config.entropy_coef, config.clip_norm, bool(learning.taught), config.ratio_clip),
        restarts=agent.restarts, counts=counts, shards=shards)


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


# Settings, who uses them, and how it is seen that a Config is of those.
USERS = [
    (('repeat', 'push', 'momentum', 'unroll', 'spawn_grid', 'training_frames', 'coin_start', 'coin_episodes', 'teacher_episodes',
      'coin_share', 'memory_units', 'places', 'fovea_width', 'fovea_top', 'fovea_bottom'), "agents of control 'gaze'",
     lambda config: config.control == 'gaze'),
    (('late', 'prev_reward', 'prev_action', 'timestep', 'memory', 'reward_scale', 'timestep_scale', 'second_units', 'encoder',
      'conv_activations', 'scaled_pixels', 'normalizer'), "agents of control 'decisions'",
     lambda config: config.control == 'decisions'),
    (('encoder', 'scaled_pixels'), "agents that see 'pixels'", lambda config: config.observation == 'pixels'),
    (('normalizer',), "agents that see 'pixels' or 'crops'", lambda config: config.observation in ('pixels', 'crops')),
    (('conv_activations',), "agents that see 'pixels', by encoder 'wang'",
     lambda config: config.observation == 'pixels' and config.encoder == 'wang'),
    (('reward_scale',), 'agents that are told the previous reward', lambda config: config.prev_reward),
    (('timestep_scale',), 'agents that are told the timestep', lambda config: config.timestep),
    (('embedding_scale',), 'agents with an embedding', lambda config: config.embedding > 0),
    (('ps', 'cluster'), "the backend 'processes'", lambda config: config.backend == 'processes'),
    (('ray_address',), "the backend 'ray'", lambda config: config.backend == 'ray')]


def check(config):
    """Raises ConfigError where settings do not go together."""
    if config.control == 'gaze':
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
                raise ConfigError(f'{name} is {value!r}, but {who} alone use it: leave it out.')
