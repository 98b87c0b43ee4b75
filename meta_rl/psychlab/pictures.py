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


class Picture:
    """Something that hangs on the surface. Two are the same only if they are one object: cameras keep what they saw.

    pixels: uint8 [height, width, 3] with the margin. box: (left, top, width, height) of it in surface pixels.
    """

    __slots__ = '_source', 'box'

    def __init__(self, source, box):
        self._source, self.box = source, box  # pixels, or where they come from: see _framed

    @property
    def pixels(self):
        return _framed(*self._source) if isinstance(self._source, tuple) else self._source

    def __reduce__(self):  # where it goes there may be no such file
        return Picture, (self.pixels, self.box)

    def __deepcopy__(self, memo):  # nobody changes a Picture: copies of a lab share it, and what cameras keep of it
        return self


def picture(pixels, corner):
    """A Picture of `pixels` (uint8 [h, w, 3]) whose first pixel lies at `corner` (column, row) of the surface."""
    framed = _with_margin(pixels)
    return Picture(framed, (corner[0] - MARGIN, corner[1] - MARGIN, framed.shape[1], framed.shape[0]))


def _with_margin(pixels):
    return np.pad(pixels, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), 'constant')


def _cross():
    pixels = np.zeros((CROSS_SIZE, CROSS_SIZE, 3), np.uint8)
    pixels[CROSS_BARS, :, 0] = pixels[:, CROSS_BARS, 0] = 255
    return picture(pixels, CROSS_CORNER)


CROSS = _cross()


@functools.lru_cache(maxsize=None)
def _overlaps(source, target):
    """(pixels, shares), integer arrays [K, target]: pixel i of the target covers shares[k, i] ticks of pixel pixels[k, i].

    Along a line of source * target ticks a pixel of the source spans `target` ticks and one of the target `source`.
    """
    start = np.arange(target) * source
    pixels = start // target + np.arange(-(-source // target) + 1)[:, None]
    shares = np.minimum(start + source, (pixels + 1) * target) - np.maximum(start, pixels * target)
    return np.minimum(pixels, source - 1), np.maximum(shares, 0).astype(np.int32)


def _averaged_down(lines):
    """int32 [256, ...] -> int32 [204, ...]: 256 times the means over areas."""
    pixels, shares = _overlaps(IMAGE_SIZE, SHOWN_SIZE)
    return sum(share.reshape((-1,) + (1,) * (lines.ndim - 1)) * lines[pixel] for pixel, share in zip(pixels, shares))


def shrink(image):
    """uint8 [256, 256, 3] -> uint8 [204, 204, 3]: averaged over areas and cut to integers, as the lab does.

    Only whole numbers are added up, so that it is the same everywhere. (A matrix product would do it, in as many threads as
    there are cores: on a busy machine these wait for each other for a third of a second an image.)
    """
    rows = _averaged_down(image.astype(np.int32))
    total = _averaged_down(np.ascontiguousarray(rows.transpose(1, 0, 2)))
    return np.ascontiguousarray((total // IMAGE_SIZE ** 2).astype(np.uint8).transpose(1, 0, 2))


def _path(dataset, index):
    return os.path.join(dataset, '%04d.png' % index)


def _dummy(index):
    """The dataset 'dummy': plain colours without files, no two alike among 13 ** 3 = 2,197 numbers in a row."""
    code = index * 1420 % 13 ** 3  # 1420 is 8 5 3 to the base of 13: the next number is far off in red, green and blue
    colour = [39 + 18 * (code // 13 ** place % 13) for place in range(3)]
    return np.full((SHOWN_SIZE, SHOWN_SIZE, 3), colour, np.uint8)


def _read(path):
    from . import files  # Pillow, which only labs with files need
    if not os.path.exists(path):
        raise RuntimeError(f'Failed to start environment - "Image not found: {path} (put it there, or set trainBatch and '
                           'testBatch to the number of images the folder has)"')
    try:
        with files.opened(path, None) as image:
            mode, size = image.mode, image.size
            pixels = np.array(image) if size == (IMAGE_SIZE, IMAGE_SIZE) else None
    except Exception as error:
        raise RuntimeError(f'Failed to start environment - "Image {path} cannot be read: {error}"')
    if mode != 'RGB' or size != (IMAGE_SIZE, IMAGE_SIZE):
        raise RuntimeError('Failed to start environment - "Image %s is %dx%d %s: it must be %dx%d RGB"'
                           % ((path,) + size + (mode, IMAGE_SIZE, IMAGE_SIZE)))
    return shrink(pixels)


@functools.lru_cache(maxsize=4096)  # 130 kB each
def _framed(dataset, index, version):
    return _with_margin(_dummy(index) if dataset == DUMMY else _read(_path(dataset, index)))


@functools.lru_cache(maxsize=None)  # small, and cameras know them by what they are, so that they must last
def _both_sides(dataset, index, version):
    source = dataset, index, version
    height, width, _ = _framed(*source).shape  # what is wrong with a file shows now
    return tuple(Picture(source, (left - MARGIN, top - MARGIN, width, height)) for left, top in (LEFT_CORNER, RIGHT_CORNER))


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
