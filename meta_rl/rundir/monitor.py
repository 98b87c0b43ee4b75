"""Monitor: the record of a run while it goes on: curve.csv, TensorBoard points, a bar or lines in a log."""
import collections
import contextlib
import csv
import errno
import io
import math
import os
import sys
import threading
import time

import numpy as np
from tqdm import tqdm

from meta_rl.console.output import is_quiet, silence
from meta_rl.console.progress import has_screen
from meta_rl.psychlab.task import TRIALS
from meta_rl.rundir import files
from meta_rl.rundir.curve import ACCURACIES, COLUMNS, CORRECT, LOSSES, MANY, columns, complete, rows_of
from meta_rl.rundir.events import Events
from meta_rl.rundir.saving.plain import whole
from meta_rl.tf_compat import tf

OF_EPISODES = ['return', 'choice_return', 'length', CORRECT] + ACCURACIES  # means over episodes that ended; the others are of updates
TAGS = dict({'return': 'Perf/Reward', 'choice_return': 'Perf/Choice Reward', 'length': 'Perf/Length',
             'value': 'Perf/Value', 'value_loss': 'Losses/Value Loss', 'policy_loss': 'Losses/Policy Loss',
             'entropy': 'Losses/Entropy', 'grad_norm': 'Losses/Grad Norm', 'var_norm': 'Losses/Var Norm',
             'staleness': 'Perf/Staleness', CORRECT: 'Perf/Accuracy'},
            **{name: 'Harlow/Trial %d Accuracy' % trial for trial, name in enumerate(ACCURACIES, 1)})
EPISODES_PER_SECOND, STEPS_PER_SECOND = SPEEDS = 'Perf/Episodes per Second', 'Perf/Steps per Second'
# The names of --metrics json; what is not here is named as its column.
METRICS = dict({'return': 'reward', 'choice_return': 'choice_reward', CORRECT: 'accuracy'}, **{name: name + '_accuracy' for name in ACCURACIES})
LINES_EVERY = 10.  # seconds between two lines of a log


