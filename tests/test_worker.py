"""Worker: what it trains on is what it acted on; sampling, returns and advantages, against slow twins."""
import threading

import numpy as np
import pytest

from meta_rl import worker as worker_module
from meta_rl.ac_network import Losses
from meta_rl.envs.decisions import TRIALS
from meta_rl.nets.lstm import LSTMState
from meta_rl.worker import Rollout, Worker, play, sample

B = 3


class Env:
    """Earns what is written down, shows random numbers, and notes the decisions."""

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)
        self.decisions, self.shown, self.paid, self.correct, self.closed = [], [], [], [], False

    def _show(self):
        if len(self.shown) < 2:  # two different ones, as in an episode of the task
            self.shown.append(self.random.random_sample((2, 4)).astype(np.float32))
        else:
            self.shown.append(self.shown[self.random.randint(2)].copy())
        return self.shown[-1]

    def reset(self):
        self.decisions, self.shown, self.paid, self.correct = [], [], [], []
        return self._show()

    def step(self, action):
        self.decisions.append(action)
        self.correct.append(int(self.random.randint(2)))
        self.paid.append(float(self.random.choice([5, -5, 1])))
        done = len(self.paid) == TRIALS
        return (None if done else self._show()), self.paid[-1], done

    def close(self):
        self.closed = True


class Network:
    """Acts with made-up policies and values; notes all that it is told, as it was at that moment."""

    def __init__(self, seed=0):
        self.random = np.random.RandomState(seed)
        self.acted, self.states, self.policies, self.values, self.trained, self.pulled = [], [], [], [], [], 0
        self.encoded = []

    def get_initial_state(self, batch):
        return LSTMState(np.zeros((batch, 2), np.float32), np.ones((batch, 2), np.float32)),

    def encode(self, session, views):
        self.encoded.extend(views)
        return views.reshape(len(views), -1) * 3

    def act(self, session, features, told, state):
        self.acted.append([np.array(part) for part in (features,) + told])
        self.states.append(state[0])
        batch = len(state[0].c)
        left = self.random.random_sample(batch).astype(np.float32)
        self.policies.append(np.stack([left, 1 - left], 1))
        self.values.append(self.random.standard_normal(batch).astype(np.float32))
        return self.policies[-1], self.values[-1], (LSTMState(state[0].c + 1, state[0].h * 2),)

    def train(self, session, *args):
        self.trained.append(args)
        return Losses(1., 2., 3., 4., 5.), B * len(self.trained)

    def pull(self, session):
        self.pulled += 1
        return 0


def make_worker(gamma=.9, gae_lambda=1., random=None):
    return Worker(0, Network(), [Env(seed) for seed in range(B)], random or np.random.RandomState(0), gamma, gae_lambda)


def played(greedy=False, seed=1):
    network, envs = Network(), [Env(seed) for seed in range(B)]
    return network, envs, play(network, None, envs, np.random.RandomState(seed), greedy)


def test_inputs_while_training_are_those_while_acting():
    network, _, rollout = played()
    assert len(network.acted) == TRIALS
    for t, (features, *told) in enumerate(network.acted):
        assert (rollout.views[rollout.seen[t]].reshape(B, -1) * 3 == features).all()
        for part, then in zip(rollout.told, told):
            assert part.shape[:2] == (TRIALS, B) and part.dtype == then.dtype
            assert (part[t] == then).all()


def test_each_view_is_encoded_once():
    network, envs, rollout = played()
    different = {view.tobytes() for env in envs for view in env.shown}
    assert len(network.encoded) == len(different) == len(rollout.views) == 2 * B
    assert (np.array(network.encoded) == rollout.views).all()


def test_what_is_told_before_each_decision():
    _, envs, rollout = played()
    for b, env in enumerate(envs):
        assert rollout.told.prev_action[:, b].tolist() == [-1] + env.decisions[:-1]
        assert rollout.told.prev_reward[:, b].tolist() == [0] + env.paid[:-1]
        assert rollout.told.timestep[:, b].tolist() == [0, 1, 2, 3, 4, 5]
        assert (rollout.views[rollout.seen[:, b]] == env.shown).all()


def test_what_comes_of_each_decision():
    network, envs, rollout = played()
    for b, env in enumerate(envs):
        assert rollout.actions[:, b].tolist() == env.decisions
        assert rollout.rewards[:, b].tolist() == env.paid
        assert rollout.correct[:, b].tolist() == env.correct
    assert (rollout.values == network.values).all()
    assert rollout.actions.dtype == np.int32 and rollout.rewards.dtype == rollout.correct.dtype == np.float32


