"""The bandits: their arms, exact replays, and players: indices against tables of the literature and against best play."""
import numpy as np
import pytest

from meta_rl.envs import bandits
from meta_rl.envs.bandits import Bandit, draw
from meta_rl.envs.references import bandit_oracles as oracles


def test_an_episode_is_what_the_spec_says():
    env = Bandit(np.random.RandomState(0), 'easy')
    assert env.reset().shape == env.spec.shape == (0,) and env.spec.trials == 100
    steps = [env.step(0) for _ in range(100)]
    assert [step.done for step in steps] == [False] * 99 + [True] and not any(step.truncated for step in steps)
    assert env.episode.reward == sum(step.reward for step in steps) and env.episode.length == 100
    assert env.episode.correct == [int(env.arms(0)[0] > .5)] * 100
    assert env.regret == pytest.approx(0 if env.arms(0)[0] > .5 else 80)


@pytest.mark.parametrize('kind', bandits.KINDS)
def test_arms_are_of_their_kind(kind):
    arms = draw(range(1000), kind).arms
    assert arms.shape == (100, 1000, 2) and (arms >= 0).all() and (arms <= 1).all()
    assert arms[..., 0].mean() == pytest.approx(.5, abs=.05)
    if kind != 'independent':
        assert arms.sum(2) == pytest.approx(np.ones((100, 1000)))
    else:
        assert abs(np.corrcoef(arms[0].T)[0, 1]) < .13
    if kind == 'restless':
        assert (arms[..., 0].min(0) == 0).all() and (arms[..., 0].max(0) == 1).all()
        assert (np.abs(np.diff(arms[..., 0], axis=0)).max(0) < .6).all()  # it walks, and does not jump
    else:
        assert (arms == arms[:1]).all()
    if kind in bandits.FIXED:
        assert sorted(np.unique(arms)) == pytest.approx([1 - bandits.FIXED[kind], bandits.FIXED[kind]])
    elif kind != 'restless':
        assert np.percentile(arms[0, :, 0], [25, 75]) == pytest.approx([.25, .75], abs=.07)


def test_arms_pay_as_often_as_they_should():
    draws = draw(range(400), 'easy')
    for action in (0, 1):
        paid = np.stack([bandits.outcome(draws, t, np.full(400, action))[0] for t in range(100)])
        for arm in (.1, .9):
            assert paid[:, np.isclose(draws.arms[0, :, action], arm)].mean() == pytest.approx(arm, abs=.01)


@pytest.mark.parametrize('kind', bandits.KINDS)
def test_a_history_is_replayed_by_another_environment(kind):
    env, other = (Bandit(np.random.RandomState(seed), kind) for seed in (5, 6))
    env.reset()
    rewards = [env.step(action).reward for action in (0, 1, 1)]
    assert other.replay(env.history).reward == rewards[-1] and other.trials == env.trials and other.regret == env.regret
    assert [env.step(t % 2)[1:] for t in range(9)] == [other.step(t % 2)[1:] for t in range(9)]


def test_an_unknown_kind_is_one_sentence():
    with pytest.raises(ValueError, match="kind is 'simple': choose from independent, uniform, easy, medium, hard, restless"):
        draw([0], 'simple')


# From the tables of Gittins, Glazebrook and Weber 2011: discount, wins, losses of a uniform prior, index.
@pytest.mark.parametrize('discount, wins, losses, index', [
    (.9, 0, 0, .7029), (.9, 1, 0, .8001), (.9, 0, 1, .5001), (.99, 0, 0, .8699), (.99, 1, 0, .9102), (.99, 0, 1, .7005)])
def test_gittins_indices_are_those_of_the_literature(discount, wins, losses, index):
    assert oracles.gittins(10, discount)[wins, losses] == pytest.approx(index, abs=2e-4)


def test_a_finite_index_by_hand():
    table = oracles.finite_gittins(3)
    assert table[0, 0, 1] == pytest.approx(1 / 2, abs=1e-3)  # the last trial: the mean
    # Two trials left, sure payment s: 1/2 + 1/2 * 2/3 + 1/2 s = 2 s.
    assert table[0, 0, 2] == pytest.approx(5 / 9, abs=1e-3)
    assert table[1, 0, 2] == pytest.approx(.7, abs=1e-3)  # 2/3 + 2/3 * 3/4 + 1/3 s = 2 s


def worth_of_all(trials, memo):
    """The most that can be earned in so many trials with two independent arms, by going through all that can happen."""
    def worth(a, b, c, d, left):
        if not left:
            return 0.
        key = a, b, c, d, left
        if key not in memo:
            one, two = (1 + a) / (2 + a + b), (1 + c) / (2 + c + d)
            memo[key] = max(one * (1 + worth(a + 1, b, c, d, left - 1)) + (1 - one) * worth(a, b + 1, c, d, left - 1),
                            two * (1 + worth(a, b, c + 1, d, left - 1)) + (1 - two) * worth(a, b, c, d + 1, left - 1))
        return memo[key]
    return worth(0, 0, 0, 0, trials)


def test_the_index_for_a_known_end_earns_what_best_play_does():
    trials, episodes = 12, 100000
    draws = draw(range(episodes), 'independent', trials)
    _, regret = oracles.play(dict(oracles.PLAYERS)['finite Gittins'], draws, np.random.RandomState(0))
    earned = trials * 2 / 3 - regret.sum(0).mean()  # the better of two arms pays 2/3 in the mean
    assert earned == pytest.approx(worth_of_all(trials, {}), abs=.03)
    _, others = oracles.play(dict(oracles.PLAYERS)['Thompson'], draws, np.random.RandomState(0))
    assert regret.sum(0).mean() < others.sum(0).mean()


