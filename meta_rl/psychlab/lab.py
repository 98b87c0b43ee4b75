"""Lab: the interface of `deepmind_lab.Lab` around the embedded Harlow task, with the real one's defaults and errors."""
import functools
import operator
import random
import sys

import numpy as np

from . import folders, pictures, settings, task
from .errors import failed, must_be, not_started, type_name
from .interface import ACTIONS, GADGET_ACTIONS, LEVEL_FOLDER
from .observations import NAMES, TRACKED, Samples
from .observed import CLOSED, ENDED, RUNNING, UNINITIALIZED, Observed
from .scene import camera, hud, looks
from .viewer import body, motion

INTC = np.dtype(np.intc).char
SHORTEST_FRAME_MS = 1
STANDING_EYE = int(motion.EYE[2])


def find_level(level):
    """The task.Level of a name, with or without `contributed/psychlab/`. Raises RuntimeError in the words of the real lab."""
    if not level:
        raise failed("Missing level script must set setting 'levelName'!")
    name = level[len(LEVEL_FOLDER):] if level.startswith(LEVEL_FOLDER) else level
    if name not in task.LEVELS:
        raise failed('Level not found: "{}"; the embedded lab has {}'.format(
            level, ', '.join(LEVEL_FOLDER + known for known in sorted(task.LEVELS))))
    return task.LEVELS[name]


