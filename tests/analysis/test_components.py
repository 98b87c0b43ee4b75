"""Principal components against NumPy's singular value decomposition; the table of the plane worked by hand."""
import numpy as np
import pytest

pytest.importorskip('sklearn', reason='scikit-learn is not installed: requirements/analysis.txt')

from meta_rl.analysis import components
from meta_rl.analysis.moments import Gathered


def test_the_components_are_those_of_a_singular_value_decomposition():
    units = np.random.RandomState(0).normal(size=(50, 7)).dot(np.diag([9, 5, 3, 1, 1, .5, .1])) + 4
    scores, fractions = components.principal(units, 3)
    centred = units - units.mean(0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    assert fractions == pytest.approx((sizes ** 2 / (sizes ** 2).sum())[:3])
    for number in range(3):  # the sign of a component is anyone's choice
        expected = centred.dot(directions[number])
        assert scores[:, number] == pytest.approx(expected * np.sign(expected.dot(scores[:, number])))
    rows = components.variance_rows(fractions)
    assert [row['component'] for row in rows] == [1, 2, 3]
    assert rows[2]['explained_so_far'] == pytest.approx(fractions.sum())


def test_the_plane_worked_by_hand():
    """Four episodes on a line of two units; the last was cut short."""
    choice = np.array([[[0, 0], [2, 0]], [[0, 0], [4, 0]], [[0, 0], [-6, 0]], [[0, 0], [np.nan, np.nan]]], np.float32)
    gathered = Gathered(choice, None, np.array([[1, 1], [1, 0], [0, 1], [1, -1]]), None, None, None, None, False)
    scores, fractions = components.plane(gathered)
    assert scores.shape == (4, 2, 2) and np.isnan(scores[3, 1]).all() and fractions == pytest.approx([1, 0])
    rows = components.rows(gathered, scores)
    assert [(row['trial_1_correct'], row['trial'], row['episodes']) for row in rows] == [
        (1, 1, 3), (1, 2, 2), (0, 1, 1), (0, 2, 1)]
    sign = np.sign(rows[1]['pc1'] - rows[0]['pc1'])
    assert [sign * (row['pc1'] - rows[0]['pc1']) for row in rows] == pytest.approx([0, 3, 0, -6])
    assert [row['pc1_sd'] for row in rows] == pytest.approx([0, 1, 0, 0])
