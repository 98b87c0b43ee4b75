"""Training: what a run leaves behind, that it repeats itself, that it can be stopped anywhere, and that it learns."""
import collections
import glob
import json
import os
import shutil
import signal
import threading

import numpy as np
import pytest

from meta_rl import agents, training
from meta_rl import config as config_module
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints
from meta_rl.tf_compat import tf
from meta_rl.worker import Worker

from helpers.training import content, events, points, same_weights, spy_on_training, weights

ROWS = list(range(96, 1153, 96))


def kept(run):
    paths = glob.glob(os.path.join(run, 'checkpoints', 'model-*.index'))
    return sorted(checkpoints.episodes_of(os.path.splitext(path)[0]) for path in paths)


# ---- what a run leaves behind ----

def test_config_and_curve(tiny, whole):
    run, mean_return, seconds = whole
    assert os.path.dirname(run) == tiny().logdir and os.path.basename(run).startswith('harlow42-seed5-')
    assert config_module.load(os.path.join(run, 'config.json')) == tiny()
    curve = read_curve(os.path.join(run, 'curve.csv'))
    assert curve['episodes'].tolist() == ROWS
    accuracy = np.array([curve['trial_%d' % trial] for trial in range(1, 7)])
    assert np.allclose(curve['return'], 5 * (2 * accuracy - 1).sum(0), atol=1e-4)
    assert (curve['length'] == 6).all() and (np.abs(curve['entropy'] - np.log(2)) < .1).all()
    assert seconds > 0
    recent = json.loads(content(run, 'checkpoints', 'model-1152.json'))['monitor']['recent']
    assert len(recent) == 1000 and mean_return == pytest.approx(np.mean(recent))
    # All of its episodes but the first 152: the first row and a part of the second.
    rest = (curve['return'].sum() * 96 - sum(recent)) / 152
    assert abs(rest - curve['return'][:2].mean()) < 3


def test_tensorboard(whole):
    found, curve = points(whole[0]), read_curve(os.path.join(whole[0], 'curve.csv'))
    assert set(found) == {
        'Perf/Reward', 'Perf/Choice Reward', 'Perf/Length', 'Perf/Value', 'Perf/Episodes per Second', 'Perf/Staleness',
        'Losses/Value Loss', 'Losses/Policy Loss', 'Losses/Entropy', 'Losses/Grad Norm', 'Losses/Var Norm', 'Harlow/Trial 1 Accuracy',
        'Harlow/Trial 2 Accuracy', 'Harlow/Trial 3 Accuracy', 'Harlow/Trial 4 Accuracy', 'Harlow/Trial 5 Accuracy',
        'Harlow/Trial 6 Accuracy', 'Perf/Steps per Second'}
    assert all(sorted(steps) == ROWS for steps in found.values())
    for tag, name in (('Perf/Reward', 'return'), ('Losses/Grad Norm', 'grad_norm'), ('Harlow/Trial 6 Accuracy', 'trial_6')):
        assert [found[tag][step] for step in ROWS] == pytest.approx(curve[name].tolist(), rel=1e-4)


def test_the_last_five_checkpoints_and_the_best(whole):
    run = whole[0]
    assert kept(run) == [640, 768, 896, 1024, 1152]
    best = json.loads(content(run, 'checkpoints', 'best.json'))
    assert best['episodes'] in (1056, 1152) and best['return'] >= whole[1]
    assert os.path.basename(checkpoints.best(run)) == 'best'
    reader = tf.train.NewCheckpointReader(checkpoints.best(run))
    assert reader.get_tensor('global_episodes') == best['episodes']
    assert weights(run)['global_episodes'] == 1152


def test_runs_of_the_same_second_get_directories_of_their_own(tiny, monkeypatch):
    monkeypatch.setattr(training.time, 'strftime', lambda form: '20180514-115900')
    made = [training.new_run_directory(tiny(seed=seed)) for seed in (77, 77, 77, 78)]
    assert [os.path.basename(path) for path in made] == [
        'harlow42-seed77-20180514-115900', 'harlow42-seed77-20180514-115900-2', 'harlow42-seed77-20180514-115900-3',
        'harlow42-seed78-20180514-115900']
    assert config_module.load(os.path.join(made[2], 'config.json')).seed == 77


# ---- the seed ----

def test_the_same_seed_trains_the_same_and_another_does_not(tiny, whole, monkeypatch):
    rollouts = []
    spy_on_training(monkeypatch, lambda worker, rollout, episodes: rollouts.append(rollout))
    again = training.run(tiny())[0]
    assert again != whole[0] and len(rollouts) == 36
    assert content(again, 'curve.csv') == content(whole[0], 'curve.csv') and same_weights(again, whole[0])
    other = training.run(tiny(seed=6, episodes=32))[0]
    assert rollouts[0].views.tobytes() != rollouts[36].views.tobytes() and (rollouts[0].actions != rollouts[36].actions).any()
    one, two = weights(again), weights(other)
    kernels = [name for name in one if name.startswith('global/') and name.endswith('kernel')]
    assert len(kernels) >= 2 and all(np.abs(one[name] - two[name]).mean() > .1 for name in kernels)  # not by learning


