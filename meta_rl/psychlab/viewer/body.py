"""The viewer's body: the clock that moves it, how it jumps and crouches, the height of its eye, its health.

Lengths are in the engine's own units, times in ms of engine time. Every rule and constant was measured on DeepMind Lab;
what is float32 there is float32 here, to the last bit.
"""
import bisect
import functools

import numpy as np

from . import motion

GROUND, STANDING, CROUCHED = np.float32(96.125), 26, 12  # the height of the body at rest, and of the eye above the body
GRAVITY, JUMP_SPEED, NOTHING = np.float32(800), np.float32(270), np.float32(0)  # units / s^2, units / s
SECONDS_PER_MS = np.float32(.001)
LONGEST_PART = 66  # ms: a longer frame moves the body in several parts
DUCK_MS = 100  # that the eye takes to follow the body when it crouches or stands up
FALL, FALL_MS, RISE_MS = np.float32(-8), 150, 300  # a landing takes the eye down, and it comes up again
LONGEST_STANDSTILL = 2  # ms: in frames this short the clock stands still at times, and no command is taken
JOLT = 7  # of .0001 times the squared speed: softer landings are not felt
FULL_HEALTH, LEAST_HEALTH = 125, 100


class Clock:
    """The time that the viewer's commands carry: it follows a server of 20 frames a second, unevenly.

    It hangs on the ms of a frame and on whether this is the first episode of its lab, on nothing else. reset() returns after
    `frame` 0; `time` is that after `frame`, and `start` that of frame -3, when the eye begins to rise from the ground.
    `snapshot` says whether the server made a frame of its own; `lasts` is for how many ms the command of the next frame moves
    the body. At 480 frames a second and more that can be 0.
    """

    def __init__(self, frame_ms, first):
        self._ms = min(frame_ms, 200)
        self._rest = self._server = self._real = 0
        for _ in range(3 if first else 2):
            before = self._server
            self._serve()
        self._delta, self._late = self._server - self._real, True
        # How much of the viewer's first command the server takes: it looks for what came before it.
        self.first_command = min(200, 100 + self._server - (before or -100))
        self.frame, self.time, self.start, self.lasts = -4, self._server, None, 0

    def _serve(self):
        self._rest += self._ms
        self._real += self._ms
        self.snapshot = self._rest >= 50
        self._server += self._rest // 50 * 50
        self._rest %= 50

    def tick(self):
        """Goes on by a frame."""
        self.frame += 1
        self._serve()
        now = self._real + self._delta
        self.lasts = max(0, now - self.time)
        self.time += self.lasts
        self._delta += -2 if self._late or now >= self._server - 5 else 1
        self._late = False
        if self.frame == -3:
            self.start = self.time


def clock_at_reset(frame_ms, first):
    """The Clock of an episode at the return of reset()."""
    clock = Clock(frame_ms, first)
    while clock.frame < 0:
        clock.tick()
    return clock


@functools.lru_cache(maxsize=None)
def start_drops(frame_ms, first):
    """dict from the first frames of an episode to how much lower the eye is after them, for a viewer that stands."""
    clock, drops = clock_at_reset(frame_ms, first), {}
    while clock.time - clock.start < DUCK_MS:
        drops[clock.frame] = motion.EYE[2] - _eye(GROUND, STANDING, STANDING, clock.time - clock.start, None)
        clock.tick()
    return drops


@functools.lru_cache(maxsize=None)
def _health_falls(frame_ms, first):
    """list of the frames in which the health that is shown falls by 1: each second, from 125 to 100."""
    clock, falls = Clock(frame_ms, first), []
    counter, health, copy, shown = clock.first_command, FULL_HEALTH, FULL_HEALTH, FULL_HEALTH
    taken, coming = clock.time, clock.time  # the times of the command that the server took last, and of the next
    while shown > LEAST_HEALTH:
        before = clock.time
        clock.tick()
        if shown != copy:
            shown = copy
            falls.append(clock.frame)
        counter += coming - taken
        taken, coming = coming, before
        if counter >= 1000:
            counter -= 1000
            health = max(health - 1, LEAST_HEALTH)
        if clock.snapshot:
            copy = health
    return falls


def health(frame, frame_ms, first):
    """int: the health that is shown after a frame of an episode."""
    return FULL_HEALTH - bisect.bisect_right(_health_falls(frame_ms, first), frame)


