"""What the tests share: the project's root on the path, the recordings, and short ways to a lab and to an action."""
import os
import signal
import sys

import numpy as np
import pytest

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(TESTS))
RECORDED = os.path.join(TESTS, 'data', 'psychlab')  # on the real lab: see its SPEC, section 6


@pytest.fixture(scope='session')
def drawn():
    """The first 300 drawn images, uint8 [300, 256, 256, 3]."""
    from meta_rl import dataset
    return dataset.draw_images(300)


def act(right=0, down=0, strafe=0, forward=0, fire=0, jump=0, crouch=0):
    """np.intc [7]: an action of the lab."""
    return np.array([right, down, strafe, forward, fire, jump, crouch], np.intc)


def make_lab(level='harlow', observations=(), **config):
    """A lab of plain colours, unless told otherwise."""
    from meta_rl import psychlab
    settings = {'datasetPath': 'dummy'}
    settings.update((key, str(value)) for key, value in config.items())
    return psychlab.Lab('contributed/psychlab/' + level, list(observations), settings)


def staged(**changes):
    """A setup for `reset`: image 1 is right, image 2 is wrong, the viewer faces the screen."""
    setup = {'correct_id': 1, 'incorrect_id': 2, 'correct_side': ['left', 'right'] * 3, 'pitch': 0., 'yaw': 90.}
    setup.update(changes)
    return setup


def pytest_configure(config):
    """TensorFlow 1.12 warns a thousand times of what NumPy has renamed since; that is not ours to mend.

    Nor is it that shells have what they start in the background ignore Ctrl-C, as we would keep to; the tests press it.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for module in ('tensorflow', 'tensorboard', 'google', 'h5py'):
        config.addinivalue_line('filterwarnings', 'ignore::DeprecationWarning:%s.*' % module)
        config.addinivalue_line('filterwarnings', 'ignore::FutureWarning:%s.*' % module)
