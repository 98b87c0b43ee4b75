"""The lock of a run directory: one process trains there, others may look, and a process that is killed leaves no lock."""
import errno
import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from meta_rl import config as config_module
from meta_rl import training
from meta_rl.config import ConfigError
from meta_rl.rundir import lock
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.lock import Lock
from meta_rl.rundir.saving import checkpoints

from helpers.programs.commands import run_main
from helpers.programs.runs import BACKENDS, SCRIPT, TINY, Run, slay, until

ENDLESS = TINY + ['--episodes', '1000000000', '--log-every', '80', '--checkpoint-every', '80']


def state_of(folder):
    """{path: (mtime, size)} of all that is in a folder, but for the lock itself."""
    return {os.path.join(base, name): (os.stat(os.path.join(base, name)).st_mtime_ns, os.path.getsize(os.path.join(base, name)))
            for base, _, names in os.walk(str(folder)) for name in names if name != lock.NAME}


@pytest.mark.slow
@pytest.mark.parametrize('backend', BACKENDS)
def test_a_second_process_that_goes_on_with_a_run_is_refused(tmp_path, backend):
    first = Run(tmp_path, *ENDLESS + backend)
    try:
        first.checkpoints(1)
        second = Run(tmp_path, '--resume', first.directory(), *backend)
        assert second.status() == 2
        assert re.search(r'^harlow\.py train: \S+ is being trained by process %d on \S+ since [\d :-]+: let it end' % first.pid,
                         second.log(), re.M), second.log()
        assert 'Traceback' not in second.log() and second.log().count('\n') == 1
        slay(first.pid)  # it leaves no lock behind
        first.kill()
        third = Run(tmp_path, '--resume', first.directory())
        third.checkpoints(1)
        third.process.send_signal(signal.SIGINT)
        assert third.status() == 130
        episodes = read_curve(os.path.join(first.directory(), 'curve.csv'))['episodes'].tolist()
        assert episodes == list(range(80, int(episodes[-1]) + 1, 80))
        assert not [name for name in os.listdir(os.path.join(first.directory(), 'checkpoints')) if name.startswith('damaged')]
    finally:
        first.kill()


@pytest.mark.slow
def test_two_that_go_on_in_the_same_moment(tmp_path):
    first = Run(tmp_path, *ENDLESS)
    first.checkpoints(1)
    first.process.send_signal(signal.SIGTERM)
    first.status()
    both = [Run(tmp_path, '--resume', first.directory()) for _ in range(2)]
    try:
        until(lambda: any(one.process.poll() is not None for one in both))
        refused, = [one for one in both if one.process.poll() is not None]
        assert refused.status() == 2 and 'is being trained by process' in refused.log()
        other, = [one for one in both if one is not refused]
        other.checkpoints(1)
    finally:
        for one in both:
            one.kill()


def test_in_one_process_too(tmp_path):
    with Lock(str(tmp_path)):
        assert lock.held(str(tmp_path))
        with pytest.raises(ConfigError, match='process %d on ' % os.getpid()):
            Lock(str(tmp_path)).__enter__()
        with pytest.raises(ConfigError, match='is being trained by'):
            lock.check(str(tmp_path))
    assert not lock.held(str(tmp_path))
    with Lock(str(tmp_path)):
        pass
    assert os.path.getsize(str(tmp_path / lock.NAME)) == 0


def test_a_lock_file_that_is_taken_away_and_made_anew(tmp_path, monkeypatch):
    """Between its opening and its locking: the lock is on the file that is there."""
    real, path = lock.fcntl.flock, tmp_path / lock.NAME

    def flock(file, how, moves=[1]):
        if moves.pop() if moves else False:
            path.unlink()
        real(file, how)
    monkeypatch.setattr(lock.fcntl, 'flock', flock)
    with Lock(str(tmp_path)) as locked:
        assert os.fstat(locked._file.fileno()).st_ino == path.stat().st_ino


@pytest.mark.parametrize('number', [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_without_locks_is_said_once_and_trained_in(tiny, tmp_path, monkeypatch, capsys, number):
    def flock(*_):
        raise OSError(number, os.strerror(number))
    monkeypatch.setattr(lock.fcntl, 'flock', flock)
    run, _, _ = training.run(tiny(episodes=32, logdir=str(tmp_path)))
    assert capsys.readouterr().err.count(f'{run} cannot be locked here ({os.strerror(number)})') == 1
    assert checkpoints.latest(run)


@pytest.mark.slow
def test_evaluate_and_plot_beside_a_training_run_change_nothing_in_it(whole, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = whole[0]
    for name in os.listdir(run):
        assert not name.startswith('learning_set')
    with Lock(run):
        before = state_of(run)
        assert run_main('evaluate', run, '--episodes', '8') == 0
        assert run_main('evaluate', run, '--episodes', '8', '--checkpoint', 'best') == 0
        assert run_main('plot', run) == 0
        assert run_main('record', run) == 0
        assert state_of(run) == before
        out = capsys.readouterr().out
        assert 'reward_curves-learning-set.png' in out
    assert run_main('plot', run) == 0  # nobody trains there: what was measured is kept
    assert 'learning_set.csv' in os.listdir(run)


@pytest.mark.slow
def test_evaluate_beside_a_run_that_saves_all_the_time(tmp_path):
    run = Run(tmp_path, *TINY, '--episodes', '1000000000', '--log-every', '8', '--checkpoint-every', '8')
    try:
        run.checkpoints(3)
        for which in ('latest', 'best'):
            done = subprocess.run([sys.executable, SCRIPT, 'evaluate', run.directory(), '--episodes', '8', '--checkpoint', which],
                                  cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=200)
            assert done.returncode == 0 and done.stderr == '', done.stderr
        run.checkpoints(2)
        run.process.send_signal(signal.SIGINT)
        assert run.status() == 130
    finally:
        run.kill()


def test_starts_in_one_second_get_directories_of_their_own(tiny, tmp_path):
    made, config = [], tiny(logdir=str(tmp_path / 'runs'))
    threads = [threading.Thread(target=lambda: made.append(training.new_run_directory(config))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16 and all(config_module.load(os.path.join(run, 'config.json')) == config for run in made)


@pytest.mark.slow
def test_seeds_twice_at_once_share_no_directory_and_no_log(tmp_path):
    """Four agents at once, and none of the images is there yet."""
    flags = ['--seeds', '2', '--jobs', '2', '--episodes', '32', '--log-every', '32'] + TINY
    both = [Run(tmp_path, *flags) for _ in range(2)]
    assert [one.status() for one in both] == [0, 0], [one.log() for one in both]
    names = sorted(os.listdir(str(tmp_path / 'runs')))
    logs, runs = [name for name in names if name.endswith('.log')], [name for name in names if not name.endswith('.log')]
    assert logs == ['harlow42-seed0-2.log', 'harlow42-seed0.log', 'harlow42-seed1-2.log', 'harlow42-seed1.log']
    assert len(runs) == 4 and os.listdir(str(tmp_path / 'images')) == ['drawn-3-seed0']
    for name in logs:
        assert (tmp_path / 'runs' / name).read_text().count('Done in') == 1
