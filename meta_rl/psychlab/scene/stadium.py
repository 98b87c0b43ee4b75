"""The stadium around the viewer: what the real lab shows in every direction that the screen does not cover.

In the real lab it is infinitely far away (it does not move when the eye does), so it is a panorama: a colour for each direction.
It is mirrored at both axes of the level. Four rows of lamps run around it, on curves that rise towards the sides; what lies
between them is the crowd, with a darker band below the first and the third row (counted from the floor up). All numbers were
fitted to frames recorded on DeepMind Lab at b1db91a.
"""
import functools

import cv2
import numpy as np

SKY, FLOOR = (138, 216, 255), (87, 165, 255)
CROWD = (20, 68, 103)

# The wall's foot and top, as slopes, dz / hypot(dx, dy), over the angle to the x axis in degrees. They were seen up to 56, and go on
# evenly from there.
ANGLES = (0, 3.5, 7, 10.5, 14, 17.5, 21, 24.5, 28, 31.5, 35, 38.5, 42, 45.5, 49, 52.5, 56, 90)
TOP = (.4035, .4002, .3949, .3862, .3774, .3609, .3405, .3134, .2865, .2555, .2246, .1948, .1683, .1417, .1145, .0925, .0745,
       -.03)
FOOT = (-.677, -.6757, -.6827, -.6918, -.7088, -.7311, -.7578, -.7907, -.82, -.8515, -.884, -.9135, -.945, -.9755, -1.006,
        -1.0342, -1.0547, -1.163)
# Heights on the wall are fractions of the way from its foot to its top, here over fewer angles.
KNOTS = (0, 7, 14, 21, 28, 35, 42, 49, 56, 90)
ROWS = ((.1873, .1886, .1927, .2036, .2205, .237, .2514, .2665, .2733, .28),  # the middles of the rows of lamps
        (.4856, .4857, .4868, .4955, .5065, .5195, .533, .5467, .5602, .58),
        (.7978, .7982, .7970, .7994, .8048, .8118, .8204, .8295, .8394, .85),
        (.9815, .9814, .9811, .9806, .9798, .978, .9761, .976, .976, .976))
HALVES = ((.0254, .0247, .0242, .0242, .0248, .0259, .0268, .0282, .0295, .03),  # and half their widths
          (.031, .031, .0305, .0305, .0303, .0303, .0303, .0307, .031, .032),
          (.028, .027, .0245, .0236, .0232, .0226, .0226, .0229, .023, .023),
          (.0209, .0222, .0225, .0216, .0214, .0218, .022, .0221, .022, .022))
DARK_FROM = {0: (.06, .0595, .0608, .066, .074, .082, .087, .0925, .0935, .095),  # where the dark bands begin
             2: (.693, .692, .691, .692, .6958, .7, .708, .7175, .725, .735)}
GAPS = (-6.5, 6.5, 13, 18.7, 25.3, 32.3, 41, 50.2, 58.5, 66.5, 74.5, 82.5, 97.5)  # between lamps, degrees

# Textures come in three levels of detail. Which is seen depends on how much of the wall a pixel covers: the coarsest, where its
# slope changes by more than this from one row of pixels to the next; the finest, where by less than half of it.
ROW_LIMITS = ((.0212, .0209, .0219, .0221, .0227, .0236, .0246, .0254, .0254, .0254), (.032,) * 10,
              (.0178, .0172, .0175, .018, .018, .018, .019, .0202, .0202, .0202),
              (.0181, .018, .0199, .0205, .02, .019, .0195, .02, .02, .02))
DARK_LIMIT = .0158  # of the dark bands
DARK = ((0, 63, 108), (2, 63, 108), (6, 35, 56))  # the dark bands, by level
STRIPE, STRIPE_HEIGHTS = (0, 111, 190), {0: (.008, .034), 2: (.009, .029)}  # a line in them, seen at the first level,
NEAREST, NEAR_STRIPE, NEAR_HEIGHTS = 3.7, (0, 116, 199), {0: (.015, .05), 2: (.007, .04)}  # and at all where the wall is nearest

# A row of lamps: at these distances from its middle (in its half widths), how much it covers of what is behind it, the grey
# that it is, and what a lamp adds to that, for each level.
DISTANCES = (-3.5, -3.2, -2.7, -2.2, -1.8, -1.45, -1.1, -0.75, -0.4, 0, 0.4, 0.75, 1.1, 1.5, 1.9)
COVER = ((0.0, 0.0, 0.02, 1.0, 0.93, 1.0, 0.81, 1.0, 0.99, 0.99, 0.98, 1.0, 0.04, 0.0, 0.0),
         (0.0, 0.0, 0.0, 0.77, 0.92, 0.89, 0.66, 1.0, 0.97, 0.95, 0.87, 0.9, 0.27, 0.0, 0.0),
         (0.0, 0.0, 0.07, 0.75, 0.86, 0.85, 0.72, 0.99, 1.0, 0.88, 0.82, 0.79, 0.18, 0.04, 0.0))
GREY = ((0, -1, 1, 67, 69, 49, 14, 11, 62, 92, 39, 7, -2, 3, 0),
        (0, -1, 0, 48, 59, 55, 2, 74, 76, 133, 60, 48, 8, 0, 0),
        (0, -2, 3, 47, 55, 52, 19, 71, 72, 107, 89, 80, 6, 3, 0))
LAMP = ((0, 1, -1, -25, 41, -9, 1, 62, 174, 170, 155, 30, 0, -2, 0),
        (0, 0, -1, -1, 1, 1, -3, 69, 69, 99, 48, 48, -4, 0, 0),
        (0, 0, 0, 1, 1, 0, 1, 14, 18, 16, 21, 21, -4, 0, 0))
