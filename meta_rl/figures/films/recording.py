"""Recording: an episode of a trained agent, frame by frame of the lab, as a GIF or an MP4."""
import collections
import functools
import os
import tempfile

import cv2
import numpy as np
from PIL import Image

from meta_rl import agents
from meta_rl.config import ConfigError
from meta_rl.console.progress import watched
from meta_rl.envs.decisions import CHOICE
from meta_rl.evaluation import HELD_OUT, SEED, TRAINING, Frozen
from meta_rl.figures import named
from meta_rl.figures.films import gaze_scenes, scenes
from meta_rl.figures.films.scenes import Episode, Moment
from meta_rl.labs import choice
from meta_rl.nets.inputs import FIXATION
from meta_rl.psychlab.scene import camera
from meta_rl.psychlab.task import TRIALS
from meta_rl.rundir import files
from meta_rl.rundir.saving import checkpoints

ENDINGS = '.gif', '.mp4'
TICK = 40          # milliseconds: times are whole numbers of these, so that an MP4 has 25 frames a second
MOST = 100         # episodes: each takes some 10 MB of memory
SAMPLES = 60       # scenes that the colours of a GIF are chosen by
CODEC = 'mp4v'     # which players play; VP9, which browsers play too, takes OpenCV a minute for an episode

# How long is shown what [ms]. The lab takes a 60th of a second for each of these frames: nobody could follow.
BEFORE = 80        # a frame before the first decision
DECIDING = 1000    # the frame that a decision is made on
LOOKING = 640      # all frames until it is paid
PAID = 1000        # the frame in which it is
WAITING = 480      # all frames until the next decision
END = 3000         # the last one
PUSHING = 80       # a decision of an agent that moves its own gaze, 67 ms of the lab's time
CHOSEN = 600       # so much longer, where a choice is paid

# pixels: uint8 [h, w, 3]. read: bool, whether the agent's frame was looked at. choices: int, how many were registered so far.
Frame = collections.namedtuple('Frame', 'pixels read choices')


class Watched:
    """A lab with a larger one beside it, which plays the same frames and keeps what it shows.

    Args:
      lab: Lab that is played.
      large: Lab of the same level and images.
    Attributes: frames, list of Frame, one for each of the lab since reset(); an ended lab shows none.
    """

    def __init__(self, lab, large):
        self._lab, self._large, self._choices = lab, large, 0
        self.frames = []

    def reset(self, seed):
        self.frames, self._choices = [], 0
        self._large.reset(seed=seed)
        return self._lab.reset(seed=seed)

    def step(self, action, num_steps=1):
        for _ in range(num_steps):
            if not self._large.is_running():
                break
            self._large.step(action)
            self._choices += sum(name == CHOICE for name, _ in self._large.events())
            if self._large.is_running():
                self.frames.append(Frame(self._large.observations()['RGB_INTERLEAVED'], False, self._choices))
        return self._lab.step(action, num_steps=num_steps)

    def observations(self):
        self.frames[-1] = self.frames[-1]._replace(read=True)
        return self._lab.observations()

    def __getattr__(self, name):
        return getattr(self._lab, name)


