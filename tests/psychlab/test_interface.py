"""The interface of deepmind_lab: names, arguments, specs, properties, and errors in the words of the real lab."""
import inspect
import os
import re

import numpy as np
import pytest

import meta_rl.psychlab as deepmind_lab

from helpers.labs import act, make_lab, staged


def test_module_is_a_drop_in():
    assert deepmind_lab.version() == '1.0'
    path = deepmind_lab.runfiles_path()
    assert os.path.isdir(path)
    assert deepmind_lab.set_runfiles_path('/elsewhere') is True and deepmind_lab.runfiles_path() == '/elsewhere'
    deepmind_lab.set_runfiles_path(path)
    with pytest.raises(TypeError, match='argument 1 must be str, not int'):
        deepmind_lab.set_runfiles_path(3)
    assert deepmind_lab.READ_WRITABLE == deepmind_lab.READABLE | deepmind_lab.WRITABLE
    assert not deepmind_lab.LISTABLE & deepmind_lab.READ_WRITABLE


def test_signatures():
    def of(function):
        return str(inspect.signature(function)).replace('self, ', '').replace('self', '')
    lab = deepmind_lab.Lab
    assert of(lab.__init__) == "(level, observations, config={}, renderer='software', level_cache=None, temp_folder='')"
    assert of(lab.reset) == '(episode=-1, seed=None, setup=None)' and of(lab.step) == '(action, num_steps=1)'
    for name in ('observations', 'events', 'action_spec', 'observation_spec', 'num_steps', 'is_running', 'close',
                 'state'):
        assert of(getattr(lab, name)) == '()'
    assert not hasattr(lab, 'fps')


def test_everything_can_be_given_by_position_or_by_name():
    level = 'contributed/psychlab/harlow'
    config = {'datasetPath': 'dummy', 'width': '32', 'height': '16'}
    for lab in (deepmind_lab.Lab(level, ['RGB'], config, '', None, ''),
                deepmind_lab.Lab(level=level, observations=['RGB'], config=config, renderer='software',
                                 level_cache=object(), temp_folder='')):
        assert lab.reset(3, 7) is True and lab.reset(episode=np.int64(4), seed=7) is True
        assert lab.step(act(), 2) == 0 and lab.step(action=act(), num_steps=2) in (0, 1)
        assert type(lab.step(act())) is float
        assert lab.observations()['RGB'].shape == (3, 16, 32)
    assert config == {'datasetPath': 'dummy', 'width': '32', 'height': '16'}


def test_defaults():
    lab = deepmind_lab.Lab('contributed/psychlab/harlow', [])
    assert lab.observation_spec()[0]['shape'] == (240, 320, 3)
    assert lab.read_property('engine.fps') == '60'


def test_specs():
    lab = make_lab(width=84, height=80)
    assert [(spec['name'], spec['min'], spec['max']) for spec in lab.action_spec()] == [
        ('LOOK_LEFT_RIGHT_PIXELS_PER_FRAME', -512, 512), ('LOOK_DOWN_UP_PIXELS_PER_FRAME', -512, 512),
        ('STRAFE_LEFT_RIGHT', -1, 1), ('MOVE_BACK_FORWARD', -1, 1), ('FIRE', 0, 1), ('JUMP', 0, 1), ('CROUCH', 0, 1)]
    shapes = {spec['name']: spec['shape'] for spec in lab.observation_spec()}  # all of it: test_observations
    assert [shapes[name] for name in ('RGB_INTERLEAVED', 'RGBD', 'DEBUG.POS.ROT')] == [(80, 84, 3), (4, 80, 84), (3,)]


def test_before_reset_and_after_the_end():
    lab = make_lab('harlow', fps=15)
    assert (lab.is_running(), lab.num_steps()) == (False, 0)
    lab.reset(seed=1)
    assert (lab.is_running(), lab.num_steps(), lab.events()) == (True, 0, [])
    lab.step(act(512), 4500)
    assert not lab.is_running() and lab.events() == [] and set(lab.state().values()) == {None}
    assert lab.reset(seed=1) is True
    assert (lab.is_running(), lab.num_steps()) == (True, 0)
    lab.step(act())
    lab.reset()  # also in the middle of an episode
    assert lab.num_steps() == 0


def test_close():
    lab = make_lab()
    lab.reset()
    assert lab.close() is True and lab.close() is False
    assert not lab.is_running()
    for call in (lambda: lab.step(act()), lab.observations, lab.events, lab.reset, lab.state):
        with pytest.raises(RuntimeError, match='wrong status'):
            call()


