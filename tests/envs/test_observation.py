"""Observations: the image on each side is found whatever side it is on; anything else is noticed."""
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import config
from meta_rl.envs import observations
from meta_rl.envs.observations import Crops, ImageIndex, OneHot, UnknownImage
from meta_rl.images import dataset
from meta_rl.psychlab.scene import camera

from helpers.labs import RECORDED, act, make_lab, staged

COUNT = 12


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    return dataset.drawn_folder(str(tmp_path_factory.mktemp('cache')), COUNT + 1)


@pytest.fixture(scope='module')
def index(drawn):
    return ImageIndex(drawn, COUNT, 84, 84)


def frame(folder, left, right, width=84, height=84, **setup):
    """The frame of a lab with these images (numbers from 1) on the screen."""
    lab = make_lab('harlow_fast_centred', ['RGB_INTERLEAVED'], datasetPath=folder, width=width, height=height)
    lab.reset(seed=0, setup=staged(correct_id=left, incorrect_id=right, **setup))
    lab.step(act(), num_steps=6)
    assert lab.state()['images_shown']
    return lab.observations()['RGB_INTERLEAVED']


def noisy(pixels, random):
    """As far from the camera model as the real lab's frames: .33/255 in the mean, 5/255 at the worst pixel."""
    noise = random.choice(np.arange(-5, 6), p=[.006] * 4 + [.08, .792, .08] + [.006] * 4, size=pixels.shape)
    assert .25 < np.abs(noise).mean() < .41
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize('width, height', [(84, 84), (80, 80), (136, 136), (100, 60), (32, 32)])
def test_each_image_has_one_index_whatever_side_it_is_on(drawn, width, height):
    index, random = ImageIndex(drawn, COUNT, width, height), np.random.RandomState(0)
    for left in range(COUNT):
        right = (left + 1) % COUNT
        shown = frame(drawn, left + 1, right + 1, width, height)
        assert index(shown) == (left, right)
        assert index(noisy(shown, random)) == (left, right)


@pytest.mark.parametrize('width, height, size, apart, off', [
    (84, 84, 21, 26, 2), (136, 136, 34, 42, 4), (100, 60, 25, 31, 4), (80, 80, 20, 24, 30), (32, 32, 8, 10, 15)])
def test_crops_are_the_two_images_and_alike_on_both_sides(drawn, width, height, size, apart, off):
    crops = Crops(width, height)
    frames = [frame(drawn, *pair, width=width, height=height) for pair in ((1, 2), (2, 1))]
    one, other = [crops(shown) for shown in frames]
    assert one.shape == crops.shape == (2, size, size, 3) and one.dtype == np.uint8 and crops.apart == apart
    for image, again in ((one[0], other[1]), (one[1], other[0])):  # off: where a side begins between two pixels, it blurs
        assert np.abs(image.astype(int) - again).mean() < off < np.abs(one[0].astype(int) - one[1]).mean()
    places = np.argwhere((frames[0] != frames[1]).any(2))  # of all that changes as the images change places ...
    cropped = np.argwhere((one != other).any(3))
    assert len(cropped) == len(places)  # ... nothing is outside


def test_pixels_are_the_frame(drawn):
    shown = frame(drawn, 3, 1)
    assert observations.make(config.Config(observation='pixels', embedding=8), drawn)(shown) is shown


def test_what_the_agent_is_shown(drawn, index):
    observe = OneHot(index)
    shown = observe(frame(drawn, 4, 2))
    assert shown.dtype == np.float32 and shown.shape == observe.shape == (2, COUNT)
    assert shown.argmax(1).tolist() == [3, 1] and shown.sum(1).tolist() == [1, 1]


def test_brightness_marks_the_brighter_side(tmp_path):
    folder = dataset.folder_of(config.Config(
        image_set='black-white', image_count=2, observation='brightness', image_cache=str(tmp_path)))
    for width, height in ((84, 84), (32, 40)):
        observe = observations.make(config.Config(observation='brightness', width=width, height=height), folder)
        assert observe(frame(folder, 2, 1, width, height)).tolist() == [[1], [0]]  # 1 is black, 2 is white
        seen = observe(frame(folder, 1, 2, width, height))
        assert seen.tolist() == [[0], [1]] and seen.shape == observe.shape and seen.dtype == np.float32
        assert observe(np.full((height, width, 3), 7, np.uint8)).tolist() == [[0], [0]]
        with pytest.raises(UnknownImage, match='are black'):
            observe(np.zeros((height, width, 3), np.uint8))


def test_one_image_on_both_sides(drawn, index):
    left, right = frame(drawn, 3, 5), frame(drawn, 5, 3)
    left[:, 42:] = right[:, 42:]
    assert index(left) == (2, 2)


