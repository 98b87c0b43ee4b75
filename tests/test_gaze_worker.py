"""The gaze agent: its network held to a slow twin, and what its unrolls carry on."""
import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl.ac_network import GLOBAL
from meta_rl.envs import gaze
from meta_rl.envs.decisions import TRIALS
from meta_rl.gaze_worker import UNIT, GazeWorker, Players, play_episodes
from meta_rl.nets.gaze_network import FAR, GazeEncoder, GazeNetwork, Unroll
from meta_rl.nets.lstm import LSTMState
from meta_rl.tf_compat import session_config, tf

from helpers.labs import make_lab
from helpers.twin import sigmoid

H, W, ACROSS, FEATURES, PLACES, UNITS, MEMORY, T, B = 5, 8, 3, 2, 3, 4, 3, 6, 3


def build(shape=(H, W), across=ACROSS, optimizer=None, unroll=T, **others):
    """(session, shared network, worker's network) with statistics that are not those of the start."""
    tf.reset_default_graph()
    tf.set_random_seed(1)
    settings = dict(encoder=lambda: GazeEncoder(shape[0], shape[1], across, FEATURES, .7, PLACES), shape=shape, units=UNITS,
                    memory=MEMORY, unroll=unroll, value_coef=.3, entropy_coef=.2, clip_norm=1e9)
    settings.update(others)
    episodes = tf.get_variable('episodes', [], tf.int64, tf.zeros_initializer(), trainable=False)
    shared = GazeNetwork(3, GLOBAL, **settings)
    network = GazeNetwork(3, 'worker_0', optimizer or tf.train.GradientDescentOptimizer(1.), count=episodes.assign_add, **settings)
    session = tf.Session(config=session_config())
    session.run(tf.global_variables_initializer())
    random = np.random.RandomState(2)
    for variable in shared.variables:
        noise = random.normal(0, .3, variable.shape.as_list())
        if 'statistics' not in variable.op.name:
            variable.load(session.run(variable) + noise, session)
        elif not variable.op.name.endswith('rollouts'):
            variable.load(1 + abs(noise) if 'variance' in variable.op.name else noise, session)
    network.pull(session)
    return session, shared, network


