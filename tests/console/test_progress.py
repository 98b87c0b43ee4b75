"""What takes long says how far it is: a line every ten seconds in a log, a bar on a terminal; and durations do not go by the clock."""
import ast
import glob
import os
import sys

import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.console import progress
from meta_rl.envs.contract import Episode
from meta_rl.images import dataset, drawing
from meta_rl.nets.contract import Losses
from meta_rl.rundir.monitor import Monitor
from meta_rl.worker import Update

from helpers.labs import TESTS

ROOT = os.path.dirname(TESTS)


@pytest.fixture
def ticking(monkeypatch):
    """The clock goes on by a second at each look at it."""
    now = [1000.]

    def monotonic():
        now[0] += 1
        return now[0]
    monkeypatch.setattr(progress.time, 'monotonic', monotonic)


def test_a_log_has_a_line_every_ten_seconds(ticking, capsys):
    with progress.Progress(40, 'measuring', 'episodes') as shown:
        for _ in range(40):
            shown.add()
    assert capsys.readouterr().err.splitlines() == [
        'measuring: %d of 40 episodes, %d s left' % (done, 40 - done) for done in (10, 20, 30)]


def test_no_time_is_told_by_a_hundredth_of_the_work(ticking, capsys):
    with progress.Progress(2000, 'measuring', 'episodes') as shown:
        for _ in range(29):
            shown.add()
    assert capsys.readouterr().err.splitlines() == ['measuring: 10 of 2000 episodes', 'measuring: 20 of 2000 episodes, 1980 s left']


def test_what_is_quick_says_nothing(capsys):
    assert list(progress.watched(range(1000), 1000, 'reading')) == list(range(1000))
    assert capsys.readouterr().err == ''


def test_a_terminal_has_a_bar(ticking, monkeypatch):
    import io
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(sys, 'stderr', screen)
    assert list(progress.watched('abcdef', 6, 'drawing', 'images')) == list('abcdef')
    assert 'drawing' in screen.getvalue() and '/6' in screen.getvalue() and '\n' not in screen.getvalue()


def test_a_terminal_that_goes_away_ends_nothing(ticking, monkeypatch):
    import io

    class Gone(io.StringIO):
        def isatty(self):
            return True

        def write(self, text):
            raise OSError(5, 'Input/output error')
    monkeypatch.setattr(sys, 'stderr', Gone())
    with pytest.raises(OSError):
        sys.stderr.write('x')
    with progress.Progress(6, 'drawing') as shown:
        for _ in range(6):
            shown.add()


def test_no_stderr_at_all(ticking, monkeypatch):
    monkeypatch.setattr(sys, 'stderr', None)
    assert len(list(progress.watched(range(30), 30, 'drawing'))) == 30


@pytest.mark.slow
def test_evaluate_says_how_far_it_is(whole, ticking, capsys):
    evaluation.evaluate(whole[0], 700)
    assert 'measuring: ' in capsys.readouterr().err


@pytest.mark.slow
def test_a_gaze_says_how_far_it_is(tmp_path):
    """Each episode by itself: one of these takes seconds."""
    run, _, _ = training.run(config_module.from_preset(
        'gaze-taught', episodes=4, batch=4, unroll=8, units=4, memory_units=4, places=4, embedding=4, image_count=3, held_out_count=3,
        training_frames=80, logdir=str(tmp_path / 'runs'), image_cache=str(tmp_path / 'images')))
    told = []

    class Told:
        def add(self, count=1):
            told.append(count)
    with evaluation.Frozen(run) as frozen:
        frozen.restore().measure(3, progress=Told())
    assert told == [1, 1, 1]


def test_drawing_and_reading_images_say_how_far_they_are(ticking, tmp_path, capsys):
    dataset.write_images(str(tmp_path / 'set'), drawing.drawn(14, 0))
    assert 'drawing: ' in capsys.readouterr().err
    dataset.load_folder(str(tmp_path / 'set'))
    assert 'reading: ' in capsys.readouterr().err


@pytest.mark.parametrize('jump', [-3600., 7200.])
def test_durations_do_not_go_by_the_clock(tmp_path, monkeypatch, capsys, jump):
    import time
    real, monitor = time.time, Monitor(str(tmp_path), total=24, log_every=8)
    for _ in range(3):
        monitor.report(Update(0, [Episode(0., 0., [0] * 6, 6)] * 8, 48, 8, 0., Losses(*np.zeros(5)), 0, None))
        monkeypatch.setattr(time, 'time', lambda: real() + jump)
        time.sleep(.01)
    assert 0 < monitor.seconds() < 60 and 0 < monitor.speed() < 1600 and monitor.left() == 0
    monitor.close()


def test_only_dates_are_read_off_the_clock():
    """time.time() is set by people and by the network: it says when, and never how long."""
    found = set()
    for path in glob.glob(os.path.join(ROOT, 'meta_rl', '**', '*.py'), recursive=True):
        with open(path) as file:
            for node in ast.walk(ast.parse(file.read())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'time' \
                        and getattr(node.func.value, 'id', '') == 'time':
                    found.add(os.path.relpath(path, ROOT))
    assert found == {os.path.join('meta_rl', 'rundir', name) for name in ('dashboard.py', 'events.py')}