def test_plain_colours_are_told_apart():
    index = ImageIndex('dummy', 1000, 84, 84)
    for left, right in ((1, 1000), (500, 499), (77, 2)):
        assert index(frame('dummy', left, right)) == (left - 1, right - 1)


@pytest.mark.parametrize('size', [80, 84, pytest.param(136, marks=pytest.mark.slow)])
def test_frames_of_the_real_lab(tmp_path, size):
    for number, name in enumerate(('0024.png', '0038.png'), 1):
        shutil.copy(os.path.join(RECORDED, 'images', name), str(tmp_path / ('%04d.png' % number)))
    index = ImageIndex(str(tmp_path), 2, size, size)
    with open(os.path.join(RECORDED, 'frames.json')) as file:
        recorded = [entry for entry in json.load(file) if entry['size'] == size]
    with np.load(os.path.join(RECORDED, 'frames.npz')) as arrays:
        frames = arrays['frames_%d' % size]
    facing = 0
    for entry in recorded:
        if abs(entry['yaw'] - 90) > .02 or entry['pitch']:
            continue
        if entry['images']:
            facing += 1
            assert index(frames[entry['index']]) == ((0, 1) if entry['correct_side'] == 'left' else (1, 0))
        else:
            with pytest.raises(UnknownImage):  # the cross
                index(frames[entry['index']])
    assert facing >= 2


def test_an_image_that_is_not_of_the_set_is_noticed(drawn, index):
    assert index(frame(drawn, 1, COUNT)) == (0, COUNT - 1)
    for images, side in (((1, COUNT + 1), 'right'), ((COUNT + 1, 1), 'left')):
        with pytest.raises(UnknownImage, match=f'on the {side} of the frame is no image of the set'):
            index(frame(drawn, *images))


def test_no_image_is_noticed(drawn, index):
    with pytest.raises(UnknownImage, match='no image on the left'):
        index(np.zeros((84, 84, 3), np.uint8))
    lab = make_lab('harlow', ['RGB_INTERLEAVED'], datasetPath=drawn, width=84, height=84)
    lab.reset(seed=0, setup=staged())
    lab.step(act())
    assert lab.state()['cross_shown']
    with pytest.raises(UnknownImage, match='no image on the left'):
        index(lab.observations()['RGB_INTERLEAVED'])


def test_a_viewer_that_looks_elsewhere_is_noticed(drawn, index):
    lab = make_lab('harlow_fast_centred', ['RGB_INTERLEAVED'], datasetPath=drawn, width=84, height=84)
    lab.reset(seed=0, setup=staged())
    lab.step(act(), num_steps=6)
    lab.step(act(right=60))
    assert lab.state()['images_shown']
    with pytest.raises(UnknownImage):
        index(lab.observations()['RGB_INTERLEAVED'])


@pytest.mark.parametrize('size', [80, 84, pytest.param(136, marks=pytest.mark.slow)])
def test_images_are_found_from_every_gaze_that_a_saccade_leaves(drawn, tmp_path, size):
    """Among drawn images, and among those that differ by less than a turn by half a pixel changes them."""
    for number in range(1, 4):
        shutil.copy(os.path.join(drawn, '%04d.png' % number), str(tmp_path / ('%04d.png' % number)))
    first = np.array(Image.open(str(tmp_path / '0001.png'))).astype(int)
    for number in range(4, 13):
        Image.fromarray(np.clip(first + number - 3 - 10 * (number % 2), 0, 255).astype(np.uint8)).save(
            str(tmp_path / ('%04d.png' % number)))
    index, farthest = ImageIndex(str(tmp_path), COUNT, size, size), observations.TURNED * camera.DEGREES_PER_SHORT
    random = np.random.RandomState(size)
    for yaw in np.linspace(90 - farthest, 90 + farthest, 90):
        left, right = random.choice(COUNT, 2, False).tolist()
        assert index(frame(str(tmp_path), left + 1, right + 1, size, size, yaw=yaw)) == (left, right)


def test_images_that_look_the_same_are_refused(drawn, tmp_path):
    for number, source in enumerate((1, 2, 3, 2), 1):
        shutil.copy(os.path.join(drawn, '%04d.png' % source), str(tmp_path / ('%04d.png' % number)))
    with pytest.raises(dataset.DatasetError, match='Images 2 and 4 look the same in frames of 84x84 pixels'):
        ImageIndex(str(tmp_path), 4, 84, 84)
    assert ImageIndex(str(tmp_path), 3, 84, 84).count == 3


def test_what_is_kept_of_noisy_frames_is_bounded(drawn, monkeypatch):
    monkeypatch.setattr(observations, 'KEPT', 128 * 8 * 8 * 3)
    index, random, shown = ImageIndex(drawn, 2, 32, 32), np.random.RandomState(0), frame(drawn, 1, 2, 32, 32)
    for _ in range(500):
        assert index(noisy(shown, random)) == (0, 1)
    assert max(len(known) for known in index._known) == 128
