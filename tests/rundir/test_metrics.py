"""--metrics json: stdout holds a line of JSON for each metric of each row of curve.csv and nothing else, whoever writes there."""
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

import harlow
from meta_rl.rundir.curve import COLUMNS, read_curve
from meta_rl.rundir.metrics import Lines
from meta_rl.rundir.saving import checkpoints

from helpers.programs.runs import SCRIPT, TINY
from helpers.training import content, same_weights

FLAGS = TINY + ['--episodes', '96', '--log-every', '32', '--checkpoint-every', '32']
NAMES = ['reward', 'choice_reward', 'length', 'value'] + ['trial_%d_accuracy' % trial for trial in range(1, 7)] + [
    'value_loss', 'policy_loss', 'entropy', 'grad_norm', 'var_norm', 'staleness', 'episodes_per_second', 'steps_per_second',
    'seconds_left']
BACKENDS = ['threads', 'processes', pytest.param('ray', marks=pytest.mark.skipif(
    importlib.util.find_spec('ray') is None, reason='Ray is not installed'))]


def train(folder, *flags, **settings):
    """A finished `harlow.py train --metrics json`: its status, stdout and stderr."""
    return subprocess.run([sys.executable, SCRIPT, 'train', '--metrics', 'json'] + list(flags), cwd=str(folder), timeout=300,
                          stdin=subprocess.DEVNULL, universal_newlines=True,
                          **dict(dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE), **settings))


def told(out):
    """[(metric, value, step)] of stdout. Fails where a line is anything else."""
    lines = [json.loads(line, parse_constant=pytest.fail) for line in out.splitlines()]
    assert all(list(line) == ['metric', 'value', 'step'] for line in lines)
    return [(line['metric'], line['value'], line['step']) for line in lines]


def run_in(folder):
    runs = os.path.join(str(folder), 'runs')
    return os.path.join(runs, *os.listdir(runs))


@pytest.mark.slow
@pytest.mark.parametrize('backend', BACKENDS)
def test_stdout_is_the_curve_and_stderr_the_rest(tmp_path, backend):
    done = train(tmp_path, '--backend', backend, *FLAGS)
    assert done.returncode == 0, done.stderr
    assert 'Training harlow42' in done.stderr and '96 of 96 episodes' in done.stderr and 'Done in' in done.stderr
    lines, curve = told(done.stdout), read_curve(os.path.join(run_in(tmp_path), 'curve.csv'))
    assert [(name, step) for name, _, step in lines] == [(name, step) for step in (32, 64, 96) for name in NAMES]
    for number in range(3):
        values = [value for _, value, _ in lines[19 * number:19 * number + 16]]
        assert values == [curve[name][number] for name in COLUMNS[1:]]
    assert lines[-1] == ('seconds_left', 0, 96) and lines[-3][1] * 6 == pytest.approx(lines[-2][1], rel=1e-5) and lines[-3][1] > 0
    with open(os.path.join(run_in(tmp_path), 'config.json')) as file:
        assert 'metrics' not in json.load(file)  # it is of the machine, not of the run


@pytest.mark.slow
def test_a_run_that_goes_on_tells_what_is_new(tmp_path):
    assert train(tmp_path, *FLAGS).returncode == 0
    again = train(tmp_path, '--resume', run_in(tmp_path), '--episodes', '128')
    assert again.returncode == 0 and [step for name, _, step in told(again.stdout) if name == 'reward'] == [128]


@pytest.mark.slow
def test_a_pipe_that_is_closed_ends_the_run_and_loses_nothing(tmp_path, monkeypatch):
    """As `| head -1` does. What it goes on to is, bit for bit, the run that never stopped."""
    flags = TINY + ['--log-every', '32', '--checkpoint-every', '64', '--decay', 'false']
    piped = subprocess.Popen(['head', '-1'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
    done = train(tmp_path, '--episodes', '1000000000', *flags, stdout=piped.stdin)
    head, _ = piped.communicate()
    assert [name for name, _, step in told(head)] == ['reward']
    assert done.returncode == 1 and 'Traceback' not in done.stderr and 'Exception' not in done.stderr
    found = re.search(r'^The output is closed \(Broken pipe\)\. What was learned is saved\. To go on: '
                      r'(.* train --resume \S+)$', done.stderr, re.M)
    monkeypatch.chdir(tmp_path)
    python, script, _, _, run = shlex.split(found.group(1))
    assert os.path.samefile(script, SCRIPT) and os.path.samefile(shutil.which(python), sys.executable)
    played = checkpoints.episodes_of(checkpoints.latest(run, resumable=True))
    assert played == read_curve(os.path.join(run, 'curve.csv'))['episodes'][-1]  # at the row that nothing took
    end = str(played + 72)
    assert harlow.main(['train', '--resume', run, '--episodes', end]) == 0
    assert harlow.main(['train', '--logdir', 'whole', '--episodes', end] + flags) == 0
    whole = os.path.join('whole', *os.listdir('whole'))
    assert content(run, 'curve.csv') == content(whole, 'curve.csv') and same_weights(run, whole)


@pytest.mark.slow
@pytest.mark.parametrize('backend', BACKENDS[1:])
def test_a_pipe_that_is_closed_with_several_workers(tmp_path, backend):
    read, write = os.pipe()
    os.close(read)
    try:
        done = train(tmp_path, '--backend', backend, '--workers', '2', *FLAGS + ['--episodes', '1000000000'], stdout=write)
    finally:
        os.close(write)
    assert done.returncode == 1 and 'Traceback' not in done.stderr
    assert done.stderr.splitlines()[-1].startswith('The output is closed (Broken pipe). What was learned')
    assert checkpoints.latest(run_in(tmp_path), resumable=True)


def test_what_others_write_there_goes_to_stderr(capfd):
    with Lines() as lines:
        os.write(1, b'a library\n')
        subprocess.check_call(['echo', 'a child'])
        print('python')
        lines.write(3, [('reward', 1.5), ('staleness', float('nan')), ('value', float('-inf'))])
    print('after')
    sys.stdout.flush()
    out, err = capfd.readouterr()
    assert out == ('{"metric": "reward", "value": 1.5, "step": 3}\n{"metric": "staleness", "value": null, "step": 3}\n'
                   '{"metric": "value", "value": null, "step": 3}\nafter\n')
    assert sorted(err.splitlines()) == ['a child', 'a library', 'python']


@pytest.mark.parametrize('flags, reason', [
    (['--seeds', '2'], 'tells of one agent'), (['--seeds', '2', '--jobs', '2'], '--seeds is 2'), (['--units', '0'], 'units is 0'),
    (['--resume', 'nowhere'], 'nowhere/config.json'), (['--metrics', 'xml'], "'xml'")])
def test_bad_input_leaves_stdout_empty(flags, reason, capfd):
    try:
        assert harlow.main(['train', '--metrics', 'json'] + flags) == 2
    except SystemExit as stop:
        assert stop.code == 2
    out, err = capfd.readouterr()
    assert out == '' and err.count('\n') == 1 and reason in err


def test_a_stdout_that_is_closed_is_said(tmp_path):
    done = subprocess.run(
        ['/bin/sh', '-c', 'exec "$0" "$@" >&-', sys.executable, SCRIPT, 'train', '--metrics', 'json'], cwd=str(tmp_path),
        stderr=subprocess.PIPE, universal_newlines=True, timeout=100)
    assert done.returncode == 2
    assert done.stderr == 'harlow.py train: --metrics json writes to stdout, which is closed: open it, or leave out --metrics.\n'
