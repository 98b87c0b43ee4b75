"""Queues: how workers in processes of their own and the parameter servers talk, by means of TensorFlow alone.

Every process builds the same graph and runs its own part of it. A worker has a session with each server and none with other
workers: it listens nowhere, and when it dies nobody waits for it.
"""
import json
import time
from concurrent import futures

from meta_rl.ac_network import Counts
from meta_rl.backends.remote.shared_network import Report, SharedNetwork, update_of
from meta_rl.backends.waits import Silence
from meta_rl.tf_compat import make_callable, tf

WAITING_ROOM = 1000  # reports that may lie there unread before workers have to wait
FIRST = '/job:ps/task:0/cpu:0'  # the server that takes reports, and in whose process the run is recorded


class Queues:
    """Builds the shared network on its servers, and the queues beside it, into the default graph.

    Args:
      config: Config; `ps` servers and `workers` workers.
    """

    def __init__(self, config):
        self.network = SharedNetwork(config, config.ps)
        kinds = Report(worker=tf.int64, waits=tf.bool, steps=tf.int64, width=tf.int64, value=tf.float64, losses=tf.float32,
                       staleness=tf.int64, episodes=tf.string, state=tf.string)
        shapes = Report(*[[]] * len(kinds))._replace(losses=[5])
        with tf.device(FIRST):
            self._stop = tf.get_variable('stop', [], tf.bool, tf.zeros_initializer(), trainable=False)
            self._welcome = _welcome_variable()
            reports = tf.FIFOQueue(WAITING_ROOM, list(kinds), shapes=list(shapes), names=Report._fields, shared_name='reports')
            self._waiting = reports.size()
            self._count = tf.placeholder(tf.int32, [])
            self._taken = reports.dequeue_many(self._count)
            turns = [tf.FIFOQueue(1000, [tf.bool], shapes=[[]], shared_name='turn_%d' % n) for n in range(config.workers)]
            self._give_turn = [turn.enqueue(True) for turn in turns]
            self._take_turn = []
            for turn in turns:
                with tf.control_dependencies([turn.dequeue()]):
                    self._take_turn.append(tf.identity(self._stop.read_value()))  # it may have been the last one
            self._report = Report(*[tf.placeholder(kind, shape) for kind, shape in zip(kinds, shapes)])
            updates = self.network.counts[0].updates
            # Fed with the count of updates at the copying, it becomes the number of updates between that and this one.
            staleness = updates - self._report.staleness - 1
            with tf.control_dependencies([updates]):
                sent = reports.enqueue(self._report._replace(staleness=staleness)._asdict())
            with tf.control_dependencies([sent]):
                self._last = tf.identity(self._stop.read_value())
            self._welcomed = tf.placeholder(tf.string, [])
            self._set_welcome = self._welcome.assign(self._welcomed)
            self._set_stop = self._stop.assign(True)
        with tf.device(FIRST):
            self.initialize = tf.global_variables_initializer()

    # ---- what the recording process does, with one session that reaches all servers ----

    def open(self, session, welcome):
        """Lets workers in. welcome: dict of plain data that they are given."""
        session.run(self._set_welcome, {self._welcomed: json.dumps(welcome)})

    def collect(self, session):
        """list of (Update, whether its worker waits), those that have come in."""
        count = session.run(self._waiting)
        if not count:
            return []
        taken = session.run(self._taken, {self._count: count})
        reports = [Report(*(taken[name][i] for name in Report._fields)) for i in range(count)]
        return [(update_of(report), bool(report.waits)) for report in reports]

    def give_turn(self, session, worker):
        """Lets a worker go on whose report said that it waits."""
        session.run(self._give_turn[worker])

    def stop(self, session):
        """Has each worker end after its next update, or after the last pass over what it played."""
        session.run(self._set_stop)

    # ---- what a worker does ----

    def link(self, sessions, worker):
        """Link of a worker, by its sessions with all servers."""
        return Link(self, sessions, worker)


class Link:
    """A worker's end of the Queues."""

    def __init__(self, queues, sessions, worker):
        network = self._network = queues.network
        self._sessions = sessions
        feeds = [network.vectors_in[0], network.ended[0]] + list(queues._report)
        fetches = [network.vectors_out[0], *network.counts[0], queues._last]
        self._push_first = make_callable(sessions[0], fetches, feeds)
        self._push_others = network.push_calls(sessions)[1:]
        self._wait = make_callable(sessions[0], [queues._take_turn[worker]], [])
        self._pool = futures.ThreadPoolExecutor(max(len(self._push_others), 1))

    def pull(self):
        """(Counts so far, list of flat vectors of the weights)."""
        return self._network.pull(self._sessions)

    def push(self, vectors, ended, report, counts):
        """Makes an update. Returns (Counts, list of flat vectors of the weights after it, whether to stop).

        Args:
          vectors: list with a flat vector for each server, of gradients.
          ended: int, episodes that ended in the unroll.
          report: Report.
          counts: Counts, what came with the weights that the gradients were found with.
        """
        others = [self._pool.submit(call, vector, ended) for call, vector in zip(self._push_others, vectors[1:])]
        if report.waits:  # what is saved once the first has it is to have all of it
            futures.wait(others)
        first, episodes, updates, last = self._push_first(vectors[0], ended, *report._replace(staleness=counts.updates))
        weights = [first] + [other.result()[0] for other in others]
        if report.waits and not last:
            last, = self._wait()
        return Counts(int(episodes), int(updates)), weights, bool(last)


def _welcome_variable():
    return tf.get_variable('welcome', [], tf.string, tf.constant_initializer(''), trainable=False)


def read_welcome(target, looks=None):
    """The dict that was given to Queues.open at a server of this address ('grpc://...'): waits until it is.

    looks: int, how often to look; then None is returned. None: as often as it takes.
    """
    silence = Silence()
    with tf.Graph().as_default(), tf.device(FIRST):
        variable = _welcome_variable()
        with tf.Session(target) as session:
            while looks is None or looks > 0:
                looks = looks and looks - 1
                try:
                    text = session.run(variable)
                except tf.errors.FailedPreconditionError:  # not initialized yet
                    text = b''
                if text:
                    return json.loads(text.decode())
                silence.say(lambda: f'the run at {target[len("grpc://"):]} to begin')
                time.sleep(.1)
