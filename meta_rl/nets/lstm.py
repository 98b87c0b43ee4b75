"""An LSTM layer, Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.

Our own few lines, since TensorFlow 2.16 and later have no nn.rnn_cell.
"""
from typing import NamedTuple

import numpy as np

from meta_rl.tf_compat import tf


class LSTMState(NamedTuple):
    """Arrays or tensors, float32 [B, units] each."""

    c: np.ndarray
    h: np.ndarray


class LSTM:
    """The weights of one layer, made once and used in as many graphs as there are to build.

    Args:
      name: str, variable scope.
      inputs: int, numbers it is given at each step.
      units: int.
      span: float, at the start the units forget within 2 to `span` steps, see _bias; 0: all within 4.
    Attributes: recurrent_kernel, [units, 4 units].
    """

    def __init__(self, name, inputs, units, span=0):
        self.name, self.units = name, units
        with tf.variable_scope(name, initializer=tf.glorot_uniform_initializer()):
            self._input_kernel = tf.get_variable('input_kernel', [inputs, 4 * units])
            self.recurrent_kernel = tf.get_variable('recurrent_kernel', [units, 4 * units])
            self._bias = tf.get_variable('bias', initializer=_bias(units, span))

    def start(self, batch):
        """The LSTMState in which `batch` episodes begin: zeros, arrays."""
        return LSTMState(*np.zeros((2, batch, self.units), np.float32))

    def placeholders(self):
        """An LSTMState of placeholders."""
        return LSTMState(*[tf.placeholder(tf.float32, [None, self.units], f'{self.name}_{part}_in') for part in 'ch'])

    def drive(self, inputs):
        """What inputs [M, inputs] give to the gates: [M, 4 units]."""
        return tf.matmul(inputs, self._input_kernel) + self._bias

    def step(self, driven, state, times):
        """The LSTMState after one step, of `drive`'s [B, 4 units] for it. times: see loops.over; recurrent_kernel is the first."""
        return self.gated(driven + times(0, state.h), state.c)

    def driven_by_parts(self, early):
        """Kernel and bias of the first `early` inputs; one kernel of all others and of h, which a loop multiplies at once."""
        first, rest = self._input_kernel[:early], self._input_kernel[early:]
        return first, self._bias, tf.concat([rest, self.recurrent_kernel], 0)

    @staticmethod
    def gated(gates, c):
        """The LSTMState of all that goes to the gates, [B, 4 units], and the c before."""
        in_gate, candidate, forget_gate, out_gate = tf.split(gates, 4, 1)
        c = tf.sigmoid(forget_gate) * c + tf.sigmoid(in_gate) * tf.tanh(candidate)
        return LSTMState(c, tf.sigmoid(out_gate) * tf.tanh(c))


def _bias(units, span=0):
    """Zeros, but for the forget gate ones: a memory that is kept from the start (Jozefowicz et al. 2015).

    With a span the forget gates have 0 to log(span - 1), in even steps. A unit with a bias b forgets within 1 + e^b steps (Tallec and
    Ollivier 2018, who draw the biases at random and set the input gates against them).
    """
    bias = np.zeros(4 * units, np.float32)
    bias[2 * units:3 * units] = np.linspace(0, np.log(span - 1), units) if span else 1.
    return bias
