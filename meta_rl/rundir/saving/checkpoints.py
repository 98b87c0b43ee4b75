"""Checkpoints of a run: weights and the optimizer's statistics as TensorFlow keeps them, and the state of chance beside them."""
import glob
import os
import re
import time

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.console.output import warn
from meta_rl.rundir import lock
from meta_rl.rundir.events import said
from meta_rl.rundir.saving import digests
from meta_rl.tf_compat import GONE, tf

KEPT = 5
TRIES = 10
QUANTILES = 7  # checkpoints kept along the way for the learning-set figure, as many as in Wang et al. 2018, figure 6c
FOLDER = 'checkpoints'


class NotFinite(Exception):
    """The numbers of a run are no longer numbers: one sentence that says where."""


class Checkpoints:
    """Saves and restores a network in the folder `checkpoints` of a run directory.

    Keeps the last five, the best, and the weights at each seventh of the run. All that saves raises OSError where it cannot
    be written, and NotFinite where there is nothing worth keeping; what was there before is whole in either case.

    Args:
      run: str, path.
      weights: list of tf.Variable, all that a trained network is.
      others: list of tf.Variable, what only further training needs: not kept at the sevenths.
      copies: dict of the name of one of `others` to another: it has the value of that one where a checkpoint does not have it, as one
        of a backend that needs it once only.

    Attributes: last, path of the checkpoint that was saved or restored last, or None.
    """

    def __init__(self, run, weights, others, copies=None):
        self._folder, self._all, self._weights, self._copies = os.path.join(run, FOLDER), weights + others, weights, copies or {}
        os.makedirs(self._folder, exist_ok=True)
        self._saver = tf.train.Saver(self._all, max_to_keep=KEPT, save_relative_paths=True)
        self._saver.recover_last_checkpoints(self._paths())
        self._best_saver = tf.train.Saver(self._all, max_to_keep=1)
        self._sevenths_saver = tf.train.Saver(weights, max_to_keep=QUANTILES)
        self._best_path, self.last = os.path.join(self._folder, 'best'), None
        self._best_return = _best_return(self._best_path)

    def _paths(self):
        """Paths of the kept checkpoints, oldest first."""
        return _newest_first(self._folder)[::-1]

    def save(self, session, state):
        """Saves under state['episodes']; `state` is plain data that `restore` gives back."""
        path = self._save(self._saver, self._all, session, 'model-%d' % state['episodes'], write_state=True)
        digests.write(path, state)  # last: only now is it a checkpoint
        self.last = path
        for stale in glob.glob(os.path.join(glob.escape(self._folder), 'model-*.json')):
            if not os.path.exists(stale[:-len('.json')] + '.index'):
                os.remove(stale)

    def save_best(self, session, mean_return, episodes):
        """Saves as `best` if `mean_return` is higher than that of the best so far."""
        if mean_return > self._best_return:
            self._save(self._best_saver, self._all, session, 'best')
            digests.write(self._best_path, {'return': mean_return, 'episodes': episodes})
            self._best_return = mean_return

    def save_quantile(self, session, number, episodes=None):
        """Saves the weights at the end of seventh `number` (1..7) of the run, after so many episodes."""
        path = self._save(self._sevenths_saver, self._weights, session, 'quantile-%d' % number)
        digests.write(path, {'seventh': number, 'episodes': episodes})
        self.forget_measured()

    def has_ended(self, total):
        """bool: the weights at the end of a run of `total` episodes are kept."""
        last = os.path.join(self._folder, 'quantile-%d' % QUANTILES)
        return os.path.exists(last + '.index') and _fits(last, total)

    def forget_measured(self):
        """Removes what was measured with weights of the sevenths, of a run that had ended and is made longer or shorter."""
        for name in 'learning_set*.csv', 'evaluation-*.json':
            for measured in glob.glob(os.path.join(glob.escape(os.path.dirname(self._folder)), name)):
                os.remove(measured)

    def _save(self, saver, variables, session, name, write_state=False):
        path = os.path.join(self._folder, name)
        try:
            # Another worker's update may have spoilt them and not yet been seen. Looked at first, since what was saved under this name
            # before is to stay; and once more, since it may come in between.
            for variable, value in zip(variables, session.run(variables)):
                if not np.isfinite(value).all():
                    raise NotFinite(f'{variable.op.name} is not finite.')
            saver.save(session, path, write_meta_graph=False, write_state=write_state)
            spoilt = digests.not_finite(path)
        except GONE:
            raise
        except (tf.errors.OpError, ValueError, RuntimeError) as error:  # ValueError: there is no such folder any more
            raise OSError(said(error))
        if spoilt:
            for part in glob.glob(glob.escape(path) + '.*'):
                os.remove(part)
            raise NotFinite(f'{spoilt} is not finite.')
        return path

    def restore(self, session, path):
        """Restores the variables from `path`, and returns the state that was saved with them.

        What a crash left unfinished is cleared away; damaged checkpoints after `path` are kept as damaged-<episodes>.*.
        """
        missing = set(self._copies) - _names(path) if self._copies else ()
        there = [variable for variable in self._all if variable.op.name not in missing]
        load(tf.train.Saver(there) if missing else self._saver, session, path, there)
        for variable in self._all:
            if variable.op.name in missing:
                variable.load(session.run(self._copies[variable.op.name]), session)
        state = digests.read(path)
        for leftover in glob.glob(os.path.join(glob.escape(self._folder), '*.tempstate*')):
            os.remove(leftover)
        for damaged in _newest_first(self._folder):
            if path.endswith('best') or episodes_of(damaged) <= episodes_of(path):
                break
            finished = os.path.exists(damaged + '.json')
            for part in glob.glob(glob.escape(damaged) + '.*'):
                if finished:
                    os.replace(part, os.path.join(self._folder, os.path.basename(part).replace('model', 'damaged', 1)))
                else:
                    os.remove(part)
        self._saver.recover_last_checkpoints(self._paths())
        self.last = path
        return state