# ---- stopping and going on ----

def test_going_on_after_a_crash_gives_the_run_that_never_stopped(whole, tmp_path):
    run = str(tmp_path / 'copy')
    shutil.copytree(whole[0], run)
    for path in glob.glob(os.path.join(run, 'checkpoints', 'model-*')):
        if checkpoints.episodes_of(os.path.splitext(path)[0]) > 640:
            os.remove(path)  # a crash before 768; rows of the curve were written after 640
    resumed = training.run(config_module.load(os.path.join(run, 'config.json')), run)
    assert resumed[0] == run and resumed[1] == whole[1]
    assert content(run, 'curve.csv') == content(whole[0], 'curve.csv') and same_weights(run, whole[0])
    assert kept(run) == kept(whole[0])
    assert [event.step for event in events(run) if event.HasField('session_log')] == [641]


def test_sigterm_between_checkpoints_gives_the_run_that_never_stopped(tiny, whole, monkeypatch):
    """What Ctrl-C does is tested with a process of its own in test_harlow.py."""
    coordinators, before = [], signal.getsignal(signal.SIGTERM)

    def work(self, session, coordinator, report, work=Worker.work):
        coordinators.append(coordinator)
        work(self, session, coordinator, report)

    def stop(worker, rollout, episodes):
        if episodes == 320:
            assert signal.getsignal(signal.SIGTERM) != before
            signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
            assert coordinators[0].wait_for_stop(30)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, 'work', work)
        spy_on_training(patch, stop)
        with pytest.raises(training.Interrupted) as caught:
            training.run(tiny())
    run = caught.value.run
    assert signal.getsignal(signal.SIGTERM) == before
    assert kept(run) == [128, 256, 320]
    assert read_curve(os.path.join(run, 'curve.csv'))['episodes'].tolist() == [96, 192, 288]
    training.run(tiny(), run)
    assert content(run, 'curve.csv') == content(whole[0], 'curve.csv') and same_weights(run, whole[0])


def test_with_fewer_episodes_than_were_played_there_is_a_row_of_them(tiny, monkeypatch):
    with monkeypatch.context() as patch:
        coordinators = []
        patch.setattr(Worker, 'work', lambda self, session, coordinator, report, work=Worker.work: (
            coordinators.append(coordinator), work(self, session, coordinator, report)))

        def stop(worker, rollout, episodes):
            if episodes == 64:
                signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
                assert coordinators[0].wait_for_stop(30)
        spy_on_training(patch, stop)
        with pytest.raises(training.Interrupted) as caught:
            training.run(tiny(log_every=1000))
    run = caught.value.run
    assert len(content(run, 'curve.csv').splitlines()) == 1
    _, mean, _ = training.run(tiny(log_every=1000, episodes=40), run)
    curve = read_curve(os.path.join(run, 'curve.csv'))
    assert curve['episodes'].tolist() == [64] and curve['return'][0] == pytest.approx(mean, abs=1e-4)
    training.run(tiny(log_every=1000, episodes=96), run)
    assert read_curve(os.path.join(run, 'curve.csv'))['episodes'].tolist() == [64, 96]


def test_a_finished_run_can_be_made_longer(tiny, whole, tmp_path):
    run = str(tmp_path / 'copy')
    shutil.copytree(whole[0], run)
    assert training.run(tiny(), run)[1] == whole[1]  # nothing is left to do
    assert content(run, 'curve.csv') == content(whole[0], 'curve.csv') and same_weights(run, whole[0])
    training.run(tiny(episodes=1344), run)
    assert read_curve(os.path.join(run, 'curve.csv'))['episodes'].tolist() == ROWS + [1248, 1344]
    assert content(run, 'curve.csv').startswith(content(whole[0], 'curve.csv'))
    assert config_module.load(os.path.join(run, 'config.json')).episodes == 1344
    assert weights(run)['global_episodes'] == 1344 and not same_weights(run, whole[0])


@pytest.mark.slow
def test_an_agent_that_sees_goes_on_with_the_statistics_of_its_features(tiny, tmp_path):
    run = training.run(tiny(observation='pixels', encoder='halves', episodes=640, checkpoint_every=320))[0]
    copy = shutil.copytree(run, str(tmp_path / 'copy'))
    for path in glob.glob(os.path.join(copy, 'checkpoints', 'model-640*')):
        os.remove(path)
    training.run(config_module.load(os.path.join(copy, 'config.json')), copy)
    assert content(copy, 'curve.csv') == content(run, 'curve.csv') and same_weights(copy, run)
    assert weights(run)['global/statistics/rollouts'] == 20
    kept_weights = tf.train.NewCheckpointReader(checkpoints.quantiles(run)[-1]).get_variable_to_shape_map()
    assert {'global/statistics/mean', 'global/statistics/variance', 'global/dense/kernel'} < set(kept_weights)
    assert not [name for name in kept_weights if 'Adam' in name]  # what only training needs


