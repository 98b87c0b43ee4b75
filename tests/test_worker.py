"""Worker and Actor: what is trained on is what was acted on; episodes that go on, end or are cut short; against slow twins."""
import threading

import numpy as np
import pytest

from meta_rl import worker as worker_module
from meta_rl.ac_network import Counts, Losses
from meta_rl.experience.actor import Actor, play_episodes, sample
from meta_rl.nets.lstm import LSTMState
from meta_rl.nets.nest import leaves
from meta_rl.worker import Learning, Worker, minibatch

from helpers.fakes import LENGTH, B, Env, Network

T = LENGTH


def make_worker(learning=Learning(T, .9), random=None, cut=False):
    return Worker(0, Network(), [Env(seed, cut=cut) for seed in range(B)], random or np.random.RandomState(0), learning)


def played(greedy=False, seed=1, steps=T, **env):
    network, envs = Network(), [Env(seed, **env) for seed in range(B)]
    return network, envs, Actor(network, envs, np.random.RandomState(seed)).unroll(None, steps, greedy)


@pytest.mark.parametrize('steps', [T, 2 * T + 1])
def test_inputs_while_training_are_those_while_acting(steps):
    network, _, experience = played(steps=steps)
    for t, (features, *inputs) in enumerate(network.acted[:steps]):
        assert (experience.views[experience.view_index[t]].reshape(B, -1) * 3 == features).all()
        for part, then in zip(experience.inputs, inputs):
            assert part.shape[:2] == (steps, B) and part.dtype == then.dtype
            assert (part[t] == then).all()


def test_each_view_is_encoded_once():
    network, envs, experience = played()
    different = {view.tobytes() for env in envs for view in env.shown}
    assert len(network.encoded) == len(different) == len(experience.views) == 2 * B
    assert (np.array(network.encoded) == experience.views).all()


def test_what_is_told_before_each_step():
    _, envs, experience = played()
    for b, env in enumerate(envs):
        assert experience.inputs.prev_action[:, b].tolist() == [-1] + env.actions[:-1]
        assert experience.inputs.prev_reward[:, b].tolist() == [0] + env.paid[:-1]
        assert experience.inputs.timestep[:, b].tolist() == [0, 1, 2, 3, 4, 5]
        assert experience.inputs.goes_on[:, b].tolist() == [0, 1, 1, 1, 1, 1]
        assert (experience.views[experience.view_index[:, b]] == env.shown).all()


def test_what_comes_of_each_step():
    network, envs, experience = played()
    for b, env in enumerate(envs):
        assert experience.actions[:, b].tolist() == env.actions
        assert experience.rewards[:, b].tolist() == env.paid
        assert experience.episodes[b] == env.episode
    assert (experience.values == network.values).all() and (experience.policies == network.policies).all()
    assert experience.over.tolist() == [[False] * B] * (T - 1) + [[True] * B] and not experience.bootstrap.any()
    assert experience.actions.dtype == np.int32 and experience.rewards.dtype == np.float32


def test_the_memory_is_handed_on_from_step_to_step_and_anew_where_an_episode_starts():
    network, _, experience = played(steps=T + 2)
    assert [state.c[0, 0] for state in network.states[:T + 2]] == [0, 1, 2, 3, 4, 5, 0, 1]
    assert [state.h[2, 1] for state in network.states[:T + 2]] == [1, 2, 4, 8, 16, 32, 1, 2]
    (start,) = experience.state
    assert (start.c == 0).all() and (start.h == 1).all()


