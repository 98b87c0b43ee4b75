"""Worker: what it learns from, against slow twins, in how many updates; what it reports, and what it goes on from."""
import threading

import numpy as np
import pytest

from meta_rl import worker as worker_module
from meta_rl.ac_network import Counts, Losses
from meta_rl.nets.lstm import LSTMState
from meta_rl.nets.nest import leaves
from meta_rl.worker import Learning, Worker, minibatch

from helpers.fakes import LENGTH, B, Env, Network, played

T = LENGTH


def make_worker(learning=Learning(T, .9), random=None, cut=False):
    return Worker(0, Network(), [Env(seed, cut=cut) for seed in range(B)], random or np.random.RandomState(0), learning)


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
