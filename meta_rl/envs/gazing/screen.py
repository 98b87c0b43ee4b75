"""What frames show of the psychlab screen: where the red cross is, and whether two images are there.

What is around the screen may look like anything, and so may the HUD: its blocks in the lower quarter of the frame, and a
crosshair in the middle. So all that is told here is told by pixels inside the black screen.
"""
import cv2
import numpy as np

from meta_rl.psychlab import pictures
from meta_rl.psychlab.scene import camera

NEAR = 512       # shorts (2.8 degrees): a cross that is no farther from the middle of the frame is measured exactly
STEP = 8         # shorts between the directions that it is compared with
DARK = 16        # of 255: real frames differ by up to 5 from the camera model, black ones too
UNLIKE = 16.     # of 255, in the mean: what differs more from a cross is none
FITS = 2.        # of 255, in the mean: what differs less is seen whole, without a crosshair in it
ALIKE = .25      # of 255, in the mean: directions that differ by less are all as likely
RED, NOT_RED = 128, 64  # of 255: the least red, and less than this of green and blue, in a pixel of the cross
FILLED = .2, .75  # of the box around it a cross fills .44, and fewer or more where it is a few pixels only
HUD = .75        # of the height: from this row on the HUD may cover the screen
FACING = camera.degrees_to_shorts(90)
DISTANCE = camera.SCREEN_Y - camera.EYE[1]  # from the eye to the screen
CROSS = pictures.CROSS_SIZE / camera.SURFACE_PER_UNIT  # height and width of the cross, in the engine's units
DROP = 15.       # units: the most that the eye is lower while it rises after reset (measured on DeepMind Lab)


