"""compare: settings that differ, curves and trials, by runs made up and by trained ones."""
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.config import Config
from meta_rl.figures import comparison
from meta_rl.rundir.curve import COLUMNS

from helpers.programs.commands import run_main


def run_of(folder, rows, **settings):
    """A run directory without weights. rows: (episodes, return of choices, fraction right in each trial)."""
    folder.mkdir()
    Config(**settings).save(str(folder / 'config.json'))
    lines = [','.join(COLUMNS)]
    for episodes, value, right in rows:
        row = dict(dict.fromkeys(COLUMNS, 0), episodes=episodes, choice_return=value, **{'trial_%d' % trial: right for trial in range(1, 7)})
        row['return'] = value + 1
        lines.append(','.join(str(row[name]) for name in COLUMNS))
    (folder / 'curve.csv').write_text('\n'.join(lines) + '\n')
    return str(folder)


def test_settings_that_differ():
    configs = [Config(), Config(seed=3, logdir='elsewhere'), Config(seed=3, decay=False)]
    assert comparison.differing(configs) == {'seed': [0, 3, 3], 'decay': [True, True, False]}


def test_a_comparison_worked_by_hand(tmp_path):
    one = run_of(tmp_path / 'one', [(1000, 10, .5), (2000, 24, .9), (3000, 25, 1)])
    two = run_of(tmp_path / 'two', [(1000, 10, .5), (2000, 20, .81)], seed=4, gamma=.5)
    path = str(tmp_path / 'x.png')
    lines = comparison.compare([one, two], path).splitlines()
    assert lines[:2] == ['A  ' + one, 'B  ' + two]
    rows = [line.split() for line in lines[2:]]
    for row in (['A', 'B'], ['seed', '0', '4'], ['gamma', '0.9', '0.5'], ['episodes', '3000', '2000'], ['return', '26.00', '21.00'],
                ['24', 'of', '25', 'after', '2,000', 'never'], ['A*', 'B*'],
                ['trial', '3', '100.0', '100..100', '81.0', '78..83']):  # 810 of 1000: Wilson, .784 to .833
        assert row in rows, row
    assert max(map(len, lines[2:])) <= 80
    with Image.open(path) as picture:
        assert picture.size[0] > 1000 and np.asarray(picture.convert('L')).min() < 100


def test_many_runs_go_on_below(tmp_path):
    runs = [run_of(tmp_path / str(number), [(1000, number, .25)], seed=number, level_script='a/level/with/a/long/name/%d' % number)
            for number in range(8)]
    lines = comparison.compare(runs, str(tmp_path / 'x.pdf')).splitlines()[8:]
    assert max(map(len, lines)) <= 80
    found = [line.split() for line in lines]
    assert [word for row in found if row[:1] == ['seed'] for word in row[1:]] == list('01234567')
    assert [word for row in found if row[:1] == ['return'] for word in row[1:]] == ['%d.00' % (number + 1) for number in range(8)]


@pytest.mark.slow
def test_trained_runs_are_measured_with_frozen_weights(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    small = dict(episodes=64, log_every=32, batch=8, image_count=3, width=32, height=32, units=4, embedding=4)
    runs = [training.run(config_module.from_preset('harlow42', seed=seed, **small))[0] for seed in (1, 2)]
    capsys.readouterr()
    assert run_main('compare', *runs, '-o', 'x.png', '--episodes', '30', '--seed', '5', '--quiet') == 0
    out = capsys.readouterr().out
    assert 'x.png' in os.listdir('.') and out.endswith('\nx.png\n') and '*' not in out.split('(*')[1].split('\n', 1)[1]
    reports = [evaluation.evaluate(run, 30, seed=5) for run in runs]
    row, = [line.split() for line in out.splitlines() if line.startswith('trial 2')]
    assert [float(row[2]), float(row[4])] == pytest.approx([100 * report['per_trial'][1] for report in reports], abs=.06)
    shutil.rmtree(os.path.join(runs[0], 'checkpoints'))
    assert run_main('compare', *runs, '-o', 'y.svg', '--episodes', '5') == 0
    assert ' A*' in capsys.readouterr().out


@pytest.mark.parametrize('arguments, reason', [
    ('compare one', 'compare 2 to 26'), ('compare one nowhere', 'nowhere/config.json'), ('compare one two -o x.xyz', "'xyz'"),
    ('compare one two -o no/x.png', 'no/x.png cannot be written'), ('compare', 'RUN'), ('compare one two --episodes 0', '--episodes is 0'),
    ('compare one steps', "steps is of the environment 'two-step'")])
def test_what_cannot_be_compared(tmp_path, monkeypatch, capsys, arguments, reason):
    monkeypatch.chdir(tmp_path)
    for name in ('one', 'two'):
        run_of(tmp_path / name, [(1000, 1, .5)])
    (tmp_path / 'steps').mkdir()
    config_module.from_preset('two-step').save('steps/config.json')
    assert run_main(*arguments.split()) == 2
    err = capsys.readouterr().err
    assert err.count('\n') == 1 and reason in err
