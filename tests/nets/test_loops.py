"""Long unrolls: a loop with a gradient of its own comes to what the steps written out come to."""
import numpy as np
import pytest

from meta_rl.nets import loops
from meta_rl.tf_compat import session_of, tf

T, B, N, M = 14, 3, 4, 2


def built(arrays, written_out, large, monkeypatch):
    """Of a step with two products: whether its graph has (loops, stacks, which TensorFlow's gradient of a loop keeps), and what comes
    of it, a list: outputs, last state, gradients of the learned sequence, the kernels and the first state.
    """
    monkeypatch.setattr(loops, 'WRITTEN_OUT', written_out)
    monkeypatch.setattr(loops, 'LARGE', large)

    def step(before, parts, times):
        driven, gate, mark = parts
        (slow, count), fast = before
        slow = slow * mark
        slow += gate * (tf.tanh(driven + times(0, slow)) - slow)
        fast = tf.sigmoid(times(1, tf.concat([slow, fast * mark], 1)))
        return tf.concat([fast, slow * count], 1), ((slow, tf.stop_gradient(count + gate)), fast)
    with tf.Graph().as_default() as graph:
        learned, gates, marks, slow, count, fast, one, two = (tf.constant(array) for array in arrays)
        outputs, last = loops.over(T, step, N + M, ((slow, count), fast), [learned * 1.], [gates, marks], [one, two])
        above = tf.constant(np.random.RandomState(1).normal(size=(T * B, N + M)).astype(np.float32))
        loss = tf.reduce_sum(outputs * above) + tf.reduce_sum(last[0][0]) + 2 * tf.reduce_sum(last[1])
        found = [outputs, last[0][0], last[0][1], last[1]] + tf.gradients(loss, [learned, one, two, slow, fast])
        kinds = {operation.type for operation in graph.get_operations()}
        return ('Enter' in kinds, 'StackPushV2' in kinds), session_of(graph).run(found)


def test_a_loop_comes_to_what_the_steps_written_out_come_to(monkeypatch):
    random = np.random.RandomState(0)
    shapes = (T * B, N), (T * B, 1), (T * B, 1), (B, N), (B, 1), (B, M), (N, N), (N + M, M)
    arrays = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    arrays[1], arrays[2] = random.random_sample((T * B, 1)).astype(np.float32), (random.random_sample((T * B, 1)) > .3).astype(np.float32)
    weights = N * N + (N + M) * M
    kind, expected = built(arrays, T, weights, monkeypatch)
    assert kind == (False, False) and len(expected) == 9
    for large, stacks in ((weights, False), (weights + 1, True)):
        kind, found = built(arrays, T - 1, large, monkeypatch)
        assert kind == (True, stacks)
        for one, other in zip(expected, found):
            assert one.shape == other.shape and np.abs(one).max() > .1
            assert other == pytest.approx(one, rel=1e-4, abs=1e-5)
