"""Progress: of what takes longer than a moment, on stderr: a bar on a terminal, a line every ten seconds elsewhere."""
import os
import sys
import time

from tqdm import tqdm

from meta_rl.console.output import is_quiet, warn

EVERY = 10.  # seconds between two lines
FIRST = 1.  # seconds before a bar is drawn
KNOWN = .01  # of the total, before which the time left is a guess: of 32 episodes side by side the first one ends as late as the last


class Progress:
    """Counts something up to `total`; a context manager.

    Args:
      total: int.
      doing: str, as 'drawing images'.
      unit: str, what is counted, in the plural.
    """

    def __init__(self, total, doing, unit=''):
        self._total, self._doing, self._unit, self._count = total, doing, unit and ' ' + unit, 0
        self._began = self._said = time.monotonic()
        self._bar = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar:
            try:
                self._bar.close()
            except OSError:
                pass

    def add(self, count=1):
        """Says that so many more are done."""
        self._count = min(self._count + count, self._total)
        now = time.monotonic()
        if is_quiet():
            return
        if self._bar:
            self._draw()
        elif has_screen():
            if now - self._began >= FIRST and self._count < self._total:
                self._bar = tqdm(desc=self._doing, total=self._total, unit=self._unit or 'it', dynamic_ncols=True, leave=False)
                self._draw()
        elif now - self._said >= EVERY and self._count < self._total:
            self._said = now
            left = (now - self._began) * (self._total - self._count) / self._count
            warn(f'{self._doing}: {self._count} of {self._total}{self._unit}' + (
                f', {left:.0f} s left' if self._count >= KNOWN * self._total else ''))

    def _draw(self):
        try:
            self._bar.update(self._count - self._bar.n)
        except OSError:  # the terminal is gone
            self._bar.disable = True


def watched(items, total, doing, unit=''):
    """Yields `items`, of which there are `total`, and shows how far it is."""
    with Progress(total, doing, unit) as progress:
        for item in items:
            yield item
            progress.add()


def has_screen():
    """Whether stderr is a terminal that a bar can be drawn on: tqdm draws none where it has no lines, as in some containers.

    It is not where the process is to be quiet.
    """
    if is_quiet():
        return False
    try:
        if not sys.stderr.isatty():
            return False
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False
    try:
        return min(os.get_terminal_size(sys.stderr.fileno())) > 0
    except (OSError, ValueError):
        return True
