"""Recordings as files: GIF and MP4, several episodes, and what cannot be written."""
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from meta_rl import evaluation
from meta_rl.config import ConfigError
from meta_rl.figures.films import recording, scenes
from meta_rl.rundir.saving import checkpoints

from helpers.films import holds, played


def test_a_gif_has_a_frame_for_each_moment_and_runs_for_ever(runs, tmp_path):
    path = str(tmp_path / 'a.gif')
    returns = recording.record(runs('pixels'), path, seed=5, images='held-out')
    episode, moments, rollout, policies = played(runs('pixels'), images='held-out')
    assert returns == [rollout.rewards.sum()]
    with Image.open(path) as gif:
        assert gif.size == (800, 480) and gif.n_frames == len(moments) and gif.info['loop'] == 0
        left, top, width, height = scenes.BAR
        for number, moment in enumerate(moments):
            gif.seek(number)
            assert gif.info['duration'] == moment.milliseconds
            drawn, expected = np.asarray(gif.convert('RGB')), np.asarray(scenes.draw(
                episode._replace(title='images it has never seen before'), moment))
            assert np.abs(drawn.astype(int) - expected).mean() < 4
            lefts = holds(drawn[top + 4, left:left + width], scenes.SIDES[0])
            assert not moment.shown or abs(lefts - width * policies[moment.trial, 0]) <= .51
    assert os.listdir(str(tmp_path)) == ['a.gif'] and os.path.getsize(path) < 1500000
    os.remove(path)
    recording.record(runs('pixels'), path, seed=5, images='held-out')
    with open(path, 'rb') as file:
        again = file.read()
    assert len(again) == os.path.getsize(path)


@pytest.mark.slow
def test_an_mp4_is_read_back_by_opencv(runs, tmp_path):
    path = str(tmp_path / 'a.MP4')
    recording.record(runs('onehot'), path, seed=5)
    episode, moments, _, _ = played(runs('onehot'))
    times = [moment.milliseconds // recording.TICK for moment in moments]
    reader = cv2.VideoCapture(path)
    assert round(reader.get(cv2.CAP_PROP_FPS)) == 25
    frames = []
    while True:
        good, frame = reader.read()
        if not good:
            break
        frames.append(frame[:, :, ::-1])
    assert len(frames) == sum(times) and 10 < len(frames) / 25. < 40 and frames[0].shape == (480, 800, 3)
    for moment, last in zip(moments, np.cumsum(times)):
        expected = np.asarray(scenes.draw(episode._replace(title='images of its training'), moment)).astype(int)
        assert np.abs(frames[last - 1] - expected).mean() < 6


@pytest.mark.slow
def test_several_episodes_are_of_the_seeds_that_follow(runs, tmp_path):
    returns = recording.record(runs('onehot'), str(tmp_path / 'a.gif'), 3, seed=8)
    alone = [played(runs('onehot'), seed)[2].rewards.sum() for seed in (8, 9, 10)]
    assert returns == alone
    counts = [len(played(runs('onehot'), seed)[1]) for seed in (8, 9, 10)]
    with Image.open(str(tmp_path / 'a.gif')) as gif:
        assert gif.n_frames == sum(counts)


def test_the_best_checkpoint_is_taken_when_asked_for(runs, tmp_path, monkeypatch):
    taken = []
    monkeypatch.setattr(evaluation.Frozen, 'restore', lambda self, path=None: taken.append(path) or (
        _ for _ in ()).throw(ConfigError('there')))
    for which in ('latest', 'best'):
        with pytest.raises(ConfigError, match='there'):
            recording.record(runs('onehot'), str(tmp_path / 'a.gif'), which=which)
    assert taken == [None, checkpoints.best(runs('onehot'))]


@pytest.mark.parametrize('path, reason', [
    ('a.png', 'a.png cannot be written: give it the ending .gif or .mp4'), ('gif', 'gif cannot be written: give it'),
    ('nowhere/a.gif', r'nowhere/a.gif cannot be written \(No such file'), ('file/a.mp4', r'file/a.mp4 .*\(Not a directory'),
    ('folder.gif', 'folder.gif cannot be written: it is a folder'), ('', ' cannot be written')])
def test_what_cannot_be_written_is_refused_before_anything_is_played(path, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'file').write_text('')
    (tmp_path / 'folder.gif').mkdir()
    monkeypatch.setattr(recording, 'Frozen', None)
    with pytest.raises(ConfigError, match=reason):
        recording.record('RUN', path)
    assert sorted(os.listdir('.')) == ['file', 'folder.gif']


def test_what_was_there_stays_when_the_writing_fails(runs, tmp_path, monkeypatch):
    for name in ('a.gif', 'a.mp4'):
        (tmp_path / name).write_text('precious')

    def full(*_, **__):
        raise OSError('No space left on device')
    run = runs('onehot')  # made, with its images, before there is no space
    monkeypatch.setattr(Image.Image, 'save', full)
    with pytest.raises(OSError, match='No space'):
        recording.record(run, str(tmp_path / 'a.gif'))
    monkeypatch.setattr(cv2, 'VideoWriter', lambda path, *_: Half())
    with pytest.raises(OSError, match='0 of .* frames of the MP4'):
        recording.record(run, str(tmp_path / 'a.mp4'))
    assert {name: (tmp_path / name).read_text() for name in os.listdir(str(tmp_path))} == {
        'a.gif': 'precious', 'a.mp4': 'precious'}


class Half:
    """A writer that, as OpenCV's, says nothing of a disk that is full."""

    def write(self, _):
        pass

    release = close = lambda self: None


def test_too_many_episodes_are_refused(tmp_path):
    with pytest.raises(ConfigError, match='episodes is 101: a recording has 100 at most'):
        recording.record('RUN', str(tmp_path / 'a.gif'), 101)
    with pytest.raises(ConfigError, match='seed is 4294967295: of 2 episodes'):
        recording.record('RUN', str(tmp_path / 'a.gif'), 2, seed=2 ** 32 - 1)
