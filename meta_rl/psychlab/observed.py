"""The half of a Lab that is looked at: its observations and events, what the HUD shows, what is hidden from the agent."""
from . import pictures, settings, task
from .interface import Specified
from .observations import PICTURES, VALUES, HudState
from .scene import camera
from .viewer import body, motion

CLOSED, UNINITIALIZED, RUNNING, ENDED = range(4)


class Observed(Specified):
    """Reads the state that `Lab` keeps; only `observations`, which samples the viewer, changes any of it."""

    def observations(self):
        """dict of the observations asked for, fresh arrays; rendering happens here and not before.

        They are read in the order of the list given to Lab. Raises: RuntimeError before reset() and after the end.
        """
        if self._status != RUNNING:
            raise RuntimeError('Environment in wrong status for call to observations()')
        frame, frames = None, self._task.frames
        result = {}
        for name in self._observations:
            convert = PICTURES.get(name)
            if convert is None:
                result[name] = VALUES[name](self)
                continue
            if self._tracked:  # reading a picture samples the viewer again
                self._samples.take(frames * self._frame_ms, self._pose, self._body, frames)
            if frame is None:
                drop = self._body.drop(frames) if self._busy else self._drops.get(frames, 0.)
                pitch, yaw = self._pose
                over = None if self._camera.plain else self._camera.overlay(self._hud_state(), self._display)
                frame = self._camera.frame(pitch, yaw, drop, self._on_screen(), over)
            result[name] = convert(frame, lambda: self._camera.view(pitch, yaw, drop).depth())
        return result

    def _camera_frame(self, pose, drop):
        """uint8 [h, w, 3]: what DEBUG.CAMERA shows of the viewer's sight, without what the HUD draws over it."""
        height, width = self._camera_size()
        return camera.camera(width, height, self._camera.surroundings).frame(pose[0], pose[1], drop, self._on_screen())

    def _top_down(self):
        """uint8 [h, w, 3]: the view of the settings `camera` and `cameraLook`."""
        height, width = self._camera_size()
        position, angles = (settings.three_numbers(self._params, key) for key in ('camera', 'cameraLook'))
        return camera.camera(width, height, self._camera.surroundings).frame_from(position, angles, self._on_screen())

    def _seconds_left(self):
        """float: of the episode; None: it has no limit, and no clock."""
        if not self._has_clock:
            return None
        if not isinstance(self._limit, float):
            settings.refuse_limit(self._limit)
        return self._limit - self._task.seconds(self._task.frames)

    @property
    def health(self):
        """int: the health of the viewer, as the HUD shows it."""
        return body.health(self._task.frames, self._frame_ms, self._body.first)

    @property
    def score(self):
        """int: the rewards returned in this episode, and what the last one owed at its reset()."""
        return self._score

    def _hud_state(self):
        """HudState: what the HUD shows now."""
        return HudState(self._seconds_left(), self._score, self.health)

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
        """list of (name, [values]) since the last reset() or step(): one for each choice made.

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
            'pitch': self._pose[0] * motion.DEGREES_PER_SHORT, 'yaw': self._pose[1] * motion.DEGREES_PER_SHORT,
            'gaze': self._used_gaze and list(self._used_gaze),
            'cross_shown': episode.hover_cross >= 0, 'images_shown': episode.hover_left >= 0, 'trial': episode.trial,
            'hover_cross': episode.hover_cross, 'hover_correct': hovers[not left_is_correct],
            'hover_incorrect': hovers[left_is_correct], 'delay_timer': episode.delay_timer}
        return state if self._status == RUNNING else dict.fromkeys(state)
