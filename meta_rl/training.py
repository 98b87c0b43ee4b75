"""run(): backend, session, checkpoints, logs. The same whatever carries the workers."""
import os
import time

import numpy as np

from meta_rl.backends.stops import Stops
from meta_rl.config import Config, ConfigError
from meta_rl.images import dataset
from meta_rl.labs import choice
from meta_rl.rundir import checkpoints, dashboard
from meta_rl.rundir import resume as resuming
from meta_rl.rundir.monitor import Monitor
from meta_rl.rundir.recorder import CannotWrite, NotFinite, Recorder, ServersLost, WorkersLost
from meta_rl.tf_compat import tf


class Interrupted(Exception):
    """Training stopped before its end: it was asked to (Ctrl-C, SIGTERM), or it cannot go on.

    `run` is the run directory; `reason`, a sentence, is empty where it was asked to; `resumable`: it can go on from there.
    """

    def __init__(self, run, reason='', resumable=True):
        super().__init__(run, reason, resumable)
        self.run, self.reason, self.resumable = run, reason, resumable


def new_run_directory(config):
    """Makes a directory of its own for a run, with its config.json, and returns its path."""
    name = '%s-seed%d-%s' % (config.preset, config.seed, time.strftime('%Y%m%d-%H%M%S'))
    path = os.path.join(config.logdir, name)
    checkpoints.check_path(path)
    for twin in range(2, 1000):
        try:
            os.makedirs(path)
            break
        except FileExistsError:
            path = os.path.join(config.logdir, '%s-%d' % (name, twin))
    config.save(os.path.join(path, 'config.json'))
    choice.write_level(config, path)
    return path


def make_backend(config, folder):
    """The backend of a Config, see threads.Threads. Only the one that is asked for is imported."""
    for name, backend in (('ps', 'processes'), ('cluster', 'processes'), ('ray_address', 'ray')):
        if getattr(config, name) != getattr(Config(), name) and config.backend != backend:
            raise ConfigError(f"{name} is {getattr(config, name)!r}, but the backend is '{config.backend}': leave it out, or choose the backend '{backend}'.")
    choice.check(config)
    if config.control == 'gaze':
        from meta_rl.envs import gaze
        gaze.check(config)
    if config.backend == 'processes':
        from meta_rl.backends.processes import Processes as Backend
    elif config.backend == 'ray':
        from meta_rl.backends.ray_actors import Rays as Backend
    else:
        from meta_rl.backends.threads import Threads as Backend
    return Backend(config, folder)


def run(config, resume=None, lines=None):
    """Trains.

    Args:
      config: Config.
      resume: path of a run directory to go on with, or None for a new one.
      lines: metrics.Lines, or None.
    Returns: (path of the run directory, mean return of the last 1,000 episodes, seconds of training).
    Raises: Interrupted after Ctrl-C or SIGTERM; whatever a worker raised.
    """
    newest = resuming.newest(resume) if resume else None
    folder = dataset.folder_of(config)
    if config.held_out_images:  # from now on the copies that no one changes
        config = config.change(held_out_images=dataset.held_out_folder_of(config))
    if config.images:
        config = config.change(images=folder)
    backend = make_backend(config, folder)
    try:
        if backend.warning:
            print(backend.warning)
        directory = resume or new_run_directory(config)
        with backend.graph.as_default(), tf.device(backend.device):
            saved = checkpoints.Checkpoints(directory, backend.variables, backend.others)
        with backend.session() as session:
            session.run(backend.initialize)
            start = None
            if resume:
                start = saved.restore(session, newest)
                config.save(os.path.join(directory, 'config.json'))  # not before: what cannot go on stays as it was
                backend.set_randoms(start['random'])
            print('Training %s: %d episodes, %d worker%s%s, into %s' % (
                config.preset, config.episodes, config.workers, 's' * (config.workers > 1),
                '' if config.backend == 'threads' else f' ({config.backend})', directory), flush=True)
            monitor = Monitor(directory, config.episodes, config.log_every, start and start['monitor'], lines)
            recorder = Recorder(config, monitor, saved, session, backend.randoms)
            try:
                backend.directory = directory
                monitor.show(dashboard.opening(config), 0)
                _train(backend, session, recorder, directory, saved)
                seconds = monitor.seconds()
                monitor.show(dashboard.closing(directory), monitor.episodes)
            finally:
                monitor.close()
    finally:
        backend.close()
    return directory, float(np.mean(monitor.recent)), seconds


def _train(backend, session, recorder, directory, saved):
    interrupted = None
    try:
        with Stops() as stops:
            try:
                backend.train(session, recorder)
                stops.hold()
                if recorder.unheard and not recorder.done:
                    interrupted = Interrupted(directory, f'{recorder.unheard} What was learned is saved.')
            except KeyboardInterrupt:
                interrupted = Interrupted(directory)
            except WorkersLost as error:
                interrupted = Interrupted(directory, f'{error} What was learned is saved.')
            stops.hold()
            recorder.save()
    except ServersLost as error:
        raise Interrupted(directory, f'{error} What was learned since the last checkpoint is lost.', bool(saved.last))
    except CannotWrite as error:
        raise Interrupted(directory, str(error), bool(saved.last))
    except NotFinite as error:
        raise Interrupted(directory, str(error), False)  # one worker would come to the same update again
    if interrupted:
        raise interrupted
