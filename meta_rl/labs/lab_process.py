"""LabProcess: a process of its own in which real labs run.

TensorFlow brings symbols of LLVM that take the place of those that the real lab's software renderer wants: in one process
with TensorFlow its first reset() ends with a segmentation fault. And it ends its process on an image that it does not like. In
a process that has no TensorFlow the one cannot happen, and of the other the process that started it can tell.
"""
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from multiprocessing.connection import Connection, Pipe

GRACE = 10.  # seconds for it to end by itself
WORDS = 300  # characters of what it wrote last
# The paths are those of the process that starts it, and so are the modules. (multiprocessing would run its main module again,
# which may import TensorFlow.)
PROGRAM = 'import sys; sys.path[:] = sys.argv[2:]; from meta_rl.labs import deepmind; deepmind.serve(int(sys.argv[1]))'


class LabDied(ChildProcessError):
    """The process of a real lab has ended: one sentence that says how."""


class LabProcess:
    """Starts the process. It ends when this object is gone, or `close` is called, or this process ends, however that is.

    What it prints is not shown: the lab's log goes to stdout, which may be wanted for something else.
    """

    def __init__(self):
        mine, theirs = Pipe()
        self._words = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                [sys.executable, '-c', PROGRAM, str(theirs.fileno())] + [path or os.getcwd() for path in sys.path],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._words,
                start_new_session=True)  # Ctrl-C is for this process
        finally:
            theirs.close()
        self._mine, self._lock = mine, threading.Lock()
        self._end = weakref.finalize(self, _end, self._process, mine, self._words)

    def call(self, number, name, *args):
        """Calls `name` of lab `number`, see `serve`, and returns what it returns, or raises what it raises.

        Raises: LabDied if the process has ended, then or before.
        """
        try:
            with self._lock:
                self._mine.send((number, name, args))
                good, result = self._mine.recv()
        except (EOFError, OSError):
            raise self._died(name) from None
        except BaseException:  # Ctrl-C: the answer is still to come, and must not be taken for that to another call
            self.close()
            raise
        if not good:
            raise result
        return result

    def _died(self, name):
        try:
            status = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            status = None
        how = 'closed its pipe' if status is None else f'status {status}'
        if status is not None and status < 0:
            how = 'signal %d, %s' % (-status, signal.Signals(-status).name)
        words = ''
        if not self._words.closed:
            self._words.seek(0)
            lines = self._words.read().decode('utf-8', 'replace').strip().splitlines()
            words = f' The last that it wrote: {lines[-1][-WORDS:]}' if lines else ''
        return LabDied(f'The process of the real lab ended in {name}() ({how}).{words}')

    def close(self):
        """Ends the process, and waits until it has."""
        self._end()


def _end(process, mine, words):
    mine.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    words.close()


def serve(number, load, open_lab):
    """What the process does: it answers calls that come by the file descriptor `number` until its other end is closed.

    load, open_lab: functions that find the lab's module, and that make a lab, as deepmind.load and deepmind.OpenLab.
    """
    pipe, labs = Connection(number), {}
    os.set_inheritable(number, False)
    try:
        while True:
            lab, name, args = pipe.recv()
            try:
                if name == 'open':
                    labs[lab] = open_lab(*args)
                    answer = True, None
                elif name == 'load':
                    load(*args)
                    answer = True, None
                else:
                    answer = True, getattr(labs[lab], name)(*args)
            except Exception as error:
                answer = False, error
            _send(pipe, answer)
    except (EOFError, OSError):
        pass
    for lab in labs.values():
        lab.close()
    os._exit(0)  # not by way of what modules do at the end of Python


def _send(pipe, answer):
    try:
        pipe.send(answer)
    except OSError:
        raise
    except Exception:  # what was raised does not pickle
        pipe.send((False, RuntimeError(str(answer[1]))))
