"""The two-step task: its probabilities as they are played, exact replays, and its players, against what is known of them."""
import itertools

import numpy as np
import pytest

from meta_rl.envs.references import two_step_oracles as oracles
from meta_rl.envs.two_step import Draws, Rules, TwoStep, draw


def played(env, actions):
    """(views [T + 1, 3], rewards [T], dones [T]) of an episode."""
    views, steps = [env.reset()], [env.step(action) for action in actions]
    assert steps[-1].view is None
    return np.array(views + [step.view for step in steps[:-1]] + [env.view()]), [step.reward for step in steps], [step.done for step in steps]


def test_an_episode_is_what_the_spec_says():
    env = TwoStep(np.random.RandomState(0))
    views, rewards, dones = played(env, [0, 1] * 50)
    assert env.spec.shape == views.shape[1:] == (3,) and views.dtype == env.spec.dtype and env.spec.actions == 2
    assert views[0].tolist() == [1, 0, 0] and (views[1:, 0] == 0).all() and (views.sum(1) == 1).all()
    assert dones == [False] * 99 + [True] and env.spec.trials == 100 and set(rewards) == {0., 1.}
    assert env.episode.reward == sum(rewards) and env.episode.length == len(env.episode.correct) == 100


def test_transitions_payments_and_switches_are_as_often_as_the_rules_say():
    env, trials, switches, begins = TwoStep(np.random.RandomState(1)), [], 0, []
    random = np.random.RandomState(2)
    for _ in range(300):
        env.reset()
        before = None
        for action in random.randint(2, size=100):
            env.step(action)
            switches += before not in (None, env.better)
            begins += [env.better] if before is None else []
            before = env.better
            trials.append(env.trials[-1] + (before,))
    action, state, reward, better = np.array(trials).T
    common = state == 1 + action
    for chosen, expected in itertools.product((0, 1), (.8,)):
        assert common[action == chosen].mean() == pytest.approx(expected, abs=.013)  # 4 standard errors
    for is_better, expected in ((True, .9), (False, .1)):
        assert reward[(state == better) == is_better].mean() == pytest.approx(expected, abs=.01)
    assert switches / (300 * 99) == pytest.approx(.025, abs=.004)
    assert np.mean(np.array(begins) == 1) == pytest.approx(.5, abs=.12)


def test_an_action_is_right_that_leads_to_the_better_state_most_of_the_time():
    env = TwoStep(np.random.RandomState(3))
    env.reset()
    right = []
    for action in (0, 1, 1, 0, 0):
        env.step(action)
        right.append(int(action == env.better - 1))
    assert env.episode.correct == right


def test_the_better_state_is_carried_over_where_it_is_asked_for():
    never = Rules(switch=0.)
    one, other = (TwoStep(np.random.RandomState(4), never, carried_over) for carried_over in (True, False))
    kept, drawn = ([played(env, [0] * 100) and env.better for _ in range(30)] for env in (one, other))
    assert len(set(kept)) == 1 and len(set(drawn)) == 2


@pytest.mark.parametrize('carried_over', [False, True])
def test_a_history_is_replayed_by_another_environment(carried_over):
    env, other = (TwoStep(np.random.RandomState(seed), carried_over=carried_over) for seed in (5, 6))
    for _ in range(3):
        played(env, [1] * 100)
    env.reset()
    rewards = [env.step(action).reward for action in (0, 1, 1)]
    assert other.replay(env.history).reward == rewards[-1] and other.history == env.history and other.trials == env.trials
    for action in (1, 0, 0, 1):
        mine, twin = env.step(action), other.step(action)
        assert (mine.view == twin.view).all() and mine[1:] == twin[1:]


def test_the_same_episode_alone_and_side_by_side():
    env = TwoStep(np.random.RandomState(7))
    env.reset()
    rewards = [env.step(t % 2).reward for t in range(100)]

    class Alternates(oracles.Chance):
        def reset(self, episodes, rules, random):
            self._t, self._episodes = -1, episodes

        def choose(self, better):
            self._t += 1
            return np.full(self._episodes, self._t % 2)
    draws = draw([12, env.history['seed']])
    assert oracles.play(Alternates(), draws, Rules(), None).rewards[:, 1].tolist() == rewards


def test_rows_of_a_table_worked_by_hand():
    env = TwoStep(np.random.RandomState(8), Rules(trials=3))
    env.reset()
    env._better, env._best, env._states, env._rewards = [2, 2, 1], [1, 1, 0], [1, 2, 2, 1, 1, 2], [0., 1., 1., 0., 0., 1.]
    for action in (0, 0, 1):
        env.step(action)
    assert [last for last, _ in env.trial_rows()] == [0, 1, 2]
    assert list(env.trial_rows()[0][1]) == ['trial', 'choice', 'transition', 'state', 'better_state', 'correct', 'reward']
    assert [list(row.values()) for _, row in env.trial_rows()] == [
        [1, 0, 'common', 1, 2, 0, 0], [2, 0, 'uncommon', 2, 2, 0, 1], [3, 1, 'common', 2, 1, 0, 1]]


