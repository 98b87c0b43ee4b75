"""Processes: the backend whose workers are processes, around TensorFlow servers: on this machine, or a cluster of them.

The process of ps 0 records the run; when it dies all others end. Workers come and go: one that dies is not waited for, and in a
cluster one that is started again goes on.
"""
import os
import threading
import time

import attr
import numpy as np

from meta_rl import agents, onednn
from meta_rl import config as config_module
from meta_rl.backends import cluster as clusters
from meta_rl.backends.base import Backend
from meta_rl.backends.remote.child_processes import GRACE, ChildProcesses
from meta_rl.backends.remote.queues import FIRST, Queues, read_welcome
from meta_rl.backends.remote.remote_worker import RemoteWorker, fingerprint_of
from meta_rl.backends.waits import Silence, waiting
from meta_rl.config import ConfigError
from meta_rl.console import hints, stops
from meta_rl.console.output import say
from meta_rl.rundir.events import said
from meta_rl.rundir.recorder import ServersLost, WorkersLost
from meta_rl.tf_compat import GONE, tf

REST = .01  # seconds before the next look where no reports had come: each look takes a share of a core
LOOK_AROUND = 1.  # seconds between two looks at who is still there
PATIENCE = 4.  # seconds for the main thread to see by itself that a server is gone
QUIET = 5.  # seconds without a word after which the workers of a cluster are taken to have ended


class Processes(Backend):
    """A backend, see base.Backend: this process is ps 0."""

    device = FIRST

    def __init__(self, config, folder):
        super().__init__(config, folder)
        # What is wrong shows here, not in each worker.
        rehearsal, = agents.of(config).make_envs(config, folder, 1, np.random.RandomState(0), training=True)
        rehearsal.close()
        self._fingerprint = fingerprint_of(folder, config.image_count)
        self._children = ChildProcesses()  # 'Worker 0', 'ps 1'
        self._opened.callback(self._children.end)
        self._cluster = self._serve(config)
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(config.seed)
            self._queues = Queues(config)
        network = self._queues.network
        self.variables, self.others, self.copies = network.variables, network.others, network.copies
        self.initialize = self._queues.initialize

    def _serve(self, config):
        if config.cluster:
            cluster = clusters.read(config.cluster)
            if (len(cluster.ps), cluster.workers) != (config.ps, config.workers):
                raise ConfigError('%s has %d servers and %d workers, the settings %d and %d: they must be the same.' % (
                    config.cluster, len(cluster.ps), cluster.workers, config.ps, config.workers))
            clusters.serve(cluster, 0)
            return cluster
        for tries_left in (2, 1, 0):
            cluster = clusters.local(config.ps, config.workers)
            try:
                clusters.serve(cluster, 0)
                return cluster
            except ConfigError:  # another program was quicker to take the port
                if not tries_left:
                    raise

    def session(self):
        """tf.Session that reaches all servers, when they are up."""
        if not self._config.cluster:
            for task in range(1, self._config.ps):
                self._children.start('ps %d' % task, 'meta_rl.backends.processes:serve', tuple(self._cluster), task)
        clusters.wait_for(self._cluster)
        with self.graph.as_default(), tf.device(FIRST):
            first = tf.no_op()  # after all that draws numbers: the seed of an operation is made of how many there were before
        session = tf.Session(clusters.target(self._cluster.ps[0]), self.graph)
        with _answer_of(self._cluster):
            session.run(first)
        return session

    def train(self, session, recorder, directory):
        if recorder.done:
            return
        self._queues.open(session, {
            'settings': attr.asdict(self._config), 'fingerprint': self._fingerprint, 'states': self._states,
            'episodes': recorder.episodes})
        self._lookout = clusters.Lookout(self._cluster.ps[1:])
        over = threading.Event()
        threading.Thread(target=self._guard, args=(over, directory), daemon=True).start()
        heard, looked, silence = {}, time.monotonic(), Silence()
        try:
            self._call_workers()
            while not recorder.over:
                for number in self._record(session, recorder):
                    heard[number] = time.monotonic()
                    silence.broken()
                silence.say(self._awaited)
                if time.monotonic() - looked > LOOK_AROUND:
                    looked = time.monotonic()
                    self._look_around(heard)
        except GONE as error:
            self._children.end('Worker')
            raise ServersLost(said(error))
        except ServersLost:  # not to be talked to any more; nor may closing the session come to an end
            self._children.end('Worker')
            raise
        except BaseException:
            self._stop(session, recorder)
            over.set()
            raise
        self._stop(session, recorder)
        over.set()

    def _call_workers(self):
        if self._config.cluster:
            say('Waiting for workers 0 to %d: %s' % (self._config.workers - 1, hints.command_line(
                'train', '--cluster', self._config.cluster, '--job', 'worker', '--task', 'N')))
        else:
            for number in range(self._config.workers):
                self._children.start('Worker %d' % number, 'meta_rl.backends.processes:work', tuple(self._cluster), number, {})

    def _awaited(self):
        return 'workers of the cluster' if self._config.cluster else ', '.join(map(str.lower, self._children.left('Worker')))

    def _guard(self, over, directory):
        """Ends the run where a server is gone and this process's main thread waits for it in TensorFlow, as 1.12 does for ever."""
        lookout = clusters.Lookout(self._cluster.ps[1:])
        while not over.wait(LOOK_AROUND):
            gone = lookout.gone()
            if gone and not over.wait(PATIENCE):
                say('', f'The server at {gone} is gone. What was learned since the last checkpoint is lost. To go on: '
                    + hints.command_line('train', '--resume', directory))
                os._exit(1)  # the children see it and end

    def _record(self, session, recorder):
        """Has the recorder take in what has come. Returns the set of workers that it came from."""
        with stops.later():
            found = self._queues.collect(session)
            for update, waits in found:
                self._states[update.worker] = update.state
                recorder.report(update)
                if recorder.over:
                    self._queues.stop(session)  # before the turn is given: no update comes after the last one
                if waits:
                    self._queues.give_turn(session, update.worker)
        if not found:
            time.sleep(REST)
        return {update.worker for update, _ in found}

    def _look_around(self, heard):
        ended = sorted(self._children.ended(), key=lambda end: end[0].startswith('Worker'))
        # Servers first: a worker ends when one of them is gone, and without it nothing can be saved.
        for name, how in ended:
            if name.startswith('ps'):
                raise ServersLost(f'{name} is gone ({how}).')
        gone = self._lookout.gone()
        if gone:
            raise ServersLost(f'The server at {gone} is gone.')
        left = self._config.workers if self._config.cluster else len(self._children.left('Worker'))
        for name, how in ended:
            say('%s is gone (%s): going on with the %d left of %d.' % (name, how, left, self._config.workers))
        if not left:
            raise WorkersLost('No worker is left.')
        if self._config.cluster:
            for number, last in sorted(heard.items()):
                if time.monotonic() - last > clusters.SILENCE:
                    del heard[number]
                    say('Worker %d has not been heard of for %.0f s: going on without it; it can be started again.' % (
                        number, clusters.SILENCE))

    def _stop(self, session, recorder):
        """Has all workers end, takes in what they still have to say, and ends those that do not."""
        deadline = time.monotonic() + GRACE
        try:
            self._queues.stop(session)
            quiet = time.monotonic() + QUIET
            while time.monotonic() < deadline and (
                    self._children.running('Worker') or self._config.cluster and time.monotonic() < quiet):
                if self._record(session, recorder):
                    # They may have passes left over what they played.
                    quiet, deadline = time.monotonic() + QUIET, time.monotonic() + GRACE
            self._record(session, recorder)
        except GONE:
            pass  # there is no one to talk to
        self._children.end('Worker')