def test_the_memory_is_handed_on_from_decision_to_decision():
    network, _, rollout = played()
    assert [state.c[0, 0] for state in network.states] == [0, 1, 2, 3, 4, 5]
    assert [state.h[2, 1] for state in network.states] == [1, 2, 4, 8, 16, 32]
    (start,) = rollout.state
    assert (start.c == 0).all() and (start.h == 1).all()


def test_actions_are_sampled_from_the_policy_of_that_moment():
    network, _, rollout = played()
    random = np.random.RandomState(1)
    assert (rollout.actions == [sample(policy, random) for policy in network.policies]).all()


def test_greedy_takes_the_likeliest_action():
    network, _, rollout = played(greedy=True)
    assert (rollout.actions == [[int(right > left) for left, right in policy] for policy in network.policies]).all()
    assert 0 < rollout.actions.mean() < 1


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


@pytest.mark.parametrize('gamma, gae_lambda', [(.9, 1.), (.7, .5), (0., 1.), (1., 0.)])
def test_returns_and_advantages_are_those_of_a_slow_loop(gamma, gae_lambda):
    worker = make_worker(gamma, gae_lambda)
    random = np.random.RandomState(2)
    rewards, values = random.standard_normal((2, TRIALS, B)).astype(np.float32)
    rollout = Rollout('views', 'seen', 'told', 'state', 'actions', rewards, values, None)
    assert worker.train(rollout, None) == (Losses(1., 2., 3., 4., 5.), B)
    *given, returns, advantages = worker.network.trained[0]
    assert given == ['views', 'seen', 'told', 'state', 'actions']
    for b in range(B):
        r, v = [float(x) for x in rewards[:, b]], [float(x) for x in values[:, b]] + [0.]
        for t in range(TRIALS):
            later = range(t, TRIALS)
            assert returns[t, b] == pytest.approx(sum(gamma ** (k - t) * r[k] for k in later), abs=1e-5)
            assert advantages[t, b] == pytest.approx(sum(
                (gamma * gae_lambda) ** (k - t) * (r[k] + gamma * v[k + 1] - v[k]) for k in later), abs=1e-5)
    if gae_lambda == 1:
        assert np.allclose(advantages, returns - values, atol=1e-5)


def test_work_pulls_then_plays_and_trains_until_the_stop():
    class Coordinator(threading.Event):
        should_stop = threading.Event.is_set

    worker, coordinator, reports = make_worker(), Coordinator(), []

    def report(reporter, rollout, losses, staleness):
        assert reporter is worker and losses == Losses(1., 2., 3., 4., 5.)
        trained = worker.network.trained[-1]
        assert all(one is other for one, other in zip(trained, (
            rollout.views, rollout.seen, rollout.told, rollout.state, rollout.actions)))
        reports.append((rollout, staleness))
        if len(reports) == 4:
            coordinator.set()

    worker.work(None, coordinator, report)
    assert worker.network.pulled == 1 and len(worker.network.trained) == 4
    assert [staleness for _, staleness in reports] == [0] * 4
    assert len({rollout.actions.tobytes() for rollout, _ in reports}) == 4


def test_staleness_counts_what_others_did_between_copying_and_sending():
    """The shared count goes from 6 at the copying by this worker's own batch of 3, and by 3 for each update of another's."""
    worker, found = make_worker(), []
    counts = iter([9, 18, 21, 33])
    worker.network.pull = lambda session: 6
    worker.network.train = lambda session, *args: (Losses(1., 2., 3., 4., 5.), next(counts))

    class Coordinator:
        def should_stop(self):
            return len(found) == 4
    worker.work(None, Coordinator(), lambda worker, rollout, losses, staleness: found.append(staleness))
    assert found == [0, 2, 0, 3]


def test_all_of_a_workers_chance_is_its_random_state():
    def actions(seed):
        worker = make_worker(random=np.random.RandomState(seed))
        return worker_module.play(worker.network, None, worker.envs, worker.random).actions.tolist()
    before = np.random.get_state()[1].tolist()
    assert actions(1) == actions(1) != actions(2)
    assert np.random.get_state()[1].tolist() == before


def test_close_closes_the_labs():
    worker = make_worker()
    worker.close()
    assert all(env.closed for env in worker.envs)
