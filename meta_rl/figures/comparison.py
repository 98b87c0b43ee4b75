"""Comparing runs: settings that differ, how each ended, per-trial accuracy with intervals, as a table and a figure."""
import os
import string

import attr
import numpy as np

from meta_rl import agents
from meta_rl import config as config_module
from meta_rl.config import ConfigError
from meta_rl.envs.references.scores import wilson
from meta_rl.figures import plotting
from meta_rl.rundir.curve_end import LAST, at_the_end, trials_of
from meta_rl.rundir.saving import checkpoints

MOST = 26  # runs: each has a letter
WIDTH = 80
LEARNED = 24.  # a mean return from choices (of 25) from which the Harlow rule counts as learned
PLACES = 'logdir', 'image_cache', 'runfiles_path', 'cluster', 'ray_address', 'device'  # where it was made, not what


class Compared:
    """What is compared of one run.

    Attributes: letter, path, config; curve, see curve.read_curve; correct, float [trials], fractions right; intervals, their 95%
    intervals; frozen, bool: with frozen weights, else by the last 1,000 episodes of training.
    """

    def __init__(self, letter, path, episodes, **shown):
        self.letter, self.path = letter, path
        self.config = config_module.load(os.path.join(path, 'config.json'))
        self.curve = plotting.curve_of(path)
        self.frozen = _has_weights(path)
        if self.frozen:
            from meta_rl import evaluation
            images = shown.pop('images', None) or evaluation.telling_images(self.config)
            report = evaluation.evaluate(path, episodes, images=images, **shown)
            self.correct, self.intervals = report['per_trial'], report['per_trial_ci95']
        else:
            end = at_the_end(os.path.join(path, 'curve.csv'))
            count = min(LAST, int(self.curve['episodes'][-1]))
            self.correct = [end[name] for name in trials_of(end)]
            self.intervals = [wilson(fraction * count, count) for fraction in self.correct]

    @property
    def learned(self):
        """int: the episodes after which a row of the curve is at 24 of 25 first; None: none is."""
        there = np.flatnonzero(self.curve['choice_return'] >= LEARNED)
        return int(self.curve['episodes'][there[0]]) if len(there) else None


def _has_weights(path):
    try:
        return bool(checkpoints.latest(path))
    except FileNotFoundError:
        return False


def differing(configs):
    """{name: [value of each]} of the settings in which Configs differ, but for where they were made."""
    found = {}
    for field in attr.fields(config_module.Config):
        values = [getattr(config, field.name) for config in configs]
        if len(set(values)) > 1 and field.name not in PLACES:
            found[field.name] = values
    return found


def table(runs):
    """The comparison as text; a table has as many columns as fit into 80 characters, and goes on below. runs: list of Compared."""
    lines = ['%s  %s' % (run.letter, run.path) for run in runs]
    rows = [(name, [_shown(value) for value in values]) for name, values in differing([run.config for run in runs]).items()]
    lines += ['', 'Settings that differ'] + (_columns(runs, rows) if rows else ['none'])
    rows = [('episodes', ['%d' % run.curve['episodes'][-1] for run in runs]),
            ('return', ['%.2f' % at_the_end(os.path.join(run.path, 'curve.csv'))['return'] for run in runs]),
            ('24 of 25 after', [format(run.learned, ',') if run.learned else 'never' for run in runs])]
    lines += ['', 'Training: mean return of the last 1,000 episodes; when choices earned 24 of 25'] + _columns(runs, rows)
    rows = []
    for trial in range(max(len(run.correct) for run in runs)):
        rows.append(('trial %d' % (trial + 1), [_percent(run, trial) for run in runs]))
    lines += ['', 'Correct (%) and 95% interval, with frozen weights (*: at the end of training)']
    return '\n'.join(lines + _columns(runs, rows, stars=True))


def _percent(run, trial):
    if trial >= len(run.correct):
        return ''
    low, high = run.intervals[trial]
    return '%.1f %.0f..%.0f' % (100 * run.correct[trial], 100 * low, 100 * high)


def _shown(value):
    if isinstance(value, bool):
        return str(value).lower()
    text = f'{value:.4g}' if isinstance(value, float) else str(value)
    return (text or 'empty') if len(text) <= 20 else text[:8] + '..' + text[-10:]


def _columns(runs, rows, stars=False):
    """Lines of rows (name, [cell of each run]), some runs beside each other and the next ones below."""
    first = max(len(name) for name, _ in rows) + 1
    heads = [run.letter + '*' * (stars and not run.frozen) for run in runs]
    width = max(len(cell) for _, cells in rows + [('', heads)] for cell in cells) + 2
    lines, beside = [], max((WIDTH - first) // width, 1)
    for start in range(0, len(runs), beside):
        for name, cells in [('', heads)] + rows:
            lines.append((name.ljust(first) + ''.join(cell.rjust(width) for cell in cells[start:start + beside])).rstrip())
    return lines


@plotting.own_style
def figure(runs, path):
    """Draws curves and trials of a list of Compared into `path`. Returns it."""
    drawn, (left, right) = plotting.subplots(1, 2, figsize=(11, 4.5))
    for number, run in enumerate(runs):
        colour = 'C%d' % (number % 10)
        left.plot(run.curve['episodes'], run.curve['choice_return'], color=colour, linewidth=1.2)
        correct, (low, high) = 100 * np.array(run.correct), 100 * np.array(run.intervals).T
        # Beside each other, so that no interval hides another.
        places = np.arange(1, len(correct) + 1) + .4 * (number - (len(runs) - 1) / 2) / len(runs)
        errors = [np.maximum(correct - low, 0), np.maximum(high - correct, 0)]
        right.errorbar(places, correct, errors, color=colour, marker='o', markersize=4, linewidth=.8, capsize=2,
                       label='{}  {}{}'.format(run.letter, os.path.basename(os.path.normpath(run.path)), '' if run.frozen else ' *'))
    left.set(xlabel='episodes', ylabel='return from choices (mean of an episode)')
    left.set_xlim(left=0)
    right.axhline(50, color='0.6', linewidth=1, linestyle=':')
    right.set(xlabel='trial', ylabel='correct (%), 95% intervals', ylim=(0, 103))
    drawn.legend(*right.get_legend_handles_labels(), loc='lower center', ncol=2, fontsize=8)
    drawn.subplots_adjust(bottom=.2 + .05 * ((len(runs) + 1) // 2))
    return plotting.save(drawn, path, tight=False)


def compare(paths, path, episodes=1000, **shown):
    """Compares run directories, and draws them into `path`. Returns the table as text.

    episodes: int, with frozen weights; shown: seed, images, any_images and elsewhere of evaluation.evaluate; images: by default
    held-out ones for agents that see them.
    Raises: ConfigError for less than 2 runs or more than 26, or of another task than Harlow's, whose trials are not like these.
    """
    if not 2 <= len(paths) <= MOST:
        raise ConfigError('%d run director%s given: compare 2 to %d.' % (len(paths), 'y was' if len(paths) == 1 else 'ies were', MOST))
    plotting.kind_of(path)
    for run in paths:
        config = config_module.load(os.path.join(run, 'config.json'))
        if not agents.of(config).in_lab:
            raise ConfigError(f'{run} is of the environment {config.environment!r}: compare takes runs of the Harlow task, use plot.')
    runs = [Compared(letter, run, episodes, **shown) for letter, run in zip(string.ascii_uppercase, paths)]
    figure(runs, path)
    return table(runs)
