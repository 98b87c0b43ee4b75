"""The Harlow task from the gaze up: a step is one push of it, left, right or none, for a few frames of the lab."""
import cv2

from meta_rl.config import ConfigError
from meta_rl.envs.decisions import LEFT, RIGHT, TRIALS, WrapperEnv
from meta_rl.envs.saccades import look

NONE = 2
A_SIZE = 3  # left, right, none
REPEAT = 4    # frames of a decision (Wang et al. 2018)
ROWS, COLUMNS = 4, 2  # pixels that are averaged into one, down and across, before the network reads them
FRAMES = 3600  # of an episode at most, 60 s (the same)

# Wang et al. turn by 4.4 degrees, "with a little momentum". Speeds here are whole units of the look action a frame
# (.1056 degrees at 60 frames a second), and stay as they are for the frames of a decision. A push from rest turns by
# 6, 3 and 1 units a frame in this decision and the two after it, 4.2 degrees in all with a repeat of 4; held down it
# comes to 11, 4.6 degrees a decision. The box around the cross is 4.2 degrees wide: what rests beside it on one side
# rests beside it on the other after the next push, but is in it for long enough on the way. And with a repeat of 4
# every direction in which the viewer is seen is a multiple of 4 units from where it spawned, so that few views are to
# be rendered.
PUSH = 6
KEPT = .5
_PUSHES = {LEFT: -1, RIGHT: 1, NONE: 0}


def next_speed(speed, action, push=PUSH, kept=KEPT):
    """int: the speed of this decision, in units a frame to the right, by that of the one before and the action."""
    return int(speed * kept) + _PUSHES[action] * push


class GazeEnv:
    """One step is one decision: 0 pushes the gaze left, 1 right, 2 lets it coast. Nothing else is done for the agent.

    Args:
      lab: a `Lab`, asked for RGB_INTERLEAVED.
      seeds: np.random.RandomState that the episodes' seeds are drawn from.
      repeat: int, frames of a decision.
      push: int, units a frame that a turn adds to the speed.
      kept: float, the part of the speed that is left at the next decision, cut to whole units.
      frames: int, the most of an episode.
      spawns: list of yaws (degrees) to start at in place of any; only in training, and only in the embedded lab: with
        `spawn_grid` all of what is seen lies on one grid, and is rendered once.

    Attributes: speed, units a frame to the right; frames, of this episode so far; coins, bool, whether the sides of the next
      episodes are coin flips and not a shuffle: as `spawns`, for training in the embedded lab; history, dict of plain data, all
      that this episode has been so far: its seed, what was staged of it, and its actions.
    """

    def __init__(self, lab, seeds, repeat=REPEAT, push=PUSH, kept=KEPT, frames=FRAMES, spawns=None):
        self._env = WrapperEnv(lab)
        self._seeds = seeds
        self.repeat, self.kept, self._push, self._most = repeat, kept, push, frames
        self._spawns = spawns
        self._looks = {}
        self.speed = self.frames = 0
        self.coins = False

    @property
    def lab(self):
        """The Lab."""
        return self._env.lab

    @property
    def correct(self):
        """list of 1 or 0 for each trial of this episode so far, read from the lab's events."""
        return self._env.correct

    def reset(self):
        """Starts an episode. Returns the first frame, uint8 [H, W, 3]."""
        seed, setup = int(self._seeds.randint(2 ** 31)), {}
        if self._spawns is not None:
            setup['yaw'] = self._spawns[self._seeds.randint(len(self._spawns))]
        if self.coins:
            setup['correct_side'] = [('left', 'right')[side] for side in self._seeds.randint(2, size=TRIALS)]
        self._begin(seed, setup)
        return self.frame()

    def _begin(self, seed, setup):
        self._env.reset(seed)
        if setup:
            self.lab.reset(seed=seed, setup=setup)
        self.speed = self.frames = 0
        self.history = {'seed': seed, 'setup': setup, 'actions': []}

    def step(self, action):
        """Plays one decision.

        Args:
          action: int, 0 left, 1 right, 2 none.
        Returns: (frame, reward, done): what is seen after it, uint8 [H, W, 3], None after the last one; what the lab
          paid meanwhile, float; whether the episode is over, by its last trial or by its length.
        """
        reward, done = self._advance(action)
        return None if done else self.frame(), reward, done

    def _advance(self, action):
        self.history['actions'].append(action)
        self.speed = next_speed(self.speed, action, self._push, self.kept)
        if self.speed not in self._looks:
            self._looks[self.speed] = look(self.speed)
        count = min(self.repeat, self._most - self.frames)
        reward, done = self._env.step(self._looks[self.speed], count)
        self.frames += count
        return reward, done or self.frames >= self._most

    def replay(self, history):
        """Goes to where an episode was, that of another environment's `history`. Returns the list of what its decisions were paid."""
        self._begin(history['seed'], history['setup'])
        return [self._advance(action)[0] for action in history['actions']]

    def frame(self):
        """What is seen now, uint8 [H, W, 3]."""
        return self._env.frame()

    def close(self):
        """Closes the lab."""
        self.lab.close()


def averaged(frame):
    """What the network is given of a frame, uint8 [H, W, 3]: means over 4 rows and 2 columns, uint8 [H / 4, W / 2, 3]."""
    return cv2.resize(frame, (frame.shape[1] // COLUMNS, frame.shape[0] // ROWS), interpolation=cv2.INTER_AREA)


def spawn_grid(level, fps, repeat=REPEAT):
    """The yaws (degrees) to spawn at, of which the cross is one, for a viewer who turns by multiples of `repeat` units.

    Args:
      level: psychlab's Level, for how far it spawns from the cross.
      fps: int, frames in a second of the lab.
    """
    from meta_rl.psychlab import camera, task
    step = repeat * camera.DEGREES_PER_UNIT_MS * int(task.ENGINE_MS_PER_SECOND / fps + .5)
    most = int(level.spawn_range / step)
    return [90 + k * step for k in range(-most, most + 1)]


def check(config):
    """Raises ConfigError where the control 'gaze' cannot be trained with a Config."""
    if config.backend != 'threads':
        raise ConfigError(f"backend is {config.backend!r}: the control 'gaze' is trained by threads only.")
    if config.observation != 'pixels':
        raise ConfigError(f"observation is {config.observation!r}: the control 'gaze' sees 'pixels'.")
    if config.lab != 'embedded' and (config.spawn_grid or config.coin_episodes or config.teacher_episodes):
        raise ConfigError(f'lab is {config.lab!r}: spawn_grid, coin_episodes and teacher_episodes are of the embedded lab, set them to false '
                          'and 0.')
    if config.coin_episodes and config.coin_start >= config.coin_episodes:
        raise ConfigError('coin_start is %d: it must be less than coin_episodes, %d, unless that is 0.' % (
            config.coin_start, config.coin_episodes))


def make_envs(config, folder, count, random, training=False):
    """`count` GazeEnv of a Config; `training`: with what it gives for a help in training. See environment.make_envs."""
    from meta_rl.labs.choice import make_labs
    from meta_rl.psychlab import find_level
    grid = spawn_grid(find_level(config.level_script), config.fps, config.repeat) if training and config.spawn_grid else None
    most = config.training_frames if training else FRAMES
    return [GazeEnv(lab, random, config.repeat, config.push, config.momentum, most, grid)
            for lab in make_labs(config, folder, count)]
