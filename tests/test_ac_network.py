import numpy as np
import pytest

from meta_rl.ac_network import AC_Network, Inputs, LSTMState
from meta_rl.tf_compat import session_config, tf

T, B, N, A, UNITS = 6, 4, 7, 2, 5
SMALL = dict(images=N, units=UNITS, embedding=3)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Twin:
    """The network and its losses once more: slow, in float64, one decision of one episode at a time."""

    def __init__(self, weights, value_coef=.05, entropy_coef=.05, scales=(1., 1 / 6)):
        self.weights = {name: value.astype(np.float64) for name, value in weights.items()}
        self.value_coef, self.entropy_coef, self.scales = value_coef, entropy_coef, scales

    def decide(self, left, right, prev_action, prev_reward, timestep, c, h):
        w = self.weights
        if 'embedding' in w:
            left, right = left @ w['embedding'], right @ w['embedding']
        previous = np.zeros(A)
        if prev_action >= 0:
            previous[prev_action] = 1
        told = [*left, *right, *previous, prev_reward * self.scales[0], timestep * self.scales[1]]
        gates = np.array(told) @ w['lstm/input_kernel'] + h @ w['lstm/recurrent_kernel'] + w['lstm/bias']
        i, j, f, o = [gates[k * UNITS:(k + 1) * UNITS] for k in range(4)]
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(j)
        h = sigmoid(o) * np.tanh(c)
        logits = h @ w['policy']
        policy = np.exp(logits) / np.exp(logits).sum()
        return policy, (h @ w['value'])[0], c, h

    def unroll(self, inputs, state):
        policies, values = np.zeros((T, B, A)), np.zeros((T, B))
        for b in range(B):
            c, h = state.c[b].astype(np.float64), state.h[b].astype(np.float64)
            for t in range(T):
                policies[t, b], values[t, b], c, h = self.decide(
                    inputs.obs[t, b, 0], inputs.obs[t, b, 1], inputs.prev_action[t, b], inputs.prev_reward[t, b],
                    inputs.timestep[t, b], c, h)
        return policies, values

    def losses(self, inputs, state, actions, target_v, advantages):
        """(value loss, policy loss, entropy, total)"""
        policies, values = self.unroll(inputs, state)
        value_loss = policy_loss = entropy = 0.
        for b in range(B):
            for t in range(T):
                value_loss += .5 * (target_v[t, b] - values[t, b]) ** 2 / (T * B)
                policy_loss -= np.log(policies[t, b, actions[t, b]]) * advantages[t, b] / (T * B)
                entropy -= (policies[t, b] * np.log(policies[t, b])).sum() / (T * B)
        return value_loss, policy_loss, entropy, policy_loss + self.value_coef * value_loss - self.entropy_coef * entropy

    def gradients(self, *rollout, step=1e-5):
        """Of the total, by central differences: {name: array}."""
        gradients = {}
        for name, weights in self.weights.items():
            gradients[name] = np.zeros_like(weights)
            for place in np.ndindex(*weights.shape):
                kept = weights[place]
                weights[place] = kept + step
                above = self.losses(*rollout)[-1]
                weights[place] = kept - step
                below = self.losses(*rollout)[-1]
                weights[place] = kept
                gradients[name][place] = (above - below) / (2 * step)
        return gradients


def some_rollout(seed=0):
    """Inputs, state, actions, target_v, advantages as Worker.train gives them."""
    random = np.random.RandomState(seed)
    prev_action = random.randint(A, size=(T, B)).astype(np.int32)
    prev_action[0] = -1
    inputs = Inputs(obs=np.eye(N, dtype=np.float32)[random.randint(N, size=(T, B, 2))],
                    prev_action=prev_action,
                    prev_reward=random.choice([-5, 5], size=(T, B)).astype(np.float32),
                    timestep=np.repeat(np.arange(T, dtype=np.float32)[:, None], B, 1))
    state = LSTMState(*random.randn(2, B, UNITS).astype(np.float32))
    return (inputs, state, random.randint(A, size=(T, B)).astype(np.int32),
            random.randn(T, B).astype(np.float32) * 5, random.randn(T, B).astype(np.float32) * 5)