class Twin:
    """The network once more: slow, in float64, one decision of one episode at a time."""

    def __init__(self, session, network):
        self.w = {variable.op.name.split('/', 1)[1]: value.astype(np.float64)
                  for variable, value in zip(network.variables, session.run(network.variables))}

    def lstm(self, name, told, c, h):
        w = self.w
        i, j, f, o = np.split(told @ w[name + '/input_kernel'] + h @ w[name + '/recurrent_kernel'] + w[name + '/bias'], 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(j)
        return c, sigmoid(o) * np.tanh(c)

    def decide(self, frame, prev_action, prev_reward, state):
        w, pixels = self.w, frame / 127.5 - 1
        middle, what = W // 2, []
        for half in (pixels[:, middle - ACROSS:middle], pixels[:, middle:middle + ACROSS]):
            features = half.ravel() @ w['dense/kernel'] + w['dense/bias'] - w['statistics/mean']
            features = features / np.sqrt(w['statistics/variance'] + 1e-5) * .7
            what += list(np.clip(features, -FAR * .7, FAR * .7) * (0 < prev_reward < 1.5))
        coarse = np.array([[(pixels[r, c] + pixels[r, c + 1]) / 2 for c in range(0, W, 2)] for r in range(H)]).ravel()
        where = np.maximum(coarse @ w['where/kernel'] + w['where/bias'], 0)
        told = list(where) + [float(prev_action == a) for a in range(3)] + [prev_reward]
        memory, fast = state
        if prev_reward != 0:
            memory = self.lstm('memory', np.array(what + told), *memory)
        fast = self.lstm('lstm', np.array(told + list(memory[1])), *fast)
        outputs = np.concatenate([fast[1], memory[1], where])
        logits = outputs @ w['policy']
        return np.exp(logits) / np.exp(logits).sum(), (outputs @ w['value'])[0], (memory, fast)


def some_unroll(seed=0):
    random = np.random.RandomState(seed)
    state = tuple(LSTMState(*random.normal(0, .5, (2, B, units)).astype(np.float32)) for units in (MEMORY, UNITS))
    goes_on = np.ones((T, B), np.float32)
    goes_on[0, 0] = goes_on[3, 1] = 0
    return Unroll(random.randint(256, size=(T, B, H, W, 3)).astype(np.uint8), random.randint(-1, 3, (T, B)).astype(np.int32),
                  random.choice([0, 0, 1, 5, -5], (T, B)).astype(np.float32), goes_on, state,
                  random.randint(3, size=(T, B)).astype(np.int32), random.normal(0, 1, (T, B)), random.normal(0, 1, (T, B)),
                  random.randint(3, size=(T, B)).astype(np.int32))


def twin_losses(twin, unroll, imitation):
    value_loss = policy_loss = entropy = likeness = 0.
    for b in range(B):
        state = tuple((lstm.c[b].astype(float), lstm.h[b].astype(float)) for lstm in unroll.state)
        for t in range(T):
            if not unroll.goes_on[t, b]:
                state = tuple((np.zeros_like(c), np.zeros_like(h)) for c, h in state)
            policy, value, state = twin.decide(
                unroll.frames[t, b], unroll.prev_action[t, b], unroll.prev_reward[t, b], state)
            value_loss += .5 * (value - unroll.target_v[t, b]) ** 2 / (T * B)
            policy_loss -= np.log(policy[unroll.actions[t, b]]) * unroll.advantages[t, b] / (T * B)
            entropy -= (policy * np.log(policy)).sum() / (T * B)
            likeness -= np.log(policy[unroll.labels[t, b]]) / (T * B)
    return value_loss, policy_loss, entropy, policy_loss + .3 * value_loss - .2 * entropy + imitation * likeness


def test_acting_and_losses_against_the_twin():
    session, _, network = build()
    twin, unroll = Twin(session, network), some_unroll()
    policy, value, state = network.act(session, unroll.frames[1], unroll.prev_action[1], unroll.prev_reward[1], unroll.state)
    for b in range(B):
        expected = twin.decide(unroll.frames[1, b], unroll.prev_action[1, b], unroll.prev_reward[1, b],
                               tuple((lstm.c[b], lstm.h[b]) for lstm in unroll.state))
        np.testing.assert_allclose(policy[b], expected[0], atol=1e-5)
        np.testing.assert_allclose(value[b], expected[1], atol=1e-5)
        for lstm, (c, h) in zip(state, expected[2]):
            np.testing.assert_allclose([lstm.c[b].tolist(), lstm.h[b].tolist()], [c, h], atol=1e-5)
    expected = twin_losses(twin, unroll, .8)
    losses, episodes = network.train(session, unroll, 2, .8)
    np.testing.assert_allclose(losses[:3], expected[:3], rtol=1e-4)
    assert episodes == 2 and network.train(session, unroll, 5)[1] == 7


@pytest.mark.parametrize('imitation', [0., .8])
def test_gradients_against_the_twin(imitation):
    session, shared, network = build()
    twin, unroll = Twin(session, network), some_unroll(1)
    before = session.run(shared.local_vars)
    network.train(session, unroll, 0, imitation)
    for variable, old, new in zip(shared.local_vars, before, session.run(shared.local_vars)):
        name, flat = variable.op.name.split('/', 1)[1], np.random.RandomState(3).choice(old.size, 2)
        if name.startswith('dense'):
            continue  # their gradient goes through the moments of the unroll, not through the running ones alone
        for place in (np.unravel_index(one, old.shape) for one in flat):
            slopes = []
            for nudge in (1e-4, -1e-4):
                twin.w[name][place] += nudge
                slopes.append(twin_losses(twin, unroll, imitation)[3])
                twin.w[name][place] -= nudge
            gradient = (slopes[0] - slopes[1]) / 2e-4
            np.testing.assert_allclose((old - new)[place], gradient, rtol=2e-3, atol=2e-5, err_msg=name)


def test_statistics_are_those_of_frames_whose_fixation_was_paid():
    session, shared, network = build(unroll=40)
    random, lead = np.random.RandomState(5), (40, B)
    frames, rewards = random.randint(256, size=lead + (H, W, 3)).astype(np.uint8), random.choice([0., 1, 5], lead)
    kernel, bias = [session.run(v) for v in shared.local_vars if '/dense/' in v.op.name]
    zeros = np.zeros(lead)
    state = network.get_initial_state(B)
    network.train(session, Unroll(frames, zeros, rewards, zeros + 1, state, zeros, zeros, zeros, zeros), 0)
    chosen = frames[rewards == 1] / 127.5 - 1
    halves = np.concatenate([chosen[:, :, 1:4].reshape(len(chosen), -1), chosen[:, :, 4:7].reshape(len(chosen), -1)])
    features = halves @ kernel + bias
    mean, variance, rollouts = [session.run(v) for v in shared.variables[len(shared.local_vars):]]
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(variance, features.var(0), rtol=1e-4)
    assert rollouts == 1
    network.train(session, Unroll(frames, zeros, np.where(zeros == 0, 5., 0), zeros + 1, state, zeros, zeros, zeros, zeros), 0)
    after = [session.run(v) for v in shared.variables[len(shared.local_vars):]]
    assert (after[0] == mean).all() and (after[1] == variance).all() and after[2] == 1  # nothing to measure, nothing moves


def players(count=B, frames=60, taught=False, **others):
    session, _, network = build((21, 42), 13, **others)
    random = np.random.RandomState(0)
    envs = [gaze.GazeEnv(make_lab('harlow', ['RGB_INTERLEAVED'], width=84, height=84), random, frames=frames)
            for _ in range(count)]
    return session, network, envs, random


def config(**settings):
    return config_module.from_preset('gaze').change(**dict(dict(unroll=T, batch=B, gamma=.9, gae_lambda=.8), **settings))


def test_unrolls_carry_on_where_the_one_before_ended():
    session, network, envs, random = players()
    worker = GazeWorker(0, network, envs, random, config(teacher_episodes=0, coin_episodes=0))
    worker._players = Players(network, envs, random)
    before, state, lengths, ends = None, network.get_initial_state(B), np.zeros(B, int), []
    for _ in range(6):
        unroll, values, over = worker._unroll(session)
        ends += over
        for lstm, kept in zip(unroll.state, state):
            assert (lstm.c == kept.c).all() and (lstm.h == kept.h).all()
        for t in range(T):
            alive = tuple(LSTMState(*[part * unroll.goes_on[t][:, None] for part in lstm]) for lstm in state)
            _, value, state = network.act(session, unroll.frames[t], unroll.prev_action[t], unroll.prev_reward[t], alive)
            np.testing.assert_allclose(values[t], value, atol=1e-6)
            first = lengths % 15 == 0  # 60 frames are 15 decisions
            assert (unroll.goes_on[t] == ~first).all()
            assert (unroll.prev_action[t][first] == -1).all() and (unroll.prev_reward[t][first] == 0).all()
            if before is not None:
                assert (unroll.prev_action[t] == np.where(first, -1, before)).all()
            before, lengths = unroll.actions[t], lengths + 1
    assert len(ends) == 2 * B and all(decisions == 15 for _, _, decisions, _ in ends)


def test_advantages_bootstrap_and_stop_at_ends_of_episodes():
    session, network, envs, random = players(frames=16)  # four decisions
    for env in envs:
        env._spawns = [112.5]  # too far from the cross to be paid: what counts are values
    worker = GazeWorker(0, network, envs, random, config(teacher_episodes=0, coin_episodes=0))
    worker._players = Players(network, envs, random)
    for _ in range(3):
        unroll, values, over = worker._unroll(session)
        following = worker._players.values(session)
        assert over and all(reward == 0 for _, reward, _, _ in over)
        for b in range(B):
            advantage, after = 0., following[b]
            for t in reversed(range(T)):
                last = (unroll.goes_on[t + 1, b] if t + 1 < T else worker._players.goes_on[b]) == 0
                delta = (0. if last else .9 * after) - values[t, b]
                advantage = delta + (0. if last else .9 * .8 * advantage)
                after = values[t, b]
                np.testing.assert_allclose(unroll.advantages[t, b], advantage, atol=1e-5)
                np.testing.assert_allclose(unroll.target_v[t, b], advantage + values[t, b], atol=1e-5)


def test_rewards_are_learned_from_in_units_of_a_right_choice():
    session, network, envs, random = players(frames=3600)
    worker = GazeWorker(0, network, envs, random, config(teacher_episodes=1, coin_episodes=0, gamma=0., gae_lambda=0.))
    worker._players = Players(network, envs, random, taught=True)
    for step in range(30):  # the network is no good: have its actions be those of the teacher
        network.act = lambda session, *_: (np.eye(3)[worker._players.labels], np.zeros(B), network.get_initial_state(B))
        unroll, _, _ = worker._unroll(session)
        told = np.concatenate([unroll.prev_reward[1:], worker._players.prev_reward[None]])
        ends = np.concatenate([unroll.goes_on[1:], worker._players.goes_on[None]]) == 0
        assert (unroll.labels == unroll.actions).all()
        np.testing.assert_allclose(unroll.target_v[~ends], told[~ends] / UNIT, atol=1e-6)
        if (told == 5).any() and ends.any():
            return
    assert False, 'no episode ended in %d decisions' % (30 * T)


def test_sides_are_coin_flips_from_one_episode_up_to_another():
    session, network, envs, random = players(frames=8)
    worker = GazeWorker(0, network, envs, random, config(coin_start=4, coin_episodes=9))
    flipped, counts = [], iter(range(3, 18, 3))  # episodes after each update

    def train(*_):
        flipped.append([env.coins for env in envs])
        return None, next(counts)
    network.pull, network.train = lambda session: 0, train
    coordinator = tf.train.Coordinator()
    coordinator.should_stop = lambda: len(flipped) == 5
    worker.work(session, coordinator, lambda *_: None)
    assert flipped == [[False] * B] * 2 + [[True] * B] + [[False] * B] * 2  # made after 0, 3, 6, 9 and 12 episodes


def test_episodes_may_be_shorter_in_training():
    settings = config(training_frames=40)
    for training_too, decisions in ((True, 10), (False, 900)):
        env, = gaze.make_envs(settings, 'dummy', 1, np.random.RandomState(0), training_too)
        env.reset()
        for decision in range(1, decisions + 1):
            _, _, done = env.step(gaze.NONE)
            assert done == (decision == decisions)


def test_each_environment_plays_as_many_episodes():
    session, network, envs, random = players(frames=40)
    over = play_episodes(network, session, envs, random, 7)
    assert over.rewards.shape == (1, 7) and over.correct.shape == (TRIALS, 7) and over.length == over.longest == 10
    assert over.complete == 0 and not over.correct[2:].any()  # no time for more than two trials
