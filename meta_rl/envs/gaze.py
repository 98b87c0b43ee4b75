"""The Harlow task from the gaze up: a step is one push of it, left, right or none, for a few frames of the lab."""
import functools
from typing import NamedTuple

import cv2
import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs.contract import Environment, Spec, Step, is_history
from meta_rl.envs.decisions import WrapperEnv
from meta_rl.envs.gazing import grids
from meta_rl.envs.gazing.momentum import A_SIZE, MOMENTUM, PUSH, REPEAT, next_speed
from meta_rl.envs.gazing.saccades import look
from meta_rl.envs.gazing.teacher import Teacher
from meta_rl.labs.choice import make_labs
from meta_rl.psychlab import find_level, settings, task
from meta_rl.psychlab.task import TRIALS

ROWS, COLUMNS = 4, 2  # pixels that are averaged into one, down and across, before the network reads them
FRAMES = 3600  # of an episode at most, 60 s (Wang et al. 2018)
AWAY = 4  # pushes from the cross until the gaze, which goes on for another 3 degrees, is at an image: 15 degrees; images span 11 to 23


class Fovea(NamedTuple):
    """The part of a view in which images are read: rows `top` up to `bottom`, and `half` columns on either side of the middle."""

    top: int
    bottom: int
    half: int


class GazeEnv(Environment):
    """One step is one push: 0 pushes the gaze left, 1 right, 2 lets it coast. Nothing else is done for the agent.

    Args:
      lab: a `Lab`, asked for RGB_INTERLEAVED.
      seeds: np.random.RandomState that the episodes' seeds are drawn from.
      repeat: int, frames of a step.
      push: int, units a frame that a push adds to the speed.
      momentum: float, the part of the speed that is left at the next step, cut to whole units.
      frames: int, the most of an episode.

    Helps in training, of the embedded lab only:
      spawns: list of yaws (degrees) to start at in place of any: with `spawn_grid` all of what is seen lies on one grid, and is
        rendered once.
      shift: function of an episode's seed: degrees by which it starts further to the left; None: none.
      coins: (first, end), numbers of episodes: from the first on, before the end, the sides of an episode are coin flips and not
        a shuffle (see `progress`).
      taught: int, the number of episodes before which `label` is what a Teacher would do.
      explore: (probability, episodes): how likely it is, where fixation was just paid, that the gaze is pushed to a side drawn at
        random, whatever the policy says, until it is at the image there; falls in a straight line to 0 over so many episodes.
      greedy: the number of the episode from which on the likeliest action is always taken, and an episode that was cut short is
        played again until it is not, since a circle that is met once in some hundred episodes would seldom be learned from; None:
        never.

    Attributes: speed, units a frame to the right; frames, of this episode so far. A view is a frame with 4 rows and 2 columns of
    it averaged into a pixel, uint8 [H / 4, W / 2, 3].
    """

    def __init__(self, lab, seeds, repeat=REPEAT, push=PUSH, momentum=MOMENTUM, frames=FRAMES, spawns=None, coins=(0, 0),
                 taught=0, explore=(0., 1), greedy=None, shift=None):
        self._env = WrapperEnv(lab)
        self._seeds = seeds
        self.repeat, self.momentum, self._push, self._most = repeat, momentum, push, frames
        self._spawns, self._shift, self._coins, self._taught = spawns, shift, coins, taught
        self._explore, self._greedy, self.explores = explore, greedy, bool(explore[0]) or greedy is not None
        self._looks = {}
        self.speed = self.frames = 0
        self._teacher, self._coin, self._last_steps, self._cut = None, False, [], False
        self.progress(0)

    @property
    def lab(self):
        """The Lab."""
        return self._env.lab

    @property
    def correct(self):
        """list of 1 or 0 for each trial of this episode so far, read from the lab's events."""
        return self._env.correct

    @property
    def spec(self):
        view = self.view()
        return Spec(A_SIZE, view.shape, view.dtype.type, TRIALS)

    @property
    def episode(self):
        return self._env.episode(len(self._history['actions']))

    @property
    def history(self):
        return dict(self._history, actions=list(self._history['actions']))

    @property
    def carries(self):
        return self._greedily and self._cut

    @property
    def label(self):
        return self._teacher.action() if self._teacher else 0

    def progress(self, episodes):
        probability, falls = self._explore
        self._chance = probability * max(0., 1 - episodes / falls)
        self._greedily = self._greedy is not None and episodes >= self._greedy
        first, end = self._coins
        self._coin = first <= episodes < end
        if episodes >= self._taught:
            self._teacher = None
        elif self._teacher is None:
            self._teacher = Teacher(self)

    def reset(self):
        if self.carries:
            self._begin(self._history['seed'], self._history['setup'])
            return self.view()
        seed, setup = int(self._seeds.randint(2 ** 31)), {}
        if self._spawns is not None:
            setup['yaw'] = self._spawns[self._seeds.randint(len(self._spawns))] + (self._shift(seed) if self._shift else 0)
        if self._coin:
            setup['correct_side'] = [('left', 'right')[side] for side in self._seeds.randint(2, size=TRIALS)]
        self._begin(seed, setup)
        return self.view()

    def _begin(self, seed, setup):
        self._env.reset(seed, setup)
        self.speed = self.frames = 0
        self._last_steps, self._cut = [], False
        self._history = {'seed': seed, 'setup': setup, 'actions': []}
        if self._teacher:
            self._teacher.begin()

    def step(self, action):
        """Plays one push. Returns Step: truncated where the episode has lasted for all the frames that it may have."""
        reward, done = self._advance(action)
        if self._chance and 0 < reward < task.CORRECT_REWARD and self._seeds.random_sample() < self._chance:
            self._history['pushes'] = int(self._seeds.randint(2)), AWAY
        return self._step(reward, done)

    def chosen(self, drawn, likeliest):
        action, left = self._history.get('pushes', (0, 0))
        if left:
            self._history['pushes'] = action, left - 1
            return action
        return likeliest if self._greedily else drawn

    def _advance(self, action):
        """(reward, whether the lab's episode is over)"""
        self._history['actions'].append(action)
        self.speed = next_speed(self.speed, action, self._push, self.momentum)
        if self.speed not in self._looks:
            self._looks[self.speed] = look(self.speed)
        count = min(self.repeat, self._most - self.frames)
        reward, done = self._env.step(self._looks[self.speed], count)
        self.frames += count
        while len(self._last_steps) < len(self._env.correct):
            self._last_steps.append(len(self._history['actions']) - 1)
        if self._teacher:
            self._teacher.observe(reward)
        return reward, done

    def _step(self, reward, done):
        self._cut = not done and self.frames >= self._most
        return Step(None if done else self.view(), reward, done or self._cut, self._cut)

    def replay(self, history):
        self._begin(history['seed'], history['setup'])
        reward, done = 0., False
        for action in history['actions']:
            reward, done = self._advance(action)
        if 'pushes' in history:
            self._history['pushes'] = tuple(history['pushes'])
        return self._step(reward, done)

    def trial_rows(self):
        return self._env.trial_rows(self._last_steps)

    def frame(self):
        """What is seen now, uint8 [H, W, 3]."""
        return self._env.frame()

    def view(self):
        """What the agent is shown of it."""
        return averaged(self.frame())

    def close(self):
        self.lab.close()


