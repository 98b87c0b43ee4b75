"""Figures: they show the numbers of the run."""
import os

import pytest
from matplotlib import pyplot
from PIL import Image

from meta_rl import plotting
from meta_rl.monitor import COLUMNS


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / 'harlow42-seed7'
    folder.mkdir()
    rows = [','.join([str(episodes), str(mean_return)] + ['0'] * (len(COLUMNS) - 2))
            for episodes, mean_return in ((1000, -.5), (2000, 11.25), (3000, 23))]
    (folder / 'curve.csv').write_text(u'\n'.join([','.join(COLUMNS)] + rows) + u'\n')
    return str(folder)


def test_the_line_is_the_curve_and_the_oracles_are_beside_it(run, monkeypatch):
    figures = []
    monkeypatch.setattr(pyplot, 'close', figures.append)
    plotting.reward_curve(run)
    axes = figures[0].axes[0]
    assert axes.lines[-1].get_xydata().tolist() == [[1000, -.5], [2000, 11.25], [3000, 23]]
    assert [line.get_ydata()[0] for line in axes.lines[:-1]] == pytest.approx([0, 11, 18, 25])
    assert [text.get_text() for text in axes.texts] == ['chance, 0', 'card counting, 11', 'one bit an image, 18',
                                                       'one-shot learning, 25']
    assert axes.get_title() == 'harlow42-seed7' and axes.get_xlabel() == 'episodes'
    bottom, top = axes.get_ylim()
    assert bottom < -.5 and top > 25 and axes.get_xlim()[0] == 0
    monkeypatch.undo()
    pyplot.close('all')


def test_the_figure_is_a_png_in_the_run_directory_or_where_told(run, tmp_path):
    assert plotting.reward_curve(run + '/') == os.path.join(run, 'reward_curve.png')
    elsewhere = str(tmp_path / 'figure.png')
    assert plotting.reward_curve(run, elsewhere) == elsewhere
    for path in (os.path.join(run, 'reward_curve.png'), elsewhere):
        with Image.open(path) as image:
            assert image.format == 'PNG' and image.size == (960, 540)
    assert pyplot.get_fignums() == []


def test_no_curve_is_an_error(tmp_path):
    with pytest.raises(OSError):
        plotting.reward_curve(str(tmp_path))