def _crosshair(width, height, reach=None):
    """Where a crosshair may be: a pair of slices. (Measured: 3x3 pixels in the middle of 320x240, 2 of 84x84.)"""
    reach = reach or 1 + width // 80
    return tuple(slice(size // 2 - reach, size // 2 + reach) for size in (height, width))


class Cross:
    """Finds the red cross in frames of `height` x `width` pixels. The viewer looks straight ahead, whatever its yaw."""

    def __init__(self, width, height):
        self._angles = np.degrees(np.arctan((np.arange(width) + .5) * 2 / width - 1))  # of columns, to the right of the gaze
        tall = int(np.ceil(.1 * width)) + 1  # more than half of a cross at the edge of the frame, where it is largest
        self._risen = int(np.ceil(DROP / DISTANCE * width / 2))  # rows by which it is higher while the eye is low
        self._band = slice(max(height // 2 - tall - self._risen, 0), height // 2 + tall)
        near = np.flatnonzero(np.abs(self._angles) < 2 * NEAR * camera.DEGREES_PER_SHORT + 1.5)
        self._near = slice(max(height // 2 - tall, 0), height // 2 + tall), slice(near[0], near[-1] + 1)
        self._offsets = np.arange(-NEAR, NEAR + 1, STEP)
        self._shown = np.stack([self._render(offset, width, height) for offset in self._offsets.tolist()]).astype(np.int16)
        self._at_rest = self._row(self._shown[len(self._offsets) // 2] >= RED) + self._near[0].start
        self._size = CROSS / DISTANCE * width / 2  # pixels of its height, where it is straight ahead
        # From none to the largest.
        self._crosshairs = np.zeros((2 + width // 80, height, width), bool)
        for reach in range(1, len(self._crosshairs)):
            self._crosshairs[reach][_crosshair(width, height, reach)] = True

    def _render(self, offset, width, height):
        """The red of the middle of the frame with a cross that is `offset` shorts to the right: uint8 [h, w]."""
        red = np.zeros((height, width), np.uint8)
        where, pixels = camera.View(width, height, 0, FACING + offset, 0.).patch(pictures.CROSS)
        red[where] = pixels[:, :, 0]
        return red[self._near]

    @staticmethod
    def _row(red):
        """The mean row of the pixels of a mask, bool [h, w]."""
        rows = red.sum(1)
        return float(rows.dot(np.arange(len(rows))) / rows.sum())

    def find(self, frame):
        """How far to the right of the gaze the cross is, float, degrees; None where `frame` (uint8 [H, W, 3]) shows none."""
        band = frame[self._band]
        red = (band[:, :, 0] >= RED) & (band[:, :, 1:] < NOT_RED).all(2)
        if not red.any():
            return None
        red, hidden = self._cross_in(band, red)
        if red is None:
            return None
        columns = red.sum(0)
        angle = float(columns.dot(self._angles) / columns.sum())
        far = abs(angle) > (NEAR - 64) * camera.DEGREES_PER_SHORT
        if far and not hidden:
            return angle  # roughly: to be measured from nearer
        measured = self._measure(frame, self._band.start + self._row(red) - self._at_rest)
        return angle if measured is None and (far or hidden) else measured

    def _cross_in(self, band, red):
        """The red spot of `band`, uint8 [h, W, 3], that is a cross: (its pixels, bool [h, W], or None; whether a part is hidden)."""
        # A crosshair may cut the cross in four. There is nothing else near it: the screen around it is black.
        joined = cv2.dilate(red.astype(np.uint8), np.ones((2 * len(self._crosshairs) - 1,) * 2, np.uint8))
        count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        dark = (band <= DARK).all(2) | self._crosshairs[-1][self._band]
        for label in range(1, count):
            left, top, width, height, _ = boxes[label].tolist()
            inside = slice(top, top + height), slice(left, left + width)
            spot = red[inside] & (labels[inside] == label)
            good, hidden = self._is_cross(spot, (left, top), dark)
            if good:
                mask = np.zeros_like(red)
                mask[inside] = spot
                return mask, hidden
        return None, False

    def _is_cross(self, spot, corner, dark):
        """(whether the red pixels `spot`, bool [h, w], are a cross, whether a crosshair hides the end of it).

        corner: (column, row) of the band at which their box begins.
        """
        rows, columns = np.flatnonzero(spot.any(1)), np.flatnonzero(spot.any(0))
        top, bottom, left, right = (at + shift for at, shift in (
            (rows[0], corner[1]), (rows[-1] + 1, corner[1]), (columns[0], corner[0]), (columns[-1] + 1, corner[0])))
        angle = np.radians((self._angles[left] + self._angles[right - 1]) / 2)
        tall, wide = self._size / np.cos(angle), self._size / np.cos(angle) ** 2
        # The edge of the frame may cut off a part of it, and a crosshair may hide one.
        crossed = self._crosshairs[-1][self._band][max(top - 1, 0):bottom + 1, max(left - 1, 0):right + 1].any()
        cut = left == 0 or right == dark.shape[1] or crossed
        row = (top + bottom - 1) / 2 + self._band.start - self._at_rest
        slack = 1.6 + .1 * tall
        if not -slack - self._risen / np.cos(angle) < row < slack or bottom - top - tall > slack or right - left - wide > slack:
            return False, False
        filled = spot.sum() / ((bottom - top) * (right - left))
        if not cut and (tall - (bottom - top) > slack or wide - (right - left) > slack or not FILLED[0] <= filled <= FILLED[1]):
            return False, False
        # Around it is the black screen, for more than its size to each side. (The pixels next to it may be blended with it.)
        far = max(int(1.5 * tall), 3)
        above, before = max(top - far, 0), max(left - far, 0)
        ring = dark[above:bottom + far, before:right + far].copy()
        missing = max(tall - (bottom - top), wide - (right - left)) if crossed else 0.
        edge = 1 + int(np.ceil(missing)) if missing > 1 else 1
        ring[max(top - edge - above, 0):bottom + edge - above, max(left - edge - before, 0):right + edge - before] = True
        return bool(ring.all()), missing > 1

    def _measure(self, frame, rise):
        """The angle of a cross near the middle, degrees, None where what is there is none; `rise`: rows that it is too low."""
        best = None
        for crosshair in self._crosshairs:
            for rows in sorted({0, int(np.floor(rise)), int(np.ceil(rise))}, key=abs):
                start = self._near[0].start + rows
                if start < 0:
                    continue
                where = slice(start, self._near[0].stop + rows), self._near[1]
                seen, middle = ~crosshair[where], frame[where]
                distances = (np.abs(self._shown - middle[:, :, 0]) * seen).mean((1, 2))
                if (middle[:, :, 1:] * seen[:, :, None]).mean() <= UNLIKE and (best is None or distances.min() < best.min()):
                    best = distances
            if best is not None and best.min() <= FITS:
                break  # the rest has less to tell by
        if best is None or best.min() > UNLIKE:
            return None
        return float(self._offsets[best <= best.min() + ALIKE].mean()) * camera.DEGREES_PER_SHORT


class Images:
    """Tells whether the two images are shown, whatever they are, to a viewer who faces the cross."""

    def __init__(self, width, height):
        view = camera.View(width, height, 0, FACING, 0.)
        blank = np.zeros((pictures.SHOWN_SIZE, pictures.SHOWN_SIZE, 3), np.uint8)
        places = [view.patch(pictures.picture(blank, corner))[0] for corner in (pictures.LEFT_CORNER, pictures.RIGHT_CORNER)]
        # A pixel less on each side: the viewer may be turned a little off.
        self._inside = [tuple(slice(part.start + 1, part.stop - 1) for part in place) for place in places]
        x = ((np.arange(width) + .5) * 2 / width - 1) * DISTANCE
        z = camera.EYE[2] + (1 - (np.arange(height) + .5) * 2 / height) * height / width * DISTANCE
        screen = ((z > camera.SCREEN_BOTTOM) & (z < camera.SCREEN_TOP))[:, None] & (
            (x > camera.SCREEN_LEFT) & (x < camera.SCREEN_RIGHT))
        around = screen.copy()
        for axis in range(2):
            for shift in (-1, 1):
                around &= np.roll(screen, shift, axis)
        for rows, columns in places:
            around[rows.start - 1:rows.stop + 1, columns.start - 1:columns.stop + 1] = False
        around[int(HUD * height):] = False
        around[_crosshair(width, height)] = False
        self._around = around

    def lit(self, frame):
        """Whether anything is where images belong."""
        return any(frame[place].max() > DARK for place in self._inside)

    def shown(self, frame):
        """Whether images are where they belong and nothing else is on the screen.

        The viewer then looks there, or looks elsewhere and a black surrounding is taken for the screen: see Cross.find.
        """
        return self.lit(frame) and frame[self._around].max() <= DARK
