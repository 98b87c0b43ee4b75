"""What `deepmind_lab` lets a client ask for without playing: specifications, properties, and the module's own functions."""
import os

from . import observations, settings
from .errors import must_be

READABLE, WRITABLE, READ_WRITABLE, LISTABLE = 1, 2, 3, 4  # attributes of a property, as in deepmind_lab

DEFAULTS = settings.DEFAULTS
LEVEL_FOLDER = 'contributed/psychlab/'
ACTIONS = (('LOOK_LEFT_RIGHT_PIXELS_PER_FRAME', -512, 512), ('LOOK_DOWN_UP_PIXELS_PER_FRAME', -512, 512),
           ('STRAFE_LEFT_RIGHT', -1, 1), ('MOVE_BACK_FORWARD', -1, 1), ('FIRE', 0, 1), ('JUMP', 0, 1), ('CROUCH', 0, 1))
GADGET_ACTIONS = {'gadgetSelect': ('SELECT_GADGET', 0, 10), 'gadgetSwitch': ('SWITCH_GADGET', -1, 1)}  # by their settings

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


class Specified:
    """The half of a Lab that does not change while it is played.

    `self._values` holds its settings as they were read, `self._params` the tree of properties `params`.
    """

    def action_spec(self):
        """list of dict with 'name', 'min' and 'max' (int) of each part of an action."""
        return [{'name': name, 'min': least, 'max': most} for name, least, most in self._actions]

    def observation_spec(self):
        """list of dict with 'name', 'shape' and 'dtype' (a class) of each of the 43 observations."""
        return observations.spec(self._values['height'], self._values['width'], *self._camera_size())

    def _camera_size(self):
        """(height, width) of the pictures of DEBUG.CAMERA."""
        return tuple(max(self._values[key], self._values['maxAltCamera' + key.title()]) for key in ('height', 'width'))

    def _property(self, key, done):
        """(dict that holds a property, its name there). Raises KeyError: no such; TypeError: it is not to be `done` to."""
        frame_ms = self._values['fps']
        tree = {'': {'params': self._params, 'console': '',
                     'engine': {'fps': str(int(settings.ENGINE_MS_PER_SECOND / frame_ms) if frame_ms else 0)}}}
        holder, name = tree, ''
        for part in key.split('.') if key else ():
            if not isinstance(holder[name], dict):
                if key.startswith('params.'):
                    raise TypeError(f"'{key}' not {done}.")
                raise KeyError(f"'{key}' not found.")
            holder, name = holder[name], part
            if name not in holder:
                raise KeyError(f"'{key}' not found.")
        return holder, name

    def read_property(self, key):
        """str: the value of a property, for example 'engine.fps'. KeyError: no such; TypeError: it is a list."""
        must_be(key, str, 1)
        holder, name = self._property(key, 'readable')
        value = holder[name]
        if isinstance(value, dict):
            raise TypeError(f"'{key}' not readable.")
        if isinstance(value, bool):
            return str(value).lower()
        return f'{value:.14g}' if isinstance(value, float) else value

    def write_property(self, key, value):
        """Sets a property of `params`, which the next episode goes by where it goes by it at all.

        Raises: KeyError: no such; TypeError: it cannot be written, or is a number or a bool and `value` is none.
        """
        must_be(key, str, 1)
        must_be(value, str, 2)
        holder, name = self._property(key, 'writable')
        kind = type(holder[name])
        if not key.startswith('params.') or kind is dict:
            raise TypeError(f"'{key}' not writable.")
        read = value if kind is str else settings.lua_value(value)
        if type(read) is not kind:
            raise TypeError(f"Type error! Cannot assign '{value}' to '{key}'.")
        holder[name] = read
        self._checked = False

    def properties(self, key=''):
        """dict from the names below `key` to their attributes (READABLE, WRITABLE, LISTABLE, added up)."""
        must_be(key, str, 1)
        holder, name = self._property(key, 'listable')
        listed = holder[name]
        if not isinstance(listed, dict):
            raise TypeError(f"'{key}' not listable.")
        leaf = READ_WRITABLE if key.split('.')[0] == 'params' else READABLE
        return {f'{key}.{part}' if key else part: LISTABLE if isinstance(value, dict) else leaf
                for part, value in listed.items()}
