"""Checkpoints of a run: weights and the optimizer's statistics as TensorFlow keeps them, and the state of chance beside them."""
import glob
import json
import os

import numpy as np

from meta_rl.config import ConfigError, write_json
from meta_rl.tf_compat import tf

KEPT = 5
QUANTILES = 7  # checkpoints kept along the way for the learning-set figure, as many as in Wang et al. 2018, figure 6c
FOLDER = 'checkpoints'


class Checkpoints(object):
    """Saves and restores a network in the folder `checkpoints` of a run directory.

    Keeps the last five, the best, and the weights at each seventh of the run.

    Args:
      run: str, path.
      weights: list of tf.Variable, all that a trained network is.
      others: list of tf.Variable, what only further training needs: not kept at the sevenths.
    """

    def __init__(self, run, weights, others):
        variables = weights + others
        self._folder, self._variables = os.path.join(run, FOLDER), variables
        os.makedirs(self._folder, exist_ok=True)
        self._saver = tf.train.Saver(variables, max_to_keep=KEPT, save_relative_paths=True)
        self._saver.recover_last_checkpoints(self._paths())
        self._best = tf.train.Saver(variables, max_to_keep=1)
        self._weights = tf.train.Saver(weights, max_to_keep=QUANTILES)
        self._best_path = os.path.join(self._folder, 'best.json')
        self._best_return = _read(self._best_path)['return'] if os.path.exists(self._best_path) else -np.inf

    def _paths(self):
        """Paths of the kept checkpoints, oldest first."""
        return sorted((path[:-len('.index')] for path in glob.glob(os.path.join(self._folder, 'model-*.index'))),
                      key=episodes_of)

    def save(self, session, state):
        """Saves under state['episodes']; `state` is plain data that `restore` gives back."""
        path = os.path.join(self._folder, 'model-%d' % state['episodes'])
        write_json(path + '.json', state)
        self._saver.save(session, path, write_meta_graph=False)
        for stale in glob.glob(os.path.join(self._folder, 'model-*.json')):
            if not os.path.exists(stale[:-len('.json')] + '.index'):
                os.remove(stale)

    def save_best(self, session, mean_return, episodes):
        """Saves as `best` if `mean_return` is higher than that of the best so far."""
        if mean_return > self._best_return:
            self._best_return = mean_return
            self._best.save(session, os.path.join(self._folder, 'best'), write_meta_graph=False, write_state=False)
            write_json(self._best_path, {'return': mean_return, 'episodes': episodes})

    def save_quantile(self, session, number):
        """Saves the weights at the end of seventh `number` (1..7) of the run."""
        self._weights.save(session, os.path.join(self._folder, 'quantile-%d' % number), write_meta_graph=False,
                           write_state=False)

    def restore(self, session, path):
        """Restores the variables from `path`, and returns the state that was saved with them."""
        load(self._saver, session, path, self._variables)
        return _read(path + '.json')


def load(saver, session, path, variables):
    """Has `saver` (tf.train.Saver of `variables`) restore `path`. ConfigError names it where it is damaged or does not fit."""
    try:
        shapes = tf.train.NewCheckpointReader(path).get_variable_to_shape_map()
        for variable in variables:  # a shape that does not fit is restored all the same, and fails far from here
            found, wanted = shapes.get(variable.op.name), variable.shape.as_list()
            if found != wanted:
                raise ValueError('%s is %s there and %s here' % (variable.op.name, found, wanted))
        saver.restore(session, path)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:  # RuntimeError: the reader of TensorFlow 2
        reason = str(getattr(error, 'message', error)).strip().split('\n')[0]
        raise ConfigError('%s cannot be restored (%s): it is damaged, its config.json was changed, or only its weights were kept.'
                          % (path, reason))


def latest(run):
    """Path of the newest checkpoint of a run directory, for tf.train.Saver. FileNotFoundError where there is none."""
    paths = [path[:-len('.index')] for path in glob.glob(os.path.join(run, FOLDER, 'model-*.index'))]
    if not paths:
        raise FileNotFoundError('%s has no checkpoint: it is no run directory, or stopped before its first one.' % run)
    return max(paths, key=episodes_of)


def best(run):
    """Path of the best checkpoint of a run directory; the newest if none was called best yet."""
    path = os.path.join(run, FOLDER, 'best')
    return path if os.path.exists(path + '.index') else latest(run)


def quantiles(run):
    """Paths of the weights kept at each seventh of a run, of those that were reached, in order."""
    paths = [os.path.join(run, FOLDER, 'quantile-%d' % number) for number in range(1, QUANTILES + 1)]
    return [path for path in paths if os.path.exists(path + '.index')]


def episodes_of(path):
    """int: the episodes after which the checkpoint `model-<episodes>` was saved."""
    return int(path.rsplit('-', 1)[1])


def random_state(random):
    """A np.random.RandomState as plain data."""
    name, keys, position, has_gauss, gauss = random.get_state()
    return [name, keys.tolist(), position, has_gauss, gauss]


def set_random_state(random, state):
    """Makes a RandomState go on from what `random_state` returned."""
    name, keys, position, has_gauss, gauss = state
    random.set_state((name, np.array(keys, np.uint32), position, has_gauss, gauss))


def _read(path):
    with open(path) as file:
        return json.load(file)
