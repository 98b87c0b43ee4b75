"""The command `analyse`: plays the episodes of all runs, makes each analysis of them, and writes figures and tables."""
import collections
import functools
import os

from meta_rl import agents
from meta_rl import config as config_module
from meta_rl.analysis import behaviour, components, decoders, drawing, lesions, people, report
from meta_rl.analysis.moments import Moments, Outcomes
from meta_rl.config import ConfigError
from meta_rl.console import hints, startup
from meta_rl.console.output import say
from meta_rl.console.progress import Progress
from meta_rl.evaluation import SEED, Frozen, telling_images
from meta_rl.figures import plotting
from meta_rl.images import dataset
from meta_rl.rundir import files
from meta_rl.rundir.saving import checkpoints

FOLDER = 'analysis'  # in a run directory, where no other one is named
MOST = 6  # runs side by side
PACKAGES = (('sklearn', 'scikit-learn'), ('scipy', 'SciPy'))
FEWEST = 2 * decoders.FEWEST  # episodes: with less of them nothing could be decoded


def check_decided(path, gathered):
    """Raises ConfigError where the agent of a run directory came to a choice in too few episodes to say anything about it."""
    decided = int((gathered.correct[:, 0] >= 0).sum())
    if decided < FEWEST:
        raise ConfigError(f'{path} came to a choice in {decided} of {len(gathered.correct)} episodes, and analyses take {FEWEST}: '
                          'train it longer, or play more with --episodes.')


class Analysed:
    """What was found of one run.

    Attributes: name; path; heading, str, what was played; tables, ordered dict from the name of an analysis to its rows, dicts;
    scores, float [E, T, K], see components.plane; first, int [E], whether trial 1 was right.
    """

    def __init__(self, name, path, episodes, seed, person=None, **shown):
        self.name, self.path, self.tables = name, path, collections.OrderedDict()
        config = config_module.load(os.path.join(path, 'config.json'))
        images = shown.pop('images', None) or telling_images(config)
        with Frozen(path, images, **shown) as frozen:
            weights = checkpoints.latest(path)
            frozen.restore(weights)
            possible, moments = lesions.possible(frozen.given), Moments()
            with Progress((1 + len(possible)) * episodes, f'{name}: playing', 'episodes') as progress:
                frozen.measure(episodes, seed, progress=progress, takers=[moments])
                gathered = moments.gathered()
                check_decided(path, gathered)
                self.tables['lesions'] = self._lesion_rows(lesions.INTACT, gathered.correct)
                for what in possible:
                    played = Outcomes()
                    frozen.measure(episodes, seed, progress=progress, takers=[played],
                                   lesion=functools.partial(lesions.Lesioned, what=what))
                    self.tables['lesions'] += self._lesion_rows(lesions.LESIONS[what], played.correct())
            if config.observation in dataset.BLIND:
                looks = decoders.numbers(frozen.played.image_count)
            else:
                looks = decoders.pictures(frozen.folder, frozen.played.image_count)
            self.heading = '{} episodes with frozen weights and {} images, {} of {}'.format(
                episodes, frozen.images, os.path.basename(weights), path)
        asked = decoders.questions(gathered, looks)
        with Progress(len(asked), f'{name}: decoding', 'decoders') as progress:
            self.tables['decoders'] = decoders.rows(gathered, looks, progress)
        self.scores, fractions = components.plane(gathered)
        self.first = gathered.correct[:, 0]
        self.tables['components'] = components.rows(gathered, self.scores)
        self.tables['explained-variance'] = components.variance_rows(fractions)
        self.tables['stays'] = behaviour.stays(gathered.correct, gathered.chosen)
        self.tables['learning-set'] = behaviour.blocks(plotting.curve_of(path))
        if person is not None:
            self.tables['person'] = people.rows(person, (gathered.correct, gathered.chosen, gathered.reaction))
            players = (people.PERSON, person[:2]), ('agent', (gathered.correct, gathered.chosen))
            self.tables['person-stays'] = [dict(row, player=player) for player, played in players
                                           for row in behaviour.stays(*played)]

    @staticmethod
    def _lesion_rows(name, correct):
        return [dict({'lesion': name}, **row) for row in behaviour.accuracy(correct)]


