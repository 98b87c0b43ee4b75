"""Linear decoders: how well logistic regression reads things from the units. docs/analysis.md says what, and when."""
import os
from typing import NamedTuple

import numpy as np
from PIL import Image

from meta_rl.envs.references.scores import wilson

FOLDS, SHUFFLES = 5, 10
FEWEST = 4 * FOLDS  # episodes of the rarer answer: with less of them a decoder is not fitted
STRENGTH = .1  # scikit-learn's C: the smaller, the more the weights are held down
# 'good image' alone: principal components of the units and of the pictures that its weights are made of; pictures have SIDE x
# SIDE pixels. Tried on the kept agents harlow42-seed0 and pixels-seed0 were 16 and 48; 12, 24 and 32; sides of 2, 4 and 8; and C
# of .01, .1 and 1: all read .74 to .90 after trial 1.
UNIT_COMPONENTS, PICTURE_COMPONENTS, SIDE = 16, 12, 4


class Decoded(NamedTuple):
    """How well an answer is read, fractions. Each of the two answers counts half, however rare: reading nothing gives .5.

    accuracy; low, high: its 95% interval; shuffled, shuffled_high: mean and greatest accuracy with shuffled labels; episodes,
    rarer: how many there are, and how many with the rarer answer. With too few of these accuracies are nan.
    """

    accuracy: float
    low: float
    high: float
    shuffled: float
    shuffled_high: float
    episodes: int
    rarer: int


def folds(groups, count=FOLDS):
    """[(rows to fit, rows to test)]: all rows of a group are on the same side. groups: int [N]."""
    from sklearn.model_selection import GroupKFold
    return list(GroupKFold(count).split(groups, groups=groups))


def balanced(labels, answers):
    """(accuracy, low, high): the mean of the fractions of either label that are answered right, and its 95% interval.

    The two Wilson intervals are put together as Zou and Donner (2008) do it.
    """
    right = [answers[labels == label] == label for label in (False, True)]
    rates = [part.mean() for part in right]
    ends = [wilson(part.sum(), len(part)) for part in right]
    mean = sum(rates) / 2
    down = np.sqrt(sum((rate - low) ** 2 for rate, (low, _) in zip(rates, ends))) / 2
    up = np.sqrt(sum((high - rate) ** 2 for rate, (_, high) in zip(rates, ends))) / 2
    return float(mean), float(max(mean - down, 0)), float(min(mean + up, 1))


def decode(units, labels, groups, pairs=None, shuffles=SHUFFLES, seed=0):
    """Decoded, of labels bool [N] read from units [N, U], cross-validated.

    Each answer comes from a decoder that was fitted without the rows of its own group.

    Args:
      groups: int [N], the episode of each row.
      pairs: float [N, P], for a question about two things a and b: what a is like minus what b is like, in P numbers. The
        decoder then is linear in the units with weights that are linear in these: whether pairs @ W @ units > 0, of the units'
        first principal components. None: a decoder with the same weights in all rows.
      shuffles: int, how often to do it again with labels in random order.
    """
    labels, units = np.asarray(labels, bool), np.asarray(units, np.float64)
    rarer = int(min(labels.sum(), (~labels).sum()))
    if rarer < FEWEST:
        return Decoded(*[float('nan')] * 5, len(labels), rarer)
    random, prepared = np.random.RandomState(seed), _prepared(units, folds(groups), pairs)
    # Of pairs in the other order the answer must be the other one: there is no intercept.
    found = balanced(labels, _answers(prepared, labels, pairs is None))
    chance = [balanced(shuffled, _answers(prepared, shuffled, pairs is None))[0]
              for shuffled in (random.permutation(labels) for _ in range(shuffles))]
    return Decoded(*found, float(np.mean(chance)), float(max(chance)), len(labels), rarer)


