"""How the viewer turns and where it looks: held to a slow twin of the engine, and to turns measured on the real lab."""
import math
import struct

import numpy as np
import pytest

from meta_rl.psychlab.scene import camera

from helpers.labs import act, make_lab, staged

REST = 16384  # shorts: yaw 90 degrees


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
