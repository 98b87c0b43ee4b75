"""The head-up display of the real lab: clock, hand, weapon, score, gadget, health and crosshair, at every frame size.

It is laid out on a grid of 640 x 480 that is stretched over the frame: a pixel shows what is at its middle. Big digits and icons
are averaged over a pixel, as the engine's mipmaps do; clock and score are not. Shapes are our own; places and colours were fitted
to frames recorded on DeepMind Lab at b1db91a.
"""
import collections
import functools
import math
import re

import cv2
import numpy as np

from .glyphs import BIG, LINES, OFFSET, PER_UNIT, STRETCH, WIDTH, WIDTHS, arc, canvas_of, mask_of, paint
from .overlay import Overlay, block

GRID_WIDTH, GRID_HEIGHT = 640., 480.

Shown = collections.namedtuple('Shown', 'hud crosshair')  # bools: which of the two are drawn

AMOUNT = '100'  # of the gadget: firing uses up nothing
AMOUNT_COLOUR, FULL_HEALTH = (255, 175, 0), 100  # health is white above it, of that colour at it and below
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
DIGIT_WIDTH, DIGIT_TOP, DIGIT_BOTTOM, AMOUNT_LEFT, HEALTH_LEFT = 32, 432, 480, 2, 187
CLOCK_RIGHT, CLOCK_TOP, CLOCK_SIZE = 635, 2, 16
SCORE_RIGHT, SCORE_TOP, SCORE_HEIGHT, SCORE_STEP = 636, 409.4, 12.8, 10
SCORE_BOX, WEAPON_BOX, HAND_BOX = (600, 640, 404, 428), (316, 356, 376, 416), (280, 312, 380, 412)
# The last two in units of the grid's width, and of its height.
ICON_LEFT, ICON_RIGHT, ICON_TOP, ICON_BOTTOM = 108, 146, (6, 432), (26.5, 438)
CROSSHAIR, CROSSHAIR_GREY = (318.5, 322, 238.5, 242), 31.
# A cell of the smallest alpha: what is averaged reaches to the edges of its box.
SPILL = .012
COARSE, FINE = 107, 209  # frames narrower than the first have the coarsest textures, from the second on the finest
TEXELS = (4, 8)  # of a big digit each way, in the narrowest frames and in wider ones; in the widest they are many


def shown(settings):
    """Shown: what a lab's settings (dict of str) leave of the display."""
    commands = dict(re.findall(r'\+set\s+(cg_\w+)\s+(\S+)', settings.get('appendCommand', '')))
    few = 'true' in (settings.get('minimalUI'), settings.get('reducedUI'))
    drawn = commands.get('cg_draw2D') != '0'
    return Shown(drawn and not few, (drawn or few) and commands.get('cg_drawCrosshair') != '0')


def clock(seconds):
    """str: the clock's text for the seconds that are left, rounded up; '' for None, a lab without a limit."""
    if seconds is None:
        return ''
    minutes, seconds = divmod(max(0, int(math.ceil(seconds - 1e-9))), 60)
    return '%d:%02d' % (minutes, seconds) if minutes else str(seconds)


def kept(make):
    """Has a function of an element keep what it made: most of them stay as they are, whatever changes beside them."""
    @functools.lru_cache(maxsize=512)
    @functools.wraps(make)
    def made(*args):
        found = make(*args)
        return found and block(*found)
    return made


def overlay(width, height, state, shown):
    """The Overlay of frames of `width` x `height`.

    Args:
      state: (seconds_left, score, health), numbers; the first is None in a lab without a limit; with an infinite one there is no clock
        either (which the real lab was not asked).
      shown: Shown.
    """
    if not shown.hud:
        return _overlay(width, height, None, 0, 0, shown)
    seconds_left, score, health = state
    if seconds_left is not None:
        seconds_left = math.ceil(seconds_left) if math.isfinite(seconds_left) else None
    return _overlay(width, height, seconds_left, abs(int(score)), int(health), shown)


@functools.lru_cache(maxsize=1024)
def _overlay(width, height, seconds, score, health, shown):
    blocks = []
    if shown.hud:
        time = clock(seconds)
        blocks = [_hand(width, height), _weapon(width, height), _score(width, height, str(score)), _icon(width, height),
                  _digits(width, height, AMOUNT, AMOUNT_LEFT, AMOUNT_COLOUR),
                  _digits(width, height, str(health), HEALTH_LEFT, WHITE if health > FULL_HEALTH else AMOUNT_COLOUR)]
        if time:
            blocks.append(_clock(width, height, time))
    return Overlay(height, blocks, _crosshair(width, height) if shown.crosshair else None)


