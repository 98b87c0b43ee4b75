"""Figures of an agent that moves its own gaze: its learning set over the frames it has seen, and a film of an episode."""
import os

import numpy as np

from meta_rl import config as config_module
from meta_rl.environment import TRIALS
from meta_rl.evaluation import HELD_OUT, Frozen, learning_set
from meta_rl.monitor import ACCURACIES
from meta_rl.plotting import curve_of, pyplot, save

SCALE = 3  # a pixel of a frame is so many of the film
HERE = (120, 255, 120)  # the colour of the gaze
TOLD = {1: (90, 220, 90), 0: (240, 80, 80), None: (70, 70, 70)}  # a right choice, a wrong one, none yet


def frames_seen(curve, repeat):
    """Frames of the lab that had been played at each row of a curve (see monitor.read_curve): float [rows]."""
    episodes = np.diff(np.concatenate([[0.], curve['episodes']]))
    return np.cumsum(episodes * curve['length']) * repeat


def learning(runs, path, episodes=1000):
    """Draws per cent correct over frames into `path`: held-out images at each seventh (dots), training (lines). Returns path.

    runs: {label: list of run directories}, a line for each run: the mean of trials 2 to 6, and trial 1 in grey.
    """
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for number, (label, members) in enumerate(runs.items()):
        for run in members:
            config = config_module.load(os.path.join(run, 'config.json'))
            curve, profiles = curve_of(run), 100 * learning_set(run, episodes)
            frames = frames_seen(curve, config.repeat)
            at = np.interp(np.arange(1, len(profiles) + 1) * config.episodes / len(profiles), curve['episodes'], frames)
            after = np.mean([curve[name] for name in ACCURACIES[1:]], 0)
            axes.plot(frames / 1e6, 100 * curve[ACCURACIES[0]], color='0.8', linewidth=.5, zorder=0)
            line, = axes.plot(frames / 1e6, 100 * after, color='C%d' % number, linewidth=.8, alpha=.7)
            axes.plot(at / 1e6, profiles[:, 1:].mean(1), 'o', color='C%d' % number, markersize=4)
        line.set_label('%s (%d seed%s)' % (label, len(members), 's'[:len(members) > 1]))
    axes.plot([], [], color='0.8', label='trial 1')
    axes.axhline(95, color='0.5', linestyle='--', linewidth=1)
    axes.set(xlabel='frames of the lab (millions)', ylabel='correct (%)', ylim=(0, 102), xlim=(0, None),
             title='The agent moves its own gaze: trials 2 to 6, held-out images (dots), training (lines)')
    axes.legend(fontsize=8, loc='lower right')
    return save(figure, path)


class Filmed(object):
    """A GazeEnv whose first episode is kept: `shots`, a list of (frame, trials so far: list of 1 or 0)."""

    def __init__(self, env):
        self._env, self.shots, self._over = env, [], False

    def reset(self):
        frame = self._env.reset()
        if not self._over:
            self.shots = [(frame, [])]
        return frame

    def step(self, action):
        frame, reward, done = self._env.step(action)
        if not self._over:
            self.shots.append((frame if frame is not None else np.zeros_like(self.shots[-1][0]), list(self._env.correct)))
        self._over = self._over or done
        return frame, reward, done

    def __getattr__(self, name):
        return getattr(self._env, name)


def film(run, path, seed=0):
    """Films an episode of held-out images played by the agent of a run directory, at its own speed, into `path`; returns it."""
    from PIL import Image, ImageDraw
    with Frozen(run, HELD_OUT) as frozen:
        frozen.restore()
        random = np.random.RandomState(seed)
        env = Filmed(frozen.gaze_envs(1, random)[0])
        frozen.play_gaze([env], random, 1)
        rate = frozen.config.fps / frozen.config.repeat
    pictures = []
    for frame, trials in env.shots:
        height, width = (SCALE * side for side in frame.shape[:2])
        picture = Image.new('RGB', (width, height + 24))
        picture.paste(Image.fromarray(frame).resize((width, height), Image.NEAREST), (0, 0))
        draw = ImageDraw.Draw(picture)
        x, y = width // 2, height // 2
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), outline=HERE)
        for trial in range(TRIALS):
            left = 12 + trial * (width - 24) // TRIALS
            draw.rectangle((left, height + 6, left + 24, height + 17), fill=TOLD[trials[trial] if trial < len(trials) else None])
        pictures.append(picture.quantize(64))
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=int(1000 / rate), loop=0)
    return path
