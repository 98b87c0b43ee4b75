"""The settings of the real lab: what they may be, what they change, and its words for what they may not."""
import re

import numpy as np
import pytest

from meta_rl import psychlab
from meta_rl.psychlab import settings

from helpers.labs import act, make_lab, staged

LEVEL = 'contributed/psychlab/harlow'


def make(**config):
    return psychlab.Lab(LEVEL, [], dict({'datasetPath': 'dummy'}, **config))


TAKEN = {
    'hasAltCameras': 'true', 'localLevelCache': 'true', 'globalLevelCache': 'false', 'use_pbos': 'false', 'logToStdErr': 'true',
    'server': 'false', 'client': 'false', 'nativeApp': 'false', 'minimalUI': 'true', 'reducedUI': 'true', 'port': ' 0x1F', 'serverPort': '-7',
    'gpuDeviceIndex': '+010', 'vmMode': 'interpreted', 'mixerSeed': '4294967295', 'playerName': '', 'appendCommand': '+set a 1',
    'record': '', 'demo': '', 'video': '', 'demofiles': '/nowhere', 'levelDirectory': 'x', 'levelName': LEVEL,
    'episodeLengthSeconds': 'false', 'logLevel': 'never', 'invocationMode': 'x', 'allowHoldOutLevels': 'x', 'levelGenerator': '',
    'playerId': 'x', 'players': 'x', 'randomSeed': 'x', 'enableCameraMovement': 'x', '__platform__': 'x',
    'textureRandomization': 'x', 'camera.1': '5', 'camera.3': 'x', 'cameraLook.2': '-9.5', 'gadgetSelect': 'false',
    'gadgetSwitch': 'false', 'screenSize.width': '512', 'screenSize.height': '0x200', 'maxAltCameraWidth': '100',
    'maxAltCameraHeight': '-4', 'width': '0x54', 'height': '0124', 'fps': '0x1ep1',
}


@pytest.mark.parametrize('key', sorted(TAKEN))
def test_what_the_real_lab_takes_is_taken(key):
    lab = make(**{key: TAKEN[key]})
    lab.reset(seed=1)
    assert lab.step(act()) == 0


def test_all_settings_together_and_all_are_known():
    assert set(TAKEN) | {'datasetPath', 'environment', 'screenSize', 'camera', 'cameraLook', 'camera.2', 'cameraLook.1',
                         'cameraLook.3'} == set(
        settings.DEFAULTS) - set(settings.OWN)
    lab = make(**TAKEN)
    assert lab.observation_spec()[0]['shape'] == (84, 84, 3) and lab.read_property('engine.fps') == '60'


INT, SIZE = 'Invalid int setting {}\n', "'{}' must be a positive multiple of 4. Actual {}"
BOOL = 'Invalid boolean arg must be either "true" or "false"; actual "{}"\n'
REFUSED = [(key, value, INT.format(value)) for key in ('width', 'height', 'port', 'serverPort', 'gpuDeviceIndex', 'mixerSeed',
                                                       'maxAltCameraWidth', 'maxAltCameraHeight')
           for value in ('84.0', '84 ', 'x', '', '0x', '08', '1e2', '9223372036854775808', '1_0', '٣')]
REFUSED += [(key, value, SIZE.format(key, actual)) for key in ('width', 'height')
            for value, actual in (('83', 83), ('0', 0), ('-4', -4), ('0x53', 83), (' 2', 2))]
REFUSED += [(key, value, BOOL.format(value)) for key in (
    'minimalUI', 'reducedUI', 'hasAltCameras', 'localLevelCache', 'globalLevelCache', 'use_pbos', 'logToStdErr', 'server',
    'client', 'nativeApp') for value in ('True', '1', '', 'yes')]
REFUSED += [('fps', value, f'Invalid double arg {value}\n') for value in ('', 'x', '60 ', '6_0', '1e999', '60fps')]
REFUSED += [('mixerSeed', value, "Invalid mixerSeed value, must be a positive integer not greater than '4294967295'.")
            for value in ('-1', '4294967296')]
REFUSED += [
    ('vmMode', 'fast', 'vmMode must be either: "interpreted",  "compiled", or "native"; actual: "fast"\n'),
    ('playerName', 'x' * 256, "Invalid playerName is must be shorter than, '256' characters.")]