def _answer_of(cluster):
    """A context that waits for the first answer of the servers, for which TensorFlow waits for ever."""
    return waiting('the first answer of ' + ', '.join(cluster.ps), 'see that these are the servers of this cluster, of one version '
                   'of TensorFlow, and that nothing between the machines holds their words back.')


def serve(cluster, task):
    """What the process of a server other than ps 0 does: it is there until ps 0 is not. Returns the exit status."""
    cluster = clusters.Cluster(*cluster)
    clusters.serve(cluster, task)
    clusters.wait_for(cluster._replace(ps=cluster.ps[:1]))
    lookout = clusters.Lookout(cluster.ps[:1])
    while not lookout.gone():
        time.sleep(LOOK_AROUND)
    return 0


def work(cluster, number, changes):
    """What the process of a worker does. Returns the exit status: 0, or 1 when a server is gone before the run was over.

    Args:
      cluster: Cluster, or a tuple of its parts.
      number: int, of the worker.
      changes: dict of the settings that are this machine's own, as `device`.
    """
    cluster = clusters.Cluster(*cluster)
    clusters.wait_for(cluster)
    targets = [clusters.target(address) for address in cluster.ps]
    threading.Thread(target=_watch, args=(cluster, number), daemon=True).start()
    try:
        with _answer_of(cluster):
            first = read_welcome(targets[0], 1)
        welcome = first or read_welcome(targets[0])
        config = config_module.Config().change(**welcome['settings']).change(**changes)
        if config.cluster:  # (what is started on the machine of ps 0 has its environment)
            onednn.start_anew_unless_chosen(config)
        if not number < config.workers or len(targets) != config.ps:
            raise ConfigError('The run has %d workers and %d servers: give each machine the same cluster.' % (
                config.workers, config.ps))
        with tf.Graph().as_default():
            queues = Queues(config)
            sessions = [tf.Session(target) for target in targets]
        worker = RemoteWorker(config, number, welcome['fingerprint'], welcome['states'][number], queues.network.shards)
        link = queues.link(sessions, number)
        if config.cluster:
            say('Worker %d has joined the run at %s: %s' % (number, cluster.ps[0], config.preset))
        with _answer_of(cluster):
            counts, weights = link.pull()
        if counts.episodes > welcome['episodes'] and config.cluster:
            worker.start_anew(counts.episodes)
        last = False
        while not (last and worker.between_unrolls):
            vectors, ended, report = worker.learn(weights, counts)
            counts, weights, last = link.push(vectors, ended, report, counts)
    except GONE:
        _leave(number)
    if config.cluster:
        say('The run is over.')
    return 0


def _watch(cluster, number):
    lookout = clusters.Lookout(cluster.ps)
    while not lookout.gone():
        time.sleep(LOOK_AROUND)
    _leave(number)


def _leave(number):
    """Ends the process at once: TensorFlow tries for ever to reach a server that is gone, and cannot be interrupted."""
    say('A server is gone: the run is over, or was killed. When it goes on, start worker %d again.' % number)
    os._exit(1)