# ---- several workers ----

def test_every_worker_plays_and_every_episode_is_counted_once(tiny, monkeypatch):
    seen = []
    spy_on_training(monkeypatch, lambda worker, rollout, episodes: seen.append(
        (worker.number, episodes, threading.current_thread().name, rollout.views.tobytes() + rollout.view_index.tobytes())))
    run, _, _ = training.run(tiny(workers=2, batch=8, episodes=800, log_every=80))
    assert {(number, name) for number, _, name, _ in seen} == {(0, 'worker_0'), (1, 'worker_1')}
    assert max(episodes for _, episodes, _, _ in seen) == 8 * len(seen)
    assert 100 <= len(seen) <= 101  # the other worker may be at an update of its own as the last episode ends
    assert len({views for _, _, _, views in seen}) == len(seen)  # no two see the same
    counts = read_curve(os.path.join(run, 'curve.csv'))['episodes']
    assert counts.tolist() == [80 * (k + 1) for k in range(10)]
    assert weights(run)['global_episodes'] == 8 * len(seen)
    assert {name.split('/')[0] for name in weights(run)} & {'worker_0', 'worker_1'} == set()


def test_what_a_worker_raises_ends_the_run(tiny, monkeypatch):
    class Broken(Exception):
        pass

    def fail(worker, rollout, episodes):
        if worker.number == 1:
            raise Broken('the lab fell over')
    spy_on_training(monkeypatch, fail)
    with pytest.raises(Broken, match='the lab fell over'):
        training.run(tiny(workers=2, episodes=1600))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith('worker')]


# ---- devices and settings ----

def test_a_gpu_that_is_not_there_is_said_in_one_line_and_the_cpu_trains(tiny, capsys):
    if tf.test.is_gpu_available():
        pytest.skip('this machine has a GPU')
    run, _, _ = training.run(tiny(device='/device:GPU:0', episodes=64))
    out, err = capsys.readouterr()
    assert [line for line in (out + err).splitlines() if 'GPU' in line] == [
        'There is no /device:GPU:0 on this machine (there is /device:CPU:0): computing on /device:CPU:0.']
    assert weights(run)['global_episodes'] == 64


@pytest.mark.parametrize('decay, expected', [(True, [.1, .075, .05, .0125, 0, 0]), (False, [.1] * 6)])
def test_the_learning_rate_falls_to_0_over_the_run(tiny, decay, expected):
    with tf.Graph().as_default(), tf.Session() as session:
        played, weight = tf.get_variable('played', [], tf.int64), tf.get_variable('weight', [])
        trainer = agents.make_trainer(tiny(episodes=800, learning_rate=.1, decay=decay), played)
        update = trainer.apply_gradients([(tf.constant(3.), weight)])  # Adam's step is the rate while the gradient stays the same
        session.run(tf.global_variables_initializer())
        steps = []
        for episodes in (0, 200, 400, 700, 800, 900):
            played.load(episodes, session)
            before = session.run(weight)
            session.run(update)
            steps.append(before - session.run(weight))
    assert steps == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize('name, kind', [('adam', tf.train.AdamOptimizer), ('rmsprop', tf.train.RMSPropOptimizer)])
def test_optimizers(tiny, name, kind):
    with tf.Graph().as_default():
        assert type(agents.make_trainer(tiny(optimizer=name), tf.get_variable('played', [], tf.int64))) is kind


def test_the_settings_of_the_network_arrive(tiny, monkeypatch):
    made = {}
    monkeypatch.setattr(agents, 'AC_Network', lambda spec, scope, trainer, memory, encoder, **settings: made.update(
        settings, a_size=spec.actions, scope=scope, trainer=trainer, memory=memory))
    settings = dict(units=11, second_units=12, value_coef=.14, entropy_coef=.15, clip_norm=16., reward_scale=.17,
                    timestep_scale=.18)
    agents.make_network(tiny(**settings), 'worker_3', 'trainer', counts='counts')
    expected = dict(a_size=2, scope='worker_3', trainer='trainer', counts='counts', unroll=6)
    assert {name: made[name] for name in expected} == expected and made['loss'][:3] == (.14, .15, 16.)
    with tf.Graph().as_default(), tf.variable_scope('x'):
        memory = made['memory'](collections.namedtuple('Encoder', 'size')(5))
    # Features, two actions, the reward and the time; the second is given what the first is, and what comes out of the first.
    assert [lstm.start(1).h.shape for lstm in memory._lstms] == [(1, 11), (1, 12)]
    assert (memory._columns._reward_scale, memory._columns._timestep_scale) == (.17, .18)


# ---- learning ----

def test_two_images_are_learnt(tiny):
    """Counting cards earns 11 of 25: this agent has learnt to look. (Twelve seeds came to 17.8 to 22.3.)"""
    _, mean_return, _ = training.run(tiny(
        image_count=2, episodes=8000, batch=16, units=16, embedding=0, learning_rate=.02, gamma=0., entropy_coef=.5,
        clip_norm=1., seed=6, log_every=1000))
    assert mean_return > 15
