"""The 43 observations of the level: their order, types and shapes, and what each is."""
import collections

import numpy as np

from .viewer import motion

BYTES, DOUBLES, TEXT = np.uint8, np.float64, str
CAMERA = 'DEBUG.CAMERA'

# What the HUD shows: float (s, None: no clock), float, int.
HudState = collections.namedtuple('HudState', 'seconds_left score health')

# In the order of the real lab. Shapes: H, W of a frame; h, w of the pictures of DEBUG.CAMERA. Those of the players are
# specified with a 0 where their number is: what comes has a 1 there.
SPEC = (
    ('RGB_INTERLEAVED', BYTES, 'HW3'), ('RGBD_INTERLEAVED', BYTES, 'HW4'), ('RGB', BYTES, '3HW'), ('RGBD', BYTES, '4HW'),
    ('BGR_INTERLEAVED', BYTES, 'HW3'), ('BGRD_INTERLEAVED', BYTES, 'HW4'), ('MAP_FRAME_NUMBER', DOUBLES, '1'),
    ('RGB_INTERLACED', BYTES, 'HW3'), ('RGBD_INTERLACED', BYTES, 'HW4'), ('VEL.TRANS', DOUBLES, '3'),
    ('VEL.ROT', DOUBLES, '3'), ('INSTR', TEXT, ''), ('TEAM.SCORE', DOUBLES, '2'), ('FRAMES_REMAINING_AT_60', DOUBLES, '1'),
    (CAMERA + '_INTERLEAVED.TOP_DOWN', BYTES, 'hw3'), (CAMERA + '_INTERLEAVED.PLAYER_VIEW', BYTES, 'hw3'),
    (CAMERA + '_INTERLEAVED.PLAYER_VIEW_NO_RETICLE', BYTES, 'hw3'), (CAMERA + '.TOP_DOWN', BYTES, '3hw'),
    (CAMERA + '.PLAYER_VIEW', BYTES, '3hw'), (CAMERA + '.PLAYER_VIEW_NO_RETICLE', BYTES, '3hw'),
    ('DEBUG.MAZE.LAYOUT', TEXT, ''), ('DEBUG.MAZE.VARIATION', TEXT, ''), ('DEBUG.POS.TRANS', DOUBLES, '3'),
    ('DEBUG.POS.ROT', DOUBLES, '3'), ('DEBUG.PLAYER_ID', BYTES, '1'), ('DEBUG.PLAYERS.ARMOR', DOUBLES, '0'),
    ('DEBUG.PLAYERS.GADGET', DOUBLES, '0'), ('DEBUG.PLAYERS.GADGET_AMOUNT', DOUBLES, '0'),
    ('DEBUG.PLAYERS.HEALTH', DOUBLES, '0'), ('DEBUG.PLAYERS.HOLDING_FLAG', DOUBLES, '0'), ('DEBUG.PLAYERS.ID', BYTES, '0'),
    ('DEBUG.PLAYERS.EYE.POS', DOUBLES, '03'), ('DEBUG.PLAYERS.EYE.ROT', DOUBLES, '03'),
    ('DEBUG.PLAYERS.VELOCITY', DOUBLES, '03'), ('DEBUG.PLAYERS.NAME', TEXT, ''), ('DEBUG.PLAYERS.TEAM', DOUBLES, '0'),
    ('DEBUG.PLAYERS.CAPTURES', DOUBLES, '0'), ('DEBUG.PLAYERS.SCORE', DOUBLES, '0'), ('DEBUG.PLAYERS.IS_BOT', BYTES, '0'),
    ('DEBUG.FLAGS.RED', DOUBLES, '5'), ('DEBUG.FLAGS.BLUE', DOUBLES, '5'), ('DEBUG.FLAGS.RED_HOME', DOUBLES, '4'),
    ('DEBUG.FLAGS.BLUE_HOME', DOUBLES, '4'),
)
NAMES = frozenset(name for name, _, _ in SPEC)
# Those that are read off the viewer, for which each of its frames must be followed.
TRACKED = frozenset(name for name in NAMES if name.startswith(('VEL.', 'DEBUG.POS.', 'DEBUG.PLAYERS.EYE.'))
                    or name == 'DEBUG.PLAYERS.VELOCITY' or 'PLAYER_VIEW' in name)

# What becomes of the rendered frame (uint8 [H, W, 3], RGB) and of the depth (a function that gives uint8 [H, W]).
# All but the first copy, so that an array is given out once only.
PICTURES = {
    'RGB_INTERLEAVED': lambda frame, depth: frame,
    'RGB_INTERLACED': lambda frame, depth: frame.copy(),
    'RGBD_INTERLEAVED': lambda frame, depth: np.dstack([frame, depth()]),
    'RGBD_INTERLACED': lambda frame, depth: np.dstack([frame, depth()]),
    'RGB': lambda frame, depth: np.ascontiguousarray(frame.transpose(2, 0, 1)),
    'RGBD': lambda frame, depth: np.ascontiguousarray(np.dstack([frame, depth()]).transpose(2, 0, 1)),
    'BGR_INTERLEAVED': lambda frame, depth: np.ascontiguousarray(frame[:, :, ::-1]),
    'BGRD_INTERLEAVED': lambda frame, depth: np.dstack([frame[:, :, ::-1], depth()]),
}
RETICLE, RETICLE_SIZE = (200, 200, 200), 3  # the square in the middle of PLAYER_VIEW


def spec(height, width, camera_height, camera_width):
    """list of dict with 'name', 'shape' and 'dtype' of each observation, for frames and DEBUG.CAMERA pictures of these sizes."""
    sizes = {'H': height, 'W': width, 'h': camera_height, 'w': camera_width}
    return [{'name': name, 'dtype': dtype, 'shape': tuple(sizes[axis] if axis in sizes else int(axis) for axis in shape)}
            for name, dtype, shape in SPEC]


