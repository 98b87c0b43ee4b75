"""What a perfect player of the Harlow task can earn, by what it knows: exact, by going through every shuffle of the sides."""
import collections
import itertools

from meta_rl.psychlab.task import CORRECT_REWARD, INCORRECT_REWARD, LEFT, RIGHT, TRIALS

# per_trial: the probability of being right in each of the six trials; mean_return: of an episode.
Oracle = collections.namedtuple('Oracle', 'name per_trial mean_return')


def shuffles():
    """The 20 equally likely orders of sides: tuples of 'left' and 'right', three of each."""
    for lefts in itertools.combinations(range(TRIALS), TRIALS // 2):
        yield tuple(LEFT if trial in lefts else RIGHT for trial in range(TRIALS))


def _counting():
    """Remembers which sides were right and bets on the side of which more are left; where as many are, a coin decides."""
    right = [0.] * TRIALS
    orders = list(shuffles())
    for order in orders:
        for trial, side in enumerate(order):
            ahead = order[trial:]
            lefts, rights = ahead.count(LEFT), ahead.count(RIGHT)
            if lefts == rights:
                right[trial] += .5
            elif side == (LEFT if lefts > rights else RIGHT):
                right[trial] += 1.
    return [total / len(orders) for total in right]


def mean_return(per_trial):
    """The mean return of an episode with these probabilities of being right."""
    return sum(p * CORRECT_REWARD + (1 - p) * INCORRECT_REWARD for p in per_trial)


def _oracles():
    chance = [.5] * TRIALS
    counting = _counting()
    one_shot = [.5] + [1.] * (TRIALS - 1)
    # An image has one of two marks, drawn by a coin: half of the pairs differ in it, and for the others there is counting.
    one_bit = [(a + b) / 2 for a, b in zip(counting, one_shot)]
    named = (('chance', chance), ('card counting', counting), ('one bit an image', one_bit),
             ('one-shot learning', one_shot))
    return [Oracle(name, per_trial, mean_return(per_trial)) for name, per_trial in named]


ORACLES = _oracles()


def nearest(per_trial):
    """The Oracle whose profile is nearest to `per_trial` (6 fractions), by the sum of squared differences."""
    return min(ORACLES, key=lambda oracle: sum((a - b) ** 2 for a, b in zip(oracle.per_trial, per_trial)))