def test_some_episodes_start_anew_while_others_go_on():
    network, envs = Network(), [Env(0, length=2), Env(1, length=3), Env(2, length=7)]
    experience = Actor(network, envs, np.random.RandomState(0)).unroll(None, 6)
    goes_on = [[0, 0, 0], [1, 1, 1], [0, 1, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    assert experience.inputs.goes_on.tolist() == goes_on
    assert experience.inputs.timestep.tolist() == [[0, 0, 0], [1, 1, 1], [0, 2, 2], [1, 0, 3], [0, 1, 4], [1, 2, 5]]
    assert [episode.length for episode in experience.episodes] == [2, 3, 2, 2, 3]
    for state, on in zip(network.states[1:6], goes_on[1:]):
        assert ((state.c[:, 0] == 0) == (np.array(on) == 0)).all()


def test_an_unroll_carries_on_where_the_one_before_ended():
    one, other = (Actor(Network(), [Env(b, length=4 + b) for b in range(B)], np.random.RandomState(5)) for _ in range(2))
    whole = one.unroll(None, 9)
    parts = [other.unroll(None, 3) for _ in range(3)]
    for name in ('actions', 'rewards', 'over', 'values'):
        assert (np.concatenate([getattr(part, name) for part in parts]) == getattr(whole, name)).all(), name
    for k, part in enumerate(whole.inputs):
        assert (np.concatenate([each.inputs[k] for each in parts]) == part).all()


def test_what_follows_is_expected_where_an_episode_goes_on_or_was_cut_short():
    network = Network()
    network.value_of = lambda features: features.sum(1)  # of what is seen alone
    envs = [Env(0, length=2, cut=True), Env(1, length=2), Env(2, length=9)]
    experience = Actor(network, envs, np.random.RandomState(0)).unroll(None, 4)
    assert (experience.following != 0).tolist() == [[False] * 3, [True, False, False]] * 2
    for t, view in zip((1, 3), envs[0].after):
        assert experience.following[t, 0] == pytest.approx(3 * view.sum(), rel=1e-5)
    assert experience.bootstrap[:2].tolist() == [0, 0]
    assert experience.bootstrap[2] == pytest.approx(3 * envs[2].shown[-1].sum(), rel=1e-5)


def test_actions_are_sampled_from_the_policy_of_that_moment():
    network, _, experience = played()
    random = np.random.RandomState(1)
    assert (experience.actions == [sample(policy, random) for policy in network.policies]).all()


def test_greedy_takes_the_likeliest_action():
    network, _, experience = played(greedy=True)
    assert (experience.actions == [[int(right > left) for left, right in policy] for policy in network.policies]).all()
    assert 0 < experience.actions.mean() < 1


def test_sampling_follows_the_probabilities():
    policy = np.array([[.1, .2, .7], [.5, .25, .25], [0, 1, 0], [.999, .001, 0]], np.float32)
    drawn = sample(policy.repeat(40000, 0), np.random.RandomState(0)).reshape(4, -1)
    frequencies = [[(row == action).mean() for action in range(3)] for row in drawn]
    assert np.allclose(frequencies, policy, atol=.01)  # four standard deviations
    assert frequencies[2] == [0, 1, 0] and frequencies[3][2] == 0


class Constant:
    """Always draws the same number in [0, 1)."""

    def __init__(self, number):
        self.number = number

    def random_sample(self, shape):
        return np.full(shape, self.number)


@pytest.mark.parametrize('number', [0., .5, 1 - 2. ** -53])
def test_an_action_of_probability_0_is_never_drawn(number):
    policy = np.array([[0, 1], [1, 0]], np.float32)
    assert sample(policy, Constant(number)).tolist() == [1, 0]


def test_rounding_draws_no_action_beyond_the_last():
    short = np.array([[.3, .3, .399]], np.float32)
    assert sample(short, Constant(1 - 2. ** -53)).tolist() == [2]
    assert sample(short, Constant(.6001)).tolist() == [2] and sample(short, Constant(.5999)).tolist() == [1]


def test_each_environment_plays_as_many_episodes():
    envs = [Env(b, length=b + 1) for b in range(B)]
    episodes = play_episodes(Network(), None, envs, np.random.RandomState(0), 7, 4)
    assert sorted(episode.length for episode in episodes) == [1, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize('gamma, gae_lambda', [(.9, 1.), (.7, .5), (0., 1.), (1., 0.)])
@pytest.mark.parametrize('unit', [1., 5.])
def test_returns_and_advantages_are_those_of_a_slow_loop(gamma, gae_lambda, unit):
    """Episodes end, are cut short and go on in the middle of it."""
    worker = make_worker(Learning(T, gamma, gae_lambda, unit))
    random = np.random.RandomState(2)
    rewards, values, following = random.standard_normal((3, T, B)).astype(np.float32)
    over = random.random_sample((T, B)) < .4
    over[T - 1] = [True, False, False]
    following *= over * (random.random_sample((T, B)) < .5)
    bootstrap = random.standard_normal(B).astype(np.float32) * ~over[-1]
    *_, experience = played()
    assert over.any() and following.any()
    experience = experience._replace(rewards=rewards, values=values, over=over, following=following, bootstrap=bootstrap)
    unroll = worker.unroll(experience)
    for b in range(B):
        for t in range(T):
            # What the step after t is worth, and how much better each of the steps from t on was than expected.
            total, weight, k = 0., 1., t
            while k < T:
                after = following[k, b] if over[k, b] else bootstrap[b] if k == T - 1 else values[k + 1, b]
                total += weight * (rewards[k, b] / unit + gamma * after - values[k, b])
                if over[k, b]:
                    break
                weight, k = weight * gamma * gae_lambda, k + 1
            assert unroll.advantages[t, b] == pytest.approx(total, abs=1e-5)
            assert unroll.target_v[t, b] == pytest.approx(total + values[t, b], abs=1e-5)


def test_each_unroll_is_learned_from_in_as_many_passes():
    network = Network()
    envs = [Env(b, length=b + 1) for b in range(B)]
    worker = Worker(0, network, envs, np.random.RandomState(0), Learning(T, .9, passes=3))
    experience = worker.play(None, 0)
    losses, counts = worker.train(experience, None)
    first, second, third = network.trained
    assert first.ended == second.ended == 0 and third.ended == len(experience.episodes) > 0 and counts.updates == 3
    for unroll in network.trained:
        assert unroll.actions is experience.actions and (unroll.advantages == first.advantages).all()
    for t in range(T):
        for b in range(B):
            assert first.chances[t, b] == experience.policies[t][b][experience.actions[t, b]]


def test_each_pass_is_an_update_for_each_part_of_the_environments():
    network, count = Network(), 4
    envs = [Env(seed, length=seed % 5 + 1) for seed in range(2 * count)]
    worker = Worker(0, network, envs, np.random.RandomState(0), Learning(T, .9, passes=2, minibatches=count))
    experience = worker.play(None, 0)
    whole = worker.unroll(experience)
    losses, counts = worker.train(experience, None)
    assert counts.updates == len(network.trained) == 2 * count
    assert [unroll.ended for unroll in network.trained] == [0] * 7 + [len(experience.episodes)] and experience.episodes
    for number, unroll in enumerate(network.trained):
        own = range(number % count * 2, number % count * 2 + 2)
        assert len(unroll.views) == len({view.tobytes() for b in own for view in whole.views[whole.view_index[:, b]]})
        for column, b in enumerate(own):
            assert (unroll.views[unroll.view_index[:, column]] == whole.views[whole.view_index[:, b]]).all()
            for name in ('actions', 'target_v', 'advantages', 'chances', 'labels'):
                assert (getattr(unroll, name)[:, column] == getattr(whole, name)[:, b]).all(), name
            for part, all_of_it in zip(unroll.inputs, whole.inputs):
                assert (part[:, column] == all_of_it[:, b]).all()
            for part, all_of_it in zip(leaves(unroll.state), leaves(whole.state)):
                assert (part[column] == all_of_it[b]).all()


def test_one_minibatch_is_the_unroll_itself():
    unroll = make_worker().unroll(played()[2])
    assert minibatch(unroll, 0, 1) is unroll


def test_what_is_reported_is_in_the_units_of_the_lab():
    one, five = (make_worker(Learning(T, .9, 1., unit)) for unit in (1., 5.))
    *_, experience = played()
    losses = Losses(1., 2., 3., 4., 5.)
    assert five.update(experience, losses, 0).value == pytest.approx(5 * one.update(experience, losses, 0).value)
    assert [episode.reward for episode in five.update(experience, losses, 0).episodes] == [
        episode.reward for episode in experience.episodes]


class Coordinator(threading.Event):
    should_stop = threading.Event.is_set


def test_its_own_updates_do_not_make_it_stale():
    worker, coordinator, reports = make_worker(Learning(T, .9, passes=2, minibatches=B)), Coordinator(), []

    def report(update):
        reports.append(update.staleness)
        if len(reports) == 2:
            coordinator.set()
    worker.work(None, coordinator, report)
    assert reports == [0, 0] and len(worker.network.trained) == 2 * 2 * B


def test_work_pulls_then_plays_and_trains_until_the_stop():
    worker, coordinator, reports = make_worker(), Coordinator(), []

    def report(update):
        assert update.worker == 0 and update.losses == Losses(1., 2., 3., 4., 5.) and update.steps == T * B
        reports.append((worker.network.trained[-1], update))
        if len(reports) == 4:
            coordinator.set()

    worker.work(None, coordinator, report)
    assert worker.network.pulled == 1 and len(worker.network.trained) == 4
    assert [update.staleness for _, update in reports] == [0] * 4
    assert [unroll.ended for unroll, _ in reports] == [len(update.episodes) for _, update in reports] == [B] * 4
    assert len({unroll.actions.tobytes() for unroll, _ in reports}) == 4


def test_staleness_counts_what_others_did_between_copying_and_sending():
    """Also where no episode, or many, ended in an update: it is a number of updates."""
    worker, found = make_worker(), []
    counts = iter([Counts(9, 5), Counts(9, 8), Counts(90, 9), Counts(91, 13)])
    worker.network.pull = lambda session: Counts(6, 4)
    worker.network.train = lambda session, unroll: (Losses(1., 2., 3., 4., 5.), next(counts))

    class Four:
        def should_stop(self):
            return len(found) == 4
    worker.work(None, Four(), lambda update: found.append(update.staleness))
    assert found == [0, 2, 0, 3]


def test_a_worker_is_told_how_far_the_run_is():
    worker, coordinator = make_worker(Learning(T, .9, taught=12)), Coordinator()
    worker.work(None, coordinator, lambda update: len(worker.network.trained) == 5 and coordinator.set())
    assert worker.envs[0].told == [0, B, 2 * B, 3 * B, 4 * B]
    unrolls = worker.network.trained
    assert [unroll.imitation for unroll in unrolls] == pytest.approx([1 - k * B / 12 for k in range(5)])
    assert [bool(unroll.labels.any()) for unroll in unrolls] == [True] * 4 + [False]


def test_all_of_a_workers_chance_is_its_random_state():
    def actions(seed):
        worker = make_worker(random=np.random.RandomState(seed))
        return worker.play(None, 0).actions.tolist()
    before = np.random.get_state()[1].tolist()
    assert actions(1) == actions(1) != actions(2)
    assert np.random.get_state()[1].tolist() == before


def test_a_state_is_a_copy_that_goes_on_in_the_middle_of_episodes():
    """What a worker has published does not change when it plays on."""
    first, second = make_worker(Learning(4, .9)), make_worker(Learning(4, .9))
    first.play(None, 0)
    published = first.state()
    text = repr(published)
    expected = first.play(None, 0)
    assert repr(published) == text and worker_module.corruption(published) is None
    second.set_state(published)
    again = second.play(None, 0)
    for name in ('actions', 'rewards', 'over', 'values'):
        assert (getattr(again, name) == getattr(expected, name)).all(), name
    assert all((one == other).all() for one, other in zip(again.inputs, expected.inputs))
    assert isinstance(again.state[0], LSTMState) and (again.state[0].c == expected.state[0].c).all()


def test_between_episodes_the_state_is_that_of_chance_alone():
    worker = make_worker()
    worker.play(None, 0)
    assert worker.state()['actor'] is None
    earlier = list(worker.random.get_state())
    earlier[1] = earlier[1].tolist()
    assert worker_module.corruption(earlier) is None  # as earlier versions saved it
    other = make_worker(random=np.random.RandomState(9))
    other.set_state(earlier)
    assert other.state() == worker.state()


def test_close_closes_the_labs():
    worker = make_worker()
    worker.close()
    assert all(env.closed for env in worker.envs)
