"""A scripted player of the gaze task that reads what is hidden in the embedded lab: it shows in training what to do.

No agent is measured with it. What it tells beyond pixels: where the gaze is, and which side is right once an episode's
first trial could have told.
"""
from meta_rl.envs.decisions import LEFT, RIGHT
from meta_rl.envs.gazing.momentum import NONE, coasting
from meta_rl.psychlab import task
from meta_rl.psychlab.scene import camera

# Units of a look at 60 frames a second, to the right of the cross, and how near is near enough. The box of the cross
# spans +-20, that of a button 107 to 231 (measured on DeepMind Lab).
CROSS, BUTTON = 0, 150
NEAR_CROSS, NEAR_BUTTON = 19, 35


def towards(target, near, position, env):
    """The action that brings the gaze to rest within `near` of `target`, in units to the right of the cross."""
    rest = position + coasting(env.speed, env.repeat, env.momentum)
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

    An episode of it: `begin`, then `observe` after each step; `action` may be asked for whenever it is wanted.
    """

    def __init__(self, env, first=RIGHT):
        self._env, self._first = env, first
        self.begin()

    def begin(self):
        """An episode has begun."""
        self._paid = 0  # the last trial of this episode whose fixation was paid with the images shown

    def observe(self, reward):
        """A step was paid this, a float."""
        episode = self._env.lab._task
        if reward > 0 and episode.hover_left != task.ABSENT:
            self._paid = episode.trial

    def action(self):
        """int: what to do now."""
        lab = self._env.lab
        episode, unit = lab._task, camera.DEGREES_PER_UNIT_MS * lab._frame_ms
        position = (90 - lab._pose[1] * camera.DEGREES_PER_SHORT) / unit
        if episode.hover_left == task.ABSENT or self._paid != episode.trial:
            return towards(CROSS, NEAR_CROSS, position, self._env)
        right = self._first == RIGHT if episode.trial == 1 else episode.correct_side == task.RIGHT
        return towards(BUTTON if right else -BUTTON, NEAR_BUTTON, position, self._env)
