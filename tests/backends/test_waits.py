"""Waits: what takes long says what it waits for, and what cannot come ends in a sentence."""
import os
import re
import signal
import socket
import threading
import time

import pytest

from meta_rl.backends import waits
from meta_rl.backends.cluster import local

from helpers.labs import TESTS
from helpers.programs.runs import TINY, Run


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(waits, 'WORD', .05)


def test_what_comes_at_once_is_not_spoken_of(capsys):
    silence = waits.Silence()
    with waits.waiting('nothing', 'x.'):
        silence.say(lambda: 'nothing')
    time.sleep(.2)
    assert capsys.readouterr() == ('', '')


def test_a_wait_says_what_it_is_for_and_ends(capsys, monkeypatch):
    monkeypatch.setattr(waits, 'MOST', .12)
    left, ended = [], threading.Event()
    with waits.waiting('the first answer of a:1', 'start it.', lambda status: left.append(status) or ended.set()):
        assert ended.wait(60)
    out, err = capsys.readouterr()
    assert out.startswith('Waiting for the first answer of a:1, for ') and left == [2]
    assert err.startswith('harlow.py: the first answer of a:1: nothing came in ') and err.endswith(': start it.\n')
    assert err.count('\n') == 1


def test_silence_is_spoken_of_less_and_less_and_anew_after_a_word(capsys):
    silence, deadline = waits.Silence(), time.monotonic() + 1
    while time.monotonic() < deadline:
        silence.say(lambda: 'worker 3')
        time.sleep(.01)
    said = capsys.readouterr().out.splitlines()
    assert 2 <= len(said) <= 5 and all(line.startswith('Waiting for worker 3, for ') for line in said)
    silence.broken()
    silence.say(lambda: 'worker 3')
    assert capsys.readouterr().out == ''


WAITING = f'''
import sys
sys.path.insert(0, {os.path.dirname(TESTS)!r})
from meta_rl.backends import waits
waits.WORD, waits.MOST = 1., 4.
import harlow
sys.exit(harlow.main(sys.argv[1:]))
'''


@pytest.mark.slow
def test_a_worker_at_a_port_of_another_program_ends_in_a_sentence(tmp_path):
    """It takes connections, and never answers; TensorFlow would wait for ever."""
    (tmp_path / 'main.py').write_text(WAITING)
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen(64)
        address = '127.0.0.1:%d' % other.getsockname()[1]
        (tmp_path / 'c.json').write_text('{"ps": ["%s"], "worker": ["127.0.0.1"]}' % address)
        run = Run(tmp_path, '--cluster', 'c.json', '--job', 'worker', script=('main.py',))
        assert run.status() == 2, run.log()
    said = run.log()
    assert f'Waiting for the first answer of {address}, for ' in said
    assert f'the first answer of {address}: nothing came in ' in said.splitlines()[-1] and 'Traceback' not in said


@pytest.mark.slow
def test_a_run_without_workers_says_whom_it_waits_for(tmp_path):
    (tmp_path / 'main.py').write_text(WAITING)
    ps, = local(1, 1).ps
    (tmp_path / 'c.json').write_text('{"ps": ["%s"], "worker": ["127.0.0.1"]}' % ps)
    run = Run(tmp_path, *(TINY + ['--episodes', '64', '--cluster', 'c.json', '--job', 'ps']), script=('main.py',))
    run.says('Waiting for workers of the cluster, for ')
    worker = Run(tmp_path, '--cluster', 'c.json', '--job', 'worker', script=('main.py',))
    assert run.status() == 0, run.log()
    assert worker.status() == 0, worker.log()


@pytest.mark.slow
def test_a_signal_to_all_processes_of_a_run_ends_in_a_sentence(tmp_path):
    """As a batch system sends it: the servers are gone when the last checkpoint is to be written."""
    run = Run(tmp_path, *(TINY + ['--episodes', '100000000', '--backend', 'processes', '--ps', '2', '--checkpoint-every', '80']))
    run.checkpoints(1)
    for pid in run.family() + [run.pid]:
        os.kill(pid, signal.SIGTERM)
    assert run.status() in (1, 130), run.log()
    assert re.search(r'To go on: .*harlow\.py train --resume ', run.log()) and 'Traceback' not in run.log()
