"""Outputs: tried before the work in every command, written whole, and where nobody takes what is printed nothing is lost."""
import json
import os
import signal
import subprocess
import sys

import pytest

from meta_rl import training
from meta_rl.config import ConfigError
from meta_rl.rundir import events, files
from meta_rl.rundir.curve import COLUMNS, read_curve
from meta_rl.rundir.monitor import Monitor
from meta_rl.rundir.saving import checkpoints

from helpers.programs.commands import run_main
from helpers.programs.runs import BACKENDS, SCRIPT, TINY
from helpers.training import small_run

resource = pytest.importorskip('resource')
FLAGS = TINY + ['--log-every', '32', '--checkpoint-every', '64', '--episodes', '1000000000']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A folder with a finished run, RUN."""
    folder = tmp_path_factory.mktemp('outputs')
    small_run(folder, 'RUN')
    (folder / 'file').write_text('')
    (folder / 'folder').mkdir()
    return folder


# ---- row 15 ----

@pytest.mark.parametrize('path', ['nowhere/x', 'file/x', 'folder', '/sys/x', '/proc/x', 'x' * 300, ''])
@pytest.mark.parametrize('command, ending, work', [
    ('evaluate RUN --json', '.json', 'evaluation.evaluate'), ('record RUN -o', '.gif', 'figures.films.recording.record'),
    ('plot RUN -o', '.png', 'figures.plotting.plot'), ('bench --growth', '.png', 'bench.growth.measure')])
def test_an_output_that_cannot_be_is_said_before_the_work(folder, monkeypatch, capsys, command, ending, work, path):
    monkeypatch.chdir(folder)
    module, name = ('meta_rl.' + work).rsplit('.', 1)
    __import__(module)
    monkeypatch.setattr(sys.modules[module], name, lambda *_, **__: pytest.fail('the work was begun'))
    path += '' if path in ('folder', '') else ending
    assert run_main(*command.split(), path) == 2
    err = capsys.readouterr().err
    assert err.count('\n') == 1 and path in err and '.new' not in err and 'Traceback' not in err


def test_train_tries_its_folders_first(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(training, 'run', lambda *_: pytest.fail('the work was begun'))
    assert run_main('train', '--logdir', '/sys/x') == 2
    assert '/sys/x cannot be made' in capsys.readouterr().err
    assert run_main('train', '--logdir', '/sys/x', '--image-cache', '/sys/y') == 2
    err = capsys.readouterr().err
    assert '--logdir' in err and '--image-cache' in err  # a checkout that is read-only: both are in it


def test_a_cache_that_cannot_be_written_names_its_flag(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run_main('train', '--image-cache', '/sys/y', *TINY) == 2
    err = capsys.readouterr().err
    assert '/sys/y/drawn-3-seed0 cannot be made' in err and '--image-cache' in err and err.count('\n') == 1


def test_an_output_may_be_no_file(folder, monkeypatch):
    monkeypatch.chdir(folder)
    files.check('/dev/stdout')
    files.write(os.devnull, b'x')
    files.write('whole.json', b'{}')
    assert [name for name in os.listdir('.') if name.startswith('whole')] == ['whole.json']
    with pytest.raises(ConfigError, match='it is a folder'):
        files.check('folder')


def test_what_is_written_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """curve.csv of a run that goes on, for one: a machine that loses power would keep the name of an empty file."""
    done, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, 'fsync', lambda number: (done.append(os.readlink('/proc/self/fd/%d' % number)), fsync(number)))
    monkeypatch.setattr(os, 'replace', lambda old, new: (done.append((old, new)), replace(old, new)))
    Monitor(str(tmp_path), 10, 5).close()
    written, (old, new) = done
    assert written == old and new == str(tmp_path / 'curve.csv') and (tmp_path / 'curve.csv').read_text() == ','.join(COLUMNS) + '\n'


# ---- row 13 ----

GRAPH = ("Graph execution error:\n\nDetected at node 'save/SaveV2' defined at (most recent call last):\n    File \"x.py\", line 4, in <module>\n"
         "Node: 'save/SaveV2'\n{}\n\t [[{{{{node save/SaveV2}}}}]]\n\nOriginal stack trace for 'save/SaveV2':\n  File \"x.py\", line 4")


@pytest.mark.parametrize('message, reason', [
    ('/x/ck.tempstate1; File too large\n\t [[node save]]', '/x/ck.tempstate1; File too large'),
    (GRAPH.format('/x/ck.tempstate1; File too large'), '/x/ck.tempstate1; File too large'),
    (GRAPH.format('2 root error(s) found.\n  (0) UNAVAILABLE: /x; Disk quota exceeded\n\t [[{{node a}}]]\n  (1) other'),
     'UNAVAILABLE: /x; Disk quota exceeded'), ('Graph execution error:', 'Graph execution error:'), ('', ''),
    ('From /job:ps/replica:0/task:0:\nStep was cancelled\nAdditional GRPC error information:\n:{}', 'Step was cancelled'),
    ('From /job:ps/replica:0/task:0:', 'From /job:ps/replica:0/task:0:')])
def test_the_reason_is_found_in_what_tensorflow_says(message, reason):
    assert events.said(OSError(message)) == reason


@pytest.mark.slow
@pytest.mark.parametrize('kilobytes', [1, 3, 12])
def test_a_limit_on_the_size_of_files_is_said(tmp_path, kilobytes):
    """As a quota: it is met by the events, the curve or a checkpoint, whichever is the first."""
    done = subprocess.run([sys.executable, SCRIPT] + FLAGS, cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=600,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * kilobytes, 1024 * kilobytes)))
    assert done.returncode in (1, 2) and 'Traceback' not in done.stderr
    said = done.stdout + done.stderr
    assert 'File too large' in said and 'Graph execution' not in said, said


# ---- row 14 ----

def piped(arguments, folder, keep=1):
    """(status, stderr) of harlow.py, of whose stdout `keep` lines are read before it is closed."""
    process = subprocess.Popen([sys.executable, SCRIPT] + list(arguments), cwd=str(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               universal_newlines=True)
    for _ in range(keep):
        process.stdout.readline()
    process.stdout.close()
    lines = [line for line in process.stderr if not line.startswith(('measuring: ', 'drawing: '))]  # how far it is
    return process.wait(600), ''.join(lines)


@pytest.mark.slow
@pytest.mark.parametrize('keep', [0, 1])
@pytest.mark.parametrize('backend', BACKENDS)
def test_train_into_head_saves_and_says_how_to_go_on(tmp_path, backend, keep):
    if keep == 0 and backend:
        pytest.skip('as with threads')
    status, err = piped(FLAGS + backend, tmp_path, keep)
    assert status == 1 and 'Traceback' not in err and 'Exception' not in err and 'Errno' not in err
    last = err.splitlines()[-1]
    run, = (tmp_path / 'runs').iterdir()
    assert last.startswith('The output is closed (Broken pipe). What was learned is saved. To go on: ')
    assert last.endswith(f'train --resume runs/{run.name}')
    saved = checkpoints.episodes_of(checkpoints.latest(str(run), resumable=True))
    assert saved >= read_curve(str(run / 'curve.csv'))['episodes'][-1:].sum() and saved > 0


@pytest.mark.slow
def test_train_that_ends_into_head_ends_well(tmp_path):
    flags = TINY + ['--log-every', '32', '--episodes', '64']
    status, err = piped(flags, tmp_path, 2)
    assert status in (0, 1) and 'Traceback' not in err and 'Exception' not in err
    run, = (tmp_path / 'runs').iterdir()
    assert checkpoints.latest(str(run), resumable=True).endswith('model-64')


@pytest.mark.slow
@pytest.mark.parametrize('arguments', [
    ['--help'], ['train', '--help'], ['evaluate', 'RUN', '--episodes', '8', '--json', 'piped.json'], ['plot', 'RUN', '-o', 'piped.png'],
    ['record', 'RUN', '-o', 'piped.gif']])
def test_other_commands_into_a_closed_pipe_leave_what_they_write(folder, arguments):
    status, err = piped(arguments, folder, 0)
    assert 'Traceback' not in err and 'Exception' not in err and err.count('\n') <= 1
    if arguments[-1].startswith('piped'):
        assert os.path.getsize(str(folder / arguments[-1])) and status == 1
        assert err == 'harlow.py: nothing reads the output any more (Broken pipe).\n'
    if arguments[-1].endswith('json'):
        assert json.loads((folder / 'piped.json').read_text())['episodes'] == 8


@pytest.mark.slow
def test_a_stdout_that_is_full_is_said(folder):
    with open('/dev/full', 'w') as full:
        done = subprocess.run([sys.executable, SCRIPT, 'evaluate', 'RUN', '--episodes', '8'], cwd=str(folder), stdout=full,
                              stderr=subprocess.PIPE, universal_newlines=True, timeout=600)
    assert done.returncode == 2 and done.stderr == 'harlow.py evaluate: [Errno 28] No space left on device\n'


@pytest.mark.slow
def test_a_signal_when_the_pipe_is_closed_already(tmp_path):
    process = subprocess.Popen([sys.executable, SCRIPT] + FLAGS[:-6] + ['--episodes', '1000000000'], cwd=str(tmp_path),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    process.stdout.readline()
    process.stdout.close()
    process.send_signal(signal.SIGTERM)
    err = process.stderr.read()
    assert process.wait(600) in (1, 130, -signal.SIGTERM) and 'Traceback' not in err and 'Exception' not in err
