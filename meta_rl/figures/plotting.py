"""Figures of runs: reward curves, and how the learning set formed."""
import collections
import io
import os

import numpy as np
from matplotlib import cm, style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from meta_rl import config as config_module
from meta_rl.console.output import say
from meta_rl.envs.references.oracles import ORACLES
from meta_rl.figures import colours, named
from meta_rl.rundir import files
from meta_rl.rundir.curve import read_curve

TRIALS_AXIS = np.arange(1, 7)
RULES = 'arms', 'trials', 'common', 'paid', 'switch'  # of the tasks without a lab, on which their players hang
HARLOW = [(oracle.name, oracle.mean_return) for oracle in ORACLES]
# A decorator of all that draws: by Matplotlib's own settings, whatever a matplotlibrc says, and these are left as they were.
own_style = style.context('default')


def subplots(*shape, figsize, **more):
    """(figure, axes) as pyplot.subplots makes them, but apart from pyplot: its backend, a window or a notebook, stays as it is."""
    figure = Figure(figsize=figsize)
    FigureCanvasAgg(figure)
    return figure, figure.subplots(*shape, **more)


def by_preset(runs):
    """The run directories in groups: an ordered dict from preset to list of paths."""
    groups = collections.OrderedDict()
    for run in runs:
        groups.setdefault(config_module.load(os.path.join(run, 'config.json')).preset, []).append(run)
    return groups


def kind_of(path):
    """The kind of picture that a path's ending stands for, 'png' where it has none. ConfigError where there is no such kind."""
    kind, known = os.path.splitext(path)[1][1:].lower() or 'png', sorted(FigureCanvasAgg(Figure()).get_supported_filetypes())
    if kind not in known:
        raise config_module.ConfigError('{} cannot be drawn ({!r} is no kind of picture): give it one of the endings {}.'.format(
            path, kind, ', '.join(known)))
    return kind


def save(figure, path, tight=True):
    """Writes a figure into `path`, whole or not at all, and returns it; as PNG where it is a binary file. See kind_of.

    tight: bool, let Matplotlib arrange it.
    """
    if tight:
        figure.tight_layout()
    if hasattr(path, 'write'):
        figure.savefig(path, dpi=120, format='png')
        return path
    content = io.BytesIO()
    figure.savefig(content, dpi=120, format=kind_of(path))
    files.write(path, content.getvalue())
    return path


def mean_curve(curves):
    """(episodes, returns of choices): the mean over several curves, where all of them are, on the points of the shortest."""
    shortest = min(curves, key=lambda curve: curve['episodes'][-1])['episodes']
    start = max(curve['episodes'][0] for curve in curves)
    episodes = shortest[shortest >= start]
    return episodes, np.mean([np.interp(episodes, curve['episodes'], curve['choice_return']) for curve in curves], 0)


def players_of(runs):
    """[(name, reward)] of players to compare the rewards of run directories with. ConfigError where these are of several tasks."""
    from meta_rl import agents  # not at the top: training draws its last figure by this file
    configs = [config_module.load(os.path.join(run, 'config.json')) for run in runs]
    tasks = sorted({config.environment for config in configs})
    if len(tasks) > 1:
        raise config_module.ConfigError('These are runs of several tasks ({}): plot those of each by themselves.'.format(
            ', '.join(tasks)))
    agent = agents.of(configs[0])
    for name in () if agent.in_lab else RULES:
        found = sorted({getattr(config, name) for config in configs})
        if len(found) > 1:
            raise config_module.ConfigError('These are runs of several tasks ({} is {}): plot those of each by themselves.'.format(
                name, ' and '.join(map(str, found))))
    return agent.players(configs[0])


