"""Surroundings: the real ones by recorded frames, the flat ones by their former pixels, the drawn ones by what they promise."""
import hashlib
import json
import os
import pickle

import numpy as np
import pytest

from meta_rl.psychlab import pictures
from meta_rl.psychlab.observations import HudState
from meta_rl.psychlab.scene import camera, hud, looks, stadium, stand

from helpers.labs import RECORDED, act, make_lab, staged

SIZES = [(84, 84), (136, 136), (320, 240)]
FULL, FEW = hud.Shown(True, True), hud.Shown(False, True)
HEALTH_FALLS = 52, 114, 177, 239, 302  # steps, in these recordings
REST = 16384


def recorded():
    """(dict of the arrays, list of dict of what each frame is) of the recorded frames."""
    with open(os.path.join(RECORDED, 'surroundings.json')) as file:
        frames = json.load(file)['frames']
    with np.load(os.path.join(RECORDED, 'surroundings.npz')) as arrays:
        return dict(arrays), frames


ARRAYS, FRAMES = recorded()


def hung(screen):
    images = os.path.join(RECORDED, 'images')
    return {'black': (), 'cross': (pictures.CROSS,),
            'images': (pictures.image_pair_side(images, 24)[0], pictures.image_pair_side(images, 38)[1])}[screen]


def state_of(frame):
    return HudState(300 - frame['num_steps'] / 60., 0, 125 - sum(frame['num_steps'] >= step for step in HEALTH_FALLS))


def drawn(frame, size, shown):
    eye = camera.camera(*size, surroundings=camera.REAL)
    return eye.frame(frame['pitch_short'], frame['yaw_short'], 0., hung(frame['screen']), eye.overlay(state_of(frame), shown))


@pytest.mark.parametrize('kind, shown', [('default', FULL), ('minimal', FEW)])
@pytest.mark.parametrize('size', SIZES)
def test_real_surroundings_are_those_of_the_recorded_frames(size, kind, shown):
    name = '%dx%d_%s' % (size + (kind,))
    differences = []
    for frame in FRAMES:
        if frame['array'] == 'frames_' + name:
            true, standin = (ARRAYS[part + name][frame['index']] for part in ('frames_', 'standin_'))
            differences.append(np.abs(drawn(frame, size, shown).astype(int) - true).mean(2)[~standin].mean())
    assert len(differences) >= 3 and np.mean(differences) < 5.5 and max(differences) < 7.5


