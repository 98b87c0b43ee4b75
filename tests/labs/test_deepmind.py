"""The real lab, by its interface: a stand-in that has no more plays our levels from their Lua, as the embedded lab does."""
import copy
import multiprocessing
import os
import pickle

import numpy as np
import pytest
from PIL import Image

from meta_rl import config as config_module
from meta_rl.config import ConfigError
from meta_rl.envs import decisions
from meta_rl.images import dataset
from meta_rl.labs import choice, deepmind
from meta_rl.psychlab import task

from helpers.labs import TESTS, act
from helpers.playing.real_labs import COUNT, deepmind_config

LEVELS = sorted(task.LEVELS)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return dataset.drawn_folder(str(tmp_path_factory.mktemp('cache')), COUNT)


def make_lab(folder, *args, **settings):
    """A lab of one of the two kinds; the embedded one in the surroundings of the real one."""
    lab, = choice.make_labs(deepmind_config(*args, **settings).change(surroundings='real'), folder, 1)
    return lab


def played(lab, seed):
    """All that a lab says of an episode of random looks."""
    for _ in range(2):  # the clock of a lab's first episode is another, and only the embedded one can do without that
        lab.reset(seed=seed)
    random, said = np.random.RandomState(seed), []
    while lab.is_running() and lab.num_steps() < 300:
        said.append((lab.step(act(right=int(random.choice([0, 0, 0, -150, 150])))), lab.events(), lab.num_steps()))
        if lab.is_running():
            said.append(lab.observations()['RGB_INTERLEAVED'].tobytes())
    return said


@pytest.mark.parametrize('level', LEVELS)
def test_a_level_in_lua_is_that_of_the_embedded_lab(real_lab, folder, level):
    import deepmind_lab
    one, other = make_lab(folder, level), make_lab(folder, level, 'embedded')
    assert isinstance(one, deepmind.Lab) and not isinstance(other, deepmind.Lab)
    for seed in range(3):
        assert played(one, seed) == played(other, seed)
    with open(deepmind.write_level(deepmind_config(level), os.path.dirname(folder))) as file:
        numbers, spread = deepmind_lab.read_level(file.read())
    assert (numbers['timeToFixateCross'], numbers['timeToFixateTarget'], numbers['fastInterTrialInterval'],
            numbers['fixationReward'], spread / 2) == task.LEVELS[level]


@pytest.mark.parametrize('level', LEVELS)
def test_decisions_are_the_same_in_both(real_lab, folder, level):
    episodes = []
    for lab in config_module.LABS:
        env, = decisions.make_envs(deepmind_config(level, lab), folder, 1, np.random.RandomState(1))
        episodes.append([])
        for actions in np.random.RandomState(2).randint(2, size=(8, 6)).tolist():
            shown = [env.reset()] + [env.step(action) for action in actions]
            episodes[-1].append((str(shown), env.correct))
        env.close()
    assert episodes[0] == episodes[1] and len({str(correct) for _, correct in episodes[0]}) > 2


def test_what_the_real_lab_is_given(real_lab, folder, monkeypatch):
    monkeypatch.chdir(os.path.dirname(folder))
    first, second = choice.make_labs(deepmind_config(width=80, fps=30), os.path.basename(folder), 2)
    made = real_lab()[-1]
    level = made['level']
    assert made['config'] == {'width': '80', 'height': '64', 'fps': '30', 'datasetPath': os.path.realpath(folder),
                              'logLevel': 'NEVER'} and made['images'] == COUNT
    assert os.path.basename(level) == 'harlow.lua' and os.path.isfile(level)
    assert {one['process'] for one in real_lab()} == {made['process']} != {os.getpid()}  # one for both, and not this one
    first.close(), second.close()
    assert not os.path.exists(level)


def test_runfiles_path_is_passed_on(real_lab, folder):
    make_lab(folder)
    make_lab(folder, runfiles_path='/somewhere/runfiles')
    assert [made['runfiles'] for made in real_lab()] == ['unset', '/somewhere/runfiles']


def test_it_pickles_as_what_it_is_made_of_and_its_episode_restarts(real_lab, folder):
    lab = make_lab(folder, runfiles_path='/somewhere')
    expected = played(make_lab(folder, lab='embedded'), 5)
    lab.reset(seed=1)
    lab.step(act(right=3), num_steps=7)
    for again in (pickle.loads(pickle.dumps(lab)), copy.deepcopy(lab)):
        assert real_lab()[-1]['runfiles'] == '/somewhere'
        assert not again.is_running() and again.num_steps() == 0
        assert played(again, 5) == expected
    assert lab.is_running() and lab.num_steps() == 7


