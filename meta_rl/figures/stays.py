"""The figure of the two-step task: how often an action is repeated, by what came of it, as in Wang et al. 2018, figure 5."""
import numpy as np

from meta_rl.envs.references.two_step_oracles import BayesOptimal
from meta_rl.figures.measured import measured
from meta_rl.figures.plotting import own_style, save, subplots

BARS = (('RC', 0., 'C0'), ('RU', 1., 'C3'), ('UC', 2.5, 'C0'), ('UU', 3.5, 'C3'))  # cell, place, colour


@own_style
def stay_probabilities(groups, path):
    """Draws stay probabilities into `path`: a panel for each group, a bar for their mean, a dot for each seed. Returns the path.

    groups: dict from a label to the list of what two_step_oracles.score returned of its seeds.
    """
    figure, rows = subplots(1, len(groups), figsize=(3.6 * len(groups) + 1.4, 4.2), sharey=True, squeeze=False)
    for axes, (label, reports) in zip(rows[0], groups.items()):
        for cell, place, colour in BARS:
            values = [report['stay'][cell] for report in reports if report['stay'][cell] is not None]
            best = reports[0]['oracles'][BayesOptimal.name]['stay'][cell]
            axes.bar([place], [np.mean(values)], .85, color=colour, alpha=.55)
            axes.plot(place + np.linspace(-.25, .25, len(values)) * (len(values) > 1), values, 'o', color='k', markersize=3)
            axes.plot([place - .45, place + .45], [best, best], color='k', linewidth=1.5, linestyle=':')
        reward = np.mean([report['reward_mean'] for report in reports])
        axes.set(title='{}\n{:.1f} an episode'.format(label, reward), xticks=[.5, 3], xticklabels=['rewarded', 'unrewarded'],
                 ylim=(0, 1.03))
    rows[0][0].set_ylabel('probability of the same action')
    first = rows[0][0]
    rows[0][-1].legend([*first.containers[:2], first.lines[1], first.lines[0]], ['common', 'uncommon', 'Bayes-optimal', 'a seed'],
                       fontsize=8, loc='center left', bbox_to_anchor=(1.01, .5))
    return save(figure, path)


def draw(preset, members, stem, ending, **shown):
    """Draws what the runs of a preset have learned beside their curves: see plotting.plot."""
    return [stay_probabilities({preset: [measured(run, **shown) for run in members]}, f'{stem}-stay{ending}')]
