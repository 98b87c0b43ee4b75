"""What is seen -> features. V views (the different ones of an unroll), each encoded once; F features a view."""
import numpy as np

from meta_rl.tf_compat import tf

STATISTICS = 'statistics'  # the collection of what Normalizers keep: variables that no gradient changes
EPSILON = 1e-5
# A step of the running statistics towards those of one rollout. They must keep up with the weights that make the features:
# in `wang2018` the mean of a feature is .4 to .8 deviations away from its running mean even so (updates 100 to 350). With .05
# an agent of it earned nothing before 18,000 episodes, with .2 before 11,000: one run each.
MOVE = .2
FEWEST = 16  # rows that must be counted for a deviation to be one


class Encoder:
    """What the encoders share.

    Attributes: view_shape, view_dtype; size, int F; normalize, a Normalizer, or None.
    """

    normalize = None

    def counted(self, inputs):
        """float32 [T * B], 1 for each step whose view the normalizer measures; None: it measures each view once."""
        return None

    @property
    def image_features(self):
        """int: how many of the features, the first ones, say what the images are like."""
        return self.size

    def __call__(self, views, learning, counts=None):
        """Features float32 [V, F].

        Args:
          views: tensor [V, ...].
          learning: bool, whether they are those of an unroll that is learned from, or of a step to be made.
          counts: float32 [V], for how many counted steps each view stands; None: see `counted`.
        """
        raise NotImplementedError


class OneHot(Encoder):
    """Codes as they are. Views float32 [V, 2, N]: the image on the left and on the right; F = 2 N."""

    def __init__(self, images):
        self.view_shape, self.view_dtype, self.size = [2, images], tf.float32, 2 * images

    def __call__(self, views, learning, counts=None):
        return tf.reshape(views, [-1, self.size])


class Embedding(OneHot):
    """The same codes through one table for both sides; F = 2 `features`.

    Args:
      images: int N.
      features: int, size of the vector that an image becomes.
      scale: float, standard deviation of the first entries: large enough for images to differ by more than anything else
        that the LSTM is told, so that looking is learnt before counting, and small enough not to saturate it.
    """

    def __init__(self, images, features, scale):
        super().__init__(images)
        self._images, self.size = images, 2 * features
        self._table = tf.get_variable('embedding', [images, features], initializer=tf.random_normal_initializer(stddev=scale))

    def __call__(self, views, learning, counts=None):
        vectors = tf.matmul(tf.reshape(views, [-1, self._images]), self._table)
        return tf.reshape(vectors, [-1, self.size])  # left beside right


