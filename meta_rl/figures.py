"""The figures of img/, each from the data in img/data/; what is missing there is trained first."""
import collections
import os
import shutil

from meta_rl import checkpoints, config as config_module, plotting
from meta_rl.evaluation import learning_set
from meta_rl.monitor import read_curve

FOLDER = 'img'
SEEDS = 5

# name: of the files. presets: {preset: number of seeds}. learning_set: the preset whose learning set is drawn, or None.
Figure = collections.namedtuple('Figure', 'name title presets learning_set')
FIGURES = (
    Figure('harlow42', '42 images', {'harlow42': SEEDS}, 'harlow42'),
    Figure('master', 'As published: each picture one decision late', {'master': SEEDS}, 'master'),
    Figure('monothread2pixel', 'A black and a white image: one decision late, and not',
           {'monothread2pixel': 1, 'monothread2pixel-current': SEEDS}, None),
    Figure('ablations', 'harlow42 without one of its parts', {
        'forgetful': 1, 'no-previous-reward': 1, 'no-previous-action': 1, 'independent-sides': 1}, None),
    Figure('units128', '128 LSTM units', {'units128': 1}, None),
    Figure('images1000', '1,000 images', {'images1000': 1}, 'images1000'),
)
WITH_WEIGHTS = ('harlow42',)  # of these the trained network is kept too


def keep(run, folder=FOLDER):
    """Copies what the figures need of a finished run directory into `folder`/data/PRESET-seedS. Returns that path."""
    config = config_module.load(os.path.join(run, 'config.json'))
    learning_set(run)
    kept = os.path.join(folder, 'data', '%s-seed%d' % (config.preset, config.seed))
    os.makedirs(os.path.join(kept, checkpoints.FOLDER), exist_ok=True)
    for name in ('config.json', 'curve.csv', 'learning_set.csv'):
        shutil.copy(os.path.join(run, name), kept)
    if config.preset in WITH_WEIGHTS:
        newest = checkpoints.latest(run)
        for ending in ('.index', '.data-00000-of-00001', '.json'):
            shutil.copy(newest + ending, os.path.join(kept, checkpoints.FOLDER))
    else:
        os.rmdir(os.path.join(kept, checkpoints.FOLDER))
    return kept


def runs_of(preset, seeds, folder=FOLDER):
    """The kept runs of a preset, seeds 0 to `seeds` - 1; those that are missing are trained now."""
    paths = []
    for seed in range(seeds):
        path = os.path.join(folder, 'data', '%s-seed%d' % (preset, seed))
        if not os.path.exists(os.path.join(path, 'curve.csv')):
            from meta_rl import training
            path = keep(training.run(config_module.from_preset(preset, seed=seed))[0], folder)
        paths.append(path)
    return paths


def draw(figure, folder=FOLDER):
    """Draws one Figure into `folder`. Returns the list of paths."""
    runs = collections.OrderedDict((preset, runs_of(preset, seeds, folder)) for preset, seeds in figure.presets.items())
    curves = collections.OrderedDict((preset, [read_curve(os.path.join(run, 'curve.csv')) for run in members])
                                     for preset, members in runs.items())
    paths = [plotting.reward_curves(curves, os.path.join(folder, figure.name + '.png'), figure.title)]
    if figure.learning_set:
        profiles = [learning_set(run) for run in runs[figure.learning_set]]
        paths.append(plotting.learning_set(profiles, os.path.join(folder, figure.name + '-learning-set.png'), figure.title))
    return paths


def draw_all(folder=FOLDER):
    """Draws every figure. Returns the list of paths."""
    return [path for figure in FIGURES for path in draw(figure, folder)]