def test_best_play_by_hand_and_by_going_through_all_that_can_happen():
    assert oracles.best_play(1)[0] == .5
    # The arm that paid pays again with 2/3; after the one that did not, the other one with 1/2.
    assert oracles.best_play(2)[0] == pytest.approx(.5 + .5 * 2 / 3 + .5 / 2)
    worth, signs = oracles.best_play(12)
    assert worth == pytest.approx(worth_of_all(12, {}), abs=1e-5)
    assert signs[0].ravel().tolist() == [0] and signs[1][1, 0, 0] == 1 and signs[1][0, 1, 0] == -1
    draws = draw(range(50000), 'independent', 12)
    _, regret = oracles.play(oracles.players('independent')[0][1], draws, np.random.RandomState(0))
    assert 12 * 2 / 3 - regret.sum(0).mean() == pytest.approx(worth, abs=.04)


@pytest.mark.parametrize('kind', ['uniform', 'easy', 'hard'])
def test_best_play_of_dependent_arms_is_to_go_by_all_that_was_seen(kind):
    """Its regret by the binomial distribution: after n trials of whichever arm, n draws are seen of the better one."""
    p = {'uniform': np.linspace(.5005, .9995, 1000), 'easy': np.array([.9]), 'hard': np.array([.6])}[kind]
    trials, regret, agree = 20, 0., np.ones((1, len(p)))  # agree: probability of 0, 1, ... n draws that speak for the better arm
    for n in range(trials):
        k = np.arange(n + 1)
        wrong = (agree[2 * k < n].sum(0) + .5 * agree[2 * k == n].sum(0))
        regret += ((2 * p - 1) * wrong).mean()
        agree = np.vstack([agree * (1 - p), np.zeros(len(p))]) + np.vstack([np.zeros(len(p)), agree * p])
    draws = draw(range(40000), kind, trials)
    found = oracles.play(oracles.players(kind)[0][1], draws, np.random.RandomState(0))[1].sum(0)
    assert found.mean() == pytest.approx(regret, abs=4 * found.std() / 200)
    assert found.mean() < oracles.play(dict(oracles.PLAYERS)['Gittins'], draws, np.random.RandomState(0))[1].sum(0).mean()


def test_nobody_is_known_to_play_restless_arms_best():
    assert oracles.players('restless') == oracles.PLAYERS and oracles.OPTIMAL in dict(oracles.players('medium'))


def test_players_whose_tables_would_be_too_large_do_not_play():
    def names(kind, trials):
        return [name for name, _ in oracles.players(kind, trials)]
    assert names('independent', 200) == [name for name, _ in oracles.players('independent')]
    assert names('independent', 201) == ['Gittins', 'Thompson', 'UCB1', 'chance']
    assert names('medium', 1001) == ['Bayes-optimal', 'Thompson', 'UCB1', 'chance']  # best play of these needs no table
    report = oracles.score(np.zeros((1001, 2), int), [1, 2], 'restless')
    assert list(report['references']) == ['Thompson', 'UCB1', 'chance']
    found = oracles.rewards('easy', 2000, 40)  # of 20 episodes
    assert [name for name, _ in found][-1] == 'knows the better arm' and found[-1][1] == pytest.approx(1800)
    assert found == oracles.rewards('easy', 2000, 41)  # of as many


def test_rows_of_a_table_worked_by_hand():
    env = Bandit(np.random.RandomState(3), 'restless', 3)
    env.reset()
    env._arms, env._best, env._rewards = np.array([[.2, .8], [.75, .25], [.375, .5]]), [1, 0, 1], [0., 1., 1., 0., 0., 1.]
    for action in (0, 0, 1):
        env.step(action)
    assert [last for last, _ in env.trial_rows()] == [0, 1, 2]
    assert list(env.trial_rows()[0][1]) == ['trial', 'choice', 'better_arm', 'correct', 'reward', 'regret']
    assert [list(row.values()) for _, row in env.trial_rows()] == [[1, 0, 1, 0, 0, .6], [2, 0, 0, 1, 1, 0], [3, 1, 1, 1, 1, 0]]


@pytest.mark.parametrize('kind', ['independent', 'uniform'])
def test_players_are_in_the_order_that_is_known(kind):
    draws = draw(range(3000), kind)
    regrets = {name: oracles.play(index, draws, np.random.RandomState(0))[1].sum(0).mean() for name, index in oracles.PLAYERS}
    assert regrets['finite Gittins'] < regrets['Gittins'] * 1.02 < regrets['Thompson'] < regrets['UCB1'] < regrets['chance']
    assert regrets['chance'] == pytest.approx({'independent': 100 / 6, 'uniform': 25}[kind], rel=.05)


def test_a_score_is_of_the_episodes_that_were_played():
    env, seeds, actions, regrets = Bandit(np.random.RandomState(3), 'uniform'), [], [], []
    for _ in range(5):
        env.reset()
        actions.append([t % 2 for t in range(100)])
        for action in actions[-1]:
            env.step(action)
        seeds.append(env.history['seed'])
        regrets.append(env.regret)
    report = oracles.score(np.array(actions).T, seeds, 'uniform')
    assert report['regret_mean'] == pytest.approx(np.mean(regrets))
    assert set(report['references']) == {'Bayes-optimal', 'Gittins', 'finite Gittins', 'Thompson', 'UCB1', 'chance'}
    for part in report['references'].values():
        assert part['ratio'] == pytest.approx(report['regret_mean'] / part['regret_mean'])
    assert 'Gittins' in oracles.table('agent', report)
    assert oracles.score(np.array(actions[:1]).T, seeds[:1], 'uniform')['regret_ci95'] is None
