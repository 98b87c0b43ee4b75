"""The three losses of an actor-critic, on tensors: M decisions, in any order."""
from meta_rl.tf_compat import tf


def policy_gradient_loss(logits, actions, advantages):
    """Minus the mean of log policy(action) * advantage: Sutton & Barto 2018, 13.5. Logits [M, a_size], the rest [M]."""
    log_policy = tf.nn.log_softmax(logits)  # not log(policy + epsilon) as published: it has no gradient where policy is 0
    chosen = tf.reduce_sum(log_policy * tf.one_hot(actions, int(logits.shape[1])), 1)
    return -tf.reduce_mean(chosen * advantages)


def clipped_ratio_loss(logits, actions, advantages, chances, clip):
    """Minus the mean of min(ratio * advantage, ratio kept to 1 - clip .. 1 + clip * advantage): Schulman et al. 2017, equation 7.

    ratio: the probability of an action by `logits` [M, a_size] over `chances` [M], the one that it had when it was taken.
    """
    log_policy = tf.nn.log_softmax(logits)
    ratio = tf.exp(tf.reduce_sum(log_policy * tf.one_hot(actions, int(logits.shape[1])), 1)) / chances
    return -tf.reduce_mean(tf.minimum(ratio * advantages, tf.clip_by_value(ratio, 1 - clip, 1 + clip) * advantages))


def squared_value_loss(values, targets):
    """Half the mean squared error of values [M], as in the published code."""
    return .5 * tf.reduce_mean(tf.square(targets - values))


def policy_entropies(logits):
    """Entropy [M] of each policy of logits [M, a_size], in nats: log(a_size) where every action is as likely."""
    log_policy = tf.nn.log_softmax(logits)
    return -tf.reduce_sum(tf.exp(log_policy) * log_policy, 1)