class Convolutions:
    """The trunk of Wang et al. 2018: 16 filters of 8x8 every 4 pixels, 32 of 4x4 every 2, without padding.

    Args:
      height, width: int, of the frames.
      scaled: bool, pixels from -1 to 1; False: 0 to 255, as the published dev branch had them.
      activations: bool, ReLU after each; False: none, as in the published dev branch.
    """

    def __init__(self, height, width, scaled=True, activations=True):
        self._scaled, self._activations = scaled, activations
        self._layers = [(4,) + weights('conv1', [8, 8, 3, 16]), (2,) + weights('conv2', [4, 4, 16, 32])]
        self.shape = [((side - 8) // 4 + 1 - 4) // 2 + 1 for side in (height, width)] + [32]

    def __call__(self, frames):
        """float32 [V, rows, columns, 32] of frames uint8 [V, H, W, 3]."""
        out = floats(frames, self._scaled)
        for stride, kernel, bias in self._layers:
            out = tf.nn.conv2d(out, kernel, [1, stride, stride, 1], 'VALID') + bias
            if self._activations:
                out = tf.nn.relu(out)
        return out


class Dense:
    """One dense layer, normalized: float32 [M, features] of [M, inputs]. See Normalizer for other arguments."""

    def __init__(self, inputs, features, normalizer, scale):
        self.inputs, self.features = inputs, features
        self._kernel, self._bias = weights('dense', [inputs, features])
        self.normalize = Normalizer(normalizer, features, scale)

    def linear(self, rows):
        """float32 [M, features], not normalized."""
        return tf.matmul(tf.reshape(rows, [-1, self.inputs]), self._kernel) + self._bias

    def __call__(self, rows, learning, counted=None):
        return self.normalize(self.linear(rows), learning, counted)


class Wang(Encoder):
    """The encoder of Wang et al. 2018: Convolutions over the whole frame, then one dense layer; F = `features`.

    Without a normalizer a ReLU follows, as published. With one there is none: it would throw half of the differences
    between images away again.

    Args:
      height, width, scaled, activations: see Convolutions.
      features: int (256 as published).
      normalizer, scale: see Normalizer.
    """

    view_dtype = tf.uint8

    def __init__(self, height, width, features, normalizer, scale, scaled=True, activations=True):
        self.view_shape, self.size = [height, width, 3], features
        self._trunk = Convolutions(height, width, scaled, activations)
        self._dense = Dense(int(np.prod(self._trunk.shape)), features, normalizer, scale)
        self.normalize, self._plain = self._dense.normalize, normalizer == 'none'

    def __call__(self, views, learning, counts=None):
        features = self._dense(self._trunk(views), learning)
        return tf.nn.relu(features) if self._plain else features


class Halves(Encoder):
    """Reads both halves of the screen with the same weights, one linear map; F = 2 `features`.

    Args:
      height, width: int, of the frames.
      across: int, columns of a half: those on the left of the middle are one, those on the right the other. Both show their
        image in the same place if this is how far apart the images are.
      features, normalizer, scale, scaled: see Wang.
    """

    view_dtype = tf.uint8

    def __init__(self, height, width, across, features, normalizer, scale, scaled=True):
        self.view_shape, self.size = [height, width, 3], 2 * features
        self._middle, self._across, self._scaled = width // 2, across, scaled
        self._dense = Dense(height * across * 3, features, normalizer, scale)
        self.normalize = self._dense.normalize

    def __call__(self, views, learning, counts=None):
        left, middle, right = self._middle - self._across, self._middle, self._middle + self._across
        halves = tf.stack([views[:, :, left:middle], views[:, :, middle:right]], 1)
        return tf.reshape(self._dense(floats(halves, self._scaled), learning), [-1, self.size])


class Crops(Encoder):
    """One linear map for both images. Views uint8 [V, 2, h, w, 3]: the image on the left and on the right; F = 2 `features`.

    Args:
      height, width: int, h and w.
      features: int, of an image.
      normalizer, scale: see Normalizer.
    """

    view_dtype = tf.uint8

    def __init__(self, height, width, features, normalizer, scale):
        self.view_shape, self.size = [2, height, width, 3], 2 * features
        self._dense = Dense(height * width * 3, features, normalizer, scale)
        self.normalize = self._dense.normalize

    def __call__(self, views, learning, counts=None):
        return tf.reshape(self._dense(floats(views, True), learning), [-1, self.size])


class Normalizer:
    """Makes features differ between images, at a scale that the LSTM cannot overlook.

    'batch' takes off each feature's mean over images and divides by its deviation (Ioffe & Szegedy 2015): what all frames
    have in common, which is most of what a convolution sees, is gone. Decisions are made on few frames and learned from on
    many, so both use the same running statistics, and only the gradient goes through those of the rollout (batch
    renormalization, Ioffe 2017, without its limits). 'layer' does so over the features of one view (Ba et al. 2016), 'none'
    leaves them as they are.

    Args:
      kind: 'batch', 'layer' or 'none'.
      size: int, features.
      scale: float, the deviation that they are given.
    """

    def __init__(self, kind, size, scale):
        self._kind, self._scale, self._moments = kind, scale, None
        if kind == 'batch':
            with tf.variable_scope('statistics'):
                kept = {'trainable': False, 'collections': [tf.GraphKeys.GLOBAL_VARIABLES, STATISTICS]}
                self._mean = tf.get_variable('mean', [size], initializer=tf.zeros_initializer(), **kept)
                self._variance = tf.get_variable('variance', [size], initializer=tf.ones_initializer(), **kept)
                tf.get_variable('rollouts', [], initializer=tf.zeros_initializer(), **kept)  # that are in them

    def __call__(self, features, learning, counted=None):
        """float32 [M, size] of the same. counted: float32 [M], how often
        'batch' measures each; None: all once."""
        if self._kind == 'layer':
            mean, variance = moments(features, 1)
            return (features - mean) / tf.sqrt(variance + EPSILON) * self._scale
        if self._kind == 'none':
            return features * self._scale
        running = tf.sqrt(self._variance + EPSILON)
        if not learning:
            return (features - self._mean) / running * self._scale
        mean, variance = self._moments = moments(features, 0, counted)
        self._measured = tf.ones([]) if counted is None else tf.cast(tf.reduce_sum(counted) >= FEWEST, tf.float32)
        deviation = tf.sqrt(variance + EPSILON)
        # What comes out is (features - running mean) / running deviation all the same: to the gradient alone are these two
        # constants.
        stretch, shift = tf.stop_gradient(deviation / running), tf.stop_gradient((mean - self._mean) / running)
        return ((features - mean) / deviation * stretch + shift) * self._scale

    def measured(self):
        """What a rollout tells of each statistic: float32 [size], [size] and [], the last of which only counts."""
        return [tf.reshape(moment, [-1]) for moment in self._moments] + [self._measured]


def move(shared, measured):
    """Operation that moves `shared`, the statistics of the shared network, towards what a Normalizer `measured`."""
    mean, variance, rollouts = shared
    rate = tf.maximum(MOVE, 1 / (rollouts + 1))  # the first rollouts count alike: nothing is left of the initial values
    rate *= measured[-1]
    # Not by adding: two workers that read the same `old` would take it off twice, and the first variances, of 1, become negative.
    steps = [old.assign(old + rate * (new - old)) for old, new in zip((mean, variance), measured)]
    with tf.control_dependencies(steps):
        return rollouts.assign_add(measured[-1])


def moments(rows, axis, counted=None):
    """(mean, variance) of float32 [M, F] along an axis, which stays. counted: float32 [M], how often each row is; None: once."""
    if counted is not None:
        shares = counted[:, None] / tf.maximum(tf.reduce_sum(counted), 1.)
        mean = tf.reduce_sum(rows * shares, axis, keepdims=True)
        return mean, tf.reduce_sum(tf.square(rows - mean) * shares, axis, keepdims=True)
    mean = tf.reduce_mean(rows, axis, keepdims=True)
    return mean, tf.reduce_mean(tf.square(rows - mean), axis, keepdims=True)


def weights(name, shape):
    """A kernel (Glorot & Bengio 2010) and a bias of zeros."""
    with tf.variable_scope(name):
        return (tf.get_variable('kernel', shape, initializer=tf.glorot_uniform_initializer()),
                tf.get_variable('bias', shape[-1:], initializer=tf.zeros_initializer()))


def floats(views, scaled):
    pixels = tf.cast(views, tf.float32)
    return pixels / 127.5 - 1 if scaled else pixels
