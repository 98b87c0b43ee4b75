"""What a recurrent network does step by step: written out in the graph for a few steps, a loop of the graph for many.

A graph of many steps written out takes TensorFlow longer to build and to optimise than thousands of updates take to run.
"""
from meta_rl.nets.nest import leaves, like
from meta_rl.tf_compat import tf

WRITTEN_OUT = 12  # steps at most; a loop of six is slower, and adds up gradients in another order


def over(steps, step, size, state, sequences):
    """Does `step` once for each step of the sequences.

    Args:
      steps: int T.
      step: function of (state, list of float32 [B, ...], one of each sequence): (output float32 [B, O], state).
      size: int O.
      state: nested tuple of float32 [B, ...].
      sequences: list of float32 [T * B, ...], the steps one after the other.
    Returns: (outputs float32 [T * B, O], the last state).
    """
    if steps <= WRITTEN_OUT:
        outputs = []
        for parts in zip(*[tf.split(sequence, steps) if steps > 1 else [sequence] for sequence in sequences]):
            output, state = step(state, parts)
            outputs.append(output)
        return tf.concat(outputs, 0) if steps > 1 else outputs[0], state
    split = [tf.reshape(sequence, [steps, -1] + sequence.shape.as_list()[1:]) for sequence in sequences]
    arrays = [tf.TensorArray(tf.float32, steps).unstack(sequence) for sequence in split]

    def body(t, outputs, *flat):
        output, after = step(like(state, flat), [array.read(t) for array in arrays])
        return [t + 1, outputs.write(t, output)] + leaves(after)

    _, outputs, *last = tf.while_loop(
        lambda t, *_: t < steps, body, [tf.constant(0), tf.TensorArray(tf.float32, steps)] + leaves(state),
        parallel_iterations=1)
    return tf.reshape(outputs.stack(), [-1, size]), like(state, last)
