"""An LSTM layer, Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.

Our own few lines, since TensorFlow 2.16 and later have no nn.rnn_cell.
"""
import collections

import numpy as np

from meta_rl.tf_compat import tf

LSTMState = collections.namedtuple('LSTMState', 'c h')  # float32 [B, units] each


class LSTM:
    """The weights of one layer, made once and unrolled as often as there are graphs to build.

    Args:
      name: str, variable scope.
      inputs: int, numbers it is given at each step.
      units: int.
    """

    def __init__(self, name, inputs, units):
        self.name, self.units = name, units
        with tf.variable_scope(name, initializer=tf.glorot_uniform_initializer()):
            self._input_kernel = tf.get_variable('input_kernel', [inputs, 4 * units])
            self._recurrent_kernel = tf.get_variable('recurrent_kernel', [units, 4 * units])
            self._bias = tf.get_variable('bias', initializer=_bias(units))

    def placeholders(self):
        """An LSTMState of placeholders."""
        return LSTMState(*[tf.placeholder(tf.float32, [None, self.units], f'{self.name}_{part}_in') for part in 'ch'])

    def unroll(self, inputs, state, steps, remembers=True):
        """Outputs [steps * B, units] and the last LSTMState, of inputs [steps * B, inputs] from `state`.

        remembers: bool. False has every step start anew.
        """
        # What the inputs give to the gates is one product for all steps; only what the memory gives has to wait.
        outputs = []
        for driven in tf.split(self.drive(inputs), steps):
            if not remembers:
                state = LSTMState(*[tf.zeros_like(part) for part in state])
            state = self.step(driven, state)
            outputs.append(state.h)
        return tf.concat(outputs, 0), state

    def drive(self, inputs):
        """What inputs [M, inputs] give to the gates: [M, 4 units]."""
        return tf.matmul(inputs, self._input_kernel) + self._bias

    def step(self, driven, state):
        """The LSTMState after one step, of `drive`'s [B, 4 units] for it."""
        return self._step(driven + tf.matmul(state.h, self._recurrent_kernel), state.c)

    @staticmethod
    def _step(gates, c):
        in_gate, candidate, forget_gate, out_gate = tf.split(gates, 4, 1)
        c = tf.sigmoid(forget_gate) * c + tf.sigmoid(in_gate) * tf.tanh(candidate)
        return LSTMState(c, tf.sigmoid(out_gate) * tf.tanh(c))


def _bias(units):
    """Zeros, but ones for the forget gate: a memory that is kept from the start (Jozefowicz et al. 2015)."""
    bias = np.zeros(4 * units, np.float32)
    bias[2 * units:3 * units] = 1.
    return bias
