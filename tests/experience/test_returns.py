import numpy as np
import pytest

from meta_rl.experience.returns import discounted_returns, generalized_advantages, others_mean

T, B = 7, 3


def slow_returns(rewards, bootstrap, discounts):
    """R[t] written out: every later reward, times every discount on the way to it."""
    returns = np.zeros((T, B))
    for b in range(B):
        for t in range(T):
            weight = 1.
            for k in range(t, T):
                returns[t, b] += weight * rewards[k, b]
                weight *= discounts[k, b]
            returns[t, b] += weight * bootstrap[b]
    return returns


def slow_advantages(rewards, values, bootstrap, discounts, lambda_):
    """Schulman et al. 2016, equation 16, written out."""
    advantages = np.zeros((T, B))
    for b in range(B):
        for t in range(T):
            weight = 1.
            for k in range(t, T):
                following = values[k + 1, b] if k + 1 < T else bootstrap[b]
                advantages[t, b] += weight * (rewards[k, b] + discounts[k, b] * following - values[k, b])
                weight *= discounts[k, b] * lambda_
    return advantages


@pytest.fixture
def rollout():
    random = np.random.RandomState(0)
    discounts = np.where(random.rand(T, B) < .3, 0., .9)  # some episodes end on the way
    return random.randn(T, B), random.randn(T, B), random.randn(B), discounts


def test_by_hand():
    rewards = [[5], [-5], [5]]
    np.testing.assert_allclose(discounted_returns(rewards, [0.], .9), [[5 - 4.5 + 4.05], [-5 + 4.5], [5]], rtol=1e-6)
    np.testing.assert_allclose(discounted_returns(rewards, [10.], .5), [[5 - 2.5 + 1.25 + 1.25], [-5 + 2.5 + 2.5], [5 + 5]])


def test_lambda_half_by_hand():
    # deltas: 5 + .5 * 2 - 4 = 2 and -5 + .5 * 6 - 2 = -4; then 2 + .5 * .5 * -4 = 1
    np.testing.assert_allclose(generalized_advantages([[5], [-5]], [[4], [2]], [6], .5, .5), [[1], [-4]])


def test_returns_against_a_slow_loop(rollout):
    rewards, _, bootstrap, discounts = rollout
    np.testing.assert_allclose(discounted_returns(rewards, bootstrap, discounts),
                               slow_returns(rewards, bootstrap, discounts), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('lambda_', [0., .5, .95, 1.])
def test_advantages_against_a_slow_loop(rollout, lambda_):
    rewards, values, bootstrap, discounts = rollout
    np.testing.assert_allclose(generalized_advantages(rewards, values, bootstrap, discounts, lambda_),
                               slow_advantages(rewards, values, bootstrap, discounts, lambda_), rtol=1e-5, atol=1e-6)


def test_lambda_1_is_returns_minus_values(rollout):
    rewards, values, bootstrap, discounts = rollout
    np.testing.assert_allclose(generalized_advantages(rewards, values, bootstrap, discounts),
                               discounted_returns(rewards, bootstrap, discounts) - values, rtol=1e-5, atol=1e-6)


def test_what_follows_the_end_of_an_episode_does_not_count():
    rewards, discounts = np.float32([[1], [2], [3]]), np.float32([[.9], [0], [.9]])
    np.testing.assert_allclose(discounted_returns(rewards, 100., discounts)[:2], [[1 + .9 * 2], [2]])


def test_float32_from_whole_numbers():
    rewards = np.full((6, 2), 5)
    assert discounted_returns(rewards, 0., .9).dtype == np.float32
    assert generalized_advantages(rewards, rewards, 0, .9).dtype == np.float32
    assert rewards.dtype == int and (rewards == 5).all()  # what was given is left alone


@pytest.mark.parametrize('wrong', [
    lambda: discounted_returns(np.zeros((6, 2)), np.zeros(3), .9),
    lambda: discounted_returns(np.zeros((6, 2)), 0., np.zeros((5, 2))),
    lambda: generalized_advantages(np.zeros((6, 2)), np.zeros((6, 1)), 0., .9),
    lambda: generalized_advantages(np.zeros((6, 2)), np.zeros((7, 2)), 0., .9)])
def test_shapes_that_do_not_go_together(wrong):
    with pytest.raises(ValueError):
        wrong()


def test_what_the_others_of_a_group_earned():
    rewards = np.array([[1, 0, 0, 1, 1, 1], [0, 0, 3, 0, 0, 0]], np.float32)
    found = others_mean(rewards, 3)
    assert found.dtype == np.float32
    assert found.tolist() == [[0, .5, .5, 1, 1, 1], [1.5, 1.5, 0, 0, 0, 0]]
    assert others_mean(rewards, 2).tolist() == [[0, 1, 1, 0, 1, 1], [0, 0, 0, 3, 0, 0]]
