"""The agents that there are: which environment, encoder, memory and way of learning a Config asks for.

The one place that knows that there are several. An agent for another task is one more file here, with a subclass of base.Agent,
a line in AGENTS, and its environment. From outside: `of`, `make_network`, `make_worker`, `make_trainer`, `check`, `check_given`.
"""
import functools

from meta_rl.ac_network import AC_Network, LossSpec
from meta_rl.agents.bandit import Bandit
from meta_rl.agents.harlow import Decisions, Gaze
from meta_rl.agents.two_step import TwoStep
from meta_rl.config import CONTROLS, ENVIRONMENTS, Config, ConfigError
from meta_rl.settings.presets import PRESETS
from meta_rl.settings.users import USERS
from meta_rl.tf_compat import tf
from meta_rl.worker import Worker

# By environment, then by control.
AGENTS = dict(zip(ENVIRONMENTS, (dict(zip(CONTROLS, (Decisions(), Gaze()))), TwoStep(), Bandit())))


def of(config):
    """The Agent that a Config asks for."""
    found = AGENTS[config.environment]
    return found[config.control] if isinstance(found, dict) else found


def make_network(config, scope, trainer=None, counts=None, shards=None, acts=True):
    """The AC_Network that a Config describes. See there for the other arguments."""
    agent = of(config)
    learning = agent.learning(config)
    return AC_Network(
        agent.spec(config), scope, trainer, encoder=functools.partial(agent.encoder, config),
        memory=functools.partial(agent.memory, config), unroll=learning.steps,
        loss=LossSpec(config.value_coef, config.entropy_coef, config.clip_norm, bool(learning.taught),
                      config.entropy_episodes > 0, config.ratio_clip, config.choice_entropy, config.twins,
                      config.write_share), restarts=agent.restarts,
        counts=counts, shards=shards, acts=acts)


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
    for name in ('minibatches', 'siblings'):
        if config.batch % getattr(config, name):
            raise ConfigError(f'{name} is {getattr(config, name)}: the episodes side by side, batch {config.batch}, must be a multiple of it.')
    of(config).check(config)


def check_given(config):
    """Raises ConfigError for a setting that was given (it is neither the default nor the preset's) and that nothing would use."""
    preset = PRESETS.get(config.preset, {})
    for names, who, are_meant in USERS:
        for name in names:
            value, default = getattr(config, name), getattr(Config(), name)
            if value not in (default, preset.get(name, default)) and not are_meant(config):
                raise ConfigError(f'{name} is {value!r}, but only {who} use it: leave it out.')
