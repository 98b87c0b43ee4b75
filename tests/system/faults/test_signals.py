"""Signals that ask a job to end: what was learned is saved, and how to go on is said; those that were ignored stay ignored."""
import os
import signal
import subprocess
import sys

import pytest

from meta_rl.console import stops
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints

from helpers.programs.runs import BACKENDS, SCRIPT, TINY, Run, until

ENDLESS = TINY + ['--episodes', '1000000000', '--log-every', '80', '--checkpoint-every', '1000000000']
NAMES = ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGXCPU', 'SIGTERM']
OTHERS = NAMES[1:-1]


def playing(run):
    """Waits until it has a row; nothing is saved yet."""
    path = os.path.join(run.directory(), 'curve.csv')
    until(lambda: os.path.exists(path) and len(read_curve(path)['episodes']) > 1, what=run.log)


def saved_all(run):
    """Holds an ended run to what was promised."""
    assert run.status() == 130, run.log()
    assert run.log().splitlines()[-1].startswith('Stopped and saved. To go on: ') and 'Traceback' not in run.log()
    last = read_curve(os.path.join(run.directory(), 'curve.csv'))['episodes'][-1]
    assert 0 <= checkpoints.episodes_of(checkpoints.latest(run.directory(), resumable=True)) - last < 80


def test_these_are_the_signals():
    assert [signal.Signals(number).name for number in stops.SIGNALS] == NAMES


@pytest.mark.slow
@pytest.mark.parametrize('name', OTHERS)
def test_it_saves_and_says_how_to_go_on(tmp_path, name):
    run = Run(tmp_path, *ENDLESS)
    try:
        playing(run)
        run.process.send_signal(getattr(signal, name))
        saved_all(run)
    finally:
        run.kill()


@pytest.mark.slow
@pytest.mark.parametrize('backend', BACKENDS[1:])
@pytest.mark.parametrize('name', ['SIGHUP', 'SIGQUIT', 'SIGTERM'])
def test_it_comes_to_all_processes_of_the_run_as_from_a_terminal(tmp_path, backend, name):
    run = Run(tmp_path, *ENDLESS + backend + ['--workers', '2'], before=['setsid'])
    try:
        playing(run)
        os.killpg(os.getpgid(run.pid), getattr(signal, name))
        saved_all(run)
        until(lambda: not run.family(), 30., run.log)
    finally:
        run.kill()


@pytest.mark.slow
@pytest.mark.parametrize('name', ['SIGHUP', 'SIGUSR1'])
def test_one_that_is_ignored_stays_ignored(tmp_path, name):
    run = Run(tmp_path, *ENDLESS, before=['sh', '-c', f"trap '' {name[3:]}; exec \"$@\"", 'sh'])
    try:
        playing(run)
        before = len(read_curve(os.path.join(run.directory(), 'curve.csv'))['episodes'])
        run.process.send_signal(getattr(signal, name))
        until(lambda: len(read_curve(os.path.join(run.directory(), 'curve.csv'))['episodes']) > before + 5, what=run.log)
        assert run.process.poll() is None and 'stopping' not in run.log()
        run.process.send_signal(signal.SIGTERM)
        saved_all(run)
    finally:
        run.kill()


@pytest.mark.slow
def test_a_terminal_that_is_closed(tmp_path):
    """As a connection that drops does: SIGHUP, and from then on nothing can be written there."""
    pty = pytest.importorskip('pty')
    pid, screen = pty.fork()
    if not pid:
        os.chdir(str(tmp_path))
        os.execv(sys.executable, [sys.executable, SCRIPT] + ENDLESS)
    folder = str(tmp_path / 'runs')
    try:
        def rows():
            runs = os.listdir(folder) if os.path.isdir(folder) else []
            path = os.path.join(folder, runs[0], 'curve.csv') if runs else ''
            os.set_blocking(screen, False)
            try:
                os.read(screen, 10 ** 6)
            except BlockingIOError:
                pass
            return os.path.exists(path) and len(read_curve(path)['episodes']) > 1 and os.path.dirname(path)
        run = until(rows)
    finally:
        os.close(screen)
    _, status = os.waitpid(pid, 0)
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 130
    last = read_curve(os.path.join(run, 'curve.csv'))['episodes'][-1]
    assert 0 <= checkpoints.episodes_of(checkpoints.latest(run, resumable=True)) - last < 80


@pytest.mark.slow
def test_several_seeds_are_told_too(tmp_path):
    run = Run(tmp_path, *ENDLESS + ['--seeds', '3', '--jobs', '2'])
    folder = tmp_path / 'runs'
    try:
        until(lambda: folder.exists() and len([path for path in folder.glob('*/curve.csv') if len(read_curve(str(path))['episodes'])]) == 2,
              what=run.log)
        run.process.send_signal(signal.SIGTERM)
        assert run.status() == 130
        assert not run.family() and len(list(folder.glob('*/checkpoints/model-*.json'))) == 2  # the third was not begun
        assert [path.read_text().count('Stopped and saved.') for path in sorted(folder.glob('*.log'))] == [1, 1]
    finally:
        run.kill()


def test_children_that_are_left_do_not_keep_their_parent(tmp_path):
    """They ignore what multiprocessing ends them with: without a call of `end`, too, the process that started them ends."""
    code = ('from meta_rl.backends.remote.child_processes import ChildProcesses\n'
            'if __name__ == "__main__":\n'
            '    children = ChildProcesses()\n    children.start("sleeper", "time:sleep", 1000)\n')
    script = tmp_path / 'parent.py'
    script.write_text(code)
    environment = dict(os.environ, PYTHONPATH=os.path.dirname(SCRIPT))
    assert subprocess.call([sys.executable, str(script)], env=environment, timeout=100) == 0
