"""What TensorFlow writes on stderr while it starts is not shown; what we write there meanwhile is, and all of it where a start fails."""
import importlib.util
import os
import signal
import subprocess
import sys

import pytest

from meta_rl.console import held_back

from helpers.programs.runs import SCRIPT, TINY

ROOT = os.path.dirname(SCRIPT)
BEGIN = 'import os, sys\nfrom meta_rl.console.held_back import held_back\n'


def run(code, **more):
    done = subprocess.run([sys.executable, '-c', BEGIN + code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                          env=dict(os.environ, PYTHONPATH=ROOT), timeout=300, **more)
    return done.returncode, done.stderr


def test_noise_is_held_back_and_what_we_say_is_not():
    assert run('with held_back():\n    os.write(2, b"noise\\n")\n    print("ours", file=sys.stderr)\n'
               '    os.system("echo noise of a child >&2")\nos.write(2, b"after\\n")') == (0, 'ours\nafter\n')


def test_it_is_shown_where_a_start_fails():
    status, said = run('with held_back():\n    os.write(2, b"the reason\\n")\n    raise ImportError("no library")')
    assert status == 1 and said.startswith('the reason\n') and 'no library' in said


@pytest.mark.parametrize('end', ['os.abort()', 'os._exit(3)', 'import signal; os.kill(os.getpid(), signal.SIGKILL)'])
def test_it_is_shown_where_the_process_ends_in_the_middle(end):
    """As TensorFlow ends it where the processor lacks an instruction that it was built with."""
    read, write = os.pipe()
    process = subprocess.Popen([sys.executable, '-c', BEGIN + f'with held_back():\n    os.write(2, b"the reason\\n")\n    {end}'],
                               stderr=write, env=dict(os.environ, PYTHONPATH=ROOT))
    os.close(write)
    with os.fdopen(read) as file:
        assert file.read() == 'the reason\n'  # to the end of it: of the process that shows it, too
    assert process.wait() in (3, -signal.SIGABRT, -signal.SIGKILL)


def test_a_stream_that_was_taken_meanwhile_goes_on():
    """As logging takes sys.stderr when TensorFlow is imported."""
    assert run('import logging\nwith held_back():\n    handler = logging.StreamHandler()\n'
               'files = [os.open(os.devnull, os.O_WRONLY) for _ in range(20)]\n'
               'handler.emit(logging.makeLogRecord({"msg": "later"}))') == (0, 'later\n')


def test_no_number_of_a_file_is_left_open():
    assert run('before = os.listdir("/proc/self/fd")\nwith held_back():\n    pass\nassert os.listdir("/proc/self/fd") == before') == (0, '')


@pytest.mark.parametrize('broken', ['os.close(2)', 'import tempfile; tempfile.mkstemp = lambda: (_ for _ in ()).throw(OSError(28, "full"))'])
def test_where_nothing_can_be_held_back_it_goes_on(broken):
    assert run(f'{broken}\nwith held_back():\n    print("goes on")')[0] == 0


def test_a_library_without_that_switch_is_left_alone(tmp_path):
    for content in (b'', b'nothing', b'\0_ZN4absl' + held_back.SETTER + b'\0'):
        path = tmp_path / 'library'
        path.write_bytes(content)
        assert held_back.only_warnings(str(path)) is False
    assert held_back.only_warnings(str(tmp_path / 'none')) is False


BACKENDS = ['threads', 'processes', pytest.param('ray', marks=pytest.mark.skipif(
    importlib.util.find_spec('ray') is None, reason='Ray is not installed'))]


@pytest.mark.slow
@pytest.mark.parametrize('backend', BACKENDS)
def test_every_command_is_silent(tmp_path, backend):
    """In children, too: they write to the same stderr."""
    flags = TINY + ['--episodes', '64', '--log-every', '16', '--backend', backend, '--workers', '2']
    flags += ['--ps', '2'] if backend == 'processes' else []
    commands = [['train'] + flags]
    if backend == 'threads':
        commands += [['evaluate', 'RUN', '--episodes', '8'], ['plot', 'RUN'], ['record', 'RUN']]
    for command in commands:
        runs = [str(path) for path in tmp_path.glob('runs/*')]
        done = subprocess.run([sys.executable, SCRIPT] + [runs[0] if word == 'RUN' else word for word in command], cwd=str(tmp_path),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=600)
        others = [line for line in done.stderr.splitlines() if not line.startswith(('measuring: ', 'drawing: '))]  # our own
        assert done.returncode == 0 and others == [], (command, done.stderr)
