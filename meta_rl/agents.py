"""The network and the optimizer that a Config describes."""
from meta_rl.ac_network import AC_Network
from meta_rl.envs.decisions import TRIALS
from meta_rl.envs.observations import Crops
from meta_rl.nets import encoders
from meta_rl.tf_compat import tf

A_SIZE = 2  # left, right


def make_encoder(config):
    """The encoder that a Config describes."""
    normalized = config.embedding, config.normalizer, config.embedding_scale
    if config.observation == 'crops':
        _, height, width, _ = Crops(config.width, config.height).shape
        return encoders.Crops(height, width, *normalized)
    if config.observation == 'pixels' and config.encoder == 'halves':
        return encoders.Halves(config.height, config.width, Crops(config.width, config.height).apart, *normalized,
                               config.scaled_pixels)
    if config.observation == 'pixels':
        return encoders.Wang(config.height, config.width, *normalized, config.scaled_pixels, config.conv_activations)
    if config.embedding:
        return encoders.Embedding(config.code_length, config.embedding, config.embedding_scale)
    return encoders.OneHot(config.code_length)


def make_network(config, scope, trainer=None, **others):
    """The AC_Network that a Config describes. `others`: arguments of AC_Network that are no settings."""
    return AC_Network(
        A_SIZE, scope, trainer, encoder=lambda: make_encoder(config), units=config.units, second_units=config.second_units,
        unroll=TRIALS, value_coef=config.value_coef, entropy_coef=config.entropy_coef, clip_norm=config.clip_norm,
        reward_scale=config.reward_scale, timestep_scale=config.timestep_scale, use_prev_reward=config.prev_reward,
        use_prev_action=config.prev_action, use_timestep=config.timestep, remembers=config.memory == 'episode', **others)


def make_gaze_network(config, scope, trainer=None, count=None):
    """The GazeNetwork that a Config describes."""
    from meta_rl.envs import gaze
    from meta_rl.nets import gaze_network
    shape = config.height // gaze.ROWS, config.width // gaze.COLUMNS
    across = Crops(config.width, config.height).apart // gaze.COLUMNS
    return gaze_network.GazeNetwork(
        gaze.A_SIZE, scope, trainer, encoder=lambda: gaze_network.GazeEncoder(
            shape[0], shape[1], across, config.embedding, config.embedding_scale, config.places),
        shape=shape, units=config.units, memory=config.memory_units, unroll=config.unroll, value_coef=config.value_coef,
        entropy_coef=config.entropy_coef, clip_norm=config.clip_norm, count=count)


def make_trainer(config, global_episodes):
    """The optimizer that all workers share; its learning rate may fall with `global_episodes` (a tf.Variable)."""
    rate = tf.constant(config.learning_rate, tf.float32)
    if config.decay:
        rate *= tf.maximum(1 - tf.cast(global_episodes, tf.float32) / config.episodes, 0.)
    if config.optimizer == 'rmsprop':
        return tf.train.RMSPropOptimizer(rate, epsilon=config.epsilon or 1e-10)
    return tf.train.AdamOptimizer(rate, epsilon=config.epsilon or 1e-8)
