"""Playing: a person makes the decisions, on the frames that agents decide on, and gets the same score."""
import os
import sys

import numpy as np

from meta_rl.console.stops import Stops
from meta_rl.envs.decisions import TRIALS, make_envs
from meta_rl.envs.references import scores
from meta_rl.images import dataset
from meta_rl.play.keys import NAMES
from meta_rl.records.observer import EpisodeRecord
from meta_rl.records.trials import Trials


class Game:
    """Some episodes, decided from outside one by one.

    Args:
      settings: Config, of which the lab, the images and `late` count.
      episodes: int.
      seed: int; the same seed gives the same episodes.
    Attributes:
      frame: uint8 [H, W, 3], what the next decision is made on; None when all are over.
      correct: list of 1 or 0, the trials of this episode so far; total: float, what it was paid so far.
      records: list of EpisodeRecord of these.
      returns, finished: lists with the return, and the six of `correct`, of each episode that was played to its end.
    Raises: ConfigError, as make_envs and dataset.folder_of.
    """

    def __init__(self, settings, episodes, seed):
        self.episodes, self.seed = episodes, seed
        self.returns, self.finished, self.correct, self.total = [], [], [], 0.
        self.records = []
        shown = settings.change(observation='pixels', embedding=max(settings.embedding, 1))  # whatever agents are shown
        if settings.image_set == 'black-white':
            settings = settings.change(observation='brightness')  # which these have to be for agents
        self._env, = make_envs(shown, dataset.folder_of(settings), 1, np.random.RandomState(seed))
        self.frame = self._env.reset()

    @property
    def where(self):
        """str: which trial of which episode the next decision is."""
        episode, trial = len(self.returns) + 1, len(self.correct) + 1
        return 'Episode %d of %d, trial %d of %d' % (episode, self.episodes, trial, TRIALS)

    def choose(self, action):
        """Makes a decision, 0 left or 1 right. Returns what is to be said of it: (whether it was right, sentence)."""
        self.frame, reward, done, _ = self._env.step(action)
        self.correct, self.total = list(self._env.correct), self.total + reward
        right = bool(self.correct[-1])
        told = 'You chose {}: {}, {:+g}.'.format(NAMES[action], 'correct' if right else 'wrong', reward)
        if done:
            told += f' The episode is over, it earned {self.total:g}.'
            self.returns.append(self.total)
            self.finished.append(self.correct)
            self.records.append(self.record())
            self.correct, self.total = [], 0.
            if len(self.returns) < self.episodes:
                self.frame = self._env.reset()
        return right, told

    def record(self):
        """EpisodeRecord of this episode so far."""
        return EpisodeRecord(self._env.history['seed'], [], self._env.trial_rows())

    def score(self):
        """The score so far, as text: the table of `evaluate`, without an episode that was not played to its end."""
        lines = []
        if self.finished:
            score = scores.score(self.returns, self.finished)
            lines.append('%d episode%s, seed %d' % (len(self.returns), 's'[:len(self.returns) > 1], self.seed))
            lines.append(scores.table([('you', score)], score['nearest_oracle']))
        if self.correct:
            lines.append('(An episode was not finished%s: %d of %d correct, %+g so far.)' % (
                ' and is left out' if lines else '', sum(self.correct), len(self.correct), self.total))
        return '\n'.join(lines) or 'No choice was made.'


def new_seed():
    """int: one that nobody has chosen."""
    return int.from_bytes(os.urandom(4), 'little')


def write_trials(game, path):
    """Writes the trials of a Game, also those of an episode that was not finished, into a CSV file like that of `evaluate`."""
    table = Trials(path)
    table.start('person')
    for record in game.records + [game.record()] * bool(game.correct):
        table.take(record)
    table.write()


def run(settings, episodes, seed, in_terminal, trials=None):
    """A person plays, in a window where there can be one, else in the terminal. Prints the score.

    Args:
      settings, episodes, seed: see Game.
      in_terminal: bool, in the terminal in any case.
      trials: str, file to write the table of all trials to, or None.
    Returns: bool, False where Ctrl-C ended it.
    """
    from meta_rl.play import terminal, window
    game, finished = Game(settings, episodes, seed), False
    with Stops():
        try:
            opened, reason = (None, None) if in_terminal else window.opened()
            if reason:
                print(f'No window ({reason}): playing in the terminal.')
            if opened:
                window.play(game, opened)
            else:
                terminal.play(game, sys.stdin, sys.stdout)
            finished = True
        except KeyboardInterrupt:
            pass
        finally:  # before anything is said: nobody may be there to read it
            if trials and (game.records or game.correct):
                write_trials(game, trials)
    if not finished:
        print()
    print(game.score())
    return finished