def test_properties():
    lab = make_lab(fps=30)
    assert lab.read_property('engine.fps') == '30' and lab.read_property('params.datasetPath') == 'dummy'
    assert lab.properties('') == lab.properties() == {'params': 4, 'console': 1, 'engine': 4}
    assert lab.properties('engine') == {'engine.fps': deepmind_lab.READABLE}
    assert lab.properties('params') == dict({'params.' + name: deepmind_lab.READ_WRITABLE for name in (
        'episodeLengthSeconds', 'timeoutIfIdle', 'gadgetSwitch', 'gadgetSelect', 'datasetPath')}, **{
            'params.' + name: deepmind_lab.LISTABLE for name in ('cameraLook', 'camera', 'screenSize', 'environment')})
    assert lab.properties('params.camera') == {'params.camera.1': 3, 'params.camera.2': 3, 'params.camera.3': 3}
    read = {key: lab.read_property('params.' + key) for key in (
        'episodeLengthSeconds', 'timeoutIfIdle', 'gadgetSelect', 'camera.2', 'screenSize.width')}
    assert list(read.values()) == ['300', 'false', 'false', '-30', '512']
    for call, kind, words in (
            (lambda: lab.read_property('engine'), TypeError, "'engine' not readable."),
            (lambda: lab.read_property('params.camera'), TypeError, "'params.camera' not readable."),
            (lambda: lab.read_property('foo'), KeyError, "'foo' not found."),
            (lambda: lab.read_property('engine.foo'), KeyError, "'engine.foo' not found."),
            (lambda: lab.read_property('engine.fps.foo'), KeyError, "'engine.fps.foo' not found."),
            (lambda: lab.write_property('engine.fps', '15'), TypeError, "'engine.fps' not writable."),
            (lambda: lab.write_property('params.camera', '15'), TypeError, "'params.camera' not writable."),
            (lambda: lab.write_property('params.camera.1', 'left'), TypeError,
             "Type error! Cannot assign 'left' to 'params.camera.1'."),
            (lambda: lab.write_property('params.timeoutIfIdle', '1'), TypeError,
             "Type error! Cannot assign '1' to 'params.timeoutIfIdle'."),
            (lambda: lab.write_property('foo', '15'), KeyError, "'foo' not found."),
            (lambda: lab.properties('engine.fps'), TypeError, "'engine.fps' not listable."),
            (lambda: lab.properties('params.datasetPath'), TypeError, "'params.datasetPath' not listable."),
            (lambda: lab.properties('foo'), KeyError, "'foo' not found.")):
        with pytest.raises(kind) as error:
            call()
        assert error.value.args == (words,)


def test_properties_can_be_written():
    lab = make_lab()
    for key, value in (('camera.3', '75.5'), ('timeoutIfIdle', 'true'), ('datasetPath', '/nowhere')):
        assert lab.write_property('params.' + key, value) is None
        assert lab.read_property('params.' + key) == value
    with pytest.raises(RuntimeError, match='/nowhere'):  # which the next episode goes by
        lab.reset()
    lab.write_property('params.datasetPath', 'dummy')
    lab.reset()
    lab.write_property('params.screenSize.width', '-1')
    with pytest.raises(RuntimeError, match='screenSize.width is -1.0'):
        lab.reset()


# -- What is wrong, in the words of the real lab -----------------------------------------------------------------------

def new(level='contributed/psychlab/harlow', observations=(), config=None):
    return deepmind_lab.Lab(level, list(observations), config or {'datasetPath': 'dummy'})


def running():
    lab = new()
    lab.reset()
    return lab


def ended():
    lab = new(config={'datasetPath': 'dummy', 'fps': '15'})
    lab.reset()
    lab.step(act(512), 4500)
    return lab


def closed():
    lab = running()
    lab.close()
    return lab


STEP, LOOK, EVENTS = (
    'Environment in wrong status ' + what for what in ('to advance.', 'for call to observations()', 'for call to events()'))
ARGUMENT = 'bad argument type for built-in operation'
SHAPE, DTYPE = 'action must have shape (7)', 'action must have dtype np.intc'


