"""Jumps, crouching, the clock, every frame rate: against tables read off the real lab and slow twins of its rules."""
import copy
import math
import pickle

import numpy as np
import pytest

from meta_rl.psychlab.viewer import body, motion

from helpers.labs import act, make_lab, staged

RATES = {60: 16, 100: 10, 50: 19, 30: 32, 25: 38, 20: 48, 10: 96, 7: 137, 1: 960, 120: 8, 240: 4, 320: 3, 480: 2, 500: 2, 1000: 1,
         29.97: 33, 59.9: 16, 961: 1, 1919: 1, 1920: 1}

# The height of the eye by frame, in a later episode of its lab, after 10 no-ops: JUMP held from the first frame for 60.
JUMP_60 = '''122.125 125.827 130.114 134.163 137.319 140.943 144.33 146.939 149.901 152.624 154.688 156.986 159.047 160.564 161.928
163.376 164.587 165.404 166.19 166.737 167.009 167.131 167.015 166.741 166.2 165.422 164.601 163.398 161.956 160.59 158.723 156.619
154.706 152.177 149.409 146.951 143.758 140.327 137.323 134.165 130.122 125.841 122.137 121.23 124.958 127.557 130.7 133.764
135.817 138.297 140.699 142.206 144.903 147.761 150.082 152.596 154.792 156.567 158.417 159.95 161.179 162.367 163.316 163.948
164.435 164.722 164.691 164.631 164.255 163.561 162.956 161.49 159.759 158.155 155.999 153.606 151.455 148.637 145.58 142.884
139.402 135.683 132.44 128.296 123.913 122.125 121.218 120.312 119.565 118.658 117.752 117.005 116.098 115.192 114.445 114.418
114.872'''
JUMP_30 = '''122.125 129.865 137.547 143.787 149.307 154.548 158.568 162.158 164.891 166.631 167.713 167.937 167.397 165.972 163.932
161.172 157.304 153.044 147.527 141.151 134.611 126.585 122.125 120.365 118.765 117.005 115.245 114.365 115.245 116.125 116.925
117.805 118.685 119.485 120.365 121.245 122.045 122.125'''
CROUCH_60 = '''122.125 122.125 119.745 117.785 115.405 113.025 111.065 108.685 108.125 108.125 108.125 108.125 108.125 108.125 110.505
112.885 114.845 117.225 119.605 121.565 122.125 122.125'''
CROUCH_30 = '''122.125 122.125 117.925 113.725 109.105 108.125 108.125 108.125 108.125 108.125 108.125 108.125 108.125 108.125 112.325
116.945 121.145 122.125'''


def later_episode(fps, observations=()):
    lab = make_lab(fps=fps, observations=observations, width=8, height=8)
    for _ in range(2):
        lab.reset(setup=staged())
    return lab


def eye(lab):
    return motion.EYE[2] - lab._body.drop(lab._task.frames)


@pytest.mark.parametrize('fps, action, held, table', [
    (60, act(jump=1), 60, JUMP_60), (60, act(jump=1), 1, JUMP_60), (30, act(jump=1), 60, JUMP_30),
    (60, act(crouch=1), 12, CROUCH_60), (30, act(crouch=1), 12, CROUCH_30),
    (60, act(jump=1, crouch=1), 60, '122.125 ' * 80)])
def test_the_eye_by_frame(fps, action, held, table):
    lab = later_episode(fps)
    lab.step(act(), 10)
    for k, expected in enumerate(table.split()):
        assert eye(lab) == pytest.approx(float(expected), abs=.0006), k
        lab.step(action if k < held else act())


def test_the_speed_of_a_jump():
    lab = later_episode(60, ['VEL.TRANS'])
    lab.step(act(), 10)
    speeds = []
    for _ in range(6):
        speeds.append(lab.observations()['VEL.TRANS'][2])
        lab.step(act(jump=1))
    assert speeds == [0, 259, 245, 231, 220, 206]


def test_the_viewer_comes_to_rest_and_costs_nothing_then():
    lab = later_episode(60)
    lab.step(act(jump=1))
    assert lab._body.stirred and lab._busy
    lab.step(act(), 200)
    assert not lab._body.stirred and not lab._busy and eye(lab) == 122.125
    lab.step(act(crouch=1))
    assert lab._body.stirred


