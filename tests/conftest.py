"""The paths on which tests find the project and their helpers, and what pytest is told. See helpers/ for what tests share."""
import os
import signal
import sys

import pytest

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(TESTS), TESTS]


@pytest.fixture(scope='session')
def drawn():
    """The first 300 drawn images, uint8 [300, 256, 256, 3]."""
    from meta_rl.images import dataset
    return dataset.draw_images(300)


@pytest.fixture
def real_lab(monkeypatch, tmp_path_factory):
    """The stand-in as the module deepmind_lab. Yields a function: a list of what its labs were made of, see there."""
    import json
    folder = os.path.join(TESTS, 'helpers', 'real_lab')
    log = str(tmp_path_factory.mktemp('stand-in') / 'log')
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv('STAND_IN_LOG', log)
    # For commands that are started in tests; others have sys.path.
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([folder, TESTS, os.path.dirname(TESTS)]))

    def made():
        if not os.path.exists(log):
            return []
        with open(log) as file:
            return [json.loads(line) for line in file]
    yield made
    sys.modules.pop('deepmind_lab', None)


def pytest_configure(config):
    """TensorFlow 1.12 warns a thousand times of what NumPy has renamed since; that is not ours to mend.

    Nor is it that shells have what they start in the background ignore Ctrl-C, as we would keep to; the tests press it.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for module in ('tensorflow', 'tensorboard', 'google', 'h5py'):
        config.addinivalue_line('filterwarnings', f'ignore::DeprecationWarning:{module}.*')
        config.addinivalue_line('filterwarnings', f'ignore::FutureWarning:{module}.*')