@pytest.mark.parametrize('key, value, text', REFUSED)
def test_bad_values_in_the_words_of_the_real_lab(key, value, text):
    with pytest.raises(RuntimeError) as error:
        make(**{key: value})
    assert str(error.value) == f'Failed to apply setting \'{key} = {value}\' - "{text}"'


@pytest.mark.parametrize('config, words', [
    ({'foo': 'bar'}, 'Invalid setting: "foo" = "bar"'), ({'timeoutIfIdle': 'true'}, 'Invalid setting: "timeoutIfIdle" = "true"'),
    ({'camera.4': '1'}, 'Invalid setting: "camera.4" = "1"'), ({'logLevel': 'LOUD'}, 'Invalid logLevel: LOUD'),
    ({'levelName': ''}, "Missing level script must set setting 'levelName'!"),
    ({'levelName': 'nowhere'}, 'Level not found: "nowhere"')])
def test_what_the_level_refuses(config, words):
    with pytest.raises(RuntimeError) as error:
        make(**config)
    assert str(error.value).startswith('Failed to init environment - "') and words in str(error.value)


def test_the_engine_reads_first_and_in_order():
    for config, key in (({'foo': 'bar', 'width': '83', 'height': '81'}, 'width'), ({'height': '81', 'width': '83'}, 'height')):
        with pytest.raises(RuntimeError, match=f"Failed to apply setting '{key} = "):
            psychlab.Lab('nowhere', ['FOO'], config)
    with pytest.raises(RuntimeError, match='Level not found'):
        psychlab.Lab('nowhere', ['FOO'], {'foo': 'bar'})
    with pytest.raises(RuntimeError, match='Invalid setting: "foo"'):
        psychlab.Lab(LEVEL, ['FOO'], {'foo': 'bar'})


@pytest.mark.parametrize('level', ['NEVER', 'error', 'Warn', 'INFO', '3', ' 2.5'])
def test_log_levels(level):
    make(logLevel=level)


# -- What they change --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('fps, ms, shown', [
    ('60', 16, '60'), ('29.97', 33, '29'), ('100', 10, '96'), ('0', 16, '60'), ('-60', 16, '60'), ('0.9', 16, '60'),
    ('nan', 16, '60'), ('inf', 16, '60'), ('1e30', 16, '60'), (' 3e1', 32, '30'), ('1920', 1, '960'), ('961', 1, '960'),
    ('1921', 1, '0'), ('1e6', 1, '0')])
def test_frame_rates(fps, ms, shown):
    """Above 1920 the real lab's frames follow the wall clock; here they are the shortest that there are."""
    lab = make(fps=fps)
    assert (lab._frame_ms, lab.read_property('engine.fps')) == (ms, shown)


def setup_of(seed, **config):
    lab = make(**config)
    lab.reset(seed=seed)
    return lab._task.setup


def test_a_mixer_seed_gives_other_episodes():
    # Python's generator takes the seeds s and (s - 1) << 32 | s for the same one.
    pairs = [(seed, mixer) for seed in range(20) for mixer in sorted({0, 1, 2, seed, max(seed - 1, 0), 2 ** 32 - 1})]
    drawn = [repr(setup_of(seed, mixerSeed=str(mixer))) for seed, mixer in pairs]
    assert len(set(drawn)) == len(pairs)
    assert drawn == [repr(setup_of(seed, mixerSeed=hex(mixer))) for seed, mixer in pairs]


def test_draws_are_those_they_always_were():
    """Curves of training hang on them."""
    assert setup_of(7) == (324, 151, ['right', 'right', 'left', 'left', 'left', 'right'], 0., 90.33460799352392)
    assert setup_of(-5) == (648, 944, ['left', 'right', 'right', 'left', 'right', 'left'], 0., 109.17137261568425)
    assert setup_of(7, mixerSeed='0') == setup_of(7)


@pytest.mark.parametrize('seed, same', [(-1, 2 ** 31 - 1), (2 ** 31, 0), (2 ** 32, 0), (True, 1), (2 ** 32 + 5, 5), (-2 ** 31, 0)])
def test_seeds_count_modulo(seed, same):
    assert setup_of(seed) == setup_of(same)


@pytest.mark.parametrize('text, fps, frames', [
    ('300', 60, 18000), ('2', 60, 120), ('0.5', 60, 30), ('.51', 60, 31), ('1e0', 30, 30), ('0', 60, 1), ('-3', 60, 1),
    ('0x2', 10, 20), ('1', 7, 8)])
