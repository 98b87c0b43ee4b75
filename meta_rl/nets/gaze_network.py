"""The network of the gaze agent: where it looks and what images show -> a slow and a fast LSTM -> policy and value, and its losses.

Beside AC_Network it differs in three things. An episode is no rollout: the states of the LSTMs are carried from one unroll to
the next, and start anew where an episode does. Features of images are read from both halves of the screen by the same weights
and normalized over the frames that show images to a gaze on the cross, which are those whose fixation was just paid. And the
slow LSTM, the memory, steps only where a reward was paid: twice a trial, for fixation, when it is given the images, and for
the choice, when it is not. What it is given at other times, black screens above all, is far from the mean of images and drove
the association out of reach (see docs/gaze.md). The fast LSTM steps at each decision and is given what the memory holds.

Shapes: T decisions of an unroll, B episodes side by side, h x w pixels of an averaged frame.
"""
import collections

from meta_rl.ac_network import AC_Network, Losses, _flat, _normalized_columns, _variables
from meta_rl.nets.encoders import Dense, _pixels, _weights
from meta_rl.nets.losses import policy_entropy, policy_gradient_loss, squared_value_loss
from meta_rl.nets.lstm import LSTM, LSTMState
from meta_rl.tf_compat import tf

FIXATION = 1.5        # what is paid for fixation is less, for a right choice more
FAR = 5.              # deviations of a feature that are told apart

# What a network learns from in one update, arrays [T, B] but `frames` uint8 [T, B, h, w, 3] and `state`, that before the first
# decision. prev_action (int32, -1: none), prev_reward: as told; goes_on: 0 where the decision is the first of an episode;
# labels: int32, what a teacher would do.
Unroll = collections.namedtuple(
    'Unroll', 'frames prev_action prev_reward goes_on state actions target_v advantages labels')