def moments(frames):
    """The Moments of an episode's Frames; what looks the same is one of them.

    A decision is made on the last frame that was looked at before the choice: those before it were looked at to find the cross.
    """
    decided = [max(k for k, frame in enumerate(frames) if frame.read and frame.choices == trial) for trial in range(TRIALS)]
    played = [Moment(frame.pixels, 0, False, False, False, BEFORE) for frame in frames[:decided[0]]]
    for trial, (first, last) in enumerate(zip(decided, decided[1:] + [len(frames)])):
        looking = [frame for frame in frames[first + 1:last] if frame.choices == trial]
        waiting = [frame for frame in frames[first + 1:last] if frame.choices > trial]
        if trial == TRIALS - 1:  # the lab has ended, and shows no frame any more in which it is paid
            waiting = [frames[-1]]
        played.append(Moment(frames[first].pixels, trial, True, False, False, DECIDING))
        played += [Moment(frame.pixels, trial, True, True, False, LOOKING // len(looking)) for frame in looking]
        played.append(Moment(waiting[0].pixels, trial, True, True, True, PAID if trial < TRIALS - 1 else END))
        played += [Moment(frame.pixels, trial, True, True, True, WAITING // len(waiting)) for frame in waiting[1:]]
    merged = played[:1]
    for moment in played[1:]:
        before = merged[-1]
        if before[1:-1] == moment[1:-1] and np.array_equal(before.screen, moment.screen):
            merged[-1] = before._replace(milliseconds=before.milliseconds + moment.milliseconds)
        else:
            merged.append(moment)
    return [moment._replace(milliseconds=max(int(round(moment.milliseconds / TICK)), 1) * TICK) for moment in merged]


def play(frozen, seed, title):
    """Plays an episode with a Frozen network. Returns (Episode, list of Moment)."""
    width, height = scenes.SCREEN
    config = frozen.played.change(width=width, height=height)
    large, = choice.make_labs(config, frozen.folder, 1)
    labs = []

    def watch(lab):
        labs.append(Watched(lab, large))
        return labs[0]
    played, _ = frozen.episode(seed, watch)

    def picture(index):
        with Image.open(os.path.join(frozen.folder, '%04d.png' % (index + 1))) as image:
            return np.array(image)
    values, rewards, actions = played.values[:, 0], played.rewards[:, 0], played.actions[:, 0]
    episode = Episode(config.observation, config.late, played.views[played.view_index[:, 0]], picture, played.policies[:, 0], values,
                      rewards, actions, played.episodes[0].correct, title=title)
    return episode, moments(labs[0].frames)


def film_decisions(frozen, seed, title):
    """Plays an episode of left and right. Returns (list of (function that draws a scene, milliseconds), what it earned)."""
    episode, shown = play(frozen, seed, title)
    shots = [(functools.partial(scenes.draw, episode, moment), moment.milliseconds) for moment in shown]
    return shots, float(episode.rewards.sum())


def film_gaze(frozen, seed, title):
    """The same of an agent that moves its own gaze: each of its decisions is a shot, that in which a choice is paid a longer one."""
    decisions, earned = gaze_scenes.play(frozen, seed, title)
    times = [PUSHING + (abs(decision.reward) > FIXATION) * CHOSEN for decision in decisions[:-1]] + [END]
    return [(functools.partial(gaze_scenes.draw, decision), time) for decision, time in zip(decisions, times)], earned


def palette(pictures):
    """A palette for all of an animation: the colours that scenes draw with as they are, the rest for `pictures`.

    pictures: list of PIL images. Returns: PIL image.
    """
    def towards(colours, steps):
        return [tuple(back + (part - back) * k // 5 for back, part in zip(scenes.BACK, one)) for one in colours for k in steps]
    fixed = towards(scenes.PALETTE, (2, 3, 4, 5)) + towards(camera.COLOURS.tolist(), (2, 5))  # letters have soft edges
    pixels = np.concatenate([np.asarray(picture).reshape(-1, 3)[::3] for picture in pictures])
    found = Image.fromarray(pixels[None]).quantize(256 - len(fixed), method=Image.MEDIANCUT).getpalette()
    made = Image.new('P', (1, 1))
    made.putpalette([value for colour in fixed for value in colour] + found[:3 * (256 - len(fixed))])
    return made


def write_gif(path, shots):
    """Writes an animation, a list of (function that draws a PIL image, milliseconds), as a GIF that runs for ever."""
    colours = palette([draw() for draw, _ in shots[::3][:SAMPLES]])
    first, *others = (draw().quantize(palette=colours, dither=0) for draw, _ in watched(shots, len(shots), 'drawing', 'scenes'))
    first.save(path, save_all=True, append_images=others, duration=[milliseconds for _, milliseconds in shots], loop=0)


def write_mp4(path, shots):
    """Writes an animation, see `write_gif`, as an MP4. OSError where it could not be written whole."""
    writer, count = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*CODEC), 1000. / TICK, scenes.SIZE), 0
    for draw, milliseconds in watched(shots, len(shots), 'drawing', 'scenes'):
        scene = np.asarray(draw())[:, :, ::-1]
        for _ in range(milliseconds // TICK):
            writer.write(scene)
            count += 1
    writer.release()
    reader, whole = cv2.VideoCapture(path), 0
    while reader.grab():
        whole += 1
    reader.release()
    if whole != count:  # OpenCV says nothing of a disk that is full
        raise OSError('%d of %d frames of the MP4 could be written: is the disk full? A GIF needs no codec.' % (
            whole, count))


def check(path):
    """Raises ConfigError where a recording cannot be written to `path`: before an episode is played for nothing."""
    if os.path.splitext(path)[1].lower() not in ENDINGS:
        raise ConfigError('{} cannot be written: give it the ending {}.'.format(path, ' or '.join(ENDINGS)))
    files.check(path)


def record(run, path, episodes=1, seed=SEED, which='latest', images=TRAINING, any_images=False, **elsewhere):
    """Plays episodes with the weights of a run directory and draws them into `path`.

    Args:
      run: str, path of a run directory.
      path: str, .gif or .mp4; what is there is replaced when all is written, and not before.
      episodes: int, MOST at most; they have the seeds `seed`, `seed` + 1, ...
      which: 'latest' or 'best', the checkpoint.
      images, any_images, elsewhere: see evaluation.Frozen.
    Returns: list of float, what each of them earned.
    Raises: ConfigError, OSError.
    """
    check(path)
    if episodes > MOST:
        raise ConfigError('episodes is %d: a recording has %d at most.' % (episodes, MOST))
    if seed + episodes > 2 ** 32:
        raise ConfigError('seed is %d: of %d episodes the last would have a seed of 2^32 or more, give a smaller one.' % (seed, episodes))
    shots, returns = [], []
    with Frozen(run, images, any_images, **elsewhere) as frozen:
        frozen.restore(checkpoints.best(run) if which == 'best' else None)
        film_one = named(agents.of(frozen.config).film)
        for number in range(episodes):
            title = {TRAINING: 'images of its training', HELD_OUT: 'images it has never seen before', '': ''}.get(
                frozen.images, 'other images')
            if episodes > 1:
                title = 'episode %d of %d' % (number + 1, episodes)
            shown, earned = film_one(frozen, seed + number, title)
            shots += shown
            returns.append(earned)
    folder, name = os.path.split(os.path.abspath(path))
    with tempfile.TemporaryDirectory(prefix=f'.{name}-', dir=folder) as scratch:
        staged = os.path.join(scratch, name)
        write = write_gif if path.lower().endswith('.gif') else write_mp4
        write(staged, shots)
        os.replace(staged, os.path.join(folder, name))
    return returns
