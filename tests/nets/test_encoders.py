"""Encoders: what they make of frames, against slow loops in float64; and what the normalizers keep and let through."""
import numpy as np
import pytest

from meta_rl.ac_network import AC_Network, Unroll
from meta_rl.envs.contract import Spec
from meta_rl.nets import encoders
from meta_rl.nets.inputs import Columns, Inputs
from meta_rl.nets.memories import OneLSTM
from meta_rl.tf_compat import session_config, tf

HEIGHT, WIDTH, V, FEATURES = 24, 32, 5, 4


def frames(seed=0, shape=(HEIGHT, WIDTH, 3), count=V):
    return np.random.RandomState(seed).randint(256, size=(count,) + shape).astype(np.uint8)


class Built:
    """An encoder in a session; its weights by name."""

    def __init__(self, make, learning=False, seed=1):
        tf.reset_default_graph()
        tf.set_random_seed(seed)
        with tf.variable_scope('global'):
            self.encoder = make()
        self.views = tf.placeholder(self.encoder.view_dtype, [None] + self.encoder.view_shape)
        self.out = self.encoder(self.views, learning)
        self.session = tf.Session(config=session_config())
        self.session.run(tf.global_variables_initializer())
        self.variables = {v.op.name[len('global/'):]: v for v in tf.global_variables()}

    def __call__(self, views):
        return self.session.run(self.out, {self.views: views})

    def weights(self):
        return {name: value.astype(np.float64) for name, value in self.session.run(self.variables).items()}


def convolved(image, kernel, bias, stride):
    """Every filter at every place, by four loops: image [h, w, c], kernel [k, k, c, filters]."""
    size = kernel.shape[0]
    rows, columns = [(side - size) // stride + 1 for side in image.shape[:2]]
    out = np.zeros((rows, columns, kernel.shape[3]))
    for i in range(rows):
        for j in range(columns):
            patch = image[i * stride:i * stride + size, j * stride:j * stride + size]
            out[i, j] = np.tensordot(patch, kernel, 3) + bias
    return out


def trunk(view, w, scaled, activations):
    out = view / 127.5 - 1 if scaled else view.astype(np.float64)
    for name, stride in (('conv1', 4), ('conv2', 2)):
        out = convolved(out, w[name + '/kernel'], w[name + '/bias'], stride)
        out = np.maximum(out, 0) if activations else out
    return out


@pytest.mark.parametrize('scaled, activations', [(True, True), (False, False), (True, False)])
def test_the_encoder_of_wang(scaled, activations):
    built = Built(lambda: encoders.Wang(HEIGHT, WIDTH, FEATURES, 'none', 1., scaled, activations))
    w, views = built.weights(), frames()
    assert w['conv1/kernel'].shape == (8, 8, 3, 16) and w['conv2/kernel'].shape == (4, 4, 16, 32)
    expected = [np.maximum(trunk(view, w, scaled, activations).ravel() @ w['dense/kernel'] + w['dense/bias'], 0)
                for view in views]
    assert (np.array(expected) > 0).any() and (np.array(expected) == 0).any()  # the ReLU is there
    np.testing.assert_allclose(built(views), expected, rtol=1e-4, atol=1e-4)


def test_frames_of_84_pixels_give_the_published_map():
    with tf.Graph().as_default():
        assert encoders.Convolutions(84, 84).shape == [9, 9, 32]


@pytest.mark.parametrize('across', [10, 16])
def test_both_halves_are_read_with_the_same_weights(across):
    built = Built(lambda: encoders.Halves(HEIGHT, WIDTH, across, FEATURES, 'none', 1.))
    w, views = built.weights(), frames()
    features = built(views)
    for view, found in zip(views, features):
        halves = view[:, 16 - across:16], view[:, 16:16 + across]
        expected = [(half / 127.5 - 1).ravel() @ w['dense/kernel'] + w['dense/bias'] for half in halves]
        np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-4, atol=1e-5)
    swapped = views.copy()
    swapped[:, :, 16 - across:16], swapped[:, :, 16:16 + across] = (
        views[:, :, 16:16 + across], views[:, :, 16 - across:16])
    np.testing.assert_allclose(built(swapped), np.roll(features, FEATURES, 1), rtol=1e-5)


