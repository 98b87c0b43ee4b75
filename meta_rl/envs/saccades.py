"""Closed-loop saccades: the cross is found in the frame, and the viewer turned to it and to an image, by the frame alone."""
import functools

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.psychlab import camera, pictures
from meta_rl.psychlab.task import ENGINE_MS_PER_SECOND

SETTLE = 3       # no-ops after reset: the eye is at its place from the fourth frame on (measured on DeepMind Lab)
MOST = 512       # units of a look action, the most in one frame
BUTTON = 17.85   # degrees from the cross to the middle of a button, which spans 11.3 to 24.4
SWEEP = 45.      # degrees of a turn in search of the cross: half of what a frame shows
WAIT = 30        # frames without a cross after which it is searched for: more than it stays away between two trials
PATIENCE = 600   # frames, 10 s, after which something is wrong
FPS = 8, 120     # of the lab: at less, a unit of a look is too large to face the cross; at more, too small to reach a button
WIDTH = 64       # pixels of a frame: in less, the cross is too coarse to be aimed at

NEAR = 512       # shorts (2.8 degrees): a cross that is no farther from the middle of the frame is measured exactly
STEP = 8         # shorts between the directions that it is compared with
DARK = 16        # of 255: real frames differ by up to 5 from the camera model, black ones too
UNLIKE = 16.     # of 255, in the mean: what differs more from a cross is none
ALIKE = .25      # of 255, in the mean: directions that differ by less are all as likely
FACING = camera.degrees_to_shorts(90)


def look(units):
    """The action that turns right by a number of units: np.intc [7]."""
    action = np.zeros(7, np.intc)
    action[0] = max(-MOST, min(units, MOST))
    return action


NOOP = look(0)


