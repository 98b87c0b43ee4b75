"""The actor-critic network: features of what is seen -> LSTM -> policy and value, its losses. Knows no labs and no threads.

As in A3C (Mnih et al. 2016) every worker has a network of its own, with which it acts and finds gradients; these change the
weights of scope `global`. Shapes: T decisions in a rollout, B episodes side by side, V views (the different observations among
them: an episode has two, each image on either side), F features of a view.
"""
import collections

import numpy as np

from meta_rl.nets import flat_vector
from meta_rl.nets.encoders import STATISTICS, move
from meta_rl.nets.losses import policy_entropy, policy_gradient_loss, squared_value_loss
from meta_rl.nets.lstm import LSTM, LSTMState
from meta_rl.tf_compat import make_callable, tf

GLOBAL = 'global'  # the scope of the shared weights

# What the network is told before a decision, besides what it sees. [...] is [B] for acting and [T, B] for training:
#   prev_action  int32 [...]: the decision before, 0 left or 1 right; -1 if this is the first of the episode
#   prev_reward  float32 [...]: what it earned
#   timestep     float32 [...]: decisions made in this episode
Told = collections.namedtuple('Told', 'prev_action prev_reward timestep')
# Means over T and B; lengths of the gradient, before it is clipped, and of the weights, over all of them together.
Losses = collections.namedtuple('Losses', 'value_loss policy_loss entropy grad_norm var_norm')


