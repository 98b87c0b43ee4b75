"""The settings of a lab: their defaults, what they may be, and the real lab's words for what they may not.

`deepmind_lab` reads them in two places. Its engine takes those of ENGINE, in the order of the config. What is left goes to
the level's script, which knows those of LEVEL and refuses all others. A row of a table is a setting's default and the
function that reads it; docs/psychlab.md says what each changes.
"""
import math
import os
import re

from . import errors

ENGINE_MS_PER_SECOND = 960  # of engine time pass in a second of the level's clock
LONGEST_NAME = 255  # characters of a playerName

_WHOLE = re.compile(r'[ \t-\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z')
_DECIMAL = re.compile(r'[ \t-\r]*[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|inf(inity)?|nan(\(\w*\))?)\Z', re.I)
_HEXADECIMAL = re.compile(r'[ \t-\r]*[+-]?0x([0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(p[+-]?[0-9]+)?\Z', re.I)


def c_int(text):
    """The int that C's strtol reads in `text`: decimal, 0x hexadecimal, 0 octal. None where there is more or less in it."""
    found = _WHOLE.match(text)
    if not found:
        return None
    sign, digits = found.groups()
    number = int(digits, 16 if digits[:2] in ('0x', '0X') else 8 if digits[0] == '0' else 10)
    number = -number if sign == '-' else number
    return number if -2 ** 63 <= number < 2 ** 63 else None


def c_double(text):
    """The float that C's strtod reads in `text`, also hexadecimal, inf and nan. None where there is more or less in it."""
    if _HEXADECIMAL.match(text):
        try:
            return float.fromhex(text.strip())
        except OverflowError:
            return None
    if not _DECIMAL.match(text):
        return None
    number = float(text.split('(')[0])
    return None if math.isinf(number) and 'inf' not in text.lower() else number


def lua_value(text):
    """What the level's script makes of a setting: a float, True, False, or the text as it is."""
    if text in ('true', 'false'):
        return text == 'true'
    number = c_double(text.rstrip(' \t\n\v\f\r'))
    return text if number is None else number


def _int(key, text):
    number = c_int(text)
    if number is None:
        raise errors.bad_setting(key, text, f'Invalid int setting {text}\n')
    return number


def _size(key, text):
    number = _int(key, text)
    if number < 4 or number % 4:
        raise errors.bad_setting(key, text, f"'{key}' must be a positive multiple of 4. Actual {number}")
    return number


def _bool(key, text):
    if text not in ('true', 'false'):
        raise errors.bad_setting(key, text, f'Invalid boolean arg must be either "true" or "false"; actual "{text}"\n')
    return text == 'true'


def _frame_ms(key, text):
    """int: the ms of a frame; 0 from 1921 frames a second on; None: the setting is ignored, as what is not above 0 is."""
    number = c_double(text)
    if number is None:
        raise errors.bad_setting(key, text, f'Invalid double arg {text}\n')
    rate = int(number) if abs(number) < 2 ** 63 else 0  # nan fails the comparison
    return frame_ms_of(rate) if rate > 0 else None


def frame_ms_of(fps):
    """int: the whole ms that a frame takes at a rate of frames a second."""
    return int(ENGINE_MS_PER_SECOND / fps + .5)


def _vm_mode(key, text):
    if text not in ('interpreted', 'compiled', 'native'):
        raise errors.bad_setting(
            key, text, f'vmMode must be either: "interpreted",  "compiled", or "native"; actual: "{text}"\n')
    return text


def _mixer_seed(key, text):
    number = _int(key, text)
    if not 0 <= number < 2 ** 32:
        raise errors.bad_setting(
            key, text, "Invalid mixerSeed value, must be a positive integer not greater than '4294967295'.")
    return number


def _player_name(key, text):
    if len(text.encode('utf-8', 'replace')) > LONGEST_NAME:
        raise errors.bad_setting(
            key, text, f"Invalid playerName is must be shorter than, '{LONGEST_NAME + 1}' characters.")
    return text


def _text(key, text):
    return text


