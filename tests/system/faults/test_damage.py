"""Damage: bits that are flipped, files that are cut or gone, saves that were not finished. It is noticed, named, got round."""
import glob
import os
import shutil

import numpy as np
import pytest

import harlow
from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.config import ConfigError
from meta_rl.rundir.saving import checkpoints, digests
from meta_rl.rundir.saving.checkpoints import Checkpoints
from meta_rl.tf_compat import session_config, tf

from helpers.training import content, same_weights

ENDINGS = '.data-00000-of-00001', '.index', '.json'


def flip(path, bit):
    with open(path, 'r+b') as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def cut(path, size):
    with open(path, 'r+b') as file:
        file.truncate(size)


def part(run, count, ending):
    return os.path.join(str(run), 'checkpoints', 'model-%d%s' % (count, ending))


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
    """A run directory with the checkpoints 10, 20 and best, of 50 numbers."""
    folder = tmp_path_factory.mktemp('saved')
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        variable = tf.get_variable('weights', [50], tf.float32)
        saved = Checkpoints(str(folder), [variable], [])
        for count in (10, 20):
            variable.load(np.random.RandomState(count).standard_normal(50).astype(np.float32), session)
            saved.save(session, {'episodes': count, 'list': [.1, float('nan'), None, 'text'] * 20})
        saved.save_best(session, 3., 20)
        saved.save_quantile(session, 4)
    return folder


@pytest.fixture
def run(saved, tmp_path):
    return shutil.copytree(str(saved), str(tmp_path / 'run'))


