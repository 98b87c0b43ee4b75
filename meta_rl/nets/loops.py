"""What a recurrent network does step by step: written out in the graph for a few steps, a loop of the graph for many.

A graph of many steps written out takes TensorFlow longer to build and to optimise than thousands of updates take to run.
"""
import numpy as np

from meta_rl.nets.nest import leaves, like
from meta_rl.tf_compat import tf

WRITTEN_OUT = 12  # steps at most; a loop of six is slower, and adds up gradients in another order
LARGE = 50000  # weights of all kernels of a step from which on a loop has a gradient of our own: with 9,000 it is a tenth slower


def over(steps, step, size, state, learned, given, kernels):
    """Does `step` once for each step of the sequences.

    Args:
      steps: int T.
      step: function of (state, list of float32 [B, ...], one of each sequence, times): (output float32 [B, O], state), where
        times(number, rows) is rows float32 [B, N] by kernels[number]: the step multiplies once by each kernel, in their order.
      size: int O.
      state: nested tuple of float32 [B, ...].
      learned: list of float32 [T * B, ...], sequences with a gradient, the steps one after the other.
      given: list of such sequences without one; they follow in the step's list.
      kernels: list of float32 [N, M].
    Returns: (outputs float32 [T * B, O], the last state).
    """
    sequences = learned + given
    if steps <= WRITTEN_OUT:
        outputs = []
        for parts in zip(*[tf.split(sequence, steps) if steps > 1 else [sequence] for sequence in sequences]):
            output, state = step(state, parts, lambda number, rows: tf.matmul(rows, kernels[number]))
            outputs.append(output)
        return tf.concat(outputs, 0) if steps > 1 else outputs[0], state
    split = [tf.reshape(sequence, [steps, -1] + sequence.shape.as_list()[1:]) for sequence in sequences]
    if sum(int(np.prod(kernel.shape.as_list())) for kernel in kernels) < LARGE:
        (outputs,), last = _loop(steps, step, state, split, kernels)
    else:
        outputs, *last = _with_gradient(steps, step, state, split[:len(learned)], split[len(learned):], kernels)
    return tf.reshape(outputs, [-1, size]), like(state, last)


def _loop(steps, step, state, sequences, kernels, keeps=False):
    """What is kept of all steps, a list of [T, B, ...], and the leaves of the last state, a list.

    Kept are the outputs, and with `keeps` also the leaves of the state before each step and its products, in this order.
    """
    arrays = _arrays(sequences, steps)

    def body(t, kept, *before):
        products = []

        def times(number, rows):
            products.append(tf.matmul(rows, kernels[number]))
            return products[-1]
        output, after = step(like(state, before), [array.read(t) for array in arrays], times)
        parts = [output] + (list(before) + products if keeps else [])
        return [t + 1, [array.write(t, part) for array, part in zip(kept, parts)]] + leaves(after)
    first = leaves(state)
    empty = _empty(1 + (len(first) + len(kernels) if keeps else 0), steps)
    _, kept, *last = tf.while_loop(lambda t, *_: t < steps, body, [tf.constant(0), empty] + first, parallel_iterations=1)
    return [array.stack() for array in kept], last


def _with_gradient(steps, step, state, learned, given, kernels):
    """[outputs [T, B, O]] and the leaves of the last state, with a gradient that is faster where kernels are large.

    The gradient that TensorFlow makes of a loop keeps all that each step came to, and adds up a gradient of the kernels in every
    step, which is a third of all products. Ours is a loop too: it keeps the states and the products, works out all else of a step once
    more, and finds the gradients of the kernels by one product each, of all steps.
    """
    count = len(leaves(state)), len(learned), len(kernels)

    @tf.custom_gradient
    def run(*tensors):
        first, sequences, factors = _cut(tensors, *count)
        (outputs, *kept), last = _loop(steps, step, like(state, first), sequences + given, factors, keeps=True)

        def gradient(*upstream):
            return _back(steps, step, state, sequences, given, factors, kept, upstream)
        return [outputs] + last, gradient
    return run(*leaves(state) + learned + kernels)


def _back(steps, step, state, learned, given, kernels, kept, upstream):
    """list of the gradients of the leaves of the first state, of each learned sequence, and of each kernel."""
    states, products = kept[:-len(kernels)], kept[-len(kernels):]
    counts = len(learned), len(given), len(states), len(products), 1
    backward = _arrays(learned + given + states + products + [upstream[0]], steps)

    def body(t, found, *above):
        sequences, others, before, were, (wanted,) = _cut([array.read(t) for array in backward], *counts)
        multiplied, came = [], []

        def times(number, rows):
            multiplied.append(rows)
            came.append(_known(rows, kernels[number], were[number]))
            return came[-1]
        output, after = step(like(state, before), sequences + others, times)
        sources = before + sequences + came
        gradients = tf.gradients([output] + leaves(after), sources, [wanted] + list(above))
        gradients = [tf.zeros_like(source) if part is None else part for part, source in zip(gradients, sources)]
        below, rest = gradients[:len(before)], gradients[len(before):]
        return [t - 1, [array.write(t, part) for array, part in zip(found, rest + multiplied)]] + below
    _, found, *below = tf.while_loop(
        lambda t, *_: t >= 0, body, [tf.constant(steps - 1), _empty(counts[0] + 2 * counts[3], steps)] + list(upstream[1:]),
        parallel_iterations=1)
    of_sequences, of_products, multiplied = _cut([array.stack() for array in found], counts[0], counts[3], counts[3])
    return below + of_sequences + [tf.matmul(_flat(rows), _flat(part), transpose_a=True)
                                     for rows, part in zip(multiplied, of_products)]


@tf.custom_gradient
def _known(rows, kernel, product):
    """`product`, which rows by kernel came to, with the gradient of the rows and no other."""
    return product, lambda above: (tf.matmul(above, kernel, transpose_b=True), None, None)


def _cut(flat, *counts):
    """Lists of so many of a list, one after the other."""
    ends = [sum(counts[:number + 1]) for number in range(len(counts))]
    return [list(flat[end - count:end]) for end, count in zip(ends, counts)]


def _arrays(tensors, steps):
    return [tf.TensorArray(tf.float32, steps).unstack(tensor) for tensor in tensors]


def _empty(count, steps):
    return [tf.TensorArray(tf.float32, steps) for _ in range(count)]


def _flat(tensor):
    return tf.reshape(tensor, [-1, tensor.shape.as_list()[-1]])