def check_path(path):
    """ConfigError where TensorFlow would take the path of a checkpoint for a pattern, write there, and never find it again."""
    if re.search(r'\\|\[.*\]', path.replace(os.sep, '/')):
        raise ConfigError(f'{path} has a backslash or [ ] in it, which TensorFlow takes for a pattern: choose another --logdir, or '
                          'rename the folder.')


def _names(path):
    """set of the names of a checkpoint's variables; of none where it is damaged, which `load` says."""
    try:
        return set(tf.train.NewCheckpointReader(path).get_variable_to_shape_map())
    except (tf.errors.OpError, ValueError, RuntimeError):
        return set()


def load(saver, session, path, variables):
    """Has `saver` (tf.train.Saver of `variables`) restore `path`. ConfigError names it where it is damaged or does not fit."""
    check_path(path)
    try:
        shapes = tf.train.NewCheckpointReader(path).get_variable_to_shape_map()
        for variable in variables:  # a shape that does not fit is restored all the same, and fails far from here
            found, wanted = shapes.get(variable.op.name), variable.shape.as_list()
            if found != wanted:
                raise ValueError(f'{variable.op.name} is {found} there and {wanted} here')
        saver.restore(session, path)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:  # RuntimeError: the reader of TensorFlow 2
        raise ConfigError(f'{path} cannot be restored ({said(error)}): it is damaged, its config.json was changed, or only its weights were kept.')


def latest(run, resumable=False):
    """Path of the newest whole checkpoint of a run directory, for tf.train.Saver. Newer ones that are damaged are warned of.

    resumable: one that training can go on from, not only one that has weights.
    Raises: FileNotFoundError where there is none, ConfigError where all are damaged.
    """
    paths, flaws = _newest_first(os.path.join(run, FOLDER)), []
    if not paths:
        raise FileNotFoundError(f'{run} has no checkpoint: it is no run directory, or stopped before its first one.')
    for path in paths:
        flaw = digests.flaw(path, resumable)
        if flaw is None:
            for damaged, reason in flaws:
                warn(f'{damaged} is damaged ({reason}): using {os.path.basename(path)}, the one before it.')
            return path
        flaws.append((path, flaw))
    raise ConfigError(f'{run} has no checkpoint that is whole; the newest, {os.path.basename(paths[0])}, is damaged ({flaws[0][1]}): train anew.')


def best(run):
    """Path of the best checkpoint of a run directory; the newest if none was called best yet, or if the best is damaged."""
    path = os.path.join(run, FOLDER, 'best')
    if not os.path.exists(path + '.index'):
        return latest(run)
    flaw = digests.flaw(path, resumable=False)
    for _ in range(TRIES):
        if flaw is None or not lock.held(run):
            break
        time.sleep(.2)  # the run is going on, and may just be replacing it
        flaw = digests.flaw(path, resumable=False)
    if flaw is None:
        return path
    newest = latest(run)
    warn(f'{path} is damaged ({flaw}): using {os.path.basename(newest)}, the newest.')
    return newest


def quantiles(run, total=None):
    """Paths of the weights kept at each seventh of a run, of those that were reached, in order. ConfigError names a damaged one.

    total: int, episodes of the run: those that were kept when it was to be longer or shorter are left out. None: all.
    """
    paths = [os.path.join(run, FOLDER, 'quantile-%d' % number) for number in range(1, QUANTILES + 1)]
    paths = [path for path in paths if os.path.exists(path + '.index') and (total is None or _fits(path, total))]
    for path in paths:
        flaw = digests.flaw(path, resumable=False)
        if flaw:
            raise ConfigError(f'{path} is damaged ({flaw}): without it there is no learning set of this run, train anew.')
    return paths


def seventh(total, episodes):
    """int 0..7: how many sevenths of a run of `total` episodes are over after so many."""
    return min(episodes, total) * QUANTILES // total


def _fits(path, total):
    """Whether the weights of a seventh are those of a run of `total` episodes."""
    try:
        content = digests.read(path)
        return seventh(total, content['episodes']) == content['seventh']
    except (OSError, ValueError, KeyError, TypeError):  # kept by an earlier version, or damaged, which is seen elsewhere
        return True


def seventh_of(path):
    """int 1..7: which seventh of the run the weights `quantile-<number>` are of."""
    return episodes_of(path)


def episodes_of(path):
    """int: the episodes after which the checkpoint `model-<episodes>` was saved."""
    return int(path.rsplit('-', 1)[1])


def _newest_first(folder):
    found = glob.glob(os.path.join(glob.escape(folder), 'model-*.index'))
    return sorted((path[:-len('.index')] for path in found if path[:-len('.index')].rsplit('-', 1)[1].isdigit()),
                  key=episodes_of, reverse=True)


def _best_return(path):
    """What the checkpoint called best earned; less than anything where it is damaged, so that the next takes its place."""
    if not os.path.exists(path + '.json') or digests.flaw(path):
        return -np.inf
    value = digests.read(path).get('return')
    return value if isinstance(value, (int, float)) else -np.inf