class Lab(Observed):
    """A drop-in for `deepmind_lab.Lab`, for the levels `contributed/psychlab/harlow`, `..._fast`, `..._fast_centred`.

    Args:
      level: str, one of the three, with or without `contributed/psychlab/`.
      observations: list of str, names out of `observation_spec()`.
      config: dict of str to str: the settings of the real lab and, beyond them, `trainBatch`, `testBatch`, `isTrain`,
        `sides` and `surroundings` (see settings.OWN).
      renderer: 'software' or ''; the real lab as it is built without a display has no 'hardware' either.
      level_cache: accepted; the real level does not use it.
      temp_folder: str, see folders.Temporary.
    Raises: RuntimeError, ValueError, TypeError in the words of the real lab.

    Labs pickle and deep-copy, also in the middle of an episode.
    """

    def __init__(self, level, observations, config={}, renderer='software', level_cache=None, temp_folder=''):
        must_be(level, str, 1)
        must_be(observations, list, 2)
        must_be(config, dict, 3)
        must_be(renderer, str, 4)
        must_be(temp_folder, str, 6)
        if renderer == 'hardware':
            raise RuntimeError('Failed to connect RL API')
        if renderer not in ('software', ''):
            raise RuntimeError(f'Failed to set renderer must be "hardware" or "software" actual "{renderer}"!')
        values = settings.read_engine(config)
        self._level = find_level(config.get('levelName', level))
        self._values = settings.read_script(values)
        self._params = settings.params(self._values, config)
        for wanted in observations:
            if not isinstance(wanted, str):
                raise TypeError('bad argument type for built-in operation')
            if wanted not in NAMES:
                raise ValueError(f"Unknown observation '{wanted}'.")
        self._observations = list(observations)
        self._actions = ACTIONS + tuple(spec for key, spec in GADGET_ACTIONS.items() if self._params[key] is not False)
        self._action_shape = len(self._actions),
        self._display = hud.shown(config)
        self._choose_camera(0)
        self._frame_ms = self._values['fps'] or SHORTEST_FRAME_MS  # the real lab goes by the wall clock then
        limit = self._params['episodeLengthSeconds']
        self._has_clock = limit is not False
        self._limit = limit if self._has_clock else float('inf')  # seconds
        self._tracked = bool(TRACKED.intersection(observations))
        self._start_drops = [body.start_drops(self._frame_ms, first) for first in (False, True)]
        self._numbers = self._image_numbers(sys.maxsize)
        # Above the seed, which alone decides where this is 0. Twice: Python's generator takes the seeds s and (s - 1) << 32 | s
        # for the same one.
        self._mixer = self._values['mixerSeed'] << 32 | self._values['mixerSeed'] << 64
        self._may_wait = self._frame_ms <= body.LONGEST_STANDSTILL
        self._plain = (self._actions == ACTIONS and isinstance(self._limit, float) and not self._values['nativeApp'])
        self._checked = False  # whether an episode can be started with the settings as they are
        self._last_frame = task.last_frame_of(self._limit, self._frame_ms) if isinstance(self._limit, float) else 0
        self._body = None
        self._temporary = folders.Temporary(temp_folder)
        self._status = UNINITIALIZED
        self._seeds, self._generator = random.Random(), random.Random()
        self._first = self._values['episodesAlike'] == 'false'  # the clock of a lab's first episode is another
        self._num_steps = 0
        self._earned = 0  # what the next step returns
        self._events = []

    def _image_numbers(self, most):
        """(number of the first image to draw from, how many there are) where `most` images are to be had."""
        train = min(self._values['trainBatch'], most)
        return (1, train) if self._values['isTrain'] == 'true' else (train + 1, min(self._values['testBatch'], most - train))

    def _choose_camera(self, seed):
        surroundings = self._values['surroundings']
        if surroundings == 'random':
            surroundings = looks.number_of(seed, self._values['looks'], self._values['trainLooks'], self._values['testLooks'])
        self._camera = camera.camera(self._values['width'], self._values['height'], surroundings)

    def reset(self, episode=-1, seed=None, setup=None):
        """Starts an episode. Returns True.

        Args:
          episode: int, its number; it changes nothing here, since the seed alone decides what is drawn.
          seed: int or None (a random one). The same seed, with the same `mixerSeed`, gives the same episode on every
            platform and Python. It counts modulo 2 ** 31, as in the real lab.
          setup: dict, the embedded lab's own: stages the episode as a recording's `setup` does (correct_id,
            incorrect_id, correct_side, pitch, yaw); what it leaves out is drawn.
        Raises: ValueError for another seed or a wrong setup; OverflowError for a seed of more than 64 bits; RuntimeError
          after close(), without images, if an image is missing or wrong (the file is named), or if a setting forbids it.
        """
        if self._status == CLOSED:
            raise RuntimeError('Environment in wrong status to reset: it is closed.')
        operator.index(episode)  # TypeError if it is no whole number
        if seed is None:
            seed = self._seeds.getrandbits(31)
        elif not isinstance(seed, int):
            raise ValueError(f"'seed' must be int or None, was '{type_name(type(seed))}'.")
        elif not -2 ** 63 <= seed < 2 ** 63:
            raise OverflowError('Python int too large to convert to C long')
        if not self._checked:
            settings.check_start(self._values, self._params)
            self._checked = True
        dataset, (first, images) = self._params['datasetPath'], self._numbers
        if not dataset:
            dataset, most = folders.default_dataset()
            first, images = self._image_numbers(most)
        if images < 2 and setup is None:
            raise not_started('an episode needs 2 images, %s is %d' % ('trainBatch' if first == 1 else 'testBatch', images))
        self._generator.seed(seed & 0x7fffffff | self._mixer)  # a new one would be seeded twice
        drawn = task.draw_setup(self._generator, self._level, first, images, self._values['sides'])
        staged = drawn if setup is None else _staged(drawn, setup)
        correct = pictures.image_pair_side(dataset, staged.correct_id)
        incorrect = pictures.image_pair_side(dataset, staged.incorrect_id)
        if self._values['surroundings'] == 'random':
            self._choose_camera(seed & 0x7fffffff)
        pose = motion.degrees_to_shorts(staged.pitch), motion.degrees_to_shorts(staged.yaw)
        if not self._temporary.filled:
            self._temporary.fill()

        # The Pictures on the screen while the correct image is on that side.
        self._shown = {task.LEFT: (correct[0], incorrect[1]), task.RIGHT: (incorrect[0], correct[1])}
        self._task = task.Task(self._level, staged, self._frame_ms, self._last_frame)
        if not self._body or self._body.used or self._body.first != self._first:
            self._body = body.Body(self._frame_ms, self._first)
        self._pitch_origin, self._yaw_origin = self._pose = pose
        self._turned_pitch = self._turned_yaw = 0.  # degrees since the spawn, as the engine adds them up
        self._gaze, self._box = _looked_at(*pose, STANDING_EYE)
        self._used_gaze = self._gaze
        self._samples = Samples(pose, self._body) if self._tracked else None
        self._drops = self._start_drops[self._first]
        self._busy = self._tracked or self._may_wait  # whether each frame is to be told to _move
        self._waiting = False
        self._fired = 0
        self._score, self._earned = self._earned, 0  # what the last episode still owes is shown, but not paid
        self._num_steps = 0
        self._events = self._task.events
        self._first = False
        self._status = RUNNING
        return True

    def step(self, action, num_steps=1):
        """Advances `num_steps` frames with the same action.

        Args:
          action: numpy.ndarray, np.intc [7] (or as many as `action_spec()` has), in its order; look actions are not clamped.
          num_steps: int. 0 or less: no frame, though num_steps() grows by it.
        Returns: float, the reward of these frames. A reward earned in a frame is paid in the next one; the one that
          ends the episode at once.
        Raises: RuntimeError before reset() and after the end; TypeError or ValueError for another action.
        """
        if not isinstance(action, np.ndarray):
            raise TypeError(f'argument 1 must be numpy.ndarray, not {type_name(type(action))}')
        if self._status != RUNNING:
            raise RuntimeError('Environment in wrong status to advance.')
        if action.shape != self._action_shape:
            raise ValueError(f'action must have shape ({len(self._actions)})')
        if action.dtype.char != INTC:
            raise ValueError('action must have dtype np.intc')
        right, down, _, _, fire, jump, crouch = action.tolist() if self._plain else self._listened_to(action)
        frames = range(num_steps)
        self._num_steps += frames.stop
        episode = self._task
        if self._events:
            self._events = episode.events = []
        total = 0
        for _ in frames:
            self._used_gaze = self._gaze
            total += self._earned
            self._earned = episode.advance(self._box, fire and not self._fired and self._gaze is not None)
            self._fired = fire
            if jump or crouch or self._busy:
                self._move(right, down, jump - crouch)
            elif right or down:
                self._turn(right, down)
            if episode.done:
                total += self._earned
                self._earned = 0
                self._status = ENDED
                break
        if total:
            self._score += total
        return float(total)

    def _listened_to(self, action):
        """What counts of an action where not all of it does, or where no step can be made."""
        if not isinstance(self._limit, float):
            settings.refuse_limit(self._limit)
        # The native application listens to a keyboard instead; gadgets change nothing.
        return [0] * len(ACTIONS) if self._values['nativeApp'] else action.tolist()[:len(ACTIONS)]

    def _turn(self, right, down, eye=STANDING_EYE, taken=True):
        """Turns the viewer by a frame. Where that is not `taken`, it waits for the next that is."""
        pitch, yaw = self._pose
        if right or self._waiting:
            self._turned_yaw, yaw = motion.turn(self._turned_yaw, self._yaw_origin, -right, self._frame_ms)
        if down or self._waiting:
            self._turned_pitch, pitch = motion.turn(self._turned_pitch, self._pitch_origin, down, self._frame_ms)
        if not taken:
            self._gaze = self._box = None
            return
        if abs(pitch) > motion.PITCH_LIMIT:
            # Moving the origin, not what was turned, is what lets the view turn back at once, as in the engine.
            limit = motion.PITCH_LIMIT if pitch > 0 else -motion.PITCH_LIMIT
            self._pitch_origin += limit - pitch
            pitch = limit
        self._pose = pitch, yaw
        self._gaze, self._box = _looked_at(pitch, yaw, eye)

    def _move(self, right, down, up):
        """Takes the viewer through a frame in which it does more than turn, or may stand still, or is sampled."""
        frame, viewer = self._task.frames, self._body
        taken = viewer.advance(frame, up) if up or viewer.stirred or self._may_wait else True
        self._turn(right, down, int(viewer.z) + viewer.height, taken)
        self._waiting = not taken
        if self._tracked:
            self._samples.follow(self._pose, viewer)
            self._samples.take((frame - 1) * self._frame_ms, self._pose, viewer, frame)
        self._busy = self._tracked or self._may_wait or viewer.stirred

    @property
    def staged(self):
        """The task.Setup of this episode, the embedded lab's own: which two images are shown, and where the correct one is."""
        return self._task.setup

    def is_running(self):
        """bool: whether `step` and `observations` may be called."""
        return self._status == RUNNING

    def num_steps(self):
        """int: frames since the last reset()."""
        return self._num_steps

    def close(self):
        """Ends the use of this lab. Returns True, False if it was closed before."""
        closing = self._status != CLOSED
        self._temporary.remove()
        self._status = CLOSED
        return closing


@functools.lru_cache(maxsize=65536)
def _looked_at(pitch, yaw, eye):
    """(where on the screen, in which box of it): see motion.gaze and task.box_at."""
    where = motion.gaze(pitch, yaw, eye)
    return where, task.box_at(where)


def _staged(drawn, setup):
    if not isinstance(setup, dict):
        raise ValueError(f"'setup' must be dict or None, was '{type(setup).__name__}'.")
    unknown = sorted(set(setup) - set(task.Setup._fields))
    if unknown:
        raise ValueError("'setup' has no '{}'; it has {}.".format(unknown[0], ', '.join(task.Setup._fields)))
    staged = drawn._replace(**setup)
    sides = list(staged.correct_side)
    if len(sides) != task.TRIALS or not set(sides) <= {task.LEFT, task.RIGHT}:
        raise ValueError("'correct_side' must be %d times 'left' or 'right', was %r." % (task.TRIALS, sides))
    return staged._replace(correct_side=sides)
