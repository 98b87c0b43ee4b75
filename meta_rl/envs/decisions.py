"""The Harlow task as the agent meets it: a step is one DECISION, whatever number of frames the lab takes to carry it out."""
import json
import re

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs import observations
from meta_rl.envs.contract import Environment, Episode, Spec, Step
from meta_rl.envs.gazing.saccades import Saccades
from meta_rl.labs.choice import make_labs
from meta_rl.labs.closing import closing_where_it_fails
from meta_rl.psychlab import find_level
from meta_rl.psychlab.task import CORRECT_REWARD, INCORRECT_REWARD, TRIALS

LEFT, RIGHT = 0, 1
SIDES = 'left', 'right'
A_SIZE = 2

# Frames of one decision, as the published runs played them: look at a button, which rests the gaze on it for the
# frame that follows; look back; wait for the cross, which is under the gaze as it appears and starts the next trial.
LOOK = 120  # units of the look action: 12.7 degrees, well within a button at 60 frames a second
SETTLE = 5  # no-ops after reset: the eye rises to its place in the first three frames
CHOICE = 'xdata:psychlab'  # the lab's event of a choice
_CORRECT = re.compile(r"\['correct'\] = ([01])")
_REACTION = re.compile(r"\['reactionTime'\] = (\S+)")
_FIELD = re.compile(r"\['(\w+)'\] = (\S+)")


def _look(units):
    action = np.zeros(7, np.intc)
    action[0] = units
    return action


NOOP, LOOKS = _look(0), (_look(-LOOK), _look(LOOK))


class WrapperEnv:
    """A lab (embedded or real) by its frames, and by what its events say of the trials.

    Args:
      lab: a `Lab` that was asked for RGB_INTERLEAVED.
    Attributes: paid, float, all that it paid in this episode.
    """

    def __init__(self, lab):
        self.lab = lab
        self.paid = 0.
        self.correct = []  # of each trial of this episode so far: 1 or 0, as the lab's events report it
        self._reports = []  # of each choice: the text of its event, and what was paid before the step that it was made in
        self.reaction_times = []  # and the seconds from the images to the choice
        self._frame = None  # what was seen since the last step: rendering is what takes the real lab its time

    def reset(self, seed, setup=None):
        """Starts an episode. seed: int; setup: how it is staged, see Lab.reset of the embedded lab."""
        self.correct, self._reports, self.reaction_times, self._frame, self.paid = [], [], [], None, 0.
        self.lab.reset(seed=seed, **({'setup': setup} if setup else {}))

    def step(self, action, frames=1):
        """Plays `action` (np.intc [7]) for a number of frames. Returns (reward: float, done: bool)."""
        self._frame = None
        reward = self.lab.step(action, num_steps=frames)
        for name, values in self.lab.events():
            if name == CHOICE:
                self.correct.append(int(_CORRECT.search(values[0]).group(1)))
                self._reports.append((values[0], self.paid))
                self.reaction_times.append(float(_REACTION.search(values[0]).group(1)))
        self.paid += reward
        return reward, not self.lab.is_running()

    def reaction_time(self):
        """float, seconds from the images to the last choice, as the lab's event reports it."""
        return self.reaction_times[-1]

    def frame(self):
        """The frame now: uint8 [H, W, 3], RGB."""
        if self._frame is None:
            self._frame = self.lab.observations()['RGB_INTERLEAVED']
        return self._frame

    def episode(self, length):
        """The Episode so far, of so many steps of whoever plays."""
        right = sum(self.correct)
        earned = right * CORRECT_REWARD + (len(self.correct) - right) * INCORRECT_REWARD
        return Episode(self.paid, float(earned), list(self.correct), length, list(self.reaction_times))

    def trial_rows(self, last_steps):
        """See Environment. last_steps: the number of the last step of each trial."""
        staged = getattr(self.lab, 'staged', None)  # the real lab does not say which images it shows
        rows, before, first = [], 0., 0
        for (text, paid), last in zip(self._reports, last_steps):
            event = fields_of(text)
            side = SIDES[event['correctResponse'] - 1]
            other = SIDES[2 - event['correctResponse']]
            images = {side: staged.correct_id, other: staged.incorrect_id} if staged else dict.fromkeys(SIDES)
            reward = CORRECT_REWARD if event['correct'] else INCORRECT_REWARD
            rows.append((last, {
                'trial': event['trial'], 'left_image': images['left'], 'right_image': images['right'], 'correct_side': side,
                'choice': side if event['correct'] else other, 'correct': event['correct'], 'reward': reward,
                'fixation_reward': paid - before, 'reaction_time': event['reactionTime'], 'decisions': last + 1 - first,
                'event': json.dumps(event)}))
            before, first = paid + reward, last + 1
        return rows


def fields_of(text):
    """What a choice's event says, as a dict: numbers where they are numbers."""
    def value(word):
        for kind in (int, float):
            try:
                return kind(word)
            except ValueError:
                pass
        return word.strip("'")
    return {name: value(word) for name, word in _FIELD.findall(text)}