def _log_level(key, text):
    if text.upper() not in ('INFO', 'WARN', 'ERROR', 'NEVER') and not isinstance(lua_value(text), float):
        raise errors.failed(f'Invalid logLevel: {text}')
    return text


def _count(key, text):
    number = _int(key, text)
    if number < 0:
        raise errors.failed(f'Invalid setting: "{key}" = "{text}", must be at least 0')
    return number


def _many(key, text):
    number = _count(key, text)
    if not number:
        raise errors.failed(f'Invalid setting: "{key}" = "{text}", must be at least 1')
    return number


def _one_of(*allowed):
    def read(key, text):
        if text not in allowed:
            choices = ', '.join(f'"{word}"' for word in allowed[:-1])
            raise errors.failed(f'Invalid setting: "{key}" = "{text}", must be {choices} or "{allowed[-1]}"')
        return text
    return read


ENGINE = {
    'width': ('320', _size), 'height': ('240', _size), 'fps': ('60', _frame_ms),
    'maxAltCameraWidth': ('0', _int), 'maxAltCameraHeight': ('0', _int),
    'mixerSeed': ('0', _mixer_seed), 'playerName': ('AlphaLab', _player_name), 'levelName': ('', _text),
    'minimalUI': ('false', _bool), 'reducedUI': ('false', _bool), 'nativeApp': ('false', _bool),
    'record': ('', _text), 'demo': ('', _text), 'video': ('', _text), 'demofiles': ('', _text),
    # Read and checked; they change nothing in this level.
    'levelDirectory': ('', _text), 'appendCommand': ('', _text), 'vmMode': ('native', _vm_mode),
    'hasAltCameras': ('false', _bool), 'localLevelCache': ('false', _bool), 'globalLevelCache': ('true', _bool),
    'use_pbos': ('true', _bool), 'logToStdErr': ('false', _bool), 'server': ('false', _bool), 'client': ('false', _bool),
    'port': ('0', _int), 'serverPort': ('0', _int), 'gpuDeviceIndex': ('0', _int),
}
LEVEL = {
    'datasetPath': ('', _text),  # folder of %04d.png, counted from 0001, or 'dummy'; '': see folders.default_dataset
    'episodeLengthSeconds': ('300', _text), 'gadgetSelect': ('false', _text), 'gadgetSwitch': ('false', _text),
    'logLevel': ('INFO', _log_level),
    'screenSize': ('', _text), 'screenSize.width': ('512', _text), 'screenSize.height': ('512', _text),
    'environment': ('', _text),
    'camera': ('', _text), 'camera.1': ('0', _text), 'camera.2': ('-30', _text), 'camera.3': ('150', _text),
    'cameraLook': ('', _text), 'cameraLook.1': ('2', _text), 'cameraLook.2': ('90', _text), 'cameraLook.3': ('0', _text),
    'allowHoldOutLevels': ('false', _text), 'invocationMode': ('', _text),
    # Taken with any text; they change nothing.
    'levelGenerator': ('', _text), 'playerId': ('', _text), 'players': ('', _text), 'randomSeed': ('', _text),
    'enableCameraMovement': ('', _text), '__platform__': ('', _text), 'textureRandomization': ('', _text),
}
# The embedded lab's own, which are constants of the real level's script.
OWN = {
    'trainBatch': ('1000', _count), 'testBatch': ('1000', _count),  # images 1..trainBatch train, the testBatch after them are held out
    'isTrain': ('true', _one_of('true', 'false')),  # 'false' shows the held-out images
    'sides': ('shuffled', _one_of('shuffled', 'independent')),
    # What is around the screen: what the real lab shows, plain colours, or a look drawn for each episode by its seed.
    'surroundings': ('real', _one_of('real', 'flat', 'random')),
    # Of 'random': looks 0..trainLooks - 1 to train with, or the testLooks after them.
    'looks': ('training', _one_of('training', 'held-out')), 'trainLooks': ('64', _many), 'testLooks': ('64', _many),
    # 'true': the clock of a lab's first episode is that of later ones, so that an episode hangs on its seed alone.
    'episodesAlike': ('false', _one_of('false', 'true')),
}
SCRIPT = dict(LEVEL, **OWN)
DEFAULTS = {key: default for table in (ENGINE, SCRIPT) for key, (default, _) in table.items()}


