"""harlow.py as a function, and flags that make a run small."""
import pytest

import harlow

from helpers.programs.runs import TINY  # noqa: F401 (for those who have the function)


def run_main(*arguments):
    """The exit status."""
    try:
        return harlow.main(list(arguments))
    except SystemExit as stop:
        return stop.code
    except KeyboardInterrupt:  # would end the tests
        pytest.fail('KeyboardInterrupt was let through')
