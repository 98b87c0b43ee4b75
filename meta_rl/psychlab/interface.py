"""What `deepmind_lab` lets a client ask for and set: settings, specifications, properties, with its defaults and errors."""
import os

import numpy as np

READABLE, WRITABLE, READ_WRITABLE, LISTABLE = 1, 2, 3, 4  # attributes of a property, as in deepmind_lab

LEVEL_FOLDER = 'contributed/psychlab/'
DEFAULTS = {
    'width': '320', 'height': '240', 'fps': '60',
    'datasetPath': '',  # folder of %04d.png, counted from 0001, or 'dummy'
    'trainBatch': '1000', 'testBatch': '1000',  # images 1..trainBatch train, the testBatch after them are held out
    'isTrain': 'true',  # 'false' shows the held-out images
    'sides': 'shuffled',  # or 'independent'
    'surroundings': 'real',  # or 'flat', plain colours; or 'random', a look drawn for each episode by its seed
    'looks': 'training', 'trainLooks': '64', 'testLooks': '64',  # or 'held-out': the testLooks after the trainLooks of training
    'minimalUI': 'false', 'reducedUI': 'false', 'appendCommand': '',  # what is left of the display: see hud.shown
}
# Settings of the real engine that change nothing here.
IGNORED = frozenset((
    'levelDirectory', 'mixerSeed', 'allowHoldOutLevels', 'gpuDeviceIndex', 'logLevel', 'logToStdErr',
    'localLevelCache', 'globalLevelCache', 'vmMode', 'use_pbos', 'hasAltCameras',
    'playerName'))

ACTIONS = (('LOOK_LEFT_RIGHT_PIXELS_PER_FRAME', -512, 512), ('LOOK_DOWN_UP_PIXELS_PER_FRAME', -512, 512),
           ('STRAFE_LEFT_RIGHT', -1, 1), ('MOVE_BACK_FORWARD', -1, 1), ('FIRE', 0, 1), ('JUMP', 0, 1), ('CROUCH', 0, 1))
DEPTHS = (('RGB_INTERLEAVED', 3), ('RGBD_INTERLEAVED', 4), ('RGB', 3), ('RGBD', 4), ('BGR_INTERLEAVED', 3),
          ('BGRD_INTERLEAVED', 4))  # the observations that are pictures, with their channels
ROTATION = 'DEBUG.POS.ROT'

_runfiles_path = os.path.dirname(os.path.abspath(__file__))


def version():
    """The version of the interface, as deepmind_lab has it."""
    return '1.0'


def runfiles_path():
    """The folder of this module, as the real lab has it; kept for clients that ask, nothing is read from there."""
    return _runfiles_path


def set_runfiles_path(path):
    """Sets what `runfiles_path` returns; it has no other effect here. Returns True."""
    global _runfiles_path
    must_be(path, str, 1)
    _runfiles_path = path
    return True


def failed(text):
    """The error of a lab that cannot be made."""
    return RuntimeError(f'Failed to init environment - "{text}"')


def type_name(kind):
    """A type as the real lab's errors name it."""
    if kind is type(None):
        return 'None'
    return f'{kind.__module__}.{kind.__name__}' if kind.__module__ == 'numpy' else kind.__name__


def must_be(value, kind, argument):
    """Raises TypeError where argument number `argument` is no `kind`."""
    if not isinstance(value, kind):
        raise TypeError('argument %d must be %s, not %s' % (argument, type_name(kind), type_name(type(value))))


def read_config(config):
    """Checks a config. Returns (settings: dict of str, DEFAULTS with what it sets; those that are numbers: dict of int)."""
    settings = dict(DEFAULTS)
    for key, value in config.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f'config must map str to str, not {key!r} to {value!r}')
        if key not in settings and key not in IGNORED:
            raise failed(f'Invalid setting: "{key}" = "{value}"')
        settings[key] = value
    numbers = {}
    for key, least, multiple in (('width', 4, 4), ('height', 4, 4), ('fps', 1, 1), ('trainBatch', 0, 1), ('testBatch', 0, 1),
                                 ('trainLooks', 1, 1), ('testLooks', 1, 1)):
        try:
            numbers[key] = int(settings[key])
        except ValueError:
            raise RuntimeError(f'Failed to apply setting \'{key} = {settings[key]}\' - "Invalid int setting {settings[key]}\n"')
        if numbers[key] < least or numbers[key] % multiple:
            raise failed('Invalid setting: "{}" = "{}", must be {}'.format(
                key, settings[key], 'a positive multiple of 4' if multiple > 1 else 'at least %d' % least))
    if numbers['fps'] > 960:
        raise failed('Invalid setting: "fps" = "{}", must be at most 960'.format(settings['fps']))
    for key, allowed in (('isTrain', ('true', 'false')), ('sides', ('shuffled', 'independent')),
                         ('looks', ('training', 'held-out')), ('surroundings', ('real', 'flat', 'random')),
                         ('minimalUI', ('true', 'false')), ('reducedUI', ('true', 'false'))):
        if settings[key] not in allowed:
            raise failed('Invalid setting: "{}" = "{}", must be {}'.format(
                key, settings[key], ' or '.join(map('"{}"'.format, allowed))))
    return settings, numbers


class Specified:
    """The half of a Lab that does not change while it is played. `self._settings` holds its config, a dict of str."""

    def action_spec(self):
        """list of dict with 'name', 'min' and 'max' (int) of each of the 7 parts of an action."""
        return [{'name': name, 'min': least, 'max': most} for name, least, most in ACTIONS]

    def observation_spec(self):
        """list of dict with 'name', 'shape' and 'dtype' of each observation that can be asked for."""
        height, width = int(self._settings['height']), int(self._settings['width'])
        spec = [{'name': name, 'dtype': np.uint8,
                 'shape': (height, width, depth) if name.endswith('INTERLEAVED') else (depth, height, width)}
                for name, depth in DEPTHS]
        return spec + [{'name': ROTATION, 'dtype': np.float64, 'shape': (3,)}]

    def _property(self, name):
        """The value of a property, or a dict of those below it; KeyError if there is none."""
        tree = {'engine': {'fps': self._settings['fps']}, 'params': self._settings}
        value = tree
        for part in name.split('.') if name else ():
            if not isinstance(value, dict) or part not in value:
                raise KeyError(f"'{name}' not found.")
            value = value[part]
        return value

    def read_property(self, name):
        """str: the value of a property, for example 'engine.fps'. KeyError: no such; TypeError: it is a list."""
        must_be(name, str, 1)
        value = self._property(name)
        if isinstance(value, dict):
            raise TypeError(f"'{name}' not readable.")
        return value

    def write_property(self, name, value):
        """No property of this level can be written: TypeError, or KeyError where there is none."""
        must_be(name, str, 1)
        must_be(value, str, 2)
        self._property(name)
        raise TypeError(f"'{name}' not writable.")

    def properties(self, prefix=''):
        """dict from the names below `prefix` to their attributes (READABLE, WRITABLE, LISTABLE, added up)."""
        must_be(prefix, str, 1)
        listed = self._property(prefix)
        if not isinstance(listed, dict):
            raise TypeError(f"'{prefix}' not listable.")
        return {f'{prefix}.{key}' if prefix else key: LISTABLE if isinstance(value, dict) else READABLE
                for key, value in listed.items()}
