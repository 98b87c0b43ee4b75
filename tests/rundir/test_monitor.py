"""Monitor: rows by hand, the same figures in TensorBoard, and a record that goes on after a stop as if there had been none."""
import os

import numpy as np
import pytest
from pytest import approx

from meta_rl.rundir import monitor as monitor_module
from meta_rl.rundir.curve import COLUMNS, read_curve
from meta_rl.rundir.monitor import Monitor
from meta_rl.tf_compat import tf

from helpers.training import events, points
from helpers.updates import lines, losses, update


def test_rows_are_means_over_the_episodes_since_the_row_before(tmp_path):
    monitor = Monitor(str(tmp_path), total=100, log_every=5)
    assert not monitor.report(update([10, 20], .5, [0, 1, 1, 1, 1, 1], found=losses(0), staleness=3))
    assert not monitor.report(update([-10, 0], 1., [0, 1, 0, 1, 0, 1], found=losses(1), staleness=1))
    assert monitor.report(update([5, 5, 5, 5], 2., [1, 1, 1, 1, 1, 0], found=losses(2)))
    assert not monitor.report(update([1]))
    assert monitor.report(update([2], found=losses(10)))
    monitor.close()
    curve = read_curve(str(tmp_path / 'curve.csv'))
    assert curve['episodes'].tolist() == [8, 10]
    assert curve['return'].tolist() == [5, 1.5]  # (10 + 20 - 10 + 0 + 4 * 5) / 8
    assert curve['length'].tolist() == [6, 6]
    assert curve['value'].tolist() == [1.375, 0]  # (2 * .5 + 2 * 1 + 4 * 2) / 8
    assert [curve['trial_%d' % trial][0] for trial in range(1, 7)] == [.5, 1, .75, 1, .75, .5]
    assert [curve[name][0] for name in ('value_loss', 'policy_loss', 'entropy', 'grad_norm', 'var_norm')] == [
        1.25, 2.25, 3.25, 4.25, 5.25]
    assert curve['value_loss'][1] == 5
    assert curve['staleness'].tolist() == [1, 0]  # (2 * 3 + 2 * 1 + 4 * 0) / 8
    assert lines(tmp_path)[0] == ','.join(COLUMNS)


def test_what_choices_earn_is_told_from_what_fixation_pays(tmp_path):
    monitor = Monitor(str(tmp_path), total=4, log_every=4)
    monitor.report(update([6 + 10, 6 + 30, 6 - 10, 6 + 10], correct=[.5, .75, .75, 1, .5, .5]))
    curve = read_curve(str(tmp_path / 'curve.csv'))
    assert curve['return'].tolist() == [16] and curve['choice_return'].tolist() == [10]


def test_a_record_of_before_choices_were_told_apart_goes_on(tmp_path):
    old = [name for name in COLUMNS if name != 'choice_return']
    (tmp_path / 'curve.csv').write_text('{}\n{}\n'.format(','.join(old), ','.join(['2'] + ['7'] * (len(old) - 1))))
    assert read_curve(str(tmp_path / 'curve.csv'))['choice_return'].tolist() == [7]
    state = {'episodes': 3, 'recent': [5.], 'sums': dict.fromkeys(old[1:], 5.), 'weight': 1}
    monitor = Monitor(str(tmp_path), 4, 2, state)
    monitor.report(update([30], correct=1))
    curve = read_curve(str(tmp_path / 'curve.csv'))
    assert curve['return'].tolist() == [7, 17.5] and curve['choice_return'].tolist() == [7, 17.5]


def test_the_last_episode_completes_a_row(tmp_path):
    monitor = Monitor(str(tmp_path), total=3, log_every=100)
    assert not monitor.report(update([1, 1]))
    assert monitor.report(update([4, 4]))
    assert read_curve(str(tmp_path / 'curve.csv'))['return'].tolist() == [2.5]


