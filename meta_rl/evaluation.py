"""Frozen weights: how often each trial is right. Meta-learning shows there, in the steps from trial 1 to trial 2 and after."""
import collections
import contextlib
import io
import os

import numpy as np

from meta_rl import agents
from meta_rl import config as config_module
from meta_rl.ac_network import GLOBAL
from meta_rl.console.output import warn
from meta_rl.console.progress import Progress
from meta_rl.experience.actor import Actor, play_episodes
from meta_rl.images import dataset, finding
from meta_rl.labs.choice import DEEPMIND, SIDE_BY_SIDE, check
from meta_rl.nets.inputs import Inputs
from meta_rl.psychlab.task import TRIALS
from meta_rl.records.activity import Activity
from meta_rl.records.observer import Observer
from meta_rl.records.trials import Trials
from meta_rl.rundir import files, lock
from meta_rl.rundir.saving import checkpoints
from meta_rl.tf_compat import session_config, tf

MODES = 'sampled', 'greedy'
TRAINING, HELD_OUT = IMAGES = finding.WORDS
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


def _refuse(config, given):
    """Raises ConfigError for a setting of the lab and its images, given for a task that has none."""
    for name in sorted(given):
        raise config_module.ConfigError('--{} is of the lab and its images, and the environment {!r} has none: leave it out.'.format(
            name.replace('_', '-'), config.environment))


class Frozen:
    """A trained network that plays and does not learn; a context manager.

    Args:
      run: str, path of a run directory.
      images: which it is shown, those of its training or 'held-out' ones; or a folder in which these are, see finding.images_of.
      any_images: bool, show it other images too.
      elsewhere: settings of Config that say where it plays, if not where it was trained: lab, runfiles_path, image_cache,
        surroundings, looks (of surroundings 'random', by default held-out ones).

    Attributes: config, played: Config that it was trained by, and that it plays by; folder: str, its images; images: which these
      are, 'training', 'held-out', or the folder of others.
    Raises: ConfigError where it is none, or where it can be shown no such images.
    """

    def __init__(self, run, images=TRAINING, any_images=False, **elsewhere):
        self._run = run
        self.config = config_module.load(os.path.join(run, 'config.json'))
        self.played = _played(self.config, elsewhere)
        self._agent = agents.of(self.config)
        self.folder = self.images = ''
        if self._agent.in_lab:
            found = finding.images_of(run, self.config, images, elsewhere.get('image_cache', ''), any_images)
            self.folder, self.images = found.folder, found.role
            self.played = self.played.change(image_count=found.count)
        else:
            _refuse(self.config, dict(elsewhere, **({'images': images} if images != TRAINING else {}),
                                      **({'any_images': True} if any_images else {})))
        self._learning = self._agent.learning(self.config)
        self._graph = tf.Graph()
        with self._graph.as_default(), tf.device(self.config.device):
            self._network = agents.make_network(self.config, GLOBAL)
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

    def make_envs(self, count, random, **changes):
        """`count` Environment, without what helps in training. changes: settings of Config that are others here, as width."""
        return self._agent.make_envs(self.played.change(**changes), self.folder, count, random)

    def episode(self, seed=SEED, watch=None):
        """Plays one episode of an agent that decides.

        watch: see HarlowEnv.watch; None: nobody looks on.
        Returns: (Experience of T = 6, B = 1; features float32 [6, F] of what it saw).
        """
        experience = self.unroll(1, self._learning.steps, seed, watch)
        return experience, self.encode(experience.views)[experience.view_index[:, 0]]

    def unroll(self, count, steps, seed=SEED, watch=None):
        """Plays so many steps in each of `count` environments, from the start of an episode. Returns Experience.

        watch: of the first of them; see `episode`.
        """
        random = np.random.RandomState(seed)
        envs = self.make_envs(count, random)
        if watch:
            envs[0].watch(watch)
        experience = Actor(self._network, envs, random).unroll(self._session, steps)
        for env in envs:
            env.close()
        return experience

    def written(self, experience):
        """How far the gate of its memory was open at each step of an Experience: float32 [T, B], 0 to 1.

        Raises: ConfigError where its memory has no gate that is learned.
        """
        if not self._network.learns_to_write:
            raise config_module.ConfigError(f"write_gate is {self.config.write_gate!r}: only where it is 'learned' is there a gate to look at.")
        features = self.encode(experience.views)[experience.view_index.ravel()]
        flat = Inputs(*[part.ravel() for part in experience.inputs])
        return self._network.written(self._session, features, flat).reshape(experience.actions.shape)

    def steps(self, env, random):
        """Plays an episode in an Environment, and yields of each step what it was made on and what came of it.

        That is (frame uint8 [H, W, 3], policy float32 [a_size], value float, in what the lab pays, action int, reward float, written
        float, how far a learned gate was open, or None).
        """
        actor, experience = Actor(self._network, [env], random), None
        while experience is None or not experience.episodes:
            actor.start()
            frame = env.frame()
            experience = actor.unroll(self._session, 1)
            yield (frame, experience.policies[0, 0], self._learning.reward_unit * float(experience.values[0, 0]),
                   int(experience.actions[0, 0]), float(experience.rewards[0, 0]),
                   float(self.written(experience)[0, 0]) if self._network.learns_to_write else None)

    @property
    def trials(self):
        """int: of an episode that is not cut short."""
        return self._agent.spec(self.config).trials

    @property
    def unit_names(self):
        """See Memory."""
        return self._network.unit_names

    @property
    def given(self):
        """See Memory."""
        return self._network.given

    def measure(self, episodes, seed=SEED, greedy=False, progress=None, takers=(), lesion=None):
        """Plays `episodes`. Returns a dict of plain data: see `score` of Agent. progress: Progress that is told of each, or None.

        takers: what is handed the record of each episode, see records.Observer.
        lesion: function of the network that returns what plays in its place, see analysis/lesions.py; None: the network plays.
        """
        network = lesion(self._network) if lesion else self._network
        random = np.random.RandomState(seed)
        observer = Observer(takers, self._learning.reward_unit) if takers else None
        envs = self.make_envs(min(SIDE_BY_SIDE[self.played.lab], episodes), random)
        played = play_episodes(network, self._session, envs, random, episodes, self._learning.steps, greedy,
                               progress, observer, self._agent.kept)
        for env in envs:
            env.close()
        return self._agent.score(self.played, played)