def extent(mask):
    """(first row, last, first column, last) of what is set."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [int(edge) for edge in (rows[0], rows[-1], columns[0], columns[-1])]


# Rows and columns, first and last, by frames of the real lab with and without its display.
PARTS = {
    (84, 84): {'clock': (0, 2, 75, 82), 'hand': (66, 71, 37, 40), 'weapon': (66, 72, 41, 46), 'score': (71, 74, 79, 83),
               'amount': (76, 83, 0, 12), 'icon': (76, 79, 14, 18), 'health': (76, 83, 25, 36)},
    (136, 136): {'clock': (1, 4, 122, 134), 'hand': (108, 116, 60, 64), 'weapon': (107, 117, 67, 75),
                 'score': (114, 120, 127, 135), 'amount': (122, 135, 0, 20), 'icon': (124, 129, 23, 30), 'health': (122, 135, 40, 59)},
    (320, 240): {'clock': (1, 8, 287, 316), 'hand': (190, 205, 143, 153), 'weapon': (188, 207, 158, 177),
                 'score': (202, 213, 300, 319), 'amount': (216, 239, 1, 48), 'icon': (219, 231, 54, 72),
                 'health': (216, 239, 93, 140)}}


def parts_of(mask, size):
    """dict of the extent of each part of the display in a mask; nothing is outside of them."""
    found, rest = {}, mask.copy()
    for name, (top, bottom, left, right) in PARTS[size].items():
        window = np.zeros_like(mask)
        start = left if name in ('weapon', 'icon') else max(left - 3, 0)  # those have a neighbour to the left
        window[max(top - 2, 0):bottom + 3, start:right + 1] = True
        found[name] = tuple(extent(rest & window))
        rest &= ~window
    assert not rest.any()
    return found


@pytest.mark.parametrize('size', SIZES)
def test_rows_and_columns_of_the_display_are_those_of_the_real_one(size):
    true, ours = (np.zeros(size[::-1], bool) for _ in range(2))
    pairs = [[frame for frame in FRAMES if frame['array'] == 'frames_%dx%d_%s' % (size + (kind,))]
             for kind in ('default', 'minimal')]
    for with_it, without in zip(*pairs):
        shown, plain = (ARRAYS[frame['array']][frame['index']] for frame in (with_it, without))
        assert (with_it['pitch_short'], with_it['yaw_short']) == (without['pitch_short'], without['yaw_short'])
        true |= (shown != plain).any(2)
        over = plain.copy()
        hud.overlay(size[0], size[1], state_of(with_it), hud.Shown(True, False)).draw(over)
        ours |= (over != plain).any(2)
    assert parts_of(true, size) == PARTS[size]  # the numbers above
    assert parts_of(ours, size) == PARTS[size]


@pytest.mark.parametrize('size', [(64, 64), (68, 68), (96, 72), (160, 120), (512, 512), (640, 480)])
def test_in_other_sizes_the_display_keeps_to_its_grid(size):
    frame = np.full(size[::-1] + (3,), 90, np.uint8)
    hud.overlay(size[0], size[1], HudState(250, 0, 110), hud.Shown(True, False)).draw(frame)
    changed = (frame != 90).any(2)
    # Weapon, score, digits of the gadget and of health, in the grid of 640 x 480: a pixel belongs to one if its middle does.
    x, y = ((np.arange(count) + .5) * grid / count for count, grid in zip(size, (640, 480)))
    for left, right, top, bottom in ((316, 356, 376, 416), (600, 640, 404, 428), (2, 98, 432, 480), (187, 283, 432, 480)):
        inside = ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))[None, :]
        assert changed[inside].all()
    assert not changed[((y > 24) & (y < 376))].any() and not changed[y > 18][:, x > 284][:, :2].all()


@pytest.mark.parametrize('size', [(4, 4), (16, 16), (24, 8), (8, 24)])
def test_frames_too_small_for_a_display(size):
    for surroundings in ('real', 'random'):
        lab = make_lab(observations=['RGB_INTERLEAVED'], width=size[0], height=size[1], surroundings=surroundings)
        for seed in range(4):
            lab.reset(seed=seed)
            lab.step(act())
            assert lab.observations()['RGB_INTERLEAVED'].shape == size[::-1] + (3,)


def test_the_clock_counts_down():
    assert [hud.clock(seconds) for seconds in (300, 299.99, 240.01, 60, 59.5, 58.1, 9.2, 0, None)] == [
        '5:00', '5:00', '4:01', '1:00', '1:00', '59', '10', '0', '']


@pytest.mark.parametrize('settings, shown', [
    ({}, (True, True)), ({'minimalUI': 'true'}, (False, True)), ({'reducedUI': 'true'}, (False, True)),
    ({'minimalUI': 'false', 'appendCommand': '+set cg_drawCrosshair 0'}, (True, False)),
    ({'appendCommand': '+set cg_draw2D 0'}, (False, False)), ({'appendCommand': '+set cg_drawFPS 1'}, (True, True)),
    ({'minimalUI': 'true', 'appendCommand': ' +set cg_drawCrosshair 0 +set x 1'}, (False, False))])
def test_what_settings_leave_of_the_display(settings, shown):
    assert hud.shown(settings) == shown
    lab = make_lab(observations=['RGB_INTERLEAVED'], **settings)
    lab.reset(setup=staged())
    frame = lab.observations()['RGB_INTERLEAVED']
    assert (frame[216:, 93:141].max() > 200) == shown[0]  # health is white
    assert (frame[120, 160].tolist() == [31] * 3) == shown[1]


def test_pictures_are_below_the_display():
    eye = camera.camera(320, 240, camera.REAL)
    over = eye.overlay(HudState(300, 0, 125), FULL)
    left, right = hung('images')
    for pitch in (-2500, -1000, 0):  # the pictures hang ever higher: in the way of the hand, and not
        frame = eye.frame(pitch, REST, 0., (left, right), over)
        expected = eye.frame(pitch, REST, 0., (left, right))
        over.draw(expected)
        over.draw_middle(expected)
        np.testing.assert_array_equal(frame, expected)
    assert eye.frame(0, REST, 0., (pictures.CROSS,), over)[120, 160].tolist() == [31] * 3


def test_display_of_a_lab():
    lab = make_lab(observations=['RGB_INTERLEAVED'])
    lab.reset(setup=staged())
    lab.step(act(), 4)  # until the eye has come up
    first = lab.observations()['RGB_INTERLEAVED']
    lab.step(act(), 55)
    assert (lab.observations()['RGB_INTERLEAVED'][:12, 280:] == first[:12, 280:]).all()
    lab.step(act())
    assert (lab.observations()['RGB_INTERLEAVED'][:12, 280:] != first[:12, 280:]).any()  # 4:59


# From before there were other surroundings: sha256, its first half of a half, of frames at 84x84 and 64x48.
FLAT = {(0, REST, 0.): 'fffd8622335a5907', (1500, 12000, 7.02): 'ec925fd658e42df5',
        (-3000, 24000, 0.): 'f3da1067b49737d6', (16000, -8000, 0.): '381533a25d9caf85'}


def flat_digest(pose):
    found = hashlib.sha256()
    for size in ((84, 84), (64, 48)):
        found.update(camera.camera(*size).frame(*(pose + ((pictures.CROSS,),))).tobytes())
    return found.hexdigest()[:16]


@pytest.mark.parametrize('pose', sorted(FLAT))
def test_flat_surroundings_are_what_they_were(pose):
    assert flat_digest(pose) == FLAT[pose]


def test_the_eye_moves_before_the_stand_and_not_before_the_stadium():
    eye = camera.camera(84, 84, camera.REAL)
    low, high = (eye.frame(0, REST - 4000, drop, ()).astype(int) for drop in (0., -40.))
    assert (low[:, 60:70] == high[:, 60:70]).mean() > .8  # stadium
    assert (low[:, :30] != high[:, :30]).mean() > .05


def test_stadium_is_mirrored():
    panorama = stadium.panorama(0).astype(int)
    np.testing.assert_array_equal(panorama[150:], panorama[150:, ::-1])  # below the poles
    assert stand.drawing()[0].max() < len(stand.drawing()[1])


def episode_frame(seed, size=(84, 84), **config):
    lab = make_lab(observations=['RGB_INTERLEAVED'], width=size[0], height=size[1], surroundings='random', **config)
    lab.reset(seed=seed, setup={'yaw': 60.})
    lab.step(act(), 4)
    return lab.observations()['RGB_INTERLEAVED']


def test_a_look_is_drawn_by_the_seed_of_the_episode():
    frames = [episode_frame(seed) for seed in range(8)]
    np.testing.assert_array_equal(episode_frame(3), frames[3])
    assert len({frame.tobytes() for frame in frames}) == 8
    assert (episode_frame(3, looks='held-out') != frames[3]).any()
    screens = [frame[20:50, :20] for frame in frames]  # the screen is black in all of them
    assert all((screen == screens[0]).all() for screen in screens)


def test_looks_for_training_and_held_out_ones():
    for training, held_out in ((64, 64), (3, 5)):
        drawn_looks = [{looks.number_of(seed, which, training, held_out) for seed in range(2000)}
                       for which in (looks.TRAINING, looks.HELD_OUT)]
        assert drawn_looks == [set(range(training)), set(range(training, training + held_out))]
    assert [looks.number_of(seed, 'training', 64, 64) for seed in range(5)] == [60, 13, 14, 63, 62]


def test_looks_differ_and_are_made_of_what_they_should_be():
    made = [looks.Look(number) for number in range(128)]
    assert len({look.panorama.tobytes() for look in made}) == 128
    shapes = np.array([look.panorama.shape for look in made])
    assert shapes[:, 0].min() >= 3 and shapes[:, 0].max() <= 24 and shapes[:, 1].min() >= 4 and shapes[:, 1].max() <= 160
    assert {len(look.blocks) for look in made} == set(range(7))
    assert all(top >= 360 for look in made for (_, _, top, _), _, _, _ in look.blocks)
    assert {0} < {period > 0 for look in made for _, _, _, period in look.blocks}
    greys = [look.dot[0] for look in made]
    assert min(greys) >= 0 and max(greys) <= 60 and len(set(greys)) > 30


@pytest.mark.parametrize('number', [0, 5, 70])
def test_a_look_is_the_same_in_frames_of_every_size(number):
    small, large = (camera.camera(side, side, number).frame(300, REST + 3000, 0., ()) for side in (84, 420))
    middles = large[2::5, 2::5]  # of the pixels of the small frame
    assert (np.abs(small.astype(int) - middles).max(2) <= 2).mean() > .99


def test_what_is_kept_of_looks_is_bounded():
    kept = camera._kept(84, 84)
    for function in kept:
        assert function.cache_info().maxsize is not None
    assert camera._camera.cache_info().maxsize < 10 ** 4


def test_labs_with_looks_pickle():
    lab = make_lab(observations=['RGB_INTERLEAVED'], surroundings='random', width=64, height=64)
    lab.reset(seed=4)
    again = pickle.loads(pickle.dumps(lab))
    np.testing.assert_array_equal(again.observations()['RGB_INTERLEAVED'], lab.observations()['RGB_INTERLEAVED'])


@pytest.mark.parametrize('key, value', [('surroundings', 'mars'), ('looks', 'new'), ('trainLooks', '0'), ('testLooks', 'x'),
                                        ('minimalUI', '1')])
def test_bad_settings(key, value):
    with pytest.raises(RuntimeError, match=key):
        make_lab(**{key: value})


@pytest.mark.parametrize('limit', ['inf', 'nan'])
def test_without_an_end_there_is_no_clock(limit):
    frames = []
    for length in (limit, 'false', '300'):
        lab = make_lab('harlow', ['RGB_INTERLEAVED'], surroundings='real', episodeLengthSeconds=length)
        lab.reset(seed=1)
        frames.append(lab.observations()['RGB_INTERLEAVED'])
    assert (frames[0] == frames[1]).all() and (frames[0] != frames[2]).any()
