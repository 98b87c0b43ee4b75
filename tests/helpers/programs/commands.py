"""harlow.py as a function, and flags that make a run small."""
import functools
from unittest import mock

import pytest

import harlow

from helpers.programs.runs import TINY  # noqa: F401 (for those who have the function)

# Made once: it takes most of the time of a command that is refused, and there are a thousand of them.
parser = functools.lru_cache(maxsize=None)(harlow.make_parser)


def run_main(*arguments):
    """The exit status."""
    try:
        with mock.patch.object(harlow, 'make_parser', parser):
            return harlow.main(list(arguments))
    except SystemExit as stop:
        return stop.code
    except KeyboardInterrupt:  # would end the tests
        pytest.fail('KeyboardInterrupt was let through')