def test_a_new_press_on_the_ground_jumps_again_and_a_held_one_does_not():
    """A jump of 270 units a second lasts 41 frames; the highest point shows how often the viewer left the ground."""
    def tops(keys):
        lab, heights = later_episode(30), []
        for jump in keys:
            lab.step(act(jump=jump))
            heights.append(float(lab._body.z))
        return sum(b > 130 and a < b >= c for a, b, c in zip(heights, heights[1:], heights[2:]))
    assert tops([1] * 70) == 1 and tops(([1] + [0] * 29) * 3) == 3


@pytest.mark.parametrize('first', [True, False])
@pytest.mark.parametrize('fps', sorted(RATES))
def test_the_clock_at_every_rate(fps, first):
    """A twin of the rule, frame by frame."""
    ms = RATES[fps]
    clock = body.clock_at_reset(ms, first)
    rest = server = real = 0
    times = []
    for frame in range(-6 if first else -5, 400):
        grown, rest, real = server, rest + min(ms, 200), real + min(ms, 200)
        server += rest // 50 * 50
        rest %= 50
        if frame < -4:
            continue
        if frame == -4:
            delta, times, late = server - real, [server], True
            continue
        times.append(max(times[-1], real + delta))
        late = late or real + delta >= server - 5
        delta, late = delta + (-2 if late else 1), False
        if frame >= 0:
            assert (clock.frame, clock.time, clock.snapshot, clock.lasts) == (
                frame, times[-1], server > grown, times[-1] - times[-2])
            assert abs(server - real - delta) <= 56
            clock.tick()
    assert clock.start == times[1]


def test_the_clock_at_60_frames_a_second():
    def lasts(first):
        clock, found = body.clock_at_reset(16, first), []
        for _ in range(12):
            found.append(clock.lasts)
            clock.tick()
        return ' '.join(map(str, found))
    assert lasts(False).startswith('14 14 17 17 14 17 17 14')
    assert lasts(True).startswith('14 17 17 14 17 17 17 17 17 17 17 17')


@pytest.mark.parametrize('fps, first, falls', [(60, True, [51, 113, 176, 238]), (60, False, [52, 114, 177, 239])])
def test_health_falls_each_second(fps, first, falls):
    lab = make_lab(fps=fps, observations=['DEBUG.PLAYERS.HEALTH'])
    if not first:
        lab.reset()
    lab.reset()
    healths = []
    for _ in range(240):
        healths.append(lab.observations()['DEBUG.PLAYERS.HEALTH'][0])
        lab.step(act())
    assert [k for k in range(1, 240) if healths[k] < healths[k - 1]] == falls
    lab.step(act(512), 3000)
    assert lab.health == 100 == lab.observations()['DEBUG.PLAYERS.HEALTH'][0]


# -- Turning at other rates --------------------------------------------------------------------------------------------

@pytest.mark.parametrize('fps', sorted(RATES))
def test_turning_and_waiting_at_every_rate(fps):
    """A twin of the rule in float32. At 480 frames a second and more a frame may pass in which no command is taken: what was
    turned shows with the next that is, a JUMP is lost, and the next gaze is none."""
    lab, ms = make_lab(fps=fps), RATES[fps]
    lab.reset(setup=staged(yaw=80.))
    clock, waits = body.clock_at_reset(ms, True), 0
    turned, spawn, limits = [np.float32(0)] * 2, [0, motion.degrees_to_shorts(80)], (16000, None)
    pose = [0, spawn[1]]
    random = np.random.RandomState(int(fps))
    for k in range(250):
        units = [int(one) for one in random.randint(-600, 601, 2)]
        gaze_before = lab._gaze
        lab.step(act(-units[1], units[0]))
        taken = clock.lasts > 0
        clock.tick()
        for axis in range(2):
            acc = np.float32(float(turned[axis]) + float(np.float32(units[axis] * (.11 * 60 / 1000))) * ms)
            turned[axis] = acc = np.float32(math.fmod(float(acc), 360) % 360)
            if taken:
                short = (int(float(acc * np.float32(65536 / 360.)) + .5) & 65535) + spawn[axis] & 65535
                short -= 65536 if short >= 32768 else 0
                if limits[axis] and abs(short) > limits[axis]:
                    edge = limits[axis] if short > 0 else -limits[axis]
                    spawn[axis] += edge - short
                    short = edge
                pose[axis] = short
        waits += not taken
        assert list(lab._pose) == pose, k
        assert lab.state()['gaze'] == (gaze_before and list(gaze_before))
        assert lab._gaze == (motion.gaze(*pose) if taken else None)
    assert (waits > 0) == (ms <= 2)


