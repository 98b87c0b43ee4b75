"""Threads: the backend whose workers are threads of one process, around one session."""
import threading

import numpy as np

from meta_rl import agents
from meta_rl.ac_network import GLOBAL, Counts
from meta_rl.backends.base import Backend
from meta_rl.config import CPU
from meta_rl.labs.closing import closing_where_it_fails
from meta_rl.tf_compat import check_device, session_config, session_of, tf

FOR_EVER = float('inf')  # seconds that a worker may take to end: an unroll in slow labs takes minutes


class Threads(Backend):
    """A backend, see base.Backend."""

    def __init__(self, config, folder):
        super().__init__(config, folder)
        self.device = config.device
        self.graph = tf.Graph()
        self._workers = []
        with closing_where_it_fails(self._workers), self.graph.as_default(), tf.device(config.device):
            tf.set_random_seed(config.seed)  # before the first operation: each takes its own seed from it as it is made
            with tf.device(CPU):
                episodes = _count('global_episodes')
            shared = agents.make_network(config, GLOBAL, acts=False)
            with tf.device(CPU):
                counts = Counts(episodes, _count('updates'))
            trainer = agents.make_trainer(config, episodes)
            for number in range(config.workers):
                self._workers.append(self._make_worker(number, trainer, counts))
            self.variables, self.others = shared.variables, trainer.variables() + [episodes]
            self.initialize = tf.global_variables_initializer()
        self.warning = check_device(config.device, session_config())
        for worker in self._workers:
            self._opened.callback(worker.close)

    def _make_worker(self, number, trainer, counts):
        config, random = self._config, np.random.RandomState([self._config.seed, number])
        # First: it is quick, and what is wrong shows here.
        envs = agents.of(config).make_envs(config, self._folder, config.batch, random, training=True)
        with closing_where_it_fails(envs):
            network = agents.make_network(config, 'worker_%d' % number, trainer, counts)
            return agents.make_worker(config, number, network, envs, random)

    def session(self):
        return session_of(self.graph)

    def set_states(self, states):
        super().set_states(states)
        for worker, state in zip(self._workers, self._states):
            if state:
                worker.set_state(state)

    def train(self, session, recorder, directory):
        if recorder.done:
            return
        coordinator = tf.train.Coordinator()

        def report(update):
            with recorder.lock:
                self._states[update.worker] = update.state
                recorder.report(update)
                if recorder.over:
                    coordinator.request_stop()

        def work(worker):
            with coordinator.stop_on_exception():
                worker.work(session, coordinator, report)

        # Bound as an argument: a lambda over the loop's variable would have every thread run the last worker.
        threads = [threading.Thread(target=work, args=(worker,), name=worker.network.scope) for worker in self._workers]
        try:
            for thread in threads:
                thread.start()
            coordinator.join(threads, stop_grace_period_secs=FOR_EVER)
        except KeyboardInterrupt:
            coordinator.request_stop()
            coordinator.join(threads, stop_grace_period_secs=FOR_EVER)
            raise


def _count(name):
    return tf.get_variable(name, [], tf.int64, tf.zeros_initializer(), trainable=False)
