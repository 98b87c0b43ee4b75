"""People beside agents: the table of trials of `play --trials` against the trials of an agent."""
import csv

import numpy as np

from meta_rl.analysis.behaviour import fraction
from meta_rl.config import ConfigError
from meta_rl.envs.decisions import SIDES
from meta_rl.psychlab.task import TRIALS

NEEDED = 'policy', 'episode', 'trial', 'choice', 'correct', 'reaction_time'
PERSON = 'person'


def read(path):
    """(correct int8 [E, T], chosen int8 [E, T], reaction float [E, T]) of a person's table of trials; -1 and nan where none
    was decided.

    Raises: ConfigError where it is none.
    """
    try:
        with open(path, newline='') as file:
            reader = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigError(f'{path} is no table of trials (there is no column {missing[0]}): give one that '
                                  '`play --trials` wrote.')
            rows = [row for row in reader if row['policy'] == PERSON]
        numbers, last = [], None  # of the episode of each row: tables that are put together count from 0 each
        for row in rows:
            episode, trial = (row.get('seed'), int(row['episode'])), int(row['trial'])
            goes_on = last is not None and last[0] == episode and last[1] < trial
            numbers.append(numbers[-1] + (not goes_on) if numbers else 0)
            last = episode, trial
        count = numbers[-1] + 1 if numbers else 0
        small, reaction = np.full((2, count, TRIALS), -1, np.int8), np.full((count, TRIALS), np.nan)
        for number, row in zip(numbers, rows):
            place = number, range(1, TRIALS + 1).index(int(row['trial']))
            small[(0,) + place] = ('0', '1').index(row['correct'])
            small[(1,) + place] = SIDES.index(row['choice'])
            reaction[place] = float(row['reaction_time'])
    except (ValueError, TypeError, IndexError, csv.Error) as error:
        raise ConfigError(f'{path} is damaged ({error}): take the damaged rows out of it.')
    if not rows:
        raise ConfigError(f'{path} has no trials of a person: give a table that `play --trials` wrote.')
    return small[0], small[1], reaction


def rows(person, agent):
    """The comparison, trial by trial: list of dicts.

    Args:
      person, agent: (correct [E, T], chosen, reaction [E, T] in seconds), see `read`; a different E each.
    Returns: fraction right with its 95% interval and mean reaction time of both, and p: how likely fractions are that differ
      as much or more, were they of one and the same player (Fisher's exact test, two-sided).
    """
    from scipy.stats import fisher_exact
    found = []
    for trial in range(TRIALS):
        row, counts = {'trial': trial + 1}, []
        for name, (correct, _, reaction) in ((PERSON, person), ('agent', agent)):
            decided = correct[:, trial] >= 0
            measured = fraction((correct[:, trial] == 1).sum(), decided.sum())
            row.update({f'{name}_{key}': value for key, value in measured.items()})
            row[f'{name}_reaction_time'] = float(np.mean(reaction[decided, trial])) if decided.any() else float('nan')
            counts.append([measured['successes'], measured['count'] - measured['successes']])
        row['p'] = float(fisher_exact(counts)[1])
        found.append(row)
    return found
