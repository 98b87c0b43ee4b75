"""`harlow.py analyse`: what it writes and prints, of small runs; what cannot be analysed is said in a sentence."""
import csv
import json
import os

import numpy as np
import pytest
from PIL import Image

pytest.importorskip('sklearn', reason='scikit-learn is not installed: requirements/analysis.txt')

from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.analysis import everything
from meta_rl.analysis.moments import Gathered
from meta_rl.config import ConfigError

from helpers.programs.commands import run_main

TABLES = 'components', 'decoders', 'explained-variance', 'learning-set', 'lesions', 'stays'
FIGURES = 'components', 'decoders', 'learning-set', 'lesions'
SMALL = dict(log_every=32, batch=8, image_count=3, width=32, height=32, units=4, embedding=4)


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    """Run directories of an agent that is given numbers of images, of one that sees them, and of one of another task."""
    folder = tmp_path_factory.mktemp('analyse')
    places = dict(logdir=str(folder / 'runs'), image_cache=str(folder / 'images'))
    return [training.run(config_module.from_preset('harlow42', episodes=64, **dict(SMALL, **places)))[0],
            training.run(config_module.from_preset('pixels', episodes=64, held_out_count=4, **dict(SMALL, **places)))[0],
            training.run(config_module.from_preset('bandit-easy', episodes=64, log_every=32, batch=8, units=4,
                                                   logdir=places['logdir']))[0]]


def rows_of(path):
    with open(str(path), newline='') as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_runs_side_by_side(runs, tmp_path, capsys):
    folder, person = tmp_path / 'out', tmp_path / 'mine.csv'
    person.write_text('policy,episode,trial,choice,correct,reaction_time\n' + ''.join(
        f'person,{episode},{trial},left,{int(trial > 1)},.4\n' for episode in range(3) for trial in range(1, 7)))
    assert run_main('analyse', *runs[:2], '-o', str(folder), '--episodes', '60', '--seed', '5', '--quiet',
                    '--person', str(person), '--json', str(tmp_path / 'all.json')) == 0
    out = capsys.readouterr().out
    assert sorted(os.listdir(str(folder))) == sorted(
        [name + '.csv' for name in TABLES + ('person', 'person-stays')] + [name + '.png' for name in FIGURES + ('person',)])
    for name in FIGURES + ('person',):
        with Image.open(str(folder / (name + '.png'))) as picture:
            assert picture.size[0] > 900 and np.asarray(picture.convert('L')).min() < 100
    assert [line for line in out.splitlines() if len(line) > 80 and os.sep not in line] == []
    for images in ('held-out', 'training'):
        assert f'60 episodes with frozen weights and {images} images' in out
    reports = [evaluation.evaluate(run, 60, seed=5, images=images) for run, images in zip(runs, ('training', 'held-out'))]
    lesions = rows_of(folder / 'lesions.csv')
    for run, report in zip(runs, reports):
        own = [row for row in lesions if row['run'] == os.path.basename(run)]
        intact = [row for row in own if row['lesion'] == 'intact']
        assert [float(row['fraction']) for row in intact] == pytest.approx(report['per_trial'], abs=1e-5)
        intervals = np.array([[float(row['low']), float(row['high'])] for row in intact])
        assert intervals == pytest.approx(np.array(report['per_trial_ci95']), abs=1e-5)
        assert [row['lesion'] for row in own[::6]] == ['intact', 'no image', 'no reward', 'no action', 'no time', 'memory reset']
    decoders = rows_of(folder / 'decoders.csv')
    assert {row['read'] for row in decoders} == {'good image', 'good side', 'choice', 'last outcome'}
    assert {row['moment'] for row in decoders} == {'choice'} and {row['episodes'] for row in decoders} == {'60'}
    with open(str(tmp_path / 'all.json')) as file:
        known = json.load(file)
    assert [part['run'] for part in known] == runs[:2] and set(known[0]['tables']) == set(TABLES) | {'person', 'person-stays'}
    assert known[1]['tables']['lesions'][0]['fraction'] == pytest.approx(reports[1]['per_trial'][0])
    assert [row['person_fraction'] for row in known[0]['tables']['person']] == [0, 1, 1, 1, 1, 1]


@pytest.mark.slow
def test_each_in_its_own_folder(runs, capsys):
    assert run_main('analyse', runs[0], '--episodes', '40', '--quiet') == 0
    folder = os.path.join(runs[0], 'analysis')
    assert sorted(os.listdir(folder)) == sorted([name + '.csv' for name in TABLES] + [name + '.png' for name in FIGURES])
    assert os.path.join(folder, 'decoders.png') in capsys.readouterr().out.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize('arguments, reason', [
    ('{bandit}', "the environment 'bandit'"), ('{one} {bandit}', "the environment 'bandit'"), ('nowhere', 'nowhere/config.json'),
    ('{one} --episodes 39', '--episodes is 39'), ('{one} --episodes 0', '--episodes is 0'), ('{one} --seed -1', '--seed is -1'),
    ('{one} -o file', 'file cannot be written'), ('{one} --json no/x.json', 'no/x.json cannot be written'),
    ('{one} --person nowhere.csv', 'nowhere.csv'), ('{one} --person file', 'file is no table of trials'), ('', 'RUN'),
    ('{one} --images elsewhere', "--images is 'elsewhere'"), ('{one} ' * 7 + '-o out', 'at most 6')])
def test_what_cannot_be_analysed(runs, tmp_path, monkeypatch, capsys, arguments, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'file').write_text('x\n')
    assert run_main(*['analyse'] + arguments.format(one=runs[0], bandit=runs[2]).split()) == 2
    err = capsys.readouterr().err
    assert err.count('\n') == 1 and reason in err
    assert sorted(os.listdir('.')) == ['file'] and (tmp_path / 'file').read_text() == 'x\n'


def test_a_package_that_is_missing(monkeypatch):
    monkeypatch.setattr(everything, 'PACKAGES', (('sklearn', 'scikit-learn'), ('no_such_module', 'A-package')))
    with pytest.raises(ConfigError, match=r'A-package is not installed .*pip install -r .*analysis.txt'):
        everything.check(['nowhere'], None, 1000)


def test_an_agent_that_hardly_ever_comes_to_a_choice():
    correct = np.full((50, 6), -1)
    correct[:40, 0] = 1
    gathered = Gathered(*[None] * 7, apart=True)
    everything.check_decided('x', gathered._replace(correct=correct))
    correct[0, 0] = -1
    with pytest.raises(ConfigError, match='x came to a choice in 39 of 50 episodes'):
        everything.check_decided('x', gathered._replace(correct=correct))


def test_names_of_runs():
    assert everything.names_of(['a/x', 'b/y/']) == ['x', 'y']
    assert everything.names_of(['a/x', 'b/x', 'b/z']) == ['a/x', 'b/x', 'z']
