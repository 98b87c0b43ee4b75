"""What makes an agent remember: features and inputs of [T, B] -> outputs and the next state, anew where an episode starts.

A memory has `size`, of an output; `start(batch)`, the state in which episodes begin, arrays; `placeholders()`, a state of these;
and is called. A state is a tuple of one LSTMState for each LSTM. F features, O outputs of a step; rows [T * B, ...] are the
steps one after the other.
"""
import numpy as np

from meta_rl.nets import loops
from meta_rl.nets.encoders import weights
from meta_rl.nets.inputs import fixation_paid, paid
from meta_rl.nets.lstm import LSTM, LSTMState
from meta_rl.nets.nest import mapped
from meta_rl.tf_compat import tf

WAITS = 'waited', 'still'  # for how many steps nothing was paid, and nothing was done
WRITES = 'paid', 'always', 'learned'  # when the slow LSTM steps
GATE, OPEN = 16, 1.  # hidden units of a learned gate, and what it is more open by at the start
LONG = 12  # steps without pay that are more than an agent takes that knows its way
LOUD = 15  # of digits, so that they move an undecided policy: their weights are of deviation .06 at the start, see docs/gaze.md


class Memory:
    """What the memories share. A subclass sets _lstms, in the order of the state, _columns, and size.

    Attributes: written: float32 [T * B], how far a learned gate is open at each step of the last call, 0 to 1; None without one.
    """

    written = None

    def start(self, batch):
        """The state in which `batch` episodes begin, arrays."""
        return tuple(lstm.start(batch) for lstm in self._lstms)

    @property
    def unit_names(self):
        """A name for each number of a state, in the order of its leaves, as 'lstm.h.3': the LSTM, c or h, the unit."""
        return [f'{lstm.name}.{part}.{number}' for lstm in self._lstms for part in 'ch' for number in range(lstm.units)]

    @property
    def given(self):
        """Names of the inputs that it is given, of 'action', 'reward', 'time'."""
        return [name for name in ('action', 'reward', 'time') if getattr(self._columns, name)]

    def placeholders(self):
        """A state of placeholders."""
        return tuple(lstm.placeholders() for lstm in self._lstms)

    def __call__(self, features, inputs, state, steps):
        """Outputs float32 [T * B, O] and the last state.

        Args:
          features: float32 [T * B, F].
          inputs: Inputs of tensors.
          state: before the first step.
          steps: int T.
        """
        raise NotImplementedError


class OneLSTM(Memory):
    """One LSTM, which is given the features and all inputs.

    Args:
      features: int F.
      columns: Columns.
      units: int.
      remembers: bool. False has it start anew at every step: what is left of an agent that cannot learn within an episode.
      span: float, see LSTM.
    """

    def __init__(self, features, columns, units, remembers=True, span=0):
        self._columns, self._remembers = columns, remembers
        self._lstms = [LSTM('lstm', features + columns.action + columns.reward + columns.time, units, span)]
        self.size = units

    def __call__(self, features, inputs, state, steps):
        action, reward, time = self._columns(inputs)
        outputs, last = self._unrolled(0, [features] + action + reward + time, inputs, state[0], steps)
        return outputs, (last,)

    def _unrolled(self, number, columns, inputs, state, steps):
        # What the inputs give to the gates is one product for all steps; only what the memory gives has to wait.
        lstm = self._lstms[number]

        def step(before, parts, times):
            if not self._remembers:
                before = mapped(tf.zeros_like, before)
            after = lstm.step(parts[0], restarted(before, parts[1:]), times)
            return after.h, after
        return loops.over(steps, step, lstm.units, state, [lstm.drive(tf.concat(columns, 1))], marks(inputs), [lstm.recurrent_kernel])


class TwoLSTMs(OneLSTM):
    """The two LSTMs of Wang et al. 2016: the first is given the reward, the second, above it, the action; both the features."""

    def __init__(self, features, columns, units, second_units, remembers=True, span=0):
        self._columns, self._remembers = columns, remembers
        self._lstms = [LSTM('lstm', features + columns.reward + columns.time, units, span),
                       LSTM('lstm2', features + units + columns.action + columns.time, second_units, span)]
        self.size = second_units

    def __call__(self, features, inputs, state, steps):
        action, reward, time = self._columns(inputs)
        outputs, first = self._unrolled(0, [features] + reward + time, inputs, state[0], steps)
        outputs, second = self._unrolled(1, [features, outputs] + action + time, inputs, state[1], steps)
        return outputs, (first, second)


