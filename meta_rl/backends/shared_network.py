"""SharedNetwork: the shared weights where workers are in processes of their own, and what they and it tell each other.

A worker sends a Report, and to each server that has shared weights a parcel: its gradients, and what its rollout tells of the
encoder's statistics, in one float32 vector [P]. The answer is a parcel of the same length: the weights and statistics after
the update. So an update is one message each way.
"""
import collections

import numpy as np

from meta_rl.ac_network import GLOBAL
from meta_rl.agents import make_network, make_trainer
from meta_rl.config import CPU, ConfigError
from meta_rl.nets import flat_vector
from meta_rl.nets.encoders import STATISTICS, move
from meta_rl.tf_compat import make_callable, tf

# What a worker tells of an update. T decisions, B episodes side by side:
#   worker    int, its number
#   waits     bool: it goes on only when this has been taken in, see Recorder.is_milestone
#   random    int64 [625], the state of all chance in it after the rollout: the words of a RandomState, and its place in them
#   rewards, values, correct  float32 [T, B], see Rollout
#   losses    float32 [5], see Losses
#   staleness int, updates by others between its copying of the weights and its sending of gradients; set where it arrives
Report = collections.namedtuple('Report', 'worker waits random rewards values correct losses staleness')


def report_of(worker, waits, rollout, losses):
    """The Report of a Worker's update. rollout: Rollout; losses: Losses."""
    _, words, place, _, _ = worker.random.get_state()
    return Report(worker.number, waits, np.append(words.astype(np.int64), place), rollout.rewards, rollout.values,
                  rollout.correct, np.array(losses, np.float32), 0)


def random_state(packed):
    """Report.random as checkpoints.random_state has it. (Workers draw no Gaussians, of which a RandomState keeps one.)"""
    return ['MT19937', packed[:-1].tolist(), int(packed[-1]), 0, 0.]


class SharedNetwork:
    """Builds the shared network, its optimizer and the count of episodes into the default graph.

    Args:
      config: Config.
      servers: int, parameter servers (tasks of job 'ps') that have a part of it each; 0: all of it is in this process.

    Attributes:
      variables: all that a trained network is; others: what only further training needs.
      shards: list with a list for each server, or for this process: which of `variables` it has.
      parcel_in, parcel_out, episodes: lists of tensors, one for each of them. Fetching the last two makes one update by what
        is fed as the first, and gives the weights and the count of episodes after it.
    """

    def __init__(self, config, servers=0):
        devices = ['/job:ps/task:%d/cpu:0' % k for k in range(servers)] or [CPU]
        with tf.device(devices[0]):
            self._counts = [tf.get_variable('global_episodes', [], tf.int64, tf.zeros_initializer(), trainable=False)]
        # Statistics move together, so they are kept together.
        spread = tf.train.replica_device_setter(
            servers, worker_device=devices[0], ps_strategy=_Turns(servers)) if servers else CPU
        with tf.device(spread):
            network = make_network(config, GLOBAL)
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
        self.parcel_in, self.parcel_out, self.episodes, self._parcels = [], [], [], []
        for device, shard, count in zip(devices, self.shards, self._counts):
            mine = [self.variables[i] for i in shard]
            with tf.device(device):
                self._build_update(config, mine, [v for v in mine if v in statistics], count)

    def _build_update(self, config, mine, statistics, count):
        # Each server has an optimizer and a count of its own, so that nothing that it needs is on another.
        trainer = make_trainer(config, count)
        parcel = tf.placeholder(tf.float32, [sum(map(flat_vector.size, mine))], 'parcel')
        parts = flat_vector.unpack(parcel, mine)
        weights = len(mine) - len(statistics)
        done = [trainer.apply_gradients(list(zip(parts, mine))[:weights])]
        if statistics:
            done.append(move(statistics, parts[weights:]))
        with tf.control_dependencies(done):
            self.parcel_out.append(flat_vector.pack([variable.read_value() for variable in mine]))
            self.episodes.append(tf.identity(count.assign_add(config.batch)))
        self._parcels.append(flat_vector.pack(mine))
        self.parcel_in.append(parcel)
        self.others += trainer.variables() + [count]

    def pull(self, sessions):
        """(episodes so far, list of parcels of the weights), from a session for each server, or for this process."""
        weights = [session.run(parcel) for session, parcel in zip(sessions, self._parcels)]
        return int(sessions[0].run(self._counts[0])), weights

    def push_calls(self, sessions):
        """A function for each of `sessions`: of the parcel for its server, it makes the update and returns [parcel, episodes]."""
        return [make_callable(session, *call) for session, call in zip(sessions, zip(
            map(list, zip(self.parcel_out, self.episodes)), ([parcel] for parcel in self.parcel_in)))]


class _Turns:
    """Whose turn it is to take a variable: a ps_strategy of replica_device_setter."""

    def __init__(self, servers):
        self._servers, self._next = servers, 0

    def __call__(self, operation):
        if '/statistics/' in operation.name:
            return 0
        self._next += 1
        return (self._next - 1) % self._servers