@own_style
def reward_curves(groups, path, title=None, players=HARLOW):
    """Draws reward curves into `path`: a thin line for each seed and a thick one for their mean; returns it.

    Drawn is what the choices earned, so that levels that pay for fixation too compare with those that do not.

    Args:
      groups: dict from a label to the list of curves (see curve.read_curve) of its seeds.
      players: [(name, reward)], dotted lines to compare them with, from chance to the best.
    """
    figure, axes = subplots(figsize=(9, 4.5))
    _draw_players(axes, players)
    for colour, (label, curves) in zip(colours.of(list(groups)), groups.items()):
        for curve in curves:
            axes.plot(curve['episodes'], curve['choice_return'], color=colour, linewidth=.7, alpha=.6 if len(curves) > 1 else 1)
        if len(curves) > 1:
            label = '%s, mean of %d seeds' % (label, len(curves))
            axes.plot(*mean_curve(curves), color=colour, linewidth=2.2, label=label)
        else:
            axes.lines[-1].set_label(label)
    axes.set(xlabel='episodes', ylabel='return (mean of an episode)', ylim=_limits(groups, players), title=title)
    axes.set_xlim(left=0)
    if len(axes.get_legend_handles_labels()[1]) > 1 or label != title:
        # Below the curves, where it covers none of them.
        axes.legend(loc='upper center', bbox_to_anchor=(.5, -.13), ncol=2, fontsize=8, frameon=False)
    return save(figure, path)