class Samples:
    """The viewer as observations show it. It is sampled, each time with a stamp in ms, and a stamp is not taken twice.

    pose: (pitch, yaw) in shorts. z, speed: the body's. drop: of the eye. turning: (pitch, yaw) in degrees a second.
    before: (pose, height of the eye, speed) of the frame before the last.
    """

    def __init__(self, pose, body):
        self.stamp, self.pose, self.turning = 0, pose, (0., 0.)
        self.z, self.speed, self.drop = body.z, body.speed, body.drop(0)
        self._now = self.before = pose, body.eye(), body.speed

    def take(self, stamp, pose, body, frame):
        if stamp == self.stamp > 0:
            return
        self.turning = 0., 0.
        if self.stamp > 0 and stamp > self.stamp:
            rate = 1 / ((stamp - self.stamp) * (1 / 1000))
            self.turning = tuple(
                motion.wrap(new - old) * motion.DEGREES_PER_SHORT * rate for new, old in zip(pose, self.pose))
        self.stamp, self.pose, self.z, self.speed, self.drop = stamp, pose, body.z, body.speed, body.drop(frame)

    def follow(self, pose, body):
        """Notes a frame, for `before`."""
        self.before, self._now = self._now, (pose, body.eye(), body.speed)


def _constant(dtype, *values):
    return lambda lab: np.array(values, dtype)


def _doubles(read):
    return lambda lab: np.array(read(lab), np.float64)


def _degrees(pose):
    return [angle * motion.DEGREES_PER_SHORT for angle in pose] + [0.]


def _camera_picture(view, interleaved):
    def picture(lab):
        frame = view(lab)
        return frame if interleaved else np.ascontiguousarray(frame.transpose(2, 0, 1))
    return picture


def _player_view(lab):
    return lab._camera_frame(lab._samples.pose, lab._samples.drop)


def _with_reticle(lab):
    frame = _player_view(lab)
    bottom, right = frame.shape[0] // 2 + 1, frame.shape[1] // 2 + 1
    frame[bottom - RETICLE_SIZE:bottom, right - RETICLE_SIZE:right] = RETICLE
    return frame


# The rest: functions of a Lab. Each makes a new array.
VALUES = {
    'MAP_FRAME_NUMBER': _doubles(lambda lab: [lab._task.frames]),
    'VEL.TRANS': _doubles(lambda lab: [0., 0., lab._samples.speed]),
    'VEL.ROT': _doubles(lambda lab: lab._samples.turning + (0.,)),
    'INSTR': lambda lab: '', 'DEBUG.MAZE.LAYOUT': lambda lab: '', 'DEBUG.MAZE.VARIATION': lambda lab: '',
    'TEAM.SCORE': _constant(DOUBLES, 0, 0),
    'FRAMES_REMAINING_AT_60': _doubles(lambda lab: [(lab._seconds_left() or 0.) * 60]),
    'DEBUG.POS.TRANS': _doubles(lambda lab: [motion.EYE[0], motion.EYE[1], lab._samples.z]),
    'DEBUG.POS.ROT': _doubles(lambda lab: _degrees(lab._samples.pose)),
    'DEBUG.PLAYER_ID': _constant(BYTES, 1), 'DEBUG.PLAYERS.ID': _constant(BYTES, 1),
    'DEBUG.PLAYERS.EYE.POS': _doubles(lambda lab: [[motion.EYE[0], motion.EYE[1], lab._samples.before[1]]]),
    'DEBUG.PLAYERS.EYE.ROT': _doubles(lambda lab: [_degrees(lab._samples.before[0])]),
    'DEBUG.PLAYERS.VELOCITY': _doubles(lambda lab: [[0., 0., lab._samples.before[2]]]),
    'DEBUG.PLAYERS.HEALTH': _doubles(lambda lab: [lab.health]),
    'DEBUG.PLAYERS.SCORE': _doubles(lambda lab: [lab.score]),
    'DEBUG.PLAYERS.ARMOR': _constant(DOUBLES, 0), 'DEBUG.PLAYERS.HOLDING_FLAG': _constant(DOUBLES, 0),
    'DEBUG.PLAYERS.TEAM': _constant(DOUBLES, 0), 'DEBUG.PLAYERS.CAPTURES': _constant(DOUBLES, 0),
    'DEBUG.PLAYERS.IS_BOT': _constant(BYTES, 0), 'DEBUG.PLAYERS.GADGET': _constant(DOUBLES, 3),
    'DEBUG.PLAYERS.GADGET_AMOUNT': _constant(DOUBLES, 100),
    'DEBUG.PLAYERS.NAME': lambda lab: lab._values['playerName'],
    'DEBUG.FLAGS.RED': _constant(DOUBLES, *[0] * 5), 'DEBUG.FLAGS.BLUE': _constant(DOUBLES, *[0] * 5),
    'DEBUG.FLAGS.RED_HOME': _constant(DOUBLES, *[0] * 4), 'DEBUG.FLAGS.BLUE_HOME': _constant(DOUBLES, *[0] * 4),
}
for _name, _view in (('TOP_DOWN', lambda lab: lab._top_down()), ('PLAYER_VIEW', _with_reticle),
                     ('PLAYER_VIEW_NO_RETICLE', _player_view)):
    VALUES[f'{CAMERA}_INTERLEAVED.{_name}'] = _camera_picture(_view, True)
    VALUES[f'{CAMERA}.{_name}'] = _camera_picture(_view, False)
