"""Drawn images: colourful, any number, each the same on every platform, no two alike."""
import colorsys
import itertools
import math

import cv2
import numpy as np
from PIL import Image

from meta_rl.console.progress import watched

SIDE = 256     # pixels, of every image of a set
EYE = 21       # pixels: the size at which two images must still be told apart
APART = 30     # of 255: least mean absolute difference, at EYE x EYE, between any two images of a drawn set ...
CONTRAST = 24  # ... and between an image and its own mean colour

# Every platform must draw the same bytes. So: RandomState.random_sample, whose stream is frozen; then only + - * /, square
# roots and rounding, which IEEE 754 prescribes to the last bit; no sine, no matrix product. Pillow resizes in integers.

HUES = (0, .03, .06, .09, .12, .16, .24, .38, .48, .53, .58, .64, .71, .78, .86, .93, 1)  # a painter's wheel: HSV is too green
VALUES = (.2, 1, .6, .9, .4, .95)  # light beside dark, so that every palette has contrast
SHAPES = (lambda u, v: np.sqrt(u * u + v * v),                        # ellipse: 1 on the outline, less within
          lambda u, v: np.abs(np.sqrt(u * u + v * v) - .7) / .3,      # ring
          lambda u, v: np.maximum(np.abs(u), np.abs(v)),              # rectangle
          lambda u, v: np.abs(u) + np.abs(v),                         # rhombus
          lambda u, v: np.maximum(np.abs(u) + v / 2 + .5, -v))        # triangle
FILLS = (lambda u, v, rim: 1 - rim / 4,                               # glow: 0 .. 1 on the shape's colour ramp
         lambda u, v, rim: u / 8 + .5,                                # gradient
         lambda u, v, rim: _odd(np.floor(u)),                         # stripes
         lambda u, v, rim: _odd(np.floor(rim)),                       # contours
         lambda u, v, rim: _odd(np.floor(u) + np.floor(v)))           # checks


def draw_images(count, seed=0, size=SIDE):
    """Draws `count` colourful images, uint8 [count, size, size, 3], any two at least APART apart (see there).

    Image k of a seed (0 .. 2**32 - 1) is the same on every platform, and in every longer set.
    """
    images = np.empty((count, size, size, 3), np.uint8)
    for k, image in enumerate(drawn(count, seed)):
        images[k] = image if size == SIDE else averaged(image, size)
    return images


def drawn(count, seed, earlier=()):
    """Yields the images of draw_images. One that is dull, or near an earlier one, is drawn again with the next attempt number.

    `earlier`: the first of these images, uint8 [n, 256, 256, 3], where they are drawn already: yields only those after them.
    """
    thumbnails = np.empty((count, EYE * EYE * 3), np.uint8)
    for index, image in enumerate(earlier):
        thumbnails[index] = averaged(image, EYE).ravel()
    for index in watched(range(len(earlier), count), count - len(earlier), 'drawing', 'images'):
        for attempt in itertools.count():
            image = _composition(np.random.RandomState([seed, index, attempt]).random_sample)
            small = averaged(image, EYE)
            if distinct(small, thumbnails[:index], APART):
                break
        thumbnails[index] = small.ravel()
        yield image


