"""Child processes: they end with the one that started them, however that ended.

Nothing heavy is imported: they must see the end at once.
"""
import atexit
import glob
import importlib
import multiprocessing
import os
import shutil
import signal
import threading

from meta_rl.config import ConfigError
from meta_rl.console import stops
from meta_rl.console.output import finish, warn

GRACE = 10.  # seconds for a child to end by itself


class ChildProcesses:
    """The child processes of this one, by name.

    The other end of a pipe is open in this process alone: when it is gone, by kill -9 too, they read the end of it.
    """

    def __init__(self):
        self._context = multiprocessing.get_context('spawn')  # TensorFlow does not survive a fork
        self._theirs, self._mine = self._context.Pipe(duplex=False)
        atexit.register(self._mine.close)  # multiprocessing waits for them there
        self._processes = {}

    def start(self, name, function, *args):
        """Starts a child that calls `function`, named as 'module:function', and ends with the status that it returns.

        `args` must be plain data: to read them the child imports what they are made of.
        """
        process = self._context.Process(target=_run, args=(self._theirs, function, args), name=name, daemon=True)
        process.start()
        self._processes[name] = process

    def after(self, function, *args):
        """Has a child call `function`, see `start`, when this process has ended, however that was, or has called `end`."""
        self._context.Process(target=_run_after, args=(self._theirs, function, args)).start()

    def left(self, prefix):
        """Names of the children that begin with `prefix`, and that `ended` has not yielded."""
        return sorted(name for name in self._processes if name.startswith(prefix))

    def running(self, prefix):
        """bool: one of those has not ended."""
        return any(self._processes[name].is_alive() for name in self.left(prefix))

    def ended(self):
        """Yields (name, how it ended) of each child that has ended since the last call."""
        for name, process in sorted(self._processes.items()):
            code = process.exitcode
            if code is not None:
                del self._processes[name]
                how = 'was killed by signal %d' % -code if code < 0 else 'ended with status %d' % code
                yield name, 'process %d %s' % (process.pid, how)

    def end(self, prefix=''):
        """Ends those that have not, and waits until they have."""
        mine = [self._processes[name] for name in self.left(prefix)]
        for process in mine:
            _slay(process)
        for process in mine:
            process.join(GRACE)
        if not prefix:
            self._mine.close()


def clear_away(folder):
    """Kills all processes that were started with the path `folder` in their command line, and removes it."""
    for path in glob.glob('/proc/[0-9]*'):
        try:
            with open(path + '/cmdline', 'rb') as file:
                theirs = folder.encode() in file.read()
            if theirs and int(path[6:]) != os.getpid():
                os.kill(int(path[6:]), signal.SIGKILL)
        except OSError:
            pass  # has ended meanwhile
    shutil.rmtree(folder, ignore_errors=True)


def _slay(process):
    # By kill -9: what asks the parent to end is not for its children.
    try:
        if process.exitcode is None:
            os.kill(process.pid, signal.SIGKILL)
    except OSError:
        pass  # has ended meanwhile


def _ignore_stops():
    """What asks a run to end is for the parent, which needs its children to save; a terminal and a batch system send it to all."""
    for each in stops.SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def _run(parent, function, args):
    _ignore_stops()

    def watch():
        _wait_for_the_end_of(parent)
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()
    try:
        status = _call(function, args)
    except (ConfigError, ChildProcessError) as error:
        warn(f'{multiprocessing.current_process().name}: {error}')
        status = 2
    finish()
    os._exit(status)  # not by way of TensorFlow's own clearing up, which waits for servers that may be gone


def _run_after(parent, function, args):
    _ignore_stops()
    _wait_for_the_end_of(parent)
    _call(function, args)


def _call(function, args):
    module, name = function.split(':')
    return getattr(importlib.import_module(module), name)(*args)


def _wait_for_the_end_of(parent):
    try:
        parent.recv()
    except (EOFError, OSError):
        pass
