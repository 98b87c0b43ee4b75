"""Machines that are not one's own: a run directory on any path, and the files that say how to start there."""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import pytest

import harlow
from meta_rl import config as config_module
from meta_rl import training
from meta_rl.rundir.curve import read_curve

from helpers.labs import TESTS
from helpers.programs.runs import TINY

ROOT = os.path.dirname(TESTS)
FLAGS = TINY + ['--episodes', '64', '--log-every', '32', '--checkpoint-every', '32']


def read(name):
    with open(os.path.join(ROOT, name)) as file:
        return file.read()


def command_of(words):
    """What harlow.py makes of `python harlow.py ...`, a list of words. Fails where it is none."""
    assert os.path.basename(words[0]).startswith('python') and os.path.basename(words[1]) == 'harlow.py'
    return harlow.make_parser().parse_args(words[2:])


# ---- --logdir ----

@pytest.fixture
def elsewhere():
    """A folder on another file system than the tests'."""
    if not os.access('/dev/shm', os.W_OK):
        pytest.skip('there is no /dev/shm to write to')
    folder = tempfile.mkdtemp(dir='/dev/shm')
    yield folder
    shutil.rmtree(folder)


def goes_on(capsys, logdir):
    """Trains into `logdir`, and does what the last lines say, as a shell would read them. Returns the run directory."""
    assert harlow.main(['train', '--logdir', logdir] + FLAGS) == 0
    advice = capsys.readouterr().out.splitlines()[-1]
    words = shlex.split(advice.split(': ', 1)[1])
    args = command_of(words)
    assert (args.command, len(words)) == ('evaluate', 4) and os.path.isdir(args.run)
    assert harlow.main(['train', '--resume', args.run, '--episodes', '96']) == 0
    assert read_curve(os.path.join(args.run, 'curve.csv'))['episodes'].tolist() == [32, 64, 96]
    assert harlow.main(words[2:] + ['--episodes', '4']) == 0
    assert {'curve.csv', 'config.json', 'checkpoints', 'reward_curve.png'} < set(os.listdir(args.run))
    return args.run


@pytest.mark.slow
@pytest.mark.parametrize('logdir', [
    'with a space', "a 'quoted' \"path\"", 'Gr\xf6\xdfe-\u65e5\u672c', 'a*?b{c}]d[', '../beside/runs', 'deep/er/still/', './', '$HOME',
    '-dash', '%d%s'])
def test_any_path(tmp_path, monkeypatch, capsys, logdir):
    try:
        os.fsencode(logdir)
    except UnicodeError:
        pytest.skip('this locale has no such names')
    (tmp_path / 'here').mkdir()
    monkeypatch.chdir(tmp_path / 'here')
    run = goes_on(capsys, './' + logdir if logdir.startswith('-') else logdir)
    assert os.path.realpath(run).startswith(os.path.realpath(str(tmp_path)) + os.sep)


