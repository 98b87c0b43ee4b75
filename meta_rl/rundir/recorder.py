"""Recorder: what becomes of an update, whatever carried the worker that made it: the curve, checkpoints, and the end."""
import contextlib

import numpy as np

from meta_rl.rundir.saving import checkpoints
from meta_rl.rundir.saving.checkpoints import NotFinite


class WorkersLost(Exception):
    """No worker is left. What they learned is still there."""


class ServersLost(Exception):
    """Shared weights are gone with the process that had them: the run can go on from its last checkpoint only."""


class CannotWrite(Exception):
    """The run directory cannot be written any more: a full disk, as a rule. What it had is whole."""


class Recorder:
    """Records a run. Called by whoever has an update, one at a time (`lock`).

    Args:
      config: Config.
      monitor: Monitor.
      saved: Checkpoints.
      session: tf.Session that reaches the shared network.
      states: function that returns a list of the state of each worker, see Worker.state.
    """

    def __init__(self, config, monitor, saved, session, states):
        self.lock = monitor.lock
        self._config, self._monitor, self._saved, self._session, self._states = config, monitor, saved, session, states
        self._failed = False

    @property
    def episodes(self):
        """int: episodes played so far."""
        return self._monitor.episodes

    @property
    def done(self):
        """bool: all episodes are played."""
        return self.episodes >= self._config.episodes

    @property
    def over(self):
        """bool: workers are to stop: all episodes are played, or nothing takes what is said of them."""
        return self.done or bool(self.output_closed)

    @property
    def output_closed(self):
        """See Monitor."""
        return self._monitor.output_closed

    def report(self, update):
        """Takes in an Update (with the lock held); saves what is due. Those that come after the last one are dropped.

        Raises: NotFinite where a loss or the gradient is no number any more, before anything of it is saved; CannotWrite.
          Nothing is taken in or saved after either.
        """
        if self.done or self._failed:
            return
        try:
            with self._saying('worker %d' % update.worker):
                odd = [(name, value) for name, value in zip(update.losses._fields, update.losses) if not np.isfinite(value)]
                if odd:
                    raise NotFinite('%s is %s.' % odd[0])
                self._take_in(update)
        except BaseException:
            self._failed = True
            raise

    def _take_in(self, update):
        before, recent = self.episodes, self._monitor.recent
        if self._monitor.report(update) and len(recent) == recent.maxlen:
            self._saved.save_best(self._session, float(np.mean(recent)), self.episodes)
        if _seventh(self._config, self.episodes) > _seventh(self._config, before):
            self._saved.save_quantile(self._session, _seventh(self._config, self.episodes), self.episodes)
        if self.episodes // self._config.checkpoint_every > before // self._config.checkpoint_every:
            self._save()

    def save(self):
        """Saves a checkpoint now. Raises CannotWrite, or NotFinite."""
        with self._saying('the last one'):
            if self.done:
                self._monitor.finish()
            self._save()
            if self.done and not self._saved.has_ended(self._config.episodes):  # resumed with fewer episodes than it had
                self._saved.save_quantile(self._session, checkpoints.QUANTILES, self.episodes)

    def _save(self):
        self._saved.save(self._session, {'episodes': self._monitor.episodes, 'monitor': self._monitor.state(),
                                         'random': self._states()})

    @contextlib.contextmanager
    def _saying(self, whose):
        """Has what is raised name the run, the update and the last good checkpoint."""
        number, last = self._monitor.updates + 1, self._saved.last
        try:
            yield
        except NotFinite as error:
            raise NotFinite('Training has come apart at update %d, of %s: %s Nothing of it is saved; the last good checkpoint is '
                            '%s. Train anew with a lower --learning-rate or --clip-norm.' % (
                                number, whose, error, last or 'none'))
        except OSError as error:
            raise CannotWrite('The run directory cannot be written ({}). What was learned since the last checkpoint, {}, is lost; '
                              'what was saved is whole.'.format(error.strerror or error, last or 'of which there is none'))


def is_milestone(config, before, after):
    """Whether something is saved between these two counts of episodes.

    A worker elsewhere waits there until that is done: with one worker, what is saved is then what a thread would have saved.
    """
    every = config.log_every, config.checkpoint_every
    return (after >= config.episodes or any(after // n > before // n for n in every)
            or _seventh(config, after) > _seventh(config, before))


def _seventh(config, episodes):
    return checkpoints.seventh(config.episodes, episodes)
