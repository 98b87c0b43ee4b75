"""Figures: they show the numbers of the run."""
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import config
from meta_rl.figures import all_figures, colours, plotting
from meta_rl.rundir.curve import COLUMNS


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / 'harlow42-seed7'
    folder.mkdir()
    rows = [','.join([str(episodes), str(mean_return + 6), str(mean_return)] + ['0'] * (len(COLUMNS) - 3))
            for episodes, mean_return in ((1000, -.5), (2000, 11.25), (3000, 23))]
    (folder / 'curve.csv').write_text('\n'.join([','.join(COLUMNS)] + rows) + '\n')
    return str(folder)


def kept(monkeypatch):
    """The list that all figures which are saved from now on go into."""
    figures = []
    monkeypatch.setattr(plotting, 'save', lambda figure, path, save=plotting.save, **more: figures.append(figure) or save(figure, path, **more))
    return figures


def test_the_line_is_the_curve_and_the_oracles_are_beside_it(run, monkeypatch):
    figures = kept(monkeypatch)
    plotting.reward_curve(run)
    axes = figures[0].axes[0]
    assert axes.lines[-1].get_xydata().tolist() == [[1000, -.5], [2000, 11.25], [3000, 23]]
    assert [line.get_ydata()[0] for line in axes.lines[:-1]] == pytest.approx([0, 11, 18, 25])
    assert [text.get_text() for text in axes.texts] == ['chance, 0', 'card counting, 11', 'one bit an image, 18',
                                                       'one-shot learning, 25']
    assert axes.get_title() == 'harlow42-seed7' and axes.get_xlabel() == 'episodes'
    bottom, top = axes.get_ylim()
    assert bottom < -.5 and top > 25 and axes.get_xlim()[0] == 0


def test_the_figure_is_a_png_in_the_run_directory_or_where_told(run, tmp_path):
    assert plotting.reward_curve(run + '/') == os.path.join(run, 'reward_curve.png')
    elsewhere = str(tmp_path / 'figure.png')
    assert plotting.reward_curve(run, elsewhere) == elsewhere
    for path in (os.path.join(run, 'reward_curve.png'), elsewhere):
        with Image.open(path) as image:
            assert image.format == 'PNG' and image.size == (1080, 540)


def curve(episodes, returns):
    returns = np.array(returns, float)
    return {'episodes': np.array(episodes, float), 'return': np.full(len(returns), np.nan), 'choice_return': returns}


def test_the_mean_curve_is_taken_where_all_seeds_are():
    episodes, returns = plotting.mean_curve([curve([10, 20, 30, 40], [0, 2, 4, 6]), curve([15, 25, 35], [10, 20, 30])])
    assert episodes.tolist() == [15, 25, 35] and returns.tolist() == [5.5, 11.5, 17.5]


def test_seeds_are_thin_lines_and_their_mean_is_a_thick_one(tmp_path, monkeypatch):
    figures = kept(monkeypatch)
    groups = {'two': [curve([1, 2], [0, 4]), curve([1, 2], [2, 8])], 'one': [curve([1, 2], [9, 9])]}
    plotting.reward_curves(groups, str(tmp_path / 'x.png'))
    axes = figures[0].axes[0]
    thin, other, mean, single = axes.lines[-4:]
    assert [line.get_ydata().tolist() for line in (thin, other, mean, single)] == [[0, 4], [2, 8], [1, 6], [9, 9]]
    assert thin.get_linewidth() < mean.get_linewidth()
    assert thin.get_color() == other.get_color() == mean.get_color() != single.get_color()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ['two, mean of 2 seeds', 'one']


def test_a_learning_set_is_a_line_for_each_quantile(tmp_path, monkeypatch):
    figures, path = kept(monkeypatch), str(tmp_path / 'x.png')
    profiles = np.array([[[.5] * 6, [.5, .6, .7, .8, .9, 1]], [[.5] * 6, [.5, .8, .7, .8, .9, 1]]])
    assert plotting.learning_set(profiles, path, reference=('published', [53, 97, 98, 98, 99, 98])) == path
    first, last = figures[0].axes[0].containers
    assert first.lines[0].get_ydata() == pytest.approx([50] * 6)
    assert last.lines[0].get_ydata() == pytest.approx([50, 70, 70, 80, 90, 100])
    low, high = last.lines[2][0].get_segments()[1][:, 1]
    assert (low, high) == pytest.approx((60, 80))  # the standard error of 60 and 80 is 10
    labels = [text.get_text() for text in figures[0].axes[0].get_legend().get_texts()]
    assert 'published' in labels and 'weights at 1/2 of training' in labels and 'weights at the end' in labels


