"""The figures of analyses: a panel for each run, all in the shared style."""
import numpy as np
from matplotlib import cm, colors

from meta_rl.figures import plotting

PANEL = 3.9  # inches
DRAWN = 30  # episodes whose ways are drawn one by one
CASES = 20  # of what follows a right or a wrong choice: a fraction of fewer is in the table alone
OUTCOMES = (1, 'C0', 'trial 1 right'), (0, 'C1', 'trial 1 wrong')  # of trial 1, their colours and names
MARKERS = 'osD^vX'


def figure(runs, rows=1, height=4.2, sharey='row'):
    """(figure, axes [rows, runs]); the last column leaves room for a legend beside it."""
    size = PANEL * len(runs) + 1.9, height * rows
    drawn, axes = plotting.subplots(rows, len(runs), figsize=size, sharey=sharey, squeeze=False)
    for panel, run in zip(axes[0], runs):
        panel.set_title(run.name)
    return drawn, axes


def _legend(panel, **more):
    panel.legend(loc='center left', bbox_to_anchor=(1.02, .5), fontsize=8, **more)


def _trials(panel, lowest=0):
    panel.axhline(50, color='0.5', linestyle='--', linewidth=1)
    panel.set(xlabel='trial', xticks=plotting.TRIALS_AXIS, xlim=(.6, 6.4), ylim=(lowest, 104))


def _line(panel, rows, value, number, count, label, shift=0., **style):
    """A line of per cents with intervals through rows of different trials; lines lie beside each other: none hides another."""
    rows = [row for row in rows if not np.isnan(row[value])]
    if not rows:
        panel.plot([], [], label=label, **style)
        return
    places = [row['trial'] + shift + .3 * (number - (count - 1) / 2) / count for row in rows]
    middle, low, high = (np.array([100 * row[name] for row in rows]) for name in (value, 'low', 'high'))
    errors = [np.maximum(middle - low, 0), np.maximum(high - middle, 0)]
    panel.errorbar(places, middle, errors, markersize=4, linewidth=1, capsize=2, label=label, **style)


@plotting.own_style
def decoders(runs, path):
    """Draws how well is read what, before the choice of each trial and after its outcome, into `path`. runs: list of Analysed."""
    drawn, axes = figure(runs)
    names = list(dict.fromkeys(row['read'] for run in runs for row in run.tables['decoders']))
    for panel, run in zip(axes[0], runs):
        table = run.tables['decoders']
        known = [row for row in table if row['moment'] == 'choice' and not np.isnan(row['shuffled'])]
        trials = sorted({row['trial'] for row in known})
        spread = [[100 * pick(row[name] for row in known if row['trial'] == trial) for trial in trials]
                  for pick, name in ((min, 'shuffled'), (max, 'shuffled_high'))]
        panel.fill_between(trials, *spread, color='0.8', label='labels shuffled')
        for number, name in enumerate(names):
            style = dict(marker=MARKERS[number], color='C%d' % number)
            for moment, label, shift, more in (('choice', name, 0., {}), ('outcome', name + ',\nafter the outcome', .5, {
                    'linestyle': ':', 'markerfacecolor': 'w'})):
                own = [row for row in table if row['read'] == name and row['moment'] == moment]
                if own:
                    _line(panel, own, 'accuracy', number, len(names), label, shift, **dict(style, **more))
        _trials(panel, 35)
    axes[0, 0].set_ylabel('read right from the units (%)')
    _legend(axes[0, -1], title='before the choice, with\n95% intervals', title_fontsize=8, **_all_labels(axes[0]))
    return plotting.save(drawn, path)


def _all_labels(panels):
    """Handles and labels of several panels, each once, as keywords of `legend`."""
    found = {}
    for panel in panels:
        for handle, label in zip(*panel.get_legend_handles_labels()):
            found.setdefault(label, handle)
    return {'handles': list(found.values()), 'labels': list(found)}


@plotting.own_style
def lesions(runs, path):
    """Draws how often each trial is right with each input silenced."""
    drawn, axes = figure(runs)
    names = list(dict.fromkeys(row['lesion'] for run in runs for row in run.tables['lesions']))
    for panel, run in zip(axes[0], runs):
        for number, name in enumerate(names):
            own = [row for row in run.tables['lesions'] if row['lesion'] == name]
            if own:
                _line(panel, own, 'fraction', number, len(names), name, marker=MARKERS[number],
                      color='k' if not number else 'C%d' % (number - 1))
        _trials(panel)
    axes[0, 0].set_ylabel('correct (%), 95% intervals')
    _legend(axes[0, -1], **_all_labels(axes[0]))
    return plotting.save(drawn, path)


