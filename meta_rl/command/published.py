"""The agents of the published two-step task, mtrazzi/meta_rl: their checkpoints, played in NumPy and measured as ours are.

A checkpoint has one LSTM and two linear layers on it, without biases. The LSTM is TensorFlow's of that time: one kernel for
inputs and memory, gates in the order input, candidate, forget, output, and 1 added to the forget gate.
"""
from typing import NamedTuple

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs.references import two_step_oracles
from meta_rl.envs.two_step import STATES, Rules, draw, outcome
from meta_rl.experience.actor import sample
from meta_rl.rundir.events import said
from meta_rl.rundir.saving import checkpoints
from meta_rl.tf_compat import tf

ACTIONS = 2
UNITS = 48  # of the LSTM
INPUTS = STATES + 1 + ACTIONS + 1  # in this order: state, previous reward, previous action, step
FORGET_BIAS = 1.  # of tf.nn.rnn_cell.BasicLSTMCell
STEP = 2.  # the step that it is told is 0, 2, 4, ..., not scaled
FIRST_ACTION = 0  # the action that it is told came before the first
NAMES = {'kernel': ('global/rnn/lstm_cell/kernel', [INPUTS + UNITS, 4 * UNITS]),
         'bias': ('global/rnn/lstm_cell/bias', [4 * UNITS]),
         'policy': ('global/fully_connected/weights', [UNITS, ACTIONS]),
         'value': ('global/fully_connected_1/weights', [UNITS, 1])}


class Weights(NamedTuple):
    """The network of a published agent, float32."""

    kernel: np.ndarray  # [7 + 48, 4 * 48], of inputs and then of the output before
    bias: np.ndarray    # [4 * 48]
    policy: np.ndarray  # [48, 2]
    value: np.ndarray   # [48, 1]


def read(path):
    """The Weights of the checkpoint `path`, which is written without .index. Raises: ConfigError where it is none."""
    checkpoints.check_path(path)
    try:
        reader = tf.train.NewCheckpointReader(path)
        shapes = reader.get_variable_to_shape_map()
        for name, shape in NAMES.values():
            if name not in shapes:
                raise ConfigError(f'{path} has no {name}: it is not a checkpoint of the published two-step agent.')
            if shapes[name] != shape:
                raise ConfigError(f'{path} has {name} of shape {shapes[name]}: in the published two-step agent it is {shape}.')
        weights = Weights(*[np.asarray(reader.get_tensor(NAMES[part][0]), np.float32) for part in Weights._fields])
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:  # the last two: the reader of TensorFlow 2
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f'{path} cannot be read as a checkpoint ({said(error)}): give it as FOLDER/seed0, where FOLDER has '
                          'seed0.index and seed0.data-00000-of-00001.')
    for part, array in weights._asdict().items():
        if not np.isfinite(array).all():
            raise ConfigError(f'{path} has numbers in {NAMES[part][0]} that are not finite: it cannot be played.')
    return weights


def start(episodes):
    """The state in which episodes begin, (c, h), float32 [episodes, 48] each."""
    return tuple(np.zeros((2, episodes, UNITS), np.float32))


def act(weights, inputs, state):
    """One trial of E episodes.

    Args:
      weights: Weights.
      inputs: float32 [E, 7]: state (one-hot), previous reward, previous action (one-hot), step.
      state: from `start` or the trial before.
    Returns: (policy float32 [E, 2], value float32 [E], the new state).
    """
    c, h = state
    gates = np.concatenate([inputs, h], 1) @ weights.kernel + weights.bias
    into, candidate, forget, out = np.split(gates, 4, 1)
    c = _sigmoid(forget + FORGET_BIAS) * c + _sigmoid(into) * np.tanh(candidate)
    h = _sigmoid(out) * np.tanh(c)
    logits = h @ weights.policy
    policy = np.exp(logits - logits.max(1, keepdims=True))
    return policy / policy.sum(1, keepdims=True), (h @ weights.value)[:, 0], (c, h)


def _sigmoid(x):
    return .5 + .5 * np.tanh(.5 * x)  # which does not overflow


def play(weights, draws, rules, random, greedy=False):
    """Plays the episodes of two_step.Draws, [T, E]. Returns two_step_oracles.Played."""
    trials, episodes = draws.better.shape
    actions, rewards = np.zeros((trials, episodes), int), np.zeros((trials, episodes))
    states, prev_action, prev_reward = np.zeros(episodes, int), np.full(episodes, FIRST_ACTION), np.zeros(episodes)
    state = start(episodes)
    for t in range(trials):
        inputs = np.concatenate([np.eye(STATES)[states], prev_reward[:, np.newaxis], np.eye(ACTIONS)[prev_action],
                                 np.full((episodes, 1), STEP * t)], 1).astype(np.float32)
        policy, _, state = act(weights, inputs, state)
        prev_action = actions[t] = policy.argmax(1) if greedy else sample(policy, random)
        states, prev_reward = outcome(draws, t, actions[t], rules)
        rewards[t] = prev_reward
    return two_step_oracles.Played(actions, draws.common, rewards)


def measure(path, episodes=300, seed=0, rules=Rules()):
    """Plays `episodes` with the weights of a published checkpoint, sampled and then greedy, in the same episodes.

    Args:
      path: str, of the checkpoint, without .index.
      episodes: int; 300 as published.
      seed: int.
    Returns: dict of plain data: what two_step_oracles.score returns of sampled actions (reward_mean, reward_ci95, stay,
      nearest_oracle, model_based_index), the same again under 'sampled', that of the likeliest ones under 'greedy', and
      `published` (the path), `episodes`, `seed`, `policy`.
    Raises: ConfigError where there is no such checkpoint.
    """
    weights, random = read(path), np.random.RandomState(seed)
    # As many new coins as carried over: the first better state is either, half of the time.
    draws = draw(random.randint(2 ** 31, size=episodes), rules)
    report = {'published': path, 'episodes': episodes, 'seed': seed, 'policy': 'sampled'}
    for mode in ('sampled', 'greedy'):
        report[mode] = two_step_oracles.score(play(weights, draws, rules, random, mode == 'greedy'), rules)
    report.update(report['sampled'])
    return report


def table(report):
    """The report of `measure` as text."""
    return '{} episodes with the published weights {}\n{}'.format(report['episodes'], report['published'], two_step_oracles.table(
        [(mode, report[mode]) for mode in ('sampled', 'greedy')]))
