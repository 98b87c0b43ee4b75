"""Waits with a word: what takes longer than WORD seconds says what it waits for, and what cannot come ends in a sentence."""
import contextlib
import os
import sys
import threading
import time

from meta_rl.console.output import say, warn

WORD = 10.  # seconds
MOST = 300.  # seconds: rented machines, and what starts on busy ones, take their time


@contextlib.contextmanager
def waiting(what, mend, leave=os._exit):
    """A context that waits for `what` in code that cannot be interrupted, as TensorFlow's: it says so, and ends the process.

    Args:
      what: str, as in "Waiting for WHAT".
      mend: str, what to do where it never comes: a part of a sentence.
      leave: function that ends the process with a status, 2, after MOST seconds.
    """
    over = threading.Event()

    def watch():
        began = time.monotonic()
        while not over.wait(WORD):
            passed = time.monotonic() - began
            if passed > MOST:
                sys.stdout.flush()
                warn(f'harlow.py: {what}: nothing came in {passed:.0f} s: {mend}')
                leave(2)
                return
            say(f'Waiting for {what}, for {passed:.0f} s so far')

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


class Silence:
    """Says what is waited for where nothing has come for WORD seconds, and then after twice as long each time."""

    def __init__(self):
        self.broken()

    def broken(self):
        """Something has come."""
        self._since, self._next = time.monotonic(), WORD

    def say(self, what):
        """Says it, where it is time. what: function that returns a str, as in "Waiting for WHAT"."""
        passed = time.monotonic() - self._since
        if passed >= self._next:
            self._next = 2 * passed
            say(f'Waiting for {what()}, for {passed:.0f} s so far')
