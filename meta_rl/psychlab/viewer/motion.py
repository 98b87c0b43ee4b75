"""How the viewer of the psychlab screen turns, and where it looks.

Angles are kept as the engine keeps them: signed 16-bit numbers ("shorts", 65536 to the full circle). Yaw 90 degrees faces
the screen, a positive pitch looks down. Lengths are in the engine's own units.
Every rule and constant here was measured on DeepMind Lab; what is float32 there is float32 here, to the last bit.
"""
import functools
import math

import numpy as np

SHORTS_PER_TURN = 65536
DEGREES_PER_SHORT = 360.0 / SHORTS_PER_TURN
SHORTS_PER_DEGREE = np.float32(SHORTS_PER_TURN / 360.0)
DEGREES_PER_UNIT_MS = 0.11 * 60 / 1000  # one unit of a LOOK action, for each millisecond of the frame
PITCH_LIMIT = 16000  # shorts, 87.89 degrees: the viewer cannot look over its own head

EYE = (0.0, -32.0, 122.125)  # of a viewer that stands

SCREEN_LEFT, SCREEN_RIGHT = -56.0, 56.0
SCREEN_BOTTOM, SCREEN_TOP = 67.0, 179.0


@functools.lru_cache(maxsize=65536)
def turn(angle, origin, units, frame_ms):
    """One frame's rotation of one axis, in the engine's own precision and without inertia.

    Args:
      angle: float, degrees in [0, 360]: all that was turned since the spawn.
      origin: int, shorts: the spawn angle.
      units: int, the LOOK action (for yaw: minus the action).
      frame_ms: int, milliseconds of engine time in a frame.
    Returns: (angle, direction): the new `angle`, and where the axis then points, a signed 16-bit number of shorts.
    """
    angle = np.float32(angle + float(np.float32(units * DEGREES_PER_UNIT_MS)) * frame_ms)
    angle = np.float32(float(angle) % 360.0)
    return float(angle), wrap(int(float(angle * SHORTS_PER_DEGREE) + .5) + origin)


def wrap(shorts):
    """The same direction as a signed 16-bit number."""
    return (shorts + SHORTS_PER_TURN // 2) % SHORTS_PER_TURN - SHORTS_PER_TURN // 2


def degrees_to_shorts(degrees):
    """The nearest angle that the engine can hold."""
    return wrap(int(round(degrees / DEGREES_PER_SHORT)))


def axes(pitch, yaw):
    """(forward, right, up), unit vectors as tuples of 3 floats, of a viewer at `pitch` and `yaw` (shorts)."""
    p, y = math.radians(pitch * DEGREES_PER_SHORT), math.radians(yaw * DEGREES_PER_SHORT)
    forward = (math.cos(p) * math.cos(y), math.cos(p) * math.sin(y), -math.sin(p))
    right = (math.sin(y), -math.cos(y), 0.0)
    up = (math.sin(p) * math.cos(y), math.sin(p) * math.sin(y), math.cos(p))
    return forward, right, up


def gaze(pitch, yaw, eye=122):
    """Where a viewer looks on the screen: (u, v), fractions of it from its top left corner; None: elsewhere.

    The engine starts its ray 14 units before the eye, at whole numbers, and looks for the plane y = 58; the
    script then reads the meeting point off a plane a little nearer, and a screen a little larger.
    `eye` (int) is the height of the eye: that of the body, cut to an integer, plus 26 or 12.
    """
    fx, fy, fz = axes(pitch, yaw)[0]
    if fy <= 1e-9:
        return None
    x0, y0, z0 = math.trunc(14 * fx), math.trunc(-32 + 14 * fy), math.trunc(eye + 14 * fz)
    top = 1024.0 if z0 == SCREEN_TOP else SCREEN_TOP  # a ray from the very edge of the screen passes it there
    reach = (58 - y0) / fy
    if not (SCREEN_LEFT <= x0 + reach * fx <= SCREEN_RIGHT and SCREEN_BOTTOM <= z0 + reach * fz <= top):
        return None
    reach = (57.875 - y0) / fy
    return (x0 + reach * fx + 57) / 114, 1 - (z0 + reach * fz - 66) / 114
