"""curve.csv: its columns, and how it is read."""
import csv

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.psychlab.task import TRIALS

ACCURACIES = ['trial_%d' % trial for trial in range(1, TRIALS + 1)]
LOSSES = ['value_loss', 'policy_loss', 'entropy', 'grad_norm', 'var_norm']
COLUMNS = ['episodes', 'return', 'choice_return', 'length', 'value'] + ACCURACIES + LOSSES + ['staleness']
CORRECT = 'correct'  # in place of ACCURACIES, where an episode has too many trials to tell of each: of all of them, how many were right


def columns(trials=TRIALS):
    """The columns of curve.csv, where an episode has so many trials."""
    if trials <= TRIALS:
        return COLUMNS
    first = COLUMNS.index(ACCURACIES[0])
    return COLUMNS[:first] + [CORRECT] + COLUMNS[first + TRIALS:]


MANY = columns(TRIALS + 1)


def complete(row):
    """A row (or its sums), with what it lacks if it is of a time when all that was paid was paid for choices."""
    row.setdefault('choice_return', row['return'])
    row.setdefault('staleness', float('nan'))  # it was not counted
    return row


def read_curve(path):
    """curve.csv as a dict of float64 arrays [rows], one for each of its columns: see `columns`.

    `return` is what the lab paid for an episode, in the mean; `choice_return` that without what it paid for fixation.
    """
    names, rows = rows_of(path)
    return {name: np.array([float(row[name]) for row in rows]) for name in names}


def rows_of(path):
    """The columns of curve.csv and its rows, dicts of text. ConfigError names it where it is damaged."""
    try:
        with open(path, newline='') as file:
            lines = file.read().splitlines(True)
        if lines and not lines[-1].endswith('\n'):
            lines.pop()  # a crash or a full disk came in the middle of it, or it is being written
        reader = csv.DictReader(lines)
        names = MANY if CORRECT in (reader.fieldnames or ()) else COLUMNS
        missing = set(names) - {'choice_return', 'staleness'} - set(reader.fieldnames or names)
        if missing:
            raise KeyError('there is no column ' + min(missing))
        rows = [complete(row) for row in reader]
        for row in rows:
            int(row['episodes']), [float(row[name]) for name in names]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ConfigError('{} is damaged ({}): take the damaged rows out of it.'.format(path, str(error).strip('\'').split('\n')[0]))
    return names, rows