@own_style
def reward_panels(groups, path, title=None, players=HARLOW):
    """Draws reward curves that lie on each other: as reward_curves, but a panel for each group, the means of the others in grey."""
    across = min(len(groups), 2)
    figure, panels = subplots(-(-len(groups) // across), across, figsize=(9.6, 6.4), sharex=True, sharey=True, squeeze=False)
    for number, (axes, colour, (label, curves)) in enumerate(zip(panels.flat, colours.of(list(groups)), groups.items())):
        _draw_players(axes, players, named=number % across == across - 1)
        for name, others in groups.items():
            if name != label:
                axes.plot(*mean_curve(others), color='0.7', linewidth=1)
        for curve in curves:
            axes.plot(curve['episodes'], curve['choice_return'], color=colour, linewidth=.7, alpha=.7)
        axes.plot(*mean_curve(curves), color=colour, linewidth=2.2)
        axes.set(title='%s, %d seed%s' % (label, len(curves), 's'[:len(curves) > 1]), ylim=_limits(groups, players), xlim=(0, None))
        axes.title.set_fontsize(10)
    for axes in panels[-1]:
        axes.set_xlabel('episodes')
    for axes in panels[:, 0]:
        axes.set_ylabel('return (mean of an episode)', fontsize=9)
    figure.suptitle(f'{title} (grey: the means of the other panels)', fontsize=12)
    figure.tight_layout(rect=(0, 0, 1, .97))
    return save(figure, path, tight=False)


def _draw_players(axes, players, named=True):
    for name, value in players:
        axes.axhline(value, color='0.6', linewidth=1, linestyle=':')
        if named:
            axes.annotate(f'{name}, {value:.0f}', (1.01, value), xycoords=('axes fraction', 'data'), va='center', fontsize=8, color='0.3')


def _limits(groups, players):
    """(lowest, highest) of the axis of rewards: all curves are in it, and all players."""
    lowest, highest = players[0][1], players[-1][1]
    span = (highest - lowest) / 25
    returns = np.concatenate([curve['choice_return'] for curves in groups.values() for curve in curves])
    return min(lowest - 4 * span, np.nanmin(returns) - span), max(highest + 2 * span, np.nanmax(returns) + span)


def curve_of(run):
    """The curve of a run directory, see curve.read_curve. ConfigError where it has no row yet."""
    path = os.path.join(run, 'curve.csv')
    curve = read_curve(path)
    if not len(curve['episodes']):
        raise config_module.ConfigError(f'{path} has no rows: let the run play --log-every episodes first.')
    return curve


def reward_curve(run, path=None):
    """Draws the reward curve of one run directory into `path` (default: reward_curve.png in it). Returns the path."""
    name = os.path.basename(os.path.normpath(run))
    curve = curve_of(run)
    # A curve alone, without its settings, is taken for one of the Harlow task.
    players = players_of([run]) if os.path.exists(os.path.join(run, 'config.json')) else HARLOW
    return reward_curves({name: [curve]}, path or os.path.join(run, 'reward_curve.png'), name, players)


@own_style
def learning_set(profiles, path, title=None, reference=None, labels=None):
    """Draws per cent correct on trials 1..6, a line for each quantile of training: the form of Wang et al. 2018, figure 6c.

    Args:
      profiles: float [seeds, quantiles, 6], fractions right; nan where a seed has none.
      reference: (label, 6 per cents) of a published line to draw beside them, or None.
      labels: what each line is of; None: the weights at the end of each quantile of training.
    Returns: path (or a binary file). Error bars are standard errors over seeds.
    """
    profiles = 100 * np.asarray(profiles)
    seeds, quantiles, _ = profiles.shape
    ends = [line[1:] for line in profiles[:, -1] if not np.isnan(line).any()]
    larger = bool(ends) and np.min(ends) >= 90  # lines that could not be told apart are drawn once more
    figure, panels = subplots(1, 2 if larger else 1, figsize=(10.5 if larger else 7.5, 4.5), squeeze=False)
    labels = labels or ['weights at %d/%d of training' % (number, quantiles) for number in range(1, quantiles)] + ['weights at the end']
    for axes, first in zip(panels[0], (0, 1)):
        for number in range(quantiles):
            known = profiles[~np.isnan(profiles[:, number]).any(1), number, first:]  # of those seeds that have it
            if not len(known):
                continue
            mean, error = known.mean(0), known.std(0, ddof=1) / np.sqrt(len(known)) if len(known) > 1 else None
            axes.errorbar(TRIALS_AXIS[first:], mean, error, marker='o', markersize=3, capsize=2,
                          color=cm.viridis(number / max(quantiles - 1, 1)), label=labels[number])
        if reference:
            axes.plot(TRIALS_AXIS[first:], reference[1][first:], color='k', linewidth=1, marker='x', label=reference[0])
        axes.set_xlabel('trial')
    whole = panels[0][0]
    whole.axhline(50, color='0.5', linestyle='--', linewidth=1)
    whole.annotate('chance', (6.2, 49), fontsize=8, color='0.3', ha='right', va='top')
    whole.set(ylabel='correct (%)', ylim=(min(40, np.nanmin(profiles) - 2), 103), title=title)
    if larger:
        panels[0][1].set(ylim=(min(96, np.floor(np.min(ends)) - 1), 100.2), xticks=TRIALS_AXIS[1:], title='trials 2 to 6, larger')
        panels[0][1].title.set_fontsize(10)
    panels[0][-1].legend(fontsize=8, loc='center left', bbox_to_anchor=(1.01, .5))
    return save(figure, path)


def plot(runs, path, **shown):
    """Draws the reward curves of run directories into `path`, and beside it for each preset among them what it has learned.

    That is a learning set, or what the agent of the task names for it. It is left out where a run has not been finished. shown: images,
    any_images and elsewhere of evaluation.learning_set. Returns the list of paths.
    """
    from meta_rl import agents
    kind_of(path)
    groups, players = by_preset(runs), players_of(runs)
    curves = collections.OrderedDict((preset, [curve_of(run) for run in members])
                                     for preset, members in groups.items())
    drawn = [reward_curves(curves, path, players=players)]
    stem, ending = os.path.splitext(path)
    for preset, members in groups.items():
        agent = agents.of(config_module.load(os.path.join(members[0], 'config.json')))
        drawn += named(agent.profile)(preset, members, stem if len(groups) == 1 else f'{stem}-{preset}', ending, **shown)
    return drawn


def learning_sets(preset, members, stem, ending, **shown):
    """Draws the learning set of the runs of a preset beside their curves: see `plot`. Returns a list of its path, or of none."""
    from meta_rl.evaluation import learning_set as measured
    try:
        profiles = [measured(run, **shown) for run in members]
    except config_module.ConfigError as error:
        say(f'No learning set for {preset}: {error}')
        return []
    for run, profile in zip(members, profiles):
        kept = [str(number) for number, part in enumerate(profile, 1) if not np.isnan(part).any()]
        if len(kept) < len(profile):
            say('{} has weights of {} of its {} sevenths ({}): it was resumed with other --episodes, or had few updates.'.format(
                run, len(kept), len(profile), ', '.join(kept)))
    return [learning_set(profiles, f'{stem}-learning-set{ending}', preset)]
