"""What harlow.py does before anything else: look at its Python, its standard streams, its environment, its packages.

This file and harlow.py have to be readable by every Python, 2.7 too, to say that it is not supported: no f-strings, no
annotations, nothing heavy.
"""
import os
import sys

SUPPORTED = (3, 6), (3, 9), (3, 10), (3, 11), (3, 12), (3, 13)  # those that TensorFlow 1.12 and 2.20 have; also in the Makefile
# What to import: what to call it. All of them are in requirements.txt.
PACKAGES = (('attr', 'attrs'), ('numpy', 'NumPy'), ('tensorflow', 'TensorFlow'), ('tensorboard', 'TensorBoard'),
            ('cv2', 'OpenCV (cv2)'), ('PIL', 'Pillow (PIL)'), ('matplotlib', 'Matplotlib'), ('tqdm', 'tqdm'))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STREAMS = 'stdin', 'stdout', 'stderr'
ESCAPED = 'backslashreplace'  # what becomes of characters that the locale does not have
closed = set()  # names of those that were closed when the program started


def begin():
    """Makes this process fit to run the command; a second time changes nothing.

    Ends it with a sentence and status 2 where its Python or attrs is wrong.
    """
    check_version(sys.version_info[:2])
    open_missing_streams()
    os.environ['MPLBACKEND'] = 'Agg'  # a notebook names one here that its own kernel alone has installed
    reason = missing([PACKAGES[0]])
    if reason:
        refuse(reason)


def refuse(sentence):
    """Ends the process with a sentence on stderr, and status 2."""
    sys.stderr.write('harlow.py: ' + sentence + '\n')
    sys.exit(2)


def check_version(version):
    """Ends the process where Python `version`, (major, minor), is not supported."""
    if tuple(version) not in SUPPORTED:
        there = ' (%s is there)' % _environments()[-1] if _environments() else ''
        refuse('Python %d.%d is not supported: use Python 3.6 or 3.9 to 3.13, as `make train PYTHON=python3.11` does%s.' % (
            tuple(version) + (there,)))


def open_missing_streams():
    """Opens the null device as each of stdin, stdout and stderr that is closed, as daemons close them.

    Else the next file that is opened takes that number, and what is meant for stderr is written into it. Characters that the
    locale does not have are escaped from now on, and end nothing.
    """
    for number, name in enumerate(STREAMS):
        try:
            os.fstat(number)
        except OSError:
            closed.add(name)
            if os.open(os.devnull, os.O_RDWR) != number:  # the lowest number that is free
                raise
            os.set_inheritable(number, True)
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(number, 'r' if name == 'stdin' else 'w', errors=ESCAPED, closefd=False))
        elif name == 'stdout' and hasattr(stream, 'buffer') and stream.errors != ESCAPED:
            escaping = _escaping(stream)
            if sys.__stdout__ is stream:
                sys.__stdout__ = escaping  # shutil asks this one for the size of the terminal; Python 3.6's is detached now
            sys.stdout = escaping


def _escaping(stream):
    if hasattr(stream, 'reconfigure'):  # Python 3.7
        stream.reconfigure(errors=ESCAPED)
        return stream
    import io
    buffered, encoding = stream.line_buffering, stream.encoding
    return io.TextIOWrapper(stream.detach(), encoding, ESCAPED, line_buffering=buffered)


def missing(packages=PACKAGES, mend=None):
    """One sentence that names the first of `packages` that is not installed for this Python, and the mend; None where all are."""
    import importlib.util
    for module, name in packages:
        if module not in sys.modules and importlib.util.find_spec(module) is None:
            return '%s is not installed for this Python, %s: %s.' % (name, sys.executable, mend or _mend())
    return None


def broken(error):
    """One sentence for an ImportError of one of PACKAGES that is installed and cannot be imported; None where it is of another."""
    module = (getattr(error, 'name', None) or '').split('.')[0]
    trace, found = error.__traceback__, None
    while trace:  # a shared library that is missing has no module's name
        package = trace.tb_frame.f_globals.get('__name__', '').split('.')[0]
        found = package if package in dict(PACKAGES) else found
        trace = trace.tb_next
    module = module if module in dict(PACKAGES) else found
    if module is None:
        return None
    reason = ' '.join(str(error).split())
    return '%s cannot be imported by this Python, %s (%s): %s.' % (
        dict(PACKAGES)[module], sys.executable, reason[:300], _mend())


def _mend():
    from meta_rl.console import hints
    install = hints.install('requirements.txt')
    ready = [path for path in _environments() if os.path.abspath(path) != os.path.abspath(sys.executable)]
    if ready:
        line = ' '.join(map(hints.quoted, [hints.nearest(ready[-1]), hints.nearest(hints.SCRIPT)] + sys.argv[1:]))
        return 'run `%s`, or install it with `%s`' % (line, install)
    return 'run `make train`, which installs all that is needed into .venv, or `%s`' % install


def _environments():
    """Paths of the Pythons of the environments that `make train` has made, by version."""
    found = []
    for version in SUPPORTED:
        path = os.path.join(ROOT, '.venv', '%d.%d' % version, 'bin', 'python')
        if os.path.exists(path) and os.path.exists(os.path.join(ROOT, '.venv', '%d.%d' % version, 'installed')):
            found.append(path)
    return found
