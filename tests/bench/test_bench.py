"""bench: figures of a lab whose every step takes a known time, the table of them, and times of real runs."""
import pytest

from meta_rl import apart
from meta_rl.bench import speed
from meta_rl.config import ConfigError, from_preset


class Clockwork:
    """A lab with a clock of its own: .25 s a reset, .01 s a step, .03 s to look. An episode is as long as the real one."""

    def __init__(self, *_):
        self.now, self._left = 0., 0

    def reset(self, seed):
        self.now += .25
        self._left = speed.SETTLE + 4 * speed.TRIALS - 1

    def step(self, action):
        self.now += .01
        self._left -= 1

    def observations(self):
        assert self._left > 0
        self.now += .03

    def is_running(self):
        return self._left > 0


def test_figures_of_a_lab_whose_times_are_known(monkeypatch):
    lab = Clockwork()
    monkeypatch.setattr(speed.time, 'perf_counter', lambda: lab.now)
    frames, steps, reset = speed.lab_figures(5., 42, make=lambda *arguments: lab)
    length = speed.SETTLE + 4 * speed.TRIALS - 1  # steps of an episode; the last frame, that of the end, is not looked at
    assert frames == pytest.approx(length / (.01 * length + .03 * (length - 1)))
    assert steps == pytest.approx(100) and reset == pytest.approx(.25)


def test_however_short_an_episode_is_played(monkeypatch):
    lab = Clockwork()

    def now():
        lab.now += 1e-6  # to look takes longer than is given
        return lab.now
    monkeypatch.setattr(speed.time, 'perf_counter', now)
    assert speed.lab_figures(1e-9, 42, make=lambda *arguments: lab)[2] == pytest.approx(.25, abs=1e-4)


def test_what_cannot_be_trained_apart_is_said(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(ConfigError, match='file'):
        apart.train(from_preset('harlow42', episodes=32, logdir=str(tmp_path / 'file' / 'runs'), image_cache=str(tmp_path / 'file')))


def test_figures_of_the_lab_that_there_is():
    frames, steps, reset = speed.lab_figures(.05, 3)
    assert min(frames, steps, reset) > 0


def test_the_table_by_hand():
    lines = speed.table((2108., 14500., .00011), (1054., 1., 1.), {'pixels': 167., 'gaze': 3.34})
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines[1:]] == [
        'lab, every frame read 2108 frames/s 2.0'.split(), 'in real surroundings 1054 frames/s 1.0'.split(),
        'lab, no frame read 14500 steps/s 0.5'.split(),
        'lab, reset 110.0 us 2000.0'.split(), 'training pixels, one worker 167 episodes/s 100.0'.split(),
        'training gaze, one worker 3 episodes/s 2.0'.split()]


@pytest.mark.slow
def test_training_is_timed_without_its_start():
    assert 0 < speed.training_speed('harlow42', 320)


@pytest.mark.slow
def test_the_time_until_a_row_is_that_of_a_real_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    small = '--batch=8', '--image-count=3', '--width=32', '--height=32', '--episodes=64', '--log-every=8'
    assert 0 < speed.seconds_until(lambda curve: len(curve['episodes']) == 8, *small) < 300
    with pytest.raises(RuntimeError, match='--batch=8.* ended with status 0'):
        speed.seconds_until(lambda curve: len(curve['episodes']) == 9, *small)
