"""The task by itself: what is drawn, the boxes, the order of things within a frame, clocks and events."""
import collections
import copy
import hashlib
import itertools
import json
import pickle
import random

import pytest

from meta_rl.psychlab import task

from helpers.labs import act, make_lab, staged

STANDARD, FAST, CENTRED = (task.LEVELS[name] for name in ('harlow', 'harlow_fast', 'harlow_fast_centred'))
L, R = 'left', 'right'


def draw(seed, level=STANDARD, first=1, images=1000, sides='shuffled'):
    return task.draw_setup(random.Random(seed), level, first, images, sides)


def start(level=STANDARD, sides=(L, R, L, R, L, R)):
    return task.Task(level, task.Setup(1, 2, list(sides), 0., 90.), 16)


def look(episode, *boxes):
    """Rewards of frames spent looking at `boxes`."""
    return [episode.advance(box, False) for box in boxes]


# -- What is drawn -----------------------------------------------------------------------------------------------------

# Written down from one machine: any other machine, Python or NumPy has to draw the same.
DRAWN = [
    (0, 'shuffled', (845, 758, [L, R, R, R, L, L], 81.14907267355173)),
    (1, 'shuffled', (135, 848, [L, L, R, R, L, R], 102.99255080109809)),
    (7, 'shuffled', (324, 151, [R, R, L, L, L, R], 90.33460799352392)),
    (123456789, 'shuffled', (642, 542, [L, L, L, R, R, R], 98.50961939246173)),
    (2 ** 31 - 1, 'shuffled', (318, 818, [R, L, L, R, R, L], 77.31334129939191)),
    (-1, 'shuffled', (318, 818, [R, L, L, R, R, L], 77.31334129939191)),  # the real lab adds 2 ** 31 too
    (-5, 'shuffled', (648, 944, [L, R, R, L, R, L], 109.17137261568425)),
    (0, 'independent', (845, 758, [L, L, R, L, R, L], None)),
    (7, 'independent', (324, 151, [R, L, R, L, L, R], None)),
]


@pytest.mark.parametrize('seed, sides, expected', DRAWN)
def test_seed_draws_what_was_written_down(seed, sides, expected):
    lab = make_lab(sides=sides)
    lab.reset(seed=seed)
    for setup in (draw(seed & 0x7fffffff, sides=sides), lab._task.setup):
        assert setup[:3] == expected[:3] and setup.pitch == 0
        if expected[3] is not None:
            assert setup.yaw == expected[3]


@pytest.mark.parametrize('sides, expected', [
    ('shuffled', '3e9fef196b18853a80c690167477d0c2d5c198ad8e4fef1a078582ee3d3c4d4a'),
    ('independent', '88e40cce7fb8920075ca9e2b4c5ac87793cf58f2d6a5e467040c28c321862ae3')])
def test_a_thousand_seeds_draw_what_python_3_6_and_3_11_drew(sides, expected):
    drawn = ''.join(json.dumps(draw(seed, sides=sides)) for seed in range(1000))
    assert hashlib.sha256(drawn.encode()).hexdigest() == expected


def test_held_out_images_and_centred_spawn_follow_the_same_seed():
    assert draw(1, CENTRED, first=1001)[:2] == (1135, 1848)
    assert {draw(seed, CENTRED).yaw for seed in range(100)} == {90.}


def chi_square(counts, cells):
    expected = sum(counts.values()) / float(cells)
    assert len(counts) == cells
    return sum((count - expected) ** 2 / expected for count in counts.values())


def test_pairs_are_drawn_evenly_without_replacement():
    pairs = collections.Counter(draw(seed, first=11, images=5)[:2] for seed in range(6000))
    assert set(pairs) == set(itertools.permutations(range(11, 16), 2))
    assert chi_square(pairs, 20) < 50  # p = 1e-4 for 19 degrees of freedom


def test_shuffled_sides_are_all_20_arrangements_of_three_and_three_evenly():
    sides = collections.Counter(tuple(draw(seed).correct_side) for seed in range(6000))
    assert all(arrangement.count(L) == 3 for arrangement in sides)
    assert chi_square(sides, 20) < 50


def test_independent_sides_are_all_64_arrangements_evenly():
    sides = collections.Counter(tuple(draw(seed, sides='independent').correct_side) for seed in range(6400))
    assert chi_square(sides, 64) < 120  # p = 2e-5 for 63 degrees of freedom


@pytest.mark.parametrize('level', [STANDARD, FAST])
def test_yaw_is_uniform_within_22_and_a_half_degrees_of_the_screen(level):
    yaws = sorted((draw(seed, level).yaw - 67.5) / 45 for seed in range(4000))
    assert 0 <= yaws[0] and yaws[-1] < 1
    assert max(abs(yaw - (i + .5) / 4000) for i, yaw in enumerate(yaws)) < .035  # Kolmogorov-Smirnov, p = 1e-4


@pytest.mark.parametrize('is_train, expected', [('true', range(1, 5)), ('false', range(5, 8))])
def test_is_train_chooses_the_images(is_train, expected):
    lab = make_lab(trainBatch=4, testBatch=3, isTrain=is_train)
    seen = set()
    for seed in range(60):
        lab.reset(seed=seed)
        seen.update(lab._task.setup[:2])
    assert seen == set(expected)