def test_both_crops_are_read_with_the_same_weights():
    built = Built(lambda: encoders.Crops(6, 5, FEATURES, 'none', 2.))
    w, views = built.weights(), frames(shape=(2, 6, 5, 3))
    expected = [[(crop / 127.5 - 1).ravel() @ w['dense/kernel'] * 2 for crop in view] for view in views]
    np.testing.assert_allclose(built(views), np.array(expected).reshape(V, 2 * FEATURES), rtol=1e-4, atol=1e-5)


# ---- normalizers ----

ROWS = np.array([[1, 2, 3], [5, -2, 3.5], [0, 9, 4], [2, 2, 2]], np.float32)
MEAN, VARIANCE = np.array([1., -1, 2]), np.array([4., 9, .25])


class Normalized:
    """A Normalizer of three features in a session."""

    def __init__(self, kind, scale=1., learning=False):
        tf.reset_default_graph()
        with tf.variable_scope('global'):
            self.normalizer = encoders.Normalizer(kind, 3, scale)
        self.rows = tf.placeholder(tf.float32, [None, 3])
        self.out = self.normalizer(self.rows, learning)
        self.weight = tf.placeholder(tf.float32, [None, 3])
        self.gradient, = tf.gradients(tf.reduce_sum(self.out * self.weight), self.rows)
        self.statistics = tf.get_collection(encoders.STATISTICS, 'global/')
        self.move = encoders.move(self.statistics, self.normalizer.measured()) if learning else None
        self.session = tf.Session(config=session_config())
        self.session.run(tf.global_variables_initializer())

    def keep(self, *statistics):
        for variable, value in zip(self.statistics, statistics):
            variable.load(value, self.session)
        return self

    def kept(self):
        return self.session.run(self.statistics)

    def __call__(self, rows=ROWS):
        return self.session.run(self.out, {self.rows: rows})


