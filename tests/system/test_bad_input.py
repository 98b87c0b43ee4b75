"""Bad input, by a table: exit status 2, one sentence that names what is wrong, no traceback, and all is as it was."""
import glob
import os
import pickle
import shutil
import socket
import zipfile

import numpy as np
import pytest
from PIL import Image

from meta_rl import config as config_module
from meta_rl.rundir.saving import digests

from helpers.bad_input import CLUSTERS, config_cases, flag_cases, state_cases
from helpers.programs.commands import TINY, run_main
from helpers.training import small_run


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A folder with a finished run, RUN, and much that is wrong."""
    folder = tmp_path_factory.mktemp('bad')
    small_run(folder, 'RUN')
    for name in ('empty', 'few', 'closed'):
        (folder / name).mkdir()
    (folder / 'file').write_text('')
    (folder / 'closed' / 'x').write_text('')
    Image.new('RGB', (9, 9), (1, 2, 3)).save(str(folder / 'few' / '1.png'))
    taken = socket.socket()
    taken.bind(('127.0.0.1', 0))
    taken.listen(1)
    for name, address in (('taken', '127.0.0.1:%d' % taken.getsockname()[1]), ('strange', '192.0.2.1:2222'),
                          ('cluster', '127.0.0.1:2222'), ('unknown', 'no.such.host.invalid:2222'), ('dots', '127.0.0..1:2222')):
        (folder / (name + '.json')).write_text(f'{{"ps": ["{address}"], "worker": ["y"]}}')
    yield folder
    taken.close()


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def refused(capsys, arguments, named, status=2):
    """Holds one case to what the table promises."""
    before = {name: os.stat(name).st_mtime_ns for name in glob.glob('RUN/**', recursive=True)}
    runs = sorted(os.listdir('runs'))
    try:
        found = run_main(*arguments)
    except Exception as error:
        pytest.fail(f'{arguments}: {error!r}')
    out, err = capsys.readouterr()
    err = ''.join(line for line in err.splitlines(True) if line.startswith('harlow.py') or ' is damaged (' not in line)
    assert found == status, (arguments, found, err)
    assert err.startswith('harlow.py') and err.endswith('\n') and err.count('\n') == 1, (arguments, err)
    either = named, '--' + named.replace('_', '-'), named.lstrip('-').replace('-', '_')  # a setting, or its flag
    assert any(name in err for name in either), (arguments, err)
    assert 'Traceback' not in out + err and len(err) < 1000, (arguments, err)
    assert {name: os.stat(name).st_mtime_ns for name in glob.glob('RUN/**', recursive=True)} == before
    assert sorted(os.listdir('runs')) == runs


def copy_of_run(name='copy'):
    shutil.rmtree(name, ignore_errors=True)
    return shutil.copytree('RUN', name)


@pytest.mark.parametrize('command', ['train', 'evaluate', 'plot', 'figures', 'bench'])
def test_flags(here, capsys, command):
    cases = [case for case in flag_cases() if case[0][0] == command]
    for arguments, named in cases:
        refused(capsys, arguments, named)
    assert len(cases) >= {'train': 200, 'evaluate': 15, 'plot': 7, 'figures': 1, 'bench': 3}[command]


@pytest.mark.slow
def test_config_json(here, capsys):
    copy, count = copy_of_run(), 0
    for text, named in config_cases():
        with open(os.path.join(copy, 'config.json'), 'wb') as file:
            file.write(text.encode('utf-8', 'surrogatepass'))
        for arguments in (['train', '--resume', copy], ['evaluate', copy]):
            refused(capsys, arguments, named)
            count += 1
    assert count >= 400


def test_cluster_files(here, capsys):
    for text in CLUSTERS:
        with open('wrong.json', 'wb') as file:
            file.write(text.encode('utf-8'))
        for job in ('ps', 'worker'):
            refused(capsys, ['train', '--cluster', 'wrong.json', '--job', job], 'wrong.json')


def test_states_beside_a_checkpoint(here, capsys):
    copy, count = copy_of_run(), 0
    path = os.path.join(copy, 'checkpoints', 'model-64')
    for state in state_cases(digests.read(path)):
        digests.write(path, state)
        refused(capsys, ['train', '--resume', copy], 'model-64.json')
        count += 1
    assert count >= 55


@pytest.mark.slow
def test_checkpoints_of_another_shape(here, capsys):
    for settings in ({'units': 5}, {'embedding': 5}, {'second_units': 3}, {'image_count': 4}, {'optimizer': 'rmsprop'},
                     {'prev_reward': False}, {'observation': 'crops'}):
        copy = copy_of_run()
        config_module.load('RUN/config.json').change(**settings).save(os.path.join(copy, 'config.json'))
        reason = 'image_count is 4' if 'image_count' in settings else 'model-64 cannot be restored'
        refused(capsys, ['train', '--resume', copy], reason)
        if 'optimizer' not in settings:
            refused(capsys, ['evaluate', copy], reason)


def test_tables_of_a_run_that_are_none(here, capsys):
    with open('RUN/curve.csv') as file:
        header, row = file.read().splitlines()[:2]
    for text in ('', header, 'x', '\0\1', 'episodes\n3', header + '\n' + row.replace(',', ';'), header + '\n' + row[:-30],
                 header + '\n' + row.replace(',', ',x', 1)):
        copy = copy_of_run()
        with open(os.path.join(copy, 'curve.csv'), 'w') as file:
            file.write(text + '\n')
        refused(capsys, ['plot', copy, '-o', 'x.png'], 'curve.csv')
    copy = copy_of_run()
    for text in ('', 'x', '1,2,3'):
        with open(os.path.join(copy, 'learning_set.csv'), 'w') as file:
            file.write(text + '\n')
        assert run_main('plot', copy, '-o', 'x.png') == 0  # the curve is drawn all the same
        assert 'No learning set for harlow42: {}'.format(os.path.join(copy, 'learning_set.csv')) in capsys.readouterr().out


# ---- nothing in a run directory or a folder of pictures is run ----

class Bomb:
    def __reduce__(self):
        return open, ('exploded', 'w')


def test_no_pickle_is_loaded_and_nothing_is_run(here, capsys, monkeypatch):
    bomb, copy = pickle.dumps(Bomb()), copy_of_run()
    for name in ('load', 'loads', 'Unpickler'):
        monkeypatch.setattr(pickle, name, lambda *_, **__: pytest.fail('a pickle was read'))
    monkeypatch.setattr(np, 'load', lambda *_, **__: pytest.fail('a file of NumPy was read'))
    folder = os.path.join(copy, 'checkpoints')
    names = ['config.pickle', 'checkpoints/checkpoint', 'checkpoints/model-64.meta', 'checkpoints/model-64.pkl', 'lab.npy',
             'levels', 'sitecustomize.py', 'checkpoints/model-96.json']
    for name in names:
        with open(os.path.join(copy, name), 'wb') as file:
            file.write(b'open("exploded", "w")\n' if name.endswith('.py') else bomb)
    assert run_main('evaluate', copy, '--episodes', '4') == 0
    assert run_main('train', '--resume', copy, '--episodes', '80') == 0
    for name in ('model-80.index', 'model-80.data-00000-of-00001', 'model-80.json', 'model-64.json', 'model-64.index'):
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(bomb)
    capsys.readouterr()
    refused(capsys, ['evaluate', copy], 'no checkpoint that is whole')
    refused(capsys, ['train', '--resume', copy], 'no checkpoint that is whole')
    os.makedirs('hostile', exist_ok=True)
    for number, content in enumerate((bomb, b'\x89PNG\r\n\x1a\n' + bomb, bomb)):
        with open('hostile/%d.png' % number, 'wb') as file:
            file.write(content)
    with zipfile.ZipFile('hostile/a.png', 'w') as file:
        file.writestr('a.npy', bomb)
    refused(capsys, ['train'] + TINY + ['--images', 'hostile'], 'hostile')
    assert not os.path.exists('exploded')
