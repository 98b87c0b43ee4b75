"""Where a lab's images are when its config does not say so, and its temporary folder."""
import copy
import gc
import os
import pickle
import stat
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from meta_rl import psychlab
from meta_rl.psychlab import folders

from helpers.labs import act, make_lab

LEVEL = 'contributed/psychlab/harlow'
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    monkeypatch.delenv(folders.VARIABLE, raising=False)
    yield
    psychlab.set_dataset_path(None)


def images(folder, count):
    folder.mkdir()
    for number in range(1, count + 1):
        Image.new('RGB', (256, 256), (number, 50, 60)).save(str(folder / ('%04d.png' % number)))
    return str(folder)


def ids(count=40, **config):
    lab, seen = psychlab.Lab(LEVEL, [], config), set()
    for seed in range(count):
        lab.reset(seed=seed)
        seen.update(lab._task.setup[:2])
    return seen


def test_images_come_from_the_environment_then_from_the_module(tmp_path, monkeypatch):
    five, three = images(tmp_path / 'five', 5), images(tmp_path / 'three', 3)
    psychlab.set_dataset_path(three)
    assert ids() == ids(datasetPath='') == {1, 2, 3}
    monkeypatch.setenv('META_RL_DATASET_PATH', five)
    assert ids() == {1, 2, 3, 4, 5}
    assert ids(trainBatch='4') == {1, 2, 3, 4}  # no more than there are, but fewer if that is said
    assert ids(trainBatch='3', isTrain='false') == {4, 5}
    assert max(ids(datasetPath='dummy')) > 5  # what is given comes first
    monkeypatch.setenv('META_RL_DATASET_PATH', '')
    assert ids() == {1, 2, 3}
    psychlab.set_dataset_path('dummy')
    assert max(ids()) > 500


def test_what_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv('META_RL_DATASET_PATH', str(tmp_path))
    with pytest.raises(RuntimeError, match='has no 0001.png: \n Follow instructions') as error:
        psychlab.Lab(LEVEL, []).reset()
    assert str(tmp_path) in str(error.value)
    monkeypatch.setenv('META_RL_DATASET_PATH', images(tmp_path / 'one', 1))
    with pytest.raises(RuntimeError, match='an episode needs 2 images, trainBatch is 1'):
        psychlab.Lab(LEVEL, []).reset()
    with pytest.raises(RuntimeError, match='an episode needs 2 images, testBatch is 0'):
        psychlab.Lab(LEVEL, [], {'isTrain': 'false'}).reset()


def test_with_nothing_at_all_the_real_error():
    psychlab.set_dataset_path('')
    for config in ({}, {'datasetPath': ''}):
        with pytest.raises(RuntimeError) as error:
            psychlab.Lab(LEVEL, [], config).reset()
        assert str(error.value) == (
            'Failed to start environment - "datasetPath is not set: \n Follow instructions to download datasets here: \n '
            '"data/brady_konkle_oliva2008/README.md"\n and update DATASET_PATH to point the data folder."')
    with pytest.raises(TypeError, match='argument 1 must be str, not int'):
        psychlab.set_dataset_path(3)


def test_the_drawn_images_are_what_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert max(ids(60)) <= 42
    folder = tmp_path / 'meta_rl' / 'images' / 'drawn-42-seed0'
    assert sorted(os.listdir(str(folder))) == ['%04d.png' % number for number in range(1, 43)]
    before = os.stat(str(folder / '0001.png')).st_mtime_ns
    assert ids(2) and os.stat(str(folder / '0001.png')).st_mtime_ns == before  # drawn once


def test_drawn_images_that_cannot_be_had(tmp_path, monkeypatch):
    (tmp_path / 'meta_rl').write_text('in the way')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    with pytest.raises(RuntimeError, match='the drawn images cannot be had .*Error'):
        psychlab.Lab(LEVEL, []).reset()


# -- The temporary folder ----------------------------------------------------------------------------------------------

def made_in(folder):
    return sorted(name for name in os.listdir(str(folder)) if name.startswith('dmlab_temp_folder_'))