def test_the_length_of_an_episode(text, fps, frames):
    lab = make_lab(fps=fps, episodeLengthSeconds=text, observations=['FRAMES_REMAINING_AT_60'])
    lab.reset(setup=staged(yaw=0.))
    length = float.fromhex(text) if 'x' in text else float(text)
    assert lab.observations()['FRAMES_REMAINING_AT_60'] == length * 60
    assert lab._hud_state().seconds_left == length
    lab.step(act(), frames - 1)
    assert lab.is_running()
    assert lab.observations()['FRAMES_REMAINING_AT_60'] == (length - lab._task.seconds(frames - 1)) * 60
    lab.step(act())
    assert not lab.is_running()


def test_an_episode_without_a_length():
    lab = make_lab(episodeLengthSeconds='false', observations=['FRAMES_REMAINING_AT_60'])
    lab.reset(setup=staged(yaw=0.))
    lab.step(act(), 40000)
    assert lab.is_running() and lab.observations()['FRAMES_REMAINING_AT_60'] == 0 and lab._hud_state().seconds_left is None


@pytest.mark.parametrize('text', ['true', 'long', ''])
def test_a_length_that_is_none_is_named(text):
    lab = make(episodeLengthSeconds=text)
    lab.reset()
    with pytest.raises(RuntimeError, match=f"episodeLengthSeconds is '{text}'"):
        lab.step(act())


@pytest.mark.parametrize('config, more', [
    (dict(gadgetSelect='true'), [('SELECT_GADGET', 0, 10)]), (dict(gadgetSwitch='no'), [('SWITCH_GADGET', -1, 1)]),
    (dict(gadgetSwitch='1', gadgetSelect='0'), [('SELECT_GADGET', 0, 10), ('SWITCH_GADGET', -1, 1)])])
def test_gadget_actions(config, more):
    lab = make(**config)
    assert [(one['name'], one['min'], one['max']) for one in lab.action_spec()[7:]] == more
    lab.reset(setup=staged())
    with pytest.raises(ValueError, match=re.escape('action must have shape (%d)' % (7 + len(more)))):
        lab.step(act())
    lab.step(np.array([100, 0, 0, 0, 0, 0, 0] + [1] * len(more), np.intc))
    assert lab.state()['yaw'] == pytest.approx(79.44, abs=.006)


def test_a_native_app_ignores_actions():
    lab = make(nativeApp='true')
    lab.reset(setup=staged())
    lab.step(act(100, 100, jump=1), 3)
    assert lab.state()['yaw'] == 90 and not lab._body.stirred


def test_the_name_of_the_player():
    for name in ('AlphaLab', 'me'):
        lab = make_lab(observations=['DEBUG.PLAYERS.NAME'], **({} if name == 'AlphaLab' else {'playerName': name}))
        lab.reset()
        assert lab.observations() == {'DEBUG.PLAYERS.NAME': name}


# -- What shows when an episode starts, or a picture is asked for ------------------------------------------------------

@pytest.mark.parametrize('config, words', [
    ({'demo': 'd'}, 'Failed to start environment - "Demo playback failed: demofiles path not specified.\n"'),
    ({'demo': 'd', 'demofiles': '/nowhere'}, "path '/nowhere' could not be found."),
    ({'demo': 'd', 'demofiles': '.'}, "Demo 'd' could not be found."),
    ({'screenSize.width': 'wide'}, "screenSize.width is 'wide'"), ({'screenSize.height': '0'}, 'screenSize.height is 0.0'),
    ({'screenSize': '512x512'}, "screenSize.width is '512x512'"), ({'environment': 'x'}, "environment is 'x'")])
def test_settings_that_show_at_reset(config, words):
    lab = make(**config)
    with pytest.raises(RuntimeError) as error:
        lab.reset()
    assert str(error.value).startswith('Failed to start environment - "') and words in str(error.value)


def test_recording_and_playing_at_once():
    with pytest.raises(RuntimeError) as error:
        make(record='a', demo='b')
    assert str(error.value) == ('Failed to apply setting \'demo = b\' - "The flags \'recording\' and \'demo\' '
                                'may not both be specified.\n"')


@pytest.mark.parametrize('key', ['camera', 'cameraLook.3'])
def test_a_camera_without_numbers_is_named(key):
    lab = make_lab(observations=['DEBUG.CAMERA.TOP_DOWN'], width=8, height=8, **{key: 'up'})
    lab.reset()
    with pytest.raises(RuntimeError, match=key.split('.')[0] + r" is \["):
        lab.observations()
