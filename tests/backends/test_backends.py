"""Backends: with one worker, threads, processes and Ray leave the same run behind, to the last bit, also stopped in between."""
import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest

from meta_rl.rundir.saving import checkpoints

from helpers.labs import TESTS, act, make_lab
from helpers.programs.commands import run_main
from helpers.programs.runs import INTERRUPTED, TINY, Run
from helpers.training import all_finite, same_weights

NO_RAY = pytest.mark.skipif(importlib.util.find_spec('ray') is None, reason='Ray is not installed')
RAY = pytest.param(['--backend', 'ray'], marks=NO_RAY, id='ray')
SMALL = TINY + ['--episodes', '1200', '--log-every', '120', '--checkpoint-every', '240', '--seed', '3']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('backends')


@pytest.fixture(scope='module')
def by_a_thread(folder):
    """Run directory of a run by one thread, of this process."""
    assert run_main('train', *SMALL, '--logdir', str(folder / 'thread'), '--image-cache', str(folder / 'images')) == 0
    run, = (folder / 'thread').iterdir()
    return str(run)


def same_runs(one, other):
    with open(os.path.join(one, 'curve.csv')) as curve, open(os.path.join(other, 'curve.csv')) as twin:
        assert curve.read() == twin.read()
    assert same_weights(one, other)
    states = []
    for run in (one, other):
        with open(os.path.join(run, 'checkpoints', os.path.basename(checkpoints.latest(run)) + '.json')) as file:
            states.append(file.read())
    assert states[0] == states[1]


@pytest.mark.parametrize('flags', [pytest.param(['--backend', 'processes'], id='processes'),
                                   pytest.param(*RAY.values, marks=[NO_RAY, pytest.mark.slow], id='ray')])  # whose start takes 20 s
def test_one_worker_is_as_good_as_another(folder, by_a_thread, flags):
    run = Run(folder, *(SMALL + flags))
    assert run.status() == 0, run.log()
    same_runs(by_a_thread, run.directory())


@pytest.mark.slow
@pytest.mark.parametrize('flags', [pytest.param(['--backend', 'processes'], id='processes'), RAY])
def test_no_lab_leaves_a_folder_behind(tmp_path, flags):
    (tmp_path / 'temporary').mkdir()
    run = Run(tmp_path, *(TINY + ['--episodes', '64', '--workers', '2'] + flags),
              before=['env', 'TMPDIR=%s' % (tmp_path / 'temporary')])
    assert run.status() == 0, run.log()
    assert [name for name in os.listdir(str(tmp_path / 'temporary')) if name.startswith('dmlab_temp_folder')] == []


@pytest.mark.slow
def test_several_servers_learn_the_same(folder, by_a_thread):
    run = Run(folder, *(SMALL + ['--backend', 'processes', '--ps', '3']))
    assert run.status() == 0, run.log()
    with open(os.path.join(by_a_thread, 'curve.csv')) as curve, open(os.path.join(run.directory(), 'curve.csv')) as twin:
        assert curve.read() == twin.read()


@pytest.mark.slow
@pytest.mark.parametrize('flags', [pytest.param(['--backend', 'processes'], id='processes'), RAY])
def test_a_run_goes_on_with_another_backend_as_if_nothing_had_been(folder, flags):
    """Stopped somewhere, it plays 400 more episodes in a thread; so does one that a thread plays from the start."""
    endless = SMALL + ['--decay', 'false']
    run = Run(folder, *(endless + ['--episodes', '1000000000'] + flags))
    run.checkpoints(2)
    run.process.send_signal(signal.SIGINT)
    assert run.status() == 130, run.log()
    episodes = str(checkpoints.episodes_of(checkpoints.latest(run.directory())) + 400)
    again = Run(folder, '--resume', run.directory(), '--backend', 'threads', '--episodes', episodes)
    assert again.status() == 0, again.log()
    whole = Run(folder, *(endless + ['--episodes', episodes]))
    assert whole.status() == 0, whole.log()
    same_runs(whole.directory(), run.directory())


@pytest.mark.slow
def test_a_run_of_several_servers_goes_on_in_a_thread_and_back(folder):
    endless = SMALL + ['--decay', 'false']
    run = Run(folder, *(endless + ['--backend', 'processes', '--ps', '2', '--episodes', '240']))
    assert run.status() == 0, run.log()
    for episodes, flags in (('480', ['--backend', 'threads']), ('720', ['--backend', 'processes'])):
        again = Run(folder, '--resume', run.directory(), '--episodes', episodes, *flags)
        assert again.status() == 0, again.log()
    whole = Run(folder, *(endless + ['--episodes', '720']))
    assert whole.status() == 0, whole.log()
    with open(os.path.join(whole.directory(), 'curve.csv')) as curve, open(os.path.join(run.directory(), 'curve.csv')) as twin:
        assert curve.read() == twin.read()