@pytest.mark.slow
@pytest.mark.parametrize('name', ['a[b]', 'a\\b'])
def test_a_path_that_tensorflow_takes_for_a_pattern(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    assert harlow.main(['train', '--logdir', name] + FLAGS) == 2
    said = capsys.readouterr().err
    assert said.count('\n') == 1 and name in said and 'choose another --logdir' in said and not os.path.exists(name)
    assert harlow.main(['train'] + FLAGS) == 0
    run, = os.listdir('runs')
    os.rename('runs', name)
    for arguments in (['evaluate', os.path.join(name, run)], ['train', '--resume', os.path.join(name, run)]):
        assert harlow.main(arguments) == 2
        said = capsys.readouterr().err
        assert said.count('\n') == 1 and 'rename the folder' in said


@pytest.mark.slow
def test_a_mounted_path(tmp_path, monkeypatch, capsys, elsewhere):
    monkeypatch.chdir(tmp_path)
    assert os.path.dirname(goes_on(capsys, os.path.join(elsewhere, 'new'))) == os.path.join(elsewhere, 'new')
    os.symlink(elsewhere, 'link')
    assert os.path.dirname(goes_on(capsys, 'link')) == 'link' and len(os.listdir(elsewhere)) == 2


@pytest.mark.slow
def test_home(tmp_path, monkeypatch, capsys):
    """bash leaves the ~ of --logdir=~/runs alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    assert harlow.main(['train', '--logdir=~/runs'] + FLAGS) == 0
    run, = os.listdir(str(tmp_path / 'home' / 'runs'))
    assert config_module.load(str(tmp_path / 'home' / 'runs' / run / 'config.json')).logdir == str(tmp_path / 'home' / 'runs')
    assert harlow.main(['train', '--resume=~/runs/' + run, '--episodes', '96']) == 0
    assert not os.path.exists('~')


def test_how_to_go_on_can_be_pasted(monkeypatch, capsys):
    for run in ("a 'quoted' run", 'with a space/run', '$(date)', 'plain/run'):
        monkeypatch.setattr(training, 'run', lambda *_: (_ for _ in ()).throw(training.Interrupted(run)))
        assert harlow.main(['train']) == 130
        assert command_of(shlex.split(capsys.readouterr().out.split('To go on: ')[1])).resume == run


# ---- Dockerfile, floyd.yml ----

def instructions():
    """[(instruction, its text)] of the Dockerfile, comments left out. (No line of it goes on in the next.)"""
    lines = [line for line in read('Dockerfile').splitlines() if line and not line.startswith('#')]
    assert not any(line.endswith('\\') for line in lines)
    return [tuple(line.split(None, 1)) for line in lines]


def texts(name):
    return [text for instruction, text in instructions() if instruction == name]


def test_the_image_has_a_python_that_the_requirements_know():
    image, = texts('FROM')
    version = re.match(r'python:(3\.\d+)-slim$', image).group(1)
    assert version in re.search(r'^versions := (.*)', read('Makefile'), re.M).group(1).split()
    install, = [text for text in texts('RUN') if 'pip' in text]
    assert shlex.split(install)[:2] == ['pip', 'install'] and install.endswith('-r requirements.txt')
    assert texts('COPY')[0].split() == ['requirements.txt', './']  # before the code, so that a change of it installs nothing anew
    assert texts('USER') == ['1000']


@pytest.mark.slow
def test_what_is_copied_is_all_that_training_needs(tmp_path):
    """The steps of the Dockerfile by hand, but for the installing, with its command."""
    image, place = tmp_path / 'image', None
    for instruction, text in instructions():
        if instruction == 'WORKDIR':
            place = str(image) + text
            os.makedirs(place, exist_ok=True)
        elif instruction == 'COPY':
            source, target = text.split()
            source, target = os.path.join(ROOT, source), os.path.join(place, target)
            if os.path.isdir(source):
                shutil.copytree(source, target, ignore=shutil.ignore_patterns('__pycache__'))
            else:
                shutil.copy(source, target)
    entry, = map(json.loads, texts('ENTRYPOINT'))
    command, = map(json.loads, texts('CMD'))
    assert command_of(entry + command).command == 'train' and texts('VOLUME') == [place[len(str(image)):]]
    example, = re.findall(r'docker run .* harlow (.*)', read('Dockerfile'))
    assert command_of(entry + example.split()).metrics == 'json'
    done = subprocess.run([sys.executable, str(image) + entry[1]] + command + FLAGS, cwd=place, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=300)
    assert done.returncode == 0 and 'Done in' in done.stdout, done.stdout
    assert sorted(os.listdir(place)) == ['images', 'runs']  # in the volume


def test_floyd():
    text = read('floyd.yml')
    top = dict(re.findall(r'^(\w+): ([^#\n]*[^#\s])', text, re.M))
    assert sorted(top) == ['command', 'description', 'env', 'machine', 'max_runtime']
    assert (top['env'], top['machine']) == ('tensorflow-1.12', 'cpu') and 'tensorflow==1.12.0 ' in read('requirements.txt')
    args = command_of(top['command'].split())
    assert (args.command, args.logdir, args.metrics) == ('train', '/output', 'json')
    others = re.findall(r'^    command: (.*)', text, re.M)
    assert others == ['python -m pytest ' + os.path.basename(TESTS)]


def test_floyd_is_yaml():
    yaml = pytest.importorskip('yaml')
    made = yaml.safe_load(read('floyd.yml'))
    assert set(made) == {'env', 'machine', 'description', 'max_runtime', 'command', 'task'} and made['max_runtime'] == 86400
    assert {name for task in made['task'].values() for name in task} <= {'machine', 'env', 'description', 'command', 'input', 'mode'}
