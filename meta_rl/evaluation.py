"""Frozen weights: how often each trial is right. Meta-learning shows there, in the steps from trial 1 to trial 2 and after."""
import math
import os

import numpy as np

from meta_rl import checkpoints, config as config_module, dataset, oracles
from meta_rl.ac_network import GLOBAL, Told
from meta_rl.environment import TRIALS, make_envs
from meta_rl.labs import SIDE_BY_SIDE
from meta_rl.tf_compat import session_config, tf
from meta_rl.networks import make_network
from meta_rl.worker import play

MODES = 'sampled', 'greedy'
TRAINING, HELD_OUT = IMAGES = 'training', 'held-out'
SEED = 1000003  # of the episodes that are played; those of training come from pairs of numbers, so they are others
Z95 = 1.959963984540054  # the normal distribution has 95% of its weight within this many deviations


def wilson(successes, count):
    """The 95% interval (low, high) of a fraction that was seen `successes` times in `count`: E. B. Wilson 1927."""
    fraction, z2 = successes / count, Z95 ** 2
    centre = (fraction + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 * math.sqrt(fraction * (1 - fraction) / count + z2 / (4 * count ** 2)) / (1 + z2 / count)
    return max(centre - half, 0.), min(centre + half, 1.)


class Frozen(object):
    """A trained network that plays and does not learn; a context manager.

    Args:
      run: str, path of a run directory.
      images: which it is shown, those of its training or 'held-out' ones.
      elsewhere: settings of Config that say where it plays, if not where it was trained: lab, runfiles_path.
    Raises: ConfigError where it is none, or where it can be shown no such images.
    """

    def __init__(self, run, images=TRAINING, **elsewhere):
        if images not in IMAGES:
            raise config_module.ConfigError('images is %r: choose from %s.' % (images, ', '.join(IMAGES)))
        self._run = run
        self.config = config_module.load(os.path.join(run, 'config.json'))
        self._played = self.config.change(**elsewhere)
        if images == HELD_OUT:
            self._folder = dataset.held_out_folder_of(self.config)
            self._played = self._played.change(image_count=self.config.held_out_count)
        else:
            self._folder = dataset.folder_of(self.config)
        self._graph = tf.Graph()
        with self._graph.as_default(), tf.device(self.config.device):
            self._network = make_network(self.config, GLOBAL)
            self._saver = tf.train.Saver(self._network.variables)
            self._session = tf.Session(config=session_config())

    @property
    def lab(self):
        """str: the lab that it plays in, 'embedded' or 'deepmind'."""
        return self._played.lab

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._session.close()

    def restore(self, path=None):
        """Takes the weights of the checkpoint `path` (None: the latest). Returns self."""
        path = path or checkpoints.latest(self._run)
        checkpoints.load(self._saver, self._session, path, self._network.variables)
        return self

    def encode(self, views):
        """The features, float32 [V, F], that its encoder makes of views [V, ...]."""
        return self._network.encode(self._session, views)

    def episode(self, seed=SEED):
        """Plays one episode. Returns (Rollout of B = 1, features float32 [6, F] of what it saw, policies float32 [6, 2])."""
        random = np.random.RandomState(seed)
        envs = make_envs(self._played, self._folder, 1, random)
        rollout = play(self._network, self._session, envs, random)
        envs[0].close()
        features, policies, state = self.encode(rollout.views)[rollout.seen], [], rollout.state
        for seen, *told in zip(features, *rollout.told):
            policy, _, state = self._network.act(self._session, seen, Told(*told), state)
            policies.append(policy[0])
        return rollout, features[:, 0], np.array(policies)

    def measure(self, episodes, seed=SEED, greedy=False):
        """Plays `episodes`. Returns a dict of plain data.

        Those are return_mean and return_ci95, of what the lab paid; choice_return_mean, of it what choices earned, which is
        the same on every level; per_trial and per_trial_ci95, fractions right; nearest_oracle.
        """
        random = np.random.RandomState(seed)
        envs = make_envs(self._played, self._folder, min(SIDE_BY_SIDE[self._played.lab], episodes), random)
        returns, correct = [], []
        while len(returns) < episodes:
            rollout = play(self._network, self._session, envs[:episodes - len(returns)], random, greedy)
            returns.extend(rollout.rewards.sum(0).tolist())
            correct.extend(rollout.correct.T)
        for env in envs:
            env.close()
        mean = float(np.mean(returns))
        half = Z95 * float(np.std(returns, ddof=1)) / math.sqrt(episodes) if episodes > 1 else None
        per_trial = [float(successes) / episodes for successes in np.sum(correct, 0)]
        return {'return_mean': mean, 'return_ci95': None if half is None else [mean - half, mean + half],
                'choice_return_mean': oracles.mean_return(per_trial),
                'per_trial': per_trial, 'per_trial_ci95': [list(wilson(p * episodes, episodes)) for p in per_trial],
                'nearest_oracle': oracles.nearest(per_trial).name}


def evaluate(run, episodes=1000, seed=SEED, which='latest', images=TRAINING, **elsewhere):
    """Plays `episodes` with the weights of a run directory as they are, sampled and then greedy.

    Args:
      run: str, path of a run directory.
      seed: int.
      which: 'latest' or 'best', the checkpoint.
      images: 'training' or 'held-out'.
      elsewhere: see Frozen.
    Returns: dict of plain data: for each of 'sampled' and 'greedy' what `Frozen.measure` returns; that of 'sampled' once
      more at the top; and `run`, `checkpoint`, `episodes`, `seed`, `images`, `lab`.
    """
    with Frozen(run, images, **elsewhere) as frozen:
        path = checkpoints.best(run) if which == 'best' else checkpoints.latest(run)
        frozen.restore(path)
        report = {'run': run, 'checkpoint': os.path.basename(path), 'episodes': episodes, 'seed': seed, 'images': images,
                  'lab': frozen.lab}
        for mode in MODES:
            report[mode] = frozen.measure(episodes, seed, mode == 'greedy')
    report.update(report[MODES[0]], policy=MODES[0])
    return report


def telling_images(config):
    """On which images to measure the agents of a Config: 'held-out' ones where they see what images look like."""
    return TRAINING if config.observation in dataset.BLIND else HELD_OUT


def learning_set(run, episodes=1000, images=None):
    """How the learning set formed: float [7, 6], the fraction right in each trial at the end of each seventh of a run.

    Measured once, with the weights that were kept along the way, and then read from learning_set.csv in the run directory;
    that of held-out images is in learning_set-held-out.csv. images: None for `telling_images`.
    Raises: ConfigError where not all of them were kept, or where there are no such images.
    """
    images = images or telling_images(config_module.load(os.path.join(run, 'config.json')))
    path = os.path.join(run, 'learning_set.csv' if images == TRAINING else 'learning_set-%s.csv' % images)
    if not os.path.exists(path):
        kept = checkpoints.quantiles(run)
        if len(kept) < checkpoints.QUANTILES:
            raise config_module.ConfigError('%s has %d of the %d checkpoints of a finished run: let it end first.' % (
                run, len(kept), checkpoints.QUANTILES))
        with Frozen(run, images) as frozen:
            profiles = [frozen.restore(checkpoint).measure(episodes)['per_trial'] for checkpoint in kept]
        np.savetxt(path, profiles, '%.4f', ',')
    try:
        with open(path) as file:
            profiles = np.array([[float(value) for value in line.split(',')] for line in file])
    except ValueError:
        profiles = None
    if np.shape(profiles) != (checkpoints.QUANTILES, TRIALS):
        raise config_module.ConfigError('%s is damaged: delete it, to have it measured anew.' % path)
    return profiles


def table(report):
    """The report of `evaluate` as text."""
    told = report['episodes'], report['images'], report['checkpoint'], report['run']
    lines = ['%d episodes with frozen weights and %s images, %s of %s' % told,
             '%-8s %7s %7s  %s' % ('', 'return', 'choices', '  '.join(
                 '%-15s' % ('trial %d' % t) for t in range(1, TRIALS + 1)))]
    for mode in MODES:
        part = report[mode]
        lines.append('%-8s %7.2f %7.2f  %s' % (mode, part['return_mean'], part['choice_return_mean'], '  '.join(
            '%5.1f%% %-8s' % (100 * p, '%.0f..%.0f' % (100 * low, 100 * high))
            for p, (low, high) in zip(part['per_trial'], part['per_trial_ci95']))))
    lines.append('(choices: the return without what fixation pays; after each fraction its 95%% interval) Nearest to: %s.' %
                 report['nearest_oracle'])
    return '\n'.join(line.rstrip() for line in lines)
