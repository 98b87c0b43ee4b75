"""AC_Network: what it decides and learns, held to a slow twin; what its weights are and how they are shared."""
import numpy as np
import pytest

from meta_rl.ac_network import AC_Network, Counts, LossSpec
from meta_rl.nets import loops
from meta_rl.nets.encoders import Embedding, OneHot
from meta_rl.nets.inputs import Columns, Inputs
from meta_rl.nets.memories import OneLSTM
from meta_rl.nets.nest import fed
from meta_rl.tf_compat import session_config, tf

from helpers.twin import SECOND, SMALL, SPEC, STACKED, UNITS, A, B, N, T, Twin, build, play, some_rollout, weights


@pytest.mark.parametrize('settings', [{}, dict(encoder=lambda: OneHot(N)), dict(reward_scale=.2, timestep_scale=1.), STACKED])
def test_acting_and_losses_against_the_twin(settings):
    session, _, (network,) = build(**settings)
    twin = Twin(weights(session, network), scales=(settings.get('reward_scale', 1.), settings.get('timestep_scale', 1 / 6)))
    rollout = some_rollout(second='second_units' in settings)
    policies, values = play(session, network, rollout)
    twin_policies, twin_values = twin.unroll(rollout)
    np.testing.assert_allclose(policies, twin_policies, atol=1e-5)
    np.testing.assert_allclose(values, twin_values, atol=1e-5)
    value_loss, policy_loss, entropy, _ = twin.losses(rollout)
    losses, _ = network.train(session, rollout)
    np.testing.assert_allclose(losses[:3], [value_loss, policy_loss, entropy], rtol=1e-5)


@pytest.mark.parametrize('settings', [{}, dict(encoder=lambda: OneHot(N)), STACKED])
def test_gradients_against_the_twin(settings):
    session, shared, (network,) = build(loss=LossSpec(.3, .2, 1e9), **settings)
    before = weights(session, shared)
    rollout = some_rollout(second='second_units' in settings)
    losses, _ = network.train(session, rollout)
    after = weights(session, shared)
    expected = Twin(before, value_coef=.3, entropy_coef=.2).gradients(rollout)
    moved = {name: before[name] - after[name] for name in before}
    for name, gradient in expected.items():  # plain descent at rate 1: the weights have moved by minus the gradient
        known = ~np.isnan(gradient)
        assert known.sum() >= 3 and (gradient[known] != 0).any(), name
        np.testing.assert_allclose(moved[name][known], gradient[known], rtol=1e-3, atol=2e-5, err_msg=name)
    norm = np.sqrt(sum((g.astype(np.float64) ** 2).sum() for g in moved.values()))
    np.testing.assert_allclose(losses.grad_norm, norm, rtol=1e-4)
    np.testing.assert_allclose(losses.var_norm, np.sqrt(sum((w ** 2).sum() for w in before.values())), rtol=1e-5)


