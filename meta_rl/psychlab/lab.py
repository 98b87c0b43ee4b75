"""Lab: the interface of `deepmind_lab.Lab` around the embedded Harlow task, with the real one's defaults and errors."""
import collections
import operator
import random

import numpy as np

from meta_rl.psychlab import camera, hud, looks, pictures, task
from meta_rl.psychlab.interface import LEVEL_FOLDER, ROTATION, Specified, failed, must_be, read_config, type_name

INTC = np.dtype(np.intc).char

# What becomes of the rendered frame (uint8 [H, W, 3], RGB) and of the depth (a function that gives uint8 [H, W]).
# All but the first copy, so that an array is given out once only.
PIXELS = {
    'RGB_INTERLEAVED': lambda frame, depth: frame,
    'RGBD_INTERLEAVED': lambda frame, depth: np.dstack([frame, depth()]),
    'RGB': lambda frame, depth: np.ascontiguousarray(frame.transpose(2, 0, 1)),
    'RGBD': lambda frame, depth: np.ascontiguousarray(np.dstack([frame, depth()]).transpose(2, 0, 1)),
    'BGR_INTERLEAVED': lambda frame, depth: np.ascontiguousarray(frame[:, :, ::-1]),
    'BGRD_INTERLEAVED': lambda frame, depth: np.dstack([frame[:, :, ::-1], depth()]),
}
HudState = collections.namedtuple('HudState', 'seconds_left score health')  # what the display shows of an episode
CLOSED, UNINITIALIZED, RUNNING, ENDED = range(4)


def find_level(level):
    """The task.Level of a name, with or without `contributed/psychlab/`. Raises RuntimeError in the words of the real lab."""
    name = level[len(LEVEL_FOLDER):] if level.startswith(LEVEL_FOLDER) else level
    if name not in task.LEVELS:
        raise failed('Level not found: "{}"; the embedded lab has {}'.format(
            level, ', '.join(LEVEL_FOLDER + known for known in sorted(task.LEVELS))))
    return task.LEVELS[name]


