"""Closed-loop saccades: the cross is found in the frame, and the viewer turned to it and to an image, by the frame alone."""
import functools

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs.gazing.screen import Cross, Images
from meta_rl.psychlab.scene import camera
from meta_rl.psychlab.task import ENGINE_MS_PER_SECOND
from meta_rl.psychlab.viewer import body

SETTLE = 3       # no-ops after reset where they do not start a trial: the eye has risen, but for a rest of 1.8 units
MOST = 512       # units of a look action, the most in one frame
BUTTON = 17.85   # degrees from the cross to the middle of a button, which spans 11.3 to 24.4
SWEEP = 45.      # degrees of a turn in search of the cross: half of what a frame shows
WAIT = 30        # frames without a cross after which it is searched for: more than it stays away between two trials
PATIENCE = 600   # frames, 10 s, after which something is wrong
FPS = 8, 120     # of the lab: at less, a unit of a look is too large to face the cross; at more, too small to reach a button
WIDTH = 64       # pixels of a frame: in less, the cross is too coarse to be aimed at


def look(units, fire=0):
    """The action that turns right by a number of units, and may pull the trigger: np.intc [7]."""
    action = np.zeros(7, np.intc)
    action[0] = max(-MOST, min(units, MOST))
    action[4] = fire
    return action


NOOP, FIRE = look(0), look(0, 1)


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
        frame_ms = int(ENGINE_MS_PER_SECOND / fps + .5)
        self._unit = camera.DEGREES_PER_UNIT_MS * frame_ms  # degrees that a unit of a look turns
        # Frames after reset from which on the eye is at its place.
        self._risen = max([SETTLE] + [len(body.start_drops(frame_ms, first)) for first in (False, True)])
        self._cross, self._images = _seen(width, height)

    def _units(self, degrees):
        return int(round(degrees / self._unit))

    def start(self, env):
        """From reset to where the first decision is made. Returns the reward (float) paid on the way."""
        if self._level.time_to_fixate_cross > SETTLE:
            frames, first = SETTLE, NOOP
        else:
            # The viewer may start with the gaze on the cross, and the images would be there before it faces them: they
            # cannot come in a frame in which the trigger is pulled, and in the next one it turns to the cross already.
            frames, first = 1, FIRE
        reward, _ = env.step(first, frames)
        return reward + self._fixate(env, turned=True, rising=self._risen - frames)

    def _fixate(self, env, turned=False, rising=0):
        """Turns to the cross and holds until the images appear.

        Args:
          turned: bool, whether the viewer may look elsewhere: what is seen there may be taken for the screen.
          rising: int, frames for which the eye is still too low for a decision.
        Returns: float, the reward paid on the way.
        """
        total, blank = 0., 0
        for number in range(PATIENCE):
            frame = env.frame()
            shown = number >= rising and self._images.shown(frame)
            if shown and not turned:
                return total
            angle = self._cross.find(frame)
            if shown and angle is None:
                return total
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
