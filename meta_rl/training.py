"""run(): graph, workers, session, checkpoints, logs. The same loop whatever carries the workers."""
import os
import signal
import threading
import time

import numpy as np

from meta_rl import checkpoints, config as config_module, dataset, encoders, labs
from meta_rl.ac_network import GLOBAL, AC_Network
from meta_rl.environment import TRIALS, make_envs
from meta_rl.monitor import Monitor
from meta_rl.observation import Crops
from meta_rl.tf_compat import check_device, session_config, tf
from meta_rl.worker import Worker

A_SIZE = 2  # left, right


class Interrupted(Exception):
    """Training was asked to stop (Ctrl-C, SIGTERM); what was learned is saved. `run` is the run directory."""

    def __init__(self, run):
        super(Interrupted, self).__init__(run)
        self.run = run


def make_encoder(config):
    """The encoder that a Config describes."""
    normalized = config.embedding, config.normalizer, config.embedding_scale
    if config.observation == 'crops':
        _, height, width, _ = Crops(config.width, config.height).shape
        return encoders.Crops(height, width, *normalized)
    if config.observation == 'pixels' and config.encoder == 'halves':
        return encoders.Halves(config.height, config.width, Crops(config.width, config.height).apart, *normalized,
                               config.scaled_pixels)
    if config.observation == 'pixels':
        return encoders.Wang(config.height, config.width, *normalized, config.scaled_pixels, config.conv_activations)
    if config.embedding:
        return encoders.Embedding(config.code_length, config.embedding, config.embedding_scale)
    return encoders.OneHot(config.code_length)


def make_network(config, scope, trainer=None, count=None):
    """The AC_Network that a Config describes. `count`: see AC_Network."""
    return AC_Network(
        A_SIZE, scope, trainer, encoder=lambda: make_encoder(config), units=config.units, second_units=config.second_units,
        unroll=TRIALS, value_coef=config.value_coef, entropy_coef=config.entropy_coef, clip_norm=config.clip_norm,
        reward_scale=config.reward_scale, timestep_scale=config.timestep_scale, use_prev_reward=config.prev_reward,
        use_prev_action=config.prev_action, use_timestep=config.timestep, remembers=config.memory == 'episode', count=count)


def make_trainer(config, global_episodes):
    """The optimizer that all workers share; its learning rate may fall with `global_episodes` (a tf.Variable)."""
    rate = tf.constant(config.learning_rate, tf.float32)
    if config.decay:
        rate *= tf.maximum(1 - tf.cast(global_episodes, tf.float32) / config.episodes, 0.)
    if config.optimizer == 'rmsprop':
        return tf.train.RMSPropOptimizer(rate, epsilon=config.epsilon or 1e-10)
    return tf.train.AdamOptimizer(rate, epsilon=config.epsilon or 1e-8)


def new_run_directory(config):
    """Makes a directory of its own for a run, with its config.json, and returns its path."""
    name = '%s-seed%d-%s' % (config.preset, config.seed, time.strftime('%Y%m%d-%H%M%S'))
    path = os.path.join(config.logdir, name)
    for twin in range(2, 1000):
        try:
            os.makedirs(path)
            break
        except FileExistsError:
            path = os.path.join(config.logdir, '%s-%d' % (name, twin))
    config.save(os.path.join(path, 'config.json'))
    labs.write_level(config, path)
    return path