@pytest.mark.slow
@pytest.mark.parametrize('name', config_module.LABS)
def test_labs_go_to_other_processes(real_lab, folder, name):
    lab = make_lab(folder, lab=name)
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        assert pool.apply(played, (lab, 5)) == played(make_lab(folder, lab='embedded'), 5)


def test_what_is_asked_too_early_is_answered_as_the_real_one_does(real_lab, folder):
    lab = make_lab(folder)
    assert not lab.is_running() and lab.num_steps() == 0
    for call, words in ((lab.observations, 'observations'), (lab.events, 'events'), (lambda: lab.step(act()), 'advance')):
        with pytest.raises(RuntimeError, match='wrong status.*' + words):
            call()
    with pytest.raises(ValueError, match='action must have shape'):
        lab.reset(seed=1), lab.step(np.zeros(6, np.intc))
    assert lab.is_running() and lab.step(act()) == 0


def test_the_end_is_the_end(real_lab, folder):
    lab = make_lab(folder)
    lab.reset(seed=0)
    assert lab.is_running() and lab.close() and not lab.close() and not lab.is_running()
    for call in (lab.reset, lab.observations, lab.events, lambda: lab.step(act())):
        with pytest.raises(RuntimeError, match='wrong status'):  # the real one crashes
            call()


def test_without_the_real_lab_one_sentence_says_what_to_do(folder):
    with pytest.raises(ConfigError) as error:
        make_lab(folder)
    assert all(part in str(error.value) for part in ('deepmind_lab cannot be imported', 'docs/users/build.md', 'embedded lab'))
    assert str(error.value).count('. ') == 0
    make_lab(folder, lab='embedded')


@pytest.mark.parametrize('settings, reason', [
    (dict(sides='independent'), 'sides is independent: the real lab shuffles'),
    (dict(image_count=2401), 'image_count is 2401.*2400'),
    (dict(level_script='contributed/psychlab/harlowe'), 'Level not found: "contributed/psychlab/harlowe"')])
def test_what_only_the_embedded_lab_knows_is_refused(real_lab, folder, settings, reason):
    with pytest.raises(ConfigError, match=reason):
        make_lab(folder, **settings)


@pytest.mark.parametrize('spoil, reason', [
    (os.remove, 'No such file'), (lambda path: open(path, 'w').close(), 'broken, cut short or no PNG'),
    (lambda path: Image.open(path).convert('L').save(path), 'is of 256x256 pixels, L:'),
    (lambda path: Image.open(path).convert('P').save(path), 'is of 256x256 pixels, P:'),
    (lambda path: Image.open(path).convert('RGBA').save(path), 'is of 256x256 pixels, RGBA:'),
    (lambda path: Image.open(path).crop((0, 0, 256, 255)).save(path), 'is of 256x255 pixels, RGB:'),
    (lambda path: Image.open(path).save(path, 'JPEG'), 'broken, cut short or no PNG'),
    (lambda path: Image.open(path).save(path, transparency=(1, 2, 3)), '8-bit RGB without transparency'),
    (lambda path: cut(path, 5000), 'broken, cut short or no PNG'), (lambda path: deepen(path), '8-bit RGB')])
def test_an_image_that_would_end_the_process_is_named_before(real_lab, tmp_path, spoil, reason):
    folder = dataset.drawn_folder(str(tmp_path), COUNT)
    path = os.path.join(folder, '0003.png')
    spoil(path)
    with pytest.raises(dataset.DatasetError, match=r'0003\.png.*' + reason):
        make_lab(folder)
    assert not real_lab()


def cut(path, size):
    with open(path, 'rb+') as file:
        file.truncate(size)


def deepen(path):
    import cv2
    cv2.imwrite(path, cv2.imread(path).astype(np.uint16) * 257)


def test_the_page_shows_the_level_as_it_is_written():
    with open(os.path.join(os.path.dirname(TESTS), 'docs', 'real_lab.md'), encoding='utf-8') as file:
        assert deepmind.level_text(config_module.Config()) in file.read()
