"""What the viewer of the psychlab screen sees. How it turns and where it looks, which `motion` holds, is to be had here too.

Every constant here was measured on DeepMind Lab (the pinhole model reproduces its frames within 5/255).
"""
import functools

import cv2
import numpy as np

from ..viewer.motion import (
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
from . import hud, looks, stadium, stand

__all__ = ['Camera', 'DEGREES_PER_SHORT', 'DEGREES_PER_UNIT_MS', 'EYE', 'PITCH_LIMIT', 'SCREEN_BOTTOM', 'SCREEN_LEFT',
           'SCREEN_RIGHT', 'SCREEN_TOP', 'SCREEN_Y', 'SHORTS_PER_DEGREE', 'SHORTS_PER_TURN', 'SURFACE', 'View', 'axes', 'camera',
           'degrees_to_shorts', 'gaze', 'turn', 'wrap']

SCREEN_Y = 58.5  # the plane of the screen
SURFACE = 512  # pixels along each side of the surface that hangs there
SURFACE_PER_UNIT = SURFACE / (SCREEN_RIGHT - SCREEN_LEFT)

FLAT, REAL = 'flat', 'real'  # surroundings; looks have numbers

# Flat surroundings: plain colours, and a bezel about as wide as the real one.
SKY, WALL, LIGHT_BEZEL, DARK_BEZEL, SCREEN = range(5)
COLOURS = np.array([(138, 216, 255), (15, 67, 105), (121, 121, 121), (40, 40, 40), (0, 0, 0)], np.uint8)
DARK_BEZEL_WIDTH, LIGHT_BEZEL_WIDTH = 4.0, 6.0
HORIZON = 250.0  # height of the walls behind the screen

NEAR_PLANE, FAR_PLANE = 4.0, 2048.0  # of the depth buffer; 4 is the engine's r_znear


class Camera:
    """Renders frames of `height` x `width` pixels. What poses and pictures seen lately look like is kept.

    Args:
      surroundings: FLAT, REAL, or the number of a look (see looks.Look): what is seen around the screen.
    """

    def __init__(self, width, height, surroundings=FLAT):
        self.width, self.height, self.surroundings = width, height, surroundings
        self.plain = surroundings == FLAT  # nothing is drawn over it
        kept = _kept(width, height)
        self.view, self.patch, self._backgrounds, self._overlaid, self._looked = kept

    def __reduce__(self):  # what is kept stays at home when a lab is pickled
        return camera, (self.width, self.height, self.surroundings)

    def frame(self, pitch, yaw, drop, pictures, over=None):
        """uint8 [height, width, 3], RGB, a fresh array: the screen with `pictures` (each a Picture) on it.

        The viewer stands at `pitch` and `yaw` (shorts) with the eye lower by `drop` (higher, where it is negative). over: an
        Overlay to draw over all of it; None: none.
        """
        if over is not None:
            return self._overlaid_frame(pitch, yaw, drop, pictures, over)
        frame = self._backgrounds(self.surroundings, pitch, yaw, drop).copy()
        for picture in pictures:
            patch = self.patch(pitch, yaw, drop, picture)
            if patch is not None:
                where, pixels = patch
                part = frame[where]
                # The screen is black, and pictures never cover each other: the brighter one is the one that is there.
                np.maximum(part, pixels, out=part)
        return frame

    def _overlaid_frame(self, pitch, yaw, drop, pictures, over):
        if self.surroundings not in DRAWN:  # there are many looks: of each pose one frame is kept, whatever is on the screen
            frame = self._looked(self.surroundings, pitch, yaw, drop, over).copy()
        elif len(pictures) < 2:  # nothing, or the cross, which is always the same
            return self._overlaid(self, pitch, yaw, drop, tuple(pictures), over).copy()
        else:
            frame = self._overlaid(self, pitch, yaw, drop, None, over).copy()
        met = ()
        for where, pixels in filter(None, [self.patch(pitch, yaw, drop, picture) for picture in pictures]):
            part = frame[where]
            np.maximum(part, pixels, out=part)
            if where[0].start < over.free_from or where[0].stop > over.free_to:
                met += over.met(where)
        if met:  # the picture is below the overlay, there
            plain = self.frame(pitch, yaw, drop, pictures)
            for block in met:
                over.blend(frame, plain, block)
        if over.middle:
            over.draw_middle(frame)
        return frame

    def frame_from(self, position, angles, pictures):
        """The same, from any `position` (x, y, z) and at any `angles` (pitch, yaw, roll, degrees); nothing is kept."""
        pitch, yaw = (angle / DEGREES_PER_SHORT for angle in angles[:2])
        pose = self.width, self.height, pitch, yaw, EYE[2] - position[2], position, angles[2]
        rays = Rays(*pose)
        frame = (DRAWN[self.surroundings](rays) if self.surroundings in DRAWN
                 else looks.draw(looks.Directions(rays), self.surroundings))
        for where, pixels in filter(None, map(View(*pose).patch, pictures)):
            np.maximum(frame[where], pixels, out=frame[where])
        return frame

    def overlay(self, state, shown):
        """The Overlay of these surroundings; None: nothing to draw. state: see hud.overlay. shown: hud.Shown."""
        if self.plain or not (shown.hud or shown.crosshair):
            return None
        if self.surroundings == REAL:
            return hud.overlay(self.width, self.height, state, shown)
        return looks.overlay(self.surroundings, self.width, self.height, shown)


def camera(width, height, surroundings=FLAT):
    """The one Camera of this frame size and these surroundings: labs share what it keeps."""
    return _camera(width, height, surroundings)


_camera = functools.lru_cache(maxsize=1024)(Camera)


@functools.lru_cache(maxsize=None)
def _kept(width, height):
    """What cameras of a frame size share: functions view, patch, background, overlaid, looked, that keep what they gave lately."""
    pixels = width * height

    @functools.lru_cache(maxsize=2)  # for what is made of a pose at the same time
    def rays(pitch, yaw, drop):
        return Rays(width, height, pitch, yaw, drop)

    @functools.lru_cache(maxsize=max(8, 2 ** 23 // pixels))  # 12 bytes a pixel
    def view(pitch, yaw, drop):
        return View(width, height, pitch, yaw, drop, rays=rays(pitch, yaw, drop))

    @functools.lru_cache(maxsize=max(64, 2 ** 28 // pixels))  # half a byte a pixel
    def patch(pitch, yaw, drop, picture):
        return view(pitch, yaw, drop).patch(picture)

    @functools.lru_cache(maxsize=max(8, 2 ** 24 // pixels))  # 12 bytes a pixel; drawing one is mostly to find these out
    def directions(pitch, yaw, drop):
        return looks.Directions(rays(pitch, yaw, drop))

    @functools.lru_cache(maxsize=max(8, 2 ** 25 // pixels))  # 3 bytes a pixel
    def background(surroundings, pitch, yaw, drop):
        if surroundings in DRAWN:
            return DRAWN[surroundings](rays(pitch, yaw, drop))
        return looks.draw(directions(pitch, yaw, drop), surroundings)

    @functools.lru_cache(maxsize=max(8, 2 ** 26 // pixels))  # 3 bytes a pixel: some hundred poses of 64 looks
    def looked(number, pitch, yaw, drop, over):
        """A look without pictures, and without the middle of the overlay."""
        frame = looks.draw(directions(pitch, yaw, drop), number)
        over.draw(frame)
        return frame

    @functools.lru_cache(maxsize=max(8, 2 ** 24 // pixels))  # 3 bytes a pixel
    def overlaid(eye, pitch, yaw, drop, pictures, over):
        """Below `pictures` there is all of it; None: what is below any, without the middle of the overlay."""
        frame = eye.frame(pitch, yaw, drop, pictures or ())
        over.draw(frame)
        if pictures is not None:
            over.draw_middle(frame)
        return frame

    return view, patch, background, overlaid, looked


class Rays:
    """Where the rays of a pose go, one through the middle of each pixel: forward + a right + b up.

    Attributes, arrays that broadcast to [height, width]: dx, dy, dz, their directions; reach, along them to the plane of the
    screen (NaN: they do not meet it); x, z, where they meet it. width, height: ints, of the frame; eye_z: float.
    Of a viewer who looks straight ahead dx, dy, reach and x are the same in all rows, and have one.
    """

    def __init__(self, width, height, pitch, yaw, drop, position=EYE, roll=0.):
        forward, right, up = axes(pitch, yaw)
        if roll:
            cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
            right, up = np.array(right) * cos - np.array(up) * sin, np.array(up) * cos + np.array(right) * sin
        self.width, self.height, self.eye_z = width, height, EYE[2] - drop
        a = ((np.arange(width) + .5) * 2 / width - 1)[None, :]
        b = ((1 - (np.arange(height) + .5) * 2 / height) * height / width)[:, None]
        self.dx, self.dy, self.dz = (np.array([[f]]) + (a * r if r else 0.) + (b * u if u else 0.)
                                     for f, r, u in zip(forward, right, up))
        with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
            self.reach = np.where(self.dy > 1e-9, (SCREEN_Y - position[1]) / self.dy, np.nan)
            self.x, self.z = position[0] + self.reach * self.dx, self.eye_z + self.reach * self.dz


def draw_flat(rays):
    """uint8 [H, W, 3]: sky, walls and a bezel of plain colours, with no likeness to the real lab's but their place."""
    x, z = rays.x, rays.z
    with np.errstate(invalid='ignore'):
        beyond = np.maximum(np.abs(x) - SCREEN_RIGHT, np.abs(z - (SCREEN_TOP + SCREEN_BOTTOM) / 2) - SCREEN_RIGHT)
        part = np.full((rays.height, rays.width), SKY)
        part[(z < HORIZON) | (np.isnan(z) & (rays.dz < 0))] = WALL
        for width_of, kind in ((LIGHT_BEZEL_WIDTH, LIGHT_BEZEL), (DARK_BEZEL_WIDTH, DARK_BEZEL), (0, SCREEN)):
            part[beyond <= width_of] = kind
    return COLOURS[part]


def draw_real(rays):
    """uint8 [H, W, 3]: the stadium, the stand and the ground of the real lab, the screen black."""
    frame = stadium.look(*np.broadcast_arrays(rays.dx, rays.dy, rays.dz))
    stand.look(frame, *np.broadcast_arrays(rays.x, rays.z, rays.dx, rays.dy, rays.dz), eye_z=rays.eye_z)
    return frame


DRAWN = {FLAT: draw_flat, REAL: draw_real}


class View:
    """What one pose shows of the screen, whatever hangs on it."""

    def __init__(self, *pose, rays=None):
        rays, self._pose = rays or Rays(*pose), pose
        self._shape = rays.height, rays.width
        self._depth = rays.reach.astype(np.float32)  # along `forward` (a ray's own part of it is 1)
        self._surface_x = ((rays.x - SCREEN_LEFT) * SURFACE_PER_UNIT - .5).astype(np.float32)
        self._surface_y = ((SCREEN_TOP - rays.z) * SURFACE_PER_UNIT - .5).astype(np.float32)
        self._samples = {}  # by box: the cross and the images hang in three places, whatever they show

    @property
    def background(self):
        """uint8 [height, width, 3]: the pose in flat surroundings, the screen black."""
        return draw_flat(Rays(*self._pose))

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
        where = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        # Pixels that do not show the picture read far outside of it, where it is black.
        touched = touched[where]
        x, y = (np.where(touched, part[where[0] if len(part) > 1 else slice(None), where[1]], np.float32(-9)) for part in (x, y))
        return where, x, y

    def depth(self):
        """uint8 [height, width]: the depth buffer as OpenGL gives it, 255 (1 - near / distance) far / (far - near)."""
        distance = np.where(np.isnan(self._depth), FAR_PLANE, np.clip(self._depth, NEAR_PLANE, FAR_PLANE))
        buffer = FAR_PLANE / (FAR_PLANE - NEAR_PLANE) * (1 - NEAR_PLANE / distance)
        return np.broadcast_to(np.round(255 * buffer).astype(np.uint8), self._shape).copy()
