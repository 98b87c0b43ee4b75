"""Exchange: how workers in processes of their own and the parameter servers talk, by means of TensorFlow alone.

Every process builds the same graph and runs its own part of it. A worker has a session with each server and none with other
workers: it listens nowhere, and when it dies nobody waits for it.
"""
import json
import time
from concurrent.futures import ThreadPoolExecutor

from meta_rl.backends.shared_network import Report, SharedNetwork
from meta_rl.backends.waits import Silence
from meta_rl.envs.decisions import TRIALS
from meta_rl.tf_compat import make_callable, tf

WAITING_ROOM = 1000  # reports that may lie there unread before workers have to wait
FIRST = '/job:ps/task:0/cpu:0'  # the server that takes reports, and in whose process the run is recorded


class Exchange:
    """Builds the shared network on its servers, and the queues beside it, into the default graph.

    Args:
      config: Config; `ps` servers and `workers` workers.
    """

    def __init__(self, config):
        self.network = SharedNetwork(config, config.ps)
        lead = [TRIALS, config.batch]
        kinds = Report(tf.int64, tf.bool, tf.int64, tf.float32, tf.float32, tf.float32, tf.float32, tf.int64)
        shapes = Report([], [], [625], lead, lead, lead, [5], [])
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
            episodes = self.network.episodes[0]
            # Fed with the count of episodes at the copying, it becomes the number of updates between that and this one.
            staleness = (episodes - self._report.staleness) // config.batch - 1
            with tf.control_dependencies([episodes]):
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
        """The Reports that have come in, of numpy values; [] where there are none."""
        count = session.run(self._waiting)
        if not count:
            return []
        taken = session.run(self._taken, {self._count: count})
        return [Report(*(taken[name][i] for name in Report._fields)) for i in range(count)]

    def give_turn(self, session, worker):
        """Lets a worker go on whose report said that it waits."""
        session.run(self._give_turn[worker])

    def stop(self, session):
        """Has each worker end after its next update."""
        session.run(self._set_stop)

    # ---- what a worker does ----

    def link(self, sessions, worker):
        """Link of a worker, by its sessions with all servers."""
        return Link(self, sessions, worker)


class Link:
    """A worker's end of the Exchange."""

    def __init__(self, exchange, sessions, worker):
        self._network, self._sessions = exchange.network, sessions
        feeds = [exchange.network.parcel_in[0]] + list(exchange._report)
        fetches = [exchange.network.parcel_out[0], exchange.network.episodes[0], exchange._last]
        self._push_first = make_callable(sessions[0], fetches, feeds)
        self._push_others = exchange.network.push_calls(sessions)[1:]
        self._wait = make_callable(sessions[0], [exchange._take_turn[worker]], [])
        self._pool = ThreadPoolExecutor(max(len(self._push_others), 1))

    def pull(self):
        """(episodes so far, list of parcels of the weights)."""
        return self._network.pull(self._sessions)

    def push(self, lesson, report, episodes):
        """Makes an update. Returns (episodes so far, list of parcels of the weights after it, whether to stop).

        Args:
          lesson: list with a parcel for each server.
          report: Report.
          episodes: int, what came with the weights that the lesson was learned with.
        """
        others = [self._pool.submit(call, parcel) for call, parcel in zip(self._push_others, lesson[1:])]
        first, count, last = self._push_first(lesson[0], *report._replace(staleness=episodes))
        weights = [first] + [other.result()[0] for other in others]
        if report.waits and not last:
            last, = self._wait()
        return int(count), weights, bool(last)


def _welcome_variable():
    return tf.get_variable('welcome', [], tf.string, tf.constant_initializer(''), trainable=False)


def read_welcome(target, looks=None):
    """The dict that was given to Exchange.open at a server of this address ('grpc://...'): waits until it is.

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