def run(config, resume=None):
    """Trains.

    Args:
      config: Config.
      resume: path of a run directory to go on with, or None for a new one.
    Returns: (path of the run directory, mean return of the last 1,000 episodes, seconds of training).
    Raises: Interrupted after Ctrl-C or SIGTERM; whatever a worker raised.
    """
    newest = checkpoints.latest(resume) if resume else None
    folder = dataset.folder_of(config)
    if config.held_out_images:  # from now on the copies that no one changes
        config = config.change(held_out_images=dataset.held_out_folder_of(config))
    if config.images:
        config = config.change(images=folder)
    graph = tf.Graph()
    with graph.as_default(), tf.device(config.device):
        tf.set_random_seed(config.seed)  # before the first operation: each takes its own seed from it as it is made
        with tf.device(config_module.CPU):
            global_episodes = tf.get_variable('global_episodes', [], tf.int64, tf.zeros_initializer(), trainable=False)
        shared = make_network(config, GLOBAL)
        trainer = make_trainer(config, global_episodes)
        workers = []
        for number in range(config.workers):
            random = np.random.RandomState([config.seed, number])
            envs = make_envs(config, folder, config.batch, random)  # first: it is quick, and what is wrong shows here
            network = make_network(config, 'worker_%d' % number, trainer, lambda: global_episodes.assign_add(config.batch))
            workers.append(Worker(number, network, envs, random, config.gamma, config.gae_lambda))
        learned = trainer.variables() + [global_episodes]
        initialize = tf.global_variables_initializer()
        warning = check_device(config.device, session_config())
        if warning:
            print(warning)

        directory = resume or new_run_directory(config)
        saved = checkpoints.Checkpoints(directory, shared.variables, learned)
        with tf.Session(config=session_config()) as session:
            session.run(initialize)
            start = None
            if resume:
                start = saved.restore(session, newest)
                config.save(os.path.join(directory, 'config.json'))  # not before: what cannot go on stays as it was
                for worker, state in zip(workers, start['random']):
                    checkpoints.set_random_state(worker.random, state)
            print('Training %s: %d episodes, %d worker%s, into %s' % (
                config.preset, config.episodes, config.workers, 's' * (config.workers > 1), directory), flush=True)
            monitor = Monitor(directory, config.episodes, config.log_every, start and start['monitor'])
            try:
                interrupted = _train(config, workers, session, monitor, saved)
            finally:
                monitor.close()
                for worker in workers:
                    worker.close()
            if interrupted:
                raise Interrupted(directory)
    return directory, float(np.mean(monitor.recent)), monitor.seconds()


def _train(config, workers, session, monitor, saved):
    """Runs the workers in threads until the last episode. Returns whether it was interrupted."""
    coordinator = tf.train.Coordinator()

    def save():
        saved.save(session, {'episodes': monitor.episodes, 'monitor': monitor.state(),
                             'random': [checkpoints.random_state(worker.random) for worker in workers]})

    def seventh(episodes):
        return min(episodes, config.episodes) * checkpoints.QUANTILES // config.episodes

    def report(worker, rollout, losses, _):
        with monitor.lock:
            before, episodes = monitor.episodes, monitor.episodes + config.batch
            if before >= config.episodes:
                return  # another worker has played the last episode
            if monitor.report(rollout, losses, episodes) and len(monitor.recent) == monitor.recent.maxlen:
                saved.save_best(session, float(np.mean(monitor.recent)), episodes)
            if seventh(episodes) > seventh(before):
                saved.save_quantile(session, seventh(episodes))
            if episodes // config.checkpoint_every > before // config.checkpoint_every:
                save()
            if episodes >= config.episodes:
                coordinator.request_stop()

    def work(worker):
        with coordinator.stop_on_exception():
            worker.work(session, coordinator, report)

    def terminate(*_):
        raise KeyboardInterrupt

    # Bound as an argument: a lambda over the loop's variable would have every thread run the last worker.
    threads = [threading.Thread(target=work, args=(worker,), name=worker.network.scope) for worker in workers]
    interrupted = False
    in_main_thread = threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGTERM, terminate) if in_main_thread else None
    try:
        if monitor.episodes >= config.episodes:
            coordinator.request_stop()
        for thread in threads:
            thread.start()
        coordinator.join(threads)
    except KeyboardInterrupt:
        interrupted = True
        coordinator.request_stop()
        coordinator.join(threads)
    finally:
        if in_main_thread:
            signal.signal(signal.SIGTERM, previous)
    save()
    return interrupted
