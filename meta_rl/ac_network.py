"""The actor-critic network: features of what is seen -> memory -> policy and value, its losses. Knows no labs and no threads.

As in A3C (Mnih et al. 2016) every worker has a network of its own, with which it acts and finds gradients; these change the
weights of scope `global`. Shapes: T steps of an unroll, B episodes side by side, V views (the different observations among them:
an episode of decisions has two, each image on either side), F features of a view.
"""
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from meta_rl.nets import flat_vector, loops
from meta_rl.nets.contract import Counts, Losses, LossSpec, Unroll
from meta_rl.nets.encoders import STATISTICS, move
from meta_rl.nets.inputs import Inputs, fixation_paid
from meta_rl.nets.losses import clipped_ratio_loss, policy_entropies, policy_gradient_loss, squared_value_loss
from meta_rl.nets.nest import fed, leaves, like
from meta_rl.tf_compat import make_callable, tf

GLOBAL = 'global'  # the scope of the shared weights


class AC_Network:
    """A policy and a value function.

    Args:
      spec: Spec of the environment, see envs/contract.py.
      scope: str, variable scope: 'global', which holds the shared weights and is built first; or 'worker_N', which also
        trains them.
      trainer: tf.train.Optimizer shared by all workers, and with it its statistics. None for a 'worker_N' whose shared weights
        are elsewhere, which has `set_weights` and `gradients` in place of `pull` and `train`; not used by 'global'.
      encoder: function without arguments that builds an Encoder (see nets/encoders.py).
      memory: function of that Encoder that builds a Memory (see nets/memories.py).
      unroll: int T, steps of a training unroll.
      loss: LossSpec.
      restarts: bool, whether episodes may start inside an unroll. False: unrolls are whole episodes.
      counts: Counts of the shared variables, or None.
      shards: list with a list for each server of shared weights: which of `variables` it has. Only without a trainer.
      acts: bool, False for a 'global' that is there for its weights alone, which is built sooner without encode() and act().

    Attributes that keep the names of the published code: local_vars, policy [B, a_size], value [B], state_in, state_out; of
    workers also actions, target_v and advantages [T, B], value_loss, policy_loss, entropy, loss, grad_norms, var_norms,
    apply_grads. `variables`: local_vars and the statistics of the encoder, which are all that a trained network is.
    """

    def __init__(self, spec: Any, scope: str, trainer: Any = None, *, encoder: Callable[[], Any], memory: Callable[[Any], Any],
                 unroll: int = 6, loss: LossSpec = LossSpec(), restarts: bool = False, counts: Optional[Counts] = None,
                 shards: Optional[List[list]] = None, acts: bool = True) -> None:
        self.scope, self.unroll = scope, unroll
        self._a_size = spec.actions
        self._calls: Dict[str, Tuple[list, list]] = {}  # name: (fetches, feeds)
        self._callables: Dict[str, Callable] = {}
        self._session: Any = None
        with tf.variable_scope(scope):
            self._build_weights(encoder, memory)
            if acts:
                self._build_acting()
            if scope != GLOBAL:
                self._build_losses(loss, restarts)
        if scope != GLOBAL:
            self.clipped_gradients, self.grad_norms = _clipped(tf.gradients(self.loss, self.local_vars), loss.clip_norm)
            self.var_norms = tf.global_norm(self.local_vars)
            if trainer:
                # Outside the scope, or the shared statistics of the trainer would be named after the first worker built.
                self._build_update(trainer, counts)
            else:
                self._build_exchange(shards)

    def get_initial_state(self, batch: int) -> Any:
        """The state in which `batch` episodes begin: of the memory."""
        return self._memory.start(batch)

    @property
    def unit_names(self) -> List[str]:
        """See Memory."""
        return self._memory.unit_names

    @property
    def given(self) -> List[str]:
        """See Memory."""
        return self._memory.given

    @property
    def image_features(self) -> int:
        """See Encoder."""
        return self._encoder.image_features

    def encode(self, session: Any, views: np.ndarray) -> np.ndarray:
        """Features float32 [V, F] of views [V, ...], as act() wants them: with the weights that are local now."""
        return self._call(session, 'encode')(views)[0]

    def act(self, session: Any, features: np.ndarray, inputs: Inputs, state: Any) -> Tuple[np.ndarray, np.ndarray, Any]:
        """One step of B episodes.

        Args:
          session: tf.Session.
          features: float32 [B, F], from encode.
          inputs: Inputs of arrays [B]; goes_on is not looked at.
          state: from get_initial_state or the step before; zeros where an episode starts.

        Returns:
          policy float32 [B, a_size], the probability of each action; value float32 [B], the return expected; the new state.
        """
        policy, value, *after = self._call(session, 'act')(
            features, inputs.prev_action, inputs.prev_reward, inputs.timestep, *leaves(state))
        return policy, value, like(state, after)

    @property
    def learns_to_write(self) -> bool:
        """Whether its memory has a learned gate."""
        return self._memory.written is not None

    def written(self, session: Any, features: np.ndarray, inputs: Inputs) -> np.ndarray:
        """How far the gate of a memory that learns to write is open, float32 [B] from 0 to 1, at a step of B episodes: see act()."""
        return self._call(session, 'written')(features, inputs.prev_action, inputs.prev_reward, inputs.timestep)[0]

    def train(self, session: Any, unroll: Unroll) -> Tuple[Losses, Counts]:
        """One update of the shared weights by an Unroll, after which the local weights are a copy of them.

        Returns:
          (Losses before the update, Counts after it).
        """
        found = self._call(session, 'train')(*fed(self._feeds, unroll))
        return Losses(*found[:5]), Counts(int(found[5]), int(found[6]))

    def pull(self, session: Any) -> Counts:
        """Copies the shared weights into the local ones. Returns Counts so far."""
        return Counts(*[int(count) for count in self._call(session, 'pull')()])

    def gradients(self, session: Any, unroll: Unroll) -> Tuple[Losses, List[np.ndarray]]:
        """(Losses, list of the flat vector float32 [P] for each server) of an Unroll, see shared_network.py."""
        found = self._call(session, 'gradients')(*fed(self._feeds, unroll))
        return Losses(*found[:5]), found[5:]

    def set_weights(self, session: Any, weights: List[np.ndarray]) -> None:
        """Sets the local weights to those of a flat vector float32 [P] from each server."""
        self._call(session, 'set_weights')(*weights)

    def _call(self, session, name):
        if session is not self._session:
            self._session, self._callables = session, {}
        if name not in self._callables:
            self._callables[name] = make_callable(session, *self._calls[name])
        return self._callables[name]

    def _build_weights(self, encoder, memory):
        self._encoder = encoder()
        self._memory = memory(self._encoder)
        # As published: a policy that starts out even, values of the size of one reward.
        top = self._memory.size
        self._policy_kernel = tf.get_variable('policy', [top, self._a_size], initializer=_normalized_columns(.01))
        self._value_kernel = tf.get_variable('value', [top, 1], initializer=_normalized_columns(1.))
        self.local_vars, statistics = _variables(self.scope)
        self.variables = self.local_vars + statistics

    def _inputs(self, lead, goes_on=False):
        return Inputs(prev_action=tf.placeholder(tf.int32, lead, 'prev_action'),
                      prev_reward=tf.placeholder(tf.float32, lead, 'prev_reward'),
                      timestep=tf.placeholder(tf.float32, lead, 'timestep'),
                      goes_on=tf.placeholder(tf.float32, lead, 'goes_on') if goes_on else None)

    def _forward(self, features, inputs, state, steps):
        """Logits [steps * B, a_size], values [steps * B] and the last state, of features [steps * B, F] from `state`."""
        outputs, last = self._memory(features, inputs, state, steps)
        return tf.matmul(outputs, self._policy_kernel), tf.matmul(outputs, self._value_kernel)[:, 0], last

    def _build_acting(self):
        views = self._views()
        self._calls['encode'] = [self._encoder(views, learning=False)], [views]
        self.state_in = self._memory.placeholders()
        features, inputs = tf.placeholder(tf.float32, [None, self._encoder.size], 'features'), self._inputs([None])
        logits, self.value, self.state_out = self._forward(features, inputs, self.state_in, 1)
        self.policy = tf.nn.softmax(logits)
        self._calls['act'] = [self.policy, self.value] + leaves(self.state_out), leaves((features, inputs, self.state_in))
        if self._memory.written is not None:
            self._calls['written'] = [self._memory.written], leaves((features, inputs))

    def _views(self):
        return tf.placeholder(self._encoder.view_dtype, [None] + self._encoder.view_shape, 'views')

    def _build_losses(self, loss, restarts):
        lead = [self.unroll, None]
        self._feeds = feeds = Unroll(
            views=self._views(), view_index=tf.placeholder(tf.int32, lead, 'view_index'), inputs=self._inputs(lead, restarts),
            state=self.state_in, actions=tf.placeholder(tf.int32, lead, 'actions'),
            target_v=tf.placeholder(tf.float32, lead, 'target_v'), advantages=tf.placeholder(tf.float32, lead, 'advantages'),
            ended=tf.placeholder(tf.int64, [], 'ended'),
            labels=tf.placeholder(tf.int32, lead, 'labels') if loss.imitation else None,
            imitation=tf.placeholder(tf.float32, [], 'imitation') if loss.imitation else None,
            entropy=tf.placeholder(tf.float32, [], 'entropy') if loss.entropy_falls else None,
            chances=tf.placeholder(tf.float32, lead, 'chances') if loss.ratio_clip else None)
        self.actions, self.target_v, self.advantages = feeds.actions, feeds.target_v, feeds.advantages

        index, counted = tf.reshape(feeds.view_index, [-1]), self._encoder.counted(feeds.inputs)
        counts = None if counted is None else tf.unsorted_segment_sum(counted, index, tf.shape(feeds.views)[0])
        features = _rows(self._encoder(feeds.views, True, counts), index, self.unroll)
        logits, values, _ = self._forward(features, feeds.inputs, feeds.state, self.unroll)
        taken = logits, tf.reshape(self.actions, [-1]), tf.reshape(self.advantages, [-1])
        if loss.ratio_clip:
            self.policy_loss = clipped_ratio_loss(*taken, tf.reshape(feeds.chances, [-1]), loss.ratio_clip)
        else:
            self.policy_loss = policy_gradient_loss(*taken)
        self.value_loss = squared_value_loss(values, tf.reshape(self.target_v, [-1]))
        entropies = policy_entropies(logits)
        self.entropy = tf.reduce_mean(entropies)
        left = feeds.entropy if loss.entropy_falls else 1.
        self.loss = self.policy_loss + loss.value_coef * self.value_loss - loss.entropy_coef * left * self.entropy
        if loss.choice_entropy:
            self.loss -= loss.choice_entropy * left * tf.reduce_mean(entropies * fixation_paid(feeds.inputs))
        if loss.twins:
            self.loss += loss.twins * self._encoder.twins(feeds.views, counts)
        if loss.write_share < 1 and self._memory.written is not None:
            self.loss += tf.square(tf.nn.relu(tf.reduce_mean(self._memory.written) - loss.write_share))
        if loss.imitation:
            # To do as the teacher does is a policy gradient whose advantages are all 1.
            self.loss += feeds.imitation * policy_gradient_loss(logits, tf.reshape(feeds.labels, [-1]), 1.)

    def _losses(self):
        return [self.value_loss, self.policy_loss, self.entropy, self.grad_norms, self.var_norms]

    def _build_update(self, trainer, counts):
        global_vars, statistics = _variables(GLOBAL)
        self.apply_grads = trainer.apply_gradients(zip(self.clipped_gradients, global_vars))
        done = [self.apply_grads, self.var_norms]
        if statistics:
            done.append(move(statistics, self._encoder.normalize.measured()))
        counts = counts or Counts(tf.zeros([], tf.int64), tf.zeros([], tf.int64))
        with tf.control_dependencies(done):
            refresh = _copy(global_vars + statistics, self.variables)  # spares a session call for each unroll
            # After the update, whose learning rate may hang on the count.
            counted = [_added(counts.episodes, self._feeds.ended), _added(counts.updates, tf.ones([], tf.int64))]
        self._calls['train'] = self._losses() + counted + [refresh], leaves(self._feeds)
        self._calls['pull'] = [tf.identity(count) for count in counts] + [_copy(global_vars + statistics, self.variables)], []

    def _build_exchange(self, shards):
        measured = self._encoder.normalize.measured() if len(self.variables) > len(self.local_vars) else []
        sent = self.clipped_gradients + measured  # in the order of `variables`
        outgoing, incoming, loads = [], [], []
        for shard in shards:
            outgoing.append(flat_vector.pack([sent[i] for i in shard]))
            mine = [self.variables[i] for i in shard]
            incoming.append(tf.placeholder(tf.float32, [sum(map(flat_vector.size, mine))], 'flat_vector'))
            loads += [variable.assign(part) for variable, part in zip(mine, flat_vector.unpack(incoming[-1], mine))]
        self._calls['gradients'] = self._losses() + outgoing, leaves(self._feeds)
        self._calls['set_weights'] = [tf.group(*loads)], incoming


