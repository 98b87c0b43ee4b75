"""Hints: the commands that the program tells its user to type, such that they work where they are typed."""
import os
import shlex
import shutil
import sys

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'harlow.py')
quoted = shlex.quote


def command_line(*words):
    """A line for the shell that runs harlow.py with these words, by the Python that runs now: str.

    It is `harlow ...` or `python harlow.py ...` where that means just this, and else names paths, relative ones where they are
    shorter.
    """
    started, found = sys.argv[0], shutil.which('harlow')  # the command that `pip install` makes
    if os.path.basename(started) == 'harlow' and found and os.path.abspath(found) == os.path.abspath(started):
        return ' '.join(['harlow'] + [quoted(str(word)) for word in words])
    return ' '.join([python()] + [quoted(nearest(SCRIPT))] + [quoted(str(word)) for word in words])


def install(requirements):
    """A line for the shell that installs what one of the files of requirements beside harlow.py names, for this Python."""
    return '%s -m pip install -r %s' % (python(), quoted(nearest(os.path.join(os.path.dirname(SCRIPT), requirements))))


def python():
    """What to type for the Python that runs now: 'python' where that is found and is the same one, else its path, quoted."""
    running = sys.executable or 'python'
    for name in ('python', 'python3'):
        found = shutil.which(name)
        # By folder: the Python of a virtual environment is a link to another one, which lacks its packages.
        if found and _folder(found) == _folder(running) and os.path.samefile(found, running):
            return name
    return quoted(nearest(running))


def nearest(path):
    """`path` relative to the working directory where that is shorter, else absolute."""
    path = os.path.abspath(path)
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # the working directory is gone; another drive
        return path
    return relative if len(relative) < len(path) and not relative.startswith(os.path.join('..', '..')) else path


def _folder(path):
    return os.path.realpath(os.path.dirname(os.path.abspath(path)))