def averaged(frame):
    """Means over 4 rows and 2 columns of a frame, uint8 [H, W, 3]: uint8 [H / 4, W / 2, 3]."""
    return cv2.resize(frame, (frame.shape[1] // COLUMNS, frame.shape[0] // ROWS), interpolation=cv2.INTER_AREA)


def spec_of(config):
    """The Spec of a Config's GazeEnv."""
    return Spec(A_SIZE, (config.height // ROWS, config.width // COLUMNS, 3), np.uint8, TRIALS)


def fovea(config):
    """The Fovea of a Config's views. Raises ConfigError where nothing lies in it."""
    height, width = config.height // ROWS, config.width // COLUMNS
    top, bottom = (int(round(part * height)) for part in (config.fovea_top, config.fovea_bottom))
    half = min(int(round(config.fovea_width * width / 2)), width // 2)
    if top >= bottom:
        raise ConfigError(f'fovea_top and fovea_bottom are {config.fovea_top:g} and {config.fovea_bottom:g}: no row lies between '
                          f'them in frames of {config.height} rows, of which {ROWS} are one; move them apart.')
    if not half:
        raise ConfigError(f'fovea_width is {config.fovea_width:g}: that is no column of frames that are {config.width} wide, of '
                          f'which {COLUMNS} are one; choose more.')
    return Fovea(top, bottom, half)


def spread(count, share):
    """list of bool: which of `count` environments are among a share of them; evenly spread, the last one first."""
    return [int((number + 1) * share + 1e-9) > int(number * share + 1e-9) for number in range(count)]


def is_episode(history):
    """bool: whether plain data is of the form of GazeEnv.history."""
    def staged(setup):
        sides, yaw = setup.get('correct_side', ['left'] * TRIALS), setup.get('yaw', 0)
        return (set(setup) <= {'yaw', 'correct_side'} and isinstance(yaw, (int, float)) and abs(yaw) < 1e3
                and isinstance(sides, list) and len(sides) == TRIALS and all(side in ('left', 'right') for side in sides))
    def pushed(pushes):
        return isinstance(pushes, (list, tuple)) and len(pushes) == 2 and pushes[0] in (0, 1) and pushes[1] in range(AWAY + 1)
    return is_history(history, A_SIZE, staged) and 'setup' in history and pushed(history.get('pushes', (0, 0)))


def make_envs(config, folder, count, random, training=False):
    """`count` GazeEnv of a Config; `training`: with what it gives for a help in training. See decisions.make_envs."""
    helps = {}
    if training:
        # The frame before the lab's clock ends an episode: it goes on behind what it is cut at, and is learned from so.
        clock = task.last_frame_of(task.EPISODE_SECONDS, settings.frame_ms_of(config.fps)) - 1
        helps = {'frames': min(config.training_frames, clock), 'taught': config.teacher_episodes,
                 'explore': (config.explore, config.explore_episodes)}
        if config.spawn_grid:
            helps['spawns'] = grids.yaws(find_level(config.level_script), config.fps, config.repeat)
            if config.surroundings == 'random':
                helps['shift'] = functools.partial(grids.shift_of_a_look, config)
    else:
        config = config.change(sides='shuffled')  # the level as it ships, whatever helped in training
    coins = config.coin_start, config.coin_episodes
    flippers = spread(count, config.coin_share if training else 0.)
    # By twos, since every second one flips coins.
    greedy = spread((count + 1) // 2, config.greedy_share if training else 0.)
    return [GazeEnv(lab, random, config.repeat, config.push, config.momentum, coins=coins if flips else (0, 0),
                    greedy=config.greedy_start if greedy[number // 2] else None, **helps)
            for number, (lab, flips) in enumerate(zip(make_labs(config, folder, count), flippers))]
