"""Decoders: what is in made-up units is read, what is not is not; no episode helps to read itself; questions worked by hand."""
import numpy as np
import pytest
from PIL import Image

pytest.importorskip('sklearn', reason='scikit-learn is not installed: requirements/analysis.txt')

from meta_rl.analysis import decoders
from meta_rl.analysis.moments import Gathered

N, U = 400, 12


@pytest.fixture
def random():
    return np.random.RandomState(3)


def test_a_bit_that_lies_in_the_units_is_read_whole(random):
    labels, direction = random.random_sample(N) < .3, random.normal(size=U)
    units = .1 * random.normal(size=(N, U)) + np.outer(labels, direction)
    found = decoders.decode(units, labels, np.arange(N), shuffles=3)
    assert found.accuracy == found.high == 1 and .95 < found.low < 1 and found[5:] == (N, labels.sum())
    assert abs(found.shuffled - .5) < .06 and found.shuffled <= found.shuffled_high < .65


def test_noise_gives_chance_and_a_rare_answer_does_not_pay(random):
    """To answer always the same would be right in nine of ten rows: it counts as half."""
    labels = random.random_sample(N) < .1
    found = [decoders.decode(random.normal(size=(N, U)), labels, np.arange(N), shuffles=1).accuracy for _ in range(6)]
    assert abs(np.mean(found) - .5) < .06
    assert decoders.balanced(labels, np.zeros(N, bool))[0] == .5


def test_an_interval_worked_by_hand():
    """8 of 10 and 45 of 50 right: Wilson .490..943 and .786..957; the half of the root of the sum of squares on either side."""
    labels = np.arange(60) < 10
    answers = labels.copy()
    answers[:2], answers[10:15] = False, True
    mean, low, high = decoders.balanced(labels, answers)
    assert mean == pytest.approx(.85)
    assert low == pytest.approx(.85 - np.hypot(.8 - .4902, .9 - .7864) / 2, abs=2e-4)
    assert high == pytest.approx(.85 + np.hypot(.9433 - .8, .9565 - .9) / 2, abs=2e-4)


def test_too_few_of_one_answer():
    labels = np.arange(N) < decoders.FEWEST - 1
    found = decoders.decode(np.zeros((N, U)), labels, np.arange(N))
    assert np.isnan(found.accuracy) and np.isnan(found.shuffled) and found[5:] == (N, decoders.FEWEST - 1)


def test_no_episode_helps_to_read_itself(random):
    """Each episode has five rows with a mark of its own and a label at random: read from its other rows that would be perfect."""
    groups = np.repeat(np.arange(N // 5), 5)
    marks, labels = random.normal(size=(N // 5, 200)), random.random_sample(N // 5) < .5
    found = decoders.decode(marks[groups], labels[groups], groups, shuffles=1)
    assert found.accuracy < .65
    for fitted, tested in decoders.folds(groups):
        assert not set(groups[fitted]) & set(groups[tested])
    assert sorted(row for _, tested in decoders.folds(groups) for row in tested) == list(range(N))


def test_which_of_two_is_read_where_no_fixed_direction_says_it(random):
    """The units hold what the good one of two things is like. Which is named first is drawn: it is nowhere in the units alone."""
    looks = random.normal(size=(50, 4))
    first, second = np.array([random.permutation(50)[:2] for _ in range(N)]).T
    labels = random.random_sample(N) < .5
    units = looks[np.where(labels, first, second)].dot(random.normal(size=(4, U))) + .05 * random.normal(size=(N, U))
    pairs = looks[first] - looks[second]
    assert decoders.decode(units, labels, np.arange(N), shuffles=1).high < .62
    assert decoders.decode(units, labels, np.arange(N), pairs, shuffles=1).accuracy > .85
    # The other way round the answers are the others, to the row.
    swapped = decoders.decode(units, ~labels, np.arange(N), -pairs, shuffles=1)
    assert swapped.accuracy == pytest.approx(decoders.decode(units, labels, np.arange(N), pairs, shuffles=1).accuracy)


def small(apart):
    """Three episodes of three trials, worked by hand; the third was cut short after its first."""
    units = np.arange(18, dtype=np.float32).reshape(3, 3, 2)
    return Gathered(units, 100 + units, correct=np.array([[0, 1, 1], [1, 1, 0], [1, -1, -1]]),
                    good_side=np.array([[0, 1, 0], [1, 1, 0], [0, -1, -1]]), chosen=np.array([[1, 1, 0], [1, 1, 1], [0, -1, -1]]),
                    images=np.array([[3, 7], [5, 2], [1, 2]]), reaction=np.zeros((3, 3)), apart=apart)


def test_what_is_asked_worked_by_hand():
    looks = np.arange(8.)[:, np.newaxis] ** 2
    asked = {question[:3]: question[3:] for question in decoders.questions(small(True), looks)}
    expected = {
        ('good image', 'choice', 0): ([0, 1, 2], [1, 0, 1]), ('good side', 'choice', 0): ([0, 1, 2], [0, 1, 0]),
        ('choice', 'choice', 0): ([0, 1, 2], [1, 1, 0]), ('good image', 'outcome', 0): ([0, 1], [1, 0]),
        ('last outcome', 'outcome', 0): ([0, 1], [0, 1]), ('good image', 'choice', 1): ([0, 1], [1, 0]),
        ('good side', 'choice', 1): ([0, 1], [1, 1]), ('choice', 'choice', 1): ([0, 1], [1, 1]),
        ('last outcome', 'choice', 1): ([0, 1], [0, 1]), ('good image', 'outcome', 1): ([0, 1], [1, 0]),
        ('last outcome', 'outcome', 1): ([0, 1], [1, 1]), ('good image', 'choice', 2): ([0, 1], [1, 0]),
        ('good side', 'choice', 2): ([0, 1], [0, 0]), ('choice', 'choice', 2): ([0, 1], [0, 1]),
        ('last outcome', 'choice', 2): ([0, 1], [1, 1])}
    assert {key: (list(rows), list(labels)) for key, (rows, labels, _) in asked.items()} == expected
    assert asked['good image', 'choice', 0][2].tolist() == [[9 - 49], [4 - 25], [1 - 4]]
    assert [asked[key][2] for key in expected if key[0] != 'good image'] == [None] * 10
    names = {question[:2] for question in decoders.questions(small(False))}
    assert names == {(name, 'choice') for name in ('good side', 'choice', 'last outcome')}


def test_units_are_those_of_the_moment():
    seen = []

    def decode(units, labels, groups, pairs, shuffles):
        seen.append(units.tolist())
        return decoders.Decoded(*[0.] * 7)
    original, decoders.decode = decoders.decode, decode
    try:
        rows = decoders.rows(small(True))
    finally:
        decoders.decode = original
    found = {(row['read'], row['moment'], row['trial']): units for row, units in zip(rows, seen)}
    assert found['good side', 'choice', 2] == [[2, 3], [8, 9]] and found['last outcome', 'outcome', 1] == [[100, 101], [106, 107]]


def test_what_pictures_are_like(tmp_path):
    """Two dark and two bright ones: the first component tells them apart, of whatever size."""
    for number, level in enumerate((10, 200, 12, 202), 1):
        Image.fromarray(np.full((32, 32, 3), level, np.uint8)).save(str(tmp_path / ('%04d.png' % number)))
    found = decoders.pictures(str(tmp_path), 4)
    assert (found[0] == 0).all() and len(found) == 5
    assert abs(found[1, 0] - found[3, 0]) < .1 and abs(found[1, 0] - found[2, 0]) > 1.5
    assert decoders.numbers(3).tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
