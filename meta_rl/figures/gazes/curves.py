"""Figures of agents that move their own gaze: what they learned over the frames they saw, and how they do elsewhere."""
import json
import os

import numpy as np

from meta_rl import config as config_module
from meta_rl.evaluation import HELD_OUT, MODES, evaluate, learning_set
from meta_rl.figures.plotting import curve_of, own_style, save, subplots
from meta_rl.psychlab.task import TRIALS
from meta_rl.rundir import files
from meta_rl.rundir.curve import ACCURACIES

BAR = 95  # per cent, that an agent is to reach on each of trials 2 to 6
ELSEWHERE = 'real', 'flat', 'random'  # surroundings; of the last, looks that it was not trained with
EPISODES = 1000


def frames_seen(curve, repeat):
    """Frames of the lab that had been played at each row of a curve (see curve.read_curve): float [rows]."""
    episodes = np.diff(np.concatenate([[0.], curve['episodes']]))
    return np.cumsum(episodes * curve['length']) * repeat


@own_style
def learning(runs, path, episodes=EPISODES):
    """Draws per cent correct over frames into `path`: held-out images at each seventh (dots), training (lines). Returns path.

    runs: {label: list of run directories}, a panel for each label and a colour for each run: the mean of trials 2 to 6.
    """
    figure, panels = subplots(1, len(runs), figsize=((4.4 if len(runs) < 4 else 3.6) * len(runs), 4.2), sharey=True, squeeze=False)
    for axes, (label, members) in zip(panels[0], runs.items()):
        for number, run in enumerate(members):
            config = config_module.load(os.path.join(run, 'config.json'))
            curve, profiles = curve_of(run), 100 * learning_set(run, episodes)
            frames = frames_seen(curve, config.repeat)
            at = np.interp(np.arange(1, len(profiles) + 1) * config.episodes / len(profiles), curve['episodes'], frames)
            after = np.mean([curve[name] for name in ACCURACIES[1:]], 0)
            axes.plot(frames / 1e6, 100 * after, color='C%d' % number, linewidth=1, label='seed %d' % config.seed)
            axes.plot(at / 1e6, profiles[:, 1:].mean(1), 'o', color='C%d' % number, markersize=4)
        _draw_bar(axes)
        axes.axhline(50, color='0.5', linestyle=':', linewidth=1)
        axes.annotate('chance', (1, 49), xycoords=('axes fraction', 'data'), ha='right', va='top', fontsize=8, color='0.3')
        axes.set(xlabel='frames of the lab (millions)', ylim=(0, 102), xlim=(0, None), title=label)
        axes.legend(fontsize=9, loc='lower right', ncol=2)
    panels[0][0].set_ylabel('correct on trials 2 to 6 (%)')
    figure.suptitle('Lines: in training, where a trial that was not reached counts as wrong, so that a curve begins below chance. '
                    'Dots: held-out images, frozen weights.', fontsize=10)
    figure.tight_layout(rect=(0, 0, 1, .96))
    return save(figure, path, tight=False)


def _draw_bar(axes):
    axes.axhline(BAR, color='0.5', linestyle='--', linewidth=1)
    axes.annotate(f'{BAR} %', (.01, BAR - .5), xycoords=('axes fraction', 'data'), va='top', fontsize=8, color='0.3')


def measured(run, surroundings, episodes=EPISODES):
    """The report of evaluation.evaluate on held-out images in other surroundings: kept beside a run, measured where missing."""
    path = os.path.join(run, f'evaluation-{surroundings}.json')
    if not os.path.exists(path):
        report = evaluate(run, episodes, images=HELD_OUT, surroundings=surroundings)
        report = {name: report[name] for name in ('checkpoint', 'episodes', 'images', 'seed', 'surroundings') + MODES}
        files.write(path, (json.dumps(report, indent=2, sort_keys=True) + '\n').encode())
    with open(path) as file:
        return json.load(file)


@own_style
def elsewhere(runs, path):
    """Draws per cent correct on each trial in each of the three surroundings into `path`, side by side. Returns path.

    runs: list of run directories, a colour for each; sampled as lines, greedy as dashes.
    """
    figure, panels = subplots(1, len(ELSEWHERE), figsize=(4 * len(ELSEWHERE), 4.4), sharey=True)
    for axes, surroundings in zip(panels, ELSEWHERE):
        for number, run in enumerate(runs):
            report = measured(run, surroundings)
            for mode, style in zip(MODES, ('-', '--')):
                label = 'seed %d, %s' % (config_module.load(os.path.join(run, 'config.json')).seed, mode)
                correct = 100 * np.array(report[mode]['per_trial'])
                axes.plot(range(1, TRIALS + 1), correct, style, color='C%d' % number, marker='o', markersize=3, linewidth=1, label=label)
        _draw_bar(axes)
        shown = 'random, new looks' if surroundings == 'random' else surroundings
        axes.set(xlabel='trial', title='surroundings: ' + shown, ylim=(40, 102))
        axes.title.set_fontsize(11)
    panels[0].set_ylabel('correct (%), held-out images, frozen weights')
    panels[-1].legend(fontsize=9, loc='lower right')
    return save(figure, path)
