"""Reads one picture of one's own, whatever its size, kind and depth, as an image that the lab can show."""
import cv2
import numpy as np
from PIL import Image

from meta_rl.config import ConfigError
from meta_rl.images.drawing import SIDE
from meta_rl.psychlab import files

MEND = 'replace it or take it out of the folder.'
STRIP = 1024  # rows of a picture that are worked on at once: some modes take 16 bytes a pixel on the way
ORIENTATION = 0x0112  # the tag of EXIF
TURNS = {2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE, 6: Image.ROTATE_270,
         7: Image.TRANSVERSE, 8: Image.ROTATE_90}  # how to undo each orientation
# What a file that is called .png or .jpg is as well, by its first bytes and those from the fifth on.
OTHERS = ((b'GIF8', b'', 'a GIF'), (b'RIFF', b'', 'a WebP'), (b'BM', b'', 'a BMP'), (b'II*\0', b'', 'a TIFF'),
          (b'MM\0*', b'', 'a TIFF'), (b'', b'ftyp', 'a HEIC or AVIF'), (b'<', b'', 'HTML or SVG'), (b'%PDF', b'', 'a PDF'),
          (b'version https://git-lfs', b'', 'a pointer of Git LFS'))


class DatasetError(ConfigError):
    """The pictures cannot be used as they are; the message names the file and says what to do."""


def read(path):
    """The picture at `path`, PNG or JPEG: uint8 [256, 256, 3], RGB.

    It is turned as its EXIF says, laid on black where it is transparent, cropped to its central square and resized.
    Raises: DatasetError that names it, with the reason.
    """
    try:
        with files.opened(path, ('PNG', 'JPEG')) as picture:
            picture.draft(None, (2 * SIDE, 2 * SIDE))  # a big JPEG is decoded at a fraction of its size, several times faster
            square = _square(_turned(picture))
    except Exception as error:  # of a broken file Pillow raises anything: OSError, SyntaxError, struct.error, ...
        raise DatasetError(f'{path} cannot be read as PNG or JPEG ({_reason(path, error)}): {MEND}') from error
    return cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA if len(square) > SIDE else cv2.INTER_CUBIC)


def _turned(picture):
    """A PIL image, decoded, the right way up."""
    picture.load()
    try:
        turn = TURNS.get(picture.getexif().get(ORIENTATION))
    except Exception:  # of EXIF that is none, in which nothing says that it is to be turned
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _square(picture):
    """The central square of a PIL image: uint8 [side, side, 3]."""
    (width, height), side = picture.size, min(picture.size)
    left, top = (width - side) // 2, (height - side) // 2
    square = np.empty((side, side, 3), np.uint8)
    for row in range(0, side, STRIP):
        below = min(row + STRIP, side)
        strip = _on_black(picture.crop((left, top + row, left + side, top + below)))
        # Not by asarray, of which older Pillows leave the bytes to the garbage collector, which comes late.
        square[row:below] = np.frombuffer(strip.tobytes(), np.uint8).reshape(below - row, side, 3)
    return square


def _on_black(picture):
    if picture.mode.startswith('I'):  # 16-bit grey, which convert() would clip instead of scale
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ('RGBA', 'LA', 'PA') or 'transparency' in picture.info:
        picture = Image.alpha_composite(Image.new('RGBA', picture.size, 'black'), picture.convert('RGBA'))
    return picture.convert('RGB')


def _reason(path, error):
    if isinstance(error, files.NoPicture):
        return str(error)
    if getattr(error, 'strerror', None):
        return error.strerror
    try:
        with open(path, 'rb') as file:
            head = file.read(32)
    except OSError as other:
        return other.strerror
    if not head:
        return 'empty'
    named = [name for first, fifth, name in OTHERS if head.startswith(first) and head[4:].startswith(fifth)]
    return f'it is {named[0]}' if named else 'broken, cut short or of another format'
