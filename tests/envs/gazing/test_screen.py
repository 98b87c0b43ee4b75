"""What frames show of the screen: the cross to a part of a degree, images and nothing else for images, on the real lab's frames."""
import json
import os

import numpy as np
import pytest

from meta_rl.envs import decisions
from meta_rl.envs.gazing import saccades
from meta_rl.envs.gazing.screen import Cross, Images

from helpers.labs import RECORDED, make_lab


def cross_frame(yaw, size, look='flat'):
    lab = make_lab('harlow', ['RGB_INTERLEAVED'], width=size, height=size, surroundings=look)
    lab.reset(seed=0, setup={'yaw': yaw})
    for action in [decisions.NOOP] * 3 + [saccades.FIRE]:  # the eye is at its place, and no trial has started
        lab.step(action)
    return lab.observations()['RGB_INTERLEAVED'], lab.state()['yaw']


@pytest.mark.parametrize('look', ['flat', 'real'])
@pytest.mark.parametrize('size, near, far', [(80, .5, .8), (84, .45, .8), (136, .3, .5), (64, .5, 1.)])
def test_where_the_cross_is(size, near, far, look):
    cross = Cross(size, size)
    for yaw in np.linspace(50, 130, 161):
        frame, there = cross_frame(yaw, size, look)
        assert abs(cross.find(frame) - (there - 90)) < (near if abs(there - 90) < 2 else far)


@pytest.fixture(scope='module')
def recorded():
    """list of (what is known of a frame of the real lab, the frame)."""
    with open(os.path.join(RECORDED, 'hud_frames.json')) as file:
        entries = json.load(file)['frames']
    with np.load(os.path.join(RECORDED, 'hud_frames.npz')) as arrays:
        frames = {name: arrays[name] for name in arrays.files}
    return [(entry, frames[entry['array']][entry['index']]) for entry in entries]


def test_where_the_cross_is_in_frames_of_the_real_lab(recorded):
    """With its HUD, and in the first frames with the eye still low."""
    found = {}
    for entry, frame in recorded:
        angle = Cross(entry['width'], entry['height']).find(frame)
        if entry['screen'] == 'cross' and abs(entry['yaw'] - 90) < 41:
            assert abs(angle - (entry['yaw'] - 90)) < (.05 if abs(entry['yaw'] - 90) < 2 else .6)
            found.setdefault(entry['array'], []).append(entry['num_steps'])
        elif entry['screen'] != 'cross':
            assert angle is None
    assert sorted(found) == ['136x136', '320x240', '84x84'] and {1, 2, 3, 4} <= set(found['84x84'])


def test_when_images_are_shown_in_frames_of_the_real_lab(recorded):
    seen = set()
    for entry, frame in recorded:
        shown = entry['screen'] == 'images' and abs(entry['yaw'] - 90) < 1
        assert Images(entry['width'], entry['height']).shown(frame) == shown
        seen.add((entry['array'], entry['screen'], shown))
    assert ('84x84', 'images', True) in seen and ('84x84', 'images', False) in seen and ('84x84', 'black', False) in seen


def spot(size, colour=(255, 0, 0), at=0., back=0):
    """A frame of one colour with a square spot of the size of the cross, `at` degrees from the middle."""
    frame = np.full((size, size, 3), back, np.uint8)
    side, column = int(round(.0617 * size)), int(size / 2 * (1 + np.tan(np.radians(at))))
    frame[size // 2 - side // 2 - 1:size // 2 - side // 2 - 1 + side, column - side // 2:column - side // 2 + side] = colour
    return frame


@pytest.mark.parametrize('size', [84, 136, 256])
def test_other_red_is_no_cross(size):
    cross, random = Cross(size, size), np.random.RandomState(size)
    frames = [spot(size, at=-30), spot(size, at=20), np.full((size, size, 3), (255, 0, 0), np.uint8)]
    frames[2][:, size // 2:] = 0
    speckled = np.zeros((size, size, 3), np.uint8)
    speckled[random.rand(size, size) < .1] = 255, 0, 0
    bright, _ = cross_frame(100, size)
    bright[(bright == 0).all(2)] = 90  # no black around it
    bars = np.zeros((size, size, 3), np.uint8)
    bars[size // 2 - 1:size // 2 + 1] = 255, 0, 0
    for frame in frames + [speckled, bright, bars]:
        assert cross.find(frame) is None
    low, there = cross_frame(100, size)  # and there is more than one red spot
    low[:, -size // 6:] = 255, 0, 0
    low[size // 2, :size // 8] = 255, 0, 0
    assert abs(cross.find(low) - (there - 90)) < .8


@pytest.mark.parametrize('side, grey', [(1, 0), (2, 0), (2, 60), (3, 0), (3, 31), (4, 60)])
def test_a_crosshair_on_the_cross_moves_nothing(side, grey):
    cross = Cross(160, 160)
    for yaw in np.linspace(88.5, 91.5, 25):
        frame, there = cross_frame(yaw, 160)
        place = slice(80 - side // 2, 80 - side // 2 + side)
        frame[place, place] = grey
        assert abs(cross.find(frame) - (there - 90)) < .3
