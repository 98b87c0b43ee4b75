"""The Python interface: light to import, the same numbers as the commands, callbacks that see and end a training."""
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import meta_rl
from meta_rl import evaluation, training
from meta_rl.config import ConfigError
from meta_rl.rundir.curve import COLUMNS

from helpers.labs import TESTS
from helpers.training import content

ROOT = os.path.dirname(TESTS)
SMALL = dict(batch=8, image_count=3, width=32, height=32, units=4, embedding=4, log_every=32)


@pytest.fixture
def small(tmp_path):
    return dict(SMALL, logdir=str(tmp_path / 'runs'), image_cache=str(tmp_path / 'images'))


def test_the_import_is_light():
    code = 'import sys, meta_rl; print([name for name in ("tensorflow", "numpy", "attr", "meta_rl.config") if name in sys.modules])'
    assert subprocess.check_output([sys.executable, '-c', code], cwd=ROOT, universal_newlines=True) == '[]\n'


def test_train_load_evaluate_curve(small, capsys):
    rows = []
    run = meta_rl.train(seed=3, episodes=96, callbacks=[rows.append], quiet=True, **small)
    assert capsys.readouterr().out == ''
    assert (run.config.preset, run.config.seed, run.config.episodes) == ('harlow42', 3, 96)
    curve = run.curve()
    assert curve['episodes'].tolist() == [32, 64, 96] == [row['episodes'] for row in rows] and set(curve) == set(COLUMNS)
    for name in COLUMNS[1:]:
        np.testing.assert_allclose([row[name] for row in rows], curve[name], rtol=1e-5)
    again = meta_rl.load(run.path)
    assert again.config == run.config and run.path in repr(again)
    assert again.evaluate(20, seed=4) == evaluation.evaluate(run.path, 20, seed=4)
    json.dumps(again.evaluate(5))
    # The same as without callbacks.
    twin = training.run(run.config)[0]
    assert content(twin, 'curve.csv') == content(run.path, 'curve.csv')


@pytest.mark.parametrize('ignored', [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_callback_ends_the_training_and_it_can_go_on(small, ignored):
    """Also where Ctrl-C is ignored, as in what a shell starts in the background."""
    before, seen = signal.getsignal(signal.SIGINT), []
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def stop(row):
        seen.append(row['episodes'])
        return row['episodes'] < 64
    try:
        run = meta_rl.train(episodes=2000, callbacks=[stop], quiet=True, **small)
    finally:
        signal.signal(signal.SIGINT, before)
    assert 64 <= run.curve()['episodes'][-1] < 2000
    assert seen[:2] == [32, 64] and run.curve()['episodes'][-1] >= 64
    end = int(run.curve()['episodes'][-1]) + 64
    training.run(run.config.change(episodes=end), run.path)
    assert run.curve()['episodes'][-1] == end


def test_an_error_in_a_callback_is_its_callers(small):
    def fail(row):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError):
        meta_rl.train(episodes=96, callbacks=[fail], quiet=True, **small)


def test_nor_is_one_of_its_own_files_taken_for_one_of_the_run(small, tmp_path):
    def fail(row):
        open(str(tmp_path / 'nowhere' / 'file'))
    with pytest.raises(FileNotFoundError, match='nowhere'):
        meta_rl.train(episodes=96, callbacks=[fail], quiet=True, **small)


def test_what_cannot_be_is_said(tmp_path):
    with pytest.raises(ConfigError, match='config.json cannot be read'):
        meta_rl.load(tmp_path)
    with pytest.raises(ConfigError, match='There is no preset'):
        meta_rl.train('harlow43')
    with pytest.raises(ConfigError, match='There is no setting sed'):
        meta_rl.train(sed=3)


def test_home(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    run = meta_rl.train(episodes=32, quiet=True, **dict(small, logdir='~/runs'))
    assert os.path.dirname(run.path) == str(tmp_path / 'home' / 'runs') and len(run.curve()['episodes']) == 1
    assert not os.path.exists('~')


def test_a_frame_of_pandas(small):
    pandas = pytest.importorskip('pandas', reason='pandas is not installed')
    run = meta_rl.train(episodes=64, quiet=True, **small)
    frame = run.curve(frame=True)
    assert isinstance(frame, pandas.DataFrame) and frame['episodes'].tolist() == [32, 64]
