"""What can hang on the psychlab screen: the fixation cross and the images of a dataset folder, as Pictures."""
import functools
import os

import numpy as np

DUMMY = 'dummy'  # the dataset of plain colours, without files
IMAGE_SIZE = 256  # pixels along each side of a dataset's file
SHOWN_SIZE = 204  # the same on the surface: int(.4 * 512)
LEFT_CORNER, RIGHT_CORNER = (25, 153), (281, 153)  # (column, row) of an image's first pixel on the surface
CROSS_SIZE, CROSS_CORNER, CROSS_BARS = 51, (230, 230), slice(19, 32)
MARGIN = 2  # black pixels kept around a picture, so that its edge is blended with the black surface


class Picture(object):
    """Something that hangs on the surface. Two are the same only if they are one object: cameras keep what they saw.

    pixels: uint8 [height, width, 3] with the margin. box: (left, top, width, height) of it in surface pixels.
    """

    __slots__ = 'pixels', 'box'

    def __init__(self, pixels, box):
        self.pixels, self.box = pixels, box

    def __deepcopy__(self, memo):  # nobody changes a Picture: copies of a lab share it, and what cameras keep of it
        return self


def picture(pixels, corner):
    """A Picture of `pixels` (uint8 [h, w, 3]) whose first pixel lies at `corner` (column, row) of the surface."""
    framed = np.pad(pixels, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), 'constant')
    return Picture(framed, (corner[0] - MARGIN, corner[1] - MARGIN, framed.shape[1], framed.shape[0]))


def _cross():
    pixels = np.zeros((CROSS_SIZE, CROSS_SIZE, 3), np.uint8)
    pixels[CROSS_BARS, :, 0] = pixels[:, CROSS_BARS, 0] = 255
    return picture(pixels, CROSS_CORNER)


CROSS = _cross()


@functools.lru_cache(maxsize=None)
def _overlaps(source, target):
    """float64 [target, source]: how much of pixel j of the source lies in pixel i of the target; row sums are `source`.

    Along a line of source * target ticks a pixel of the source spans `target` ticks and one of the target `source`.
    """
    ours, theirs = np.arange(target)[:, None] * source, np.arange(source) * target
    shared = np.minimum(ours + source, theirs + target) - np.maximum(ours, theirs)
    return np.maximum(shared, 0).astype(np.float64)


def shrink(image):
    """uint8 [256, 256, 3] -> uint8 [204, 204, 3]: averaged over areas and cut to integers, as the lab does.

    Only whole numbers, below 2 ** 53, are added up, so that no order of summation changes the result.
    """
    overlaps = _overlaps(IMAGE_SIZE, SHOWN_SIZE)
    channels = np.ascontiguousarray(image.transpose(2, 0, 1), np.float64)
    total = np.matmul(np.matmul(overlaps, channels), overlaps.T)
    return np.ascontiguousarray((total / IMAGE_SIZE ** 2).astype(np.uint8).transpose(1, 2, 0))


def _path(dataset, index):
    return os.path.join(dataset, '%04d.png' % index)


def _dummy(index):
    """The dataset 'dummy': plain colours without files, no two alike among 13 ** 3 = 2,197 numbers in a row."""
    code = index * 1420 % 13 ** 3  # 1420 is 8 5 3 to the base of 13: the next number is far off in red, green and blue
    colour = [39 + 18 * (code // 13 ** place % 13) for place in range(3)]
    return np.full((SHOWN_SIZE, SHOWN_SIZE, 3), colour, np.uint8)


def _read(path):
    from PIL import Image  # only labs with files need it
    if not os.path.exists(path):
        raise RuntimeError('Failed to start environment - "Image not found: %s (put it there, or set trainBatch and '
                           'testBatch to the number of images the folder has)"' % path)
    try:
        with Image.open(path) as image:
            image.load()
            mode, size = image.mode, image.size
            pixels = np.array(image)
    except Exception as error:
        raise RuntimeError('Failed to start environment - "Image %s cannot be read: %s"' % (path, error))
    if mode != 'RGB' or size != (IMAGE_SIZE, IMAGE_SIZE):
        raise RuntimeError('Failed to start environment - "Image %s is %dx%d %s: it must be %dx%d RGB"'
                           % ((path,) + size + (mode, IMAGE_SIZE, IMAGE_SIZE)))
    return shrink(pixels)


@functools.lru_cache(maxsize=4096)
def _both_sides(dataset, index, version):
    pixels = _dummy(index) if dataset == DUMMY else _read(_path(dataset, index))
    left = picture(pixels, LEFT_CORNER)
    return left, Picture(left.pixels, (RIGHT_CORNER[0] - MARGIN,) + left.box[1:])


def image_pair_side(dataset, index):
    """(Picture on the left, Picture on the right) of image `index`, counted from 1, of the folder `dataset` or 'dummy'.

    A file is read once, and again if it changes. Raises RuntimeError that names the file where it is missing,
    unreadable, or not 256x256 RGB.
    """
    version = None
    if dataset != DUMMY:
        try:
            stat = os.stat(_path(dataset, index))
            version = stat.st_mtime_ns, stat.st_size, stat.st_ino
        except OSError:
            pass  # _read says what is wrong; a failure is not kept
    return _both_sides(dataset, index, version)
