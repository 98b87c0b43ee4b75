"""The figures of img/: drawn from what is kept there, and what is kept is what the run had."""
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import apart, evaluation, training
from meta_rl import config as config_module
from meta_rl.figures import all_figures, surroundings, third_party
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints

from helpers.kept import KEPT

TINY = dict(episodes=128, batch=8, log_every=16, image_count=3, width=32, height=32, units=4, embedding=4)


def same_as_kept(path):
    """What was drawn is the picture in img/: to the pixel by the Matplotlib that drew that one, else at least of its size."""
    with Image.open(path) as drawn, Image.open(os.path.join(os.path.dirname(KEPT), os.path.basename(path))) as kept:
        assert drawn.size == kept.size, path
        if drawn.info.get('Software') == kept.info.get('Software') is not None:
            assert drawn.tobytes() == kept.tobytes(), f'{os.path.basename(path)} is not what img/ has: make figures'


EVERY_DAY = 'harlow42', 'backends', 'gaze'  # of each kind of figure one


@pytest.mark.parametrize('figure', [pytest.param(figure, marks=[] if figure.name in EVERY_DAY else [pytest.mark.slow], id=figure.name)
                                    for figure in all_figures.FIGURES])
def test_all_that_a_figure_needs_is_in_the_repository(figure, tmp_path, monkeypatch):
    monkeypatch.setattr(apart, 'train', None)  # training anew would fail
    shutil.copytree(KEPT, str(tmp_path / 'data'))
    for path in all_figures.draw(figure._replace(insight=False), str(tmp_path)):  # that draws 2,000 images first
        same_as_kept(path)


def test_the_agent_of_others_is_drawn_beside_ours(tmp_path):
    shutil.copytree(KEPT, str(tmp_path / 'data'))
    same_as_kept(all_figures.draw_third_party(str(tmp_path)))
    curve = third_party.read(os.path.join(KEPT, all_figures.THIRD_PARTY, 'curve.csv'))
    assert curve['episodes'][-1] == 100000 and curve['return'][-1] > 24 and (np.diff(curve['seconds']) > 0).all()


def test_surroundings_are_drawn_beside_recorded_ones(tmp_path):
    path = surroundings.draw(str(tmp_path / 'surroundings.png'))
    same_as_kept(path)
    for size, pitch, yaw in surroundings.SHOWN:
        true, frame = surroundings.recorded(size, pitch, yaw)
        assert surroundings.drawn(frame, *map(int, size.split('x'))).shape == true.shape


@pytest.mark.slow
def test_what_is_missing_is_trained_and_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(config_module.PRESETS, 'tiny', TINY)
    path, = all_figures.runs_of('tiny', 1, 'img')
    run = os.path.join('runs', os.listdir('runs')[0])
    with open(os.path.join(run, 'config.json')) as there, open(os.path.join(path, 'config.json')) as here:
        there, here = json.load(there), json.load(here)
        assert {name for name in there if there[name] != here[name]} <= {'logdir', 'image_cache'}  # where it was: of no use to others
    for name in ('curve.csv', 'learning_set.csv'):
        with open(os.path.join(run, name)) as there, open(os.path.join(path, name)) as here:
            assert there.read() == here.read()
    monkeypatch.setattr(apart, 'train', None)
    assert all_figures.runs_of('tiny', 1, 'img') == [path]


@pytest.mark.slow
def test_what_is_kept_of_an_agent_that_sees_plays_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(all_figures, 'WITH_WEIGHTS', ('pixels',))
    run, _, _ = training.run(config_module.from_preset('pixels', **dict(
        TINY, held_out_count=3, logdir=str(tmp_path / 'elsewhere'))))
    before = tmp_path / 'img' / 'data' / os.path.basename(run).rsplit('-', 2)[0] / 'checkpoints'
    before.mkdir(parents=True)
    (before / 'model-256.index').write_bytes(b'of a longer run')
    (before.parent / 'evaluation-real.json').write_text('{}')
    kept = all_figures.keep(run, 'img')
    assert str(before) == os.path.abspath(os.path.join(kept, 'checkpoints'))
    assert config_module.load(os.path.join(kept, 'config.json')).logdir == 'runs'
    assert sorted(os.listdir(kept)) == [
        'checkpoints', 'config.json', 'curve.csv', 'images.json', 'learning_set-held-out.csv', 'versions.json']
    assert sorted(os.listdir(os.path.join(kept, 'checkpoints'))) == ['model-128.data-00000-of-00001', 'model-128.index']
    there, here = (evaluation.evaluate(folder, 40, images='held-out') for folder in (run, kept))
    assert there['per_trial'] == here['per_trial'] and there['return_mean'] == here['return_mean']
    settings = config_module.load(os.path.join(kept, 'config.json'))
    with pytest.raises(config_module.ConfigError, match='only its weights were kept'):
        training.run(settings.change(episodes=256), kept)
    assert config_module.load(os.path.join(kept, 'config.json')) == settings


@pytest.mark.parametrize('seed', [pytest.param(0, marks=pytest.mark.slow), 4])
def test_the_kept_agents_have_learned_to_learn(seed, tmp_path, monkeypatch):
    """What the README says of them, played again from their weights."""
    run = os.path.join(KEPT, 'harlow42-seed%d' % seed)
    assert read_curve(os.path.join(run, 'curve.csv'))['episodes'][-1] == 100000
    assert checkpoints.episodes_of(checkpoints.latest(run)) == 100000
    monkeypatch.chdir(tmp_path)
    report = evaluation.evaluate(run, 200)
    assert report['return_mean'] > 24 and min(report['per_trial'][1:]) > .97
    assert np.allclose(np.loadtxt(os.path.join(run, 'learning_set.csv'), delimiter=',')[-1][1:], 1, atol=.01)