@pytest.fixture
def parent(tmp_path, monkeypatch):
    monkeypatch.setenv('TEST_TMPDIR', str(tmp_path))
    return tmp_path


def test_a_lab_has_a_folder_while_it_lives(parent):
    lab = make_lab()
    name, = made_in(parent)
    path = parent / name
    assert len(name) == len('dmlab_temp_folder_') + 6 and stat.S_IMODE(os.stat(str(path)).st_mode) == 0o700
    assert os.listdir(str(path)) == []
    lab.reset()
    lab.reset()
    assert os.listdir(str(path)) == ['qkey'] and os.stat(str(path / 'qkey')).st_size == 2048
    lab.close()
    assert made_in(parent) == [] and lab.close() is False
    other = make_lab()
    assert len(made_in(parent)) == 1
    del other
    gc.collect()
    assert made_in(parent) == []


def test_where_it_is(tmp_path, monkeypatch):
    for name in ('test', 'plain'):
        (tmp_path / name).mkdir()
    monkeypatch.setenv('TMPDIR', str(tmp_path / 'plain'))
    monkeypatch.delenv('TEST_TMPDIR', raising=False)
    labs = [make_lab()]
    monkeypatch.setenv('TEST_TMPDIR', str(tmp_path / 'test'))
    labs += [make_lab(), make_lab()]
    assert [len(made_in(tmp_path / name)) for name in ('plain', 'test')] == [1, 2]
    monkeypatch.setenv('TEST_TMPDIR', str(tmp_path / 'nowhere'))
    labs.append(make_lab())
    assert labs[-1].reset()  # nothing in it is needed


def test_copies_have_folders_of_their_own(parent):
    lab = make_lab()
    lab.reset()
    twins = [copy.deepcopy(lab), pickle.loads(pickle.dumps(lab))]
    assert len(made_in(parent)) == 3
    twins[0].close()
    assert len(made_in(parent)) == 2 and lab.step(act()) == twins[1].step(act())


def test_a_given_folder_is_made_at_the_first_reset_and_stays(tmp_path, parent):
    path = tmp_path / 'a' / 'b'
    lab = psychlab.Lab(LEVEL, [], {'datasetPath': 'dummy'}, temp_folder=str(path))
    assert not path.exists() and made_in(parent) == []
    lab.reset()
    assert os.listdir(str(path)) == ['qkey']
    lab.close()
    assert os.listdir(str(path)) == ['qkey']


def test_a_given_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    path = str(tmp_path / 'file' / 'folder')
    lab = psychlab.Lab(LEVEL, [], {'datasetPath': 'dummy'}, temp_folder=path)
    with pytest.raises(RuntimeError) as error:
        lab.reset()
    assert path in str(error.value) and not lab.is_running()


ENDS = '''
import os, sys
sys.path.insert(0, {root!r})
from meta_rl import psychlab
lab = psychlab.Lab({level!r}, [], dict(datasetPath='dummy'))
lab.reset()
if sys.argv[1] == 'fork' and os.fork() == 0:
    sys.exit()
if sys.argv[1] == 'fork':
    os.wait()
    print(len(os.listdir(os.environ['TEST_TMPDIR'])))
'''


@pytest.mark.parametrize('how', ['end', 'fork'])
def test_a_process_that_ends_takes_its_folders_with_it_but_not_those_of_its_parent(how, parent):
    script = ENDS.format(root=ROOT, level=LEVEL)
    said = subprocess.check_output([sys.executable, '-c', script, how]).decode()
    assert said == ('1\n' if how == 'fork' else '') and made_in(parent) == []


def test_a_level_cache_is_never_asked():
    class Cache:
        def fetch(self, key, path):
            raise AssertionError('asked')
        write = fetch
    lab = psychlab.Lab(LEVEL, ['RGB'], {'datasetPath': 'dummy', 'width': '8', 'height': '8'}, level_cache=Cache())
    lab.reset()
    assert lab.observations()['RGB'].shape == (3, 8, 8) and lab.step(np.zeros(7, np.intc)) == 0
