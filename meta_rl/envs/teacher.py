"""A scripted player of the gaze task that reads what is hidden in the embedded lab: it shows in training what to do.

No agent is measured with it. What it tells beyond pixels: where the gaze is, and which side is right once an episode's
first trial could have told.
"""
from meta_rl.envs.decisions import LEFT, RIGHT
from meta_rl.envs.gaze import KEPT, NONE
from meta_rl.psychlab import camera, task

# Units of a look at 60 frames a second, to the right of the cross, and how near is near enough. The box of the cross
# spans +-20, that of a button 107 to 231 (measured on DeepMind Lab).
CROSS, BUTTON = 0, 150
NEAR_CROSS, NEAR_BUTTON = 19, 35


def coasting(speed, repeat, kept=KEPT):
    """int: units that the gaze turns until it rests if pushed no more, after a decision at `speed` units a frame."""
    total, speed = 0, int(speed * kept)
    while speed:
        total, speed = total + repeat * speed, int(speed * kept)
    return total


def towards(target, near, position, env):
    """The action that brings the gaze to rest within `near` of `target`, in units to the right of the cross."""
    rest = position + coasting(env.speed, env.repeat, env.kept)
    if abs(rest - target) <= near:
        return NONE
    return RIGHT if rest < target else LEFT


class Teacher:
    """Tells what to do next in a GazeEnv of the embedded lab: what the Harlow rule would have the gaze do.

    It stays on the cross until fixation is paid, up to a decision after the images have come: so an agent that does the same
    has them before it when it is paid.

    Args:
      env: GazeEnv.
      first: int, LEFT or RIGHT, the side to look at in the first trial, when nothing can be known.

    Attributes: paid, int, the last trial of this episode whose fixation was paid with the images shown, or 0.
    """

    def __init__(self, env, first=RIGHT):
        self._env, self._first, self.paid = env, first, 0

    def action(self, reward):
        """int: what to do now. reward: float, what the decision before was paid; None if there was none in this episode."""
        lab = self._env.lab
        episode, unit = lab._task, camera.DEGREES_PER_UNIT_MS * lab._frame_ms
        position = (90 - lab._pose[1] * camera.DEGREES_PER_SHORT) / unit
        shown = episode.hover_left != task.ABSENT
        if reward is None:
            self.paid = 0
        elif reward > 0 and shown:
            self.paid = episode.trial
        if not shown or self.paid != episode.trial:
            return towards(CROSS, NEAR_CROSS, position, self._env)
        right = self._first == RIGHT if episode.trial == 1 else episode.correct_side == task.RIGHT
        return towards(BUTTON if right else -BUTTON, NEAR_BUTTON, position, self._env)
