"""A disk that is full, in the middle of a run: one sentence, what was there is whole, and the run goes on when there is room."""
import os
import signal
import subprocess

import pytest

import harlow
from meta_rl import config as config_module
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints

from helpers.programs.runs import BACKENDS, TINY, Run, until
from helpers.training import KILLS, long, same

resource = pytest.importorskip('resource')
FLAGS = TINY + ['--decay', 'false', '--log-every', '80', '--checkpoint-every', '160']


def stops_and_goes_on(run, folder, make_room, monkeypatch):
    """What must become of `run`, into `folder`/runs, once it cannot write."""
    directory = run.directory()
    assert run.status() == 1
    said = run.log().splitlines()[-1]
    assert 'Traceback' not in run.log() and 'cannot be written (' in said
    newest = checkpoints.latest(directory, resumable=True)
    assert 'To go on: ' in said and said.endswith('harlow.py train --resume ' + os.path.relpath(directory, str(folder)))
    assert 'checkpoints/' + os.path.basename(newest) + ', is lost' in said
    assert config_module.load(os.path.join(directory, 'config.json')).batch == 8
    rows = read_curve(os.path.join(directory, 'curve.csv'))['episodes'].tolist()
    assert rows == list(range(80, 80 * len(rows) + 1, 80)) and rows[-1] >= 80
    make_room()
    monkeypatch.chdir(folder)
    end = str(checkpoints.episodes_of(newest) + 800)
    assert harlow.main(['train', '--resume', directory, '--episodes', end, '--backend', 'threads']) == 0
    assert harlow.main(['train', '--logdir', 'elsewhere', '--episodes', end] + FLAGS) == 0
    same(directory, os.path.join('elsewhere', os.listdir('elsewhere')[0]))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, 'prlimit'), reason='no limits of another process here')
@pytest.mark.parametrize('backend', BACKENDS)
def test_files_that_may_not_grow(tmp_path, monkeypatch, backend):
    """A limit on the size of a file, which also cuts what is being written in the middle, and which needs no privilege."""
    if backend and KILLS < 50:
        pytest.skip('make crashtest does this')
    run = Run(tmp_path, '--episodes', '1000000000', *FLAGS + backend)
    try:
        path = os.path.join(run.directory(), 'curve.csv')
        run.checkpoints(2)
        until(lambda: os.path.getsize(path) > os.path.getsize(run.path) + 1000, what=run.log)  # what it says is a file, too
        size = os.path.getsize(path)
        _, hard = resource.prlimit(run.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (size + 50, hard))
        stops_and_goes_on(run, tmp_path, lambda: None, monkeypatch)
    finally:
        run.kill()


@pytest.mark.skipif(not hasattr(os, 'geteuid') or os.geteuid() != 0, reason='mounts a small disk, for which it must be root')
@long
def test_a_small_disk(tmp_path, monkeypatch):
    (tmp_path / 'runs').mkdir()
    mount = str(tmp_path / 'runs')
    if subprocess.call(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'none', mount], stderr=subprocess.DEVNULL):
        pytest.skip('mount is refused here')
    try:
        run = Run(tmp_path, '--episodes', '1000000000', *FLAGS)
        try:
            run.checkpoints(2)
            with open(os.path.join(mount, 'filler'), 'wb', buffering=0) as file, pytest.raises(OSError):
                for _ in range(2 ** 13):
                    file.write(b'.' * 1024)

            def make_room():
                again = Run(tmp_path, '--resume', run.directory())  # too early: the disk is still full
                assert again.status() in (1, 2) and 'Traceback' not in again.log(), again.log()
                os.remove(os.path.join(mount, 'filler'))
            stops_and_goes_on(run, tmp_path, make_room, monkeypatch)
        finally:
            run.kill()
    finally:
        subprocess.call(['umount', '-l', mount])


@long
def test_a_run_directory_that_is_taken_away(tmp_path):
    run = Run(tmp_path, '--episodes', '1000000000', *FLAGS)
    try:
        run.checkpoints(1)
        os.rename(os.path.join(str(tmp_path), 'runs'), os.path.join(str(tmp_path), 'moved'))
        assert run.status() == 1
        assert 'Traceback' not in run.log() and 'cannot be written (' in run.log().splitlines()[-1]
    finally:
        run.process.send_signal(signal.SIGKILL)
        run.process.wait()
