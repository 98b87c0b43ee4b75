"""Threads: the backend whose workers are threads of one process, around one session."""
import threading

import numpy as np

from meta_rl.ac_network import GLOBAL
from meta_rl.agents import make_gaze_network, make_network, make_trainer
from meta_rl.config import CPU
from meta_rl.envs.decisions import make_envs
from meta_rl.tf_compat import check_device, session_config, tf
from meta_rl.worker import Worker


class Threads:
    """A backend: builds all that trains into `graph`, and trains.

    Args:
      config: Config.
      folder: dataset folder of %04d.png.
    Raises: ConfigError where the lab does not take its settings.

    Attributes: graph; initialize, operation; variables, all that a trained network is; others, what only further training
    needs; device, where checkpoints are written from; warning, a sentence or None. `directory`, the run directory, is set before
      `train` is called.
    """

    def __init__(self, config, folder):
        self._config, self.device = config, config.device
        self.graph = tf.Graph()
        with self.graph.as_default(), tf.device(config.device):
            tf.set_random_seed(config.seed)  # before the first operation: each takes its own seed from it as it is made
            with tf.device(CPU):
                episodes = tf.get_variable('global_episodes', [], tf.int64, tf.zeros_initializer(), trainable=False)
            shared = self._make_network(GLOBAL)
            trainer = make_trainer(config, episodes)
            self._workers = []
            for number in range(config.workers):
                self._workers.append(self._make_worker(number, folder, trainer, episodes))
            self.variables, self.others = shared.variables, trainer.variables() + [episodes]
            self.initialize = tf.global_variables_initializer()
        self.warning = check_device(config.device, session_config())

    def _make_network(self, scope, *others, **more):
        make = make_gaze_network if self._config.control == 'gaze' else make_network
        return make(self._config, scope, *others, **more)

    def _make_worker(self, number, folder, trainer, episodes):
        config, scope = self._config, 'worker_%d' % number
        random = np.random.RandomState([config.seed, number])
        if config.control == 'gaze':
            from meta_rl import gaze_worker
            from meta_rl.envs import gaze
            envs = gaze.make_envs(config, folder, config.batch, random, training=True)
            network = self._make_network(scope, trainer, count=episodes.assign_add)
            return gaze_worker.GazeWorker(number, network, envs, random, config)
        envs = make_envs(config, folder, config.batch, random)  # first: it is quick, and what is wrong shows here
        network = self._make_network(scope, trainer, count=lambda updates: episodes.assign_add(config.batch * updates))
        return Worker(number, network, envs, random, config.gamma, config.gae_lambda)

    def session(self):
        """tf.Session of the graph."""
        return tf.Session(graph=self.graph, config=session_config())

    def randoms(self):
        """list: the state of each worker, see Worker.state."""
        return [worker.state() for worker in self._workers]

    def set_randoms(self, states):
        """Has the workers go on from what `randoms` returned."""
        for worker, state in zip(self._workers, states):
            if state:
                worker.set_state(state)

    def train(self, session, recorder):
        """Trains until the recorder is done. What a worker raises is raised here, and so is KeyboardInterrupt, at rest."""
        coordinator = tf.train.Coordinator()

        def report(worker, rollout, losses, staleness):
            with recorder.lock:
                recorder.report(rollout, losses, staleness, worker.number)
                if recorder.over:
                    coordinator.request_stop()

        def work(worker):
            with coordinator.stop_on_exception():
                worker.work(session, coordinator, report)

        # Bound as an argument: a lambda over the loop's variable would have every thread run the last worker.
        threads = [threading.Thread(target=work, args=(worker,), name=worker.network.scope) for worker in self._workers]
        if recorder.done:
            return
        try:
            for thread in threads:
                thread.start()
            coordinator.join(threads)
        except KeyboardInterrupt:
            coordinator.request_stop()
            coordinator.join(threads)
            raise

    def close(self):
        """Closes the labs."""
        for worker in self._workers:
            worker.close()