def test_tensorboard_shows_the_rows(tmp_path):
    monitor = Monitor(str(tmp_path), total=100, log_every=2)
    for episodes in (2, 4):
        monitor.report(update([episodes, -3.5], .25, [.5, .75, .25, 1, 0, 1], found=losses(episodes), staleness=episodes // 2))
    monitor.close()
    found, curve = points(tmp_path), read_curve(str(tmp_path / 'curve.csv'))
    tags = {'Perf/Reward': 'return', 'Perf/Choice Reward': 'choice_return', 'Perf/Length': 'length',
            'Perf/Value': 'value', 'Losses/Value Loss': 'value_loss',
            'Losses/Policy Loss': 'policy_loss', 'Losses/Entropy': 'entropy', 'Losses/Grad Norm': 'grad_norm',
            'Losses/Var Norm': 'var_norm', 'Harlow/Trial 1 Accuracy': 'trial_1', 'Harlow/Trial 2 Accuracy': 'trial_2',
            'Harlow/Trial 3 Accuracy': 'trial_3', 'Harlow/Trial 4 Accuracy': 'trial_4', 'Harlow/Trial 5 Accuracy': 'trial_5',
            'Harlow/Trial 6 Accuracy': 'trial_6', 'Perf/Staleness': 'staleness'}
    assert set(found) == set(tags) | {'Perf/Episodes per Second', 'Perf/Steps per Second'}
    for tag, name in tags.items():
        assert found[tag] == approx(dict(zip([2, 4], curve[name])), rel=1e-5)
    assert found['Perf/Reward'] == {2: -.75, 4: .25}


def reports(seed=0):
    """The Updates of a run of 40, in which different numbers of episodes end."""
    random = np.random.RandomState(seed)
    for number in range(1, 41):
        returns = random.standard_normal(number % 3 * 3)
        yield update(returns, random.rand(), random.randint(2, size=6), losses(random.rand()), number % 4, width=3)


@pytest.mark.parametrize('stop', [1, 12, 20, 21, 39])
def test_a_run_that_goes_on_has_the_record_of_one_that_never_stopped(tmp_path, stop):
    import json
    whole, halves = str(tmp_path / 'whole'), str(tmp_path / 'halves')
    monitors = []
    for folder in (whole, halves):
        os.mkdir(folder)
        monitors.append(Monitor(folder, 120, 10))
    for number, report in enumerate(reports(), 1):
        for monitor in monitors:
            monitor.report(report)
        if number == stop:
            state = json.loads(json.dumps(monitors[1].state()))  # as it comes back from a checkpoint
        if number == min(stop + 7, 39):  # a crash: what it wrote after the checkpoint is played again
            monitors.pop().close()
    again = Monitor(halves, 120, 10, state)
    assert again.episodes == state['episodes']
    for number, report in enumerate(reports(), 1):
        if number > stop:
            again.report(report)
    again.close()
    assert len(lines(whole)) == 13 and lines(halves) == lines(whole)
    assert list(again.recent) == list(monitors[0].recent)
    sessions = [event for event in events(halves) if event.HasField('session_log')]
    # TensorBoard drops what it was shown from this step on.
    assert [event.session_log.status for event in sessions] == [tf.SessionLog.START]
    assert [event.step for event in sessions] == [state['episodes'] + 1]


def test_a_new_run_begins_an_empty_curve(tmp_path):
    (tmp_path / 'curve.csv').write_text('{}\n{}\n'.format(','.join(COLUMNS), ','.join('5' * len(COLUMNS))))
    Monitor(str(tmp_path), 10, 5).close()
    assert lines(tmp_path) == [','.join(COLUMNS)]


def test_recent_holds_the_last_1000_returns(tmp_path):
    monitor = Monitor(str(tmp_path), 10 ** 6, 10 ** 6)
    for episodes in range(400, 1601, 400):
        monitor.report(update(np.arange(episodes - 400, episodes)))
    assert list(monitor.recent) == list(range(600, 1600))


def test_speed_does_not_count_what_was_played_before_the_stop(tmp_path, monkeypatch):
    now = [1000.]
    monkeypatch.setattr(monitor_module.time, 'monotonic', lambda: now[0])
    state = Monitor(str(tmp_path), 400, 40).state()
    monitor = Monitor(str(tmp_path), 400, 40, dict(state, episodes=200))
    now[0] += 100  # workers elsewhere take their time to start
    monitor.report(update([0.] * 20))
    assert np.isnan(monitor.speed())
    now[0] += 5
    monitor.report(update([0.] * 20))
    assert monitor.speed() == 4


def test_a_curve_of_before_there_was_staleness(tmp_path):
    (tmp_path / 'curve.csv').write_text('{}\n{}\n'.format(','.join(COLUMNS[:-1]), ','.join('5' * (len(COLUMNS) - 1))))
    curve = read_curve(str(tmp_path / 'curve.csv'))
    assert curve['return'] == [5] and np.isnan(curve['staleness']).all()
    Monitor(str(tmp_path), 10, 5, {'episodes': 5, 'recent': [], 'sums': dict.fromkeys(COLUMNS[1:], 0.), 'weight': 0}).close()
    assert read_curve(str(tmp_path / 'curve.csv'))['return'] == [5]
