"""Runs of harlow.py in processes of their own, to be watched and killed."""
import atexit
import glob
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from helpers.labs import TESTS

ROOT = os.path.dirname(TESTS)
SCRIPT = os.path.join(ROOT, 'harlow.py')
# A start of Ray takes ten times as long as one of the others: what is tested on it elsewhere is left to `make crashtest` here.
LONG = int(os.environ.get('KILLS', '3')) >= 50
BACKENDS = [pytest.param([], id='threads'), pytest.param(['--backend', 'processes'], id='processes'),
            pytest.param(['--backend', 'ray'], id='ray', marks=pytest.mark.skipif(
                importlib.util.find_spec('ray') is None or not LONG, reason='Ray is not installed, or left to make crashtest'))]
INTERRUPTED = os.path.join(TESTS, 'helpers', 'programs', 'interrupted.py')
TINY = ['--batch', '8', '--image-count', '3', '--width', '32', '--height', '32', '--units', '4', '--embedding', '4']
SHORT = TINY + ['--episodes', '32', '--log-every', '16']
PATIENCE = 300.  # seconds for a start: TensorFlow is imported once or more, on a machine that may be busy
SOON = 30.  # seconds in which all processes of a run that has lost its head must have ended: three times what is promised


def until(true, seconds=PATIENCE, what=None):
    """Waits until `true()` is; returns what it returned. Fails after so many seconds, with `what()`."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        found = true()
        if found:
            return found
        time.sleep(.05)
    raise AssertionError(f'not within {seconds:.0f} s: {what() if what else true}')


def harlow(folder, *arguments, python=(sys.executable,), **more):
    """The finished process of harlow.py with these arguments, in `folder`."""
    return subprocess.run(list(python) + [SCRIPT] + list(arguments), cwd=str(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=600, **more)


def run_in(folder):
    run, = glob.glob(os.path.join(str(folder), 'runs', '*-seed*'))
    return run


class Run:
    """A run of `harlow.py train`, in `folder`, with these flags, by a command `before` it; or of another script (a list)."""

    def __init__(self, folder, *flags, before=(), script=(SCRIPT,)):
        self.path = os.path.join(str(folder), 'log-%d.txt' % len(glob.glob(os.path.join(str(folder), 'log-*'))))
        with open(self.path, 'w') as log:
            command = list(before) + [sys.executable, '-u'] + list(script) + ['train'] + list(flags)
            # Tests that run under nohup have SIGHUP ignored, as all that they start would.
            self.process = subprocess.Popen(command, cwd=str(folder), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        self.pid = self.process.pid
        atexit.register(lambda: self.process.poll() is None and self.kill())  # of a test that failed

    def log(self):
        with open(self.path) as file:
            return file.read()

    def says(self, pattern, seconds=PATIENCE):
        """Waits until it has printed what this regular expression matches; returns the match."""
        return until(lambda: re.search(pattern, self.log()) or (self.process.poll() is not None and self._died(pattern)),
                     seconds, self.log)

    def _died(self, pattern):
        found = re.search(pattern, self.log())
        assert found, f'ended with {self.process.returncode} and without {pattern!r}:\n{self.log()}'
        return found

    def status(self, seconds=PATIENCE):
        """Its exit status, once it has ended."""
        until(lambda: self.process.poll() is not None, seconds, self.log)
        return self.process.returncode

    def directory(self):
        """Path of the run directory."""
        return os.path.join(os.path.dirname(self.path), self.says(r'into (\S+)').group(1))

    def checkpoints(self, count=1):
        """Waits for a checkpoint that was not there before."""
        pattern = os.path.join(self.directory(), 'checkpoints', 'model-*.index')
        before = set(glob.glob(pattern))
        until(lambda: len(set(glob.glob(pattern)) - before) >= count, what=self.log)

    def family(self, title=''):
        """pids of the processes that it has started, and these, and so on, whose command line holds `title`."""
        parents, titles = {}, {}
        for path in glob.glob('/proc/[0-9]*'):
            try:
                with open(path + '/stat', errors='replace') as file:
                    state, parent = file.read().rsplit(')', 1)[1].split()[:2]
                with open(path + '/cmdline', errors='replace') as file:
                    titles[int(path[6:])] = file.read().replace('\0', ' ')
            except OSError:
                continue  # ended meanwhile
            if state != 'Z':
                parents[int(path[6:])] = int(parent)
        found = {self.pid}
        while True:
            more = {pid for pid, parent in parents.items() if parent in found} | found
            if more == found:
                return sorted(pid for pid in found - {self.pid} if title in titles[pid])
            found = more

    def kill(self):
        """kill -9, of it and of all that it started."""
        for pid in [self.pid] + self.family():
            slay(pid)
        self.process.wait()


def slay(pid):
    """kill -9."""
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass  # gone already


def runs_still(pid):
    """Whether there is such a process, and it is no zombie."""
    try:
        with open('/proc/%d/stat' % pid) as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


def status_of(pid, name):
    """int: a line of /proc/PID/status, memory in bytes; 0 where there is no such process any more."""
    try:
        with open('/proc/%d/status' % pid) as file:
            found = re.search(rf'^{name}:\s+(\d+)( kB)?', file.read(), re.M)
    except OSError:
        return 0
    return int(found.group(1)) * (1024 if found.group(2) else 1) if found else 0
