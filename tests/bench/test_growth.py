"""The measurements of `bench --growth`, by what can be worked out by hand."""
import os

import pytest
from PIL import Image

from meta_rl import training
from meta_rl.bench import growth
from meta_rl.config import ConfigError

from helpers.programs.commands import run_main

FOUND = {'batch': {1: .003, 5: .011}, 'images': {10: .02, 20: .03, 40: .05}}


def test_the_line():
    assert growth.line([1, 5], [.003, .011]) == pytest.approx((.001, .002))
    assert growth.line([10, 20, 40], [.02, .03, .05]) == pytest.approx((.01, .001))
    start, slope = growth.line([1, 100], [1., 1.])
    assert start == pytest.approx(1) and slope == pytest.approx(0, abs=1e-9)


def test_the_picture_and_its_table(tmp_path):
    picture, table = growth.draw(FOUND, str(tmp_path / 'growth.png'))
    with Image.open(picture) as image:
        assert image.size == (1080, 456)
    with open(table) as file:
        assert file.read().split() == ['what,number,seconds_per_update', 'batch,1,0.003', 'batch,5,0.011', 'images,10,0.02',
                                       'images,20,0.03', 'images,40,0.05']


def test_what_is_measured_is_drawn_and_what_cannot_be_drawn_is_not_measured(tmp_path, monkeypatch, capsys):
    measured = []
    monkeypatch.setattr(growth, 'measure', lambda: measured.append(1) or FOUND)
    for path, error in (('growth.xyz', ConfigError), (os.path.join('nowhere', 'growth.png'), OSError)):
        with pytest.raises(error):
            growth.run(str(tmp_path / path))
    assert not measured and os.listdir(str(tmp_path)) == []
    growth.run(str(tmp_path / 'growth.png'))
    assert sorted(os.listdir(str(tmp_path))) == ['growth.csv', 'growth.png']
    assert 'images      20:   30.00 ms an update (30.00 on the line)' in capsys.readouterr().out


def test_the_first_half_of_a_run_is_not_counted():
    assert growth._second_half({20: 0., 40: 10., 60: 13., 80: 16.}, 80, 4) == pytest.approx(.6)  # 10 updates in 6 seconds
    assert growth._second_half({1: 5., 2: 9., 3: 10.}, 3, 1) == pytest.approx(1)


def test_an_update_of_a_real_run_is_timed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert growth.seconds_per_update(4, 3, 8) > 0


@pytest.mark.parametrize('reason, status, said', [('', 130, 'Stopped.'), ('Training has come apart.', 1, 'Training has come apart.')])
def test_what_stops_a_training_stops_the_measuring(tmp_path, monkeypatch, capsys, reason, status, said):
    def measure():
        raise training.Interrupted('RUN', reason)
    monkeypatch.setattr(growth, 'measure', measure)
    assert run_main('bench', '--growth', str(tmp_path / 'x.png')) == status
    assert capsys.readouterr().out.strip().endswith(said)


def test_a_table_that_cannot_be_written_is_said_before_anything_is_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(growth, 'measure', None)
    (tmp_path / 'x.csv').mkdir()
    assert run_main('bench', '--growth', str(tmp_path / 'x.png')) == 2
    err = capsys.readouterr().err
    assert 'x.csv' in err and err.count('\n') == 1
