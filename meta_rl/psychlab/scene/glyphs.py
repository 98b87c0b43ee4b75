"""Glyphs: characters and other shapes of the display, as lines that are drawn on canvases."""
import cv2
import numpy as np

PER_UNIT = 4  # pixels of a canvas for a unit of what is drawn


def canvas_of(box):
    """float32 [h, w, 4], a canvas for a box (left, right, top, bottom): alpha, and red, green and blue times alpha."""
    left, right, top, bottom = box
    return np.zeros((int((bottom - top) * PER_UNIT), int((right - left) * PER_UNIT), 4), np.float32)


def paint(canvas, mask, colour, alpha=1.):
    """Lays `colour` over `canvas` where `mask`, float [h, w] of 0 to 1, is."""
    cover = np.float32(alpha) * mask[:, :, None]
    canvas *= 1 - cover
    canvas += cover * np.array((1,) + tuple(colour), np.float32)


def mask_of(shape, lines, scale, offset, thickness):
    """float32 [h, w], 0 to 1: lines of points (x, y), times `scale` (x, y) plus `offset` (x, y), `thickness` units wide."""
    mask = np.zeros(shape, np.uint8)
    for line in lines:
        points = (np.array(line) * scale + offset) * PER_UNIT - .5
        points, width = np.round(points * 16).astype(np.int32), int(round(thickness * PER_UNIT))
        cv2.polylines(mask, [points], False, 255, width, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def arc(x, y, rx, ry, start, end, bend=1.):
    """Points of an ellipse's arc, degrees clockwise from the right; with a `bend` below 1 it is nearer to its box."""
    angles = np.radians(np.linspace(start, end, 25))
    reach = [np.sign(part) * np.abs(part) ** bend for part in (np.cos(angles), np.sin(angles))]
    return list(zip(x + rx * reach[0], y + ry * reach[1]))


# The lines of each character, in a cell of 16 x 16; they keep to 5 <= x <= 11, 2 <= y <= 12.
LINES = {
    '0': [arc(8, 7, 3, 5, 0, 360)],
    '1': [[(5.2, 4.4), (8.6, 2), (8.6, 12)]],
    '2': [arc(8, 5, 3, 3, 190, 385) + [(5, 12), (11, 12)]],
    '3': [arc(7.8, 4.4, 3, 2.4, 200, 450), arc(7.8, 9.4, 3.2, 2.6, 270, 520)],
    '4': [[(9.4, 12), (9.4, 2), (5, 8.6), (11.2, 8.6)]],
    '5': [[(10.8, 2), (5.6, 2), (5.4, 6.6)] + arc(7.8, 8.9, 3.2, 3.1, 235, 510)],
    '6': [arc(8, 9, 3, 3, 0, 360), [(5, 9), (6.2, 4.8), (9.8, 2)]],
    '7': [[(5, 2), (11, 2), (7, 12)]],
    '8': [arc(8, 4.4, 2.7, 2.4, 0, 360), arc(8, 9.4, 3, 2.6, 0, 360)],
    '9': [arc(8, 5, 3, 3, 0, 360), [(11, 5), (9.8, 9.2), (6.2, 12)]],
    ':': [[(8, 5), (8, 5.2)], [(8, 10.4), (8, 10.6)]],
}
# Big digits where they differ, and how they are drawn: how wide their lines are, how they lie in a cell of 32 x 48.
BIG = {'0': [arc(8, 7, 3, 5, 0, 360, .7)], '1': [[(5.9, 4.2), (8.7, 2.2), (9.8, 2.2), (9.8, 12)]]}
WIDTH, WIDTHS = 5., {'0': 7., '1': 8.}
STRETCH, OFFSET = (3.2, 3.), (-9.6, 3.)