class Cross:
    """Finds the red cross in frames of `height` x `width` pixels."""

    def __init__(self, width, height):
        self._angles = np.degrees(np.arctan((np.arange(width) + .5) * 2 / width - 1))  # of columns, to the right of the gaze
        tall = int(np.ceil(.1 * width)) + 1  # more than half of a cross at the edge of the frame, where it is largest
        self._band = slice(max(height // 2 - tall, 0), height // 2 + tall)
        near = np.flatnonzero(np.abs(self._angles) < 2 * NEAR * camera.DEGREES_PER_SHORT + 1.5)
        self._near = self._band, slice(near[0], near[-1] + 1)
        self._offsets = np.arange(-NEAR, NEAR + 1, STEP)
        self._shown = np.stack([self._render(offset, width, height) for offset in self._offsets.tolist()]).astype(np.int16)

    def _render(self, offset, width, height):
        """The red of the middle of the frame with a cross that is `offset` shorts to the right: uint8 [h, w]."""
        red = np.zeros((height, width), np.uint8)
        where, pixels = camera.View(width, height, 0, FACING + offset, 0.).patch(pictures.CROSS)
        red[where] = pixels[:, :, 0]
        return red[self._near]

    def find(self, frame):
        """How far to the right of the gaze the cross is, float, degrees; None where `frame` (uint8 [H, W, 3]) shows none."""
        band = frame[self._band]
        red = ((band[:, :, 0] >= 128) & (band[:, :, 1:] < 64).all(2)).sum(0)
        if not red.any():
            return None
        angle = float(red.dot(self._angles) / red.sum())
        if abs(angle) > (NEAR - 64) * camera.DEGREES_PER_SHORT:
            return angle  # roughly: to be measured from nearer
        middle = frame[self._near]
        distances = np.abs(self._shown - middle[:, :, 0]).mean((1, 2))
        if distances.min() > UNLIKE or middle[:, :, 1:].mean() > UNLIKE:
            return None
        return float(self._offsets[distances <= distances.min() + ALIKE].mean()) * camera.DEGREES_PER_SHORT


class Images:
    """Tells whether the two images are shown, whatever they are, to a viewer who faces the cross."""

    def __init__(self, width, height):
        view = camera.View(width, height, 0, FACING, 0.)
        blank = np.zeros((pictures.SHOWN_SIZE, pictures.SHOWN_SIZE, 3), np.uint8)
        places = [view.patch(pictures.picture(blank, corner))[0] for corner in (pictures.LEFT_CORNER, pictures.RIGHT_CORNER)]
        # A pixel less on each side: the viewer may be turned a little off.
        self._inside = [tuple(slice(part.start + 1, part.stop - 1) for part in place) for place in places]
        black = (view.background == camera.COLOURS[camera.SCREEN]).all(2)
        around = black.copy()
        for axis in range(2):
            for shift in (-1, 1):
                around &= np.roll(black, shift, axis)
        for rows, columns in places:
            around[rows.start - 1:rows.stop + 1, columns.start - 1:columns.stop + 1] = False
        self._around = around

    def lit(self, frame):
        """Whether anything is where images belong."""
        return any(frame[place].max() > DARK for place in self._inside)

    def shown(self, frame):
        """Whether images are where they belong and nothing else is on the screen; so the viewer does look there."""
        return self.lit(frame) and frame[self._around].max() <= DARK


@functools.lru_cache(maxsize=None)
def _seen(width, height):
    """(Cross, Images) of frames of this size: environments share them."""
    return Cross(width, height), Images(width, height)


class Saccades:
    """Carries out decisions on a level that takes its time, and that may start with the viewer turned away.

    Args:
      level: psychlab's Level. Its times say when it is worth while to look; what is done hangs on what is seen then.
      width, height: int, pixels of the frames.
      fps: int, frames in a second of the lab.
    Raises: ConfigError for frames that are too small, too long or too short.

    An environment is an environment.WrapperEnv. Nothing is read of it but frames, rewards and whether the episode is over.
    """

    def __init__(self, level, width, height, fps):
        if width < WIDTH:
            raise ConfigError('width is %d: decisions that turn to the cross need %d pixels or more.' % (width, WIDTH))
        if 2 * height < width:  # what is above and below images tells them from whatever is beside the screen
            raise ConfigError('height is %d: decisions that turn to the cross need half of the width, %d.' % (height, width // 2))
        if not FPS[0] <= fps <= FPS[1]:
            raise ConfigError('fps is %d: decisions that turn to the cross need %d to %d frames a second.' % ((fps,) + FPS))
        self._level = level
        self._unit = camera.DEGREES_PER_UNIT_MS * int(ENGINE_MS_PER_SECOND / fps + .5)  # degrees that a unit of a look turns
        self._cross, self._images = _seen(width, height)

    def _units(self, degrees):
        return int(round(degrees / self._unit))

    def start(self, env):
        """From reset to where the first decision is made. Returns the reward (float) paid on the way."""
        reward, _ = env.step(NOOP, SETTLE)
        return reward + self._fixate(env)

    def _fixate(self, env):
        """Turns to the cross and holds until the images appear. Returns the reward paid on the way."""
        total, blank = 0., 0
        for _ in range(PATIENCE):
            frame = env.frame()
            if self._images.shown(frame):
                return total
            angle = self._cross.find(frame)
            blank = blank + 1 if angle is None else 0
            if angle is None:
                angle = 0. if blank % WAIT else SWEEP
            reward, done = env.step(look(self._units(angle)))
            total += reward
            if done:
                break
        raise ConfigError('No images appeared: in %d frames the red cross was not found, or looking at it did nothing; '
                          'choose a level like contributed/psychlab/harlow.' % PATIENCE)

    def choose(self, env, action):
        """Carries out a decision and goes on to where the next one is made.

        Args:
          action: int, 0 left or 1 right.
        Returns: (reward, done): paid on the way (float), and whether the episode is over.
        Raises: ConfigError if the images stay, or no others follow.
        """
        units = self._units((2 * action - 1) * BUTTON)
        total, frames = 0., self._level.time_to_fixate_target
        while True:
            for turn, count in ((look(units), 1), (NOOP, frames), (look(-units), 1)):
                reward, done = env.step(turn, count)
                total += reward
                if done:
                    return total, True
            if not self._images.lit(env.frame()):
                break  # they are gone: the choice is made
            frames *= 2
            if frames > PATIENCE:
                raise ConfigError('The lab registered no choice: an image that was looked at for %d frames is still there; '
                                  'choose a level like contributed/psychlab/harlow.' % (frames // 2))
        # The images were gone a frame ago. Those that follow take this long at least.
        frames = self._level.inter_trial_interval + self._level.time_to_fixate_cross - 2
        reward, done = env.step(NOOP, frames) if frames > 0 else (0., False)
        return (total + reward, True) if done else (total + reward + self._fixate(env), False)