class Monitor:
    """Gathers what workers report; `log_every` episodes make one row. Called by all workers, so it locks.

    Args:
      folder: str, the run directory.
      total: int, episodes of the run.
      log_every: int, episodes for a row.
      start: dict, `state()` of a run that goes on, or None. Rows written after it are dropped.
      lines: metrics.Lines that each row is told to as well, or None.
      opening: str, printed before there is a bar, or None.
      trials: int, of an episode.

    Attributes: output_closed, why nothing takes what is said any more (a closed pipe), or None. It does not raise for that: the update
      at hand is recorded like any other.
    """

    output_closed = None

    def __init__(self, folder, total, log_every, start=None, lines=None, opening=None, trials=TRIALS):
        self.lock = threading.Lock()
        self.episodes = start['episodes'] if start else 0
        self.recent = collections.deque(start['recent'] if start else (), 1000)  # returns of the last 1,000 episodes
        self._columns = columns(trials)
        self._sums = complete(dict(start['sums'])) if start else dict.fromkeys(self._columns[1:], 0.)
        # Of the row that is not full: episodes that ended in it, and those that were under way in its updates.
        self._weight = start['weight'] if start else 0
        self._update_weight = start.get('update_weight', self._weight) if start else 0
        self.updates = start.get('updates', 0) if start else 0  # (of an earlier version's runs: since they went on)
        self._total, self._log_every, self._lines = total, log_every, lines
        self._path = os.path.join(folder, 'curve.csv')
        self._keep_rows()
        self._events = Events(folder)
        if start:  # TensorBoard drops what it has of these steps
            self._events.add(tf.Event(session_log=tf.SessionLog(status=tf.SessionLog.START)), self.episodes + 1)
        self._began = self._last_line = time.monotonic()
        self._steps = 0  # decisions since the start, or since the run went on
        self._first = None  # (time, episodes, steps) at the first update: workers elsewhere take seconds to start
        if opening:
            self.say(opening)
        self._bar = tqdm(total=total, initial=self.episodes, unit=' episodes', disable=not has_screen(),
                         dynamic_ncols=True, smoothing=.1)

    def _keep_rows(self):
        rows = []
        if os.path.exists(self._path):
            rows = [row for row in rows_of(self._path)[1] if int(row['episodes']) <= self.episodes]
        text = io.StringIO(newline='')
        writer = csv.DictWriter(text, self._columns, lineterminator='\n')
        writer.writeheader()
        writer.writerows({name: row[name] for name in self._columns} for row in rows)
        files.write(self._path, text.getvalue().encode())

    def state(self):
        """dict of plain data: what another Monitor needs to go on from here."""
        return {'episodes': self.episodes, 'recent': list(self.recent), 'sums': dict(self._sums), 'weight': self._weight,
                'update_weight': self._update_weight, 'updates': self.updates}

    def report(self, update):
        """Takes in an Update (with the lock held). Returns whether it completed a row of curve.csv."""
        ended, episodes = len(update.episodes), self.episodes + len(update.episodes)
        of_update = dict(zip(LOSSES, update.losses), value=update.value, staleness=update.staleness)
        for name, value in of_update.items():
            self._sums[name] += float(value) * update.width
        self._update_weight += update.width
        if ended:
            self._take_in(update.episodes)
        self.updates += update.steps > 0  # not for the earlier ones of several by what was played
        completed = episodes // self._log_every > self.episodes // self._log_every or episodes >= self._total
        self._steps += update.steps
        self._first = self._first or (time.monotonic(), episodes, self._steps)
        with self._on_screen():
            self._bar.update(min(episodes, self._total) - self._bar.n)
        self.episodes = episodes
        if completed:
            self._write_row()
        if self._bar.disable:
            self._say()
        return completed

    def finish(self):
        """Writes the row that is not full, of a run that went on with no more episodes to play than it had played."""
        if self._weight:
            self._write_row()

    def _take_in(self, episodes):
        rewards, choices = np.array([(episode.reward, episode.choice_reward) for episode in episodes], np.float32).T
        self.recent.extend(rewards.tolist())
        means = {'return': rewards.mean(), 'choice_return': choices.mean(), 'length': np.mean([episode.length for episode in episodes])}
        if CORRECT in self._sums:
            means[CORRECT] = np.mean([np.mean(episode.correct) for episode in episodes])
        else:
            right = np.zeros((TRIALS, len(episodes)), np.float32)  # trials that were not reached are not right
            for number, episode in enumerate(episodes):
                right[:len(episode.correct), number] = episode.correct
            means.update(zip(ACCURACIES, right.mean(1)))
        for name, value in means.items():
            self._sums[name] += float(value) * len(episodes)
        self._weight += len(episodes)

    def _write_row(self):
        row = {name: value / (self._weight if name in OF_EPISODES else self._update_weight) for name, value in self._sums.items()}
        self._sums, self._weight, self._update_weight = dict.fromkeys(self._columns[1:], 0.), 0, 0
        with open(self._path, 'a', newline='') as file:
            file.write(','.join([str(self.episodes)] + [f'{row[name]:.6g}' for name in self._columns[1:]]) + '\n')
        episodes, steps = self.speeds()
        points = [(tag, row[name]) for name, tag in TAGS.items() if name in row]
        points += [(tag, speed) for tag, speed in zip(SPEEDS, (episodes, steps)) if speed == speed]
        self.show(tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=value) for tag, value in points]), self.episodes)
        with self._on_screen():
            pace = f'{steps:.0f} steps/s, ' if steps == steps else ''
            self._bar.set_postfix_str('{}return {:.2f}'.format(pace, row['return']))
        if self._lines:
            points = [(METRICS.get(name, name), row[name]) for name in self._columns[1:]]
            points += [('episodes_per_second', episodes), ('steps_per_second', steps), ('seconds_left', self.left())]
            with self._heard():
                self._lines.write(self.episodes, [(name, float(f'{value:.6g}')) for name, value in points])

    def show(self, summary, step):
        """Adds a tf.Summary to TensorBoard's file, at `step` [episodes]."""
        self._events.add(tf.Event(summary=summary), step)

    def _say(self):
        """Where there is no bar: a line for a log, when it is time for one. How fast it goes the first update cannot tell."""
        now, left = time.monotonic(), self.left()
        if self.episodes >= self._total or now - self._last_line >= LINES_EVERY and left == left:
            self._last_line = now
            episodes, steps = self.speeds()
            # (An agent that moves its gaze may take seconds for an episode.)
            speed = f', {episodes:.{0 if episodes >= 10 else 2}f} episodes/s, {steps:.0f} steps/s, {left:.0f} s left'
            self.say('%d of %d episodes, return %.2f%s' % (
                self.episodes, self._total, np.mean(self.recent), speed if episodes == episodes else ''))

    def say(self, sentence):
        """Prints it on stdout, unless this process is to be quiet."""
        with self._heard():
            if not is_quiet():
                print(sentence, flush=True)

    @contextlib.contextmanager
    def _heard(self):
        try:
            yield
        except OSError as error:
            if error.errno == errno.EIO and not self._lines:  # a terminal that is gone, and this run was to outlive it
                silence(sys.stdout)
                return
            self.output_closed = 'The output is closed (%s).' % (error.strerror or error)

    @contextlib.contextmanager
    def _on_screen(self):
        try:
            yield
        except OSError:  # the terminal is gone
            self._bar.disable = True

    def speed(self):
        """float: episodes per second since the first update (or the first since the run went on)."""
        return self.speeds()[0]

    def speeds(self):
        """(episodes, steps) per second, see `speed`; nan where they are not known yet. A step is a decision."""
        began, episodes, steps = self._first or (None, self.episodes, 0)
        if self.episodes == episodes:
            return float('nan'), float('nan')
        seconds = max(time.monotonic() - began, 1e-9)
        return (self.episodes - episodes) / seconds, (self._steps - steps) / seconds

    def left(self):
        """float: seconds until the end at this speed; nan where it is not known yet."""
        episodes, speed = max(self._total - self.episodes, 0), self.speed()
        return episodes / speed if episodes else 0.

    def seconds(self):
        """float: seconds since the start (or since the run went on)."""
        return time.monotonic() - self._began

    def close(self):
        """Closes all that is kept open."""
        with self._on_screen():
            self._bar.close()
        self._events.close()


def corruption(state):
    """What is wrong with plain data that is to be what Monitor.state returned, as a clause; None where it is that."""
    if not isinstance(state, dict):
        return 'monitor is missing'
    for name in ('episodes', 'weight', 'update_weight', 'updates'):
        if not whole(state.get(name, 0 if name.startswith('update') else None), 2 ** 62):
            return f'{name} is no count'
    recent, sums = state.get('recent'), state.get('sums')
    if not isinstance(recent, list) or not all(_number(value) and math.isfinite(value) for value in recent):
        return 'recent is no list of numbers'
    # Runs of an earlier version lack two sums.
    known = isinstance(sums, dict) and any(set(names[1:]) - {'choice_return', 'staleness'} <= set(sums) <= set(names[1:])
                                           for names in (COLUMNS, MANY))
    if not known or not all(map(_number, sums.values())):
        return 'sums are not those of the columns of curve.csv'
    return None


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 or value != value
