"""run(): backend, session, checkpoints, logs. The same whatever carries the workers."""
import contextlib
import functools
import os
import time

import numpy as np

from meta_rl import agents, worker
from meta_rl import config as config_module
from meta_rl.config import ConfigError
from meta_rl.console.output import say
from meta_rl.console.stops import Stops
from meta_rl.images import finding, identity
from meta_rl.labs import choice
from meta_rl.labs.lab_process import LabDied
from meta_rl.rundir import dashboard, lock, versions
from meta_rl.rundir.events import said
from meta_rl.rundir.monitor import Monitor
from meta_rl.rundir.recorder import CannotWrite, NotFinite, Recorder, ServersLost, WorkersLost
from meta_rl.rundir.saving import checkpoints
from meta_rl.rundir.saving import resume as resuming
from meta_rl.tf_compat import GONE, tf


class Interrupted(Exception):
    """Training stopped before its end: it was asked to (Ctrl-C, SIGTERM, see stops), or it cannot go on.

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
    """The Backend of a Config. Only the one that is asked for is imported."""
    if config.backend == 'processes':
        from meta_rl.backends.processes import Processes as Backend
    elif config.backend == 'ray':
        from meta_rl.backends.ray_actors import Rays as Backend
    else:
        from meta_rl.backends.threads import Threads as Backend
    return Backend(config, folder)


def run(config, resume=None, lines=None, images=''):
    """Trains.

    Args:
      config: Config.
      resume: path of a run directory to go on with, or None for a new one.
      lines: metrics.Lines, or None.
      images: str, folder in which the images of the run to resume are; '' where it is to be found without.
    Returns: (path of the run directory, mean return of the last 1,000 episodes, seconds of training).
    Raises: Interrupted after Ctrl-C, SIGTERM and the like; ConfigError where another process trains there; whatever a worker raised.
    """
    agents.check(config)
    choice.check(config)
    of_worker = functools.partial(worker.corruption, is_episode=agents.of(config).is_episode)
    if resume:
        lock.check(resume)
        resuming.newest(resume, of_worker)
    else:
        agents.check_given(config)
    config, folder, shown = _images(config, resume, images)
    backend, locked = make_backend(config.change(images=folder and os.path.abspath(folder)), folder), contextlib.ExitStack()
    try:
        if backend.warning:
            say(backend.warning)
        directory = resume or new_run_directory(config)
        locked.enter_context(lock.Lock(directory))
        newest = resuming.newest(resume, of_worker) if resume else None  # once more: another process may have gone on until now
        if not resume:
            identity.keep(directory, **shown)
        with backend.graph.as_default(), tf.device(backend.device):
            saved = checkpoints.Checkpoints(directory, backend.variables, backend.others, backend.copies)
        with backend.session() as session:
            session.run(backend.initialize)
            start = None
            if resume:
                start = saved.restore(session, newest)
                if config_module.load(os.path.join(directory, 'config.json')).episodes != config.episodes:
                    saved.forget_measured()
                config.save(os.path.join(directory, 'config.json'))  # not before: what cannot go on stays as it was
                identity.keep(directory, **shown)
                backend.set_states(start['random'])
            versions.keep(directory, start['monitor']['episodes'] if start else 0)
            trials = agents.of(config).spec(config).trials
            monitor = Monitor(directory, config.episodes, config.log_every, start and start['monitor'], lines,
                              'Training %s: %d episodes, %d worker%s%s%s, into %s' % (
                                  config.preset, config.episodes, config.workers, 's' * (config.workers > 1),
                                  '' if config.backend == 'threads' else f' ({config.backend})',
                                  f' on {config.device}' if config.backend == 'threads' and not backend.warning else '', directory), trials)
            recorder = Recorder(config, monitor, saved, session, backend.states)
            try:
                monitor.show(dashboard.opening(config, trials), 0)
                _train(backend, session, recorder, directory, saved)
                seconds = monitor.seconds()
                from meta_rl.figures import plotting  # at the end: Matplotlib takes a second and 30 MB
                monitor.show(dashboard.closing(directory, plotting.learning_set), monitor.episodes)
            finally:
                monitor.close()
    finally:
        backend.close()
        locked.close()
    return directory, float(np.mean(monitor.recent)), seconds


def _images(config, resume, images):
    """(Config, dataset folder, what identity.keep keeps of it): '' and {} where the task has no images."""
    if not agents.of(config).in_lab:
        if images:
            raise ConfigError(f'--images is {images!r}, but the environment {config.environment!r} has no images: leave it out.')
        return config.change(cluster=config.cluster and os.path.abspath(config.cluster)), '', {}
    config, folder = finding.settled(config, resume, images)
    return config, folder, identity.sets_of(config, folder)


def _train(backend, session, recorder, directory, saved):
    interrupted = None
    try:
        with Stops() as stops:
            try:
                backend.train(session, recorder, directory)
                stops.hold()
                if recorder.output_closed and not recorder.done:
                    interrupted = Interrupted(directory, f'{recorder.output_closed} What was learned is saved.')
            except KeyboardInterrupt:
                interrupted = Interrupted(directory)
            except (WorkersLost, LabDied) as error:
                interrupted = Interrupted(directory, f'{error} What was learned is saved.')
            stops.hold()
            recorder.save()
    except (ServersLost,) + GONE as error:  # GONE: while the last checkpoint was written
        reason = str(error) if isinstance(error, ServersLost) else f'A server is gone ({said(error)}).'
        raise Interrupted(directory, f'{reason} What was learned since the last checkpoint is lost.', bool(saved.last))
    except CannotWrite as error:
        raise Interrupted(directory, str(error), bool(saved.last))
    except NotFinite as error:
        raise Interrupted(directory, str(error), False)  # one worker would come to the same update again
    if interrupted:
        raise interrupted