def _rows(features, index, steps):
    """The rows `index`, int32 [T * B], of features, float32 [V, F].

    The gradient of tf.gather alone is no matrix (of which 1.12 warns), and adds up in any order. A product is as good for a few
    steps (and the curves of agents that decide rest on the order in which it adds up); for many it would be most of the work.
    """
    if steps <= loops.WRITTEN_OUT:
        return tf.matmul(tf.one_hot(index, tf.shape(features)[0]), features)

    @tf.custom_gradient
    def rows(matrix):
        def gradient(upstream):
            return tf.unsorted_segment_sum(upstream, index, tf.shape(matrix)[0])
        return tf.gather(matrix, index), gradient
    return rows(features)


def _added(count, number):
    return tf.identity(count.assign_add(number)) if hasattr(count, 'assign_add') else tf.identity(count + number)


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


def _normalized_columns(length):
    """Random weights of which each column, all that goes to one output, has this length."""
    def initializer(shape, dtype=tf.float32, partition_info=None):
        weights = tf.random_normal(shape, dtype=dtype)
        return weights * length / tf.sqrt(tf.reduce_sum(tf.square(weights), 0, keepdims=True))
    return initializer


def _copy(sources, targets):
    return tf.group(*[target.assign(source.read_value()) for source, target in zip(sources, targets)])
