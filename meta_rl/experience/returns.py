"""Discounted returns and advantages of a rollout: pure functions on arrays [T, B] (T decisions of B episodes side by side)."""
from typing import Any, Union

import numpy as np

Values = Union[float, np.ndarray]


def discounted_returns(rewards: Any, bootstrap: Values, discounts: Values) -> np.ndarray:
    """What each decision brought in: R[t] = rewards[t] + discounts[t] * R[t + 1], with R[T] = bootstrap.

    Args:
      rewards: float [T, B], what was paid for each decision.
      bootstrap: float [B] or a number: the value of what follows the rollout, 0 if the episodes end with it.
      discounts: gamma; or float [T, B], gamma where the episode went on after the decision and 0 where it ended.

    Returns:
      float32 [T, B].

    Raises:
      ValueError: if the shapes do not go together.
    """
    rewards = np.asarray(rewards, np.float32)
    discounts = np.broadcast_to(np.asarray(discounts, np.float32), rewards.shape)
    following = np.broadcast_to(np.asarray(bootstrap, np.float32), rewards.shape[1:])
    returns = np.empty_like(rewards)
    for t in reversed(range(len(rewards))):
        following = returns[t] = rewards[t] + discounts[t] * following
    return returns


def generalized_advantages(rewards: Any, values: Any, bootstrap: Values, discounts: Values, lambda_: float = 1.) -> np.ndarray:
    """How much better each decision turned out than expected, A(gamma, lambda) of Schulman et al. 2016, equation 16.

    A[t] is the sum over k of (gamma * lambda)^k delta[t + k], where delta[t] = rewards[t] + gamma * values[t + 1] - values[t]
    is the advantage seen one decision ahead. It is thus a discounted return of deltas.

    Args:
      rewards, bootstrap, discounts: as in discounted_returns.
      values: float [T, B], the return expected before each decision.
      lambda_: float in [0, 1]. 1, as in awjuliani's Meta-RL, gives returns - values, unbiased; less trusts the values more.

    Returns:
      float32 [T, B]. The matching target of the values is this + values.

    Raises:
      ValueError: if the shapes do not go together.
    """
    values = np.asarray(values, np.float32)
    if values.shape != np.shape(rewards):
        raise ValueError(f'values {values.shape} and rewards {np.shape(rewards)} must have the same shape.')
    bootstrap = np.broadcast_to(np.asarray(bootstrap, np.float32), values.shape[1:])
    next_values = np.concatenate([values[1:], bootstrap[np.newaxis]])
    deltas = rewards + np.asarray(discounts, np.float32) * next_values - values
    return discounted_returns(deltas, 0., np.asarray(discounts, np.float32) * lambda_)


def others_mean(rewards: np.ndarray, siblings: int) -> np.ndarray:
    """What the other episodes of its group earned in the same step: a baseline of each episode that no action of its own moves.

    Where a group plays the same episode (the same arms, the same luck), most of what differs from episode to episode is gone from
    rewards less this, and what is left is what the actions did. The policy gradient stays unbiased (Kool et al. 2019).

    Args:
      rewards: float [T, B], of groups of `siblings` episodes, one group after the other.
      siblings: int, 2 or more; B is a multiple of it.

    Returns:
      float32 [T, B].
    """
    groups = np.asarray(rewards, np.float32).reshape(len(rewards), -1, siblings)
    return ((groups.sum(2, keepdims=True) - groups) / np.float32(siblings - 1)).reshape(np.shape(rewards))
