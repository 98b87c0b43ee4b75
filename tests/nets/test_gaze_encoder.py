"""What the encoder of the gaze learns of images without any reward: Barlow Twins."""
import numpy as np
import pytest

from meta_rl.envs.gaze import Fovea
from meta_rl.nets import gaze_encoder
from meta_rl.nets.gaze_encoder import GazeEncoder
from meta_rl.tf_compat import session_config, tf

H, W, FEATURES, V = 5, 8, 3, 40


class Twins:
    """GazeEncoder.twins of a fovea of so many columns on either side, in a session."""

    def __init__(self, half, lit=False):
        tf.reset_default_graph()
        tf.set_random_seed(1)
        self.fovea, self.lit = Fovea(1, 4, half), lit
        encoder = GazeEncoder(H, W, self.fovea, FEATURES, 1., 4, lit=lit)
        self.views, self.counts = tf.placeholder(tf.uint8, [None, H, W, 3]), tf.placeholder(tf.float32, [None])
        self.loss = encoder.twins(self.views, self.counts)
        self.kernel, = [variable for variable in tf.trainable_variables() if variable.op.name == 'dense/kernel']
        self.gradient, = tf.gradients(self.loss, self.kernel)
        self.session = tf.Session(config=session_config())
        self.session.run(tf.global_variables_initializer())

    def __call__(self, what, views, counts):
        return self.session.run(what, {self.views: views, self.counts: counts})

    def expected(self, views, counts):
        """The same, slowly, from the definition: views are moved, and the columns beside the edge are those at the edge."""
        top, bottom, half = self.fovea
        kernel, middle = self.session.run(self.kernel).astype(float), W // 2

        def features(shift):
            rows = []
            for view, count in zip(views / 127.5 - 1, counts):
                columns = np.clip(np.arange(W) + shift, 0, W - 1)
                for first in (middle - half, middle):
                    here, moved = (view[top:bottom][:, order][:, first:first + half] for order in (range(W), columns))
                    rows += [moved.ravel() @ kernel] * (count if here.mean() > -.9 or not self.lit else 0)
            return np.array(rows)
        loss = 0.
        for shift in (-1, 1):
            both = np.corrcoef(features(0).T, features(shift).T)[:FEATURES, FEATURES:]
            for i in range(FEATURES):
                for j in range(FEATURES):
                    loss += ((1 - both[i, j]) ** 2 if i == j else gaze_encoder.APART * both[i, j] ** 2) / FEATURES / 2
        return loss


def shown(seed):
    random = np.random.RandomState(seed)
    return random.randint(256, size=(V, H, W, 3)).astype(np.uint8), random.randint(3, size=V)


@pytest.mark.parametrize('half, lit', [(3, False), (4, False), (3, True)])
def test_the_loss_is_that_of_its_definition(half, lit, monkeypatch):
    monkeypatch.setattr(gaze_encoder, 'APART', .7)  # or what features have in common would hardly show
    twins, (views, counts) = Twins(half, lit), shown(0)
    views[::3, :, :W // 2] //= 60  # dark
    found = twins(twins.loss, views, counts)
    assert found == pytest.approx(twins.expected(views, counts), rel=1e-3) and found > .1


def test_it_is_nothing_where_too_few_images_were_shown():
    twins, (views, _) = Twins(3), shown(1)
    for counts in (np.zeros(V), np.arange(V) < 5):
        assert twins(twins.loss, views, counts) == 0 and not twins(twins.gradient, views, counts).any()


def test_learning_it_makes_features_that_a_small_movement_leaves_as_they_are():
    """Of views whose columns are alike by twos there are such features, and of chance ones none."""
    twins, (views, counts) = Twins(3), shown(2)
    smooth = np.repeat(views[:, :, ::4], 4, 2)
    first = twins(twins.loss, smooth, counts)
    for _ in range(300):
        twins.kernel.load(twins.session.run(twins.kernel) - .3 * twins(twins.gradient, smooth, counts), twins.session)
    assert twins(twins.loss, smooth, counts) < .3 * first
