"""The gaze agent on each backend: one worker leaves the same run behind, and goes on in the middle of episodes as if nothing had been."""
import importlib.util
import os

import pytest

from meta_rl.rundir.saving import checkpoints, digests

from helpers.programs.runs import INTERRUPTED, Run
from helpers.training import same_weights

GAZE = ['--preset', 'gaze-taught', '--batch', '4', '--unroll', '17', '--training-frames', '160', '--image-count', '3',
        '--held-out-count', '3', '--units', '4', '--memory-units', '4', '--places', '4', '--embedding', '4', '--log-every', '4',
        '--checkpoint-every', '8', '--coin-start', '4', '--coin-episodes', '10', '--teacher-episodes', '9', '--episodes', '24',
        '--decay', 'false', '--explore', '.9', '--greedy-share', '.5', '--greedy-start', '6', '--waited', 'true',
        '--wait-digits', '3', '--twins', '.1', '--passes', '3', '--minibatches', '2', '--ratio-clip', '.2']
OTHERS = [pytest.param(['--backend', 'processes'], id='processes'),
          pytest.param(['--backend', 'ray'], id='ray', marks=pytest.mark.skipif(
              importlib.util.find_spec('ray') is None, reason='Ray is not installed'))]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('gaze')


@pytest.fixture(scope='module')
def by_a_thread(folder):
    run = Run(folder, *GAZE)
    assert run.status() == 0, run.log()
    return run.directory()


def same_runs(one, other):
    states = [digests.read(checkpoints.latest(run)) for run in (one, other)]
    assert states[0] == states[1] and states[0]['random'][0]['actor']['episodes']
    with open(os.path.join(one, 'curve.csv')) as file, open(os.path.join(other, 'curve.csv')) as twin:
        assert file.read() == twin.read()
    assert same_weights(one, other)


@pytest.mark.slow
@pytest.mark.parametrize('flags', OTHERS)
def test_one_worker_is_as_good_as_another(folder, by_a_thread, flags):
    run = Run(folder, *(GAZE + flags))
    assert run.status() == 0, run.log()
    same_runs(by_a_thread, run.directory())


@pytest.mark.slow
@pytest.mark.parametrize('flags', OTHERS)
def test_a_run_goes_on_on_its_own_backend_as_if_nothing_had_been(folder, flags):
    """Stopped between two updates by an unroll."""
    run = Run(folder, *(GAZE + ['--episodes', '1000000'] + flags), script=(INTERRUPTED, '8', 'halfway'))
    assert run.status() == 130, run.log()
    episodes = str(checkpoints.episodes_of(checkpoints.latest(run.directory())) + 24)
    again = Run(folder, '--resume', run.directory(), '--episodes', episodes)
    assert again.status() == 0, again.log()
    whole = Run(folder, *(GAZE + ['--episodes', episodes]))
    assert whole.status() == 0, whole.log()
    same_runs(whole.directory(), run.directory())
