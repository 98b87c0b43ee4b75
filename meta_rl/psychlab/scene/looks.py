"""Looks: surroundings drawn at random, for agents that are to learn that surroundings mean nothing.

A look has a number, and is the same wherever it is drawn and in frames of every size. It has a panorama of random colours below a
random sky, two bezels around the screen, blocks where a head-up display may be, and a dot in the middle.
"""
import functools
import random

import cv2
import numpy as np

from .overlay import Overlay, block

TRAINING, HELD_OUT = 'training', 'held-out'
LOWEST = -1.4  # slope (dz / hypot(dx, dy)) where a panorama ends; below it goes on as it ended
MOST_BLOCKS, DARKEST, BRIGHTEST = 6, 0, 60  # of a display, of the dot's grey
GRID_WIDTH, GRID_HEIGHT = 640., 480.  # that display and dot are laid out on
SCREEN_HALF, SCREEN_MIDDLE = 56., 123.  # of the screen, units, and the height of its middle


def number_of(seed, which, training, held_out):
    """int: the look of an episode. Looks 0 to `training` - 1 are for training, the `held_out` after them are held out.

    seed: int, of the episode; which: TRAINING or HELD_OUT.
    """
    drawn = random.Random('look of %d' % seed)  # a text, so that nothing else that is drawn by the seed goes along with it
    return drawn.randrange(training) if which == TRAINING else training + drawn.randrange(held_out)


class Look:
    """A drawn look: panorama (uint8 [rows, columns, 3]), sky, horizon, bezels, blocks, dot. number: int, 0 and more."""

    def __init__(self, number):
        draw = np.random.RandomState(number)

        def colour():
            return draw.randint(256, size=3)
        rows, columns = draw.randint(3, 25), draw.randint(4, 161)
        amplitude, banded = draw.uniform(), draw.randint(2)
        noise = draw.uniform(-1, 1, (rows, 1 if banded else columns, 3)) + .2 * draw.uniform(-1, 1, (rows, columns, 3)) * banded
        self.panorama = np.clip(colour() + 160 * amplitude * noise, 0, 255).astype(np.uint8)
        self.smooth = bool(draw.randint(2))  # whether its colours run into each other
        self.sky, self.horizon = colour(), draw.uniform(-.3, 1.)  # slope
        self.bezels = [(draw.uniform(0, 10), colour()) for _ in range(2)]  # widths in units, from the screen outwards
        self.blocks = []  # of (left, right, top, bottom) on the grid, colour, alpha, period of its dots (0: solid)
        for _ in range(draw.randint(MOST_BLOCKS + 1)):
            left, top = draw.uniform(0, GRID_WIDTH - 40), draw.uniform(GRID_HEIGHT * .75, GRID_HEIGHT - 20)
            box = left, min(GRID_WIDTH, left + draw.uniform(20, 120)), top, min(GRID_HEIGHT, top + draw.uniform(16, 60))
            self.blocks.append((box, colour(), draw.uniform(.4, 1), draw.uniform(8, 24) * draw.randint(2)))
        self.dot = draw.randint(DARKEST, BRIGHTEST + 1), draw.uniform(1.5, 6.)  # grey, half its width on the grid


@functools.lru_cache(maxsize=256)
def look(number):
    """The Look of a number."""
    return Look(number)


class Directions:
    """Where rays (see camera.Rays) go, whatever the look: what is kept of a pose.

    Attributes, float32 [H, W]: slope, dz / hypot(dx, dy); angle, degrees around from the x axis ([1, W] where it is the same in
    all rows); beyond, units from the edge of the screen outwards, infinite where the plane of the screen is not met.
    """

    def __init__(self, rays):
        dx, dy = np.broadcast_arrays(rays.dx, rays.dy)
        flat, self.angle = cv2.cartToPolar(dx.astype(np.float32), dy.astype(np.float32), angleInDegrees=True)
        self.slope = rays.dz.astype(np.float32) / np.maximum(flat, np.float32(1e-6))
        beyond = np.maximum(np.abs(rays.x), np.abs(rays.z - SCREEN_MIDDLE)) - SCREEN_HALF
        self.beyond = np.where(np.isnan(beyond), np.inf, beyond).astype(np.float32)


def draw(directions, number):
    """uint8 [H, W, 3]: what Directions meet in a look, the screen black."""
    this, slope = look(number), directions.slope
    rows, columns = this.panorama.shape[:2]
    row = np.clip((this.horizon - slope) * np.float32(rows / (this.horizon - LOWEST)) - np.float32(.5), 0, rows - 1)
    column = np.empty_like(slope)
    column[:] = directions.angle * np.float32(columns / 360.) - np.float32(.5)
    frame = cv2.remap(this.panorama, column, row, cv2.INTER_LINEAR if this.smooth else cv2.INTER_NEAREST,
                      borderMode=cv2.BORDER_WRAP)
    (inner, first), (outer, second) = this.bezels
    _paint(frame, slope > this.horizon, this.sky)
    for width, colour in ((inner + outer, second), (inner, first), (0, (0, 0, 0))):
        _paint(frame, directions.beyond <= width, colour)
    return frame


def _paint(frame, where, colour):
    """frame[where] = colour, in a tenth of the time."""
    plain = np.empty_like(frame)
    cv2.rectangle(plain, (0, 0), plain.shape[1::-1], tuple(map(int, colour)), cv2.FILLED)
    cv2.copyTo(plain, where.view(np.uint8), frame)


@functools.lru_cache(maxsize=1024)
def overlay(number, width, height, shown):
    """The Overlay of a look's display and dot, or of what `shown` (hud.Shown) leaves of them, in frames of `width` x `height`."""
    this = look(number)
    found = [_block(width, height, *block) for block in this.blocks] if shown.hud else []
    grey, half = this.dot
    box = GRID_WIDTH / 2 - half, GRID_WIDTH / 2 + half, GRID_HEIGHT / 2 - half, GRID_HEIGHT / 2 + half
    return Overlay(height, found, _block(width, height, box, np.full(3, grey), 1., 0.) if shown.crosshair else None)


def _block(width, height, box, colour, alpha, period):
    """A block of an Overlay: the pixels whose middle is in a box of the grid; None: there are none."""
    left, right, top, bottom = box
    x, y = (np.arange(width) + .5) * GRID_WIDTH / width, (np.arange(height) + .5) * GRID_HEIGHT / height
    columns, rows = np.flatnonzero((x >= left) & (x < right)), np.flatnonzero((y >= top) & (y < bottom))
    if not len(columns) or not len(rows):
        return None
    cover = np.full((len(rows), len(columns)), alpha)
    if period:
        cover *= (((x[columns] - left) // period)[None, :] + ((y[rows] - top) // period)[:, None]) % 2 == 0
    return block(slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1), cover,
                 np.broadcast_to(colour.astype(float), cover.shape + (3,)))
