"""What the analyses are made of: of each trial what was chosen, and the units before the choice and after its outcome."""
from typing import NamedTuple

import numpy as np

from meta_rl.envs.decisions import SIDES
from meta_rl.psychlab.task import TRIALS

# Steps from the choice until its outcome has been read for certain: the lab may pay a frame after the event, which can be in the
# next step, and what is paid is read in the step after that.
UNTIL_READ = 2


class Gathered(NamedTuple):
    """What was gathered of E episodes of T = 6 trials, U units. A trial that was not decided, or a moment that did not come:
    nan or -1.

    choice: float32 [E, T, U], the units when they had read what the choice was made on, and not its outcome. outcome: the
    same, when they had first read what the choice was paid; never of the last trial, after which the episode is over.
    correct: int8 [E, T], 1 or 0; good_side, chosen: int8 [E, T], 0 left, 1 right. images: int64 [E, 2], the numbers of the
    good image and of the other one, 0 in the real lab, which does not say. reaction: float32 [E, T], seconds.
    apart: bool, whether the state after an outcome is another than that before the next choice: not of agents that decide once
      a trial.
    """

    choice: np.ndarray
    outcome: np.ndarray
    correct: np.ndarray
    good_side: np.ndarray
    chosen: np.ndarray
    images: np.ndarray
    reaction: np.ndarray
    apart: bool


class Moments:
    """Gathers these; a taker, see records.Observer.

    Memory grows by 48 bytes a unit for each episode: 10,000 episodes take 46 MB with 96 units, 154 MB with 320.
    """

    def __init__(self):
        self._rows, self._apart = [], False

    def take(self, record):
        """Takes in an EpisodeRecord."""
        units = np.full((2, TRIALS, len(record.steps[0].units)), np.nan, np.float32)
        small, images = np.full((3, TRIALS), -1, np.int8), np.zeros(2, np.int64)
        reaction = np.full(TRIALS, np.nan, np.float32)
        for number, (last, trial) in enumerate(record.trials):
            units[0, number] = record.steps[last].units
            if number + 1 < len(record.trials):
                following = record.trials[number + 1][0]
                units[1, number] = record.steps[min(last + UNTIL_READ, following)].units
                self._apart |= following > last + 1
            good = SIDES.index(trial['correct_side'])
            small[:, number] = trial['correct'], good, SIDES.index(trial['choice'])
            reaction[number] = trial['reaction_time']
            pair = [trial[SIDES[side] + '_image'] for side in (good, 1 - good)]
            images[:] = [number_of or 0 for number_of in pair]
        self._rows.append((units[0], units[1], small[0], small[1], small[2], images, reaction))

    def gathered(self):
        """Gathered."""
        return Gathered(*[np.array(part) for part in zip(*self._rows)], self._apart)


class Outcomes:
    """Keeps of each episode which trials were right, and nothing else; a taker, see records.Observer."""

    def __init__(self):
        self._rows = []

    def take(self, record):
        """Takes in an EpisodeRecord."""
        right = [trial['correct'] for _, trial in record.trials]
        self._rows.append(right + [-1] * (TRIALS - len(right)))

    def correct(self):
        """int [E, T], 1, 0, or -1 where a trial was not decided."""
        return np.array(self._rows)
