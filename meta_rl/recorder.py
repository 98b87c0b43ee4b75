"""Recorder: what becomes of an update, whatever carried the worker that made it: the curve, checkpoints, and the end."""
import numpy as np

from meta_rl import checkpoints


class WorkersLost(Exception):
    """No worker is left. What they learned is still there."""


class ServersLost(Exception):
    """Shared weights are gone with the process that had them: the run can go on from its last checkpoint only."""


class Recorder(object):
    """Records a run. Called by whoever has an update, one at a time (`lock`).

    Args:
      config: Config.
      monitor: Monitor.
      saved: Checkpoints.
      session: tf.Session that reaches the shared network.
      randoms: function that returns a list of the state of all chance in each worker, as checkpoints.random_state has it.
    """

    def __init__(self, config, monitor, saved, session, randoms):
        self.lock = monitor.lock
        self._config, self._monitor, self._saved, self._session, self._randoms = config, monitor, saved, session, randoms

    @property
    def episodes(self):
        """int: episodes played so far."""
        return self._monitor.episodes

    @property
    def done(self):
        """bool: all episodes are played."""
        return self.episodes >= self._config.episodes

    def report(self, update, losses, staleness):
        """Takes in an update (with the lock held); saves what is due. Those that come after the last one are dropped.

        Args:
          update: Rollout or Report.
          losses: Losses.
          staleness: int, updates by others between its copying of the weights and its sending of gradients.
        """
        if self.done:
            return
        before, episodes = self._monitor.episodes, self._monitor.episodes + self._config.batch
        recent = self._monitor.recent
        if self._monitor.report(update, losses, episodes, staleness) and len(recent) == recent.maxlen:
            self._saved.save_best(self._session, float(np.mean(recent)), episodes)
        if _seventh(self._config, episodes) > _seventh(self._config, before):
            self._saved.save_quantile(self._session, _seventh(self._config, episodes))
        if episodes // self._config.checkpoint_every > before // self._config.checkpoint_every:
            self.save()

    def save(self):
        """Saves a checkpoint now."""
        self._saved.save(self._session, {'episodes': self._monitor.episodes, 'monitor': self._monitor.state(),
                                         'random': self._randoms()})


def is_milestone(config, before, after):
    """Whether something is saved between these two counts of episodes.

    A worker elsewhere waits there until that is done: with one worker, what is saved is then what a thread would have saved.
    """
    every = config.log_every, config.checkpoint_every
    return (after >= config.episodes or any(after // n > before // n for n in every)
            or _seventh(config, after) > _seventh(config, before))


def _seventh(config, episodes):
    return min(episodes, config.episodes) * checkpoints.QUANTILES // config.episodes
