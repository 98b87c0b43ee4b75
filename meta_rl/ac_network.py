"""The actor-critic network: what is seen -> LSTM -> policy and value, and its losses. Knows nothing of labs or threads.

As in A3C (Mnih et al. 2016) every worker has a network of its own, with which it acts and finds gradients; these change the
weights of scope `global`. Shapes: T decisions in a rollout, B episodes side by side, N images.
"""
import collections

from meta_rl.tf_compat import make_callable, tf

import numpy as np

GLOBAL = 'global'  # the scope of the shared weights

# What the network is told before a decision. [...] is [B] for acting and [T, B] for training:
#   obs          float32 [..., 2, N]: the image on the left and the one on the right, one-hot over the images
#   prev_action  int32 [...]: the decision before, 0 left or 1 right; -1 if this is the first of the episode
#   prev_reward  float32 [...]: what it earned
#   timestep     float32 [...]: decisions made in this episode
Inputs = collections.namedtuple('Inputs', 'obs prev_action prev_reward timestep')
LSTMState = collections.namedtuple('LSTMState', 'c h')  # float32 [B, units] each
# Means over T and B; lengths of the gradient, before it is clipped, and of the weights, over all of them together.
Losses = collections.namedtuple('Losses', 'value_loss policy_loss entropy grad_norm var_norm')


