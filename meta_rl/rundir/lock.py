"""Lock: one process at a time trains in a run directory; the lock ends with that process, however it ended."""
import errno
import json
import os
import socket
import time

from meta_rl.config import ConfigError
from meta_rl.console.output import warn

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

NAME = 'lock'
TRIES = 5
TAKEN = errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES


class Lock:
    """The lock of a run directory, a context manager. ConfigError names the process that has it.

    It is the system's own (flock): kill -9 and a loss of power release it, and no leftover file has to be removed. Linux takes
    it over NFS, too. A file system that has no locks is no reason not to train: that is said on stderr, and nothing more.
    """

    def __init__(self, run):
        self._run, self._path, self._file = run, os.path.join(run, NAME), None

    def __enter__(self):
        if fcntl is None:
            return self
        tries_left = TRIES
        while True:
            try:
                file = open(self._path, 'a+')
            except OSError as error:
                raise ConfigError(f'{self._path} cannot be written ({error.strerror}): train in a folder that you may write to.')
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                holder = _holder(file)
                file.close()
                if error.errno in TAKEN and tries_left:
                    tries_left -= 1
                    time.sleep(.1)  # `held` may be looking
                    continue
                if error.errno in TAKEN:
                    raise _taken(self._run, holder)
                warn(f'{self._run} cannot be locked here ({error.strerror}): see to it that no other process trains in it.')
                return self
            if _same(file, self._path):
                break
            file.close()  # somebody has removed the file in the meantime
        self._file = file
        self._write(json.dumps({'pid': os.getpid(), 'host': socket.gethostname(), 'since': time.strftime('%Y-%m-%d %H:%M:%S')}))
        return self

    def _write(self, text):
        try:
            self._file.truncate(0)
            self._file.write(text)
            self._file.flush()
        except OSError:
            pass  # a full disk: it says who has the lock, and is not needed to have it

    def __exit__(self, *_):
        if self._file:
            self._write('')
            try:
                self._file.close()
            except OSError:
                pass


def held(run):
    """bool: a process trains in this run directory now, as far as can be known from here. Changes nothing there."""
    try:
        with open(os.path.join(run, NAME)) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except AttributeError:  # of fcntl, where there is none
        return False
    except OSError as error:
        return error.errno in TAKEN
    return False


def check(run):
    """Raises ConfigError where a process trains in this run directory now. Changes nothing there."""
    if held(run):
        with open(os.path.join(run, NAME)) as file:
            raise _taken(run, _holder(file))


def _taken(run, holder):
    return ConfigError(f'{run} is being trained by {holder}: let it end or stop it first, or start a new run without --resume.')


def _holder(file):
    """Who has the lock, as said in its file."""
    try:
        file.seek(0)
        owner = json.load(file)
        return 'process %d on %s since %s' % (owner['pid'], owner['host'], owner['since'])
    except (OSError, ValueError, KeyError, TypeError):
        return 'another process'


def _same(file, path):
    try:
        there, mine = os.stat(path), os.fstat(file.fileno())
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
