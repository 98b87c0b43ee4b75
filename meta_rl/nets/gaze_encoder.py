"""The encoder of the gaze agent: what images show, and where the gaze is."""
import numpy as np

from meta_rl.nets.encoders import EPSILON, FEWEST, Dense, Encoder, floats, moments, weights
from meta_rl.nets.inputs import fixation_paid
from meta_rl.tf_compat import tf

FAR = 5.  # deviations of a feature that are told apart
LIT = .05  # mean of a half that is lit, where black is 0 and white 1
APART = .01  # what two features that say the same weigh beside one that a shift changes; .005 in Zbontar et al. 2021, .1 does as well


class GazeEncoder(Encoder):
    """Two kinds of features, side by side: first what images are like, then where the gaze is.

    The first are read from both halves of the view by the same weights, and normalized over the views that show images to a gaze
    on the cross, which are those whose fixation was just paid.

    Args:
      height, width: int, of a view, uint8 [h, w, 3].
      fovea: Fovea (see envs/gaze.py), the rows and columns of a view in which images are read.
      features: int, of an image; scale: float, their deviation.
      places: int, features of where the gaze is. They are read from pairs of columns of the whole view.
      fine: bool, from single columns of the fovea instead. Pairs of columns are as wide as the box of the cross; and where the gaze is
        beside that box, the fovea shows the screen alone, whatever is around it.
      lit: bool, images are what is seen where a half of the fovea is lit, whether anything was paid or not: features of dark halves
        are zero, and they are normalized over lit ones.
    Attributes: what, where: int, how many there are of each kind.
    """

    view_dtype = tf.uint8

    def __init__(self, height, width, fovea, features, scale, places, fine=False, lit=False):
        self.view_shape, self.what, self.where = [height, width, 3], 2 * features, places
        self.size = self.what + places
        self._fovea, self._middle, self._scale = fovea, width // 2, scale
        self._dense = Dense((fovea.bottom - fovea.top) * fovea.half * 3, features, 'batch', scale)
        self._halved = height, width // 2, 2, 3
        self._fine, self._lit = fine, lit
        seen = (fovea.bottom - fovea.top) * 2 * fovea.half if fine else height * (width // 2)
        self._kernel, self._bias = weights('where', [seen * 3, places])
        self.normalize = self._dense.normalize

    @property
    def image_features(self):
        return self.what

    def counted(self, inputs):
        return tf.ones_like(fixation_paid(inputs)) if self._lit else fixation_paid(inputs)

    def __call__(self, views, learning, counts=None):
        pixels = floats(views, True)
        top, bottom, _ = self._fovea
        halves = self._halves(pixels[:, top:bottom], self._middle)
        lit = self._of_lit(halves)
        what = self._dense(halves, learning, _of_halves(counts, lit))
        what = tf.clip_by_value(what, -FAR * self._scale, FAR * self._scale)
        what = tf.reshape(what if lit is None else what * lit[:, None], [-1, self.what])
        seen = halves if self._fine else tf.reduce_mean(tf.reshape(pixels, (-1,) + self._halved), 3)
        seen = tf.reshape(seen, [-1, int(np.prod(seen.shape[1:]))])
        where = tf.nn.relu(tf.matmul(seen, self._kernel) + self._bias)
        return tf.concat([what, where], 1)

    def twins(self, views, counts):
        """float32 []: 0 where features of images stay as they are when the gaze moves a little, and no two of them say the same.

        The loss of Barlow Twins (Zbontar et al. 2021), over the features that each view would give with the gaze one column to the
        left or right. Rewards alone say little of what images look like. Of 32 features learned from them all but two said the
        same, and the gaze changed them by as much as another image did.

        Args:
          views: uint8 [V, h, w, 3]; counts: float32 [V], for how many steps each stands whose images count, see `counted`.
        """
        shown = counts > 0  # of the views of an unroll perhaps one in six
        rows = floats(tf.boolean_mask(views, shown), True)[:, self._fovea.top:self._fovea.bottom]
        often = _of_halves(tf.boolean_mask(counts, shown), self._of_lit(self._halves(rows, self._middle)))
        rows = tf.pad(rows, [[0, 0], [0, 0], [1, 1], [0, 0]], 'SYMMETRIC')
        total = tf.reduce_sum(often)

        def standard(shift):
            features = self._dense.linear(self._halves(rows, self._middle + 1 + shift))
            mean, variance = moments(features, 0, often)
            return (features - mean) / tf.sqrt(variance + EPSILON)
        here, loss = standard(0), 0.
        for shift in (-1, 1):
            correlations = tf.matmul(here * (often / tf.maximum(total, 1.))[:, None], standard(shift), transpose_a=True)
            same = tf.matrix_diag_part(correlations)
            others = tf.reduce_sum(tf.square(correlations)) - tf.reduce_sum(tf.square(same))
            loss += tf.reduce_mean(tf.square(1 - same)) + APART * others / int(here.shape[1])
        return tf.cast(total >= FEWEST, tf.float32) * loss / 2

    def _of_lit(self, halves):
        """float32 [2 V]: 1 for each half that is lit, else 0; None where that is not asked."""
        if not self._lit:
            return None
        brightness = tf.reduce_mean(halves, [2, 3, 4])
        return tf.reshape(tf.cast(brightness > 2 * LIT - 1, tf.float32), [-1])

    def _halves(self, rows, middle):
        """The fovea's halves, float32 [V, 2, rows, columns, 3], of its rows, with the gaze on the column `middle` of them."""
        half = self._fovea.half
        return tf.stack([rows[:, :, middle - half:middle], rows[:, :, middle:middle + half]], 1)


def _of_halves(counts, lit=None):
    """float32 [2 V] of what is counted, [V]: both halves of a view count alike, but for dark ones."""
    if counts is None:
        return None
    both = tf.reshape(tf.stack([counts, counts], 1), [-1])
    return both if lit is None else both * lit