def _eye(z, height, change, since_change, since_jolt):
    """float: the height of the camera. Times in ms; `change` is that of `height`, `since_jolt` is None without a landing."""
    eye = z + np.float32(height)
    if since_change < DUCK_MS:
        eye -= np.float32(change) * np.float32(DUCK_MS - since_change) / np.float32(DUCK_MS)
    if since_jolt is not None:
        if since_jolt < FALL_MS:
            eye += FALL * (np.float32(since_jolt) / np.float32(FALL_MS))
        elif since_jolt < FALL_MS + RISE_MS:
            eye += FALL * (np.float32(1) - np.float32(since_jolt - FALL_MS) / np.float32(RISE_MS))
    return float(eye)


class Body:
    """The viewer's body and eye. `stirred` says whether they move; while they do not, no frame needs to be told to them.

    `z` and `speed` (upwards) are np.float32; `height`, 26 or 12, is that of the eye above the body.
    """

    z, speed, height, _held, stirred, _clock = GROUND, NOTHING, STANDING, False, False, None  # few ever change
    # What the eye still follows: the last change of height and its time, and the time of the last jolt.
    _change, _changed, _jolted = STANDING, None, None

    def __init__(self, frame_ms, first):
        self.frame_ms, self.first = frame_ms, first

    @property
    def used(self):
        """bool: whether it is no longer as it was at the start of its episode."""
        return self._clock is not None

    def advance(self, frame, up):
        """Takes the body through `frame`, with `up` above 0 for JUMP and below 0 for CROUCH.

        Returns: bool, whether the lab took the command. Where it did not, nothing of it happens.
        """
        if self._clock is None:
            self._clock = clock_at_reset(self.frame_ms, self.first)
            self._changed = self._clock.start
        clock = self._clock
        while clock.frame < frame - 1:
            clock.tick()
        lasts = clock.lasts
        clock.tick()
        if lasts and (up or self.stirred):
            height, self.stirred = self.height, True
            if self._move(lasts, up):
                self._jolted = clock.time
            if self.height != height:
                self._change, self._changed = self.height - height, clock.time
        if self.stirred:
            self.stirred = not self._settled(clock.time)
        return lasts > 0

    def _settled(self, time):
        return (self.z == GROUND and not self.speed and self.height == STANDING and not self._held
                and time - self._changed >= DUCK_MS and (self._jolted is None or time - self._jolted >= FALL_MS + RISE_MS))

    def _on_ground(self):
        return bool(self.z - np.float32(.25) < GROUND and self.speed <= 10)

    def _move(self, ms, up):
        """Moves the body for `ms`. Returns: bool, whether it landed."""
        landed = False
        while ms:
            part = min(ms, LONGEST_PART)
            ms -= part
            landed |= self._move_part(np.float32(part) * SECONDS_PER_MS, up)
            if self._held:
                up = 1  # in the engine a key that is held stands in for all others in the rest of the frame
        return landed

    def _move_part(self, seconds, up):
        if up <= 0:
            self._held = False
        self.height = CROUCHED if up < 0 else STANDING
        grounded = self._on_ground()
        z, speed = self.z, self.speed
        if grounded and (up <= 0 or self._held):
            self.speed = abs(speed)  # so that one who comes to rest a little above the ground bounces
        else:
            if grounded:
                self._held, grounded, self.speed = True, False, JUMP_SPEED
            falling = self.speed - GRAVITY * seconds
            self.z += seconds * ((self.speed + falling) * np.float32(.5))
            self.speed = falling
            if self.z < GROUND:
                self.z, self.speed = GROUND, NOTHING
        landed = False
        if not grounded and self._on_ground():
            impact = .0001 * (float(speed) ** 2 + 2 * float(GRAVITY) * float(z - self.z))
            landed = impact * (2 if self.height == CROUCHED else 1) > JOLT
        self.speed = np.rint(self.speed)
        return landed

    def eye(self):
        """float: the height of the eye, not smoothed."""
        return float(self.z) + self.height

    def drop(self, frame):
        """float: how much lower than that of a standing viewer the eye is after `frame`; negative: higher."""
        if not self.stirred:
            return start_drops(self.frame_ms, self.first).get(frame, 0.)
        time = self._clock.time
        return motion.EYE[2] - _eye(self.z, self.height, self._change, time - self._changed,
                                    None if self._jolted is None else time - self._jolted)