def distinct(small, others, apart):
    """Whether an image, `small` (uint8 [EYE, EYE, 3]), is neither dull nor nearer than `apart` to one of `others` ([n, ...])."""
    plain = np.full_like(small, small.sum((0, 1)) // EYE ** 2)
    return _nearest(small, plain) >= CONTRAST and (not len(others) or _nearest(small, others) >= apart)


def averaged(image, size):
    """An image, uint8 [H, W, 3], at size x size pixels, each the mean of what it covers: uint8 [size, size, 3]."""
    return np.asarray(Image.fromarray(image).resize((size, size), Image.BOX))


def _nearest(small, others):
    """Mean absolute difference between `small` and that one of `others` which is nearest to it."""
    sums = cv2.batchDistance(small.reshape(1, -1), others.reshape(-1, small.size), cv2.CV_32S, normType=cv2.NORM_L1, K=1)[0]
    return sums[0, 0] / small.size


def _composition(random):
    """One image: a background, three to seven shapes on it, light and shadow, grain. `random` is a RandomState's random_sample."""
    def between(low, high):
        return low + (high - low) * random()

    palette, line, bend = _palette(between), (np.arange(SIDE, dtype=np.float32) - 127.5) / 128, between(0, .25)
    x, y = line[None, :] + bend * _noise(random, 3), line[:, None] + bend * _noise(random, 3)  # bent: no edge is quite straight
    shade = between(-.3, .3) * x + between(-.4, .4) * y + between(.1, .4) * _noise(random, 3) + between(0, .25) * _noise(random, 6)
    if random() < .3:
        shade = np.abs(shade * between(2, 4) % 2 - 1)  # the gradient folded to and fro: marble
    else:
        shade += .5 + between(0, .1) * _noise(random, 32)
    light = 1 + .1 * _noise(random, 16) + .1 * _noise(random, 64)
    ramps, place = [_ramp(palette[:int(between(2, 5))])], np.clip(shade, 0, .999)  # whole part: which ramp; the rest: where on it
    shapes = int(between(3, 8))
    for k in range(1, shapes + 1):
        cos, sin, flat = between(-1, 1), between(-1, 1), between(1, 2.5)
        scale = max(math.sqrt(cos * cos + sin * sin), .1) * between(.5, .95) * (1.2 - .8 * k / shapes)  # ever smaller
        right, down = (x - between(-.7, .7)) / scale, (y - between(-.7, .7)) / scale
        u, v = cos * right + sin * down, (cos * down - sin * right) * flat
        rim, often = SHAPES[int(between(0, len(SHAPES)))](u, v), between(2, 6)
        shade = FILLS[int(between(0, len(FILLS)))](u * often, v * often, rim * often)
        place = np.where(rim < 1, np.clip(shade, 0, .999) + k, place)
        light = np.where(rim < 1, 1.1 - .3 * rim * rim, light * np.clip(2 * rim - 1.4, .6, 1))  # a round body and its shadow
        ramps.append(_ramp([palette[(k + 1) % 6], palette[(k + 2) % 6]]))
    light *= .93 + .14 * random((SIDE // 2, SIDE // 2)).astype(np.float32).repeat(2, 0).repeat(2, 1)
    picture = np.concatenate(ramps).take((place * 256).astype(np.intp), axis=0) * light[:, :, None]
    return np.clip(picture + .5, 0, 255).astype(np.uint8)


def _odd(whole):
    return (whole.astype(np.int32) & 1).astype(np.float32)


def _palette(between):
    """Six RGB colours, 0 .. 255: neighbours on the wheel, or wide apart, in random order."""
    hue, stride, colours = between(0, 1), between(.08, .4), []
    for value in VALUES:
        low, part = divmod(hue % 1 * (len(HUES) - 1), 1)
        left, right = HUES[int(low):int(low) + 2]
        rgb = colorsys.hsv_to_rgb(left + part * (right - left), between(.4, .95), value)
        colours.insert(int(between(0, len(colours) + 1)), [255 * channel for channel in rgb])
        hue += stride
    return colours


def _ramp(colours):
    """256 RGB colours, float32 [256, 3], that lead through `colours`."""
    place = np.arange(256) / 256 * (len(colours) - 1)
    low, part, colours = place.astype(np.intp), place % 1, np.array(colours)
    return (colours[low] + part[:, None] * (colours[low + 1] - colours[low])).astype(np.float32)


def _noise(random, cells):
    """Smooth noise in -1 .. 1, float32 [256, 256], with a random knot every 256 / cells pixels."""
    values = (2 * random((cells + 1, cells + 1)) - 1).astype(np.float32)
    cell, part = np.divmod(np.arange(SIDE) * cells, SIDE)
    part = (part / SIDE).astype(np.float32)
    part = part * part * (3 - 2 * part)
    values = values[:, cell] + part * (values[:, cell + 1] - values[:, cell])
    return values[cell] + part[:, None] * (values[cell + 1] - values[cell])
