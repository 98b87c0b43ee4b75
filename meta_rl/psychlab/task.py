"""The Harlow task of psychlab: cross, trials, buttons, rewards and timers, one frame at a time."""
import collections
import functools

from .settings import ENGINE_MS_PER_SECOND

TRIALS = 6
CORRECT_REWARD, INCORRECT_REWARD = 5, -5
EPISODE_SECONDS = 300

LEFT, RIGHT = 'left', 'right'
CROSS = 'cross'
ABSENT = -1  # a hover count of a box that is not there, a timer that does not run

# The times are in frames; spawn_range is the greatest angle, in degrees, by which the viewer starts turned away.
# The older script that fast_centred was recorded with kept counts on a FIRE off the screen too; at times of one frame
# there is never a count to keep.
Level = collections.namedtuple(
    'Level', 'time_to_fixate_cross time_to_fixate_target inter_trial_interval fixation_reward spawn_range')
LEVELS = {
    'harlow': Level(4, 4, 5, 1, 22.5),
    'harlow_fast': Level(1, 1, 2, 0, 22.5),
    'harlow_fast_centred': Level(1, 1, 2, 0, 0.),
}

# An episode as the recordings stage it: numbers of the two images (from 1), the side of the correct one in each trial
# ('left' or 'right'), and the angles (degrees) at which the viewer spawns.
Setup = collections.namedtuple('Setup', 'correct_id incorrect_id correct_side pitch yaw')

EVENT = '{\n' + ''.join(f"  ['{key}'] = %s\n" for key in (
    'trial', 'correctResponse', 'response', 'stepCount', 'reactionTime', 'correct', 'trialId')) + '}\n'


def draw_setup(generator, level, first_image, images, sides):
    """A Setup drawn with `generator` (random.Random).

    The pair is drawn without replacement from the `images` numbers that start at `first_image`. `sides` is 'shuffled'
    (half of the trials left, half right: the real rule) or 'independent' (a coin flip a trial).
    """
    draw = generator.random  # and nothing else: its stream no version of Python may change
    correct = int(draw() * images)
    incorrect = int(draw() * (images - 1))
    incorrect += incorrect >= correct
    if sides == 'independent':
        correct_side = [(LEFT, RIGHT)[int(draw() * 2)] for _ in range(TRIALS)]
    else:
        correct_side = [LEFT] * (TRIALS // 2) + [RIGHT] * (TRIALS // 2)
        for i in range(TRIALS - 1, 0, -1):
            j = int(draw() * (i + 1))
            correct_side[i], correct_side[j] = correct_side[j], correct_side[i]
    yaw = 90 + level.spawn_range * (2 * draw() - 1)
    return Setup(first_image + correct, first_image + incorrect, correct_side, 0., yaw)


def box_at(gaze):
    """Which box a gaze (u, v) is in: 'cross', 'left', 'right' or None. The boxes include their edges.

    That the centre box and the two buttons do not overlap is what lets one answer do.
    """
    if gaze is None:
        return None
    u, v = gaze
    if .4 <= v <= .6:
        if .15 <= u <= .35:
            return LEFT
        if .65 <= u <= .85:
            return RIGHT
        if .475 <= u <= .525 and .475 <= v <= .525:
            return CROSS
    return None


def seconds(frames, frame_ms):
    """float: the level's clock after a number of frames of `frame_ms`."""
    return frames * frame_ms / ENGINE_MS_PER_SECOND


@functools.lru_cache(maxsize=None)
def last_frame_of(limit, frame_ms):
    """The first frame, from 1, at whose end `limit` seconds (float) are over; infinity: none is."""
    if not abs(limit) < 1e12:  # nan too
        return 1 if limit < 0 else float('inf')
    frame = max(1, int(limit * ENGINE_MS_PER_SECOND / frame_ms) - 2)
    while seconds(frame, frame_ms) < limit:
        frame += 1
    return frame


class Task:
    """One episode. `advance` takes it on by a frame; everything that it holds is plain data.

    last_frame: what last_frame_of gives for the longest that the episode may take, in place of 300 s.
    """

    __slots__ = ('level', 'setup', 'trial', 'hover_cross', 'hover_left', 'hover_right', 'delay_timer', 'done', 'events',
                 'frames', 'frame_ms', '_last_frame', '_trial_start')

    def __init__(self, level, setup, frame_ms, last_frame=None):
        self.level, self.setup = level, setup
        self.trial = 0  # of 1..TRIALS; 0 before the first
        self.hover_cross, self.hover_left, self.hover_right = 0, ABSENT, ABSENT
        self.delay_timer = ABSENT
        self.done = False
        self.events = []
        self.frames = 0
        self.frame_ms = frame_ms
        self._last_frame = last_frame_of(EPISODE_SECONDS, frame_ms) if last_frame is None else last_frame
        self._trial_start = 0  # in frames

    def __getstate__(self):
        return {name: getattr(self, name) for name in self.__slots__}

    def __setstate__(self, state):
        for name, value in state.items():
            setattr(self, name, value)

    @property
    def correct_side(self):
        """Where the correct image of the current trial is: 'left' or 'right'."""
        return self.setup.correct_side[self.trial - 1]

    def advance(self, box, blind):
        """One frame with the gaze in `box` (see box_at). `blind`: FIRE keeps the frame from being hovered.

        Returns: the reward earned.
        """
        if self.delay_timer > 0:
            self.delay_timer -= 1
            if self.delay_timer == 0:
                self.delay_timer = ABSENT
                self.hover_cross = 0
        reward = 0
        if not blind:
            if self.hover_cross >= 0:
                if box == CROSS:
                    self.hover_cross += 1
                    if self.hover_cross == self.level.time_to_fixate_cross:
                        reward = self._start_trial()
                else:
                    self.hover_cross = 0
            elif self.hover_left >= 0:
                self.hover_left = self.hover_left + 1 if box == LEFT else 0
                self.hover_right = self.hover_right + 1 if box == RIGHT else 0
                if self.level.time_to_fixate_target in (self.hover_left, self.hover_right):
                    reward = self._choose(box)
        self.frames += 1
        if self.frames >= self._last_frame:
            self.done = True
        return reward

    def seconds(self, frames):
        """The level's clock after a number of frames."""
        return seconds(frames, self.frame_ms)

    def _start_trial(self):
        self.hover_cross = ABSENT
        self.hover_left = self.hover_right = 0
        self.trial += 1
        self._trial_start = self.frames
        return self.level.fixation_reward

    def _choose(self, side):
        correct = side == self.correct_side
        self.hover_left = self.hover_right = ABSENT
        self.delay_timer = self.level.inter_trial_interval
        # A difference of two clock readings, not of frames: its rounding shows in the 14th digit, as in the real lab.
        reaction_time = self.seconds(self.frames) - self.seconds(self._trial_start)
        self.events.append(EVENT % (
            self.trial, 1 if self.correct_side == LEFT else 2,
            'correct_image_button' if correct else 'incorrect_image_button', self.frames - self._trial_start,
            f'{reaction_time:.14g}', int(correct), 1))
        self.done = self.trial == TRIALS
        return CORRECT_REWARD if correct else INCORRECT_REWARD
