"""The weights at each seventh of a run, of which `plot` draws the learning set, in a run that is made longer or shorter on its way."""
import os

import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl import training
from meta_rl.evaluation import learning_set
from meta_rl.rundir import files
from meta_rl.rundir.saving import checkpoints

from helpers.programs.commands import run_main


def numbers(run):
    total = config_module.load(os.path.join(run, 'config.json')).episodes
    return [checkpoints.seventh_of(path) for path in checkpoints.quantiles(run, total)]


def stopped(config, monkeypatch, episodes):
    """The run directory of a run that was stopped after so many episodes."""
    from meta_rl.rundir.recorder import Recorder
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, 'report', lambda self, *arguments, report=Recorder.report: (
            report(self, *arguments), self.episodes >= episodes and training.Stops and _raise())[0])
        with pytest.raises(training.Interrupted) as caught:
            training.run(config)
    return caught.value.run


def _raise():
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_that_is_made_shorter_has_what_plot_needs(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = stopped(tiny(episodes=1792, batch=8, logdir='runs'), monkeypatch, 152)
    assert numbers(run) == []  # not one seventh of so many
    assert run_main('train', '--resume', run, '--episodes', '336') == 0
    assert numbers(run) == [4, 5, 6, 7]
    capsys.readouterr()
    assert run_main('plot', run) == 0
    out = capsys.readouterr().out
    assert f'{run} has weights of 4 of its 7 sevenths (4, 5, 6, 7)' in out and 'reward_curves-learning-set.png' in out
    profiles = learning_set(run)  # as it was kept
    assert np.isnan(profiles[:3]).all() and np.isfinite(profiles[3:]).all()


@pytest.mark.slow
def test_one_that_has_played_more_than_it_is_to_play_ends_where_it_is(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = stopped(tiny(episodes=1792, batch=8, logdir='runs'), monkeypatch, 152)
    assert run_main('train', '--resume', run, '--episodes', '64') == 0
    assert numbers(run) == [7]
    assert run_main('plot', run) == 0
    assert 'learning-set.png' in capsys.readouterr().out


@pytest.mark.slow
def test_one_that_is_made_longer_does_not_show_the_sevenths_of_the_shorter_one(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run, _, _ = training.run(tiny(episodes=112, batch=8, logdir='runs'))
    assert numbers(run) == [1, 2, 3, 4, 5, 6, 7] and np.isfinite(learning_set(run, 8)).all()
    assert run_main('train', '--resume', run, '--episodes', '336') == 0
    assert numbers(run) == [3, 4, 5, 6, 7]  # the first two are of 16 and 32 episodes, not of 48 and 96
    again = learning_set(run, 8)
    assert np.isnan(again[:2]).all() and np.isfinite(again[2:]).all()


def test_a_run_that_has_not_ended_is_told_to_end_first(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = stopped(tiny(episodes=336, batch=8, logdir='runs'), monkeypatch, 152)
    assert run_main('plot', run) == 0
    assert 'has 3 of the 7 checkpoints of a finished run: let it end first' in capsys.readouterr().out


@pytest.mark.slow
def test_a_run_directory_that_cannot_be_written_is_plotted(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run, _, _ = training.run(tiny(episodes=112, batch=8, logdir='runs'))

    def write(path, data, write=files.write):
        if 'learning_set' in path:
            raise OSError(30, 'Read-only file system', path)
        write(path, data)
    monkeypatch.setattr(files, 'write', write)
    assert run_main('plot', run) == 0
    out, err = capsys.readouterr()
    assert 'learning-set.png' in out and 'learning_set.csv cannot be written (Read-only file system)' in err
