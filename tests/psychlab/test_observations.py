"""Every observation of the recordings of the real lab is replayed, value by value, and so is what lies behind them."""
import gzip
import json
import os

import numpy as np
import pytest

from meta_rl import psychlab

from helpers.labs import RECORDED, act, make_lab, staged

with gzip.open(os.path.join(RECORDED, 'observations.json.gz'), 'rt') as _file:
    RECORDING = json.load(_file)
EPISODES = [(level, episode) for level, of in sorted(RECORDING['levels'].items()) for episode in of['episodes']]
BEFORE = 7  # steps of each episode of a lab before the recorded one; what was done in them is not known


def name_of(episode):
    return '{0[kind]} at {0[fps]} {0[seed]}'.format(episode) if isinstance(episode, dict) else episode


def started(level, episode):
    """A lab at the start of a recorded episode, which is not its first where it was not."""
    config = dict(episode['config'], width='16', height='16')  # of the picture only its place among the others counts
    lab = psychlab.Lab('contributed/psychlab/' + level, episode['observation_order'], config)
    for _ in range(episode['episodes_before']):
        lab.reset(seed=1)
        lab.step(act(), BEFORE)
    lab._earned = episode['observations']['DEBUG.PLAYERS.SCORE'][0][0]  # what the last of them owed
    lab.reset(setup=episode['setup'])
    return lab


@pytest.mark.parametrize('level, episode', EPISODES, ids=name_of)
def test_every_recorded_value(level, episode):
    lab, recorded, events = started(level, episode), episode['observations'], []
    for k in range(len(episode['action']) + 1):
        if k:
            frames = episode['num_steps'][k - 1]
            assert lab.step(np.array(episode['action'][k - 1], np.intc), frames) == episode['reward'][k - 1]
            assert (lab.is_running(), lab.num_steps()) == (episode['is_running'][k - 1], episode['num_steps_after'][k - 1])
            events += [[k - 1, name, values] for name, values in lab.events()]
            if lab.is_running():
                used = episode['gaze_used'][k - 1][-1]
                assert lab.state()['gaze'] == (used and pytest.approx(used, abs=2e-7)), k
        if not lab.is_running():
            assert all(values[k] is None for values in recorded.values())
            break
        seen = lab.observations()
        assert list(seen) == episode['observation_order']
        for name, values in recorded.items():
            value = seen[name] if isinstance(seen[name], str) else seen[name].tolist()
            assert value == values[k], (k, name)
        frames = lab._task.frames
        assert 122.125 - lab._body.drop(frames) == episode['eye'][k][2], k
        assert lab._body.height == episode['view_height'][k], k
    assert events == episode['events']


@pytest.mark.parametrize('level, episode', EPISODES[:3], ids=name_of)
def test_types_and_shapes_are_those_returned(level, episode):
    lab = started(level, episode)
    for name, value in lab.observations().items():
        dtype, shape = episode['returned'][name]
        if dtype == 'str':
            assert type(value) is str
        else:
            assert (value.dtype, list(value.shape)) == (np.dtype(dtype), shape)


def test_the_specification_is_the_real_one():
    lab = make_lab(width=84, height=84)
    spec = [{'name': one['name'], 'dtype': one['dtype'].__name__, 'shape': list(one['shape'])} for one in lab.observation_spec()]
    assert spec == RECORDING['observation_spec']
    lab.reset(seed=1)
    assert [one['name'] for one in lab.observation_spec()] == [one['name'] for one in spec]
    assert lab.observation_spec()[0]['dtype'] is np.uint8 and lab.observation_spec()[11]['dtype'] is str


def test_all_43_can_be_asked_for_and_are_fresh():
    names = [one['name'] for one in make_lab().observation_spec()]
    lab = make_lab(observations=names, width=48, height=32)
    lab.reset(setup=staged(yaw=80.))
    lab.step(act(9, 4), 3)
    first, second = lab.observations(), lab.observations()
    assert len(first) == 43
    arrays = [value for seen in (first, second) for value in seen.values() if not isinstance(value, str)]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    assert all(array.flags.c_contiguous and array.flags.writeable for array in arrays)
    for name, value in first.items():
        assert (value == second[name]) if isinstance(value, str) else (value == second[name]).all(), name