@pytest.mark.parametrize('ending', ENDINGS)
def test_every_flipped_bit_is_noticed(run, ending):
    path = part(run, 20, ending)
    assert digests.flaw(part(run, 20, '')) is None
    bits = 8 * os.path.getsize(path)
    unnoticed = []
    for bit in np.random.RandomState(1).choice(bits, 150, replace=False).tolist():
        flip(path, bit)
        if digests.flaw(part(run, 20, '')) is None:
            with open(path, 'rb') as file:
                unnoticed.append((bit, file.read()[bit // 8]))
        flip(path, bit)
    # In JSON a space may become another character that means as little, and nothing is lost by that.
    assert [found for found in unnoticed if ending != '.json' or chr(found[1]) not in ' \n\t\r'] == []
    assert digests.flaw(part(run, 20, '')) is None  # it was put back


@pytest.mark.parametrize('ending', ENDINGS)
def test_a_flipped_bit_in_the_weights_of_a_seventh_is_named(run, ending):
    path, = checkpoints.quantiles(run)
    assert path == os.path.join(run, 'checkpoints', 'quantile-4')
    flip(path + ending, 300)
    with pytest.raises(ConfigError, match='quantile-4 is damaged .*: without it there is no learning set'):
        checkpoints.quantiles(run)


def test_what_was_measured_of_a_seventh_goes_with_it(run):
    for name in ('learning_set.csv', 'learning_set-held-out.csv', 'curve.csv'):
        open(os.path.join(run, name), 'w').close()
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        variable = tf.get_variable('weights', initializer=np.ones(50, np.float32))
        variable.load(np.ones(50, np.float32), session)
        Checkpoints(run, [variable], []).save_quantile(session, 4)
    assert sorted(name for name in os.listdir(run) if name.endswith('.csv')) == ['curve.csv']


@pytest.mark.parametrize('damage', [lambda path: flip(path, 300), lambda path: cut(path, 30), lambda path: cut(path, 0)],
                         ids=['flipped', 'cut', 'empty'])
@pytest.mark.parametrize('ending', ENDINGS)
@pytest.mark.parametrize('resumable', [True, False])
def test_the_one_before_is_used_and_the_damaged_one_named(run, ending, damage, resumable, capsys):
    damage(part(run, 20, ending))
    assert checkpoints.latest(run, resumable) == part(run, 10, '')
    said = capsys.readouterr().err
    assert said.count('\n') == 1 and part(run, 20, '') + ' is damaged' in said and 'using model-10' in said


@pytest.mark.parametrize('ending', ENDINGS)
def test_files_that_are_gone(run, ending, capsys):
    os.remove(part(run, 20, ending))
    assert checkpoints.latest(run, resumable=True) == part(run, 10, '')
    assert ('model-20 is damaged' in capsys.readouterr().err) == (ending != '.index')  # without it there is no sign of it


def test_weights_without_a_state_can_be_measured(run, capsys):
    for count in (10, 20):
        os.remove(part(run, count, '.json'))
    assert checkpoints.latest(run) == part(run, 20, '') and not capsys.readouterr().err
    with pytest.raises(ConfigError, match='no checkpoint that is whole.*not finished'):
        checkpoints.latest(run, resumable=True)
    flip(part(run, 20, ENDINGS[0]), 500)  # now TensorFlow's own checksums are all there is
    assert checkpoints.latest(run) == part(run, 10, '')


def test_a_checkpoint_of_a_time_without_seals_is_taken(run):
    digests.write_json(part(run, 20, '.json'), digests.read(part(run, 20, '')))
    assert checkpoints.latest(run, resumable=True) == part(run, 20, '')
    flip(part(run, 20, ENDINGS[0]), 500)
    assert checkpoints.latest(run, resumable=True) == part(run, 10, '')


def test_files_of_two_checkpoints_do_not_pass_for_one(run):
    for ending in ENDINGS[:2]:
        shutil.copy(part(run, 10, ending), part(run, 20, ending))
    assert checkpoints.latest(run, resumable=True) == part(run, 10, '')


def test_a_damaged_best_gives_way_to_the_newest(run, capsys):
    best = os.path.join(run, 'checkpoints', 'best')
    assert checkpoints.best(run) == best
    flip(best + ENDINGS[0], 77)
    assert checkpoints.best(run) == part(run, 20, '')
    assert best + ' is damaged' in capsys.readouterr().err


def test_where_all_are_damaged_one_sentence_says_so(run):
    for count in (10, 20):
        cut(part(run, count, '.index'), 7)
    with pytest.raises(ConfigError, match=r'no checkpoint that is whole; the newest, model-20, is damaged \(model-20.index is not'):
        checkpoints.latest(run)


@pytest.mark.parametrize('ending', [ENDINGS[0]] + [pytest.param(ending, marks=pytest.mark.slow) for ending in ENDINGS[1:]])
def test_training_goes_on_from_the_one_before_as_if_nothing_had_been(whole, tmp_path, ending, capsys):
    run = shutil.copytree(whole[0], str(tmp_path / 'copy'))
    flip(part(run, 1152, ending), 2000)
    with open(part(run, 1152, '.data-00000-of-00001.tempstate1'), 'w'):
        pass  # as kill -9 leaves it
    training.run(config_module.load(os.path.join(run, 'config.json')), run)
    assert 'model-1152 is damaged' in capsys.readouterr().err
    assert content(run, 'curve.csv') == content(whole[0], 'curve.csv') and same_weights(run, whole[0])
    assert sorted(os.path.basename(path) for path in glob.glob(os.path.join(run, 'checkpoints', '*1152*'))) == sorted(
        [name + ending for name in ('damaged-1152', 'model-1152') for ending in ENDINGS])
    assert checkpoints.latest(run, resumable=True) == part(run, 1152, '')


def test_evaluate_uses_the_one_before(whole, tmp_path, capsys):
    run = shutil.copytree(whole[0], str(tmp_path / 'copy'))
    flip(part(run, 1152, ENDINGS[0]), 2000)
    assert harlow.main(['evaluate', run, '--episodes', '4']) == 0
    out, err = capsys.readouterr()
    assert 'model-1024 of' in out and 'model-1152 is damaged' in err and 'Traceback' not in err
    assert evaluation.evaluate(run, 2, which='best')['checkpoint'] == 'best'
    assert os.path.exists(part(run, 1152, '.json'))  # measuring changes nothing


def test_a_row_that_a_crash_cut_is_dropped(whole, tmp_path):
    run = shutil.copytree(whole[0], str(tmp_path / 'copy'))
    for path in glob.glob(part(run, 1152, '*')):
        os.remove(path)
    with open(os.path.join(run, 'curve.csv'), 'a') as file:
        file.write('12,3.')  # of "1248,3.1...": taken at its word it would be a row of episode 12
    training.run(config_module.load(os.path.join(run, 'config.json')), run)
    assert content(run, 'curve.csv') == content(whole[0], 'curve.csv')
