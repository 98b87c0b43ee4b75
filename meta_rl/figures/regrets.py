"""The figure of the bandits: cumulative regret over the trials of an episode, beside players that know the rules."""
import numpy as np

from meta_rl.figures.measured import measured
from meta_rl.figures.plotting import own_style, save, subplots

STYLES = (('UCB1', '-.'), ('Thompson', ':'), ('Gittins', '--'))


@own_style
def cumulative(groups, path, columns=3):
    """Draws mean cumulative regret into `path`: a panel for each kind of arms, a thin line for each seed. Returns the path.

    groups: dict from a label to the list of what bandit_oracles.score returned of its seeds.
    """
    columns = min(columns, len(groups))
    lines = -(-len(groups) // columns)
    figure, panels = subplots(lines, columns, figsize=(3.6 * columns + .6, 3. * lines + .4), squeeze=False)
    for axes in panels.flat[len(groups):]:
        axes.set_axis_off()
    for axes, (label, reports) in zip(panels.flat, groups.items()):
        ours = np.array([report['cumulative_regret'] for report in reports])
        trials = np.arange(1, ours.shape[1] + 1)
        for name, style in STYLES:
            theirs = np.mean([report['references'][name]['cumulative_regret'] for report in reports], 0)
            axes.plot(trials, theirs, color='0.35', linewidth=1.2, linestyle=style, label=name)
        axes.plot(trials, ours.T, color='C0', linewidth=.6, alpha=.6)
        axes.plot(trials, ours.mean(0), color='C0', linewidth=2, label='agent, %d seed%s' % (len(ours), 's'[:len(ours) > 1]))
        axes.set(title=label, xlabel='trial', ylabel='cumulative regret', xlim=(0, trials[-1]))
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, loc='upper left')
    return save(figure, path)


def draw(preset, members, stem, ending, **shown):
    """Draws what the runs of a preset have learned beside their curves: see plotting.plot."""
    return [cumulative({preset: [measured(run, **shown) for run in members]}, f'{stem}-regret{ending}')]
