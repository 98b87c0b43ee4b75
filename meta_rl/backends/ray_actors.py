"""Rays: the backend whose workers are Ray actors, here or on a Ray cluster. The shared network is in this process."""
import logging
import os
import socket
import tempfile
import warnings

import numpy as np

from meta_rl import hints
from meta_rl.backends import shared_network, stops
from meta_rl.backends.child_processes import Children
from meta_rl.backends.remote_worker import RemoteWorker, fingerprint_of
from meta_rl.config import CPU, ConfigError
from meta_rl.envs.decisions import make_envs
from meta_rl.held_back import held_back
from meta_rl.output import say
from meta_rl.rundir.recorder import WorkersLost
from meta_rl.tf_compat import session_config, tf

# Half a minute after its start each process of Ray says on stderr that there is no agent for metrics, which nobody asked for. What
# matters comes as an exception. A level that was set outside is left alone.
os.environ.setdefault('RAY_BACKEND_LOG_LEVEL', 'fatal')
try:
    import ray
except ImportError:
    ray = None

PATIENCE = 1.  # seconds to wait for an update before looking whether Ctrl-C was pressed


class Rays:
    """A backend (see threads.Threads)."""

    device, warning = CPU, None

    def __init__(self, config, folder):
        if ray is None:
            raise ConfigError(f"backend is 'ray', which is not installed: {hints.install('requirements-ray.txt')} (Python 3.9 and "
                              "later), or choose another backend.")
        self._config = config
        rehearsal, = make_envs(config, folder, 1, np.random.RandomState(0))  # what is wrong shows here, not in each worker
        rehearsal.close()
        self._fingerprint = fingerprint_of(folder, config.image_count)
        self._states = [None] * config.workers
        self._children = Children()
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(config.seed)
            self._network = shared_network.SharedNetwork(config)
            self.initialize = tf.global_variables_initializer()
        self.variables, self.others = self._network.variables, self._network.others
        try:
            self._connect(config)
        except BaseException:
            self._children.end()  # they wait for it
            raise

    def _connect(self, config):
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        if config.ray_address:
            _look_for(config.ray_address)
            # Its machines need not have this code.
            where = {'address': config.ray_address, 'runtime_env': {'py_modules': [package]}}
        else:
            folder = tempfile.mkdtemp(prefix='ray-')
            # Two of its own processes outlive one that is killed, and it never removes what it writes.
            self._children.after('meta_rl.backends.child_processes:clear_away', folder)
            # Its processes look where the script is, which need not be where this package is.
            paths = [os.path.dirname(package)] + os.environ.get('PYTHONPATH', '').split(os.pathsep)
            where = {'num_cpus': config.workers, 'include_dashboard': False, '_node_ip_address': '127.0.0.1', '_temp_dir': folder,
                     # Ray starts workers with a niceness of 15: where something else runs they would stand still for minutes.
                     '_system_config': {'worker_niceness': 0},
                     'runtime_env': {'env_vars': {'PYTHONPATH': os.pathsep.join(path for path in paths if path)}}}
        error = _init(where)
        if error:
            raise ConfigError('There is no Ray cluster at {} ({}): start one with `ray start --head`, or leave out '
                              '--ray-address.'.format(config.ray_address or 'this machine', str(error).strip().split('\n')[0]))

    def session(self):
        """tf.Session of the graph."""
        return tf.Session(graph=self.graph, config=session_config())

    def randoms(self):
        """See threads.Threads; None for a worker that has not been heard of."""
        return self._states

    def set_randoms(self, states):
        """Has the workers go on from what `randoms` returned."""
        self._states[:len(states)] = states[:len(self._states)]

    def train(self, session, recorder):
        """See threads.Threads. WorkersLost where no worker is left."""
        if recorder.done:
            return
        push, = self._network.push_calls([session])
        episodes, weights = self._network.pull([session])
        gpus = int('gpu' in self._config.device.lower())
        Actor = ray.remote(num_cpus=1, num_gpus=gpus)(RemoteWorker)
        actors = [Actor.remote(self._config, number, self._fingerprint, self._states[number], self._network.shards)
                  for number in range(self._config.workers)]
        due = {}  # what an actor promised: (its number, the count of episodes that its weights came with)

        def ask(number):
            due[actors[number].learn.remote(weights, episodes)] = number, episodes

        for number in range(len(actors)):
            ask(number)
        try:
            while not recorder.over:
                ready, _ = ray.wait(list(due), timeout=PATIENCE)
                for promise in ready:
                    number, known = due.pop(promise)
                    try:
                        (lesson,), report = ray.get(promise)
                    except ray.exceptions.RayActorError as error:
                        self._lost(number, error, len(due))
                        continue
                    with stops.later():
                        parcel, count = push(lesson)
                        episodes, weights = int(count), [parcel]
                        self._states[number] = shared_network.random_state(report.random)
                        recorder.report(report, report.losses, (episodes - known) // self._config.batch - 1, number)
                    ask(number)
        finally:
            for actor in actors:
                ray.kill(actor)

    def _lost(self, number, error, left):
        reason = str(error).strip().split('\n')[0]
        say('Worker %d is lost (%s): going on with the %d left of %d.' % (number, reason, left, self._config.workers))
        if not left:
            raise WorkersLost('No worker is left.')

    def close(self):
        """Leaves Ray; one that was started here ends."""
        ray.shutdown()
        self._children.end()


def _init(where):
    """Starts or joins Ray, without a word. Returns what went wrong, or None."""
    with warnings.catch_warnings(), stops.ignored(), held_back():  # a terminal's signals are not for Ray's processes
        warnings.simplefilter('ignore', FutureWarning)  # of what a later Ray does with GPUs
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **where)
        except (ConnectionError, RuntimeError, ValueError) as error:
            return error


def _look_for(address):
    """ConfigError where nobody is at 'host:port', which Ray itself would try for minutes. ('auto' and others are Ray's to find.)"""
    host, _, port = address.rpartition(':')
    if host and '/' not in host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), 10.).close()
        except (OSError, OverflowError) as error:
            raise ConfigError('There is no Ray cluster at {} ({}): start one with `ray start --head`, or leave out '
                              '--ray-address.'.format(address, getattr(error, 'strerror', None) or error))
