"""SharedNetwork: the shared weights where workers are in processes of their own, and what they and it tell each other.

A worker sends a Report, and to each server that has shared weights a flat vector: its gradients, and what its unroll tells of the
encoder's statistics, float32 [P]. The answer is a flat vector of the same length: the weights and statistics after the update.
So an update is one message each way.
"""
import json
from typing import NamedTuple

import numpy as np

from meta_rl.ac_network import GLOBAL, Counts, Losses
from meta_rl.agents import make_network, make_trainer
from meta_rl.config import CPU, ConfigError
from meta_rl.envs.contract import Episode
from meta_rl.nets import flat_vector
from meta_rl.nets.encoders import STATISTICS, move
from meta_rl.tf_compat import make_callable, tf
from meta_rl.worker import Update


class Report(NamedTuple):
    """An Update as it is sent: values, or tensors of them.

    waits: bool, the worker goes on only when this has been taken in, see recorder.is_milestone; losses: float32 [5]; staleness: set
    where it arrives; episodes, state: JSON. The others: see Update.
    """

    worker: int
    waits: bool
    steps: int
    width: int
    value: float
    losses: np.ndarray
    staleness: int
    episodes: str
    state: str


def report_of(update, waits):
    """The Report of an Update."""
    return Report(update.worker, waits, update.steps, update.width, update.value, np.array(update.losses, np.float32), 0,
                  json.dumps(update.episodes), json.dumps(update.state))


def update_of(report):
    """The Update of a Report, whose texts may be bytes."""
    episodes, state = [json.loads(text.decode() if isinstance(text, bytes) else text) for text in (report.episodes, report.state)]
    return Update(int(report.worker), [Episode(*episode) for episode in episodes], int(report.steps), int(report.width),
                  float(report.value), Losses(*report.losses), int(report.staleness), state)


class SharedNetwork:
    """Builds the shared network, its optimizer and the count of episodes into the default graph.

    Args:
      config: Config.
      servers: int, parameter servers (tasks of job 'ps') that have a part of it each; 0: all of it is in this process.

    Attributes:
      variables: all that a trained network is; others: what only further training needs; copies: see Checkpoints.
      shards: list with a list for each server, or for this process: which of `variables` it has.
      vectors_in, ended, vectors_out, counts: lists of tensors, one for each of them. Fetching the last two makes one update by
        what is fed as the first (gradients) and the second (episodes that ended), and gives the weights and Counts after it.
    """

    def __init__(self, config, servers=0):
        devices = ['/job:ps/task:%d/cpu:0' % k for k in range(servers)] or [CPU]
        with tf.device(devices[0]):
            self._counts = [tf.get_variable('global_episodes', [], tf.int64, tf.zeros_initializer(), trainable=False)]
        # Statistics move together, so they are kept together.
        spread = tf.train.replica_device_setter(
            servers, worker_device=devices[0], ps_strategy=_Turns(servers)) if servers else CPU
        with tf.device(spread):
            network = make_network(config, GLOBAL, acts=False)
        self.variables, self.others = network.variables, []
        statistics = set(tf.get_collection(STATISTICS, GLOBAL + '/'))
        where = [tf.DeviceSpec.from_string(variable.device).task or 0 for variable in self.variables]
        self.shards = [[i for i, task in enumerate(where) if task == k] for k in range(len(devices))]
        if not all(self.shards):
            raise ConfigError('ps is %d: the network has %d variables to share among them, give fewer.' % (servers, len(where)))
        for k in range(1, servers):
            with tf.device(devices[k]):
                self._counts.append(
                    tf.get_variable('episodes_%d' % k, [], tf.int64, tf.zeros_initializer(), trainable=False))
        with tf.device(devices[0]):
            self._updates = tf.get_variable('updates', [], tf.int64, tf.zeros_initializer(), trainable=False)
        self.vectors_in, self.ended, self.vectors_out, self.counts, self._vectors = [], [], [], [], []
        numbers = []  # of each server: what it counts, and the optimizer's powers
        for device, shard, count in zip(devices, self.shards, self._counts):
            mine = [self.variables[i] for i in shard]
            with tf.device(device):
                others = self._build_update(config, mine, [v for v in mine if v in statistics], count)
            numbers.append([other for other in others if not other.shape.as_list()])
            self.others += others
        self.copies = {own.op.name: first for theirs in numbers[1:] for own, first in zip(theirs, numbers[0])}

    def _build_update(self, config, mine, statistics, count):
        """Builds that of one server. Returns the variables that it needs beside its part of the network."""
        # Each server has an optimizer and a count of its own, so that nothing that it needs is on another.
        trainer = make_trainer(config, count)
        vector = tf.placeholder(tf.float32, [sum(map(flat_vector.size, mine))], 'flat_vector')
        ended = tf.placeholder(tf.int64, [], 'ended')
        parts = flat_vector.unpack(vector, mine)
        weights = len(mine) - len(statistics)
        done = [trainer.apply_gradients(list(zip(parts, mine))[:weights])]
        if statistics:
            done.append(move(statistics, parts[weights:]))
        with tf.control_dependencies(done):
            self.vectors_out.append(flat_vector.pack([variable.read_value() for variable in mine]))
            updates = tf.identity(self._updates.assign_add(1)) if count is self._counts[0] else tf.zeros([], tf.int64)
            self.counts.append(Counts(tf.identity(count.assign_add(ended)), updates))
        self._vectors.append(flat_vector.pack(mine))
        self.vectors_in.append(vector)
        self.ended.append(ended)
        return trainer.variables() + [count]

    def pull(self, sessions):
        """(Counts so far, list of flat vectors of the weights), from a session for each server, or for this process."""
        weights = [session.run(vector) for session, vector in zip(sessions, self._vectors)]
        return Counts(*map(int, sessions[0].run([self._counts[0], self._updates]))), weights

    def push_calls(self, sessions):
        """A function for each of `sessions`: of the vector for its server and the number of episodes that ended, it makes the
        update and returns [vector, episodes, updates]."""
        return [make_callable(session, [out, *counts], [vector, ended]) for session, out, counts, vector, ended in zip(
            sessions, self.vectors_out, self.counts, self.vectors_in, self.ended)]


class _Turns:
    """Whose turn it is to take a variable: a ps_strategy of replica_device_setter."""

    def __init__(self, servers):
        self._servers, self._next = servers, 0

    def __call__(self, operation):
        if '/statistics/' in operation.name:
            return 0
        self._next += 1
        return (self._next - 1) % self._servers