# -- Boxes -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('gaze, box', [
    ((.5, .5), 'cross'), ((.475, .475), 'cross'), ((.525, .525), 'cross'), ((.4749, .5), None), ((.5, .5251), None),
    ((.15, .4), L), ((.35, .6), L), ((.1499, .5), None), ((.3501, .5), None), ((.25, .3999), None),
    ((.65, .6), R), ((.85, .4), R), ((.6499, .5), None), ((.8501, .5), None), ((.75, .6001), None), (None, None)])
def test_boxes_include_their_edges(gaze, box):
    assert task.box_at(gaze) == box


# -- A trial -----------------------------------------------------------------------------------------------------------

def test_four_frames_on_the_cross_start_a_trial_and_four_on_a_button_end_it():
    episode = start()
    assert look(episode, *['cross'] * 4) == [0, 0, 0, 1]
    assert (episode.trial, episode.hover_cross, episode.hover_left, episode.hover_right) == (1, -1, 0, 0)
    assert look(episode, *[L] * 4) == [0, 0, 0, 5]
    assert (episode.hover_left, episode.hover_right, episode.delay_timer) == (-1, -1, 5)


@pytest.mark.parametrize('level, rewards', [(FAST, [0, 5, 0]), (CENTRED, [0, 5, 0])])
def test_one_frame_each_where_it_is_fast(level, rewards):
    episode = start(level)
    assert look(episode, 'cross', L, L) == rewards
    assert episode.delay_timer == 1


def test_looking_away_resets_the_count():
    episode = start()
    look(episode, 'cross', 'cross', 'cross', None)
    assert episode.hover_cross == 0
    assert look(episode, *['cross'] * 4) == [0, 0, 0, 1]
    look(episode, L, L, L, R)
    assert (episode.hover_left, episode.hover_right) == (0, 1)
    assert look(episode, R, R, R) == [0, 0, -5]


def test_the_cross_can_be_hovered_in_the_very_frame_it_comes_back():
    episode = start()
    look(episode, *['cross'] * 4 + [L] * 4)
    for timer in (4, 3, 2, 1):
        look(episode, 'cross')
        assert (episode.delay_timer, episode.hover_cross) == (timer, -1)
    look(episode, 'cross')
    assert (episode.delay_timer, episode.hover_cross) == (-1, 1)


def test_fire_freezes_the_counts_but_not_the_timer():
    episode = start()
    look(episode, 'cross', 'cross')
    assert episode.advance(None, True) == 0 and episode.hover_cross == 2
    look(episode, *['cross'] * 2 + [L] * 4)
    episode.advance(L, True)
    assert episode.delay_timer == 4


def test_the_sixth_choice_ends_the_episode():
    episode = start(FAST)
    for trial in range(6):
        assert not episode.done
        look(episode, *['cross'] * (1 if trial == 0 else 2) + [L])
    assert episode.done and episode.trial == 6


def test_event_is_the_printed_table_of_the_real_lab():
    episode = start()
    look(episode, *['cross'] * 4 + [None] * 3 + [L] * 4)
    assert episode.events == [
        "{\n  ['trial'] = 1\n  ['correctResponse'] = 1\n  ['response'] = correct_image_button\n  ['stepCount'] = 7\n"
        "  ['reactionTime'] = 0.11666666666667\n  ['correct'] = 1\n  ['trialId'] = 1\n}\n"]
    look(episode, *['cross'] * 8 + [L] * 4)
    assert episode.events[1] == (
        "{\n  ['trial'] = 2\n  ['correctResponse'] = 2\n  ['response'] = incorrect_image_button\n  ['stepCount'] = 4\n"
        "  ['reactionTime'] = 0.066666666666667\n  ['correct'] = 0\n  ['trialId'] = 1\n}\n")


@pytest.mark.parametrize('frame_ms, frames', [(16, 18000), (32, 9000), (64, 4500), (10, 28800)])
def test_an_episode_lasts_300_seconds_of_the_labs_clock(frame_ms, frames):
    episode = task.Task(STANDARD, task.Setup(1, 2, [L] * 6, 0., 90.), frame_ms)
    for _ in range(frames - 1):
        episode.advance(None, False)
    assert not episode.done
    episode.advance(None, False)
    assert episode.done


@pytest.mark.parametrize('copied', [copy.deepcopy] + [
    lambda episode, protocol=protocol: pickle.loads(pickle.dumps(episode, protocol)) for protocol in (0, 2, 3)])
def test_a_task_is_plain_data(copied):
    episode = start(FAST)
    look(episode, 'cross', L)
    twin = copied(episode)
    look(twin, 'cross', 'cross', R)
    assert (episode.trial, twin.trial) == (1, 2) and (len(episode.events), len(twin.events)) == (1, 2)


def test_drawing_does_not_touch_the_generators_of_others():
    lab = make_lab()
    random.seed(5)
    before = random.getstate()
    lab.reset()
    lab.reset(seed=3)
    lab.reset(setup=staged())
    lab.step(act())
    assert random.getstate() == before
