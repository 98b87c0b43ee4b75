"""harlow.py as a function, and flags that make a run small."""
import pytest

import harlow

TINY = ['--batch', '8', '--image-count', '3', '--width', '32', '--height', '32', '--units', '4', '--embedding', '4']


def run_main(*arguments):
    """The exit status."""
    try:
        return harlow.main(list(arguments))
    except SystemExit as stop:
        return stop.code
    except KeyboardInterrupt:  # would end the tests
        pytest.fail('KeyboardInterrupt was let through')
