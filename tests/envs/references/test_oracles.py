"""The oracles, against the table of the measured notes and against a game that is really played."""
import random

import pytest

from meta_rl.envs.references import oracles

KNOWN = {
    'chance': ([.5] * 6, 0.),
    'card counting': ([.5, .6, .6, .7, .7, 1.], 11.),
    'one bit an image': ([.5, .8, .8, .85, .85, 1.], 18.),
    'one-shot learning': ([.5, 1., 1., 1., 1., 1.], 25.),
}


@pytest.mark.parametrize('oracle', oracles.ORACLES, ids=lambda oracle: oracle.name)
def test_oracles_are_those_of_the_notes(oracle):
    per_trial, mean_return = KNOWN[oracle.name]
    assert oracle.per_trial == pytest.approx(per_trial)
    assert oracle.mean_return == pytest.approx(mean_return)


def test_no_player_who_only_sees_the_sides_beats_counting():
    """Eleven by enumeration: the best answer to every history of sides, found from the histories alone."""
    orders = list(oracles.shuffles())
    assert len(set(orders)) == 20
    total = 0
    for trial in range(6):
        for history in {order[:trial] for order in orders}:
            follow = [order[trial] for order in orders if order[:trial] == history]
            right = max(follow.count('left'), follow.count('right'))
            total += 5 * right - 5 * (len(follow) - right)
    assert total / 20. == 11


def test_card_counting_when_played():
    chance, wins, games = random.Random(0), [0] * 6, 20000
    for _ in range(games):
        order = ['left'] * 3 + ['right'] * 3
        chance.shuffle(order)
        for trial, side in enumerate(order):
            lefts = 3 - order[:trial].count('left')
            rights = 3 - order[:trial].count('right')
            bet = chance.choice(['left', 'right']) if lefts == rights else 'left' if lefts > rights else 'right'
            wins[trial] += bet == side
    counting = next(oracle for oracle in oracles.ORACLES if oracle.name == 'card counting')
    assert [win / float(games) for win in wins] == pytest.approx(counting.per_trial, abs=.015)


@pytest.mark.parametrize('profile, name', [
    ([.52, .58, .61, .69, .71, .97], 'card counting'), ([.5, .97, .98, .98, .99, .98], 'one-shot learning'),
    ([.48, .52, .5, .49, .5, .51], 'chance'), ([.5, .79, .82, .86, .84, .99], 'one bit an image')])
def test_nearest(profile, name):
    assert oracles.nearest(profile).name == name