class GazeEncoder:
    """Two kinds of features of frames uint8 [M, h, w, 3].

    Args:
      height, width: int, h and w.
      across: int, columns of a half: those on the left of the middle are one, those on the right the other.
      features: int F, of an image; scale: their deviation.
      places: int, features of the whole frame.
    """

    def __init__(self, height, width, across, features, scale, places):
        self.size, self.places = 2 * features, places
        self._middle, self._across, self._scale = width // 2, across, scale
        self._dense = Dense(height * across * 3, features, 'batch', scale)
        self._halved = height, width // 2, 2, 3
        self._kernel, self._bias = _weights('where', [height * (width // 2) * 3, places])
        self.normalize = self._dense.normalize

    def __call__(self, frames, paid, learning):
        """(what, where): float32 [M, 2 F], zeros where `paid`, float32 [M], is 0; float32 [M, places]."""
        pixels = _pixels(frames, True)
        left, middle, right = self._middle - self._across, self._middle, self._middle + self._across
        halves = tf.stack([pixels[:, :, left:middle], pixels[:, :, middle:right]], 1)
        counted = tf.reshape(tf.stack([paid, paid], 1), [-1])
        what = tf.reshape(self._dense(halves, learning, counted), [-1, self.size])
        what = tf.clip_by_value(what, -FAR * self._scale, FAR * self._scale) * paid[:, None]
        coarse = tf.reduce_mean(tf.reshape(pixels, (-1,) + self._halved), 3)
        where = tf.nn.relu(tf.matmul(tf.reshape(coarse, [-1, int(self._kernel.shape[0])]), self._kernel) + self._bias)
        return what, where


class GazeNetwork(AC_Network):
    """An AC_Network over frames; see there for the arguments that it shares.

    Args:
      encoder: function without arguments that builds a GazeEncoder.
      shape: (h, w) of its frames.
      units, memory: int, sizes of the fast and of the slow LSTM.
      count: function from the number of episodes that ended to the operation that counts them.
    """

    def __init__(self, a_size, scope, trainer=None, *, encoder, shape, units, memory, unroll, value_coef, entropy_coef,
                 clip_norm, count=None):
        self._shape, self._memory_units = list(shape), memory
        super().__init__(
            a_size, scope, trainer, encoder=encoder, units=units, second_units=0, unroll=unroll, value_coef=value_coef,
            entropy_coef=entropy_coef, clip_norm=clip_norm, use_timestep=False,
            count=count and (lambda updates: count(self._ended if updates else tf.zeros([], tf.int64))))

    def act(self, session, frames, prev_action, prev_reward, state):
        """One decision of B episodes.

        Args:
          frames: uint8 [B, h, w, 3]; prev_action: int32 [B]; prev_reward: float32 [B]; state: a tuple of two LSTMState.
        Returns: policy float32 [B, a_size], value float32 [B], the new state.
        """
        policy, value, *state = self._callable(session, 'act')(frames, prev_action, prev_reward, *_flat(state))
        return policy, value, tuple(LSTMState(*pair) for pair in zip(state[::2], state[1::2]))

    def train(self, session, unroll, ended, imitation=0.):
        """One update of the shared weights, after which the local ones are a copy of them.

        Args:
          unroll: Unroll; ended: int, episodes that ended in it; imitation: float, weight of doing as its labels say.
        Returns: (Losses before the update, episodes played so far by all workers).
        """
        lead = len(unroll.actions)
        if lead != self.unroll:
            raise ValueError('The unroll has %d decisions, the network learns from %d.' % (lead, self.unroll))
        *losses, counted = self._callable(session, 'train')(
            *tuple(unroll[:4]) + tuple(_flat(unroll.state)) + tuple(unroll[5:]) + (imitation, ended))
        return Losses(*losses), int(counted)

    def _build_weights(self, encoder, units, second_units):
        self._encoder = encoder()
        told = self._a_size + 1
        slow = LSTM('memory', self._encoder.size + self._encoder.places + told, self._memory_units)
        fast = LSTM('lstm', self._encoder.places + told + slow.units, units)
        self._lstms = [slow, fast]
        top = units + slow.units + self._encoder.places
        self._policy_kernel = tf.get_variable('policy', [top, self._a_size], initializer=_normalized_columns(.01))
        self._value_kernel = tf.get_variable('value', [top, 1], initializer=_normalized_columns(1.))
        self.local_vars, statistics = _variables(self.scope)
        self.variables = self.local_vars + statistics

    def _forward(self, frames, prev_action, prev_reward, state, steps, goes_on, learning):
        """Logits [steps * B, a_size], values [steps * B] and the last state, of inputs [steps * B, ...]."""
        slow, fast = self._lstms
        paid = tf.cast(tf.abs(prev_reward) > 0, tf.float32)
        fixated = paid * tf.cast(prev_reward > 0, tf.float32) * tf.cast(prev_reward < FIXATION, tf.float32)
        what, where = self._encoder(frames, fixated, learning)
        told = tf.concat([where, tf.one_hot(prev_action, self._a_size), prev_reward[:, None]], 1)
        driven, outputs = slow.drive(tf.concat([what, told], 1)), []
        for t, (driven_t, told_t, paid_t) in enumerate(zip(*[tf.split(x, steps) for x in (driven, told, paid[:, None])])):
            if goes_on is not None:
                state = [LSTMState(*[part * goes_on[t][:, None] for part in lstm]) for lstm in state]
            stepped = slow.step(driven_t, state[0])
            memory = LSTMState(*[paid_t * new + (1 - paid_t) * old for new, old in zip(stepped, state[0])])
            state = memory, fast.step(fast.drive(tf.concat([told_t, memory.h], 1)), state[1])
            outputs.append(tf.concat([state[1].h, memory.h], 1))
        outputs = tf.concat([tf.concat(outputs, 0), where], 1)
        return tf.matmul(outputs, self._policy_kernel), tf.matmul(outputs, self._value_kernel)[:, 0], state

    def _build_acting(self):
        feeds = [tf.placeholder(tf.uint8, [None] + self._shape + [3], 'frames'),
                 tf.placeholder(tf.int32, [None], 'prev_action'), tf.placeholder(tf.float32, [None], 'prev_reward')]
        self.state_in = tuple(lstm.placeholders() for lstm in self._lstms)
        logits, self.value, self.state_out = self._forward(*feeds, self.state_in, 1, None, False)
        self.policy = tf.nn.softmax(logits)
        self._calls['act'] = [self.policy, self.value] + _flat(self.state_out), feeds + _flat(self.state_in)

    def _build_losses(self, value_coef, entropy_coef):
        def placeholder(kind, name):
            return tf.placeholder(kind, [self.unroll, None], name)
        frames = tf.placeholder(tf.uint8, [self.unroll, None] + self._shape + [3], 'frames')
        told = placeholder(tf.int32, 'prev_action'), placeholder(tf.float32, 'prev_reward')
        goes_on, self.actions = placeholder(tf.float32, 'goes_on'), placeholder(tf.int32, 'actions')
        self.target_v, self.advantages = placeholder(tf.float32, 'target_v'), placeholder(tf.float32, 'advantages')
        labels, imitation = placeholder(tf.int32, 'labels'), tf.placeholder(tf.float32, [], 'imitation')
        self._ended = tf.placeholder(tf.int64, [], 'ended')
        self._feeds = [frames] + list(told) + [goes_on] + _flat(self.state_in) + [
            self.actions, self.target_v, self.advantages, labels, imitation, self._ended]

        flat = [tf.reshape(frames, [-1] + self._shape + [3])] + [tf.reshape(part, [-1]) for part in told]
        logits, values, _ = self._forward(*flat, self.state_in, self.unroll, goes_on, True)
        self.policy_loss = policy_gradient_loss(
            logits, tf.reshape(self.actions, [-1]), tf.reshape(self.advantages, [-1]))
        self.value_loss = squared_value_loss(values, tf.reshape(self.target_v, [-1]))
        self.entropy = policy_entropy(logits)
        # To do as the teacher does is a policy gradient whose advantages are all 1.
        likeness = policy_gradient_loss(logits, tf.reshape(labels, [-1]), 1.)
        self.loss = (self.policy_loss + value_coef * self.value_loss - entropy_coef * self.entropy + imitation * likeness)
