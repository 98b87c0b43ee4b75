"""The figures of img/, each from the data in img/data/; what is missing there is trained first."""
import collections
import glob
import json
import os
import shutil

from meta_rl import agents, apart
from meta_rl import config as config_module
from meta_rl.evaluation import HELD_OUT, learning_set
from meta_rl.figures import attention, plotting, regrets, stays, surroundings, third_party
from meta_rl.figures.measured import EPISODES, FILE, measured
from meta_rl.rundir import files, versions
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints

FOLDER = 'img'
SEEDS = 5

# Read off the published figure: per cent correct on trials 1 to 6 at the end of training, held-out images.
WANG = 'Wang et al. 2018, figure 6c', (53, 97, 98, 98, 99, 98.5)

# name: of the files. presets: {preset: number of seeds}. learning_set: the preset whose learning set is drawn, or None.
# reference: a published one to draw beside it, or None. insight: whether to draw an episode of its first seed too.
# curves: what draws the reward curves; None: nothing does, it has curves over frames.
Figure = collections.namedtuple('Figure', 'name title presets learning_set reference insight curves')
Figure.__new__.__defaults__ = None, None, False, plotting.reward_curves
FIGURES = (
    Figure('harlow42', '42 images', {'harlow42': SEEDS}, 'harlow42'),
    Figure('master', 'As published: each picture one decision late', {'master': SEEDS}, 'master'),
    Figure('monothread2pixel', 'A black and a white image: one decision late, and not',
           {'monothread2pixel': SEEDS, 'monothread2pixel-current': SEEDS}),
    Figure('dev', 'Branch dev as published: convolutions on raw frames, two LSTMs, one decision late', {'dev': 1}),
    Figure('harlow42-standard', 'The level as it ships, by closed-loop saccades', {'harlow42-standard': 3},
           'harlow42-standard'),
    Figure('backends', 'Four workers of each backend beside one thread', collections.OrderedDict(
        [('harlow42', 3), ('workers4', 3), ('workers4-processes', 3), ('workers4-ray', 3)]), curves=plotting.reward_panels),
    Figure('ablations', 'harlow42 without one of its parts', {
        'forgetful': 1, 'no-previous-reward': 1, 'no-previous-action': 1, 'independent-sides': 1}),
    Figure('units128', '128 LSTM units', {'units128': 1}),
    Figure('images1000', '1,000 images', {'images1000': 1}, 'images1000'),
    Figure('long', '50,000 updates', {'long': 1}),
    Figure('pixels', 'From frames, 1,000 images', {'pixels': SEEDS}, 'pixels', WANG, True),
    Figure('wang2018', 'From frames, the network of Wang et al.', {'wang2018': SEEDS}, 'wang2018', WANG),
    Figure('gaze', 'The agent moves its own gaze, 1,000 images',
           collections.OrderedDict([('gaze', 2 * SEEDS), ('gaze-gated', SEEDS), ('gaze-flat', SEEDS), ('gaze-taught', 1)]),
           'gaze', WANG, True, None),
    Figure('gaze-memories', 'gaze with other memories', collections.OrderedDict(
        [('gaze' + end, 3) for end in ('', '-gated', '-free-gate', '-no-gate', '-two-lstms')]), curves=None),
    Figure('gaze-ablations', 'gaze-gated in 12,000 episodes, with the helps of before, and without one of them', collections.OrderedDict(
        [('gaze-short' + end, 3) for end in ('', '-helped', '-helped-any-spawn', '-helped-long-episodes', '-helped-shuffled')]), curves=None),
    Figure('normalizers', 'The network of Wang et al.: what its features are normalized over',
           collections.OrderedDict([('wang2018', 3), ('wang2018-layer', 3), ('wang2018-raw', 3)])),
)
TWO_STEP_SEEDS, BANDITS = 8, collections.OrderedDict([
    ('bandit-independent', SEEDS), ('bandit-uniform', SEEDS), ('bandit-easy', 1), ('bandit-medium', 1), ('bandit-hard', 1),
    ('bandit-restless', 1)])
REGRET_EPISODES = 10000  # over 1,000 a regret is known to a tenth: see docs/two_step.md
THEIRS = 'two-step-theirs'  # in img/data: what the eight published agents of the two-step task came to
THIRD_PARTY = 'recurrent-ppo-seed0'  # in img/data: the agent of others, see meta_rl/figures/third_party.py
WITH_WEIGHTS = ('harlow42', 'pixels', 'gaze', 'gaze-gated', 'gaze-flat', 'gaze-taught', 'two-step') + tuple(
    BANDITS)  # of these the trained network is kept too


def keep(run, folder=FOLDER):
    """Copies what the figures need of a finished run directory into `folder`/data/PRESET-seedS. Returns that path."""
    config = config_module.load(os.path.join(run, 'config.json'))
    if agents.of(config).in_lab:
        learning_set(run)
    else:
        measured(run, REGRET_EPISODES if config.preset in BANDITS else EPISODES)
    kept = os.path.join(folder, 'data', '%s-seed%d' % (config.preset, config.seed))
    os.makedirs(kept, exist_ok=True)
    # Where it was made is nobody's business but of the machine that made it.
    usual = config_module.Config()
    kept_config = config.change(**{name: getattr(usual, name) for name in ('logdir', 'image_cache', 'runfiles_path', 'cluster')})
    kept_config.save(os.path.join(kept, 'config.json'))
    for name in 'curve.csv', 'learning_set*.csv', 'images.json', 'measured.json', 'evaluation-*.json', versions.NAME:
        for path in glob.glob(os.path.join(glob.escape(kept), name)):
            os.remove(path)  # of a run that was kept before
        for path in glob.glob(os.path.join(glob.escape(run), name)):
            shutil.copy(path, kept)
    if config.preset in WITH_WEIGHTS:
        # Those of the last seventh: the weights at the end, without what only training needs, which is twice as much.
        checkpoint = os.path.join(kept, checkpoints.FOLDER, 'model-%d' % config.episodes)
        os.makedirs(os.path.dirname(checkpoint), exist_ok=True)
        for ending in ('.index', '.data-00000-of-00001'):
            shutil.copy(checkpoints.quantiles(run)[-1] + ending, checkpoint + ending)
        for path in glob.glob(os.path.join(glob.escape(os.path.dirname(checkpoint)), 'model-*')):
            if not path.startswith(checkpoint + '.'):
                os.remove(path)  # of a run that was longer or shorter: the one with most episodes is taken for the newest
    return kept


