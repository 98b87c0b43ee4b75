"""A run of the gaze agent trains, goes on, is measured and filmed."""
import json
import os

import numpy as np
import pytest
from PIL import Image, ImageSequence

from meta_rl import config as config_module
from meta_rl import training
from meta_rl.evaluation import Frozen, evaluate, table
from meta_rl.figures.films import gaze_scenes, recording, scenes
from meta_rl.figures.gazes import curves
from meta_rl.nets.inputs import FIXATION
from meta_rl.psychlab.task import TRIALS
from meta_rl.rundir.curve import read_curve

from helpers.kept import copy_of


@pytest.mark.slow
def test_a_run_trains_goes_on_and_is_measured(tmp_path):
    tiny = dict(image_count=3, held_out_count=3, units=4, memory_units=4, places=4, embedding=4, unroll=20, batch=4,
                log_every=4, checkpoint_every=4, teacher_episodes=6, coin_episodes=4,
                logdir=str(tmp_path), image_cache=str(tmp_path / 'cache'))
    run, _, _ = training.run(config_module.from_preset('gaze-taught', episodes=8, **tiny))
    curve = read_curve(os.path.join(run, 'curve.csv'))
    assert curve['episodes'][-1] >= 8 and (curve['length'] > 50).all() and np.isfinite(curve['value_loss']).all()
    training.run(config_module.load(os.path.join(run, 'config.json')).change(episodes=12), run)
    assert read_curve(os.path.join(run, 'curve.csv'))['episodes'][-1] >= 12
    path = str(tmp_path / 'film.gif')
    earned, = recording.record(run, path, seed=3, images='held-out')
    with Frozen(run, 'held-out') as frozen:
        decisions, total = gaze_scenes.play(frozen.restore(), 3, 'title')
    with Image.open(path) as film:
        shots = [np.array(shot.convert('RGB')) for shot in ImageSequence.Iterator(film)]
    assert 10 < len(shots) <= len(decisions) <= 901 and earned == total == decisions[-1].total
    left, top = scenes.LEFT_EDGE, scenes.TOP
    assert abs(shots[0][top, left].astype(int) - decisions[0].frame[0, 0]).max() < 16
    for before, after in zip(decisions, decisions[1:]):
        assert after.total == before.total + after.reward and before.policy.sum() == pytest.approx(1, abs=1e-5)
        here = [frame[::frame.shape[0] // 2].mean() for frame in (after.frame, after.screen)]
        assert abs(here[0] - here[1]) < 40  # the two labs look into one direction
    report = json.loads(json.dumps(evaluate(run, 2, images='held-out')))
    for mode in ('sampled', 'greedy'):
        assert 0 < report[mode]['decisions_mean'] <= report[mode]['decisions_max'] <= 900
        assert 0 <= report[mode]['complete'] <= 1 and len(report[mode]['per_trial']) == TRIALS
    report['greedy'].update(complete=.5, decisions_mean=70.25, decisions_max=900, reaction_time_mean=.256, decisions_per_trial=11.74,
                            reaction_times=[.25, .3, .25, None, None, None])
    assert table(report).splitlines()[-3:] == [
        'greedy   1 of 2 episodes had all 6 trials, with 70.2 decisions in the mean and 900 at most',
        'greedy   11.7 decisions a trial; from the images to the choice 0.26 s in the mean, by trial',
        '         0.25 0.30 0.25 - - -']


def test_a_scene_shows_what_is_read_of_the_frame():
    for preset, edges in (('gaze', (20, 24, 64, 60)), ('gaze-taught', (16, 0, 68, 84))):
        config = config_module.from_preset(preset)
        assert gaze_scenes.fovea_of(config) == edges
        for paid, kept in ((0., False), (1., True), (5., False)):
            decision = gaze_scenes.Decision(np.zeros((84, 84, 3), np.uint8), np.zeros((336, 408, 3), np.uint8), np.full(3, 1 / 3.), 0., 2,
                                            paid, paid, [1] * (paid > 1), 'title', edges, kept)
            scene = np.array(gaze_scenes.draw(decision))
            left, top, right, bottom = (4 * edge for edge in edges)
            view = scene[scenes.TOP:scenes.TOP + 336, scenes.LEFT_EDGE:scenes.LEFT_EDGE + 336]
            colour = scenes.TEXT if kept else scenes.DIM
            assert (view[top, left:right] == colour).all() and (view[top:bottom, right - 1] == colour).all()
            assert not view[top + 3:bottom - 3, left + 3:right - 3].any()


@pytest.mark.parametrize('name, kept', [('gaze-seed1', 'written'), ('gaze-gated-seed0', 'fixation')])
def test_a_film_says_where_the_memory_writes(name, kept, tmp_path):
    with Frozen(copy_of(name, tmp_path, image_count=12, held_out_count=12), 'held-out') as frozen:
        decisions, _ = gaze_scenes.play(frozen.restore(), 3, 'title')
    fixations = [0 < decision.reward < FIXATION for decision in decisions[:-1]]
    found = [bool(decision.kept) for decision in decisions[:-1]]
    assert sum(fixations) == 6 and (found == fixations) == (kept == 'fixation')
    assert all(keeps for keeps, fixated in zip(found, fixations) if fixated) and sum(found) < len(found) / 2


def test_frames_are_counted_from_the_lengths_of_episodes():
    curve = {'episodes': np.array([10., 30., 40.]), 'length': np.array([900., 100., 60.])}
    assert curves.frames_seen(curve, 4).tolist() == [36000., 36000 + 8000., 44000 + 2400.]
