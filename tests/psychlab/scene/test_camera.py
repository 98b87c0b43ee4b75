"""How the viewer turns, where it looks and what it sees, each against a slow twin written from the measurements."""
import copy
import math
import pickle
import struct

import numpy as np
import pytest

from meta_rl.psychlab import pictures
from meta_rl.psychlab.scene import camera

from helpers.labs import act, make_lab, staged
from helpers.pictures import noise, surface_of

REST = 16384  # shorts: yaw 90 degrees


# -- Turning -----------------------------------------------------------------------------------------------------------

def f32(x):
    return struct.unpack('f', struct.pack('f', x))[0]


class SlowAxis:
    """One axis of the viewer, in single precision rounded by hand."""

    def __init__(self, spawn, frame_ms, limit=None):
        self.turned, self.spawn, self.frame_ms, self.limit = 0., spawn, frame_ms, limit

    def turn(self, units):
        angle = f32(self.turned + f32(units * (0.11 * 60 / 1000)) * self.frame_ms)
        while angle < 0:
            angle += 360
        while angle >= 360:
            angle -= 360
        self.turned = f32(angle)
        shorts = (int(f32(self.turned * f32(65536 / 360.)) + .5) & 65535) + self.spawn & 65535
        shorts -= 65536 if shorts >= 32768 else 0
        if self.limit and abs(shorts) > self.limit:
            clamped = math.copysign(self.limit, shorts)
            self.spawn += int(clamped) - shorts
            shorts = int(clamped)
        return shorts * 360. / 65536


@pytest.mark.parametrize('seed', range(6))
@pytest.mark.parametrize('fps, frame_ms', [(60, 16), (30, 32), (100, 10)])
def test_turning_is_that_of_the_engine_bit_for_bit(seed, fps, frame_ms):
    random = np.random.RandomState(seed)
    yaw = 90 + random.uniform(-22.5, 22.5)
    lab = make_lab(fps=fps)
    lab.reset(setup=staged(yaw=yaw))
    slow_yaw = SlowAxis(int(round(yaw * 65536 / 360)), frame_ms)
    slow_pitch = SlowAxis(0, frame_ms, limit=16000)
    for _ in range(300):
        most = random.choice([3, 40, 512, 1500])
        right, down = (int(units) for units in random.randint(-most, most + 1, 2))
        lab.step(act(right, down))
        state = lab.state()
        assert (state['pitch'], state['yaw']) == (slow_pitch.turn(down), slow_yaw.turn(-right))


@pytest.mark.parametrize('sign', [1, -1])
def test_pitch_stops_at_88_degrees_and_turns_back_at_once(sign):
    lab = make_lab()
    lab.reset(setup=staged())
    for _ in range(10):
        lab.step(act(down=512 * sign))
    assert lab.state()['pitch'] == sign * 87.890625
    lab.step(act(down=-100 * sign))
    assert lab.state()['pitch'] == pytest.approx(sign * (87.890625 - 10.56), abs=.006)


def test_yaw_wraps():
    lab = make_lab()
    lab.reset(setup=staged())
    yaws = []
    for _ in range(70):
        lab.step(act(right=100))
        yaws.append(lab.state()['yaw'])
    assert min(yaws) >= -180 and max(yaws) < 180
    assert max(yaws) > 170 and min(yaws) < -170
    assert yaws[-1] == pytest.approx(90 + 720 - 70 * 10.56 - 360 + 360, abs=.1)


@pytest.mark.parametrize('degrees, shorts', [
    (0, 0), (90, 16384), (180, -32768), (-180, -32768), (270, -16384), (-270, 16384), (450, 16384), (86.2097168, 15694)])
def test_degrees_to_shorts(degrees, shorts):
    assert camera.degrees_to_shorts(degrees) == shorts


# -- Gaze --------------------------------------------------------------------------------------------------------------

def slow_gaze(pitch, yaw):
    p, y = np.radians([pitch, yaw])
    forward = np.array([np.cos(p) * np.cos(y), np.cos(p) * np.sin(y), -np.sin(p)])
    start = np.fix(np.array([0, -32, 122]) + 14 * forward)
    if forward[1] <= 0:
        return None
    x, _, z = start + forward * (58 - start[1]) / forward[1]
    if not (-56 <= x <= 56 and 67 <= z <= 179):
        return None
    x, _, z = start + forward * (57.875 - start[1]) / forward[1]
    return (x + 57) / 114, 1 - (z - 66) / 114


def test_gaze_is_where_the_ray_meets_the_screen():
    random = np.random.RandomState(0)
    poses = random.randint([-16000, -32768], [16001, 32768], (1000, 2)).tolist()  # anywhere
    poses += random.randint([-7000, 9000], [7000, 23000], (3000, 2)).tolist()  # towards the screen
    seen = 0
    for pitch, yaw in poses:
        expected = slow_gaze(pitch * 360 / 65536., yaw * 360 / 65536.)
        gaze = camera.gaze(pitch, yaw)
        assert (gaze is None) == (expected is None)
        if gaze:
            seen += 1
            assert gaze == pytest.approx(expected, abs=1e-9)
    assert seen > 1000


def looked_at(right, down):
    """(u, v) after a turn of so many units from rest; None: off the screen."""
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(right, down))
    lab.step(act())  # uses the gaze that the turn led to
    return lab.state()['gaze']


def test_gaze_at_rest_is_on_the_cross():
    assert looked_at(0, 0) == pytest.approx([.5, .5088], abs=1e-4)


@pytest.mark.parametrize('units, inside', [
    (20, True), (21, False), (-20, True), (-21, False), (106, False), (107, True), (231, True), (232, False),
    (-106, False), (-107, True), (-231, True), (-232, False), (304, False), (-304, False)])
def test_boxes_span_the_measured_turns_to_the_side(units, inside):
    u = looked_at(units, 0)[0]
    assert inside == (.475 <= u <= .525 or .15 <= u <= .35 or .65 <= u <= .85)
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(), 3)
    lab.step(act(right=units))
    if abs(units) > 30:  # a button; the cross is answered by its fourth frame
        lab.step(act())
        state = lab.state()
        assert state['hover_correct' if units < 0 else 'hover_incorrect'] == int(inside)
        return
    lab.reset(setup=staged())
    lab.step(act(right=units))
    lab.step(act())
    assert lab.state()['hover_cross'] == (2 if inside else 0)


@pytest.mark.parametrize('units, inside', [(-78, False), (-77, True), (59, True), (60, False)])
def test_boxes_span_the_measured_turns_up_and_down(units, inside):
    assert inside == (.4 <= looked_at(0, units)[1] <= .6)


def test_gaze_leaves_the_screen():
    assert looked_at(304, 0) and looked_at(-304, 0)
    assert looked_at(305, 0) is looked_at(-305, 0) is looked_at(0, 400) is looked_at(512 * 3, 0) is None


# -- Seeing ------------------------------------------------------------------------------------------------------------

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
