"""Moments: which steps' units are kept, worked by hand, of an agent that decides and of one that moves its gaze."""
import numpy as np
import pytest

from meta_rl.analysis.moments import Moments, Outcomes
from meta_rl.records.observer import EpisodeRecord, StepRecord


def episode(lasts, steps, correct):
    """An episode whose step number n has the units [n, -n]."""
    made = [StepRecord(np.zeros(1), np.array([.5, .5]), 0., np.array([n, -n], np.float32), 0) for n in range(steps)]
    rows = []
    for number, (last, right) in enumerate(zip(lasts, correct)):
        good = ('left', 'right')[number % 2]
        choice = good if right else ('right', 'left')[number % 2]
        rows.append((last, {'trial': number + 1, 'left_image': 4 + number % 2, 'right_image': 5 - number % 2,
                            'correct_side': good, 'choice': choice, 'correct': right, 'reaction_time': .5 + number}))
    return EpisodeRecord(7, made, rows)


def test_an_agent_that_decides():
    moments, outcomes = Moments(), Outcomes()
    for taker in (moments, outcomes):
        taker.take(episode(range(6), 6, [0, 1, 1, 1, 1, 0]))
    found = moments.gathered()
    assert found.choice[0, :, 0].tolist() == [0, 1, 2, 3, 4, 5] and found.choice[0, :, 1].tolist() == [0, -1, -2, -3, -4, -5]
    assert found.outcome[0, :5, 0].tolist() == [1, 2, 3, 4, 5] and np.isnan(found.outcome[0, 5]).all() and not found.apart
    assert found.correct.tolist() == outcomes.correct().tolist() == [[0, 1, 1, 1, 1, 0]]
    assert found.good_side.tolist() == [[0, 1, 0, 1, 0, 1]] and found.chosen.tolist() == [[1, 1, 0, 1, 0, 0]]
    assert found.images.tolist() == [[4, 5]] and found.reaction.tolist() == [[.5, 1.5, 2.5, 3.5, 4.5, 5.5]]


def test_an_agent_that_moves_its_gaze_and_is_cut_short():
    moments, outcomes = Moments(), Outcomes()
    for taker in (moments, outcomes):
        taker.take(episode([9, 15, 40], 60, [1, 0, 1]))
    found = moments.gathered()
    assert found.choice[0, :, 0] == pytest.approx([9, 15, 40] + 3 * [np.nan], nan_ok=True)
    assert found.outcome[0, :, 0] == pytest.approx([11, 17] + 4 * [np.nan], nan_ok=True) and found.apart
    assert found.correct.tolist() == outcomes.correct().tolist() == [[1, 0, 1, -1, -1, -1]]


def test_a_lab_that_does_not_say_which_images_it_shows():
    record = episode([0], 1, [1])
    record.trials[0][1].update(left_image=None, right_image=None)
    moments = Moments()
    moments.take(record)
    assert moments.gathered().images.tolist() == [[0, 0]]