LAMP_POWERS = (1.5, 3, 3)  # the higher, the narrower a lamp

POLE_HALF_WIDTH, POLE_TOP = 1.05, .585  # degrees, slope: a pole stands where the wall is nearest
POLES = ((100, 100, 100), (15, 27, 40))  # grey at one side of the level, dark at the other

STEEPEST, FLATTEST, HEIGHT, WIDTH = .62, -1.3, 800, 1440  # of the panorama


def _directions():
    """(angle, aside: float [WIDTH], around from the x axis and from its nearer end; slope [HEIGHT, 1]; height [HEIGHT, WIDTH])."""
    angle = (np.arange(WIDTH) + .5) * 360 / WIDTH
    slope = STEEPEST + (np.arange(HEIGHT) + .5)[:, None] * (FLATTEST - STEEPEST) / HEIGHT
    aside = 90 - np.abs(angle % 180 - 90)
    foot, top = np.interp(aside, ANGLES, FOOT), np.interp(aside, ANGLES, TOP)
    return angle, aside, slope, (slope - foot) / (top - foot)


@functools.lru_cache(maxsize=None)
def limits():
    """float32 [HEIGHT, WIDTH]: how fast the slope may change, at most, where the coarsest level is not seen yet."""
    _, aside, _, height = _directions()
    found = np.full(height.shape, DARK_LIMIT, np.float32)
    for middles, halves, most in zip(ROWS, HALVES, ROW_LIMITS):
        near = np.abs(height - np.interp(aside, KNOTS, middles)) < DISTANCES[-1] * np.interp(aside, KNOTS, halves)
        found[near] = np.broadcast_to(np.interp(aside, KNOTS, most), near.shape)[near]
    return found


@functools.lru_cache(maxsize=None)
def panorama(level):
    """uint8 [HEIGHT, WIDTH, 3]: the colours by direction at a level of detail (0 to 2). Do not write to it.

    Rows go from the slope STEEPEST down to FLATTEST, columns around from the x axis by way of the y axis.
    """
    angle, aside, slope, height = _directions()
    colours = np.empty(height.shape + (3,), np.float32)
    colours[...] = CROWD
    for row, heights in DARK_FROM.items():
        above = height - np.interp(aside, KNOTS, heights)
        colours[(above > 0) & (height < np.interp(aside, KNOTS, ROWS[row]))] = DARK[level]
        if level == 0:
            colours[_between(above, STRIPE_HEIGHTS[row])] = STRIPE
        colours[_between(above, NEAR_HEIGHTS[row]) & (aside < NEAREST)] = NEAR_STRIPE
    _add_lamps(colours, height, aside, level)
    colours[height < 0] = FLOOR
    colours[height > 1] = SKY
    for middle, colour in zip((0, 180), POLES):
        turned = np.abs((angle - middle + 180) % 360 - 180)
        colours[(turned < POLE_HALF_WIDTH) & (height > 1) & (slope < POLE_TOP)] = colour
    return np.round(colours).astype(np.uint8)


def _between(values, limits):
    return (values > limits[0]) & (values < limits[1])


def lit(aside, level):
    """How much of a lamp is seen at an angle to the x axis, 0 (a gap) to 1."""
    gap = np.searchsorted(GAPS, aside, side='right') - 1
    low, high = np.take(GAPS, gap), np.take(GAPS, gap + 1)
    return np.clip(1.35 * np.sin(np.pi * (aside - low) / (high - low)), 0, 1) ** LAMP_POWERS[level]


def _add_lamps(colours, height, aside, level):
    """Draws the rows of lamps over `colours`, float32 [HEIGHT, WIDTH, 3]."""
    light = lit(aside, level)
    for middles, halves in zip(ROWS, HALVES):
        distance = (height - np.interp(aside, KNOTS, middles)) / np.interp(aside, KNOTS, halves)
        near = _between(distance, (DISTANCES[0], DISTANCES[-1]))
        cover, grey, lamp = (np.interp(distance[near], DISTANCES, table[level]) for table in (COVER, GREY, LAMP))
        light_there = grey + lamp * light[np.nonzero(near)[1]]
        colours[near] = np.clip(colours[near] * (1 - cover)[:, None] + light_there[:, None], 0, 255)


def look(dx, dy, dz):
    """uint8 [H, W, 3]: what the rays of a frame meet; their directions are `dx`, `dy`, `dz`, float arrays of [H, W]."""
    flat, angle = cv2.cartToPolar(dx.astype(np.float32), dy.astype(np.float32), angleInDegrees=True)
    slope = dz.astype(np.float32) / np.maximum(flat, np.float32(1e-6))
    row = (STEEPEST - slope) * np.float32(HEIGHT / (STEEPEST - FLATTEST)) - np.float32(.5)
    column = angle * np.float32(WIDTH / 360.) - np.float32(.5)
    row = np.clip(row, 0, HEIGHT - 1)

    def seen(what, how=cv2.INTER_LINEAR):
        return cv2.remap(what, column, row, how, borderMode=cv2.BORDER_WRAP)
    change = np.empty_like(slope)
    change[:-1] = np.abs(np.diff(slope, axis=0))
    change[-1] = change[-2]
    change /= seen(limits(), cv2.INTER_NEAREST)
    finer = [change < .5, change <= 1]
    frame = seen(panorama(2))
    for level, where in ((1, finer[1]), (0, finer[0])):
        if where.any():
            cv2.copyTo(seen(panorama(level)), where.view(np.uint8), frame)
    return frame