class TwoSpeeds(Memory):
    """A slow LSTM, which steps as far as a gate is open, and a fast one, which steps always and is given what the slow one holds.

    There is something to keep twice a trial: when fixation was paid, with what the images are like, and when the choice was. To write
    at every step in between drives the association out of reach, or learning is slow (see docs/gaze.md). The gate is learned, with a
    cost of being open; or it is open where something was paid. Features of images are let in where they are lit, or where fixation
    was paid: black screens are far from the mean of images.

    Args:
      what: int, how many of the features, the first ones, say what the images are like; the others say where the gaze is.
      where: int, how many these are.
      columns: Columns, without a timestep.
      units: int, of the fast one; slow_units: int.
      still: int, the action that does nothing, where the fast one is told for how many steps nothing was paid and for how many
        nothing was done: log(1 + each); None: it is not. A policy whose likeliest action is always taken goes in circles where
        nothing changes. The state has these two numbers after the LSTMs', float32 [B, 2].
      digits: int, where `still` is given: how many binary digits of the first of them the fast one is told as well, see clock().
      gated: bool, what images are like is let in where fixation was just paid alone; False: always, as an encoder has it zero where
        there are none.
      write: of WRITES: the slow one steps where something was paid, always, or as far as a gate says that is learned: two layers of
        all but the images, and of what was paid without its sign. See LossSpec.write_share for what keeps it from being open always.
      span: see LSTM, of the slow one.
    """

    def __init__(self, what, where, columns, units, slow_units, still=None, digits=0, gated=True, write=WRITES[0], span=0):
        self._what, self._columns, self._still, self._digits = what, columns, still, digits
        self._gated, self._write = gated, write
        self._early = where + columns.action + columns.reward
        waits = 0 if still is None else len(WAITS) + digits
        self._lstms = [LSTM('memory', what + self._early, slow_units, span), LSTM('lstm', self._early + slow_units + waits, units)]
        self.size = units + slow_units + where
        if write == 'learned':
            self._layers = weights('gate_hidden', [self._early + 1, GATE]), weights('gate', [GATE, 1])

    def start(self, batch):
        return super().start(batch) + (() if self._still is None else (np.zeros((batch, len(WAITS)), np.float32),))

    def placeholders(self):
        waits = () if self._still is None else (tf.placeholder(tf.float32, [None, len(WAITS)], 'waits_in'),)
        return super().placeholders() + waits

    @property
    def unit_names(self):
        return super().unit_names + ([] if self._still is None else list(WAITS))

    def __call__(self, features, inputs, state, steps):
        slow, fast = self._lstms
        action, reward, _ = self._columns(inputs)
        what, where = features[:, :self._what], features[:, self._what:]
        early = tf.concat([where] + action + reward, 1)
        if self._gated:
            what *= fixation_paid(inputs)[:, None]
        to_slow = slow.drive(tf.concat([what, early], 1))
        kernel, bias, late_kernel = fast.driven_by_parts(self._early)
        to_fast = tf.matmul(early, kernel) + bias

        all_paid = paid(inputs)[:, None]
        waiting = [] if self._still is None else [tf.concat([1 - all_paid, self._was_still(inputs)], 1)]

        def step(before, parts, times):
            slow_driven, fast_driven, writes, *waits_on = parts[:3 + len(waiting)]
            slow_before, fast_before, *waits = restarted(before, parts[3 + len(waiting):])
            stepped = slow.step(slow_driven, slow_before, times)
            kept = LSTMState(*[old + writes * (new - old) for new, old in zip(stepped, slow_before)])
            waits = [tf.stop_gradient((steps_before + 1) * on) for steps_before, on in zip(waits, waits_on)]
            told = [tf.math.log1p(each) for each in waits] + [clock(each[:, :1], self._digits) for each in waits if self._digits]
            after = fast.gated(fast_driven + times(1, tf.concat([kept.h] + told + [fast_before.h], 1)), fast_before.c)
            return tf.concat([after.h, kept.h], 1), (kept, after, *waits)
        learned, given = [to_slow, to_fast], waiting + marks(inputs)
        writes = self._writes(early, all_paid, inputs)
        if self._write == 'learned':
            self.written = writes[:, 0]
            learned.append(writes)
        else:
            given.insert(0, writes)
        outputs, last = loops.over(steps, step, fast.units + slow.units, state, learned, given, [slow.recurrent_kernel, late_kernel])
        return tf.concat([outputs, where], 1), last

    def _writes(self, early, all_paid, inputs):
        """float32 [T * B, 1]: how far the slow LSTM steps, 0 to 1."""
        if self._write == 'paid':
            return all_paid
        if self._write == 'always':
            return tf.ones_like(all_paid)
        (kernel, bias), (top, top_bias) = self._layers
        amount = tf.abs(tf.reshape(inputs.prev_reward, [-1, 1]))
        hidden = tf.nn.relu(tf.matmul(tf.concat([early, amount], 1), kernel) + bias)
        return tf.sigmoid(tf.matmul(hidden, top) + top_bias + OPEN)

    def _was_still(self, inputs):
        """float32 [T * B, 1]: 1 where the step before did nothing, else 0."""
        return tf.cast(tf.equal(tf.reshape(inputs.prev_action, [-1, 1]), self._still), tf.float32)


def clock(waited, digits):
    """The last binary digits of a number of steps, where that is long, so that what is told is new at each step.

    A policy whose likeliest action is always taken comes into circles where it is undecided: to an image, back to the other, and so
    on, each time in the same state. log(1 + waited) changes too little from step to step to end that.

    Args:
      waited: float32 [B, 1], whole numbers.
      digits: int.
    Returns: float32 [B, digits], -LOUD or LOUD, the lowest digit first; zeros up to LONG.
    """
    powers = 2. ** np.arange(digits, dtype=np.float32)
    return LOUD * tf.cast(waited > LONG, tf.float32) * (2 * tf.floormod(tf.floor(waited / powers), 2.) - 1)


def marks(inputs):
    """[goes_on, float32 [T * B, 1]], or [] where no episode starts inside an unroll."""
    return [] if inputs.goes_on is None else [tf.reshape(inputs.goes_on, [-1, 1])]


def restarted(state, marks_now):
    """The state, zeros where an episode starts."""
    return mapped(lambda part: part * marks_now[0], state) if marks_now else state
