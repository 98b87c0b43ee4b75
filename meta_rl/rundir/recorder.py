"""Recorder: what becomes of an update, whatever carried the worker that made it: the curve, checkpoints, and the end."""
import contextlib

import numpy as np

from meta_rl.ac_network import Losses
from meta_rl.rundir import checkpoints
from meta_rl.rundir.checkpoints import NotFinite


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
      randoms: function that returns a list of the state of each worker, see Worker.state.
    """

    def __init__(self, config, monitor, saved, session, randoms):
        self.lock = monitor.lock
        self._config, self._monitor, self._saved, self._session, self._randoms = config, monitor, saved, session, randoms
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
        return self.done or bool(self.unheard)

    @property
    def unheard(self):
        """See Monitor."""
        return self._monitor.unheard

    def report(self, update, losses, staleness, worker):
        """Takes in an update (with the lock held); saves what is due. Those that come after the last one are dropped.

        Args:
          update: Rollout or Report.
          losses: Losses, or their array [5].
          staleness: int, updates by others between its copying of the weights and its sending of gradients.
          worker: int, its number.
        Raises: NotFinite where a loss or the gradient is no number any more, before anything of it is saved; CannotWrite.
          Nothing is taken in or saved after either.
        """
        if self.done or self._failed:
            return
        try:
            with self._saying('worker %d' % worker):
                odd = [name for name, value in zip(Losses._fields, losses) if not np.isfinite(value)]
                if odd:
                    raise NotFinite(f'{odd[0]} is {losses[Losses._fields.index(odd[0])]}.')
                self._take_in(update, losses, staleness)
        except BaseException:
            self._failed = True
            raise

    def _take_in(self, update, losses, staleness):
        before, episodes = self._monitor.episodes, self._monitor.episodes + update.rewards.shape[1]
        recent = self._monitor.recent
        if self._monitor.report(update, losses, episodes, staleness) and len(recent) == recent.maxlen:
            self._saved.save_best(self._session, float(np.mean(recent)), episodes)
        if _seventh(self._config, episodes) > _seventh(self._config, before):
            self._saved.save_quantile(self._session, _seventh(self._config, episodes), episodes)
        if episodes // self._config.checkpoint_every > before // self._config.checkpoint_every:
            self._save()

    def save(self):
        """Saves a checkpoint now. Raises CannotWrite, or NotFinite."""
        with self._saying('the last one'):
            self._save()
            if self.done and not self._saved.has_ended(self._config.episodes):  # resumed with fewer episodes than it had
                self._saved.save_quantile(self._session, checkpoints.QUANTILES, self.episodes)

    def _save(self):
        self._saved.save(self._session, {'episodes': self._monitor.episodes, 'monitor': self._monitor.state(),
                                         'random': self._randoms()})

    @contextlib.contextmanager
    def _saying(self, whose):
        """Has what is raised name the run, the update and the last good checkpoint."""
        number, last = self._monitor.episodes // self._config.batch + 1, self._saved.last
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
