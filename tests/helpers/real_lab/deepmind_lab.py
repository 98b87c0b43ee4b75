"""Stands in for the real `deepmind_lab`: its interface and no more, with the embedded lab behind it.

A level is a file of Lua that is read here for what the real factory would do with it. It has the real one's hazards, too: what
ends its process ends it here, by the same signals; its log goes to stdout, by the file descriptor; it dies of TensorFlow in its
process; it neither pickles nor copies; and around the screen is what the real one shows.

What labs were made, and where they look for their data, is written to the file that the variable STAND_IN_LOG names, a line of
JSON each: they are in other processes than the tests.
"""
import json
import operator
import os
import re
import signal
import sys

from PIL import Image

from meta_rl import psychlab
from meta_rl.psychlab import settings, task

FACTORY = 'levels.contributed.psychlab.factories.harlow_factory'
SETTINGS = set(settings.ENGINE) | set(settings.LEVEL)
QUIET = {'NEVER', 'ERROR', 'WARN'}
LOG_LINES = 52  # of an episode (measured)
DATASET_SIZE = 2400
_runfiles = ['unset']
_read_before = set()


def _abort(reason):
    os.write(2, f'[FATAL] {reason}\n'.encode())
    os.abort()


def _segmentation_fault():
    os.kill(os.getpid(), signal.SIGSEGV)


def _note(**facts):
    if os.environ.get('STAND_IN_LOG'):
        with open(os.environ['STAND_IN_LOG'], 'a') as file:
            file.write(json.dumps(facts) + '\n')


def runfiles_path():
    return _runfiles[0]


def set_runfiles_path(path):
    _runfiles[0] = path
    return True


def read_level(text):
    """(the numbers that the factory is given, the range of the spawn angle in degrees) of a level's Lua."""
    code = re.sub(r'--[^\n]*', '', text)
    name, = re.findall(rf"^local (\w+) = require '{re.escape(FACTORY)}'$", code, re.M)
    api, body = re.findall(rf'^local (\w+) = {name}\.createLevelApi\{{\n(.*?)^\}}$', code, re.M | re.S)[0]
    given = dict(re.fullmatch(r"\s*(\w+) = (-?[\d.]+|'\w+'),", line).groups() for line in body.splitlines())
    assert given.pop('schema') == "'harlow'"
    numbers = {key: float(value) for key, value in given.items()}
    old, = re.findall(rf'^local (\w+) = {api}\.updateSpawnVars$', code, re.M)
    spawn, = re.findall(rf"""^function {api}:updateSpawnVars\((\w+)\)
  \1 = {old}\(self, \1\)
  if \1\.classname == 'info_player_start' then
    (\1\.randomAngleRange = '[\d.]+')
  end
  return \1
end$""", code, re.M)
    assert re.search(rf'^return {api}\s*\Z', code, re.M)
    return numbers, float(spawn[1].split("'")[1])


class Lab:
    def __init__(self, level, observations, config={}, renderer='software', level_cache=None, temp_folder=''):
        unknown = set(config) - SETTINGS
        if unknown:
            raise RuntimeError(f'Failed to init environment - "Invalid setting: "{unknown.pop()}""')
        if not (os.path.isabs(level) and level.endswith('.lua') and os.path.isfile(level)):
            raise RuntimeError(f'Failed to init environment - "Level not found: {level}"')
        if config.get('logLevel', 'INFO').upper() not in QUIET | {'INFO', 'ALL'}:
            raise RuntimeError('Failed to init environment - "Invalid logLevel: {}"'.format(config['logLevel']))
        self._quiet = config.get('logLevel', 'INFO').upper() in QUIET
        if config.get('datasetPath') and not os.path.isabs(config['datasetPath']):
            _abort('the real lab does not look for data in the working directory')
        with open(level) as file:
            numbers, spread = read_level(file.read())
        assert numbers.pop('correctReward') == 5 and numbers.pop('incorrectReward') == -5
        assert numbers.pop('trialsPerEpisodeCap') == 6 and numbers.pop('episodeLengthSeconds') == 300
        self._images = [int(numbers.pop(name)) for name in ('trainBatch', 'testBatch')]
        _note(level=level, images=self._images[0], config=config, runfiles=_runfiles[0], process=os.getpid())
        task.LEVELS[level] = task.Level(*[int(numbers.pop(name)) for name in (
            'timeToFixateCross', 'timeToFixateTarget', 'fastInterTrialInterval', 'fixationReward')], spawn_range=spread / 2)
        assert not numbers, numbers
        self._folder = config.get('datasetPath', '')
        self._lab = psychlab.Lab(level, observations, dict(config, trainBatch=str(self._images[0]), testBatch='0'), renderer)
        del task.LEVELS[level]

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle 'deepmind_lab.Lab' object")

    def reset(self, episode=-1, seed=None):
        # Its software renderer finds the LLVM of TensorFlow in place of its own.
        if self._lab is None or 'tensorflow' in sys.modules:
            _segmentation_fault()
        operator.index(episode)
        if not self._folder:
            raise RuntimeError('Failed to start environment - "datasetPath"')
        if not self._quiet:
            os.write(1, b'[INFO] Loaded a pack of levels\n' * LOG_LINES)
        for number in range(1, self._images[0] + 1):
            self._read(number)
        return self._lab.reset(episode, seed)

    def _read(self, number):
        path = os.path.join(self._folder, '%04d.png' % number)
        try:
            version = path, os.stat(path).st_mtime_ns
            if version in _read_before:
                return
            image = Image.open(path)
            image.load()
        except Exception as error:
            _abort(error)
        if number > DATASET_SIZE or image.size != (256, 256) or image.mode != 'RGB':
            _abort(f'{path} is of another kind')
        _read_before.add(version)

    def close(self):
        lab, self._lab = self._lab, None
        return lab.close()


def _pass_on(name):
    def method(self, *args, **kwargs):
        if self._lab is None:
            _segmentation_fault()
        return getattr(self._lab, name)(*args, **kwargs)
    return method


for _name in ('step', 'observations', 'events', 'action_spec', 'observation_spec', 'num_steps', 'is_running', 'read_property',
              'write_property', 'properties'):
    setattr(Lab, _name, _pass_on(_name))