def _pixels(width, height, left, right, top, bottom):
    """(rows, columns: slices of the pixels whose middle is in a box of the grid; y [h], x [w]: where those are), or None."""
    first, last = (int(math.ceil(edge * width / GRID_WIDTH - .5)) for edge in (left, right))
    upper, lower = (int(math.ceil(edge * height / GRID_HEIGHT - .5)) for edge in (top, bottom))
    first, upper, last, lower = max(first, 0), max(upper, 0), min(last, width), min(lower, height)
    if first >= last or upper >= lower:
        return None
    return (slice(upper, lower), slice(first, last), (np.arange(upper, lower) + .5) * GRID_HEIGHT / height,
            (np.arange(first, last) + .5) * GRID_WIDTH / width)


def _block(width, height, box, canvas, averaged=1., spill=None):
    """A block of an Overlay: what is on `canvas`, drawn for `box` of the grid, in the pixels there. None: there are none.

    averaged: float, over how many pixels each way; 0: over none.
    """
    pixels = _pixels(width, height, *box)
    if pixels is None:
        return None
    rows, columns, y, x = pixels
    if averaged:
        size = tuple(max(1, int(round(PER_UNIT * averaged * unit))) for unit in (GRID_WIDTH / width, GRID_HEIGHT / height))
        canvas = cv2.blur(canvas, size, borderType=cv2.BORDER_REPLICATE)
    x, y = np.meshgrid((x - box[0]) * PER_UNIT - .5, (y - box[2]) * PER_UNIT - .5)
    found = cv2.remap(canvas, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = found[:, :, 0]
    paint_only = found[:, :, 1:] / np.maximum(alpha, 1e-4)[:, :, None]
    colour = np.where(alpha[:, :, None] > 1e-4, paint_only, canvas[..., 1:].max((0, 1)))
    return rows, columns, np.maximum(alpha, spill or (SPILL if averaged else 0)), colour


@kept
def _digits(width, height, text, left, colour):
    box = (left, left + DIGIT_WIDTH * len(text), DIGIT_TOP, DIGIT_BOTTOM)
    canvas = canvas_of(box)
    for number, digit in enumerate(text):
        place = DIGIT_WIDTH * number + OFFSET[0], OFFSET[1]
        paint(canvas, mask_of(canvas.shape[:2], BIG.get(digit, LINES[digit]), STRETCH, place, WIDTHS.get(digit, WIDTH)), colour)
    if width >= FINE:
        return _block(width, height, box, canvas, 1.5)
    texels = TEXELS[width >= COARSE]
    one = [int(size * PER_UNIT / texels) for size in (DIGIT_WIDTH, DIGIT_BOTTOM - DIGIT_TOP)]  # which bleeds into those around it
    canvas = cv2.blur(canvas, tuple(one))
    coarse = cv2.resize(canvas, (texels * len(text), texels), interpolation=cv2.INTER_AREA)
    return _block(width, height, box, cv2.resize(coarse, canvas.shape[1::-1], interpolation=cv2.INTER_NEAREST), 0, SPILL)


def _text(canvas, text, left, top, step, scale):
    """Draws `text` with its shadow: lines times `scale`, `step` units from one character to the next."""
    for distance, colour in ((2, BLACK), (0, WHITE)):
        for number, character in enumerate(text):
            place = left + step * number + distance, top + distance
            mask = cv2.blur(mask_of(canvas.shape[:2], LINES[character], scale, place, 2.6), (PER_UNIT + 1, PER_UNIT + 1))
            paint(canvas, mask, colour)


@kept
def _clock(width, height, text):
    box = (CLOCK_RIGHT - CLOCK_SIZE * len(text), CLOCK_RIGHT, CLOCK_TOP, CLOCK_TOP + CLOCK_SIZE)
    canvas = canvas_of(box)
    _text(canvas, text, 0, 0, CLOCK_SIZE, (1, 1))
    return _cut(_block(width, height, box, canvas, averaged=0))


def _cut(found):
    """A block without the rows and columns that show nothing of it; None where nothing is left, as in the smallest frames."""
    if found is None or found[2].max() <= .01:
        return None
    rows, columns, alpha, colour = found
    y, x = (np.flatnonzero(alpha.max(axis) > .01) for axis in (1, 0))
    y, x = slice(y[0], y[-1] + 1), slice(x[0], x[-1] + 1)
    return (slice(rows.start + y.start, rows.start + y.stop), slice(columns.start + x.start, columns.start + x.stop),
            alpha[y, x], colour[y, x])


def _framed(box, edge, edge_alpha, edge_colour, fill_alpha, fill_colour):
    canvas = canvas_of(box)
    edge = int(edge * PER_UNIT)
    inside = np.zeros(canvas.shape[:2], np.float32)
    inside[edge:-edge, edge:-edge] = 1
    paint(canvas, 1 - inside, edge_colour, edge_alpha)
    paint(canvas, inside, fill_colour, fill_alpha)
    return canvas


@kept
def _score(width, height, text):
    canvas = _framed(SCORE_BOX, 2, .61, (64, 93, 236), .34, (3, 6, 253))
    box = _block(width, height, SCORE_BOX, canvas)
    letters = canvas_of(SCORE_BOX)
    left = SCORE_RIGHT - SCORE_BOX[0] - 16 - SCORE_STEP * (len(text) - 1)
    _text(letters, text, left, SCORE_TOP - SCORE_BOX[2], SCORE_STEP, (1, SCORE_HEIGHT / 16))
    if box is None:
        return None
    rows, columns, alpha, colour = box
    _, _, over, ink = _block(width, height, SCORE_BOX, letters, averaged=0)
    both = over + alpha * (1 - over)
    colour = (over[..., None] * ink + (alpha * (1 - over))[..., None] * colour) / both[..., None]
    return rows, columns, both, colour


@kept
def _weapon(width, height):
    canvas = _framed(WEAPON_BOX, 2, .42, (141, 207, 217), .04, (100, 100, 120))
    rings = [arc(14, 11, 6, 6, 0, 360), arc(29, 15, 5.5, 5.5, 0, 360), arc(8, 28, 3.2, 3.2, 0, 360),
             arc(26, 28, 6.5, 6.5, 0, 360), [(16, 16), (14, 24)], [(15, 19), (22, 22)]]
    paint(canvas, mask_of(canvas.shape[:2], rings, (1, 1), (0, 0), 2.6), (240, 185, 12), .4)
    return _block(width, height, WEAPON_BOX, canvas)


@kept
def _hand(width, height):
    canvas = canvas_of(HAND_BOX)
    fingers = [[(11, 8), (12, 18)], [(14.5, 4), (15, 18)], [(17.5, 3), (17.5, 18)], [(21, 6), (20.5, 18)], [(24, 15), (22, 24)]]
    paint(canvas, mask_of(canvas.shape[:2], fingers, (1, 1), (0, 0), 3.2), (230, 230, 230), .7)
    palm = np.zeros(canvas.shape[:2], np.uint8)
    cv2.ellipse(palm, (16 * PER_UNIT, 24 * PER_UNIT), (9 * PER_UNIT, 7 * PER_UNIT), 0, 0, 360, 255, -1, cv2.LINE_AA)
    paint(canvas, palm.astype(np.float32) / 255, WHITE)
    left, right, top, bottom = HAND_BOX
    if width >= COARSE:  # in smaller frames what is averaged fills the box, here it keeps to the hand
        start = 6 if width >= FINE else 3.5
        left, right, canvas = left + start, left + 28.1, canvas[:, int(start * PER_UNIT):int(28.1 * PER_UNIT)]
    return _block(width, height, (left, right, top, bottom), np.ascontiguousarray(canvas))


@kept
def _icon(width, height):
    """The gadget's icon, opaque. It is a solid seen in a square of its own, so it does not stretch with the frame as the rest."""
    top, bottom = (x * width / GRID_WIDTH + y * height / GRID_HEIGHT for x, y in (ICON_TOP, ICON_BOTTOM))
    pixels = _pixels(width, height, ICON_LEFT, ICON_RIGHT, top * GRID_HEIGHT / height, bottom * GRID_HEIGHT / height)
    if pixels is None:
        return None
    rows, columns, y, x = pixels
    down = ((np.arange(rows.start, rows.stop) + .5 - top) / (bottom - top))[:, None]
    across = ((x - ICON_LEFT) / (ICON_RIGHT - ICON_LEFT))[None, :]
    solid = (across < .68 + .9 * np.minimum(down, 1 - down)) & ((across - .3) ** 2 / .01 + (down - .54) ** 2 / .03 > 1)
    colour = np.array((8, 150, 246)) + across[:, :, None] * np.array((32, 40, -16)) + 0 * down[:, :, None]
    return rows, columns, solid.astype(float), colour


@kept
def _crosshair(width, height):
    """A dark dot in the middle. In frames that are not wide it is lost between the pixels (6 of 255 in four of them, at most)."""
    pixels = _pixels(width, height, *CROSSHAIR) if width >= FINE else None
    if pixels is None:
        return None
    rows, columns, y, x = pixels
    return rows, columns, np.ones((len(y), len(x))), np.full((len(y), len(x), 3), CROSSHAIR_GREY)