class Lab(Specified):
    """A drop-in for `deepmind_lab.Lab`, for the levels `contributed/psychlab/harlow`, `..._fast`, `..._fast_centred`.

    Args:
      level: str, one of the three, with or without `contributed/psychlab/`.
      observations: list of str, names out of `observation_spec()`.
      config: dict of str to str: `width`, `height` (pixels, multiples of 4), `fps` (frames per second),
        `datasetPath`, and, beyond the real lab's, `trainBatch`, `testBatch`, `isTrain` and `sides` (see interface.DEFAULTS).
      renderer: 'software' or 'hardware', the same here. level_cache, temp_folder: accepted, unused.
    Raises: RuntimeError, ValueError, TypeError in the words of the real lab (SPEC.md section 1).

    Labs pickle and deep-copy, also in the middle of an episode.
    """

    def __init__(self, level, observations, config={}, renderer='software', level_cache=None, temp_folder=''):
        must_be(level, str, 1)
        must_be(observations, list, 2)
        must_be(config, dict, 3)
        must_be(renderer, str, 4)
        must_be(temp_folder, str, 6)
        if renderer not in ('software', 'hardware', ''):
            raise RuntimeError(f'Failed to set renderer must be "hardware" or "software" actual "{renderer}"!')
        self._settings, numbers = read_config(config)
        self._level = find_level(level)
        for wanted in observations:
            if not isinstance(wanted, str):
                raise TypeError(f'an observation is named by a str, not {type(wanted).__name__}')
            if wanted not in PIXELS and wanted != ROTATION:
                raise ValueError(f"Unknown observation '{wanted}'.")
        self._observations = list(observations)
        self._shape, self._looks = (numbers['width'], numbers['height']), (numbers['trainLooks'], numbers['testLooks'])
        self._display = hud.shown(self._settings)
        self._choose_camera(0)
        self._frame_ms = int(task.ENGINE_MS_PER_SECOND / numbers['fps'] + .5)
        self._images = numbers['trainBatch'], numbers['testBatch']
        self._status = UNINITIALIZED
        self._seeds = random.Random()
        self._num_steps = 0
        self._events = []

    def reset(self, episode=-1, seed=None, setup=None):
        """Starts an episode. Returns True.

        Args:
          episode: int, its number; it changes nothing here, since the seed alone decides what is drawn.
          seed: int or None (a random one). The same seed gives the same episode on every platform and Python.
          setup: dict, the embedded lab's own: stages the episode as a recording's `setup` does (correct_id,
            incorrect_id, correct_side, pitch, yaw); what it leaves out is drawn.
        Raises: ValueError for another seed or a wrong setup; RuntimeError after close(), without a datasetPath, or if
          an image is missing or wrong (the file is named).
        """
        if self._status == CLOSED:
            raise RuntimeError('Environment in wrong status to reset: it is closed.')
        operator.index(episode)  # TypeError if it is no whole number
        if seed is None:
            seed = self._seeds.getrandbits(31)
        elif not isinstance(seed, int):
            raise ValueError(f"'seed' must be int or None, was '{type_name(type(seed))}'.")
        dataset = self._settings['datasetPath']
        if not dataset:
            raise RuntimeError('Failed to start environment - "datasetPath is not set: give a folder of %04d.png, '
                               "or 'dummy' for plain colours\"")
        train, test = self._images
        first, images = (1, train) if self._settings['isTrain'] == 'true' else (train + 1, test)
        if images < 2 and setup is None:
            raise RuntimeError('Failed to start environment - "an episode needs 2 images, %s is %d"' % (
                'trainBatch' if first == 1 else 'testBatch', images))
        drawn = task.draw_setup(random.Random(seed & 0x7fffffff), self._level, first, images, self._settings['sides'])
        staged = drawn if setup is None else _staged(drawn, setup)
        correct = pictures.image_pair_side(dataset, staged.correct_id)
        incorrect = pictures.image_pair_side(dataset, staged.incorrect_id)
        self._choose_camera(seed)
        pose = camera.degrees_to_shorts(staged.pitch), camera.degrees_to_shorts(staged.yaw)

        # The Pictures on the screen while the correct image is on that side.
        self._shown = {task.LEFT: (correct[0], incorrect[1]), task.RIGHT: (incorrect[0], correct[1])}
        self._task = task.Task(self._level, staged, self._frame_ms)
        self._pitch_origin, self._yaw_origin = self._pose = pose
        self._turned_pitch = self._turned_yaw = 0.  # degrees since the spawn, as the engine adds them up
        self._gaze = self._used_gaze = camera.gaze(*self._pose)
        self._box = task.box_at(self._gaze)
        self._fired = 0
        self._earned = 0  # what the next step returns
        self._num_steps = self._returned = 0
        self._events = []
        self._status = RUNNING
        return True

    def step(self, action, num_steps=1):
        """Advances `num_steps` frames with the same action.

        Args:
          action: numpy.ndarray, np.intc [7], in the order of `action_spec()`; look actions are not clamped.
          num_steps: int.
        Returns: float, the reward of these frames. A reward earned in a frame is paid in the next one; the one that
          ends the episode at once.
        Raises: RuntimeError before reset() and after the end; TypeError or ValueError for another action.
        """
        if not isinstance(action, np.ndarray):
            raise TypeError(f'argument 1 must be numpy.ndarray, not {type_name(type(action))}')
        if self._status != RUNNING:
            raise RuntimeError('Environment in wrong status to advance.')
        if action.shape != (7,):
            raise ValueError('action must have shape (7)')
        if action.dtype.char != INTC:
            raise ValueError('action must have dtype np.intc')
        right, down, _, _, fire, _, _ = action.tolist()
        frames = range(num_steps)
        self._num_steps += len(frames)
        episode = self._task
        if self._events:
            self._events = episode.events = []
        total = 0
        for _ in frames:
            self._used_gaze = self._gaze
            total += self._earned
            self._earned = episode.advance(self._box, fire and not self._fired and self._gaze is not None)
            self._fired = fire
            if right or down:
                self._turn(right, down)
            if episode.done:
                total += self._earned
                self._status = ENDED
                break
        self._events = episode.events
        self._returned += total
        return float(total)

    def _turn(self, right, down):
        pitch, yaw = self._pose
        if right:
            self._turned_yaw, yaw = camera.turn(self._turned_yaw, self._yaw_origin, -right, self._frame_ms)
        if down:
            self._turned_pitch, pitch = camera.turn(self._turned_pitch, self._pitch_origin, down, self._frame_ms)
            if abs(pitch) > camera.PITCH_LIMIT:
                # Moving the origin, not what was turned, is what lets the view turn back at once, as in the engine.
                limit = camera.PITCH_LIMIT if pitch > 0 else -camera.PITCH_LIMIT
                self._pitch_origin += limit - pitch
                pitch = limit
        self._pose = pitch, yaw
        self._gaze = camera.gaze(pitch, yaw)
        self._box = task.box_at(self._gaze)

    def observations(self):
        """dict of the observations asked for, fresh arrays; rendering happens here and not before.

        Raises: RuntimeError before reset() and after the end.
        """
        if self._status != RUNNING:
            raise RuntimeError('Environment in wrong status for call to observations()')
        frame = None
        result = {}
        for name in self._observations:
            if name == ROTATION:
                result[name] = np.array([angle * camera.DEGREES_PER_SHORT for angle in self._pose] + [0.])
                continue
            if frame is None:
                drop = camera.EYE_DROPS.get(self._task.frames, 0.)
                pitch, yaw = self._pose
                over = None if self._camera.plain else self._camera.overlay(self._hud_state(), self._display)
                frame = self._camera.frame(pitch, yaw, drop, self._on_screen(), over)
            result[name] = PIXELS[name](frame, lambda: self._camera.view(pitch, yaw, drop).depth())
        return result

    def _choose_camera(self, seed):
        surroundings = self._settings['surroundings']
        if surroundings == 'random':
            surroundings = looks.number_of(seed, self._settings['looks'], *self._looks)
        self._camera = camera.camera(*self._shape, surroundings=surroundings)

    def _hud_state(self):
        seconds = self._num_steps * self._frame_ms / task.ENGINE_MS_PER_SECOND
        return HudState(300 - seconds, self._returned, max(100, 125 - int(seconds)))

    def _on_screen(self):
        episode = self._task
        if not episode.frames:
            return ()  # the surface is drawn by the first step
        if episode.hover_cross >= 0:
            return (pictures.CROSS,)
        if episode.hover_left >= 0:
            return self._shown[episode.correct_side]
        return ()

    def events(self):
        """list of (name, [values]) since the last reset() or step(): one for each choice made. See SPEC.md section 2.

        Raises: RuntimeError before reset() and after close().
        """
        if self._status not in (RUNNING, ENDED):
            raise RuntimeError('Environment in wrong status for call to events()')
        return [('xdata:psychlab', [text, 'harlow']) for text in self._events]

    def state(self):
        """dict of what is hidden from the agent, for tests and teaching: the columns of the recordings.

        pitch, yaw (degrees); gaze ((u, v) used by the last step, None: off the screen); cross_shown, images_shown;
        trial (0 before the first); hover_cross, hover_correct, hover_incorrect (frames, -1: no such box);
        delay_timer (frames, -1: none). After the end every value is None. Raises RuntimeError before reset().
        """
        if self._status not in (RUNNING, ENDED):
            raise RuntimeError('Environment in wrong status for call to state()')
        episode = self._task
        left_is_correct = episode.correct_side == task.LEFT
        hovers = episode.hover_left, episode.hover_right
        state = {
            'pitch': self._pose[0] * camera.DEGREES_PER_SHORT, 'yaw': self._pose[1] * camera.DEGREES_PER_SHORT,
            'gaze': self._used_gaze and list(self._used_gaze),
            'cross_shown': episode.hover_cross >= 0, 'images_shown': episode.hover_left >= 0, 'trial': episode.trial,
            'hover_cross': episode.hover_cross, 'hover_correct': hovers[not left_is_correct],
            'hover_incorrect': hovers[left_is_correct], 'delay_timer': episode.delay_timer}
        return state if self._status == RUNNING else dict.fromkeys(state)

    def is_running(self):
        """bool: whether `step` and `observations` may be called."""
        return self._status == RUNNING

    def num_steps(self):
        """int: frames since the last reset()."""
        return self._num_steps

    def close(self):
        """Ends the use of this lab. Returns True, False if it was closed before."""
        closing = self._status != CLOSED
        self._status = CLOSED
        return closing


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
