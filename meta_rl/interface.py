"""What meta_rl offers to Python: train an agent, load a run, measure it, read its curve. See docs/analysis.md."""
import os
import signal
import threading

from meta_rl import config as config_module
from meta_rl import onednn
from meta_rl.console import output


class Run:
    """A run directory.

    Args:
      path: str.
    Attributes: path; config, its Config.
    Raises: ConfigError where it is no run directory.
    """

    def __init__(self, path):
        self.path = os.path.expanduser(str(path))
        self.config = config_module.load(os.path.join(self.path, 'config.json'))

    def __repr__(self):
        return f'meta_rl.load({self.path!r})'

    def curve(self, frame=False):
        """curve.csv as a dict of float64 arrays [rows]; `frame`: as a pandas.DataFrame, which takes pandas.

        Columns: episodes, return, choice_return, trial_1 to trial_6 (fractions right), losses and so on.
        """
        from meta_rl.rundir.curve import read_curve
        curve = read_curve(os.path.join(self.path, 'curve.csv'))
        if frame:
            import pandas
            return pandas.DataFrame(curve)
        return curve

    def evaluate(self, episodes=1000, **more):
        """Plays `episodes` with the weights as they are. Returns what `evaluate --json` writes, a dict: see evaluation.evaluate.

        more: seed, which ('latest' or 'best'), images ('training', 'held-out' or a folder), trials and activity (paths of files to
        write), surroundings, lab.
        """
        from meta_rl import evaluation
        return evaluation.evaluate(self.path, episodes, **more)


def train(preset='harlow42', callbacks=(), quiet=False, **settings):
    """Trains an agent into a new run directory. Returns its Run.

    Ctrl-C saves and raises training.Interrupted, which has the run directory; so does what the command ends with a sentence.
    TensorFlow decides for the whole process how it computes when it is imported first: agents that see frames by encoder 'wang' are
    slower, and not bit for bit the same, where it was imported for another agent before.

    Args:
      preset: str.
      callbacks: functions that are called after each row of the curve (each `log_every` episodes) with a dict of its numbers, by
        the names of `Run.curve`, and seconds_left. Where one returns False, training saves and ends.
      quiet: bool, print no progress.
      settings: others than those of the preset, as seed=1, episodes=20000.
    Raises: ConfigError for a setting that cannot be; RuntimeError for a callback that returns False where signals do not come: in
      a thread that is not the main one.
    """
    for name in set(settings) & set(config_module.PATHS):
        if isinstance(settings[name], (str, os.PathLike)):
            settings[name] = os.path.expanduser(str(settings[name]))
    config = config_module.from_preset(preset, **settings)
    onednn.choose(config)
    from meta_rl import training
    told, before = _Callbacks(callbacks), output.is_quiet()
    output.set_quiet(quiet)
    try:
        return Run(training.run(config, None, told)[0])
    except training.Interrupted as stop:
        if not told.stopped or stop.reason:
            raise
        return Run(stop.run)
    except _CallbackFailed as failure:
        raise failure.__cause__
    finally:
        output.set_quiet(before)


class _CallbackFailed(Exception):
    """An OSError of a callback, which would be taken for one of the run's own files or output."""


class _Callbacks:
    """In the place of metrics.Lines: hands each row of the curve to functions.

    Attributes: stopped, bool: one of them has ended the training.
    """

    def __init__(self, functions):
        self._functions, self.stopped = list(functions), False
        self._main = threading.current_thread() is threading.main_thread()

    def write(self, step, values):
        from meta_rl.console.stops import SIGNALS
        from meta_rl.rundir.monitor import METRICS
        names = {metric: column for column, metric in METRICS.items()}
        row = dict([('episodes', step)], **{names.get(name, name): value for name, value in values})
        try:
            answers = [function(dict(row)) for function in self._functions]  # each is told, also after one that stops
        except OSError as error:
            raise _CallbackFailed from error
        if any(answer is False for answer in answers) and not self.stopped:
            if not self._main:
                raise RuntimeError('A callback returned False: training can be ended that way in the main thread alone.')
            self.stopped = True
            # As Ctrl-C: see console/stops.py. What a shell starts in the background ignores that; then as another that ends a run.
            os.kill(os.getpid(), next(number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN))