def test_long_gradients_are_clipped_over_all_weights_together():
    session, shared, (network,) = build(loss=LossSpec(clip_norm=.01))
    before = weights(session, shared)
    losses, _ = network.train(session, some_rollout())
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
        feeds = dict(zip(network._calls['train'][1], fed(network._feeds, rollout)))
        gradients = dict(zip(expected, session.run(network.clipped_gradients, feeds)))
        network.train(session, rollout)
        for name, w in weights(session, shared).items():
            expected[name] = expected[name] - step(steps, gradients[name], moments[name])
            np.testing.assert_allclose(w, expected[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_statistics_are_not_named_after_a_worker():
    build(lambda: tf.train.AdamOptimizer(.01), workers=2)
    scopes = {v.op.name.split('/')[0] for v in tf.global_variables()}
    assert scopes == {'global', 'worker_0', 'worker_1', 'beta1_power', 'beta2_power'}


def test_a_worker_with_a_name_that_begins_another_has_its_own_weights():
    tf.reset_default_graph()
    AC_Network(SPEC, 'global', **SMALL)
    for scope in ('worker_10', 'worker_1'):
        network = AC_Network(SPEC, scope, tf.train.GradientDescentOptimizer(1.), **SMALL)
        assert {v.op.name.split('/')[0] for v in network.local_vars} == {scope}


def test_train_refreshes_its_own_weights_and_pull_those_of_the_others():
    session, shared, (first, second) = build(workers=2)
    before = weights(session, shared)
    first.train(session, some_rollout())
    after = weights(session, shared)
    for name in before:
        assert np.abs(after[name] - before[name]).max() > 0
        np.testing.assert_array_equal(weights(session, first)[name], after[name])
        np.testing.assert_array_equal(weights(session, second)[name], before[name])
    second.pull(session)
    for name in before:
        np.testing.assert_array_equal(weights(session, second)[name], after[name])


def test_episodes_and_updates_are_counted_by_all_workers_together():
    def counts():
        with tf.variable_scope('', reuse=tf.AUTO_REUSE):
            return Counts(*[tf.get_variable(name, [], tf.int64, tf.zeros_initializer(), trainable=False) for name in 'eu'])
    session, _, (first, second) = build(workers=2, counts=counts)
    assert [network.train(session, some_rollout()._replace(ended=ended))[1] for network, ended in (
        (first, 3), (second, 0), (first, 5))] == [(3, 1), (3, 2), (8, 3)]
    assert second.pull(session) == (8, 3)


@pytest.mark.parametrize('settings', [{}, STACKED])
@pytest.mark.parametrize('steps', [T, loops.WRITTEN_OUT + 3])
def test_episodes_that_start_inside_an_unroll(settings, steps):
    """Written out in the graph, and as a loop of it."""
    session, shared, (network,) = build(loss=LossSpec(.3, .2, 1e9), unroll=steps, restarts=True, **settings)
    before, rollout = weights(session, shared), some_rollout(4, bool(settings), steps, restarts=True)
    twin = Twin(before, value_coef=.3, entropy_coef=.2)
    losses, _ = network.train(session, rollout)
    np.testing.assert_allclose(losses[:3], twin.losses(rollout)[:3], rtol=1e-5)
    after = weights(session, shared)
    for name, gradient in twin.gradients(rollout, places=5).items():
        known = ~np.isnan(gradient)
        np.testing.assert_allclose((before[name] - after[name])[known], gradient[known], rtol=2e-3, atol=3e-5, err_msg=name)


@pytest.mark.parametrize('toggle, field', [('reward_scale', 'prev_reward'), ('prev_action', 'prev_action'),
                                           ('timestep_scale', 'timestep')])
@pytest.mark.parametrize('used', [True, False])
def test_inputs_can_be_left_out(toggle, field, used):
    session, _, (network,) = build(**({} if used else {toggle: False if toggle == 'prev_action' else None}))
    rollout = some_rollout()
    policies, values = play(session, network, rollout)
    changed = rollout._replace(inputs=rollout.inputs._replace(**{field: 1 - getattr(rollout.inputs, field)}))
    other_policies, other_values = play(session, network, changed)
    assert (np.abs(values - other_values).max() > 1e-4) == used
    assert (np.abs(policies - other_policies).max() > 1e-4) == used


@pytest.mark.parametrize('second', [False, True])
@pytest.mark.parametrize('remembers', [True, False])
def test_memory_can_be_taken_away(remembers, second):
    session, _, (network,) = build(remembers=remembers, **STACKED if second else {})
    rollout = some_rollout(second=second)
    views, index, inputs, state = rollout[:4]
    for part in (index, inputs.prev_action, inputs.prev_reward, inputs.timestep):
        part[1] = part[0]  # the second decision is shown what the first was
    policies, values = play(session, network, rollout)
    assert (np.abs(policies[1] - policies[0]).max() > 1e-4) == remembers
    twin = Twin(weights(session, network))
    of_first = [(lstm.c[0] * remembers, lstm.h[0] * remembers) for lstm in state]
    policy, value = twin.decide(views[index[0, 0]], inputs.prev_action[0, 0], inputs.prev_reward[0, 0], inputs.timestep[0, 0], of_first)
    np.testing.assert_allclose([*policies[0, 0], values[0, 0]], [*policy, value], atol=1e-5)


def test_no_action_before_the_first():
    session, _, (network,) = build()
    kernel = weights(session, network)['lstm/input_kernel']
    assert kernel.shape[0] == 2 * 3 + A + 1 + 1
    rollout = some_rollout()
    values = [play(session, network, rollout._replace(inputs=rollout.inputs._replace(prev_action=np.full((T, B), action))))[1]
              for action in (-1, 0, 1)]
    assert len({v.tobytes() for v in values}) == 3  # none is not the same as left


def test_the_two_lstms_are_told_what_those_of_wang_are():
    session, _, (network,) = build(**STACKED)
    kernels = weights(session, network)
    assert kernels['lstm/input_kernel'].shape[0] == 2 * 3 + 1 + 1  # features, reward, time
    assert kernels['lstm2/input_kernel'].shape[0] == 2 * 3 + UNITS + A + 1  # features, first, action, time
    start = network.get_initial_state(B)
    assert [lstm.c.shape for lstm in start] == [lstm.h.shape for lstm in start] == [(B, UNITS), (B, SECOND)]


def test_same_seed_same_weights_and_same_learning():
    def learned(seed):
        session, shared, (network,) = build(lambda: tf.train.AdamOptimizer(.01), seed=seed)
        for k in range(5):
            network.train(session, some_rollout(k))
        return weights(session, shared)
    first, again, other = learned(3), learned(3), learned(4)
    for name in first:
        assert first[name].tobytes() == again[name].tobytes()
        assert first[name].tobytes() != other[name].tobytes()


def test_first_weights():
    tf.reset_default_graph()
    tf.set_random_seed(0)
    network = AC_Network(SPEC, 'global', encoder=lambda: Embedding(1000, 32, 1.),
                         memory=lambda encoder: OneLSTM(encoder.size, Columns(A), 48))
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
    losses, _ = network.train(session, some_rollout())
    assert np.isfinite(losses).all()
    assert all(np.isfinite(w).all() for w in weights(session, shared).values())


def test_arrays_of_another_shape_are_refused():
    session, _, (network,) = build()
    rollout = some_rollout()
    with pytest.raises(ValueError, match=r'views.*\[None, 2, 7\].*\[1, 5, 2, 7\]'):
        network.encode(session, rollout[0][None])
    inputs, state = Inputs(*[x[0] for x in rollout.inputs[:3]]), network.get_initial_state(B + 1)
    with pytest.raises(Exception, match='(?i)shape|dimension|batch'):
        network.act(session, np.zeros((B, 6)), inputs, state)


def test_a_new_session_starts_from_its_own_weights():
    first, _, (network,) = build()
    rollout = some_rollout()
    one = play(first, network, rollout)[1]
    with tf.Session(config=session_config()) as second:
        second.run(tf.global_variables_initializer())
        second.run([v.assign(v * 2) for v in network.local_vars])
        assert np.abs(play(second, network, rollout)[1] - one).max() > 1e-3
    np.testing.assert_array_equal(play(first, network, rollout)[1], one)