def test_runs_are_grouped_by_preset(tmp_path, run, monkeypatch, capsys):
    runs = []
    for number, preset in enumerate(('master', 'harlow42', 'master')):
        runs.append(shutil.copytree(run, str(tmp_path / str(number))))
        config.from_preset(preset, seed=number).save(os.path.join(runs[-1], 'config.json'))
    groups = plotting.by_preset(runs)
    assert list(groups.items()) == [('master', [runs[0], runs[2]]), ('harlow42', [runs[1]])]
    figure = str(tmp_path / 'figure.png')
    assert plotting.plot(runs, figure) == [figure]  # none of them has its checkpoints
    assert os.path.exists(figure) and capsys.readouterr().out.count('No learning set for') == 2
    for path in runs:
        np.savetxt(os.path.join(path, 'learning_set.csv'), np.full((7, 6), .5), delimiter=',')
    drawn = plotting.plot(runs, figure)
    assert len(drawn) == 3 and all(os.path.exists(path) for path in drawn)
    assert plotting.plot(runs[:1], figure)[1:] == [str(tmp_path / 'figure-learning-set.png')]


def test_no_curve_is_an_error(tmp_path):
    with pytest.raises(OSError):
        plotting.reward_curve(str(tmp_path))


def test_a_seventh_that_one_seed_lacks_is_drawn_of_the_others(tmp_path, monkeypatch):
    figures = kept(monkeypatch)
    profiles = np.array([[[.5] * 6, [np.nan] * 6, [.6] * 6], [[.7] * 6, [np.nan] * 6, [np.nan] * 6]])
    plotting.learning_set(profiles, str(tmp_path / 'x.png'))
    drawn = {line.get_label(): line.lines[0].get_ydata().tolist() for line in figures[0].axes[0].containers}
    assert drawn == {'weights at 1/3 of training': pytest.approx([60] * 6), 'weights at the end': pytest.approx([60] * 6)}


@pytest.mark.parametrize('last, panels', [(.97, 2), (.89, 1)])
def test_lines_near_the_top_are_drawn_larger(tmp_path, monkeypatch, last, panels):
    figures = kept(monkeypatch)
    plotting.learning_set([[[.5, .6, .6, .6, .6, .6], [.5, .99, .99, .99, .99, last]]], str(tmp_path / 'x.png'))
    axes = figures[0].axes
    assert len(axes) == panels
    if panels == 2:
        assert axes[1].containers[1].lines[0].get_xydata().tolist() == [[2, 99], [3, 99], [4, 99], [5, 99], [6, 97]]
        assert axes[1].get_ylim()[0] == 96 and axes[0].get_ylim()[0] <= 40


def test_a_curve_that_goes_below_every_player_stays_in_the_picture(tmp_path, monkeypatch):
    figures = kept(monkeypatch)
    plotting.reward_curves({'dev': [curve([1, 2], [-9, 31])]}, str(tmp_path / 'x.png'))
    bottom, top = figures[0].axes[0].get_ylim()
    assert bottom < -9 and top > 31


def test_each_panel_has_its_group_in_front_and_the_others_in_grey(tmp_path, monkeypatch):
    figures = kept(monkeypatch)
    groups = {'harlow42': [curve([1, 2], [0, 4]), curve([1, 2], [2, 8])], 'workers4': [curve([1, 2], [9, 9])],
              'workers4-ray': [curve([1, 2], [7, 7])]}
    plotting.reward_panels(groups, str(tmp_path / 'x.png'), 'title')
    first, second = figures[0].axes[:2]
    assert [axes.get_title() for axes in figures[0].axes[:3]] == ['harlow42, 2 seeds', 'workers4, 1 seed', 'workers4-ray, 1 seed']
    assert [line.get_ydata().tolist() for line in first.lines[4:]] == [[9, 9], [7, 7], [0, 4], [2, 8], [1, 6]]
    assert [line.get_color() for line in second.lines[4:]] == ['0.7', '0.7', 'C1', 'C1']


def test_a_preset_has_one_colour_everywhere():
    assert colours.of(['RecurrentPPO', 'harlow42, seed 0'])[1] == colours.of(['harlow42'])[0] == 'C0'
    assert colours.of(['a', 'b'])[:1] == colours.of(['a']) and len(set(colours.of(['a', 'pixels', 'monothread2pixel-current', 'b']))) == 4
    for figure in all_figures.FIGURES:
        found = colours.of(list(figure.presets))
        assert found == [colours.COLOURS[preset] for preset in figure.presets], figure.name  # none of them had to give way


@pytest.mark.parametrize('name, kind', [('x.PDF', 'pdf'), ('x.svg', 'svg'), ('x', 'png')])
def test_the_ending_says_which_kind_of_picture(run, tmp_path, name, kind):
    path = str(tmp_path / name)
    assert plotting.reward_curve(run, path) == path and plotting.kind_of(path) == kind
    with open(path, 'rb') as file:
        assert {'pdf': b'%PDF', 'svg': b'<?xml', 'png': b'\x89PNG'}[kind] == file.read(5)[:5 if kind == 'svg' else 4]


def test_a_picture_that_cannot_be_written_leaves_the_one_before(run, tmp_path, monkeypatch):
    path = tmp_path / 'x.png'
    path.write_bytes(b'old')

    def fsync(number):
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(os, 'fsync', fsync)
    with pytest.raises(OSError, match='x.png'):
        plotting.reward_curve(run, str(path))
    assert path.read_bytes() == b'old' and sorted(os.listdir(str(tmp_path))) == ['harlow42-seed7', 'x.png']
