"""Stops: signals that ask a run to end, once to stop and save; those that come while that is done change nothing."""
import contextlib
import os
import signal
import threading

# Ctrl-C; a terminal that is closed; Ctrl-\; a batch system's warning before its limit, as `sbatch --signal` sends it; the limit of
# processor time; kill, timeout, a machine that is shut down.
SIGNALS = tuple(getattr(signal, name) for name in ('SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGXCPU', 'SIGTERM')
                if hasattr(signal, name))
STOPPED = 130  # the exit status of what they ended, as that of a shell after Ctrl-C


class Stops:
    """A context manager. The first signal raises KeyboardInterrupt in the main thread; after it, and after `hold`, none does.

    A signal that was ignored before (nohup, a shell's background) stays so. Outside the main thread this does nothing.
    """

    def __init__(self):
        self._held, self._previous = False, {}

    def hold(self):
        """From now on signals are answered with a sentence only."""
        self._held = True

    def _handle(self, *_):
        if self._held:  # by os.write: a handler may come in the middle of a print
            with contextlib.suppress(OSError):  # of a terminal that is gone
                os.write(2, b'Already stopping, and saving what was learned: a moment, please.\n')
            return
        self._held = True
        raise KeyboardInterrupt

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_):
        for number, handler in self._previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def later():
    """What is done in this context is done whole: a signal that comes meanwhile is answered at its end.

    An update that is in the shared weights must be in the curve and in the random states, too, or what goes on from there is
    another run. Where it ends with an exception, that is the answer. Outside the main thread, where no signal comes, this does
    nothing.
    """
    handlers, came = {}, []
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if callable(signal.getsignal(number)):
                handlers[number] = signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if came:
        handlers[came[0]](came[0], None)


@contextlib.contextmanager
def ignored():
    """Processes that are started in this context ignore these signals: a terminal sends its own to all that it started.

    One that comes to this process meanwhile is lost. Outside the main thread this does nothing.
    """
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS if signal.getsignal(number) is not None}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
