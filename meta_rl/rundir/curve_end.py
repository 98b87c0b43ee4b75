"""What the end of curve.csv says, read without NumPy and TensorFlow, so that lists and tables are printed at once."""
import csv

LAST = 1000  # episodes


def at_the_end(path):
    """What curve.csv says of the last 1,000 episodes (of the last row, if that has more): {column: mean}, {} of an empty one.

    A row is a mean over the episodes since the row before it, and counts for as many of these as are among the last 1,000.
    """
    with open(path, newline='') as file:
        lines = file.read().splitlines(True)
    if lines and not lines[-1].endswith('\n'):
        lines.pop()  # it is being written
    rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]
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
