"""The figure of the bandits: cumulative regret over the trials of an episode, beside players that know the rules."""
import numpy as np

from meta_rl.figures.measured import measured
from meta_rl.figures.plotting import own_style, save, subplots

# name, colour and line style; in the order of the legend
STYLES = (('UCB1', 'C1', '-.'), ('Thompson', 'C2', ':'), ('Gittins', 'k', '--'), ('Bayes-optimal', 'C3', '-'))


@own_style
def cumulative(groups, path, columns=3):
    """Draws mean cumulative regret into `path`: a panel for each kind of arms, a thin line for each seed. Returns the path.

    The top of a panel is a little above the agents and Thompson sampling: UCB1, far above, runs out of it.

    groups: dict from a label to the list of what bandit_oracles.score returned of its seeds.
    """
    columns = min(columns, len(groups))
    lines = -(-len(groups) // columns)
    figure, panels = subplots(lines, columns, figsize=(3.8 * columns + .4, 3.2 * lines + .3), squeeze=False)
    for axes in panels.flat[len(groups):]:
        axes.set_axis_off()
    for axes, (label, reports) in zip(panels.flat, groups.items()):
        ours = np.array([report['cumulative_regret'] for report in reports])
        trials, top = np.arange(1, ours.shape[1] + 1), ours[:, -1].max()
        for name, colour, style in STYLES:
            theirs = [report['references'][name]['cumulative_regret'] for report in reports if name in report['references']]
            if theirs:
                mean = np.mean(theirs, 0)
                axes.plot(trials, mean, color=colour, linewidth=1.3, linestyle=style, label=f'{name}, {mean[-1]:.2f}')
                top = max(top, mean[-1]) if name != 'UCB1' else top
        axes.plot(trials, ours.T, color='C0', linewidth=.6, alpha=.6)
        axes.plot(trials, ours.mean(0), color='C0', linewidth=2.2,
                  label='agent, %d seed%s, %.2f' % (len(ours), 's'[:len(ours) > 1], ours[:, -1].mean()))
        axes.set(title=label, xlabel='trial', ylabel='cumulative regret', xlim=(0, trials[-1]), ylim=(0, 1.6 * top))
        axes.legend(fontsize=7, loc='upper left', ncol=2, framealpha=.9)
    return save(figure, path)


def draw(preset, members, stem, ending, **shown):
    """Draws what the runs of a preset have learned beside their curves: see plotting.plot."""
    return [cumulative({preset: [measured(run, **shown) for run in members]}, f'{stem}-regret{ending}')]