def build(trainer=None, workers=1, seed=1, **settings):
    """A session, the network 'global' and those of the workers, weights pulled; the policy's are large enough to matter."""
    tf.reset_default_graph()
    tf.set_random_seed(seed)
    settings = dict(SMALL, **settings)
    shared = AC_Network(A, 'global', **settings)
    trainer = trainer() if trainer else tf.train.GradientDescentOptimizer(1.)
    networks = [AC_Network(A, 'worker_%d' % k, trainer, **settings) for k in range(workers)]
    session = tf.Session(config=session_config())
    session.run(tf.global_variables_initializer())
    policy = [v for v in shared.local_vars if v.op.name == 'global/policy'][0]
    session.run(policy.assign(np.random.RandomState(seed).randn(UNITS, A).astype(np.float32)))
    for network in networks:
        network.pull(session)
    return session, shared, networks


def weights(session, network):
    names = [v.op.name[len(network.scope) + 1:] for v in network.local_vars]
    return dict(zip(names, session.run(network.local_vars)))


def play(session, network, inputs, state):
    """Acts through a rollout one decision at a time: policies [T, B, A], values [T, B]."""
    policies, values = [], []
    for t in range(T):
        policy, value, state = network.act(session, Inputs(*[x[t] for x in inputs]), state)
        policies.append(policy)
        values.append(value)
    return np.array(policies), np.array(values)


@pytest.mark.parametrize('settings', [{}, dict(embedding=0), dict(reward_scale=.2, timestep_scale=1.)])
def test_acting_and_losses_against_the_twin(settings):
    session, _, (network,) = build(**settings)
    twin = Twin(weights(session, network), scales=(settings.get('reward_scale', 1.), settings.get('timestep_scale', 1 / 6)))
    rollout = some_rollout()
    policies, values = play(session, network, *rollout[:2])
    twin_policies, twin_values = twin.unroll(*rollout[:2])
    np.testing.assert_allclose(policies, twin_policies, atol=1e-5)
    np.testing.assert_allclose(values, twin_values, atol=1e-5)
    value_loss, policy_loss, entropy, _ = twin.losses(*rollout)
    losses, _ = network.train(session, *rollout)
    np.testing.assert_allclose(losses[:3], [value_loss, policy_loss, entropy], rtol=1e-5)


@pytest.mark.parametrize('embedding', [3, 0])
def test_gradients_against_the_twin(embedding):
    session, shared, (network,) = build(embedding=embedding, clip_norm=1e9, value_coef=.3, entropy_coef=.2)
    before = weights(session, shared)
    rollout = some_rollout()
    losses, _ = network.train(session, *rollout)
    after = weights(session, shared)
    expected = Twin(before, value_coef=.3, entropy_coef=.2).gradients(*rollout)
    for name in before:  # plain descent at rate 1: the weights have moved by minus the gradient
        np.testing.assert_allclose(before[name] - after[name], expected[name], rtol=1e-3, atol=2e-5, err_msg=name)
    norm = np.sqrt(sum((g ** 2).sum() for g in expected.values()))
    np.testing.assert_allclose(losses.grad_norm, norm, rtol=1e-4)
    np.testing.assert_allclose(losses.var_norm, np.sqrt(sum((w ** 2).sum() for w in before.values())), rtol=1e-5)


def test_long_gradients_are_clipped_over_all_weights_together():
    session, shared, (network,) = build(clip_norm=.01)
    before = weights(session, shared)
    losses, _ = network.train(session, *some_rollout())
    after = weights(session, shared)
    assert losses.grad_norm > .1
    step = np.sqrt(sum(((after[name] - before[name]).astype(np.float64) ** 2).sum() for name in before))
    np.testing.assert_allclose(step, .01, rtol=1e-3)


def adam(steps, gradient, moments, rate=.01, beta1=.9, beta2=.999, epsilon=1e-8):
    """Kingma & Ba 2015, with epsilon where TensorFlow has it. Returns what is subtracted at step `steps` (from 1)."""
    m, v = moments
    m[:] = beta1 * m + (1 - beta1) * gradient
    v[:] = beta2 * v + (1 - beta2) * gradient ** 2
    return rate * np.sqrt(1 - beta2 ** steps) / (1 - beta1 ** steps) * m / (np.sqrt(v) + epsilon)