def test_a_jump_in_a_frame_without_a_command_is_lost():
    lab = make_lab(fps=1000)
    lab.reset(setup=staged())
    lasts, lost = [], 0
    clock = body.clock_at_reset(1, True)
    for _ in range(300):
        lasts.append(clock.lasts)
        clock.tick()
    for k, ms in enumerate(lasts):
        if not ms and k > 50:
            lab.step(act(jump=1))
            assert lab._body.z == 96.125 and not lab._body.stirred
            lost += 1
        else:
            lab.step(act())
    assert lost > 10


# -- Gaze from other heights -------------------------------------------------------------------------------------------

def test_the_gaze_follows_the_body_and_not_the_smoothed_eye():
    lab = later_episode(60)
    lab.step(act(), 20)
    assert lab._gaze == motion.gaze(0, 16384, 122)
    lab.step(act(crouch=1))
    assert lab._gaze == motion.gaze(0, 16384, 108) and eye(lab) == 122.125
    # By hand: the ray starts at z = 108 and goes level; 1 - (108 - 66) / 114.
    assert lab._gaze == pytest.approx((.5, 1 - 42 / 114))
    lab.step(act())
    assert lab._gaze == motion.gaze(0, 16384, 122)


def test_a_gaze_from_the_very_edge_of_the_screen_is_on_it():
    """A ray that starts at z = 179 is let through above the screen; one that starts at 178 is not."""
    up, height = motion.degrees_to_shorts(-31), 172  # the ray starts 14 sin(31) = 7.2 above the eye
    seen = motion.gaze(up, 16384, height)
    # By hand: it starts at y = trunc(-32 + 12.0003) = -19, and v is taken in the plane y = 57.875.
    assert seen[1] == pytest.approx(1 - (179 + 76.875 * math.tan(math.radians(31)) - 66) / 114, abs=1e-4) and seen[1] < 0
    assert motion.gaze(up, 16384, height - 1) is None and motion.gaze(up, 16384, height + 1) is None


# -- Copies ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('make_copy', [copy.deepcopy, lambda lab: pickle.loads(pickle.dumps(lab))])
@pytest.mark.parametrize('fps', [60, 1000])
def test_a_copy_in_mid_air_goes_on_identically(fps, make_copy):
    names = [one['name'] for one in make_lab().observation_spec() if 'CAMERA' not in one['name']]
    lab = later_episode(fps, names)
    lab.step(act(20, 5, jump=1), 12)
    twin = make_copy(lab)
    for k in range(40):
        action = act(7, -3, jump=k % 3 == 0, crouch=k % 5 == 0)
        assert lab.step(action, 2) == twin.step(action, 2)
        theirs, ours = twin.observations(), lab.observations()
        assert all(np.array_equal(theirs[name], ours[name]) for name in names)
        assert eye(lab) == eye(twin)


def test_the_first_episode_of_a_lab_can_be_like_all_others():
    def drops(**config):
        lab, seen = make_lab(**config), []
        for _ in range(3):
            lab.reset(setup=staged())
            seen.append([lab._body.drop(frame) for frame in range(6)])
        return seen
    one, two, three = drops()
    assert one != two == three and drops(episodesAlike='true') == [two] * 3
    assert one == pytest.approx([14.3, 9.88, 5.46, 1.82, 0, 0], abs=1e-5)
    assert two == pytest.approx([14.3, 10.66, 6.24, 1.82, 0, 0], abs=1e-5)
