"""Losses: the clipped ratio held to a slow loop, and to the plain policy gradient where no ratio has moved."""
import numpy as np
import pytest

from meta_rl.nets import losses
from meta_rl.tf_compat import session_of, tf

M, ACTIONS, CLIP = 200, 3, .2


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


def found(logits, actions, advantages, chances=None):
    """(loss, its gradient by the logits)."""
    with tf.Graph().as_default() as graph, session_of(graph) as session:
        fed = tf.placeholder(tf.float32, [None, ACTIONS])
        if chances is None:
            loss = losses.policy_gradient_loss(fed, tf.constant(actions), tf.constant(advantages, tf.float32))
        else:
            loss = losses.clipped_ratio_loss(fed, tf.constant(actions), tf.constant(advantages, tf.float32),
                                             tf.constant(chances, tf.float32), CLIP)
        return session.run([loss, tf.gradients(loss, fed)[0]], {fed: logits})


@pytest.fixture
def taken():
    random = np.random.RandomState(0)
    return random.normal(0, 1, (M, ACTIONS)), random.randint(ACTIONS, size=M), random.normal(0, 1, M)


def test_the_clipped_ratio_against_a_slow_loop(taken):
    logits, actions, advantages = taken
    chances = softmax(logits + np.random.RandomState(1).normal(0, .3, logits.shape))[np.arange(M), actions]
    loss, gradient = found(logits, actions, advantages, chances)
    total, followed = 0., []
    for policy, action, advantage, chance in zip(softmax(logits), actions, advantages, chances):
        ratio = policy[action] / chance
        total -= min(ratio * advantage, min(max(ratio, 1 - CLIP), 1 + CLIP) * advantage) / M
        followed.append(ratio < 1 + CLIP if advantage > 0 else ratio > 1 - CLIP)
    assert loss == pytest.approx(total, abs=1e-5)
    assert 20 < np.sum(followed) < M - 20 and ((abs(gradient).max(1) > 0) == followed).all()


def test_where_no_probability_has_moved_it_is_the_policy_gradient(taken):
    logits, actions, advantages = taken
    chances = softmax(logits)[np.arange(M), actions]
    np.testing.assert_allclose(found(logits, actions, advantages, chances)[1], found(logits, actions, advantages)[1], atol=1e-6)
