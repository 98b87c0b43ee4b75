"""The table of several seeds: what the curve of each says of the last 1,000 episodes, and the mean over seeds."""
import csv
import os

LAST = 1000  # episodes


def at_the_end(path):
    """What curve.csv says of the last 1,000 episodes (of the last row, if that has more): {column: mean}, {} of an empty one.

    A row is a mean over the episodes since the row before it, and counts for as many of these as are among the last 1,000. It is
    read without NumPy and TensorFlow, so that a table is printed at once.
    """
    with open(path, newline='') as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    if not rows:
        return {}
    after = max(rows[-1]['episodes'] - LAST, 0)
    starts = [0] + [row['episodes'] for row in rows[:-1]]
    weights = [max(row['episodes'] - max(start, after), 0) for start, row in zip(starts, rows)]
    return {name: sum(weight * row[name] for weight, row in zip(weights, rows) if weight) / sum(weights)
            for name in rows[-1] if name != 'episodes'}


def trials_of(columns):
    """The names of `columns` that are the fraction right in a trial, in order."""
    return sorted((name for name in columns if name.startswith('trial_')), key=lambda name: int(name[len('trial_'):]))


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