def rmsprop(steps, gradient, moments, rate=.01, decay=.9, epsilon=1e-10):
    """As TensorFlow has it: the mean square starts at one."""
    mean_square = moments[1]
    if steps == 1:
        mean_square[:] = 1.
    mean_square[:] = decay * mean_square + (1 - decay) * gradient ** 2
    return rate * gradient / np.sqrt(mean_square + epsilon)


@pytest.mark.parametrize('trainer, step', [(lambda: tf.train.AdamOptimizer(.01), adam),
                                           (lambda: tf.train.RMSPropOptimizer(.01), rmsprop)])
def test_workers_share_the_statistics_of_the_trainer(trainer, step):
    session, shared, networks = build(trainer, workers=2)
    expected = weights(session, shared)
    moments = {name: np.zeros((2,) + w.shape) for name, w in expected.items()}
    for steps in range(1, 5):
        network = networks[steps % 2]
        rollout = some_rollout(steps)
        network.pull(session)
        feeds = dict(zip(network._calls['train'][1], flat(rollout)))
        gradients = dict(zip(expected, session.run(network.gradients, feeds)))
        network.train(session, *rollout)
        for name, w in weights(session, shared).items():
            expected[name] = expected[name] - step(steps, gradients[name], moments[name])
            np.testing.assert_allclose(w, expected[name], rtol=1e-4, atol=1e-5, err_msg=name)


def flat(rollout):
    inputs, state, *rest = rollout
    return [*inputs, *state, *rest]


def test_statistics_are_not_named_after_a_worker():
    build(lambda: tf.train.AdamOptimizer(.01), workers=2)
    scopes = {v.op.name.split('/')[0] for v in tf.global_variables()}
    assert scopes == {'global', 'worker_0', 'worker_1', 'beta1_power', 'beta2_power'}


def test_a_worker_with_a_name_that_begins_another_has_its_own_weights():
    tf.reset_default_graph()
    AC_Network(A, 'global', **SMALL)
    for scope in ('worker_10', 'worker_1'):
        network = AC_Network(A, scope, tf.train.GradientDescentOptimizer(1.), **SMALL)
        assert {v.op.name.split('/')[0] for v in network.local_vars} == {scope}


def test_train_refreshes_its_own_weights_and_pull_those_of_the_others():
    session, shared, (first, second) = build(workers=2)
    before = weights(session, shared)
    first.train(session, *some_rollout())
    after = weights(session, shared)
    for name in before:
        assert np.abs(after[name] - before[name]).max() > 0
        np.testing.assert_array_equal(weights(session, first)[name], after[name])
        np.testing.assert_array_equal(weights(session, second)[name], before[name])
    second.pull(session)
    for name in before:
        np.testing.assert_array_equal(weights(session, second)[name], after[name])


def test_updates_are_counted():
    tf.reset_default_graph()
    count = tf.get_variable('count', [], tf.int64, tf.zeros_initializer(), trainable=False)
    AC_Network(A, 'global', **SMALL)
    network = AC_Network(A, 'worker_0', tf.train.GradientDescentOptimizer(.1), count=lambda: count.assign_add(3), **SMALL)
    with tf.Session(config=session_config()) as session:
        session.run(tf.global_variables_initializer())
        assert [network.train(session, *some_rollout())[1] for _ in range(3)] == [3, 6, 9]


@pytest.mark.parametrize('toggle, field', [('use_prev_reward', 'prev_reward'), ('use_prev_action', 'prev_action'),
                                           ('use_timestep', 'timestep')])
@pytest.mark.parametrize('used', [True, False])
def test_inputs_can_be_left_out(toggle, field, used):
    session, _, (network,) = build(**{toggle: used})
    inputs, state = some_rollout()[:2]
    policies, values = play(session, network, inputs, state)
    changed = inputs._replace(**{field: 1 - getattr(inputs, field)})
    other_policies, other_values = play(session, network, changed, state)
    assert (np.abs(values - other_values).max() > 1e-4) == used
    assert (np.abs(policies - other_policies).max() > 1e-4) == used


