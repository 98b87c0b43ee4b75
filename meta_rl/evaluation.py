"""Frozen weights: how often each trial is right. Meta-learning shows there, in the steps from trial 1 to trial 2 and after."""
import os

import numpy as np

from meta_rl import config as config_module
from meta_rl.ac_network import GLOBAL, Told
from meta_rl.agents import make_gaze_network, make_network
from meta_rl.envs import scores
from meta_rl.envs.decisions import TRIALS, make_envs
from meta_rl.images import dataset
from meta_rl.labs.choice import DEEPMIND, SIDE_BY_SIDE, check
from meta_rl.rundir import checkpoints
from meta_rl.tf_compat import session_config, tf
from meta_rl.worker import play

MODES = 'sampled', 'greedy'
TRAINING, HELD_OUT = IMAGES = 'training', 'held-out'
SEED = 1000003  # of the episodes that are played; those of training come from pairs of numbers, so they are others


def _played(config, elsewhere):
    """The Config that a run is played by, not trained by. See Frozen."""
    settings = dict({'looks': HELD_OUT}, **elsewhere)
    if config.lab == DEEPMIND and settings.get('lab', DEEPMIND) != DEEPMIND:
        settings.setdefault('surroundings', 'real')  # what it was trained in
    played = config.change(**settings)
    if 'surroundings' in elsewhere:
        check(played)
    return played


class Frozen:
    """A trained network that plays and does not learn; a context manager.

    Args:
      run: str, path of a run directory.
      images: which it is shown, those of its training or 'held-out' ones.
      elsewhere: settings of Config that say where it plays, if not where it was trained: lab, runfiles_path, surroundings,
        looks (of surroundings 'random', by default held-out ones).

    Attributes: config, played: Config that it was trained by, and that it plays by; folder: str, its images.
    Raises: ConfigError where it is none, or where it can be shown no such images.
    """

    def __init__(self, run, images=TRAINING, **elsewhere):
        if images not in IMAGES:
            raise config_module.ConfigError('images is {!r}: choose from {}.'.format(images, ', '.join(IMAGES)))
        self._run = run
        self.config = config_module.load(os.path.join(run, 'config.json'))
        self.played = _played(self.config, elsewhere)
        if images == HELD_OUT:
            self.folder = dataset.held_out_folder_of(self.config)
            self.played = self.played.change(image_count=self.config.held_out_count)
        else:
            self.folder = dataset.folder_of(self.config)
        self._graph = tf.Graph()
        with self._graph.as_default(), tf.device(self.config.device):
            make = make_gaze_network if self.config.control == 'gaze' else make_network
            self._network = make(self.config, GLOBAL)
            self._saver = tf.train.Saver(self._network.variables)
            self._session = tf.Session(config=session_config())

    @property
    def lab(self):
        """str: the lab that it plays in, 'embedded' or 'deepmind'."""
        return self.played.lab

    @property
    def surroundings(self):
        """str: what it sees around the screen, 'flat', 'real' or 'random'; the real lab's own are 'real'."""
        return 'real' if self.lab == DEEPMIND else self.played.surroundings

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

    def episode(self, seed=SEED, watch=None):
        """Plays one episode.

        watch: see HarlowEnv.watch; None: nobody looks on.
        Returns: (Rollout of B = 1, features float32 [6, F] of what it saw, policies float32 [6, 2]).
        """
        random = np.random.RandomState(seed)
        envs = make_envs(self.played, self.folder, 1, random)
        if watch:
            envs[0].watch(watch)
        rollout = play(self._network, self._session, envs, random)
        envs[0].close()
        features, policies, state = self.encode(rollout.views)[rollout.seen], [], rollout.state
        for seen, *told in zip(features, *rollout.told):
            policy, _, state = self._network.act(self._session, seen, Told(*told), state)
            policies.append(policy[0])
        return rollout, features[:, 0], np.array(policies)

    def measure(self, episodes, seed=SEED, greedy=False):
        """Plays `episodes`. Returns a dict of plain data: see scores.score."""
        random = np.random.RandomState(seed)
        if self.config.control == 'gaze':
            return self._measure_gaze(episodes, random, greedy)
        envs = make_envs(self.played, self.folder, min(SIDE_BY_SIDE[self.played.lab], episodes), random)
        returns, correct = [], []
        while len(returns) < episodes:
            rollout = play(self._network, self._session, envs[:episodes - len(returns)], random, greedy)
            returns.extend(rollout.rewards.sum(0).tolist())
            correct.extend(rollout.correct.T)
        for env in envs:
            env.close()
        return scores.score(returns, correct)

    def _measure_gaze(self, episodes, random, greedy):
        envs = self.gaze_envs(min(SIDE_BY_SIDE[self.played.lab], episodes), random)
        over = self.play_gaze(envs, random, episodes, greedy)
        for env in envs:
            env.close()
        return dict(scores.score(over.rewards[0].tolist(), over.correct.T), decisions_mean=float(over.length),
                    decisions_max=int(over.longest), complete=float(over.complete))

    def gaze_envs(self, count, random, width=None, height=None):
        """`count` GazeEnv of the level as it ships, whatever helped in training; their frames of another size, if asked for."""
        from meta_rl.envs import gaze
        shape = {'width': width or self.played.width, 'height': height or self.played.height}
        return gaze.make_envs(self.played.change(sides='shuffled', **shape), self.folder, count, random)

    def play_gaze(self, envs, random, episodes, greedy=False):
        """Plays `episodes` in GazeEnv. Returns gaze_worker.Ended."""
        from meta_rl import gaze_worker
        return gaze_worker.play_episodes(self._network, self._session, envs, random, episodes, greedy)


    def gaze_decisions(self, env, random):
        """Plays an episode in a GazeEnv, and yields of each decision what it was made on and what came of it.

        That is (frame uint8 [H, W, 3], policy float32 [3], value float, in what the lab pays, action int, reward float).
        """
        from meta_rl import gaze_worker
        players = gaze_worker.Players(self._network, [env], random)
        while not players.ended:
            frame = env.frame()
            *_, actions, values, rewards = players.step(self._session)
            yield frame, players.policy[0], gaze_worker.UNIT * float(values[0]), int(actions[0]), float(rewards[0])


