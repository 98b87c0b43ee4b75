"""Metrics: what a rented machine reads from stdout, one line of JSON a point and nothing else."""
import contextlib
import json
import math
import os
import sys

from meta_rl.config import ConfigError
from meta_rl.console import startup


class Lines:
    """A context manager: stdout is for `write` alone, and all else that goes there, from libraries and children too, to stderr.

    Raises ConfigError where there is no stdout.
    """

    def __enter__(self):
        if sys.stdout is None or 'stdout' in startup.closed:
            raise ConfigError('--metrics json writes to stdout, which is closed: open it, or leave out --metrics.')
        sys.stdout.flush()
        self._out = os.dup(1)  # children do not inherit it, so it closes with this process
        os.dup2(2, 1)
        self._python = contextlib.redirect_stdout(sys.stderr)
        self._python.__enter__()
        return self

    def __exit__(self, *_):
        self._python.__exit__(*_)
        os.dup2(self._out, 1)
        os.close(self._out)

    def write(self, step, values):
        """Writes a line for each of `values`, pairs of the name of a metric and a float, at once and in one piece.

        JSON has no NaN and no infinity: these become null. Raises OSError where nothing takes the lines, as a closed pipe.
        """
        data = ''.join(json.dumps({'metric': name, 'value': value if math.isfinite(value) else None, 'step': step}) + '\n'
                       for name, value in values).encode()
        while data:
            data = data[os.write(self._out, data):]
