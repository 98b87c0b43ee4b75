"""RemoteWorker: a Worker with a lab, a graph and a session of its own, in a process of its own."""
import numpy as np

from meta_rl import agents
from meta_rl.backends.remote.shared_network import report_of
from meta_rl.images import finding, identity
from meta_rl.labs.closing import closing_where_it_fails
from meta_rl.rundir.recorder import is_milestone
from meta_rl.tf_compat import session_of, tf


class RemoteWorker:
    """Builds a worker here.

    Args:
      config: Config.
      number: int, of the worker.
      fingerprint: str, what `fingerprint` returned where the run is recorded.
      state: what it goes on from (see Worker.state), or None at the start of a run.
      shards: see SharedNetwork.
    Raises: ConfigError where this machine's images are not those of the run.
    """

    def __init__(self, config, number, fingerprint, state, shards):
        self._config = config
        folder = finding.by_digest(config, fingerprint) if fingerprint else ''
        self._random = np.random.RandomState([config.seed, number])
        envs = agents.of(config).make_envs(config, folder, config.batch, self._random, training=True)
        with closing_where_it_fails(envs):
            self._graph = tf.Graph()
            with self._graph.as_default(), tf.device(config.device):
                network = agents.make_network(config, 'worker_%d' % number, shards=shards)
            self._worker = agents.make_worker(config, number, network, envs, self._random)
            if state:
                self._worker.set_state(state)
            self._session = session_of(self._graph)
        self._played, self._left = None, []  # what it learns from, and what of that it has not learned from yet

    @property
    def between_unrolls(self):
        """bool: nothing is left to learn from what was played, so that a run that stops here goes on as if it had not."""
        return not self._left

    def start_anew(self, episodes):
        """Starts new episodes, by other numbers: for a worker that joins a run after so many episodes, some of them its own."""
        self._random.seed([self._config.seed, self._worker.number, episodes])
        self._worker.forget()
        self._left = []

    def learn(self, weights, counts):
        """One update: plays, and returns (list of flat vectors for the shared network, episodes that ended, Report).

        Where there are several by what was played, the last one reports the episodes and the steps: before it the Report has 0
        of each.

        Args:
          weights: list of flat vectors of the shared weights.
          counts: Counts that came with them.
        """
        worker = self._worker
        worker.network.set_weights(self._session, weights)
        if not self._left:
            self._played = worker.play(self._session, counts.episodes)
            self._left = worker.unrolls(self._played, counts.episodes)
        unroll = self._left.pop(0)
        losses, vectors = worker.network.gradients(self._session, unroll)
        update = worker.update(self._played, losses, 0)
        if self._left:
            update = update._replace(episodes=[], steps=0, width=0)
        waits = is_milestone(self._config, counts.episodes, counts.episodes + unroll.ended)
        return vectors, unroll.ended, report_of(update, waits)

    def close(self):
        """Closes the labs and the session."""
        self._worker.close()
        self._session.close()


def fingerprint_of(folder, count):
    """str: the same for the same first `count` images of a dataset folder; '' where the task has none, and there is no folder."""
    return identity.digest(folder, count) if folder else ''