class AC_Network:
    """A policy and a value function over rollouts of the Harlow task.

    Args:
      a_size: int, number of actions.
      scope: str, variable scope: 'global', which holds the shared weights and is built first; or 'worker_N', which also
        trains them.
      trainer: tf.train.Optimizer shared by all workers, and with it its statistics; not used by 'global'.
      images: int N, length of the one-hot code of an image.
      units: int, size of the LSTM.
      embedding: int, size of the vector an image becomes, by weights that both sides share; 0 feeds the one-hot codes to the
        LSTM as they are (the published run, which learnt to count cards but not to look: see the README).
      embedding_scale: float, standard deviation of the initial vectors: large enough for images to differ by more than
        anything else the LSTM is told, so that looking is learnt before counting, and small enough not to saturate it.
      unroll: int T, decisions in a training rollout.
      value_coef, entropy_coef: weights of these losses beside the policy loss; floats or scalar tensors.
      clip_norm: float, longest gradient (over all weights together) that is let through.
      use_prev_reward, use_prev_action, use_timestep: bool. False leaves the input out; it is still given to act() and train().
      reward_scale: float, by which the previous reward is multiplied before the LSTM is told of it; losses keep it as it is.
      timestep_scale: float, by which the timestep is; 1/6 makes the unit an episode of six decisions.
      remembers: bool. False has the LSTM start anew at every decision: what is left of the agent when it cannot learn within
        an episode.
      count: function without arguments that builds the operation by which an update is counted, and returns the new count;
        or None.

    Attributes that keep the names of the published code: policy [B, a_size], value [B], state_in, state_out; of workers also
    actions, target_v and advantages [T, B], value_loss, policy_loss, entropy, loss, grad_norms, var_norms, apply_grads.
    """

    def __init__(self, a_size, scope, trainer=None, *, images=42, units=48, embedding=32, embedding_scale=1., unroll=6,
                 value_coef=.05, entropy_coef=.05, clip_norm=1., use_prev_reward=True, use_prev_action=True, use_timestep=True,
                 reward_scale=1., timestep_scale=1 / 6, remembers=True, count=None):
        self.scope, self.images, self.units, self.unroll = scope, images, units, unroll
        self._a_size = a_size
        self._reward_scale = reward_scale if use_prev_reward else None
        self._timestep_scale = timestep_scale if use_timestep else None
        self._use_prev_action = use_prev_action
        self._remembers = remembers
        self._calls = {}  # name: (fetches, feeds)
        self._session, self._callables = None, {}
        with tf.variable_scope(scope):
            self._build_weights(embedding, embedding_scale)
            self._build_acting()
            if scope != GLOBAL:
                self._build_losses(value_coef, entropy_coef)
        if scope != GLOBAL:
            # Outside the scope, or the shared statistics of the trainer would be named after the worker that was built first.
            self._build_update(trainer, clip_norm, count)

    def get_initial_state(self, batch):
        """The LSTMState in which `batch` episodes begin: zeros."""
        return LSTMState(*np.zeros((2, batch, self.units), np.float32))

    def act(self, session, inputs, state):
        """One decision of B episodes.

        Args:
          session: tf.Session.
          inputs: Inputs of arrays [B, ...].
          state: LSTMState, from get_initial_state or the decision before.

        Returns:
          policy float32 [B, a_size], the probability of each action; value float32 [B], the return expected; the new LSTMState.
        """
        policy, value, c, h = self._callable(session, 'act')(*inputs, *state)
        return policy, value, LSTMState(c, h)

    def train(self, session, inputs, state, actions, target_v, advantages):
        """One update of the shared weights by a rollout, after which the local weights are a copy of them.

        Args:
          session: tf.Session.
          inputs: Inputs of arrays [T, B, ...].
          state: LSTMState at the start of the rollout.
          actions: int32 [T, B], the decisions made.
          target_v: float32 [T, B], the returns that the values should have been.
          advantages: float32 [T, B], by which the decisions were better than expected.

        Returns:
          (Losses before the update, what `count` returned after it; 0 without one).
        """
        *losses, counted = self._callable(session, 'train')(*inputs, *state, actions, target_v, advantages)
        return Losses(*losses), int(counted)

    def pull(self, session):
        """Copies the shared weights into the local ones."""
        self._callable(session, 'pull')()

    def _callable(self, session, name):
        if session is not self._session:
            self._session, self._callables = session, {}
        if name not in self._callables:
            self._callables[name] = make_callable(session, *self._calls[name])
        return self._callables[name]

    def _placeholders(self, lead):
        return Inputs(obs=tf.placeholder(tf.float32, lead + [2, self.images], 'obs'),
                      prev_action=tf.placeholder(tf.int32, lead, 'prev_action'),
                      prev_reward=tf.placeholder(tf.float32, lead, 'prev_reward'),
                      timestep=tf.placeholder(tf.float32, lead, 'timestep'))

    def _build_weights(self, embedding, embedding_scale):
        self._embedding = tf.get_variable(
            'embedding', [self.images, embedding],
            initializer=tf.random_normal_initializer(stddev=embedding_scale)) if embedding else None
        seen = 2 * (embedding or self.images)
        told = self._use_prev_action * self._a_size + (self._reward_scale is not None) + (self._timestep_scale is not None)
        with tf.variable_scope('lstm', initializer=tf.glorot_uniform_initializer()):
            self._input_kernel = tf.get_variable('input_kernel', [seen + told, 4 * self.units])
            self._recurrent_kernel = tf.get_variable('recurrent_kernel', [self.units, 4 * self.units])
            self._bias = tf.get_variable('bias', initializer=_lstm_bias(self.units))
        # As published: a policy that starts out even, values of the size of one reward.
        self._policy_kernel = tf.get_variable('policy', [self.units, self._a_size], initializer=_normalized_columns(.01))
        self._value_kernel = tf.get_variable('value', [self.units, 1], initializer=_normalized_columns(1.))
        self.local_vars = tf.trainable_variables(self.scope + '/')  # the slash, or worker_1 would take the weights of worker_10

    def _encode(self, inputs):
        """A row of features for each decision of Inputs [B, ...] or [T, B, ...]: float32 [B or T * B, features]."""
        obs = tf.reshape(inputs.obs, [-1, self.images])
        images = tf.matmul(obs, self._embedding) if self._embedding is not None else obs
        features = [tf.reshape(images, [-1, 2 * int(images.shape[1])])]  # left beside right
        if self._use_prev_action:
            features.append(tf.one_hot(tf.reshape(inputs.prev_action, [-1]), self._a_size))  # of -1: all zeros
        if self._reward_scale is not None:
            features.append(tf.reshape(inputs.prev_reward, [-1, 1]) * self._reward_scale)
        if self._timestep_scale is not None:
            features.append(tf.reshape(inputs.timestep, [-1, 1]) * self._timestep_scale)
        return tf.concat(features, 1)

    def _forward(self, inputs, state, steps):
        """Logits [steps * B, a_size], values [steps * B] and the last LSTMState, of inputs [steps, B, ...] from `state`."""
        # What the inputs give to the gates is one product for the whole rollout; only what the memory gives has to wait.
        gates = tf.matmul(self._encode(inputs), self._input_kernel) + self._bias
        outputs = []
        for gates_t in tf.split(gates, steps):
            if not self._remembers:
                state = LSTMState(*[tf.zeros_like(part) for part in state])
            state = _lstm(gates_t + tf.matmul(state.h, self._recurrent_kernel), state.c)
            outputs.append(state.h)
        outputs = tf.concat(outputs, 0)
        return tf.matmul(outputs, self._policy_kernel), tf.matmul(outputs, self._value_kernel)[:, 0], state

    def _build_acting(self):
        self.state_in = LSTMState(*[tf.placeholder(tf.float32, [None, self.units], name) for name in ('c_in', 'h_in')])
        inputs = self._placeholders([None])
        logits, self.value, self.state_out = self._forward(inputs, self.state_in, 1)
        self.policy = tf.nn.softmax(logits)
        self._calls['act'] = [self.policy, self.value, *self.state_out], [*inputs, *self.state_in]

    def _build_losses(self, value_coef, entropy_coef):
        lead = [self.unroll, None]
        inputs = self._placeholders(lead)
        self.actions = tf.placeholder(tf.int32, lead, 'actions')
        self.target_v = tf.placeholder(tf.float32, lead, 'target_v')
        self.advantages = tf.placeholder(tf.float32, lead, 'advantages')
        self._feeds = [*inputs, *self.state_in, self.actions, self.target_v, self.advantages]

        logits, values, _ = self._forward(inputs, self.state_in, self.unroll)
        self.policy_loss = policy_gradient_loss(
            logits, tf.reshape(self.actions, [-1]), tf.reshape(self.advantages, [-1]))
        self.value_loss = squared_value_loss(values, tf.reshape(self.target_v, [-1]))
        self.entropy = policy_entropy(logits)
        self.loss = self.policy_loss + value_coef * self.value_loss - entropy_coef * self.entropy

    def _build_update(self, trainer, clip_norm, count):
        global_vars = tf.trainable_variables(GLOBAL + '/')
        self.gradients, self.grad_norms = tf.clip_by_global_norm(tf.gradients(self.loss, self.local_vars), clip_norm)
        self.var_norms = tf.global_norm(self.local_vars)
        self.apply_grads = trainer.apply_gradients(zip(self.gradients, global_vars))
        with tf.control_dependencies([self.apply_grads, self.var_norms]):
            refresh = _copy(global_vars, self.local_vars)  # spares a session call for each rollout
            counted = tf.identity(count() if count else 0)  # after the update, whose learning rate may hang on the count
        losses = [self.value_loss, self.policy_loss, self.entropy, self.grad_norms, self.var_norms]
        self._calls['train'] = losses + [counted, refresh], self._feeds
        self._calls['pull'] = [_copy(global_vars, self.local_vars)], []


