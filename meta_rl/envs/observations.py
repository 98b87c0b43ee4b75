"""What the network is shown of a frame."""
import cv2
import numpy as np

from meta_rl.images.dataset import DatasetError
from meta_rl.psychlab import pictures
from meta_rl.psychlab.scene import camera

# A real frame differs from the camera model by .33/255 in the mean over an image, 5/255 at the worst pixel (measured on
# DeepMind Lab); two images of a drawn set differ by at least 30/255. What is farther away than this is not that image.
TOLERANCE = 3.  # mean absolute difference, of 255
FACING = camera.degrees_to_shorts(90)  # the yaw from which decisions are made
# Saccades end within 140 shorts (.8 degrees, half a pixel of 84) of it (measured, at 64 to 320 pixels and 8 to 120
# frames a second): images are compared as they look from every 16th short as well, and in the end from every single one.
# In smaller frames half a pixel is more.
TURNED, COARSE = 160, 16
KEPT = 2 ** 26  # bytes, on each side, of what has been looked up
RIVALS = 8  # images that are compared so closely: those that look most like it from FACING


def turned(width):
    """int: shorts by which a viewer may be turned away, in frames of `width` pixels."""
    return max(TURNED, -(-TURNED * 84 // (width * COARSE)) * COARSE)


class UnknownImage(RuntimeError):
    """The frame does not show two images of the set, one on each side."""


class ImageIndex:
    """Finds which image of a set each side of a frame shows, by matching its pixels against how the lab shows each image.

    Args:
      dataset: folder of %04d.png, or 'dummy' (see psychlab.pictures).
      count: int, N: images 1..N of it are the set.
      width, height: int, pixels of the frames.
    Raises: DatasetError if two images of the set cannot be told apart at this size.

    The viewer must face the screen (yaw 90, pitch 0) within `turned` shorts. An image has the same index on both sides.
    """

    def __init__(self, dataset, count, width, height):
        self._camera, self._kept = camera.camera(width, height), {}
        self._offsets = range(-turned(width), turned(width) + 1, COARSE)
        self._pairs = pairs = [pictures.image_pair_side(dataset, number) for number in range(1, count + 1)]
        self._places, self._shown, self._known = [], [], []
        for side in range(2):
            patches = [self._camera.patch(0, FACING, 0., pair[side]) for pair in pairs]  # labs need the same
            self._places.append(patches[0][0])
            self._shown.append(np.stack([pixels for _, pixels in patches]))  # uint8 [N, h, w, 3]
            known = {}
            for index, (_, pixels) in enumerate(patches):
                twin = known.setdefault(pixels.tobytes(), index)
                if twin != index:
                    raise DatasetError('Images %d and %d look the same in frames of %dx%d pixels: replace one of them.' % (
                        twin + 1, index + 1, width, height))
            self._known.append(known)
        self.count = count

    def __call__(self, frame):
        """(left, right): the indices, in 0..N-1, of the images that `frame` (uint8 [H, W, 3], RGB) shows.

        Raises: UnknownImage where a side shows no image, or none of the set.
        """
        return self._find(frame, 0), self._find(frame, 1)

    def _find(self, frame, side):
        part = frame[self._places[side]].copy()  # tobytes of what does not lie in one piece takes twenty times as long
        index = self._known[side].get(part.tobytes())
        return self._nearest(part, side) if index is None else index

    def _nearest(self, part, side):
        if not part.any():
            raise UnknownImage('There is no image on the {} of the frame.'.format(('left', 'right')[side]))
        distances = self._distances(part, self._shown[side])
        rivals = np.argsort(distances, kind='mergesort')[:RIVALS].tolist()
        nearest, least = rivals[0], distances[rivals[0]]
        if least > TOLERANCE or distances[rivals[1:2]].min(initial=np.inf) < 2 * least:
            nearest, least = self._nearest_turned(part, side, rivals)
        if least > TOLERANCE:
            raise UnknownImage('What is on the %s of the frame is no image of the set: the nearest, number %d, differs by '
                               '%.1f/255 in the mean.' % (('left', 'right')[side], nearest + 1, least))
        if len(self._known[side]) * part.size < KEPT:  # a lab that renders alike every time fills a part of it at most
            self._known[side][part.tobytes()] = nearest
        return nearest

    def _distances(self, part, shown):
        """Mean absolute differences, float64 [N], of `part`, uint8 [h, w, 3], from each of `shown`, uint8 [N, h, w, 3]."""
        part = np.ascontiguousarray(part).reshape(1, -1)
        sums, _ = cv2.batchDistance(shown.reshape(len(shown), -1), part, cv2.CV_32S, normType=cv2.NORM_L1, K=1)
        return sums[:, 0] / part.size

    def _nearest_turned(self, part, side, rivals):
        """(index, distance) of the nearest of the images `rivals`, as they look to a viewer who is turned a little."""
        offsets = self._offsets
        coarse = []
        for index in rivals:
            if (index, side) not in self._kept:
                if len(self._kept) * len(offsets) * part.size > KEPT:
                    self._kept.clear()
                self._kept[index, side] = np.stack([self._look(index, side, offset) for offset in offsets])
            distances = self._distances(part, self._kept[index, side])
            coarse.append((distances.min(), index, offsets[distances.argmin()]))
        coarse.sort()
        least, nearest, _ = coarse[0]
        if least <= TOLERANCE and (len(coarse) == 1 or coarse[1][0] >= 2 * least):
            return nearest, least
        fine = []
        for _, index, offset in [one for one in coarse if one[0] < 2 * least + 1]:
            around = range(offset - COARSE, offset + COARSE + 1)
            shown = np.stack([self._look(index, side, near) for near in around])
            fine.append((self._distances(part, shown).min(), index))
        return min(fine)[::-1]

    def _look(self, index, side, offset):
        """The place of a side, uint8 [h, w, 3], when an image is there and the viewer turned left by `offset` shorts."""
        frame = np.zeros((self._camera.height, self._camera.width, 3), np.uint8)
        where, pixels = self._camera.view(0, FACING + offset, 0.).patch(self._pairs[index][side])
        frame[where] = pixels
        return frame[self._places[side]]


class OneHot:
    """Observation `onehot`: float32 [2, N], row 0 the image on the left, row 1 the one on the right."""

    def __init__(self, index):
        self._index = index
        self.shape = 2, index.count

    def __call__(self, frame):
        """The observation of a frame, uint8 [H, W, 3]. Raises UnknownImage."""
        left, right = self._index(frame)
        shown = np.zeros(self.shape, np.float32)
        shown[0, left] = shown[1, right] = 1
        return shown


class Brightness:
    """Observation `brightness` of the published two-image run: float32 [2, 1], 1 on the brighter side, 0 on the other.

    Where both are as bright, as two colours may be, both are 0.
    """

    shape = 2, 1

    def __init__(self, width, height):
        view = camera.camera(width, height).view(0, FACING, 0.)
        white = np.full((pictures.SHOWN_SIZE, pictures.SHOWN_SIZE, 3), 255, np.uint8)
        self._places = [view.patch(pictures.picture(white, corner))[0]
                        for corner in (pictures.LEFT_CORNER, pictures.RIGHT_CORNER)]

    def __call__(self, frame):
        """The observation of a frame, uint8 [H, W, 3]. Raises UnknownImage where both sides are black."""
        left, right = (int(frame[place].sum()) for place in self._places)
        if left == right == 0:
            raise UnknownImage('Both sides of the frame are black: are there images on it?')
        return np.array([[left > right], [right > left]], np.float32)


class Crops:
    """Observation `crops`: uint8 [2, h, w, 3], the pixels where the left and the right image are, 21x21 each at 84x84."""

    def __init__(self, width, height):
        view = camera.camera(width, height).view(0, FACING, 0.)
        blank = np.zeros((pictures.SHOWN_SIZE, pictures.SHOWN_SIZE, 3), np.uint8)
        self._places = [view.patch(pictures.picture(blank, corner))[0]
                        for corner in (pictures.LEFT_CORNER, pictures.RIGHT_CORNER)]
        self.apart = int(self._places[1][1].start - self._places[0][1].start)  # columns from one image to the other
        self.shape = self(np.zeros((height, width, 3), np.uint8)).shape

    def __call__(self, frame):
        """The observation of a frame, uint8 [H, W, 3]."""
        return np.stack([frame[place] for place in self._places])


def pixels(frame):
    """Observation `pixels`: the frame itself, uint8 [H, W, 3]."""
    return frame


def make(config, folder):
    """The observation that a Config asks for, of the images in the dataset folder `folder`: a function of frames."""
    if config.observation == 'pixels':
        return pixels
    if config.observation == 'crops':
        return Crops(config.width, config.height)
    if config.observation == 'brightness':
        return Brightness(config.width, config.height)
    return OneHot(ImageIndex(folder, config.image_count, config.width, config.height))


def form(config):
    """(shape, dtype) of the observation that a Config asks for."""
    if config.observation == 'pixels':
        return (config.height, config.width, 3), np.uint8
    if config.observation == 'crops':
        return Crops(config.width, config.height).shape, np.uint8
    return (2, config.code_length), np.float32