@pytest.mark.slow
@pytest.mark.parametrize('flags', [pytest.param(['--backend', 'processes'], id='processes'), RAY])
def test_ctrl_c_in_the_middle_of_recording_loses_nothing(folder, by_a_thread, flags):
    run = Run(folder, *(SMALL + flags), script=(INTERRUPTED, '248'))
    assert run.status() == 130, run.log()
    assert 248 <= checkpoints.episodes_of(checkpoints.latest(run.directory())) < 960, run.log()
    again = Run(folder, '--resume', run.directory(), '--backend', 'threads')
    assert again.status() == 0, again.log()
    same_runs(by_a_thread, run.directory())


@pytest.mark.slow
@pytest.mark.parametrize('flags', [pytest.param(['--backend', 'processes'], id='processes'), RAY])
def test_numbers_that_are_none_end_it_with_one_sentence(folder, flags):
    run = Run(folder, *(SMALL + ['--learning-rate', '1e38'] + flags))
    assert run.status() == 1, run.log()
    said = run.log().splitlines()[-1]
    assert said.startswith('Training has come apart at update ') and 'worker 0' in said and 'Traceback' not in run.log()
    assert all_finite(run.directory()) is not False


@pytest.mark.parametrize('flags, reason', [
    (['--ps', '2'], "ps is 2, but only runs with the backend 'processes'"),
    (['--ray-address', 'auto', '--backend', 'processes'], "ray_address is 'auto', but only runs with the backend 'ray'"),
    (['--cluster', 'no.json'], '--cluster needs --job'), (['--job', 'worker'], 'give its file with --cluster'),
    (['--cluster', 'no.json', '--job', 'ps'], 'no.json cannot be read'),
    (['--cluster', 'c.json', '--job', 'worker', '--task', '2'], '--task is 2: c.json names 2 of job worker'),
    (['--cluster', 'c.json', '--job', 'ps', '--task', '-1'], '--task is -1'),
    (['--cluster', 'c.json', '--job', 'worker', '--seed', '3'], '--seed is for ps 0'),
    (['--cluster', 'c.json', '--job', 'ps', '--task', '1', '--resume', 'r'], '--resume is for ps 0'),
    (['--cluster', 'c.json', '--job', 'ps', '--seeds', '2'], '--seeds is 2'),
])
def test_what_is_wrong_is_said_in_one_line(tmp_path, monkeypatch, capsys, flags, reason):
    (tmp_path / 'c.json').write_text('{"ps": ["127.0.0.1:28415", "127.0.0.1:28416"], "worker": ["one", "two"]}')
    monkeypatch.chdir(tmp_path)
    assert run_main('train', *flags) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith('harlow.py train: ') and reason in last
    assert not (tmp_path / 'runs').exists()


@pytest.mark.slow
@pytest.mark.parametrize('flags, reason', [
    (['--backend', 'processes', '--ps', '30'], 'ps is 30: the network has'),
    pytest.param(['--backend', 'ray', '--ray-address', '127.0.0.1:9'], 'no Ray cluster at 127.0.0.1:9', marks=NO_RAY),
    pytest.param(['--backend', 'ray', '--ray-address', '127.0.0..1:9'], 'no Ray cluster at 127.0.0..1:9', marks=NO_RAY)])
def test_what_is_found_wrong_after_a_start_leaves_nothing(tmp_path, flags, reason):
    run = Run(tmp_path, *flags)
    assert run.status() == 2
    last = run.log().strip().splitlines()[-1]
    assert last.startswith('harlow.py train: ') and reason in last and 'Traceback' not in run.log()
    assert not (tmp_path / 'runs').exists() and not run.family()


@pytest.mark.slow
def test_where_ray_is_missing_one_sentence_says_so(tmp_path):
    code = "import sys; sys.modules['ray'] = None; import harlow; sys.exit(harlow.main(['--backend', 'ray']))"
    done = subprocess.run([sys.executable, '-c', code], cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, PYTHONPATH=os.path.dirname(TESTS)))
    assert done.returncode == 2
    assert b'-m pip install -r ' in done.stderr and b'requirements/ray.txt' in done.stderr and b'Traceback' not in done.stderr


@pytest.mark.slow
@NO_RAY
def test_a_lab_goes_through_ray_in_the_middle_of_an_episode(tmp_path):
    def played(lab):  # in here, or Ray would look for this module on its side
        frames = []
        for _ in range(10):
            lab.step(back)
            frames.append(lab.observations()['RGB_INTERLEAVED'])
        return lab, np.array(frames)

    import ray
    back = act(right=-3)
    lab = make_lab(observations=['RGB_INTERLEAVED'], width=32, height=32)
    lab.reset(seed=4)
    for _ in range(9):
        lab.step(act(right=3))
    twin = pickle.loads(pickle.dumps(lab))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', FutureWarning)
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, _node_ip_address='127.0.0.1')
    try:
        sent, frames = ray.get(ray.remote(played).remote(lab))
    finally:
        ray.shutdown()
    here, same = played(twin)
    assert (frames == same).all() and sent.state() == here.state() and lab.num_steps() == 9
    assert played(sent)[1].tolist() == played(here)[1].tolist()