class AC_Network:
    """A policy and a value function over rollouts of the Harlow task.

    Args:
      a_size: int, number of actions.
      scope: str, variable scope: 'global', which holds the shared weights and is built first; or 'worker_N', which also
        trains them.
      trainer: tf.train.Optimizer shared by all workers, and with it its statistics. None for a 'worker_N' whose shared weights
        are elsewhere, which has `load` and `lesson` in place of `pull` and `train`; not used by 'global'.
      encoder: function without arguments that builds an encoder (see encoders.py).
      units: int, size of the LSTM.
      second_units: int, size of a second LSTM above it, or 0. The first is then told the previous reward and the second the
        previous action, both see the features (Wang et al. 2016).
      unroll: int T, decisions in a training rollout.
      value_coef, entropy_coef: weights of these losses beside the policy loss; floats or scalar tensors.
      clip_norm: float, longest gradient (over all weights together) that is let through.
      use_prev_reward, use_prev_action, use_timestep: bool. False leaves the input out; it is still given to act() and train().
      reward_scale: float, by which the previous reward is multiplied before the LSTM is told of it; losses keep it as it is.
      timestep_scale: float, by which the timestep is; 1/6 makes the unit an episode of six decisions.
      remembers: bool. False has the LSTMs start anew at every decision: what is left of the agent when it cannot learn within
        an episode.
      count: function that builds the operation by which so many updates are counted (0 or 1), and returns the new count; or
        None.
      shards: list with a list for each server of shared weights: which of `variables` it has. Only without a trainer.

    Attributes that keep the names of the published code: local_vars, policy [B, a_size], value [B], state_in, state_out; of
    workers also actions, target_v and advantages [T, B], value_loss, policy_loss, entropy, loss, grad_norms, var_norms,
    apply_grads. `variables`: local_vars and the statistics of the encoder, which are all that a trained network is.
    """

    def __init__(self, a_size, scope, trainer=None, *, encoder, units=48, second_units=0, unroll=6, value_coef=.05,
                 entropy_coef=.05, clip_norm=1., use_prev_reward=True, use_prev_action=True, use_timestep=True,
                 reward_scale=1., timestep_scale=1 / 6, remembers=True, count=None, shards=None):
        self.scope, self.unroll = scope, unroll
        self._a_size = a_size
        self._reward_scale = reward_scale if use_prev_reward else None
        self._timestep_scale = timestep_scale if use_timestep else None
        self._use_prev_action = use_prev_action
        self._remembers = remembers
        self._calls = {}  # name: (fetches, feeds)
        self._session, self._callables = None, {}
        with tf.variable_scope(scope):
            self._build_weights(encoder, units, second_units)
            self._build_acting()
            if scope != GLOBAL:
                self._build_losses(value_coef, entropy_coef)
        if scope != GLOBAL:
            self.gradients, self.grad_norms = _clipped(tf.gradients(self.loss, self.local_vars), clip_norm)
            self.var_norms = tf.global_norm(self.local_vars)
            if trainer:
                # Outside the scope, or the shared statistics of the trainer would be named after the first worker built.
                self._build_update(trainer, count or (lambda updates: tf.zeros([], tf.int64)))
            else:
                self._build_exchange(shards)

    def get_initial_state(self, batch):
        """The state in which `batch` episodes begin, zeros: a tuple of one LSTMState for each LSTM."""
        return tuple(LSTMState(*np.zeros((2, batch, lstm.units), np.float32)) for lstm in self._lstms)

    def encode(self, session, views):
        """Features float32 [V, F] of views [V, ...], as act() wants them: with the weights that are local now."""
        return self._callable(session, 'encode')(views)[0]

    def act(self, session, features, told, state):
        """One decision of B episodes.

        Args:
          session: tf.Session.
          features: float32 [B, F], from encode.
          told: Told of arrays [B].
          state: from get_initial_state or the decision before.

        Returns:
          policy float32 [B, a_size], the probability of each action; value float32 [B], the return expected; the new state.
        """
        policy, value, *state = self._callable(session, 'act')(features, *told, *_flat(state))
        return policy, value, tuple(LSTMState(*pair) for pair in zip(state[::2], state[1::2]))

    def train(self, session, views, seen, told, state, actions, target_v, advantages):
        """One update of the shared weights by a rollout, after which the local weights are a copy of them.

        Args:
          session: tf.Session.
          views: array [V, ...], see the encoder.
          seen: int32 [T, B], which of them each decision was made on.
          told: Told of arrays [T, B].
          state: as at the start of the rollout.
          actions: int32 [T, B], the decisions made.
          target_v: float32 [T, B], the returns that the values should have been.
          advantages: float32 [T, B], by which the decisions were better than expected.

        Returns:
          (Losses before the update, what `count` returned after it; 0 without one).
        """
        *losses, counted = self._callable(session, 'train')(
            views, seen, *told, *_flat(state), actions, target_v, advantages)
        return Losses(*losses), int(counted)

    def pull(self, session):
        """Copies the shared weights into the local ones. Returns what `count` has counted so far."""
        return int(self._callable(session, 'pull')()[0])

    def lesson(self, session, views, seen, told, state, actions, target_v, advantages):
        """What a rollout, given as for `train`, teaches: (Losses, a parcel for each server, float32 [P], see shared_network.py)."""
        found = self._callable(session, 'lesson')(views, seen, *told, *_flat(state), actions, target_v, advantages)
        return Losses(*found[:5]), found[5:]

    def load(self, session, weights):
        """Sets the local weights to those of a parcel float32 [P] from each server."""
        self._callable(session, 'load')(*weights)

    def _callable(self, session, name):
        if session is not self._session:
            self._session, self._callables = session, {}
        if name not in self._callables:
            self._callables[name] = make_callable(session, *self._calls[name])
        return self._callables[name]

    def _build_weights(self, encoder, units, second_units):
        self._encoder = encoder()
        action, reward = self._use_prev_action * self._a_size, int(self._reward_scale is not None)
        time = int(self._timestep_scale is not None)
        seen = self._encoder.size
        if second_units:
            self._lstms = [LSTM('lstm', seen + reward + time, units),
                           LSTM('lstm2', seen + units + action + time, second_units)]
        else:
            self._lstms = [LSTM('lstm', seen + action + reward + time, units)]
        # As published: a policy that starts out even, values of the size of one reward.
        top = self._lstms[-1].units
        self._policy_kernel = tf.get_variable('policy', [top, self._a_size], initializer=_normalized_columns(.01))
        self._value_kernel = tf.get_variable('value', [top, 1], initializer=_normalized_columns(1.))
        self.local_vars, statistics = _variables(self.scope)
        self.variables = self.local_vars + statistics

    def _told(self, lead):
        return Told(prev_action=tf.placeholder(tf.int32, lead, 'prev_action'),
                    prev_reward=tf.placeholder(tf.float32, lead, 'prev_reward'),
                    timestep=tf.placeholder(tf.float32, lead, 'timestep'))

    def _columns(self, told):
        """What the LSTMs are told, (action, reward, time): lists of one float32 [T * B, ...], empty where it is left out."""
        action, reward, time = [], [], []
        if self._use_prev_action:
            action.append(tf.one_hot(tf.reshape(told.prev_action, [-1]), self._a_size))  # of -1: all zeros
        if self._reward_scale is not None:
            reward.append(tf.reshape(told.prev_reward, [-1, 1]) * self._reward_scale)
        if self._timestep_scale is not None:
            time.append(tf.reshape(told.timestep, [-1, 1]) * self._timestep_scale)
        return action, reward, time

    def _forward(self, features, told, state, steps):
        """Logits [steps * B, a_size], values [steps * B] and the last state, of features [steps * B, F] from `state`."""
        action, reward, time = self._columns(told)
        first, *second = self._lstms
        inputs = [features] + reward + time if second else [features] + action + reward + time
        outputs, first_state = first.unroll(tf.concat(inputs, 1), state[0], steps, self._remembers)
        last_state = (first_state,)
        for lstm in second:
            outputs, second_state = lstm.unroll(
                tf.concat([features, outputs] + action + time, 1), state[1], steps, self._remembers)
            last_state += (second_state,)
        return tf.matmul(outputs, self._policy_kernel), tf.matmul(outputs, self._value_kernel)[:, 0], last_state

    def _build_acting(self):
        views = self._views()
        self._calls['encode'] = [self._encoder(views, learning=False)], [views]
        self.state_in = tuple(lstm.placeholders() for lstm in self._lstms)
        features = tf.placeholder(tf.float32, [None, self._encoder.size], 'features')
        told = self._told([None])
        logits, self.value, self.state_out = self._forward(features, told, self.state_in, 1)
        self.policy = tf.nn.softmax(logits)
        self._calls['act'] = [self.policy, self.value] + _flat(self.state_out), [features, *told] + _flat(self.state_in)

    def _views(self):
        return tf.placeholder(self._encoder.view_dtype, [None] + self._encoder.view_shape, 'views')

    def _build_losses(self, value_coef, entropy_coef):
        lead = [self.unroll, None]
        views, seen, told = self._views(), tf.placeholder(tf.int32, lead, 'seen'), self._told(lead)
        self.actions = tf.placeholder(tf.int32, lead, 'actions')
        self.target_v = tf.placeholder(tf.float32, lead, 'target_v')
        self.advantages = tf.placeholder(tf.float32, lead, 'advantages')
        self._feeds = [views, seen, *told] + _flat(self.state_in) + [self.actions, self.target_v, self.advantages]

        features = self._encoder(views, learning=True)
        # A product, as the gradient of tf.gather is no matrix (of which 1.12 warns), and adds up in any order.
        features = tf.matmul(tf.one_hot(tf.reshape(seen, [-1]), tf.shape(features)[0]), features)
        logits, values, _ = self._forward(features, told, self.state_in, self.unroll)
        self.policy_loss = policy_gradient_loss(
            logits, tf.reshape(self.actions, [-1]), tf.reshape(self.advantages, [-1]))
        self.value_loss = squared_value_loss(values, tf.reshape(self.target_v, [-1]))
        self.entropy = policy_entropy(logits)
        self.loss = self.policy_loss + value_coef * self.value_loss - entropy_coef * self.entropy

    def _losses(self):
        return [self.value_loss, self.policy_loss, self.entropy, self.grad_norms, self.var_norms]

    def _build_update(self, trainer, count):
        global_vars, statistics = _variables(GLOBAL)
        self.apply_grads = trainer.apply_gradients(zip(self.gradients, global_vars))
        done = [self.apply_grads, self.var_norms]
        if statistics:
            done.append(move(statistics, self._encoder.normalize.measured()))
        with tf.control_dependencies(done):
            refresh = _copy(global_vars + statistics, self.variables)  # spares a session call for each rollout
            counted = tf.identity(count(1))  # after the update, whose learning rate may hang on the count
        self._calls['train'] = self._losses() + [counted, refresh], self._feeds
        self._calls['pull'] = [tf.identity(count(0)), _copy(global_vars + statistics, self.variables)], []

    def _build_exchange(self, shards):
        measured = self._encoder.normalize.measured() if len(self.variables) > len(self.local_vars) else []
        sent = self.gradients + measured  # in the order of `variables`
        outgoing, incoming, loads = [], [], []
        for shard in shards:
            outgoing.append(flat_vector.pack([sent[i] for i in shard]))
            mine = [self.variables[i] for i in shard]
            incoming.append(tf.placeholder(tf.float32, [sum(map(flat_vector.size, mine))], 'parcel'))
            loads += [variable.assign(part) for variable, part in zip(mine, flat_vector.unpack(incoming[-1], mine))]
        self._calls['lesson'] = self._losses() + outgoing, self._feeds
        self._calls['load'] = [tf.group(*loads)], incoming


def _variables(scope):
    """(weights, statistics) of the network in `scope`, two lists."""
    # The slash, or worker_1 would take the weights of worker_10.
    return tf.trainable_variables(scope + '/'), tf.get_collection(STATISTICS, scope + '/')


def _clipped(gradients, longest):
    """(gradients, together no longer than `longest`; their length before), all NaN where that is not finite.

    tf.clip_by_global_norm, to the bit. That of TensorFlow 1.12 raises where the length is not finite, and does not say whose.
    """
    norm = tf.global_norm(gradients)
    scale = longest * tf.minimum(1. / norm, tf.constant(1.) / longest) + (norm - norm)
    return [gradient * scale for gradient in gradients], norm


def _flat(state):
    return [part for lstm in state for part in lstm]


def _normalized_columns(length):
    """Random weights of which each column, all that goes to one output, has this length."""
    def initializer(shape, dtype=tf.float32, partition_info=None):
        weights = tf.random_normal(shape, dtype=dtype)
        return weights * length / tf.sqrt(tf.reduce_sum(tf.square(weights), 0, keepdims=True))
    return initializer


def _copy(sources, targets):
    return tf.group(*[target.assign(source.read_value()) for source, target in zip(sources, targets)])
