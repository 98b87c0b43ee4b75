"""Evaluation: the intervals, figures that agree with what was played, weights that stay as they are."""
import hashlib
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.config import ConfigError
from meta_rl.envs.contract import Episode
from meta_rl.envs.references import scores
from meta_rl.experience.actor import Actor
from meta_rl.figures import attention
from meta_rl.rundir.saving import checkpoints
from meta_rl.tf_compat import tf


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A run directory of 1,120 episodes."""
    folder = tmp_path_factory.mktemp('evaluation')
    return training.run(config_module.from_preset(
        'harlow42', episodes=1120, batch=32, log_every=560, checkpoint_every=320, image_count=4, width=32, height=32, units=8,
        embedding=4, learning_rate=.02, seed=1, logdir=str(folder / 'runs'), image_cache=str(folder / 'images')))[0]


@pytest.fixture
def played(monkeypatch):
    """All that is played: (policy network's weights as they were, greedy, Experience)."""
    found = []

    def unroll(self, session, steps, greedy=False, unroll=Actor.unroll):
        experience = unroll(self, session, steps, greedy)
        found.append((session.run(self._network.local_vars), greedy, experience))
        return experience
    monkeypatch.setattr(Actor, 'unroll', unroll)
    return found


def digests(folder):
    return {os.path.join(path, name): hashlib.sha256(open(os.path.join(path, name), 'rb').read()).hexdigest()
            for path, _, names in os.walk(folder) for name in names}


def weights(path):
    reader = tf.train.NewCheckpointReader(path)
    names = [name for name in reader.get_variable_to_shape_map() if name.startswith('global/') and 'Adam' not in name]
    return [reader.get_tensor(name) for name in names]


def same(one, other):
    """Whether two lists hold the same arrays, in whatever order."""
    return sorted(array.tobytes() for array in one) == sorted(array.tobytes() for array in other)


def test_the_figures_are_those_of_what_was_played(run, played):
    report = evaluation.evaluate(run, 250, seed=3)
    assert [greedy for _, greedy, _ in played] == [False] * 3 + [True] * 3  # 100, 100 and 50 side by side
    for mode, rollouts in (('sampled', played[:3]), ('greedy', played[3:])):
        part = report[mode]
        returns = np.concatenate([rollout.rewards.sum(0) for _, _, rollout in rollouts])
        right = np.concatenate([rollout.rewards > 0 for _, _, rollout in rollouts], 1).sum(1)
        assert len(returns) == 250
        assert part['per_trial'] == pytest.approx((right / 250.).tolist())
        assert part['return_mean'] == pytest.approx(returns.mean())
        assert part['return_mean'] == pytest.approx(5 * sum(2 * p - 1 for p in part['per_trial']))
        assert part['per_trial_ci95'] == pytest.approx(np.array([scores.wilson(k, 250) for k in right]))
        half = 1.96 * returns.std(ddof=1) / 250 ** .5
        assert part['return_ci95'] == pytest.approx([returns.mean() - half, returns.mean() + half], abs=1e-3)
    assert all(report[name] == value for name, value in report['sampled'].items())
    assert (report['run'], report['checkpoint'], report['episodes'], report['seed'], report['images'],
            report['policy']) == (run, 'model-1120', 250, 3, 'training', 'sampled')
    assert report['sampled']['per_trial'] != report['greedy']['per_trial']


def test_the_weights_are_those_of_the_checkpoint_and_stay_so(run, played):
    before = digests(run)
    evaluation.evaluate(run, 210)
    assert digests(run) == before
    trained = weights(checkpoints.latest(run))
    assert len(played) == 6 and all(same(used, trained) for used, _, _ in played)


def test_the_best_checkpoint_is_taken_when_asked_for(run, played, tmp_path):
    copy = str(tmp_path / 'copy')
    shutil.copytree(run, copy)
    folder = os.path.join(copy, 'checkpoints')
    for ending in ('.index', '.data-00000-of-00001'):
        shutil.copy(os.path.join(folder, 'model-320' + ending), os.path.join(folder, 'best' + ending))
    os.remove(os.path.join(folder, 'best.json'))  # its seal is that of the other
    for which, name in (('best', 'best'), ('latest', 'model-1120')):
        report = evaluation.evaluate(copy, 5, which=which)
        assert report['checkpoint'] == name
        assert same(played[-1][0], weights(os.path.join(folder, name)))
    assert not same(played[0][0], played[-1][0])


def test_the_seed_decides_which_episodes_are_played(run):
    reports = [evaluation.evaluate(run, 60, seed=seed) for seed in (1, 1, 2)]
    assert reports[0] == reports[1]
    assert reports[0]['sampled'] != reports[2]['sampled']


def test_an_interval_of_no_width_and_none_at_all(run, monkeypatch):
    assert evaluation.evaluate(run, 1)['return_ci95'] is None

    monkeypatch.setattr(evaluation, 'play_episodes', lambda *_: [Episode(30., 30., [1] * 6, 6)] * 12)
    report = evaluation.evaluate(run, 12)
    assert report['return_mean'] == 30 == report['choice_return_mean'] and report['return_ci95'] == [30, 30]
    assert report['per_trial'] == [1] * 6 and report['per_trial_ci95'][0] == pytest.approx([.7575, 1], abs=1e-4)


def test_the_table_says_it_in_print():
    part = {'return_mean': 23.456, 'choice_return_mean': 17.456, 'per_trial': [.5, .987, 1, 1, 1, 1],
            'per_trial_ci95': [[.4691, .5309]] + [[.97, .995]] * 5, 'nearest_oracle': 'one-shot learning'}
    lines = evaluation.table(dict(part, episodes=1000, images='held-out', checkpoint='model-10', run='runs/x', sampled=part,
                                  greedy=dict(part, return_mean=-1))).splitlines()
    assert '1000 episodes' in lines[0] and 'held-out images' in lines[0] and 'model-10 of runs/x' in lines[0]
    assert lines[2].split()[:5] == ['sampled', '23.46', '17.46', '50.0%', '98.7%']
    assert lines[3].split()[:4] == ['95%', 'interval', '47..53', '97..100']
    assert lines[4].split()[:2] == ['greedy', '-1.00']


def test_how_fast_it_was():
    played = [Episode(6., 0., [1, 0], 30, [.5, .75]), Episode(1., 5., [1], 20, [1.]), Episode(0., 0., [], 150, [])]
    assert scores._speed(played) == {'decisions_per_trial': 50 / 3., 'reaction_time_mean': .75,
                                         'reaction_times': [.75, .75, None, None, None, None]}
    assert scores._speed(played[2:]) == {'decisions_per_trial': None, 'reaction_time_mean': None, 'reaction_times': [None] * 6}


def test_no_run_directory(tmp_path):
    with pytest.raises(ConfigError, match='config.json cannot be read'):
        evaluation.evaluate(str(tmp_path))


# ---- the learning set ----

def test_the_learning_set_is_measured_along_the_way_and_then_kept(run, played, tmp_path):
    copy = str(tmp_path / 'copy')
    shutil.copytree(run, copy)
    profiles = evaluation.learning_set(copy, 40)
    assert profiles.shape == (7, 6) and len(played) == 7
    for profile, (used, greedy, rollout) in zip(profiles, played):
        assert not greedy and np.allclose(profile, (rollout.rewards > 0).mean(1), atol=1e-4)
    assert len({array[0].tobytes() for array, _, _ in played}) == 7  # each with weights of its own
    assert same(played[-1][0], weights(checkpoints.latest(copy)))
    assert (evaluation.learning_set(copy, 40) == profiles).all() and len(played) == 7


def test_a_learning_set_needs_a_finished_run(run, tmp_path):
    copy = str(tmp_path / 'copy')
    shutil.copytree(run, copy)
    for ending in ('.index', '.data-00000-of-00001'):
        os.remove(os.path.join(copy, 'checkpoints', 'quantile-7' + ending))
    with pytest.raises(ConfigError, match='6 of the 7'):
        evaluation.learning_set(copy)


def test_an_episode_is_shown_as_it_was_played(tmp_path):
    run, _, _ = training.run(config_module.from_preset(
        'harlow42', image_count=4, held_out_count=4, episodes=112, batch=16, width=32, height=32, units=6, embedding=3,
        observation='pixels', encoder='halves', logdir=str(tmp_path / 'runs'), image_cache=str(tmp_path / 'images')))[0:3]
    with evaluation.Frozen(run, 'held-out') as frozen:
        played, features = frozen.restore().episode(seed=5)
        again, _ = frozen.episode(seed=5)
        assert np.allclose(frozen.encode(played.views)[played.view_index[:, 0]], features)
        path = attention.draw(run, str(tmp_path / 'insight.png'), seed=5)
    policies = played.policies[:, 0]
    assert played.view_index.shape == played.actions.shape == (6, 1) and features.shape == (6, 6)
    assert np.array_equal(policies, again.policies[:, 0]) and np.array_equal(played.actions, again.actions)
    assert policies.shape == (6, 2) and np.allclose(policies.sum(1), 1) and len(np.unique(policies[:, 0])) == 6
    with Image.open(path) as picture:  # four rows: frames, where it looks, features, policy
        assert picture.size == (1392, 840) and len(picture.convert('RGB').getcolors(10 ** 6)) > 500


def test_attention_is_where_the_features_come_from():
    def encode(views):
        return np.stack([views[:, 5, 9, 0], 2. * views[:, 2, 2, 1]], 1).astype(float)
    view = np.zeros((12, 16, 3), np.uint8)
    view[5, 9, 0], view[2, 2, 1] = 30, 20
    others = np.zeros((2, 12, 16, 3), np.uint8)
    others[0, 5, 9, 0], others[1, 2, 2, 1], others[1, 5, 9, 0] = 40, 50, 30
    found = attention.attention(encode, view, others)
    expected = np.zeros((3, 4))
    expected[1, 2], expected[0, 0] = (10 + 0) / 2., (40 + 60) / 2.
    assert np.allclose(found, expected)