@pytest.mark.parametrize('call, kind, words', [
    (lambda: new().step(act()), RuntimeError, STEP),
    (lambda: ended().step(act()), RuntimeError, STEP),
    (lambda: new().observations(), RuntimeError, LOOK),
    (lambda: ended().observations(), RuntimeError, LOOK),
    (lambda: new().events(), RuntimeError, EVENTS),
    (lambda: closed().events(), RuntimeError, EVENTS),
    (lambda: running().step(np.zeros(6, np.intc)), ValueError, SHAPE),
    (lambda: running().step(np.zeros((1, 7), np.intc)), ValueError, SHAPE),
    (lambda: running().step(np.zeros(())), ValueError, SHAPE),
    (lambda: running().step(np.zeros(7)), ValueError, DTYPE),
    (lambda: running().step(np.zeros(7, np.int64)), ValueError, DTYPE),
    (lambda: running().step(np.zeros(7, np.uint32)), ValueError, DTYPE),
    (lambda: running().step([0] * 7), TypeError, 'argument 1 must be numpy.ndarray, not list'),
    (lambda: running().step(None), TypeError, 'argument 1 must be numpy.ndarray, not None'),
    (lambda: new().step([0] * 7), TypeError, 'argument 1 must be numpy.ndarray, not list'),
    (lambda: new(observations=['FOO']), ValueError, "Unknown observation 'FOO'."),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', ()), TypeError, 'argument 2 must be list, not tuple'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', None), TypeError, 'argument 2 must be list, not None'),
    (lambda: deepmind_lab.Lab(7, []), TypeError, 'argument 1 must be str, not int'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [], ['a']), TypeError, 'argument 3 must be dict, not list'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [7]), TypeError, ARGUMENT),
    (lambda: new(config={'width': 84}), TypeError, ARGUMENT),
    (lambda: new(config={84: 'width'}), TypeError, ARGUMENT),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [], None), TypeError, 'argument 3 must be dict, not None'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [], temp_folder=None), TypeError,
     'argument 6 must be str, not None'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [], temp_folder=6), TypeError, 'argument 6 must be str, not int'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [], {}, 'hardware'), RuntimeError, 'Failed to connect RL API'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [], {}, 'foo'), RuntimeError,
     'Failed to set renderer must be "hardware" or "software" actual "foo"!'),
    (lambda: new().reset(seed=2 ** 63), OverflowError, 'Python int too large to convert to C long'),
    (lambda: new().reset(seed=-2 ** 63 - 1), OverflowError, 'Python int too large to convert to C long'),
    (lambda: new().reset(seed=np.int64(1)), ValueError, "'seed' must be int or None, was 'numpy.int64'."),
    (lambda: new().reset(seed='1'), ValueError, "'seed' must be int or None, was 'str'."),
    (lambda: new().reset(seed=1.), ValueError, "'seed' must be int or None, was 'float'."),
])
def test_error(call, kind, words):
    with pytest.raises(kind) as error:
        call()
    assert type(error.value) is kind and str(error.value) == words


@pytest.mark.parametrize('call, kind, words', [
    (lambda: new('nowhere'), RuntimeError, r'Failed to init environment - "Level not found: .*nowhere.*"'),
    (lambda: new(''), RuntimeError, r'Failed to init environment - "Missing level script must set setting .levelName.!"'),
    (lambda: new('contributed/psychlab/'), RuntimeError, r'Failed to init environment - "Level not found: .*"'),
    (lambda: new(config={'foo': 'bar'}), RuntimeError,
     r'Failed to init environment - ".*Invalid setting: "foo" = "bar".*"'),
    (lambda: new(config={'isTrain': 'no'}), RuntimeError, r'Failed to init environment - .*"isTrain" = "no".*'),
    (lambda: new(config={'sides': 'left'}), RuntimeError, r'Failed to init environment - .*"sides" = "left".*'),
    (lambda: new(config={'datasetPath': 'dummy', 'trainBatch': '1'}).reset(), RuntimeError, r'.*trainBatch.*'),
    (lambda: new(config={'datasetPath': 'dummy', 'testBatch': '1', 'isTrain': 'false'}).reset(), RuntimeError,
     r'.*testBatch.*'),
    (lambda: closed().reset(), RuntimeError, r'.*closed.*'),
    (lambda: new().reset(episode='1'), TypeError, r'.*'),
    (lambda: new().reset(setup={'images': 3}), ValueError, r".*'images'.*"),
    (lambda: new().reset(setup=[]), ValueError, r".*dict.*"),
    (lambda: new().reset(setup=staged(correct_side=['left'] * 5)), ValueError, r".*correct_side.*"),
    (lambda: new().reset(setup=staged(correct_side=['up'] * 6)), ValueError, r".*correct_side.*"),
])
def test_error_in_better_or_other_words(call, kind, words):
    with pytest.raises(kind) as error:
        call()
    assert re.match(words + '$', str(error.value), re.DOTALL)


@pytest.mark.parametrize('call', [
    lambda lab: lab.step(act(5), 2.), lambda lab: lab.step(act(5), None), lambda lab: lab.step(np.zeros(7)),
    lambda lab: lab.reset(seed='1'), lambda lab: lab.reset(setup=staged(yaw=float('nan')))])
def test_an_error_leaves_the_episode_as_it_was(call):
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(), 2)
    before = lab.state(), lab.num_steps(), lab.is_running()
    with pytest.raises((TypeError, ValueError)):
        call(lab)
    assert (lab.state(), lab.num_steps(), lab.is_running()) == before
