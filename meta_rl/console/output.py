"""Output: what is said on stdout and stderr, in a way that no closed pipe and no lost terminal can end what is being done."""
import errno
import os
import sys

GONE = errno.EIO, errno.EBADF, errno.ENXIO  # of a terminal that was hung up


_quiet = False  # of this process: --quiet


def set_quiet(quiet):
    """Says whether this process prints no progress, by `note`, bars and lines. quiet: bool."""
    global _quiet
    _quiet = quiet


def is_quiet():
    """bool: whether no progress is to be printed."""
    return _quiet


def note(*lines):
    """As `say`, of progress and hints: nothing where the process is to be quiet."""
    if not _quiet:
        say(*lines)


def say(*lines):
    """Prints lines on stdout; where it takes nothing any more, on stderr; where that does not either, nowhere. Never raises."""
    try:
        print(*lines, sep='\n', flush=True)
    except (OSError, ValueError):
        silence(sys.stdout)
        warn(*lines)


def warn(*lines):
    """Prints lines on stderr, if it takes them. Never raises."""
    try:
        print(*lines, sep='\n', file=sys.stderr, flush=True)
    except (OSError, ValueError):
        silence(sys.stderr)


def silence(stream):
    """Has what is still to come on `stream`, and what could not be written of it, go to the null device."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()
    except (OSError, ValueError, AttributeError):
        pass  # no stream with a number, or one that was closed


def flush():
    """Writes out what waits to be written on stdout. Raises OSError where it is not taken, and then nothing waits any more."""
    try:
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)
        raise


def finish():
    """Before the process ends: what waits to be written is written, or given up without a word."""
    try:
        flush()
    except (OSError, ValueError, AttributeError):
        pass
