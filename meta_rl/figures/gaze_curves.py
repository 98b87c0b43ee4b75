"""A figure of an agent that moves its own gaze: what it has learned over the frames it has seen."""
import os

import numpy as np

from meta_rl import config as config_module
from meta_rl.evaluation import learning_set
from meta_rl.figures.plotting import curve_of, own_style, save, subplots
from meta_rl.rundir.monitor import ACCURACIES


def frames_seen(curve, repeat):
    """Frames of the lab that had been played at each row of a curve (see monitor.read_curve): float [rows]."""
    episodes = np.diff(np.concatenate([[0.], curve['episodes']]))
    return np.cumsum(episodes * curve['length']) * repeat


@own_style
def learning(runs, path, episodes=1000):
    """Draws per cent correct over frames into `path`: held-out images at each seventh (dots), training (lines). Returns path.

    runs: {label: list of run directories}, a line for each run: the mean of trials 2 to 6, and trial 1 in grey.
    """
    figure, axes = subplots(figsize=(8, 4.5))
    for number, (label, members) in enumerate(runs.items()):
        for run in members:
            config = config_module.load(os.path.join(run, 'config.json'))
            curve, profiles = curve_of(run), 100 * learning_set(run, episodes)
            frames = frames_seen(curve, config.repeat)
            at = np.interp(np.arange(1, len(profiles) + 1) * config.episodes / len(profiles), curve['episodes'], frames)
            after = np.mean([curve[name] for name in ACCURACIES[1:]], 0)
            axes.plot(frames / 1e6, 100 * curve[ACCURACIES[0]], color='0.8', linewidth=.5, zorder=0)
            line, = axes.plot(frames / 1e6, 100 * after, color='C%d' % number, linewidth=.8, alpha=.7)
            axes.plot(at / 1e6, profiles[:, 1:].mean(1), 'o', color='C%d' % number, markersize=4)
        line.set_label('%s (%d seed%s)' % (label, len(members), 's'[:len(members) > 1]))
    axes.plot([], [], color='0.8', label='trial 1')
    axes.axhline(95, color='0.5', linestyle='--', linewidth=1)
    axes.set(xlabel='frames of the lab (millions)', ylabel='correct (%)', ylim=(0, 102), xlim=(0, None),
             title='The agent moves its own gaze: trials 2 to 6, held-out images (dots), training (lines)')
    axes.legend(fontsize=8, loc='lower right')
    return save(figure, path)
