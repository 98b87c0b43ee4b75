"""Opens pictures that Pillow is careful about, and nothing that is no file.

Pillow refuses pictures of many pixels and PNGs with much compressed text, as what might be made to fill the memory, and warns of
others. These are one's own pictures: what is asked for here is read, up to limits that are stated here.
"""
import contextlib
import os
import stat
import threading
import warnings

from PIL import Image, ImageFile, PngImagePlugin

MOST_PIXELS = 500 * 10 ** 6  # 2 GB while it is read; OpenCV, which resizes it, counts to 2^31 bytes
MOST_TEXT = 2 ** 28  # bytes, decompressed, of the texts and the colour profile of a PNG, none of which is used
KINDS = ((stat.S_ISDIR, 'folder'), (stat.S_ISFIFO, 'FIFO'), (stat.S_ISSOCK, 'socket'), (stat.S_ISCHR, 'device'),
         (stat.S_ISBLK, 'device'))
_LOCK = threading.RLock()  # Pillow's limits are those of the whole process


class NoPicture(ValueError):
    """What is there cannot be read as a picture; the message is the reason, some words without a capital or a full stop."""


def kind_of(path):
    """What is at `path`, links followed, where it is no regular file: 'folder', 'FIFO', 'socket', 'device'; else None.

    Raises: OSError where there is nothing. A FIFO must not even be opened: that waits until somebody writes into it.
    """
    mode = os.stat(path).st_mode
    if stat.S_ISREG(mode):
        return None
    return next((name for test, name in KINDS if test(mode)), 'special file')


@contextlib.contextmanager
def opened(path, formats):
    """A context with the picture at `path`, a PIL image that is not decoded yet.

    formats: tuple of the formats that it may have, 'PNG', 'JPEG'; None: any that Pillow knows.
    Raises: NoPicture with the reason; OSError where it cannot be read; whatever Pillow raises of a broken one.
    """
    kind = kind_of(path)
    if kind:
        raise NoPicture(f'a {kind}, no regular file')
    with _LOCK, contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter('ignore')  # of corrupt EXIF, of large pictures, of palettes
        stack.enter_context(_set(Image, MAX_IMAGE_PIXELS=None))
        stack.enter_context(_set(PngImagePlugin, MAX_TEXT_CHUNK=MOST_TEXT, MAX_TEXT_MEMORY=MOST_TEXT))
        stack.enter_context(_set(ImageFile, LOAD_TRUNCATED_IMAGES=False))
        try:
            picture = stack.enter_context(Image.open(path, formats=formats))
            pixels = picture.size[0] * picture.size[1]
            if pixels > MOST_PIXELS:
                raise NoPicture('it has %.0f megapixels, and %.0f are the most that are read' % (pixels / 1e6, MOST_PIXELS / 1e6))
            yield picture
        except MemoryError:
            raise NoPicture('there is not enough memory for it')
        except ValueError as error:
            if 'MAX_TEXT' in str(error) or 'decompressed data too large' in str(error).lower():
                raise NoPicture('its texts or its colour profile are larger than %d MB' % (MOST_TEXT >> 20))
            raise


@contextlib.contextmanager
def _set(module, **values):
    before = {name: getattr(module, name) for name in values}
    for name, value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
