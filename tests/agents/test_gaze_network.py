"""The network of the gaze agent held to a slow twin."""
import numpy as np
import pytest

from meta_rl.ac_network import Unroll
from meta_rl.nets.gaze_encoder import FAR
from meta_rl.nets.inputs import Inputs
from meta_rl.nets.lstm import LSTMState
from meta_rl.nets.memories import clock
from meta_rl.tf_compat import session_of, tf

from helpers.gazing.networks import ACROSS, DIGITS, FOVEA, MEMORY, UNITS, B, H, V, W, build
from helpers.twin import sigmoid

# (steps, whether places are read finely and the wait is told): written out in the graph, and as a loop of it.
STEPS = [(6, False), (15, False), (15, True)]
GATES = [('paid', 6), ('always', 15), ('learned', 15)]  # when the slow LSTM steps where images are read as far as they are lit


class Twin:
    """The network once more: slow, in float64, one decision of one episode at a time."""

    def __init__(self, session, network, more=False, lit=False, write='paid', share=1.):
        self.more, self.lit, self.write, self.share = more, lit, write, share
        self.wrote = []  # how far a learned gate was open, a number for each decision
        self.w = {variable.op.name.split('/', 1)[1]: value.astype(np.float64)
                  for variable, value in zip(network.variables, session.run(network.variables))}

    def lstm(self, name, told, c, h):
        w = self.w
        i, j, f, o = np.split(told @ w[name + '/input_kernel'] + h @ w[name + '/recurrent_kernel'] + w[name + '/bias'], 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(j)
        return c, sigmoid(o) * np.tanh(c)

    def decide(self, frame, prev_action, prev_reward, state):
        w, pixels = self.w, frame / 127.5 - 1
        middle, fovea, what = W // 2, pixels[FOVEA.top:FOVEA.bottom], []
        halves = fovea[:, middle - ACROSS:middle], fovea[:, middle:middle + ACROSS]
        for half in halves:
            features = half.ravel() @ w['dense/kernel'] + w['dense/bias'] - w['statistics/mean']
            features = features / np.sqrt(w['statistics/variance'] + 1e-5) * .7
            shown = half.mean() > -.9 if self.lit else 0 < prev_reward < 1.5
            what += list(np.clip(features, -FAR * .7, FAR * .7) * shown)
        seen = np.array([[(pixels[r, c] + pixels[r, c + 1]) / 2 for c in range(0, W, 2)] for r in range(H)]).ravel()
        if self.more:
            seen = np.concatenate([half.ravel() for half in halves])
        where = np.maximum(seen @ w['where/kernel'] + w['where/bias'], 0)
        told = list(where) + [float(prev_action == a) for a in range(3)] + [prev_reward]
        memory, fast, (waited, still) = state
        waited, still = waited + 1, still + 1 if prev_action == 2 else 0
        if prev_reward != 0:
            waited = 0
        step = {'paid': float(prev_reward != 0), 'always': 1.}.get(self.write)
        if step is None:
            hidden = np.maximum(np.array(told + [abs(prev_reward)]) @ w['gate_hidden/kernel'] + w['gate_hidden/bias'], 0)
            step = sigmoid((hidden @ w['gate/kernel'] + w['gate/bias'])[0] + 1)
            self.wrote.append(step)
        stepped = self.lstm('memory', np.array(what + told), *memory)
        memory = tuple(old + step * (new - old) for old, new in zip(memory, stepped))
        digits = [(waited > 12) * (15 if int(waited) >> power & 1 else -15) for power in range(DIGITS)]
        waits = [np.log(1 + waited), np.log(1 + still)] + digits
        fast = self.lstm('lstm', np.array(told + list(memory[1]) + waits * self.more), *fast)
        outputs = np.concatenate([fast[1], memory[1], where])
        logits = outputs @ w['policy']
        return np.exp(logits) / np.exp(logits).sum(), (outputs @ w['value'])[0], (memory, fast, (waited, still))


def some_unroll(steps, seed=0, more=False):
    random, lead = np.random.RandomState(seed), (steps, B)
    state = tuple(LSTMState(*random.normal(0, .5, (2, B, units)).astype(np.float32)) for units in (MEMORY, UNITS))
    if more:
        state += (random.randint(5, size=(B, 2)) + [[0, 0], [10, 0], [29, 0]]).astype(np.float32),  # of which some are long
    inputs = Inputs(random.randint(-1, 3, lead).astype(np.int32), random.choice([0, 0, 1, 5, -5], lead).astype(np.float32),
                    np.zeros(lead, np.float32), (random.random_sample(lead) > .2).astype(np.float32))
    return Unroll(random.randint(256, size=(V, H, W, 3)).astype(np.uint8), random.randint(V, size=lead).astype(np.int32), inputs,
                  state, random.randint(3, size=lead).astype(np.int32), random.normal(0, 1, lead), random.normal(0, 1, lead), 2,
                  random.randint(3, size=lead).astype(np.int32), .8)


def partly_dark(unroll):
    """The Unroll with one half or both of some views dark."""
    views = unroll.views.copy()
    views[::3, :, :W // 2] //= 60
    views[1::4, :, W // 2:] //= 60
    return unroll._replace(views=views)


def state_of(state, b):
    """Of one episode, as the twin has it."""
    return tuple((lstm.c[b].astype(float), lstm.h[b].astype(float)) for lstm in state[:2]) + (tuple(state[2][b]) if state[2:] else (0, 0),)


def twin_losses(twin, unroll):
    value_loss = policy_loss = entropy = at_choices = likeness = 0.
    twin.wrote = []
    inputs, count = unroll.inputs, unroll.actions.size
    for b in range(B):
        state = state_of(unroll.state, b)
        for t in range(len(unroll.actions)):
            if not inputs.goes_on[t, b]:
                state = tuple((np.zeros_like(c), np.zeros_like(h)) for c, h in state[:2]) + ((0, 0),)
            policy, value, state = twin.decide(
                unroll.views[unroll.view_index[t, b]], inputs.prev_action[t, b], inputs.prev_reward[t, b], state)
            value_loss += .5 * (value - unroll.target_v[t, b]) ** 2 / count
            policy_loss -= np.log(policy[unroll.actions[t, b]]) * unroll.advantages[t, b] / count
            here = -(policy * np.log(policy)).sum() / count
            entropy += here
            at_choices += here * (0 < inputs.prev_reward[t, b] < 1.5)
            likeness -= np.log(policy[unroll.labels[t, b]]) / count
    loss = policy_loss + .3 * value_loss - .2 * entropy - .6 * at_choices + unroll.imitation * likeness
    if twin.share < 1:
        loss += max(np.mean(twin.wrote) - twin.share, 0) ** 2
    return value_loss, policy_loss, entropy, loss


@pytest.mark.parametrize('steps, more', STEPS)
def test_acting_and_losses_against_the_twin(steps, more):
    session, _, network = build(steps, more=more)
    twin, unroll = Twin(session, network, more), some_unroll(steps, more=more)
    features = network.encode(session, unroll.views)[unroll.view_index[1]]
    now = Inputs(*[part[1] for part in unroll.inputs])
    policy, value, state = network.act(session, features, now, unroll.state)
    for b in range(B):
        expected = twin.decide(unroll.views[unroll.view_index[1, b]], now.prev_action[b], now.prev_reward[b],
                               state_of(unroll.state, b))
        np.testing.assert_allclose(policy[b], expected[0], atol=1e-5)
        np.testing.assert_allclose(value[b], expected[1], atol=1e-5)
        for lstm, (c, h) in zip(state, expected[2][:2]):
            np.testing.assert_allclose([lstm.c[b].tolist(), lstm.h[b].tolist()], [c, h], atol=1e-5)
        assert not more or tuple(state[2][b]) == expected[2][2]
    expected = twin_losses(twin, unroll)
    losses, counts = network.train(session, unroll)
    np.testing.assert_allclose(losses[:3], expected[:3], rtol=1e-4)
    assert counts == (2, 1) and network.train(session, unroll._replace(ended=5))[1] == (7, 2)


def test_the_clock_tells_digits_after_twelve_steps_lowest_first():
    with tf.Graph().as_default() as graph, session_of(graph) as session:
        told = session.run(clock(tf.constant([[0.], [12.], [13.], [14.], [32.]]), 4))
    assert (told / 15).tolist() == [[0] * 4, [0] * 4, [1, -1, 1, 1], [-1, 1, 1, 1], [-1] * 4]


@pytest.mark.parametrize('write, steps', GATES)
def test_gates_against_the_twin(write, steps):
    # A share that a gate may be open for is none of those that are not learned.
    session, _, network = build(steps, lit=True, write=write, share=1. if write == 'learned' else .05)
    twin, unroll = Twin(session, network, lit=True, write=write), partly_dark(some_unroll(steps))
    losses, _ = network.train(session, unroll)
    np.testing.assert_allclose(losses[:3], twin_losses(twin, unroll)[:3], rtol=1e-4)


def test_dark_halves_are_no_images():
    """Statistics are those of lit halves, each as often as it was seen."""
    steps = 15
    session, shared, network = build(steps, lit=True)
    unroll = partly_dark(some_unroll(steps))
    kernel, bias = [session.run(v) for v in shared.local_vars if '/dense/' in v.op.name]
    network.train(session, unroll)
    seen = (unroll.views[unroll.view_index].reshape((-1, H, W, 3)) / 127.5 - 1)[:, FOVEA.top:FOVEA.bottom]
    halves = [half for view in seen for half in (view[:, 1:4], view[:, 4:7]) if half.mean() > -.9]
    assert len(halves) < 2 * len(seen)
    features = np.array([half.ravel() for half in halves]) @ kernel + bias
    mean, variance, _ = [session.run(v) for v in shared.variables[len(shared.local_vars):]]
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(variance, features.var(0), rtol=1e-4)


@pytest.mark.parametrize('steps, more, imitation, gates', [
    (6, False, .8, {}), (15, True, 0., {}), (15, False, 0., {'lit': True, 'write': 'learned'}),
    (15, False, 0., {'lit': True, 'write': 'learned', 'share': .05})])
def test_gradients_against_the_twin(steps, more, imitation, gates):
    session, shared, network = build(steps, more=more, **gates)
    twin, unroll = Twin(session, network, more, **gates), some_unroll(steps, 1, more)._replace(imitation=imitation)
    before = session.run(shared.local_vars)
    network.train(session, unroll)
    for variable, old, new in zip(shared.local_vars, before, session.run(shared.local_vars)):
        name, flat = variable.op.name.split('/', 1)[1], np.random.RandomState(3).choice(old.size, 2)
        if name.startswith('dense'):
            continue  # their gradient goes through the moments of the unroll, not through the running ones alone
        for place in (np.unravel_index(one, old.shape) for one in flat):
            slopes = []
            for nudge in (1e-4, -1e-4):
                twin.w[name][place] += nudge
                slopes.append(twin_losses(twin, unroll)[3])
                twin.w[name][place] -= nudge
            gradient = (slopes[0] - slopes[1]) / 2e-4
            np.testing.assert_allclose((old - new)[place], gradient, rtol=2e-3, atol=2e-5, err_msg=name)


def test_how_far_the_gate_is_open_against_the_twin():
    session, _, network = build(15, lit=True, write='learned')
    twin, unroll = Twin(session, network, lit=True, write='learned'), partly_dark(some_unroll(15))
    twin_losses(twin, unroll)  # one episode after the other
    features = network.encode(session, unroll.views)[unroll.view_index.ravel()]
    found = network.written(session, features, Inputs(*[part.ravel() for part in unroll.inputs]))
    np.testing.assert_allclose(found.reshape(15, B), np.reshape(twin.wrote, (B, 15)).T, atol=1e-5)
    assert network.learns_to_write and not build(15)[2].learns_to_write


def test_writing_costs_nothing_up_to_its_share():
    """And beyond it closes the gate."""
    unroll, weights = partly_dark(some_unroll(15)), []
    gates = {'lit': True, 'write': 'learned'}
    twin = Twin(*build(15, **gates)[::2], **gates)
    twin_losses(twin, unroll)
    open_now = np.mean(twin.wrote)
    for share in (1., open_now + .01, open_now - .01):
        session, shared, network = build(15, share=share, **gates)
        network.train(session, unroll)
        weights.append({variable.op.name.split('/', 1)[1]: value for variable, value in zip(shared.local_vars, session.run(shared.local_vars))})
    free, within, beyond = weights
    assert all((within[name] == free[name]).all() for name in free)
    assert beyond['gate/bias'][0] < free['gate/bias'][0] and (beyond['policy'] == free['policy']).all()


def test_twins_move_what_reads_images_and_nothing_else():
    unroll, weights = some_unroll(15), []
    for twins in (0., .5):
        session, shared, network = build(15, twins=twins)
        network.train(session, unroll)
        weights.append({variable.op.name: value for variable, value in zip(shared.local_vars, session.run(shared.local_vars))})
    moved = {name for name, value in weights[0].items() if not np.allclose(value, weights[1][name], atol=1e-6)}
    assert moved == {'global/dense/kernel'}  # a bias moves no correlation


def test_statistics_are_those_of_steps_whose_fixation_was_paid():
    """A view counts as often as it was seen in such a step."""
    steps = 15
    session, shared, network = build(steps)
    random, lead = np.random.RandomState(5), (steps, B)
    views, index = random.randint(256, size=(V, H, W, 3)).astype(np.uint8), random.randint(V, size=lead)
    rewards = random.choice([0., 1, 5], lead)
    kernel, bias = [session.run(v) for v in shared.local_vars if '/dense/' in v.op.name]
    zeros = np.zeros(lead)
    unroll = Unroll(views, index, Inputs(zeros, rewards, zeros, zeros + 1), network.get_initial_state(B), zeros, zeros, zeros, 0,
                    zeros, 0.)
    network.train(session, unroll)
    chosen = (views[index][rewards == 1] / 127.5 - 1)[:, FOVEA.top:FOVEA.bottom]
    halves = np.concatenate([chosen[:, :, 1:4].reshape(len(chosen), -1), chosen[:, :, 4:7].reshape(len(chosen), -1)])
    features = halves @ kernel + bias
    mean, variance, rollouts = [session.run(v) for v in shared.variables[len(shared.local_vars):]]
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(variance, features.var(0), rtol=1e-4)
    assert rollouts == 1
    network.train(session, unroll._replace(inputs=unroll.inputs._replace(prev_reward=zeros + 5)))
    after = [session.run(v) for v in shared.variables[len(shared.local_vars):]]
    assert (after[0] == mean).all() and (after[1] == variance).all() and after[2] == 1  # nothing to measure, nothing moves
