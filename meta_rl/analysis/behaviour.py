"""Behaviour: what follows a right and a wrong choice, and the learning set, as monkeys' data are drawn (Harlow 1949)."""
import numpy as np

from meta_rl.envs.references.scores import wilson
from meta_rl.rundir.curve_end import trials_of


def fraction(successes, count):
    """{'fraction', 'low', 'high', 'successes', 'count'}: a fraction with its 95% interval (Wilson 1927), nan of none."""
    low, high = wilson(successes, count) if count else (float('nan'),) * 2
    return {'fraction': successes / count if count else float('nan'), 'low': low, 'high': high, 'successes': int(successes),
            'count': int(count)}


def accuracy(correct):
    """List of dicts: for each trial the fraction right of correct [E, T], 1, 0, or -1 where it was not decided: left out."""
    return [dict({'trial': trial}, **fraction((column == 1).sum(), (column >= 0).sum()))
            for trial, column in enumerate(correct.T, 1)]


def stays(correct, chosen):
    """What follows a right and a wrong choice: list of dicts, from trial 2 on.

    'win-stay' is the fraction of right choices after which the same image was chosen, 'lose-shift' that of wrong ones after
    which the other one was. 'win-stay side' and 'lose-shift side' are the same of sides in place of images. There are two
    images, one of them right through the whole episode, so the same image was chosen where both choices are right or both wrong.

    Args:
      correct: int [E, T], 1, 0, or -1 where it was not decided; chosen: int [E, T], the side.
    """
    found = []
    for what, objects in (('', correct), (' side', chosen)):
        for trial in range(1, correct.shape[1]):
            decided, same = correct[:, trial] >= 0, objects[:, trial] == objects[:, trial - 1]
            for name, before, done in (('win-stay', 1, same), ('lose-shift', 0, ~same)):
                cases = decided & (correct[:, trial - 1] == before)
                found.append(dict({'what': name + what, 'trial': trial + 1}, **fraction(done[cases].sum(), cases.sum())))
    return found


def blocks(curve):
    """The learning set: list of dicts with the fraction right in each trial, for blocks of training, each as long as all
    before it.

    One block is one problem after another, as in Harlow (1949), where later blocks are longer too.

    Args:
      curve: see curve.read_curve. A row is the mean over the episodes since the row before it.
    """
    ends, names = curve['episodes'], trials_of(curve)
    lengths = np.diff(np.concatenate([[0.], ends]))
    found, first, size = [], 0, 1
    while first < len(ends):
        rows = slice(first, first + size)
        start = ends[first] - lengths[first]
        for trial, name in enumerate(names, 1):
            mean = np.average(curve[name][rows], weights=lengths[rows])
            found.append({'first_episode': int(start) + 1, 'last_episode': int(ends[rows][-1]), 'trial': trial, 'fraction': mean})
        first += size
        size = first
    return found