def test_layer_normalization_is_that_of_each_row():
    out = Normalized('layer', 2.)()
    np.testing.assert_allclose(out.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(out.std(1), [2, 2, 2, 0], rtol=1e-3)  # of numbers all alike nothing can be made
    np.testing.assert_allclose(np.argsort(out, 1)[:3], np.argsort(ROWS, 1)[:3])


def test_none_scales_only():
    np.testing.assert_allclose(Normalized('none', 3.)(), ROWS * 3)
    assert Normalized('none').statistics == []


@pytest.mark.parametrize('learning', [False, True])
def test_batch_normalization_uses_what_is_kept_in_learning_as_in_acting(learning):
    network = Normalized('batch', 2., learning).keep(MEAN, VARIANCE)
    np.testing.assert_allclose(network(), 2 * (ROWS - MEAN) / np.sqrt(VARIANCE), rtol=1e-4, atol=1e-4)


def test_the_gradient_goes_through_the_mean_and_deviation_of_the_rollout():
    network = Normalized('batch', 2., True).keep(MEAN, VARIANCE)
    weight = np.random.RandomState(0).randn(*ROWS.shape)
    found = network.session.run(network.gradient, {network.rows: ROWS, network.weight: weight})
    rows, step = ROWS.astype(np.float64), 1e-5
    stretch = np.sqrt((rows.var(0) + 1e-5) / (VARIANCE + 1e-5))  # of the rollout as it is, whatever the step

    def total(changed):
        return (2 * (changed - changed.mean(0)) / np.sqrt(changed.var(0) + 1e-5) * stretch * weight).sum()
    for place in np.ndindex(*rows.shape):
        above, below = rows.copy(), rows.copy()
        above[place] += step
        below[place] -= step
        assert found[place] == pytest.approx((total(above) - total(below)) / (2 * step), rel=1e-3, abs=1e-4)


def test_statistics_begin_as_those_of_the_first_rollouts_and_then_follow_slowly():
    network = Normalized('batch', learning=True)
    seen = [ROWS * (k + 1) + k for k in range(60)]
    means, variances = [rows.mean(0) for rows in seen], [rows.var(0) for rows in seen]
    mean, variance = 0., 1.
    for k, rows in enumerate(seen):
        network.session.run(network.move, {network.rows: rows})
        rate = max(.2, 1 / (k + 1))
        mean, variance = mean + rate * (means[k] - mean), variance + rate * (variances[k] - variance)
        if k == 4:
            np.testing.assert_allclose(network.kept()[0], np.mean(means[:5], 0), rtol=1e-4)
            np.testing.assert_allclose(network.kept()[1], np.mean(variances[:5], 0), rtol=1e-4)
    np.testing.assert_allclose(network.kept()[0], mean, rtol=1e-4)
    np.testing.assert_allclose(network.kept()[1], variance, rtol=1e-4)
    assert network.kept()[2] == 60


# ---- in the network ----

def test_workers_act_on_the_statistics_that_they_learn_with():
    tf.reset_default_graph()
    settings = dict(encoder=lambda: encoders.Crops(4, 4, 3, 'batch', 1.), unroll=2,
                    memory=lambda encoder: OneLSTM(encoder.size, Columns(2), 5))
    spec = Spec(2, (2, 4, 4, 3), np.uint8, 2)
    shared = AC_Network(spec, 'global', **settings)
    workers = [AC_Network(spec, 'worker_%d' % k, tf.train.GradientDescentOptimizer(.0), **settings) for k in range(2)]
    views = frames(shape=(2, 4, 4, 3), count=3)
    inputs = Inputs(np.full((2, 3), -1, np.int32), np.zeros((2, 3)), np.zeros((2, 3)))
    unroll = Unroll(views, [[0, 1, 2], [2, 1, 0]], inputs, shared.get_initial_state(3), np.zeros((2, 3)), np.ones((2, 3)),
                    np.zeros((2, 3)), 0)
    with tf.Session(config=session_config()) as session:
        session.run(tf.global_variables_initializer())
        for worker in workers:
            worker.pull(session)
        raw = workers[0].encode(session, views)  # nothing is kept yet: mean 0, variance 1
        workers[0].train(session, unroll)
        rows = raw.reshape(6, 3)
        expected = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + 1e-5)
        np.testing.assert_allclose(workers[0].encode(session, views).reshape(6, 3), expected, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(shared.encode(session, views), workers[0].encode(session, views), rtol=1e-5)
        np.testing.assert_allclose(workers[1].encode(session, views), raw, rtol=1e-5)  # has not looked yet
        workers[1].pull(session)
        np.testing.assert_allclose(workers[1].encode(session, views).reshape(6, 3), expected, rtol=1e-3, atol=1e-4)
    assert len(shared.variables) == len(shared.local_vars) + 3
    assert not {v.op.name for v in shared.local_vars} & {v.op.name for v in tf.get_collection(encoders.STATISTICS)}


def test_two_workers_that_are_first_at_once_leave_no_negative_variance():
    """Each of the two first rollouts replaces what there was; added one after the other they would take the first 1 off twice."""
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        shared = [tf.get_variable(name, shape, initializer=start) for name, shape, start in (
            ('mean', [2000], tf.zeros_initializer()), ('variance', [2000], tf.ones_initializer()), ('rollouts', [], tf.zeros_initializer()))]
        both = [encoders.move(shared, [tf.zeros([2000]), tf.fill([2000], value), tf.ones([])]) for value in (.1, .2)]
        for _ in range(100):
            session.run(tf.global_variables_initializer())
            session.run(both)
            variance = session.run(shared[1])
            assert variance.min() > .09 and variance.max() < .21
