"""Pictures and the rotation, as a client reads them: types, copies, agreement, and that nothing is rendered unasked."""
import copy

import numpy as np
import pytest

from meta_rl.psychlab.scene import camera

from helpers.labs import act, make_lab, staged

PIXELS = ['RGB_INTERLEAVED', 'RGBD_INTERLEAVED', 'RGB', 'RGBD', 'BGR_INTERLEAVED', 'BGRD_INTERLEAVED', 'RGB_INTERLACED',
          'RGBD_INTERLACED']


def test_every_observation_is_fresh_contiguous_and_as_specified():
    lab = make_lab(observations=PIXELS + ['DEBUG.POS.ROT'], width=32, height=24)
    lab.reset(setup=staged(yaw=80.))
    lab.step(act(), 3)
    for name, value in lab.observations().items():
        spec, = (spec for spec in lab.observation_spec() if spec['name'] == name)
        assert (value.shape, value.dtype) == (spec['shape'], spec['dtype'])
        assert value.flags.c_contiguous and value.flags.writeable
    assert list(lab.observations()) == PIXELS + ['DEBUG.POS.ROT']
    kept = copy.deepcopy(lab.observations())
    given = lab.observations()
    arrays = list(given.values()) + list(lab.observations().values())
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    for value in given.values():
        value[:] = 9
    for name, value in lab.observations().items():
        np.testing.assert_array_equal(value, kept[name])


@pytest.mark.parametrize('yaw', [90., 75., 110.])
def test_pixel_observations_agree(yaw):
    together = make_lab(observations=PIXELS, width=48, height=32)
    together.reset(setup=staged(yaw=yaw))
    together.step(act(), 5)
    seen = together.observations()
    rgb, rgbd = seen['RGB_INTERLEAVED'], seen['RGBD_INTERLEAVED']
    np.testing.assert_array_equal(rgbd[..., :3], rgb)
    np.testing.assert_array_equal(seen['BGR_INTERLEAVED'], rgb[..., ::-1])
    np.testing.assert_array_equal(seen['BGRD_INTERLEAVED'], rgbd[..., [2, 1, 0, 3]])
    np.testing.assert_array_equal(seen['RGB_INTERLACED'], rgb)
    np.testing.assert_array_equal(seen['RGBD_INTERLACED'], rgbd)
    np.testing.assert_array_equal(seen['RGB'], rgb.transpose(2, 0, 1))
    np.testing.assert_array_equal(seen['RGBD'], rgbd.transpose(2, 0, 1))
    for name in PIXELS:
        alone = make_lab(observations=[name], width=48, height=32)
        alone.reset(setup=staged(yaw=yaw))
        alone.step(act(), 5)
        np.testing.assert_array_equal(alone.observations()[name], seen[name])


def test_rotation_is_pitch_yaw_roll():
    lab = make_lab(observations=['DEBUG.POS.ROT'])
    lab.reset(setup=staged(yaw=86.2097168))
    lab.step(act(50, 30))
    rotation = lab.observations()['DEBUG.POS.ROT']
    assert rotation.dtype == np.float64
    assert rotation.tolist() == [lab.state()['pitch'], lab.state()['yaw'], 0]
    assert rotation.tolist() == pytest.approx([3.168, 80.93, 0], abs=.006)


def test_nothing_is_rendered_until_it_is_looked_at(monkeypatch):
    lab = make_lab(observations=PIXELS, width=32, height=32)
    turned = make_lab(observations=['DEBUG.POS.ROT'], width=32, height=32)

    def refuse(*arguments):
        raise AssertionError('rendered')
    monkeypatch.setattr(camera.Camera, 'frame', refuse)
    for each in (lab, turned):
        each.reset(setup=staged())
        each.step(act(7, 3), 8)
    assert turned.observations()
    with pytest.raises(AssertionError, match='rendered'):
        lab.observations()


def test_what_is_given_to_a_lab_can_be_changed_afterwards():
    names, setup = ['RGB'], staged()
    lab = make_lab(observations=names, width=32, height=32)
    lab.reset(setup=setup)
    names.append('RGBD')
    setup['correct_side'][:] = ['right'] * 6
    assert lab._task.setup.correct_side == ['left', 'right'] * 3
    lab.action_spec()[0]['max'] = 3
    assert lab.action_spec()[0]['max'] == 512
    assert list(lab.observations()) == ['RGB']
