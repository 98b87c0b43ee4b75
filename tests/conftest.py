"""The paths on which tests find the project and their helpers, and what pytest is told. See helpers/ for what tests share."""
import gc
import os
import signal
import sys

import pytest

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(TESTS), TESTS]
gc.set_threshold(50000)  # graphs are many objects that live on: to look through them again and again is a twelfth of the work


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


@pytest.fixture(scope='module')
def tiny(tmp_path_factory):
    """Makes a Config of a small run, logged into a folder of its own."""
    from meta_rl import config as config_module
    folder = tmp_path_factory.mktemp('training')

    def make(**settings):
        small = dict(episodes=1152, batch=32, log_every=96, checkpoint_every=128, image_count=3, width=32, height=32, units=6,
                     embedding=4, seed=5, logdir=str(folder / 'runs'), image_cache=str(folder / 'images'))
        return config_module.from_preset('harlow42', **dict(small, **settings))
    return make


@pytest.fixture(scope='module')
def whole(tiny):
    """What training.run returned for a run that was never stopped."""
    from meta_rl import training
    return training.run(tiny())


@pytest.fixture
def own(tmp_path):
    """A folder of three good pictures, and how to put a further one into it."""
    from PIL import Image

    from helpers.pictures import pattern
    folder = tmp_path / 'own'
    folder.mkdir()
    for number in range(1, 4):
        Image.fromarray(pattern(number, 32, 32)).save(str(folder / ('%04d.png' % number)))
    return folder


def pytest_addoption(parser):
    parser.addoption('--slow', action='store_true', help='run the tests that take long, too: most start programs of their own')


def pytest_collection_modifyitems(config, items):
    """Leaves out what is marked slow, unless it is asked for: by --slow, or by its own name."""
    if config.getoption('--slow') or any('::' in argument for argument in config.args):
        return
    slow = [item for item in items if item.get_closest_marker('slow')]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker('slow')]


def pytest_configure(config):
    """TensorFlow 1.12 warns a thousand times of what NumPy has renamed since; that is not ours to mend.

    Nor is it that shells have what they start in the background ignore Ctrl-C, as we would keep to; the tests press it.
    """
    config.addinivalue_line('markers', 'slow: takes more than 5 s of a processor; run with --slow')
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for module in ('tensorflow', 'tensorboard', 'google', 'h5py'):
        config.addinivalue_line('filterwarnings', f'ignore::DeprecationWarning:{module}.*')
        config.addinivalue_line('filterwarnings', f'ignore::FutureWarning:{module}.*')