@pytest.mark.parametrize('fps', [60, 30, 100])
def test_what_is_read_after_a_picture_is_the_newest(fps):
    """A twin by the rule: a sample in each frame, stamped with the time before it; one where a picture is read, stamped with
    the time; and none where the stamp is the last one's."""
    order = ['DEBUG.POS.ROT', 'RGB', 'VEL.ROT', 'BGR_INTERLEAVED']
    lab, ms = make_lab(observations=order, fps=fps, width=8, height=8), int(960 / fps + .5)
    lab.reset(setup=staged())
    random = np.random.RandomState(fps)
    stamp, pose, turning, n = 0, (0., 90.), (0., 0.), 0

    def sample(new_stamp):
        nonlocal stamp, pose, turning
        now = lab.state()['pitch'], lab.state()['yaw']
        if new_stamp > 0 and new_stamp == stamp:
            return
        rate = 1 / ((new_stamp - stamp) * (1 / 1000)) if stamp > 0 and new_stamp > stamp else 0
        turning = tuple(((new - old + 180) % 360 - 180) * rate for new, old in zip(now, pose))
        stamp, pose = new_stamp, now

    for _ in range(200):
        action = act(*(int(units) for units in random.randint(-300, 301, 2)))
        for _ in range(random.randint(1, 4)):
            lab.step(action)
            sample(n * ms)
            n += 1
        if random.rand() < .7:
            seen, expected = lab.observations(), pose
            assert tuple(seen['DEBUG.POS.ROT'][:2]) == expected
            sample(n * ms)
            assert tuple(seen['VEL.ROT'][:2]) == pytest.approx(turning, abs=1e-9)


# -- Pictures of DEBUG.CAMERA ------------------------------------------------------------------------------------------

VIEWS = ['DEBUG.CAMERA_INTERLEAVED.PLAYER_VIEW', 'DEBUG.CAMERA_INTERLEAVED.PLAYER_VIEW_NO_RETICLE',
         'DEBUG.CAMERA_INTERLEAVED.TOP_DOWN']


def test_pictures_of_the_cameras():
    lab = make_lab(observations=VIEWS + [name.replace('_INTERLEAVED', '') for name in VIEWS], width=64, height=48)
    lab.reset(setup=staged())
    lab.step(act(20, 10), 5)
    seen = lab.observations()
    with_reticle, plain, above = (seen[name] for name in VIEWS)
    changed = (with_reticle != plain).any(2)
    expected = np.zeros_like(changed)
    expected[22:25, 30:33] = True
    assert (changed == expected).all() and (with_reticle[22:25, 30:33] == 200).all()
    for name in VIEWS:
        np.testing.assert_array_equal(seen[name.replace('_INTERLEAVED', '')], seen[name].transpose(2, 0, 1))
    assert above.shape == (48, 64, 3) and (above != plain).any()


@pytest.mark.parametrize('config, height, width', [
    ({}, 24, 32), (dict(maxAltCameraWidth=40), 24, 40), (dict(maxAltCameraHeight='0x20'), 32, 32),
    (dict(maxAltCameraWidth=-5, maxAltCameraHeight=8), 24, 32)])
def test_sizes_of_the_cameras(config, height, width):
    lab = make_lab(observations=VIEWS[:1] + ['RGB_INTERLEAVED', 'DEBUG.CAMERA.TOP_DOWN'], width=32, height=24, **config)
    lab.reset(setup=staged())
    seen = lab.observations()
    assert [value.shape for value in seen.values()] == [(height, width, 3), (24, 32, 3), (3, height, width)]
    shapes = {one['name']: one['shape'] for one in lab.observation_spec()}
    assert all(value.shape == shapes[name] for name, value in seen.items())


def test_the_view_from_above_is_that_of_its_pose():
    """Seen from (0, -32, 122.125) at angles (0, 90, 0) it is what the viewer sees; from (0, -30, 150) at (2, 90, 0), by hand:
    the screen's top edge, z = 179 in the plane y = 58.5, is 29 / 88.5 above the horizontal, the view's middle 2 degrees below."""
    names = ['DEBUG.CAMERA_INTERLEAVED.TOP_DOWN', 'DEBUG.CAMERA_INTERLEAVED.PLAYER_VIEW_NO_RETICLE']
    same = {'camera.2': -32, 'camera.3': 122.125, 'cameraLook.1': 0}
    lab = make_lab('harlow', names, width=64, height=64, surroundings='flat', **same)
    lab.reset(setup=staged())
    lab.step(act(), 4)
    np.testing.assert_array_equal(*lab.observations().values())
    lab = make_lab('harlow', names, width=512, height=512, surroundings='flat')
    lab.reset(setup=staged())
    lab.step(act(), 8)
    column = lab.observations()[names[0]][:, 200]  # left of the cross
    dark = np.flatnonzero(~column.any(1))
    row = 256 * (1 - np.tan(np.arctan(29 / 88.5) + np.radians(2)))
    assert dark[0] == int(np.ceil(row - .5))
    lab.write_property('params.camera.2', '30')
    assert (lab.observations()[names[0]][:, 200] != column).any()
