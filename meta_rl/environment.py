"""The Harlow task as the agent meets it: a step is one DECISION, whatever number of frames the lab takes to carry it out."""
import re

import numpy as np

from meta_rl.config import ConfigError

LEFT, RIGHT = 0, 1
TRIALS = 6

# Frames of one decision, as the published runs played them: look at a button, which rests the gaze on it for the
# frame that follows; look back; wait for the cross, which is under the gaze as it appears and starts the next trial.
LOOK = 120  # units of the look action: 12.7 degrees, well within a button at 60 frames a second
SETTLE = 5  # no-ops after reset: the eye rises to its place in the first three frames
_CORRECT = re.compile(r"\['correct'\] = ([01])")


def _look(units):
    action = np.zeros(7, np.intc)
    action[0] = units
    return action


NOOP, LOOKS = _look(0), (_look(-LOOK), _look(LOOK))


class WrapperEnv(object):
    """A lab (embedded or real) by its frames, and by what its events say of the trials.

    Args:
      lab: a `Lab` that was asked for RGB_INTERLEAVED.
    """

    def __init__(self, lab):
        self.lab = lab
        self.correct = []  # of each trial of this episode so far: 1 or 0, as the lab's events report it

    def reset(self, seed):
        """Starts an episode. seed: int."""
        self.correct = []
        self.lab.reset(seed=seed)

    def step(self, action, frames=1):
        """Plays `action` (np.intc [7]) for a number of frames. Returns (reward: float, done: bool)."""
        reward = self.lab.step(action, num_steps=frames)
        for name, values in self.lab.events():
            if name == 'xdata:psychlab':
                self.correct.append(int(_CORRECT.search(values[0]).group(1)))
        return reward, not self.lab.is_running()

    def frame(self):
        """The frame now: uint8 [H, W, 3], RGB."""
        return self.lab.observations()['RGB_INTERLEAVED']


class HarlowEnv(object):
    """One step is one decision: 0 looks left, 1 looks right. An episode is six of them.

    Args:
      lab: a `Lab` whose viewer starts on the cross (harlow_fast_centred), asked for RGB_INTERLEAVED.
      observe: function from a frame, uint8 [H, W, 3], to an observation (see observation.py).
      seeds: np.random.RandomState that the episodes' seeds are drawn from.
      late: bool, show each picture one decision late, and none before the first: the published code did (it returned
        the frame from BEFORE the action), so that its agent never saw the pictures that it chose between.
    """

    def __init__(self, lab, observe, seeds, late=False):
        self._env = WrapperEnv(lab)
        self._see = observe
        self._seeds = seeds
        self._late = late
        self._last_seen = None

    @property
    def correct(self):
        """list of 1 or 0 for each trial of this episode so far, read from the lab's events."""
        return self._env.correct

    def reset(self):
        """Starts an episode. Returns the observation that the first decision is made on."""
        self._env.reset(int(self._seeds.randint(2 ** 31)))
        self._env.step(NOOP, SETTLE + 1)
        self._last_seen = None
        return self._observe()

    def _observe(self):
        now = self._see(self._env.frame())
        if not self._late:
            return now
        before, self._last_seen = self._last_seen, now
        return np.zeros_like(now) if before is None else before

    def step(self, action):
        """Carries out a decision.

        Args:
          action: int, 0 left or 1 right.
        Returns: (observation, reward, done). The observation shows the pictures of the NEXT decision, None after the
          last one; the reward (float) is the one that this decision earned, `done` comes with the last.
        Raises: ConfigError if the lab registers no choice.
        """
        trials = len(self._env.correct)
        reward, _ = self._env.step(LOOKS[action])
        paid, done = self._env.step(LOOKS[1 - action])
        reward += paid
        if len(self._env.correct) != trials + 1:
            raise ConfigError('The lab registered no choice: decisions of two looks need 60 frames a second and a level '
                              'whose viewer starts on the cross, as contributed/psychlab/harlow_fast_centred.')
        if done:
            return None, reward, True
        paid, done = self._env.step(NOOP, 2)
        return self._observe(), reward + paid, done

    def close(self):
        """Closes the lab."""
        self._env.lab.close()


def make_envs(config, folder, count, random):
    """`count` HarlowEnv of a Config.

    Args:
      config: Config.
      folder: dataset folder of %04d.png.
      random: np.random.RandomState that all of them draw their seeds from.
    Raises: DatasetError if two images look the same; ConfigError in the lab's words if it does not take its settings, or
      if decisions do not work in it.
    """
    from meta_rl import observation, psychlab
    settings = {'width': str(config.width), 'height': str(config.height), 'fps': str(config.fps), 'datasetPath': folder,
                'trainBatch': str(config.image_count), 'testBatch': '0', 'sides': config.sides}
    try:
        observe = observation.make(config, folder)
        labs = [psychlab.Lab(config.level_script, ['RGB_INTERLEAVED'], settings) for _ in range(count)]
    except RuntimeError as error:
        raise ConfigError('The lab says: %s' % error)
    rehearsal = HarlowEnv(labs[0], lambda frame: frame, np.random.RandomState(0))
    rehearsal.reset()
    rehearsal.step(LEFT)  # settings that allow no decision show here, and not in the middle of a worker
    return [HarlowEnv(lab, observe, random, config.late) for lab in labs]