@plotting.own_style
def components(runs, path):
    """Draws the plane of the first two principal components: single episodes, and their means by the outcome of trial 1."""
    drawn, axes = figure(runs, sharey=False)
    for panel, run in zip(axes[0], runs):
        for outcome, colour, _ in OUTCOMES:
            for way in run.scores[run.first == outcome][:DRAWN]:
                panel.plot(way[:, 0], way[:, 1], color=colour, linewidth=.5, alpha=.3)
        for outcome, colour, label in OUTCOMES:
            own = [row for row in run.tables['components'] if row['trial_1_correct'] == outcome]
            x, y = [row['pc1'] for row in own], [row['pc2'] for row in own]
            panel.plot(x, y, color='w', linewidth=4.5)
            panel.plot(x, y, color=colour, linewidth=2.2, label=label + ' (mean)')
            for row in own:
                panel.text(row['pc1'], row['pc2'], str(row['trial']), color='w', fontsize=7, ha='center', va='center', zorder=5,
                           bbox=dict(boxstyle='circle,pad=.18', facecolor=colour, edgecolor='w', linewidth=.6))
        for name, row in zip(('x', 'y'), run.tables['explained-variance']):
            text = 'component {} (activity), {:.0f}% of the variance'.format(row['component'], 100 * row['explained'])
            getattr(panel, f'set_{name}label')(text, fontsize=9)
    axes[0, -1].plot([], [], color='0.5', linewidth=.5, label='single episodes')
    _legend(axes[0, -1], title='numbers: the state before\nthe choice of that trial', title_fontsize=8)
    return plotting.save(drawn, path)


@plotting.own_style
def learning_set(runs, path):
    """Draws the learning set, a line for each block of training (Harlow 1949), and below what follows right and wrong choices."""
    drawn, axes = figure(runs, 2, 3.6)
    lasts = [row['last_episode'] for run in runs for row in run.tables['learning-set']]
    scale = cm.ScalarMappable(colors.LogNorm(min(lasts), max(lasts) * 1.001), 'viridis')
    for panel, run in zip(axes[0], runs):
        table = run.tables['learning-set']
        for last in sorted({row['last_episode'] for row in table}):
            own = [row for row in table if row['last_episode'] == last]
            panel.plot([row['trial'] for row in own], [100 * row['fraction'] for row in own], marker='o', markersize=3,
                       color=scale.to_rgba(last))
    lowest = min(40, 100 * min(row['fraction'] for run in runs for row in run.tables['learning-set']) - 3)
    for panel in axes[0]:
        _trials(panel, lowest)
    axes[0, 0].set_ylabel('correct in training (%)')
    for panel, run in zip(axes[1], runs):
        names = list(dict.fromkeys(row['what'] for row in run.tables['stays']))
        for number, name in enumerate(names):
            side = name.endswith('side')
            own = [row for row in run.tables['stays'] if row['what'] == name and row['count'] >= CASES]
            _line(panel, own, 'fraction', number, len(names), name,
                  marker='os'[number % 2], color=('C0', 'C3')[number % 2], linestyle=':' if side else '-',
                  markerfacecolor='w' if side else None)
        _trials(panel)
    axes[1, 0].set_ylabel('choices (%), 95% intervals')
    _legend(axes[1, -1], title=f'of {CASES} cases or more', title_fontsize=8, **_all_labels(axes[1]))
    drawn.tight_layout()
    place = axes[0, -1].get_position()
    bar = drawn.add_axes([place.x1 + .02 / len(runs) ** .5, place.y0, .03 / len(runs), place.height])
    drawn.colorbar(scale, cax=bar, label='end of the block (episodes of training)')
    return plotting.save(drawn, path, tight=False)


@plotting.own_style
def person(runs, path):
    """Draws a person's trials beside those of the agents."""
    drawn, axes = figure(runs)
    for panel, run in zip(axes[0], runs):
        for number, (player, colour) in enumerate((('person', 'k'), ('agent', 'C0'))):
            rows = [{'trial': row['trial'], **{name: row[f'{player}_{name}'] for name in ('fraction', 'low', 'high')}}
                    for row in run.tables['person']]
            _line(panel, rows, 'fraction', number, 2, player, marker=MARKERS[number], color=colour)
        _trials(panel)
    axes[0, 0].set_ylabel('correct (%), 95% intervals')
    _legend(axes[0, -1])
    return plotting.save(drawn, path)
