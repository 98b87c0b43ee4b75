"""What the viewer of the psychlab screen sees. How it turns and where it looks, which `motion` holds, is to be had here too.

Every constant here was measured on DeepMind Lab (the pinhole model reproduces its frames within 5/255).
"""
import functools

import cv2
import numpy as np

from .motion import (
    DEGREES_PER_SHORT,
    DEGREES_PER_UNIT_MS,
    EYE,
    PITCH_LIMIT,
    SCREEN_BOTTOM,
    SCREEN_LEFT,
    SCREEN_RIGHT,
    SCREEN_TOP,
    SHORTS_PER_DEGREE,
    SHORTS_PER_TURN,
    axes,
    degrees_to_shorts,
    gaze,
    turn,
    wrap,
)

__all__ = ['Camera', 'DEGREES_PER_SHORT', 'DEGREES_PER_UNIT_MS', 'EYE', 'PITCH_LIMIT', 'SCREEN_BOTTOM', 'SCREEN_LEFT',
           'SCREEN_RIGHT', 'SCREEN_TOP', 'SCREEN_Y', 'SHORTS_PER_DEGREE', 'SHORTS_PER_TURN', 'SURFACE', 'View', 'axes', 'camera',
           'degrees_to_shorts', 'gaze', 'turn', 'wrap']

SCREEN_Y = 58.5  # the plane of the screen
SURFACE = 512  # pixels along each side of the surface that hangs there
SURFACE_PER_UNIT = SURFACE / (SCREEN_RIGHT - SCREEN_LEFT)

# The surroundings need no exactness (SPEC.md section 5): flat colours, and a bezel about as wide as the real one.
SKY, WALL, LIGHT_BEZEL, DARK_BEZEL, SCREEN = range(5)
COLOURS = np.array([(138, 216, 255), (15, 67, 105), (121, 121, 121), (40, 40, 40), (0, 0, 0)], np.uint8)
DARK_BEZEL_WIDTH, LIGHT_BEZEL_WIDTH = 4.0, 6.0
HORIZON = 250.0  # height of the walls behind the screen

NEAR_PLANE, FAR_PLANE = 4.0, 2048.0  # of the depth buffer; 4 is the engine's r_znear