def read_engine(config):
    """Reads a config as the engine does.

    Args:
      config: dict of str to str.
    Returns: dict with the value of each setting of ENGINE, and with the text of every other one that is in `config`.
    Raises: TypeError, RuntimeError in the words of the real lab.
    """
    values = {key: read(key, default) for key, (default, read) in ENGINE.items()}
    for key, text in config.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise TypeError('bad argument type for built-in operation')
        value = ENGINE[key][1](key, text) if key in ENGINE else text
        if key == 'fps' and value is None or key.startswith('maxAltCamera') and value < 0:
            continue
        if text and (key == 'record' and (values['demo'] or values['video']) or key in ('demo', 'video') and values['record']):
            other = 'video' if key == 'video' else 'demo'
            raise errors.bad_setting(key, text, f"The flags 'recording' and '{other}' may not both be specified.\n")
        values[key] = value
    return values


def read_script(values):
    """Reads what `read_engine` has left, as the level's script does. Returns `values` with all of SCRIPT in it, read."""
    for key, text in values.items():
        if key not in ENGINE and key not in SCRIPT:
            raise errors.failed(f'Invalid setting: "{key}" = "{text}"')
    return dict(values, **{key: read(key, values.get(key, default)) for key, (default, read) in SCRIPT.items()})


def params(values, given):
    """The tree of properties `params`: dict of str to float, bool, str or such a dict, as the level's script holds them."""
    tree = {'environment': {}, 'timeoutIfIdle': values['allowHoldOutLevels'] == 'true' or values['invocationMode'] == 'testbed'}
    for key in ('camera.1', 'camera.2', 'camera.3', 'cameraLook.1', 'cameraLook.2', 'cameraLook.3', 'screenSize.width',
                'screenSize.height'):
        branch, leaf = key.split('.')
        tree.setdefault(branch, {})[leaf] = lua_value(values[key])
    for key in ('episodeLengthSeconds', 'gadgetSelect', 'gadgetSwitch'):
        tree[key] = lua_value(values[key])
    tree['datasetPath'] = values['datasetPath']
    for key in ('environment', 'screenSize', 'camera', 'cameraLook'):
        if key in given:
            tree[key] = lua_value(values[key])
    return tree


def check_start(values, tree):
    """Refuses to start an episode with settings with which the real lab does not. `tree`: what `params` gives, as it is now."""
    size = tree['screenSize']
    for key in ('width', 'height'):
        number = size[key] if isinstance(size, dict) else size
        if not isinstance(number, float) or not 1 <= number < 2 ** 15 or number != int(number):
            raise errors.not_started(f'screenSize.{key} is {number!r}: give a whole number of pixels, like 512')
    if not isinstance(tree['environment'], dict):
        raise errors.not_started('environment is %r: leave this setting out' % tree['environment'])
    if values['demo']:
        path = values['demofiles']
        if not path:
            raise errors.not_started('Demo playback failed: demofiles path not specified.\n')
        if not os.path.isdir(path):
            raise errors.not_started(f"Demo playback failed: demofiles path '{path}' could not be found.\n")
        raise errors.not_started(f"Demo playback failed: Demo '{values['demo']}' could not be found.\n")


def refuse_limit(limit):
    """Raises the error of an episodeLengthSeconds that is neither a number nor 'false'; the real lab's process aborts."""
    word = str(limit).lower() if isinstance(limit, bool) else limit
    raise RuntimeError(f'Failed to advance environment "episodeLengthSeconds is \'{word}\': '
                       'give a number of seconds, or \'false\' for no limit"')


def three_numbers(tree, key):
    """The three floats of the setting `key`; where they are none the real lab's process aborts, and this raises RuntimeError."""
    values = tree[key]
    numbers = [values[place] for place in '123'] if isinstance(values, dict) else [values]
    if len(numbers) != 3 or not all(isinstance(number, float) and math.isfinite(number) for number in numbers):
        raise RuntimeError(f'{key} is {numbers}: give the settings {key}.1, {key}.2 and {key}.3 a number each')
    return numbers
