"""How the viewer turns, where it looks and what it sees, each against a slow twin written from the measurements."""
import copy
import math
import pickle

import numpy as np
import pytest

from meta_rl.psychlab import pictures
from meta_rl.psychlab.scene import camera

from helpers.labs import act, make_lab, staged
from helpers.pictures import noise, surface_of

REST = 16384  # shorts: yaw 90 degrees


def slow_frame(width, height, pitch, yaw, drop, surface):
    """(float [height, width, 3], bool [height, width]): a bilinear sample for each pixel of the screen, and which those are."""
    p, y = math.radians(pitch), math.radians(yaw)
    forward = np.array([math.cos(p) * math.cos(y), math.cos(p) * math.sin(y), -math.sin(p)])
    right = np.array([math.sin(y), -math.cos(y), 0])
    up = np.cross(right, forward)
    frame, mask = np.zeros((height, width, 3)), np.zeros((height, width), bool)
    for row in range(height):
        for column in range(width):
            ray = (forward + right * (2 * (column + .5) / width - 1)
                   + up * (1 - 2 * (row + .5) / height) * height / width)
            if ray[1] <= 0:
                continue
            x, z = ray[[0, 2]] * 90.5 / ray[1] + [0, 122.125 - drop]
            if abs(x) > 56 or abs(z - 123) > 56:
                continue
            mask[row, column] = True
            u, v = (x + 56) / 112 * 512 - .5, (179 - z) / 112 * 512 - .5
            left, top = int(math.floor(u)), int(math.floor(v))
            for i, weight_v in ((top, 1 - v + top), (top + 1, v - top)):
                for j, weight_u in ((left, 1 - u + left), (left + 1, u - left)):
                    frame[row, column] += weight_u * weight_v * surface[min(max(i, 0), 511), min(max(j, 0), 511)]
    return frame, mask


def smooth(seed):
    """An image with edges and gradients, of the kind that a dataset has."""
    coarse = np.random.RandomState(seed).randint(0, 256, (8, 8, 3))
    return np.kron(coarse, np.ones((32, 32, 1))).astype(np.uint8)


LEFT = pictures.picture(pictures.shrink(smooth(1)), pictures.LEFT_CORNER)
RIGHT = pictures.picture(pictures.shrink(smooth(2)), pictures.RIGHT_CORNER)


@pytest.mark.parametrize('width, height, pitch, yaw, drop, shown', [
    (32, 32, 0, REST, 0., [LEFT, RIGHT]),
    (32, 32, 300, REST - 2000, 0., [LEFT, RIGHT]),
    (48, 32, -1500, REST + 3000, 0., [LEFT, RIGHT]),
    (24, 40, 2500, REST - 800, 0., [LEFT, RIGHT]),
    (64, 64, -200, REST + 100, 7.02, [pictures.CROSS]),
    (32, 24, 4000, REST + 5000, 1.20, [LEFT, RIGHT]),
    (64, 64, 37, REST - 311, 0., [pictures.CROSS]),
    (32, 32, 0, -REST, 0., [LEFT, RIGHT]),
    (32, 32, 16000, REST, 0., [LEFT, RIGHT]),
])
def test_frame_is_one_bilinear_sample_a_pixel(width, height, pitch, yaw, drop, shown):
    slow, mask = slow_frame(width, height, pitch * 360 / 65536., yaw * 360 / 65536., drop, surface_of(*shown))
    frame = camera.Camera(width, height).frame(pitch, yaw, drop, shown)
    assert frame.shape == (height, width, 3) and frame.dtype == np.uint8
    difference = np.abs(frame - slow)[mask]
    if yaw == -REST or pitch == 16000:
        assert not mask.any()
    else:
        assert mask.any() and slow[mask].any()
        assert difference.max() <= 8 and difference.mean() <= 1
    assert frame[~mask].min() > 10  # the surroundings are not black, so the edge of the screen is where it should be


@pytest.mark.parametrize('size, rows, columns', [(84, slice(16, 68), slice(16, 68)), (80, slice(15, 64), slice(15, 65))])
def test_corners_of_the_screen(size, rows, columns):
    frame = camera.Camera(size, size).frame(0, REST, 0., ())
    expected = np.ones((size, size), bool)
    expected[rows, columns] = False
    np.testing.assert_array_equal(frame.any(2), expected)


def test_the_eye_comes_up_in_the_first_frames():
    lab = make_lab(observations=['RGB_INTERLEAVED'], width=512, height=512, surroundings='flat')
    for drops in ((14.3, 9.88, 5.46, 1.82, 0, 0), (14.3, 10.66, 6.24, 1.82, 0, 0), (14.3, 10.66, 6.24, 1.82, 0, 0)):
        lab.reset(setup=staged())
        for drop in drops:
            column = lab.observations()['RGB_INTERLEAVED'][:, 150]
            top = 256 * (1 - (179 - 122.125 + drop) / 90.5)
            assert np.flatnonzero(~column.any(1))[0] == int(math.ceil(top - .5))
            lab.step(act())


def test_screen_is_black_right_after_reset_and_has_the_cross_after_one_step():
    lab = make_lab(observations=['RGB_INTERLEAVED'], width=84, height=84)
    lab.reset(setup=staged())
    inside = (slice(20, 58), slice(20, 60))
    assert not lab.observations()['RGB_INTERLEAVED'][inside].any()
    for k in range(3):  # the eye comes up, and the cross goes down
        lab.step(act())
        frame = lab.observations()['RGB_INTERLEAVED']
        red = frame[inside][..., 0]
        assert red.max() > 200 and not frame[inside][..., 1:].any()
        assert 8 < np.count_nonzero(red > 128) < 24  # each bar is 1.3 x 5.2 pixels
        if k == 2:
            assert frame[39, 42].tolist() == [255, 0, 0] or frame[40, 42].tolist() == [255, 0, 0]


def test_depth():
    lab = make_lab('harlow_fast', ['RGBD_INTERLEAVED'], width=84, height=84)
    lab.reset(setup=staged(yaw=90))
    lab.step(act(), 3)
    depth = lab.observations()['RGBD_INTERLEAVED'][..., 3]
    assert (depth[20:60, 20:60] == 244).all()  # 255 (1 - 4 / 90.5) 2048 / 2044 = 244.2: the screen faces the viewer
    lab.reset(setup=staged(yaw=60))
    lab.step(act(), 3)
    row = lab.observations()['RGBD_INTERLEAVED'][42, :, 3].astype(int)
    assert (np.diff(row) >= 0).all() and row[0] < row[-1]  # turned right, its right end is the farther one


def test_frames_are_fresh_and_what_is_kept_is_not_mixed_up():
    eye = camera.Camera(84, 84)
    other = pictures.picture(pictures.shrink(noise()), pictures.LEFT_CORNER)
    first = eye.frame(0, REST, 0., [LEFT])
    kept = first.copy()
    assert (eye.frame(0, REST, 0., [other]) != kept).any()
    first[:] = 7
    np.testing.assert_array_equal(eye.frame(0, REST, 0., [LEFT]), kept)


def test_a_camera_is_copied_without_what_it_keeps():
    eye = camera.camera(84, 80)
    assert copy.deepcopy(eye) is eye and pickle.loads(pickle.dumps(eye)) is eye
