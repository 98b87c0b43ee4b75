"""Scores: intervals as in the tables, a score worked by hand, the same in print."""
import re

import numpy as np
import pytest

from meta_rl.envs import contract
from meta_rl.envs.references import scores


@pytest.mark.parametrize('successes, count, interval', [
    (81, 263, (.2553, .3662)), (15, 148, (.0624, .1605)), (0, 20, (0, .1611)), (1, 29, (.0061, .1718)),  # Newcombe 1998, table I
    (20, 20, (.8389, 1)), (500, 1000, (.4691, .5309)), (1, 1, (.2065, 1)), (0, 1, (0, .7935))])
def test_wilson_intervals_are_those_of_the_tables(successes, count, interval):
    assert scores.wilson(successes, count) == pytest.approx(interval, abs=5.1e-5)


def test_wilson_intervals_hold_the_truth_19_times_in_20():
    random, held = np.random.RandomState(0), 0
    for successes in random.binomial(200, .9, 2000):
        low, high = scores.wilson(successes, 200)
        held += low <= .9 <= high
    assert .93 < held / 2000. < .97


def test_a_score_worked_by_hand():
    played = scores.score([31, -20.], [[1, 1, 1, 1, 1, 1], [0, 1, 0, 0, 0, 0]])
    assert played['return_mean'] == 5.5 and played['choice_return_mean'] == 5  # 30 and -20, without one for fixation
    assert played['per_trial'] == [.5, 1, .5, .5, .5, .5] and played['nearest_oracle'] == 'chance'
    half = 1.959964 * 51 / 2 ** .5 / 2 ** .5  # the deviation of two is their distance by the root of 2
    assert played['return_ci95'] == pytest.approx([5.5 - half, 5.5 + half])
    assert played['per_trial_ci95'][1] == pytest.approx([2 / (2 + 1.959964 ** 2), 1])
    assert scores.score([25], [[0, 1, 1, 1, 1, 1]])['return_ci95'] is None


def test_a_table_has_a_row_for_each_score():
    played = scores.score([20., 30.], [[0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]])
    head, row, intervals, _, end = scores.table([('you', played)], 'card counting').splitlines()
    assert head.split()[:4] == ['return', 'choices', 'trial', '1']
    assert row.split()[:5] == ['you', '25.00', '25.00', '50.0%', '100.0%'] and end.endswith('card counting.')
    assert intervals.split()[:4] == ['95%', 'interval', '9..91', '34..100']
    ends = [{match.end() for match in re.finditer(pattern, line)} for pattern, line in (
        (r'trial \d', head), (r'[\d.]+%', row), (r'\d+\.\.\d+', intervals))]
    assert ends[0] == ends[1] == ends[2] and len(ends[0]) == 6


def test_a_table_fits_80_columns():
    worst = scores.score([-100.] * 200, [[1] * 6] * 200)
    assert max(map(len, scores.table([('sampled', worst), ('greedy', worst)], 'one-shot learning').splitlines())) <= 80


def test_what_choices_earned_where_trials_were_not_decided():
    """Two of six, one right and one wrong, and none at all: nothing is lost by what was not chosen."""
    episodes = [contract.Episode(1 + 5 - 5, 0., [1, 0], 900, (.3, .4)), contract.Episode(1., 0., [], 900)]
    report = scores.of_episodes(episodes, cut_short=True)
    assert report['choice_return_mean'] == 0 and report['return_mean'] == 1 and report['complete'] == 0
    assert report['per_trial'] == [.5, 0, 0, 0, 0, 0]
