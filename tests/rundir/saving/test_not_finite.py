"""Numbers that are none: the run stops at that update and says where, and no such weights are ever kept."""
import os

import numpy as np
import pytest

import harlow
from meta_rl import config as config_module
from meta_rl import training
from meta_rl.rundir.saving import checkpoints, digests
from meta_rl.tf_compat import session_config, tf
from meta_rl.worker import Worker

from helpers.training import all_finite


def poison(monkeypatch, after, reward=float('nan'), number=0):
    """Has worker `number` be paid `reward` once so many episodes are played: the gradients are really spoilt by it."""
    def unroll(self, experience, episodes=0, unroll=Worker.unroll, played=[0]):
        played[0] += self.number == number
        if self.number == number and played[0] * len(self.envs) > after:
            experience.rewards[2] = reward
        return unroll(self, experience, episodes)
    monkeypatch.setattr(Worker, 'unroll', unroll)


@pytest.mark.parametrize('reward', [float('nan')] + [pytest.param(reward, marks=pytest.mark.slow) for reward in (float('inf'), 3e38)])
def test_the_worker_the_update_and_the_last_good_checkpoint_are_named(tiny, monkeypatch, reward):
    poison(monkeypatch, 320, reward)
    with pytest.raises(training.Interrupted) as caught:
        training.run(tiny(checkpoint_every=128, log_every=32))
    run, reason = caught.value.run, caught.value.reason
    good = os.path.join(run, 'checkpoints', 'model-256')
    assert reason.startswith('Training has come apart at update 11, of worker 0: ') and good + '.' in reason
    assert 'is nan' in reason or 'is inf' in reason
    assert not caught.value.resumable and checkpoints.latest(run, resumable=True) == good and all_finite(run)


def test_at_an_update_that_is_due_to_be_saved_nothing_is(tiny, monkeypatch):
    poison(monkeypatch, 224)
    with pytest.raises(training.Interrupted) as caught:
        training.run(tiny(checkpoint_every=128))
    assert 'update 8, of worker 0' in caught.value.reason
    assert checkpoints.latest(caught.value.run).endswith('model-128') and all_finite(caught.value.run)


def test_the_first_update(tiny, monkeypatch):
    poison(monkeypatch, 0)
    with pytest.raises(training.Interrupted, match='update 1, of worker 0.*the last good checkpoint is none'):
        training.run(tiny(checkpoint_every=32))


def test_the_other_worker_saves_nothing_of_it_either(tiny, monkeypatch):
    poison(monkeypatch, 96, number=1)
    with pytest.raises(training.Interrupted, match='Training has come apart at update [0-9]+, of worker [01]: ') as caught:
        training.run(tiny(workers=2, batch=8, checkpoint_every=8, log_every=8))
    assert all_finite(caught.value.run) >= 5
    assert checkpoints.latest(caught.value.run, resumable=True)


@pytest.mark.parametrize('save', ['save', 'best', 'quantile'])
def test_weights_that_are_spoilt_before_anyone_has_seen_it_are_not_kept(tmp_path, save):
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        variable = tf.get_variable('weights', [3], tf.float32)
        variable.load(np.ones(3, np.float32), session)
        saved = checkpoints.Checkpoints(str(tmp_path), [variable], [])
        saved.save(session, {'episodes': 1})
        variable.load(np.float32([1, np.nan, 1]), session)
        with pytest.raises(checkpoints.NotFinite, match='weights is not finite'):
            {'save': lambda: saved.save(session, {'episodes': 2}), 'best': lambda: saved.save_best(session, 1., 2),
             'quantile': lambda: saved.save_quantile(session, 1)}[save]()
    assert all_finite(str(tmp_path)) == 1 and checkpoints.latest(str(tmp_path), resumable=True).endswith('model-1')


@pytest.mark.parametrize('name', ['model-2', 'best', 'quantile-1'])
def test_what_was_saved_under_that_name_before_stays(tmp_path, name):
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        variable = tf.get_variable('weights', [3], tf.float32)
        saved = checkpoints.Checkpoints(str(tmp_path), [variable], [])
        for value in (1., np.nan):
            variable.load(np.float32([1, value, 1]), session)
            for save in ([lambda: saved.save(session, {'episodes': 2})] * (name == 'model-2')
                         + [lambda: saved.save_best(session, 1. if value == 1 else 2., 2)] * (name == 'best')
                         + [lambda: saved.save_quantile(session, 1)] * (name == 'quantile-1')):
                if value == 1:
                    save()
                else:
                    with pytest.raises(checkpoints.NotFinite, match='weights is not finite'):
                        save()
    path = str(tmp_path / 'checkpoints' / name)
    assert all_finite(str(tmp_path)) == 1 and digests.flaw(path, resumable=False) is None
    assert tf.train.NewCheckpointReader(path).get_tensor('weights').tolist() == [1, 1, 1]


def test_a_learning_rate_that_is_too_high_ends_with_one_sentence_and_status_1(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert harlow.main(['train', '--learning-rate', '1e38', '--batch', '8', '--image-count', '3', '--width', '32', '--height', '32',
                        '--units', '4', '--embedding', '4', '--episodes', '800']) == 1
    out, err = capsys.readouterr()
    last = out.splitlines()[-1]
    assert 'Training has come apart at update' in last and '--learning-rate' in last and 'To go on' not in last
    assert 'Traceback' not in out + err


def test_an_update_in_which_no_episode_ended_is_looked_at_too(tmp_path, tiny, monkeypatch):
    """That of an agent whose episodes are longer than its unrolls; its number is that of updates."""
    def unroll(self, experience, episodes=0, unroll=Worker.unroll, played=[]):
        played.append(0)
        if len(played) == 3:
            experience.rewards[2] = float('nan')
        return unroll(self, experience, episodes)
    monkeypatch.setattr(Worker, 'unroll', unroll)
    config = config_module.from_preset(
        'gaze', image_count=3, held_out_count=3, units=4, memory_units=4, places=4, embedding=4, unroll=5, batch=4,
        checkpoint_every=1, logdir=str(tmp_path), image_cache=str(tmp_path / 'images'))
    with pytest.raises(training.Interrupted, match='at update 3, of worker 0.*the last good checkpoint is none'):
        training.run(config)