def evaluate(run, episodes=1000, seed=SEED, which='latest', images=TRAINING, **elsewhere):
    """Plays `episodes` with the weights of a run directory as they are, sampled and then greedy.

    Args:
      run: str, path of a run directory.
      seed: int.
      which: 'latest' or 'best', the checkpoint.
      images: 'training' or 'held-out'.
      elsewhere: see Frozen.
    Returns: dict of plain data: for each of 'sampled' and 'greedy' what `Frozen.measure` returns; that of 'sampled' once
      more at the top; and `run`, `checkpoint`, `episodes`, `seed`, `images`, `lab`, `surroundings`.
    """
    with Frozen(run, images, **elsewhere) as frozen:
        path = checkpoints.best(run) if which == 'best' else checkpoints.latest(run)
        frozen.restore(path)
        report = {'run': run, 'checkpoint': os.path.basename(path), 'episodes': episodes, 'seed': seed, 'images': images,
                  'lab': frozen.lab, 'surroundings': frozen.surroundings}
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
    path = os.path.join(run, 'learning_set.csv' if images == TRAINING else f'learning_set-{images}.csv')
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
        raise config_module.ConfigError(f'{path} is damaged: delete it, to have it measured anew.')
    return profiles


def table(report):
    """The report of `evaluate` as text."""
    told = report['episodes'], report['images'], report['checkpoint'], report['run']
    lines = ['%d episodes with frozen weights and %s images, %s of %s' % told,
             scores.table([(mode, report[mode]) for mode in MODES], report['nearest_oracle'])]
    for mode in MODES:
        if 'complete' in report[mode]:
            part = report[mode]
            lines.append('%-8s %d of %d episodes had all %d trials, with %.1f decisions in the mean and %d at most' % (
                mode, round(part['complete'] * report['episodes']), report['episodes'], TRIALS, part['decisions_mean'],
                part['decisions_max']))
    return '\n'.join(lines)
