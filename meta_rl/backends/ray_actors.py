"""Rays: the backend whose workers are Ray actors, here or on a Ray cluster. The shared network is in this process."""
import contextlib
import logging
import os
import socket
import warnings

import numpy as np

from meta_rl import agents, onednn
from meta_rl.ac_network import Counts
from meta_rl.backends import cluster as clusters
from meta_rl.backends import ray_local
from meta_rl.backends.base import Backend
from meta_rl.backends.remote import shared_network
from meta_rl.backends.remote.child_processes import GRACE, ChildProcesses
from meta_rl.backends.remote.remote_worker import RemoteWorker, fingerprint_of
from meta_rl.backends.waits import Silence, waiting
from meta_rl.config import ConfigError
from meta_rl.console import hints, stops
from meta_rl.console.held_back import held_back
from meta_rl.console.output import say
from meta_rl.labs.lab_process import LabDied
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


class Rays(Backend):
    """A backend, see base.Backend."""

    def __init__(self, config, folder):
        if ray is None:
            raise ConfigError(f"backend is 'ray', which is not installed: {hints.install('requirements/ray.txt')} (Python 3.9 and "
                              "later), or choose another backend.")
        super().__init__(config, folder)
        # What is wrong shows here, not in each worker.
        rehearsal, = agents.of(config).make_envs(config, folder, 1, np.random.RandomState(0), training=True)
        rehearsal.close()
        self._fingerprint = fingerprint_of(folder, config.image_count)
        self._children = ChildProcesses()
        self._opened.callback(self._children.end)
        self._opened.callback(ray.shutdown)
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(config.seed)
            self._network = shared_network.SharedNetwork(config)
            self.initialize = tf.global_variables_initializer()
        self.variables, self.others = self._network.variables, self._network.others
        try:
            self._connect(config)
        except BaseException:
            self.close()  # child processes wait for it
            raise

    def _connect(self, config):
        chosen = {onednn.VARIABLE: onednn.environment(config)[onednn.VARIABLE]}
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        if config.ray_address:
            _look_for(config.ray_address)
            # Its machines need not have this code.
            clusters.without_proxy([config.ray_address.rpartition('/')[2]])
            where = {'address': config.ray_address, 'runtime_env': {'py_modules': [package], 'env_vars': chosen}}
        else:
            folder = ray_local.folder()
            # Two of its own processes outlive one that is killed, and it never removes what it writes.
            self._children.after('meta_rl.backends.remote.child_processes:clear_away', folder)
            # Its processes look where the script is, which need not be where this package is.
            paths = [os.path.dirname(package)] + os.environ.get('PYTHONPATH', '').split(os.pathsep)
            clusters.without_proxy(['127.0.0.1:0'])
            where = {'address': 'local', 'num_cpus': config.workers, 'include_dashboard': False, '_node_ip_address': '127.0.0.1',
                     '_temp_dir': folder,
                     # Ray starts workers with a niceness of 15: where something else runs they would stand still for minutes.
                     '_system_config': {'worker_niceness': 0},
                     'runtime_env': {'env_vars': dict(
                         chosen, PYTHONPATH=os.pathsep.join(path for path in paths if path))}}
        error = _init(where, config.ray_address)
        if error:
            reason = str(error).strip().split('\n')[0]
            if not config.ray_address:
                raise ConfigError(f'Ray cannot be started on this machine ({reason}): take another --backend.')
            raise ConfigError(f'There is no Ray cluster at {config.ray_address} ({reason}): start one with `ray start --head`, '
                              'or leave out --ray-address.')

    def session(self):
        """tf.Session of the graph."""
        return tf.Session(graph=self.graph, config=session_config())

    def train(self, session, recorder, directory):
        if recorder.done:
            return
        push, = self._network.push_calls([session])
        counts, weights = self._network.pull([session])
        gpus = self._gpus()
        Actor = ray.remote(num_cpus=1, num_gpus=gpus)(RemoteWorker)
        actors = [Actor.remote(self._config, number, self._fingerprint, self._states[number], self._network.shards)
                  for number in range(self._config.workers)]
        silence = Silence()
        due = {}  # what an actor promised: (its number, the Counts that its weights came with)
        halfway = set()  # the numbers of those that have passes left over what they played

        def ask(number):
            due[actors[number].learn.remote(weights, counts)] = number, counts

        def take(promise):
            nonlocal counts, weights
            with stops.later():
                number, known = due.pop(promise)
                halfway.discard(number)
                try:
                    (vector,), ended, report = ray.get(promise)
                except ray.exceptions.RayTaskError as error:  # raised by the worker itself
                    raise error.cause if isinstance(error.cause, LabDied) else error
                except ray.exceptions.RayError as error:
                    self._lost(number, error, len(due))
                    return
                vector, *after = push(vector, ended)
                counts, weights = Counts(*map(int, after)), [vector]
                update = shared_network.update_of(report._replace(staleness=counts.updates - known.updates - 1))
                self._states[number] = update.state
                recorder.report(update)
                if not update.steps:
                    halfway.add(number)
                ask(number)

        def take_halfway():
            while halfway:  # what goes on from there begins with new unrolls
                take(next(promise for promise, (number, _) in due.items() if number in halfway))

        for number in range(len(actors)):
            ask(number)
        try:
            while not recorder.over:
                ready, _ = ray.wait(list(due), timeout=PATIENCE)
                if ready:
                    silence.broken()
                silence.say(lambda: self._awaited(due))
                for promise in ready:
                    take(promise)
            if not recorder.done:
                take_halfway()
        except KeyboardInterrupt:
            take_halfway()
            raise
        finally:
            # Labs of an actor that is killed leave their folders behind.
            with contextlib.suppress(ray.exceptions.RayError):
                ray.wait([actor.close.remote() for actor in actors], num_returns=len(actors), timeout=GRACE)
            for actor in actors:
                ray.kill(actor)

    def _gpus(self):
        """GPUs of a worker: one, or the share that there is; one that is not there would be waited for for ever."""
        if 'gpu' not in self._config.device.lower():
            return 0
        there = ray.cluster_resources().get('GPU', 0)
        if not there:
            say('There is no GPU in this Ray cluster: computing on processors.')
        return 1 if there >= self._config.workers else int(1e4 * there / self._config.workers) / 1e4

    def _awaited(self, due):
        there = ray.cluster_resources()
        numbers = ', '.join(str(number) for number, _ in sorted(due.values()))
        return 'worker %s of Ray, whose cluster has %d processors and %d GPUs for %d workers' % (
            numbers, there.get('CPU', 0), there.get('GPU', 0), self._config.workers)

    def _lost(self, number, error, left):
        # Of one that could not be made the last line says why.
        reason = str(error).strip().split('\n')[-1 if getattr(error, 'actor_init_failed', False) else 0]
        say('Worker %d is lost (%s): going on with the %d left of %d.' % (number, reason, left, self._config.workers))
        if not left:
            raise WorkersLost('No worker is left.')


def _init(where, address):
    """Starts Ray, or joins the one at `address` if that is given, without a word. Returns what went wrong, or None."""
    def leave(status):
        say('Ray did not start.')  # on stdout: stderr is held back
        os._exit(status)
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter('ignore', FutureWarning)  # of what a later Ray does with GPUs
        if not address:
            stack.enter_context(ray_local.alone())
        stack.enter_context(waiting(f'Ray at {address or "this machine"} to start', 'see whether it is of the same version, or take '
                                    'another --backend.', leave))
        stack.enter_context(stops.ignored())  # a terminal's signals are not for Ray's processes
        stack.enter_context(held_back())
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **where)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            return error


def _look_for(address):
    """ConfigError where nobody is at 'host:port', which Ray itself would try for minutes. ('auto' and others are Ray's to find.)"""
    host, _, port = address.rpartition(':')
    if host and '/' not in host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), 10.).close()
        except (OSError, OverflowError, UnicodeError) as error:
            raise ConfigError('There is no Ray cluster at {} ({}): start one with `ray start --head`, or leave out '
                              '--ray-address.'.format(address, getattr(error, 'strerror', None) or error))
