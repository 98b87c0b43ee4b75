"""The tasks without a lab on each backend: one worker leaves the same run behind, with no image anywhere."""
import importlib.util
import os

import pytest

from helpers.programs.runs import Run
from helpers.training import same_weights

TASK = ['--preset', 'two-step-published', '--units', '4', '--trials', '9', '--entropy-episodes', '20', '--log-every', '4',
        '--checkpoint-every', '8', '--episodes', '24']
OTHERS = [pytest.param('processes', id='processes'),
          pytest.param('ray', id='ray', marks=pytest.mark.skipif(
              importlib.util.find_spec('ray') is None, reason='Ray is not installed'))]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('task')


@pytest.fixture(scope='module')
def by_a_thread(folder):
    run = Run(folder, *TASK)
    assert run.status() == 0, run.log()
    return run.directory()


@pytest.mark.slow
@pytest.mark.parametrize('backend', OTHERS)
def test_one_worker_is_as_good_as_another(folder, by_a_thread, backend):
    run = Run(folder, *(TASK + ['--backend', backend]))
    assert run.status() == 0, run.log()
    with open(os.path.join(by_a_thread, 'curve.csv')) as file, open(os.path.join(run.directory(), 'curve.csv')) as twin:
        assert file.read() == twin.read()
    assert same_weights(by_a_thread, run.directory())
    assert not [name for _, folders, _ in os.walk(str(folder)) for name in folders if name.startswith('drawn-')]