class HarlowEnv(Environment):
    """One step is one decision: 0 looks left, 1 looks right. An episode is six of them.

    Args:
      lab: a `Lab`, asked for RGB_INTERLEAVED. Without `saccades` its viewer must start on the cross (harlow_fast_centred).
      observe: function from a frame, uint8 [H, W, 3], to an observation (see observations.py).
      seeds: np.random.RandomState that the episodes' seeds are drawn from; only its randint is called.
      late: bool, show each picture one decision late, and none before the first: the published code did (it returned
        the frame from BEFORE the action), so that its agent never saw the pictures that it chose between.
      saccades: Saccades that carry out the decisions by what frames show; None: looks of a fixed size and time.
    """

    def __init__(self, lab, observe, seeds, late=False, saccades=None):
        self._env = WrapperEnv(lab)
        self._see = observe
        self._seeds = seeds
        self._late = late
        self._saccades = saccades
        self._last_seen = None
        self._early = 0.  # paid before the first decision
        self._history = {'seed': 0, 'actions': []}

    @property
    def spec(self):
        """Spec; to be asked for in an episode: the shape and the dtype are those of what is seen."""
        seen = self._see(self._env.frame())
        return Spec(A_SIZE, seen.shape, seen.dtype.type, TRIALS)

    @property
    def episode(self):
        return self._env.episode(len(self._history['actions']))

    @property
    def history(self):
        return dict(self._history, actions=list(self._history['actions']))

    @property
    def correct(self):
        """list of 1 or 0 for each trial of this episode so far, read from the lab's events."""
        return self._env.correct

    def reaction_time(self):
        """float, seconds from the images to the last choice, as the lab's event reports it."""
        return self._env.reaction_time()

    def trial_rows(self):
        return self._env.trial_rows(range(len(self.correct)))

    def frame(self):
        """The frame that the next decision is made on: uint8 [H, W, 3], RGB; none after the last."""
        return self._env.frame()

    def watch(self, watcher):
        """Has somebody look on: `watcher(lab)`, a lab that passes all on, takes the place of the lab."""
        self._env.lab = watcher(self._env.lab)

    def reset(self):
        """Starts an episode. Returns the observation that the first decision is made on."""
        return self._begin(int(self._seeds.randint(2 ** 31)))

    def _begin(self, seed):
        self._history = {'seed': seed, 'actions': []}
        self._env.reset(seed)
        if self._saccades:
            self._early = self._saccades.start(self._env)
        else:
            self._early, _ = self._env.step(NOOP, SETTLE + 1)
        self._last_seen = None
        return self._observe()

    def replay(self, history):
        step = Step(self._begin(history['seed']), 0., False)
        for action in history['actions']:
            step = self.step(action)
        return step

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
        Returns: Step. Its view shows the pictures of the NEXT decision, None after the last one; its reward is what the lab
          paid since the decision before, for the choice and for looking at the cross.
        Raises: ConfigError if the lab registers no choice.
        """
        trials = len(self._env.correct)
        self._history['actions'].append(action)
        reward, done = self._saccades.choose(self._env, action) if self._saccades else self._choose(action)
        if len(self._env.correct) != trials + 1:
            raise ConfigError('The lab registered no choice: decisions of two looks need 60 frames a second and a level '
                              'whose viewer starts on the cross, as contributed/psychlab/harlow_fast_centred.')
        reward, self._early = reward + self._early, 0.
        return Step(None if done else self._observe(), reward, done)

    def _choose(self, action):
        reward, done = self._env.step(LOOKS[action])
        for look, frames in ((LOOKS[1 - action], 1), (NOOP, 2)):
            if not done:
                paid, done = self._env.step(look, frames)
                reward += paid
        return reward, done

    def close(self):
        """Closes the lab."""
        self._env.lab.close()


def spec_of(config):
    """The Spec of a Config's HarlowEnv."""
    shape, dtype = observations.form(config)
    return Spec(A_SIZE, shape, dtype, TRIALS)


def make_envs(config, folder, count, random):
    """`count` HarlowEnv of a Config.

    Args:
      config: Config.
      folder: dataset folder of %04d.png.
      random: np.random.RandomState that all of them draw their seeds from; only its randint is called.
    Raises: DatasetError if two images look the same; ConfigError in the lab's words if it does not take its settings, or
      if decisions do not work in it.
    """
    labs = make_labs(config, folder, count)
    with closing_where_it_fails(labs):
        try:
            observe = observations.make(config, folder)
            level = find_level(config.level_script)
            # Where the viewer starts on the cross and looking for one frame does it, two looks of a fixed size do; the cross is
            # not to be seen for longer, either.
            at_once = level.time_to_fixate_cross == level.time_to_fixate_target == 1 and not level.spawn_range
            saccades = None if at_once else Saccades(level, config.width, config.height, config.fps)
            rehearsal = HarlowEnv(labs[0], lambda frame: frame, np.random.RandomState(0), saccades=saccades)
            rehearsal.reset()
            rehearsal.step(LEFT)  # settings that allow no decision show here, and not in the middle of a worker
        except RuntimeError as error:
            raise ConfigError(f'The lab says: {error}')
        return [HarlowEnv(lab, observe, random, config.late, saccades) for lab in labs]