def runs_of(preset, seeds, folder=FOLDER):
    """The kept runs of a preset, of seeds 0 to `seeds` - 1; those that are missing are trained now."""
    paths = []
    for seed in range(seeds):
        path = os.path.join(folder, 'data', '%s-seed%d' % (preset, seed))
        if not os.path.exists(os.path.join(path, 'curve.csv')):
            path = keep(apart.train(config_module.from_preset(preset, seed=seed))[0], folder)
        paths.append(path)
    return paths


def draw(figure, folder=FOLDER):
    """Draws one Figure into `folder`. Returns the list of paths."""
    runs = collections.OrderedDict((preset, runs_of(preset, seeds, folder)) for preset, seeds in figure.presets.items())
    curves = collections.OrderedDict((preset, [read_curve(os.path.join(run, 'curve.csv')) for run in members])
                                     for preset, members in runs.items())
    paths = [figure.curves(curves, os.path.join(folder, figure.name + '.png'), figure.title)] if figure.curves else []
    if figure.learning_set:
        profiles = [learning_set(run) for run in runs[figure.learning_set]]
        path = os.path.join(folder, figure.name + '-learning-set.png')
        paths.append(plotting.learning_set(profiles, path, figure.title, figure.reference))
    if not figure.curves:
        paths += _draw_gazes(figure, runs, folder)
    elif figure.insight:
        paths.append(attention.draw(runs[figure.learning_set][0], os.path.join(folder, figure.name + '-attention.png')))
    return paths


def _draw_gazes(figure, runs, folder):
    from meta_rl.figures.films import recording
    from meta_rl.figures.gazes import curves, writing
    paths = [curves.learning(runs, os.path.join(folder, figure.name + '-frames.png'))]
    if figure.insight:
        paths.append(writing.draw(runs['gaze'][:SEEDS], os.path.join(folder, 'gaze-writing.png')))
        paths.append(curves.elsewhere(runs['gaze'][:SEEDS], os.path.join(folder, 'gaze-surroundings.png')))
        paths.append(os.path.join(folder, 'gaze.gif'))
        recording.record(runs['gaze'][0], paths[-1], seed=2, images=HELD_OUT, surroundings='real')
    return paths


def draw_third_party(folder=FOLDER):
    """Draws the agent of the README's Gymnasium snippet beside one of ours. Returns the path.

    Its curve is not trained anew where it is missing, which takes PyTorch: see meta_rl/figures/third_party.py.
    """
    theirs = third_party.read(os.path.join(folder, 'data', THIRD_PARTY, 'curve.csv'))
    curves = collections.OrderedDict([
        ('RecurrentPPO of sb3-contrib, by way of Gymnasium', [theirs]),
        ('harlow42, seed 0', [read_curve(os.path.join(run, 'curve.csv')) for run in runs_of('harlow42', 1, folder)])])
    return plotting.reward_curves(curves, os.path.join(folder, 'recurrent-ppo.png'), '42 images, an agent of another library')


def draw_two_step(folder=FOLDER):
    """Draws the rewards of the two-step task, and the stay probabilities of ours beside those of the published agents. Returns paths.

    The latter were measured with their weights, which are no part of this project: `evaluate --published`.
    """
    runs = runs_of('two-step', TWO_STEP_SEEDS, folder)
    curves = {'two-step': [read_curve(os.path.join(run, 'curve.csv')) for run in runs]}
    with open(os.path.join(folder, 'data', THEIRS, FILE)) as file:
        theirs = json.load(file)
    groups = collections.OrderedDict([
        ('two-step, %d seeds' % len(runs), [measured(run) for run in runs]),
        ('published agents, %d seeds' % len(theirs), theirs)])
    return [plotting.reward_curves(curves, os.path.join(folder, 'two-step.png'), 'The two-step task', plotting.players_of(runs)),
            stays.stay_probabilities(groups, os.path.join(folder, 'two-step-stay.png'))]


def draw_bandits(folder=FOLDER):
    """Draws the regret of the bandits. Returns the path."""
    groups = collections.OrderedDict(
        (preset[len('bandit-'):], [measured(run, REGRET_EPISODES) for run in runs_of(preset, seeds, folder)])
        for preset, seeds in BANDITS.items())
    return regrets.cumulative(groups, os.path.join(folder, 'bandits.png'))


def draw_all(folder=FOLDER):
    """Draws every figure. Yields the path of each when it is drawn. ConfigError where `folder` cannot be written."""
    files.check_folder(folder, 'draw them in a copy of this project that you may write to')
    for figure in FIGURES:
        yield from draw(figure, folder)
    yield draw_third_party(folder)
    yield from draw_two_step(folder)
    yield draw_bandits(folder)
    yield surroundings.draw(os.path.join(folder, 'surroundings.png'))
