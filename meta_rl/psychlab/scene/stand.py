"""The stand that holds the screen, and the ground around the viewer, as the real lab shows them: polygons of plain colours.

The stand is drawn once, flat in the plane of the screen, where each ray looks it up. All numbers are in the engine's units and
were fitted to frames recorded on DeepMind Lab at b1db91a.
"""
import functools

import cv2
import numpy as np

LEFT, RIGHT, BOTTOM, TOP, PER_UNIT = -80, 80, -8, 212, 10  # of the drawing, x and z; pixels a unit

BLACK, BLUE, DARK_BLUE = (0, 0, 0), (0, 40, 82), (0, 17, 35)
LIGHT, MIDDLE, SHADE, WHITE, PALE = (121,) * 3, (53,) * 3, (24,) * 3, (151,) * 3, (130,) * 3


def _rectangle(left, right, low, high):
    return (left, low), (right, low), (right, high), (left, high)


def _strips(shades, low, high, across=True):
    """Rectangles side by side: `shades` are (grey, from) and at last (None, to), along x if `across`, else along z."""
    return tuple(((grey,) * 3, _rectangle(start, end, low, high) if across else _rectangle(low, high, start, end))
                 for (grey, start), (_, end) in zip(shades, shades[1:]))


# In the order of drawing: a colour and the corners (x, z). Those of SIDES are drawn twice, the second time mirrored at x = 0.
FRAME = (
    (BLACK, _rectangle(-70, 70, 57, 190)),
    (LIGHT, _rectangle(-56.7, 56.7, 189.18, 195.2)),
) + _strips(
    ((13, -58), (18, -50), (22, -40), (24, -20), (26, 0), (27, 16), (26, 32), (22, 44), (17, 50), (None, 58)), 182, 189.18) + (
    (MIDDLE, _rectangle(-59.11, 59.11, 64.22, 182.48)),
) + _strips(((31, 66), (28, 80), (27, 115), (None, 180)), -65.84, -59.11, across=False) + _strips(
    ((28, 66), (25, 80), (23, 100), (21, 125), (18, 145), (15, 165), (None, 180)), 59.11, 65.84, across=False) + (
    (SHADE, ((-47, 52), (47, 52), (50, 46.5), (-50, 46.5))),
    ((30,) * 3, ((-50, 46.5), (50, 46.5), (52.5, 41.5), (-52.5, 41.5))),
    (MIDDLE, ((-52.3, 41.56), (52.3, 41.56), (61, 13.2), (-61, 13.2))),
    ((42,) * 3, ((-61, 13.3), (61, 13.3), (61, 10.9), (-61, 10.9))),
    ((22,) * 3, ((-33, 57), (33, 57), (30, 48), (-30, 48))),
    (BLACK, _rectangle(-24, 24, 56, 64.22)), ((11,) * 3, _rectangle(-3, 3, 51, 56)),
    ((98,) * 3, ((-2, 195.2), (3.6, 195.2), (3.4, 204), (-2, 211))),
)
SCREEN = _rectangle(-56.98, 56.98, 66.35, 180.35)  # and the black around it
SIDES = (
    (MIDDLE, _rectangle(71.57, 77.5, 67.5, 177)),
    (BLACK, _rectangle(70.38, 71.57, 70, 177)),
    (LIGHT, ((65.84, 66), (73.3, 66), (73.3, 69), (70.38, 71.5), (70.38, 177), (73.3, 180), (73.3, 182), (65.84, 182))),
) + _strips(((40, 24), (38, 40), (34, 46), (28, 52), (None, 57)), 57.51, 64.22) + _strips(
    ((68, 26), (73, 32), (80, 36), (87, 41), (94, 45), (101, 50), (108, 54), (None, 58)), 51.63, 57.51) + (
    (BLACK, ((54, 183), (57.5, 182.7), (59.11, 180), (61.5, 181), (57.5, 185), (59, 189), (57.8, 196.8),
             (55.2, 197), (54.5, 195.2), (56.7, 194.8), (56.8, 189))),
    (BLACK, ((54, 64), (57.51, 64.22), (59.11, 68), (62, 66.5), (57.5, 62), (59.5, 58), (56, 60))),
    (BLUE, ((57.5, 185), (61.5, 181.2), (66, 183.5), (72.5, 183.5), (72, 187), (70, 190.5), (67, 194),
            (64, 196), (60, 197), (59.2, 189))),
    (WHITE, _rectangle(57.9, 59.4, 189.2, 196.6)), (WHITE, _rectangle(65.84, 73.3, 181.4, 182.7)),
    (BLUE, ((57.5, 61.5), (61.5, 65.5), (66, 63.5), (72.5, 63.5), (71.5, 60), (69.5, 56), (66, 53), (61, 50.8), (59.5, 57.5))),
    (WHITE, _rectangle(57.9, 59.8, 50.4, 56)), (WHITE, _rectangle(65.84, 73.3, 64.3, 65.7)),
    (DARK_BLUE, ((25.5, 51.5), (24, 58), (22, 64), (18, 64), (13, 62), (7, 57.5), (3.5, 54), (2.8, 52), (5, 49.5),
                 (10, 48.3), (16, 48.5), (20, 50))),
    ((85,) * 3, ((25.8, 51.7), (27.6, 51.7), (27.3, 57.5), (25.6, 57.5))),
    ((47,) * 3, ((25, 57.5), (27.2, 57.5), (26, 64), (23.9, 64))),
    ((44,) * 3, ((2.9, 50.5), (2.6, 53.5), (4.5, 56), (3.2, 56), (1.4, 54.5), (.9, 52), (1.6, 49.5),
                   (5, 48.2), (6.5, 48.8), (4, 49.7))),
    (PALE, ((2.2, 49.1), (6, 47.3), (10, 46.9), (14.5, 47.1), (17.6, 49), (18.4, 47.8), (16, 46.1), (10, 45.2), (5, 46.2))),
    ((45,) * 3, ((31, 13), (48, 13), (48, 7), (32.5, 7))),
    ((45,) * 3, ((32, 8), (38, 8), (38, 0), (34.5, -4))), (MIDDLE, ((37.5, 7.3), (49.6, 7.3), (49.3, -5.3), (36, -5.3))),
    ((44,) * 3, ((26, 33), (44, 33), (44, 18), (38, 14), (32, 14))),
    ((36,) * 3, ((31, 29), (40, 29), (40, 20), (38, 12), (33, 12))),
)