FIGURES = collections.OrderedDict([
    ('decoders', drawing.decoders), ('components', drawing.components), ('lesions', drawing.lesions),
    ('learning-set', drawing.learning_set), ('person', drawing.person)])


def names_of(paths):
    """A name for each run directory: that of its folder; the path where two folders have the same."""
    names = [os.path.basename(os.path.normpath(path)) or path for path in paths]
    return [name if names.count(name) == 1 else path for name, path in zip(names, paths)]


def check(paths, folder, episodes):
    """Raises ConfigError, before anything is played, for runs that cannot be analysed and folders that cannot be written to."""
    reason = startup.missing(PACKAGES, f'install what analyses take with `{hints.install("requirements/analysis.txt")}`')
    if reason:
        raise ConfigError(reason)
    if episodes < FEWEST:
        raise ConfigError(f'--episodes is {episodes}: analyses take {FEWEST} or more, or nothing could be decoded.')
    if folder is not None and len(paths) > MOST:
        raise ConfigError(f'{len(paths)} run directories were given: at most {MOST} are drawn side by side; leave out -o, to '
                          'have each drawn in its own.')
    for path in paths:
        config = config_module.load(os.path.join(path, 'config.json'))
        if not agents.of(config).in_lab:
            raise ConfigError(f'{path} is of the environment {config.environment!r}: analyse is of the Harlow task alone, '
                              'leave it out.')
        plotting.curve_of(path)
        checkpoints.latest(path)
        files.check_folder(folder or os.path.join(path, FOLDER), 'choose another one with -o')


def analyse(paths, folder=None, episodes=1000, seed=SEED, person=None, json=None, **shown):
    """Analyses run directories, and writes figures and tables. Yields the text of each run's tables, then the paths of the
    figures.

    Args:
      paths: list of str.
      folder: str, where to write, all runs side by side; None: each into a folder `analysis` of its own run directory.
      episodes, seed: int, to play with frozen weights: so many for the units, and so many with each lesion.
      person: str, a table of trials that `play --trials` wrote, or None.
      json: str, file to write all tables to, as JSON, or None.
      shown: images, any_images, image_cache; see Frozen.
    Raises: ConfigError.
    """
    if json is not None:
        files.check(json)
    check(paths, folder, episodes)
    played = None if person is None else people.read(person)
    found = []
    for name, path in zip(names_of(paths), paths):
        run = Analysed(name, path, episodes, seed, played, **shown)
        found.append(run)
        yield report.text(run.heading, run.tables)
        if folder is None:
            yield from _write([run], os.path.join(path, FOLDER))
    if folder is not None:
        yield from _write(found, folder)
    if json is not None:
        files.write_json(json, [{'run': run.path, 'tables': {name: [report.plain(row) for row in rows]
                                                             for name, rows in run.tables.items()}} for run in found])


def _write(runs, folder):
    """Writes the tables and figures of runs, and yields the paths of the figures."""
    os.makedirs(folder, exist_ok=True)
    for name in runs[0].tables:
        rows = [dict(collections.OrderedDict([('run', run.name)]), **row) for run in runs for row in run.tables[name]]
        report.write_csv(os.path.join(folder, name + '.csv'), rows)
    for name, draw in FIGURES.items():
        if name in runs[0].tables:
            yield draw(runs, os.path.join(folder, name + '.png'))


def run(args):
    """What the command does. Returns the exit status."""
    given = {name: getattr(args, name) for name in ('images', 'any_images', 'image_cache') if hasattr(args, name)}
    for text in analyse(args.runs, args.output, args.episodes, args.seed, args.person, args.json, **given):
        say(text)
    return 0