def policy_gradient_loss(logits, actions, advantages):
    """Minus the mean of log policy(action) * advantage: Sutton & Barto 2018, 13.5. Logits [M, a_size], the rest [M]."""
    log_policy = tf.nn.log_softmax(logits)  # not log(policy + epsilon) as published: it has no gradient where policy is 0
    chosen = tf.reduce_sum(log_policy * tf.one_hot(actions, int(logits.shape[1])), 1)
    return -tf.reduce_mean(chosen * advantages)


def squared_value_loss(values, targets):
    """Half the mean squared error of values [M], as in the published code."""
    return .5 * tf.reduce_mean(tf.square(targets - values))


def policy_entropy(logits):
    """Mean entropy of the policies of logits [M, a_size], in nats: log(a_size) where every action is as likely."""
    log_policy = tf.nn.log_softmax(logits)
    return -tf.reduce_mean(tf.reduce_sum(tf.exp(log_policy) * log_policy, 1))


def _lstm(gates, c):
    """One step, LSTMState, of Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.

    Our own few lines, since TensorFlow 2.16 and later have no nn.rnn_cell. Gates [B, 4 * units], c [B, units].
    """
    in_gate, candidate, forget_gate, out_gate = tf.split(gates, 4, 1)
    c = tf.sigmoid(forget_gate) * c + tf.sigmoid(in_gate) * tf.tanh(candidate)
    return LSTMState(c, tf.sigmoid(out_gate) * tf.tanh(c))


def _lstm_bias(units):
    """Zeros, but ones for the forget gate: a memory that is kept from the start (Jozefowicz et al. 2015)."""
    bias = np.zeros(4 * units, np.float32)
    bias[2 * units:3 * units] = 1.
    return bias


def _normalized_columns(length):
    """Random weights of which each column, all that goes to one output, has this length."""
    def initializer(shape, dtype=tf.float32, partition_info=None):
        weights = tf.random_normal(shape, dtype=dtype)
        return weights * length / tf.sqrt(tf.reduce_sum(tf.square(weights), 0, keepdims=True))
    return initializer


def _copy(sources, targets):
    return tf.group(*[target.assign(source.read_value()) for source, target in zip(sources, targets)])