GROUND_HALF, GROUND_Z = 32.3, 72.125  # the slab that the viewer stands on
GROUND = 121
SHADOW_RADIUS, SHADOW = 16., .85  # of the viewer


@functools.lru_cache(maxsize=None)
def drawing():
    """(uint8 [rows, columns]: which colour the stand has there, row 0 at z = TOP; uint8 [colours, 3]). Colour 0 is no stand."""
    image = np.zeros(((TOP - BOTTOM) * PER_UNIT, (RIGHT - LEFT) * PER_UNIT), np.uint8)
    colours = [(0, 0, 0)] + sorted({colour for colour, _ in FRAME + SIDES})
    for colour, corners in FRAME:
        _fill(image, colours.index(colour, 1), corners)
    for colour, corners in SIDES:
        _fill(image, colours.index(colour, 1), corners)
        _fill(image, colours.index(colour, 1), [(-x, z) for x, z in corners])
    _fill(image, colours.index(BLACK, 1), SCREEN)
    return image, np.array(colours, np.uint8)


def _fill(image, index, corners):
    points = np.array([((x - LEFT) * PER_UNIT, (TOP - z) * PER_UNIT) for x, z in corners])
    low, high = points.min(0), points.max(0)
    if len(corners) == 4 and ((points == low) | (points == high)).all():  # a rectangle is exact to the pixel, a polygon is not
        (left, top), (right, bottom) = np.round(low).astype(int), np.round(high).astype(int)
        image[top:bottom, left:right] = index
    else:
        cv2.fillPoly(image, [np.round((points - .5) * 16).astype(np.int32)], index, shift=4)


def look(frame, x, z, dx, dy, dz, eye_z):
    """Draws ground and stand over `frame`, uint8 [H, W, 3].

    Args: float arrays [H, W]: `x`, `z`, where the rays meet the plane of the screen (NaN: nowhere); `dx`, `dy`, `dz`, their
      directions. eye_z: float.
    """
    _draw_ground(frame, dx, dy, dz, eye_z)
    image, colours = drawing()
    column = x.astype(np.float32) * PER_UNIT - np.float32(LEFT * PER_UNIT + .5)
    row = np.float32(TOP * PER_UNIT - .5) - z.astype(np.float32) * PER_UNIT
    nowhere = np.isnan(row)
    if nowhere.any():
        column[nowhere] = row[nowhere] = -9
    found = cv2.remap(image, column, row, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    cv2.copyTo(np.take(colours, found, 0), found, frame)


def _draw_ground(frame, dx, dy, dz, eye_z):
    below = eye_z - GROUND_Z
    steep = (below / (2 * GROUND_HALF)) ** 2
    rows = np.flatnonzero(((dz < 0) & (dz * dz > steep * (dx * dx + dy * dy))).any(1))  # in others there can be no ground
    if below <= 0 or not len(rows):
        return
    rows = slice(rows[0], rows[-1] + 1)
    part = frame[rows]
    reach = below / np.maximum(-dz[rows], 1e-6)
    from_x, from_y = reach * dx[rows], reach * dy[rows]
    slab = (np.abs(from_x) <= GROUND_HALF) & (np.abs(from_y) <= GROUND_HALF)
    shadow = 1 - SHADOW * np.clip(1.6 * (1 - np.hypot(from_x, from_y) / SHADOW_RADIUS), 0, 1)
    part[slab] = (GROUND * shadow[slab])[:, None]