def _prepared(units, parts, pairs):
    """[(rows to test, rows to fit, what is fitted [fit, X], what is tested [test, X])], of nothing but the rows to fit."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler
    found = []
    for fitted, tested in parts:
        if pairs is None:
            scaled = StandardScaler().fit(units[fitted]).transform(units)
        else:
            kept = min(UNIT_COMPONENTS, units.shape[1], len(fitted))
            scaled = PCA(kept, whiten=True, svd_solver='full').fit(units[fitted]).transform(units)
            scaled = (pairs[:, :, np.newaxis] * scaled[:, np.newaxis]).reshape(len(units), -1)
        found.append((tested, fitted, scaled[fitted], scaled[tested]))
    return found


def _answers(prepared, labels, intercept):
    from sklearn.linear_model import LogisticRegression
    answers = np.zeros(len(labels), bool)
    for tested, fitted, examples, asked in prepared:
        decoder = LogisticRegression(C=STRENGTH, class_weight='balanced', max_iter=1000, fit_intercept=intercept)
        answers[tested] = decoder.fit(examples, labels[fitted]).predict(asked)
    return answers


def questions(gathered, looks=None):
    """[(what, moment, trial from 0, rows of episodes, bool labels of these, pairs of these or None)]: all that is read from a
    Gathered.

    looks: float [numbers of images, P], what each image is like; None: 'good image' is not asked. moment: 'choice' or
    'outcome', see Gathered.
    """
    found, count = [], gathered.correct.shape[1]
    good, other = gathered.images.T
    known, low_is_good = (gathered.images > 0).all(1) & (looks is not None), good < other
    pairs = None
    if looks is not None:  # the one with the lower number minus the other one
        pairs = looks[np.minimum(good, other)] - looks[np.maximum(good, other)]
    for trial in range(count):
        decided = gathered.correct[:, trial] >= 0
        asked = [('good image', decided & known, low_is_good), ('good side', decided, gathered.good_side[:, trial] == 1),
                 ('choice', decided, gathered.chosen[:, trial] == 1)]
        if trial:
            asked.append(('last outcome', decided, gathered.correct[:, trial - 1] == 1))
        found += [(what, 'choice', trial, rows, labels) for what, rows, labels in asked]
        if gathered.apart and trial + 1 < count:
            read = gathered.correct[:, trial + 1] >= 0
            asked = [('good image', read & known, low_is_good), ('last outcome', read, gathered.correct[:, trial] == 1)]
            found += [(what, 'outcome', trial, rows, labels) for what, rows, labels in asked]
    return [(what, moment, trial, np.flatnonzero(rows), labels[rows], pairs[rows] if what == 'good image' else None)
            for what, moment, trial, rows, labels in found if rows.any()]


def rows(gathered, looks=None, progress=None, shuffles=SHUFFLES):
    """The table of decoders: list of dicts, what is read, at which moment of which trial (from 1), and Decoded.

    looks: see `questions`; progress: Progress that is told of each decoder, or None.
    """
    found = []
    for what, moment, trial, episodes, labels, pairs in questions(gathered, looks):
        units = (gathered.choice if moment == 'choice' else gathered.outcome)[episodes, trial]
        row = {'read': what, 'moment': moment, 'trial': trial + 1}
        row.update(decode(units, labels, episodes, pairs, shuffles)._asdict())
        found.append(row)
        if progress:
            progress.add()
    return found


def numbers(count):
    """What images are like to an agent that is given their numbers: float [count + 1, count], one-hot; zeros of number 0."""
    return np.eye(count + 1)[:, 1:]


def pictures(folder, count):
    """What the images of a dataset folder are like, by number: float [count + 1, P], of number 0 zeros.

    Each picture is averaged down to SIDE x SIDE pixels; of all of them the first principal components are taken, scaled to
    deviation 1.
    """
    from sklearn.decomposition import PCA
    small = []
    for number in range(1, count + 1):
        with Image.open(os.path.join(folder, '%04d.png' % number)) as picture:
            small.append(np.asarray(picture.convert('RGB').resize((SIDE, SIDE), Image.BOX)).ravel())
    small = np.array(small, np.float64)
    found = PCA(min(PICTURE_COMPONENTS, *small.shape), whiten=True, svd_solver='full').fit_transform(small)
    return np.concatenate([np.zeros((1, found.shape[1])), found])
