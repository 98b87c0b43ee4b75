"""The encoder of the gaze agent: what images show, and where the gaze is."""
import numpy as np

from meta_rl.nets.encoders import Dense, Encoder, floats, weights
from meta_rl.nets.inputs import fixation_paid
from meta_rl.tf_compat import tf

FAR = 5.  # deviations of a feature that are told apart


class GazeEncoder(Encoder):
    """Two kinds of features, side by side: first what images are like, then where the gaze is.

    The first are read from both halves of the view by the same weights, and normalized over the views that show images to a gaze
    on the cross, which are those whose fixation was just paid.

    Args:
      height, width: int, of a view, uint8 [h, w, 3].
      fovea: Fovea (see envs/gaze.py), the rows and columns of a view in which images are read.
      features: int, of an image; scale: float, their deviation.
      places: int, features of where the gaze is. They are read from pairs of columns of the whole view.
      fine: bool, and from single columns of the fovea's rows. Pairs of columns are as wide as the box of the cross.
    Attributes: what, where: int, how many there are of each kind.
    """

    view_dtype = tf.uint8

    def __init__(self, height, width, fovea, features, scale, places, fine=False):
        self.view_shape, self.what, self.where = [height, width, 3], 2 * features, places
        self.size = self.what + places
        self._fovea, self._middle, self._scale = fovea, width // 2, scale
        self._dense = Dense((fovea.bottom - fovea.top) * fovea.half * 3, features, 'batch', scale)
        self._halved = height, width // 2, 2, 3
        self._fine = fine
        seen = height * (width // 2) + fine * (fovea.bottom - fovea.top) * width
        self._kernel, self._bias = weights('where', [seen * 3, places])
        self.normalize = self._dense.normalize

    @property
    def image_features(self):
        return self.what

    def counted(self, inputs):
        return fixation_paid(inputs)

    def __call__(self, views, learning, counts=None):
        pixels = floats(views, True)
        top, bottom, half = self._fovea
        left, middle, right = self._middle - half, self._middle, self._middle + half
        halves = tf.stack([pixels[:, top:bottom, left:middle], pixels[:, top:bottom, middle:right]], 1)
        counted = None if counts is None else tf.reshape(tf.stack([counts, counts], 1), [-1])
        what = tf.reshape(self._dense(halves, learning, counted), [-1, self.what])
        what = tf.clip_by_value(what, -FAR * self._scale, FAR * self._scale)
        coarse = tf.reduce_mean(tf.reshape(pixels, (-1,) + self._halved), 3)
        seen = [coarse, pixels[:, top:bottom]] if self._fine else [coarse]
        seen = tf.concat([tf.reshape(part, [-1, int(np.prod(part.shape[1:]))]) for part in seen], 1)
        where = tf.nn.relu(tf.matmul(seen, self._kernel) + self._bias)
        return tf.concat([what, where], 1)