@pytest.mark.parametrize('name, reward, stay', [
    ('chance', 50, (.5, .5, .5, .5)), ('Bayes-optimal', 70.6, (1., .67, .66, 1.)), ('knows the better state', 74, (.975,) * 4)])
def test_players_earn_and_repeat_what_is_known_of_them(name, reward, stay):
    mean, pattern = oracles.oracles()[name]
    assert mean == pytest.approx(reward, abs=.15) and list(pattern.values()) == pytest.approx(stay, abs=.01)


def test_a_model_free_player_repeats_what_was_rewarded_whatever_the_transition():
    mean, stay = oracles.oracles()['model-free']
    assert stay['RC'] == stay['RU'] == 1 and 60 < mean < 66.5
    assert abs(oracles.model_based_index(stay)) < .2 < .6 < oracles.model_based_index(oracles.oracles()['Bayes-optimal'][1])


def test_no_belief_player_beats_the_bayes_optimal_one():
    """By going through every history of three trials, with the probabilities of the rules: what is best given each of them."""
    rules = Rules(trials=3)

    def worth(weights, left):
        """weights: probability of what was seen, with state 1 and with state 2 as the better one now."""
        if not left:
            return 0.
        stays, switches = 1 - rules.switch, rules.switch
        weights = stays * weights[0] + switches * weights[1], switches * weights[0] + stays * weights[1]
        best = 0.
        for action in (0, 1):
            total = 0.
            for common, paid in itertools.product((True, False), (1, 0)):
                state = 1 + action if common else 2 - action
                led = rules.common if common else 1 - rules.common
                seen = [w * led * (rules.paid if (state == better) == bool(paid) else 1 - rules.paid)
                        for w, better in zip(weights, (1, 2))]
                total += paid * sum(seen) + worth(seen, left - 1)
            best = max(best, total)
        return best
    assert oracles.oracles(rules, 60000)['Bayes-optimal'][0] == pytest.approx(worth([.5, .5], 3), abs=.015)  # 4 standard errors


def test_of_long_episodes_fewer_are_played(monkeypatch):
    asked = []
    monkeypatch.setattr(oracles, 'draw', lambda seeds, rules: asked.append(len(seeds)) or draw(seeds, rules))
    for trials, episodes in ((100, 41), (400, 41), (10000, 41)):
        oracles.oracles(Rules(trials=trials), episodes)
    assert asked == [41, 10, 2]


def test_stay_probabilities_by_hand():
    actions = np.array([[0], [0], [1], [1], [1], [0]])
    common = np.array([[1], [1], [0], [0], [1], [1]], bool)
    rewards = np.array([[1.], [0.], [1.], [0.], [1.], [0.]])
    stay = oracles.stay_probabilities(oracles.Played(actions, common, rewards))
    assert stay == {'RC': .5, 'RU': 1., 'UC': 0., 'UU': 1.}
    assert oracles.model_based_index(stay) == .5


def test_a_score_of_few_episodes_has_no_interval_and_no_figure_of_what_was_not_seen():
    report = oracles.score(oracles.Played(np.zeros((3, 1), int), np.ones((3, 1), bool), np.ones((3, 1))))
    assert report['reward_mean'] == 3 and report['reward_ci95'] is None and report['stay']['UU'] is None
    assert report['model_based_index'] is None and ' - ' in oracles.table([('one', report)])


def test_the_interval_of_a_reward():
    rewards = np.array([[1., 0., 1., 1.], [1., 0., 0., 1.]])
    report = oracles.score(oracles.Played(np.zeros((2, 4), int), np.ones((2, 4), bool), rewards))
    half = 1.96 * np.std([2, 0, 1, 2], ddof=1) / 2
    assert report['reward_mean'] == 1.25 and report['reward_ci95'] == pytest.approx([1.25 - half, 1.25 + half], abs=1e-4)


@pytest.mark.parametrize('stay, name', [
    ((.94, .72, .53, .97), 'Bayes-optimal'), ((.5, .52, .49, .5), 'chance'), ((.95, .96, .7, .8), 'model-free'),
    ((.97, .98, .96, .97), 'knows the better state')])
def test_the_nearest_oracle(stay, name):
    assert oracles.nearest(dict(zip(oracles.CELLS, stay))) == name


def test_draws_do_not_depend_on_those_beside_them():
    one, both = draw([8]), draw([9, 8])
    assert all((alone[:, 0] == beside[:, 1]).all() for alone, beside in zip(one, both)) and isinstance(one, Draws)


def test_the_nearest_one_where_some_are_never_paid_after_an_uncommon_transition():
    rules = Rules(paid=1.)
    found = oracles.oracles(rules)
    assert found['knows the better state'][1]['RU'] is None
    for name, (_, stay) in found.items():
        assert oracles.nearest(stay, rules) == name
    assert oracles.nearest({'RC': .5, 'RU': .52, 'UC': .49, 'UU': .5}, rules) == 'chance'
