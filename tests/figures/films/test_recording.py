"""Recording: what is drawn is what was played, as long as it should be, and a file is written whole or not at all."""

import cv2
import numpy as np
import pytest
from PIL import Image

from meta_rl import config as config_module
from meta_rl.envs.decisions import NOOP
from meta_rl.figures.films import recording, scenes

from helpers.films import KINDS, around, holds, played
from helpers.labs import make_lab


# Of the kinds of which nothing but the observation differs one is enough for every day.
@pytest.mark.parametrize('kind', [
    pytest.param(kind, marks=[pytest.mark.slow] if kind in ('brightness', 'crops', 'late', 'pixels', 'standard') else []) for kind in sorted(KINDS)])
def test_what_is_drawn_is_what_was_played(runs, kind):
    episode, moments, rollout, policies = played(runs(kind))
    assert np.array_equal(episode.actions, rollout.actions[:, 0]) and np.array_equal(episode.rewards, rollout.rewards[:, 0])
    assert np.array_equal(episode.policies, policies) and np.array_equal(episode.values, rollout.values[:, 0])
    assert np.array_equal(episode.views, rollout.views[rollout.view_index[:, 0]])
    assert list(episode.correct) == rollout.episodes[0].correct and set(episode.correct) == {0, 1}
    left, top, width, height = scenes.BAR
    steps = set()
    for moment in moments:
        drawn = np.asarray(scenes.draw(episode, moment))
        assert drawn.shape == (480, 800, 3) and drawn.dtype == np.uint8
        bar = drawn[top + height // 2, left:left + width]
        if moment.shown:
            lefts, rights = holds(bar, scenes.SIDES[0]), holds(bar, scenes.SIDES[1])
            assert lefts + rights == width and abs(lefts - width * policies[moment.trial, 0]) <= .51
        else:
            assert holds(bar, scenes.PANEL) == width and moment.trial == 0
        choice = drawn[404:470, scenes.COLUMNS[1]:scenes.COLUMNS[2] - 4]
        chosen = rollout.actions[moment.trial, 0]
        assert (holds(choice, scenes.SIDES[chosen]) > 50) == moment.chosen and not holds(choice, scenes.SIDES[1 - chosen])
        for trial in range(6):  # their marks
            mark = around(drawn, scenes.COLUMNS[0] + 10 + 26 * trial, 455)
            known = trial < moment.trial + moment.paid
            assert (holds(mark, scenes.RIGHT) > 9) == (known and rollout.episodes[0].correct[trial] == 1)
            assert (holds(mark, scenes.WRONG) > 9) == (known and rollout.episodes[0].correct[trial] == 0)
        edge = drawn[scenes.TOP + 1, scenes.RIGHT_EDGE:scenes.RIGHT_EDGE + scenes.SCREEN[0]]
        colour = scenes.RIGHT if rollout.episodes[0].correct[moment.trial] else scenes.WRONG
        assert holds(edge, colour) == (scenes.SCREEN[0] if moment.paid else 0)
        steps.add((moment.trial, moment.shown, moment.chosen, moment.paid))
    stages = [(True, False, False), (True, True, False), (True, True, True)]
    assert steps == {(0, False, False, False)} | {(trial,) + stage for trial in range(6) for stage in stages}
    assert [moment.trial for moment in moments] == sorted(moment.trial for moment in moments)
    times = [sum(moment.milliseconds for moment in moments if moment.trial == trial) for trial in range(6)]
    assert all(1500 <= time <= 6000 for time in times)


def square(episode, trial):
    """The pixels, uint8 [336, 336, 3], of what the agent is shown."""
    blank = np.zeros(scenes.SCREEN[::-1] + (3,), np.uint8)
    drawn = np.asarray(scenes.draw(episode, recording.Moment(blank, trial, True, False, False, 40)))
    return drawn[scenes.TOP:scenes.TOP + scenes.VIEW, scenes.LEFT_EDGE:scenes.LEFT_EDGE + scenes.VIEW]


def test_frames_are_shown_as_they_are(runs):
    episode, moments, rollout, _ = played(runs('pixels'), images='held-out')
    for trial in range(6):
        view = rollout.views[rollout.view_index[trial, 0]]
        assert np.array_equal(square(episode, trial)[::4, ::4], view) and np.array_equal(square(episode, trial)[3::4, 2::4], view)


def test_crops_are_shown_as_they_are(runs):
    episode, _, rollout, _ = played(runs('crops'))
    shown, (left, right) = square(episode, 2), rollout.views[rollout.view_index[2, 0]]
    times, height, width = 7, 7 * left.shape[0], 7 * left.shape[1]  # 7 times 21 is 147, of 168 that there are
    for middle, crop in ((84, left), (252, right)):
        part = shown[168 - height // 2:, middle - width // 2:][:height, :width]
        assert np.array_equal(part[::times, ::times], crop)


def test_numbers_are_shown_with_the_images_that_they_name(runs):
    episode, _, rollout, _ = played(runs('onehot'))
    first = rollout.views[rollout.view_index[0, 0]].argmax(1)
    for trial in range(6):
        numbers = rollout.views[rollout.view_index[trial, 0]].argmax(1)
        assert sorted(numbers) == sorted(first)
        for middle, number in zip((84, 252), numbers):
            image = Image.fromarray(episode.pictures(int(number))).resize((140, 140), Image.BICUBIC)
            assert np.array_equal(square(episode, trial)[54:194, middle - 70:middle + 70], np.asarray(image))


@pytest.mark.slow
def test_a_late_agent_is_shown_nothing_and_then_the_trial_before(runs):
    episode, moments, rollout, _ = played(runs('late'))
    _, current, _, _ = played(runs('onehot'))
    assert not episode.views[0].any() and episode.late
    for trial in range(1, 6):
        numbers = episode.views[trial].argmax(1)
        for side, number in enumerate(numbers):  # what was on the large screen in the trial before, to the eye
            before = next(moment.screen for moment in moments if moment.trial == trial - 1 and moment.shown)
            small = cv2.resize(episode.pictures(int(number)), (16, 16), interpolation=cv2.INTER_AREA)
            seen = before[115:215, (90, 216)[side]:][:, :100]
            others = [cv2.resize(episode.pictures(k), (16, 16), interpolation=cv2.INTER_AREA) for k in range(4)]
            seen = cv2.resize(seen, (16, 16), interpolation=cv2.INTER_AREA).astype(int)
            assert np.abs(seen - small).mean() == min(np.abs(seen - other).mean() for other in others)


def test_the_large_lab_plays_what_the_small_one_plays():
    small, large, twin = (make_lab('harlow', ['RGB_INTERLEAVED', 'DEBUG.POS.ROT'], width=width, height=width, trainBatch=5)
                          for width in (64, 128, 128))
    watched = recording.Watched(small, large)
    random, total, expected = np.random.RandomState(1), 0., 0.
    for seed in (3, 4):
        watched.reset(seed=seed)
        twin.reset(seed=seed)
        for number in range(100):
            action = NOOP.copy()
            action[0] = random.randint(-60, 61)
            total += watched.step(action, num_steps=2)
            for half in range(2):
                expected += twin.step(action)
                assert np.array_equal(watched.frames[2 * number + half].pixels, twin.observations()['RGB_INTERLEAVED'])
        assert len(watched.frames) == 200 == watched.num_steps() and not any(frame.read for frame in watched.frames)
        watched.observations()
        assert watched.frames[-1].read and not watched.frames[-2].read
    assert total == expected


def test_moments_of_a_hand_made_episode():
    """Of each trial: the images come, are looked at, the viewer turns, holds (alike), and all is black for two frames."""
    frames = [recording.Frame(np.full((2, 2, 3), 99, np.uint8), True, 0)]  # looked at without images on it
    for trial in range(1, 7):
        for place, (read, paid) in enumerate([(trial == 1, 0), (True, 0), (False, 0), (False, 0), (False, 1), (False, 1)]):
            if trial < 6 or not paid:
                shade = 10 * trial + (place if place != 3 else 2)
                frames.append(recording.Frame(np.full((2, 2, 3), shade, np.uint8), read, trial - 1 + paid))
    found = [(int(moment.screen[0, 0, 0]), moment[1:5], moment.milliseconds) for moment in recording.moments(frames)]
    before, deciding, turned, paid = (False,) * 3, (True, False, False), (True, True, False), (True, True, True)
    expected = [(99, (0,) + before, 80), (10, (0,) + before, 80)]
    for trial in range(6):
        first = 10 * trial + 10
        expected += [(first + 1, (trial,) + deciding, 1000), (first + 2, (trial,) + turned, 640)]
        if trial < 5:  # the next images come while the last trial is still drawn
            expected += [(first + 4, (trial,) + paid, 1000), (first + 5, (trial,) + paid, 160),
                         (first + 10, (trial,) + paid, 160)]
    assert found == expected + [(62, (5,) + paid, 3000)]


def test_the_cross_is_seen_on_the_level_as_it_ships(runs):
    _, moments, rollout, _ = played(runs('standard'))
    crosses = [holds(moment.screen, (255, 0, 0)) > 100 for moment in moments]
    assert crosses[0] and {moment.trial for moment, cross in zip(moments, crosses) if cross} == {0, 1, 2, 3, 4}
    assert set(rollout.rewards[:5, 0]) <= {-4, 6, 7, -3}


@pytest.mark.parametrize('late', [False, True])
def test_the_headings_do_not_meet(late):
    for observation in config_module.OBSERVATIONS:
        heading = scenes._heading(scenes.Episode(observation, late, *[None] * 8))
        assert scenes.font(13, True).getmask(heading).size[0] < scenes.RIGHT_EDGE - scenes.LEFT_EDGE - 8