class Camera:
    """Renders frames of `height` x `width` pixels. What poses and pictures seen lately look like is kept."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.view = functools.lru_cache(maxsize=max(8, 2 ** 22 // (width * height)))(self._view)  # 18 bytes a pixel
        self.patch = functools.lru_cache(maxsize=max(64, 2 ** 28 // (width * height)))(self._render)  # half a byte a pixel

    def __reduce__(self):  # what is kept stays at home when a lab is pickled
        return camera, (self.width, self.height)

    def _view(self, pitch, yaw, drop):
        return View(self.width, self.height, pitch, yaw, drop)

    def _render(self, pitch, yaw, drop, picture):
        """See View.patch."""
        return self.view(pitch, yaw, drop).patch(picture)

    def frame(self, pitch, yaw, drop, pictures):
        """uint8 [height, width, 3], RGB, a fresh array: the screen with `pictures` (each a Picture) on it.

        The viewer stands at `pitch` and `yaw` (shorts) with the eye lower by `drop`.
        """
        frame = self.view(pitch, yaw, drop).background.copy()
        for picture in pictures:
            patch = self.patch(pitch, yaw, drop, picture)
            if patch is not None:
                where, pixels = patch
                part = frame[where]
                # The screen is black, and pictures never cover each other: the brighter one is the one that is there.
                np.maximum(part, pixels, out=part)
        return frame

    def frame_from(self, position, angles, pictures):
        """The same, from any `position` (x, y, z) and at any `angles` (pitch, yaw, roll, degrees); nothing is kept."""
        pitch, yaw = (angle / DEGREES_PER_SHORT for angle in angles[:2])
        view = View(self.width, self.height, pitch, yaw, EYE[2] - position[2], position, angles[2])
        frame = view.background.copy()
        for where, pixels in filter(None, map(view.patch, pictures)):
            np.maximum(frame[where], pixels, out=frame[where])
        return frame


@functools.lru_cache(maxsize=None)
def camera(width, height):
    """The one Camera of this frame size: labs share what it keeps."""
    return Camera(width, height)


class View:
    """What one pose shows, whatever hangs on the screen."""

    def __init__(self, width, height, pitch, yaw, drop, position=EYE, roll=0.):
        forward, right, up = axes(pitch, yaw)
        if roll:
            cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
            right, up = np.array(right) * cos - np.array(up) * sin, np.array(up) * cos + np.array(right) * sin
        eye_z = EYE[2] - drop
        # The ray of a pixel is forward + a right + b up; every array here is [height, width].
        a = ((np.arange(width) + .5) * 2 / width - 1)[None, :]
        b = ((1 - (np.arange(height) + .5) * 2 / height) * height / width)[:, None]
        dx, dy, dz = (f + a * r + b * u for f, r, u in zip(forward, right, up))
        with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
            reach = np.where(dy > 1e-9, (SCREEN_Y - position[1]) / dy, np.nan)
            x, z = position[0] + reach * dx, eye_z + reach * dz
            beyond = np.maximum(np.abs(x) - SCREEN_RIGHT, np.abs(z - (SCREEN_TOP + SCREEN_BOTTOM) / 2) - SCREEN_RIGHT)
            part = np.full((height, width), SKY)
            part[(z < HORIZON) | (np.isnan(z) & (dz < 0))] = WALL
            for width_of, kind in ((LIGHT_BEZEL_WIDTH, LIGHT_BEZEL), (DARK_BEZEL_WIDTH, DARK_BEZEL), (0, SCREEN)):
                part[beyond <= width_of] = kind
        self.background = COLOURS[part]
        self._depth = reach.astype(np.float32)  # along `forward` (a ray's own part of it is 1)
        self._surface_x = ((x - SCREEN_LEFT) * SURFACE_PER_UNIT - .5).astype(np.float32)
        self._surface_y = ((SCREEN_TOP - z) * SURFACE_PER_UNIT - .5).astype(np.float32)
        self._samples = {}  # by box: the cross and the images hang in three places, whatever they show

    def patch(self, picture):
        """(where, uint8 [h, w, 3]): the part of the frame that a Picture may touch, black where it does not.

        `where` is a pair of slices, of rows and columns. None if the picture is out of sight.
        """
        if picture.box not in self._samples:
            self._samples[picture.box] = self._sample(*picture.box)
        if self._samples[picture.box] is None:
            return None
        where, x, y = self._samples[picture.box]
        return where, cv2.remap(picture.pixels, x, y, cv2.INTER_LINEAR)

    def _sample(self, left, top, width, height):
        """(where, x, y): where a box of the surface is seen, and which of its points, float32 [h, w]; None: nowhere."""
        x, y = self._surface_x - left, self._surface_y - top
        with np.errstate(invalid='ignore'):
            touched = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
        rows, columns = np.flatnonzero(touched.any(1)), np.flatnonzero(touched.any(0))
        if not len(rows):
            return None
        where = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        # Pixels that do not show the picture read far outside of it, where it is black.
        x, y = (np.where(touched[where], part[where], np.float32(-9)) for part in (x, y))
        return where, x, y

    def depth(self):
        """uint8 [height, width]: the depth buffer as OpenGL gives it, 255 (1 - near / distance) far / (far - near)."""
        distance = np.where(np.isnan(self._depth), FAR_PLANE, np.clip(self._depth, NEAR_PLANE, FAR_PLANE))
        buffer = FAR_PLANE / (FAR_PLANE - NEAR_PLANE) * (1 - NEAR_PLANE / distance)
        return np.round(255 * buffer).astype(np.uint8)
