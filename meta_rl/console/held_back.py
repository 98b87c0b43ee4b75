"""What TensorFlow writes on stderr while it starts: held back, and shown only where the start fails."""
import contextlib
import ctypes
import mmap
import os
import re
import subprocess
import sys
import tempfile

# A shell that waits for one word, which says that all is well. Where there comes none, since the process has ended (killed by a
# signal, too), it shows what was held back, which it reads where other programs write, at 1.
GUARD = 'read word; if [ -z "$word" ]; then cat <&1 >&2; fi'
WARNINGS = 1  # absl::LogSeverityAtLeast::kWarning
SETTER = b'14SetMinLogLevelENS0_18LogSeverityAtLeastE'  # the end of its name in the library, which begins with absl's version


@contextlib.contextmanager
def held_back():
    """What is written to file descriptor 2 is kept in a file, and thrown away where all goes well.

    It is written out where the context ends by an exception, or the process in the middle of it (TensorFlow ends it where the
    processor lacks an instruction). What Python itself writes to sys.stderr is shown at once.
    """
    try:
        held, reader = _scratch()
        real = os.dup(2)
    except OSError:  # no stderr, no room: nothing is held back then
        yield
        return
    guard, before, direct = _guard(reader, real), sys.stderr, None
    _flush(before)
    os.dup2(held, 2)
    if _is_stderr(before):
        sys.stderr = direct = _Direct(before, real)
    failed = True
    try:
        yield
        failed = False
    finally:
        os.dup2(real, 2)
        if direct:
            direct.number, sys.stderr = None, before
        if guard:
            with contextlib.suppress(OSError):
                guard.communicate(b'good\n')
        with contextlib.suppress(OSError):
            if failed:
                os.write(2, os.read(reader, 10 ** 6))
        for number in (held, reader, real):
            os.close(number)


class _Direct:
    """sys.stderr while its number is another file's. What keeps it longer, as logging does, has the stream itself by it."""

    def __init__(self, stream, number):
        self._stream, self.number = stream, number

    def write(self, text):
        if self.number is None:
            return self._stream.write(text)
        os.write(self.number, text.encode(self._stream.encoding, 'backslashreplace'))
        return len(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)


def _scratch():
    """Two numbers of a new file that has no name: one to write to it, one to read it from its start."""
    held, path = tempfile.mkstemp()
    try:
        return held, os.open(path, os.O_RDONLY)
    finally:
        os.remove(path)


def _guard(reader, real):
    """A process that sees this one end, or None where there can be none."""
    try:
        return subprocess.Popen(['/bin/sh', '-c', GUARD], stdin=subprocess.PIPE, stdout=reader, stderr=real, start_new_session=True)
    except OSError:
        return None


def _is_stderr(stream):
    try:
        return stream.fileno() == 2
    except (AttributeError, OSError, ValueError):  # a notebook's, a test's
        return False


def _flush(stream):
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream.flush()


def only_warnings(library):
    """Has absl, which TensorFlow 2 logs with, leave out what is no warning, for as long as this process lives.

    It does not ask TF_CPP_MIN_LOG_LEVEL, and Python has no name for its switch. library: path of libtensorflow_framework.
    Returns: bool, whether there was one.
    """
    try:
        with open(library, 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            end = content.find(SETTER)
            start = content.rfind(b'\0', 0, end) + 1 if end > 0 else 0
            name = content[start:end + len(SETTER)] if start else b''
        if not re.match(br'_ZN4absl\w+$', name):
            return False
        getattr(ctypes.CDLL(library), name.decode())(WARNINGS)
    except (OSError, ValueError, AttributeError):
        return False
    return True
