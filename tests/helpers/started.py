"""The command as a program of its own, started as users start it."""
import glob
import os
import subprocess
import sys

from helpers.labs import TESTS
from helpers.runs import SCRIPT, TINY

ROOT = os.path.dirname(TESTS)
SHORT = TINY + ['--episodes', '32', '--log-every', '16']


def harlow(folder, *arguments, python=(sys.executable,), **more):
    """The finished process of harlow.py with these arguments, in `folder`."""
    return subprocess.run(list(python) + [SCRIPT] + list(arguments), cwd=str(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=600, **more)


def run_in(folder):
    run, = glob.glob(os.path.join(str(folder), 'runs', '*-seed*'))
    return run
