"""RemoteWorker: a Worker with a lab, a graph and a session of its own, in a process of its own."""
import numpy as np

from meta_rl.agents import make_network
from meta_rl.backends.shared_network import report_of
from meta_rl.envs.decisions import make_envs
from meta_rl.images import finding, identity
from meta_rl.rundir import checkpoints
from meta_rl.rundir.recorder import is_milestone
from meta_rl.tf_compat import session_config, tf
from meta_rl.worker import Worker


class RemoteWorker:
    """Builds a worker here.

    Args:
      config: Config.
      number: int, of the worker.
      fingerprint: str, what `fingerprint` returned where the run is recorded.
      state: what its RandomState goes on from (see checkpoints.random_state), or None at the start of a run.
      shards: see SharedNetwork.
    Raises: ConfigError where this machine's images are not those of the run.
    """

    def __init__(self, config, number, fingerprint, state, shards):
        self._config = config
        folder = finding.by_digest(config, fingerprint)
        self._random = np.random.RandomState([config.seed, number])
        if state:
            checkpoints.set_random_state(self._random, state)
        envs = make_envs(config, folder, config.batch, self._random)
        self._graph = tf.Graph()
        with self._graph.as_default(), tf.device(config.device):
            network = make_network(config, 'worker_%d' % number, shards=shards)
        self._worker = Worker(number, network, envs, self._random, config.gamma, config.gae_lambda)
        self._session = tf.Session(graph=self._graph, config=session_config())

    def start_anew(self, episodes):
        """Draws other numbers from now on: for a worker that joins a run after so many episodes, some of them its own."""
        self._random.seed([self._config.seed, self._worker.number, episodes])

    def learn(self, weights, episodes):
        """One update: plays, and returns (list of parcels for the shared network, Report).

        Args:
          weights: list of parcels of the shared weights.
          episodes: int, the count that came with them.
        """
        rollout, losses, lesson = self._worker.learn(weights, self._session)
        waits = is_milestone(self._config, episodes, episodes + self._config.batch)
        return lesson, report_of(self._worker, waits, rollout, losses)

    def close(self):
        """Closes the labs and the session."""
        self._worker.close()
        self._session.close()


def fingerprint_of(folder, count):
    """str: the same for the same first `count` images of a dataset folder."""
    return identity.digest(folder, count)