@pytest.mark.parametrize('remembers', [True, False])
def test_memory_can_be_taken_away(remembers):
    session, _, (network,) = build(remembers=remembers)
    inputs, state = some_rollout()[:2]
    inputs.obs[1], inputs.prev_action[1], inputs.prev_reward[1], inputs.timestep[1] = [x[0] for x in inputs]
    policies, values = play(session, network, inputs, state)  # the second decision is shown what the first was
    assert (np.abs(policies[1] - policies[0]).max() > 1e-4) == remembers
    twin = Twin(weights(session, network))
    if not remembers:
        twin.weights['lstm/recurrent_kernel'][:] = 0
        state = LSTMState(np.zeros_like(state.c), np.zeros_like(state.h))
    policy, value, _, _ = twin.decide(inputs.obs[0, 0, 0], inputs.obs[0, 0, 1], inputs.prev_action[0, 0],
                                      inputs.prev_reward[0, 0], inputs.timestep[0, 0], state.c[0], state.h[0])
    np.testing.assert_allclose([*policies[0, 0], values[0, 0]], [*policy, value], atol=1e-5)


def test_no_action_before_the_first():
    session, _, (network,) = build()
    kernel = weights(session, network)['lstm/input_kernel']
    assert kernel.shape[0] == 2 * 3 + A + 1 + 1
    inputs, state = some_rollout()[:2]
    values = [network.act(session, Inputs(*[x[0] for x in inputs._replace(prev_action=np.full((T, B), action))]), state)[1]
              for action in (-1, 0, 1)]
    assert len({v.tobytes() for v in values}) == 3  # none is not the same as left


def test_same_seed_same_weights_and_same_learning():
    def learned(seed):
        session, shared, (network,) = build(lambda: tf.train.AdamOptimizer(.01), seed=seed)
        for k in range(5):
            network.train(session, *some_rollout(k))
        return weights(session, shared)
    first, again, other = learned(3), learned(3), learned(4)
    for name in first:
        assert first[name].tobytes() == again[name].tobytes()
        assert first[name].tobytes() != other[name].tobytes()


def test_first_weights():
    tf.reset_default_graph()
    tf.set_random_seed(0)
    network = AC_Network(A, 'global', images=1000)
    with tf.Session(config=session_config()) as session:
        session.run(tf.global_variables_initializer())
        first = weights(session, network)
    assert first['embedding'].shape == (1000, 32)
    assert abs(first['embedding'].mean()) < .05 and abs(first['embedding'].std() - 1) < .05
    np.testing.assert_allclose(np.linalg.norm(first['policy'], axis=0), .01, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(first['value'], axis=0), 1., rtol=1e-5)
    bias = first['lstm/bias'].reshape(4, 48)
    assert (bias[2] == 1).all() and (bias[[0, 1, 3]] == 0).all()  # gates: input, candidate, forget, output


def test_losses_stay_finite_where_the_policy_is_certain():
    session, shared, (network,) = build()
    session.run([v.assign(v * 1e4) for v in shared.local_vars if v.op.name == 'global/policy'])
    network.pull(session)
    losses, _ = network.train(session, *some_rollout())
    assert np.isfinite(losses).all()
    assert all(np.isfinite(w).all() for w in weights(session, shared).values())


def test_arrays_of_another_shape_are_refused():
    session, _, (network,) = build()
    rollout = some_rollout()
    with pytest.raises(ValueError, match=r'obs.*\[None, 2, 7\].*\[6, 4, 2, 7\]'):
        network.act(session, *rollout[:2])
    inputs, state = [x[0] for x in rollout[0]], network.get_initial_state(B + 1)
    with pytest.raises(Exception):
        network.act(session, Inputs(*inputs), state)


def test_a_new_session_starts_from_its_own_weights():
    first, _, (network,) = build()
    inputs, state = some_rollout()[:2]
    one = play(first, network, inputs, state)[1]
    with tf.Session(config=session_config()) as second:
        second.run(tf.global_variables_initializer())
        second.run([v.assign(v * 2) for v in network.local_vars])
        assert np.abs(play(second, network, inputs, state)[1] - one).max() > 1e-3
    np.testing.assert_array_equal(play(first, network, inputs, state)[1], one)