def evaluate(run, episodes=1000, seed=SEED, which='latest', images=TRAINING, any_images=False, trials=None, activity=None,
             **elsewhere):
    """Plays `episodes` with the weights of a run directory as they are, sampled and then greedy.

    Args:
      run: str, path of a run directory.
      seed: int.
      which: 'latest' or 'best', the checkpoint.
      images, any_images, elsewhere: see Frozen.
      trials, activity: str, files to write the table of all trials (CSV) to, and the activity of the network at each step of the
        sampled episodes (npz), or None.
    Returns: dict of plain data: for each of 'sampled' and 'greedy' what `Frozen.measure` returns; that of 'sampled' once
      more at the top; and `run`, `checkpoint`, `episodes`, `seed`, and `images`, `lab`, `surroundings`, or of a task that is not
      one of the lab `environment`.
    """
    with contextlib.ExitStack() as stack:
        frozen = stack.enter_context(Frozen(run, images, any_images, **elsewhere))
        table_of_trials = Trials(trials) if trials else None
        recorded = stack.enter_context(Activity(activity, frozen.unit_names, frozen.trials)) if activity else None
        path = checkpoints.best(run) if which == 'best' else checkpoints.latest(run)
        frozen.restore(path)
        report = {'run': run, 'checkpoint': os.path.basename(path), 'episodes': episodes, 'seed': seed}
        if agents.of(frozen.config).in_lab:
            report.update(images=frozen.images, lab=frozen.lab, surroundings=frozen.surroundings)
        else:
            report['environment'] = frozen.config.environment
        with Progress(len(MODES) * episodes, 'measuring', 'episodes') as progress:
            for mode in MODES:
                if table_of_trials:
                    table_of_trials.start(mode)
                takers = [table_of_trials] + [recorded] * (mode == MODES[0])
                report[mode] = frozen.measure(episodes, seed, mode == 'greedy', progress, [taker for taker in takers if taker])
        for written in filter(None, (table_of_trials, recorded)):
            written.write()
    report.update(report[MODES[0]], policy=MODES[0])
    return report


def telling_images(config):
    """On which images to measure the agents of a Config: 'held-out' ones where they see what images look like."""
    return TRAINING if config.observation in dataset.BLIND else HELD_OUT


def learning_set(run, episodes=1000, images=None, any_images=False, **elsewhere):
    """How the learning set formed: float [7, 6], the fraction right in each trial at the end of each seventh of a run.

    Measured once, with the weights that were kept along the way, and then read from learning_set.csv in the run directory;
    that of held-out images is in learning_set-held-out.csv. What is measured on other images than its own is not kept.
    images: None for `telling_images`; this and the others: see Frozen.
    A seventh of which no weights were kept is nan: the run was made longer or shorter after it.
    Raises: ConfigError where the run has not ended, or where there are no such images.
    """
    config = config_module.load(os.path.join(run, 'config.json'))
    images = images or telling_images(config)
    path = os.path.join(run, 'learning_set.csv' if images == TRAINING else f'learning_set-{images}.csv')
    own = not any_images and images in IMAGES
    if not own or not os.path.exists(path):
        kept = {checkpoints.seventh_of(weights): weights for weights in checkpoints.quantiles(run, config.episodes)}
        if checkpoints.QUANTILES not in kept:
            raise config_module.ConfigError('%s has %d of the %d checkpoints of a finished run: let it end first.' % (
                run, len(kept), checkpoints.QUANTILES))
        profiles = np.full((checkpoints.QUANTILES, TRIALS), np.nan)
        with Frozen(run, images, any_images, **elsewhere) as frozen, Progress(
                len(kept) * episodes, 'measuring', 'episodes') as progress:
            for number, weights in sorted(kept.items()):
                profiles[number - 1] = frozen.restore(weights).measure(episodes, progress=progress)['per_trial']
        text = io.StringIO()
        np.savetxt(text, profiles, '%.4f', ',')
        if not own or lock.held(run):  # it is the business of the process that trains there
            return np.round(profiles, 4)
        try:
            files.write(path, text.getvalue().encode())
        except OSError as error:
            warn(f'{path} cannot be written ({error.strerror}): it will be measured again the next time.')
            return profiles
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
    agent = agents.of(config_module.Config(environment=report.get('environment', config_module.Config().environment)))
    images = ' and {} images'.format(report['images']) if 'images' in report else ''
    return '{} episodes with frozen weights{}, {} of {}\n{}'.format(
        report['episodes'], images, report['checkpoint'], report['run'],
        agent.table(collections.OrderedDict((mode, report[mode]) for mode in MODES), report['episodes']))
