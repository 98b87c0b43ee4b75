"""What the Monitor says while a run goes on: lines of a log, a bar, lines of metrics."""
import fcntl
import io
import os
import re
import struct
import sys
import termios
import time

import numpy as np
import pytest
from pytest import approx

from meta_rl.rundir import monitor as monitor_module
from meta_rl.rundir.curve import COLUMNS, read_curve
from meta_rl.rundir.monitor import Monitor

from helpers.training import points
from helpers.updates import losses, update


def test_log_lines_say_how_far_and_how_fast(tmp_path, monkeypatch, capsys):
    now = [1000.]
    monkeypatch.setattr(monitor_module.time, 'monotonic', lambda: now[0])
    monitor = Monitor(str(tmp_path), total=400, log_every=40)
    for episodes in range(40, 401, 40):
        now[0] += 4
        monitor.report(update([7.] * 40))
    # Every 12 s, as rows come every 4 and lines are kept 10 apart, and at the end.
    assert capsys.readouterr().out.splitlines() == [
        '120 of 400 episodes, return 7.00, 10 episodes/s, 60 steps/s, 28 s left',
        '240 of 400 episodes, return 7.00, 10 episodes/s, 60 steps/s, 16 s left',
        '360 of 400 episodes, return 7.00, 10 episodes/s, 60 steps/s, 4 s left',
        '400 of 400 episodes, return 7.00, 10 episodes/s, 60 steps/s, 0 s left']
    assert monitor.speed() == 10 and monitor.seconds() == 40
    monitor.close()
    assert points(tmp_path)['Perf/Steps per Second'] == dict(zip(range(80, 401, 40), [60] * 9))


def test_lines_do_not_wait_for_rows(tmp_path, monkeypatch, capsys):
    now = [1000.]
    monkeypatch.setattr(monitor_module.time, 'monotonic', lambda: now[0])
    monitor = Monitor(str(tmp_path), total=1000, log_every=1000)
    for episodes in range(2, 13, 2):
        now[0] += 20
        monitor.report(update([episodes, -2.]))
        assert np.isnan(monitor.left()) == (episodes == 2)  # nor does the first update say how fast it goes
    assert capsys.readouterr().out.splitlines() == [
        '%d of 1000 episodes, return %.2f, 0.10 episodes/s, 1 steps/s, %d s left' % (
            episodes, (np.arange(2, episodes + 1, 2) - 2).mean() / 2, (1000 - episodes) * 10) for episodes in range(4, 13, 2)]


def test_a_bar_says_how_fast_and_how_long(tmp_path, monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(sys, 'stderr', screen)
    monitor = Monitor(str(tmp_path), total=400, log_every=40)
    for episodes in range(40, 241, 40):
        time.sleep(.15)  # it is drawn ten times a second
        monitor.report(update([7.] * 40))
    monitor.close()
    last = screen.getvalue().rstrip('\n\r').split('\r')[-1]
    assert re.search(r'240/400 \[\d\d:\d\d<\d\d:\d\d, +[\d.]+ episodes/s, [\d]+ steps/s, return 7.00\]', last), screen.getvalue()


@pytest.mark.parametrize('rows', [24, 0])
def test_a_terminal_without_lines_gets_lines_of_a_log(tmp_path, monkeypatch, capsys, rows):
    screen = pytest.importorskip('pty').openpty()[1]
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack('HHHH', rows, 100 if rows else 0, 0, 0))
    with os.fdopen(screen, 'w') as terminal:
        monkeypatch.setattr(sys, 'stderr', terminal)
        monitor = Monitor(str(tmp_path), total=4, log_every=4)
        monitor.report(update([7.] * 4))
        monitor.close()
    said = capsys.readouterr().out
    assert said == ('' if rows else '4 of 4 episodes, return 7.00\n')


class Lines:
    """metrics.Lines that keeps what it is told, until the pipe is closed."""

    def __init__(self):
        self.told, self.closed = [], False

    def write(self, step, values):
        if self.closed:
            raise BrokenPipeError(32, 'Broken pipe')
        self.told += [(name, value, step) for name, value in values]


def test_lines_of_metrics_are_the_rows(tmp_path, monkeypatch):
    now, lines = [1000.], Lines()
    monkeypatch.setattr(monitor_module.time, 'monotonic', lambda: now[0])
    monitor = Monitor(str(tmp_path), 12, 4, None, lines)
    for episodes in range(2, 9, 2):
        now[0] += 3
        monitor.report(update([episodes / 3., -3.5], .25, [.5, .75, .25, 1, 0, 1], found=losses(episodes / 7.)))
    curve = read_curve(str(tmp_path / 'curve.csv'))
    told = {step: {name: value for name, value, when in lines.told if when == step} for step in (4, 8)}
    assert len(lines.told) == 2 * 19 and [len(each) for each in told.values()] == [19, 19]
    names = {'return': 'reward', 'choice_return': 'choice_reward', 'trial_1': 'trial_1_accuracy', 'trial_6': 'trial_6_accuracy'}
    for number, step in enumerate((4, 8)):
        for name in set(COLUMNS) - {'episodes', 'trial_2', 'trial_3', 'trial_4', 'trial_5'}:
            assert told[step][names.get(name, name)] == curve[name][number]
        assert (told[step]['episodes_per_second'], told[step]['steps_per_second']) == (approx(2 / 3.), approx(4.))
        assert told[step]['seconds_left'] == approx((12 - step) * 1.5)


@pytest.mark.parametrize('where', ['lines', 'log'])
def test_what_nothing_takes_is_recorded_all_the_same(tmp_path, monkeypatch, where):
    lines, closed = Lines(), Lines()
    closed.closed = True
    monitor = Monitor(str(tmp_path), 4, 2, None, lines)
    monitor.report(update([1, 2]))
    assert monitor.output_closed is None
    if where == 'lines':
        lines.closed = True
    else:
        monkeypatch.setattr(monitor_module, 'print', lambda *_, **__: closed.write(0, ()), raising=False)
    assert monitor.report(update([3, 4]))
    assert monitor.output_closed == 'The output is closed (Broken pipe).'
    assert read_curve(str(tmp_path / 'curve.csv'))['return'].tolist() == [1.5, 3.5]
    assert points(tmp_path)['Perf/Reward'] == {2: 1.5, 4: 3.5}
