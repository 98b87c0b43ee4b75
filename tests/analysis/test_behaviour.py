"""Behaviour, worked by hand: win-stay and lose-shift, and blocks of training as long as all before them."""
import numpy as np
import pytest

from meta_rl.analysis import behaviour
from meta_rl.envs.references.scores import wilson


def test_win_stay_and_lose_shift_worked_by_hand():
    """Good sides: LRL, RRL, LLR, L. Chosen: LRR, LRL, RRR, L. The same image: both right or both wrong."""
    good = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 1], [0, -1, -1]])
    chosen = np.array([[0, 1, 1], [0, 1, 0], [1, 1, 1], [0, -1, -1]])
    correct = np.where(good < 0, -1, good == chosen)
    assert correct.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 1], [1, -1, -1]]
    found = {(row['what'], row['trial']): (row['successes'], row['count']) for row in behaviour.stays(correct, chosen)}
    assert found == {
        ('win-stay', 2): (1, 1), ('lose-shift', 2): (1, 2), ('win-stay', 3): (1, 2), ('lose-shift', 3): (1, 1),
        ('win-stay side', 2): (0, 1), ('lose-shift side', 2): (1, 2), ('win-stay side', 3): (1, 2),
        ('lose-shift side', 3): (0, 1)}


def test_a_fraction_and_none():
    found = behaviour.fraction(3, 4)
    assert (found['fraction'], found['low'], found['high']) == (.75,) + wilson(3, 4)
    assert np.isnan([behaviour.fraction(0, 0)[name] for name in ('fraction', 'low', 'high')]).all()
    rows = behaviour.accuracy(np.array([[1, 1], [0, -1], [1, -1]]))
    assert [(row['trial'], row['successes'], row['count']) for row in rows] == [(1, 2, 3), (2, 1, 1)]


def test_blocks_are_as_long_as_all_before_them():
    """Rows of 10 episodes, the last of 30: blocks of rows 1, 2, 3 to 4, 5 to 6."""
    curve = {'episodes': np.array([10., 20, 30, 40, 50, 80]), 'trial_1': np.array([.1, .2, .3, .5, .4, .8]),
             'trial_2': np.ones(6)}
    rows = [row for row in behaviour.blocks(curve) if row['trial'] == 1]
    assert [(row['first_episode'], row['last_episode']) for row in rows] == [(1, 10), (11, 20), (21, 40), (41, 80)]
    assert [row['fraction'] for row in rows] == pytest.approx([.1, .2, .4, (10 * .4 + 30 * .8) / 40])
    assert len(behaviour.blocks(curve)) == 8
