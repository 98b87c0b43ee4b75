"""The encoder of tasks whose views are a few numbers: it leaves them as they are."""
from meta_rl.nets.encoders import Encoder
from meta_rl.tf_compat import tf


class AsItIs(Encoder):
    """Views float32 [V, F], which may have no numbers at all."""

    view_dtype = tf.float32

    def __init__(self, numbers):
        self.view_shape, self.size = [numbers], numbers

    def __call__(self, views, learning, counts=None):
        return tf.identity(views)
