"""The table of several seeds: what the curve of each says of the last 1,000 episodes, and the mean over seeds."""
import os

from meta_rl.rundir.curve_end import LAST, at_the_end, trials_of


def table(runs):
    """The table as text, at most 80 columns wide. runs: {seed: run directory, or None where its training did not end}."""
    ends = {seed: at_the_end(os.path.join(run, 'curve.csv')) for seed, run in runs.items() if run}
    trials = trials_of(next(iter(ends.values()), {}))[:6]
    lines = ['The last %s episodes of each seed (trials: %% correct)' % format(LAST, ','),
             '%-6s %7s %s' % ('seed', 'return', ' '.join('%7s' % name.replace('_', ' ') for name in trials))]
    for seed in sorted(runs):
        lines.append(_row(seed, ends[seed], trials) if seed in ends else '%-6s not finished' % seed)
    if len(ends) > 1:
        mean = {name: sum(end[name] for end in ends.values()) / len(ends) for name in ['return'] + trials}
        lines.append(_row('mean', mean, trials))
    return '\n'.join(line.rstrip() for line in lines)


def _row(name, end, trials):
    return '%-6s %7.2f %s' % (name, end['return'], ' '.join('%7.1f' % (100 * end[trial]) for trial in trials))
