"""Stands in for the real `deepmind_lab`: its interface and no more, with the embedded lab behind it.

A level is a file of Lua that is read here for what the real factory would do with it. What ends the real one's process
raises Aborted, which nothing catches.
"""
import operator
import os
import re

from PIL import Image

from meta_rl import psychlab
from meta_rl.psychlab import task

FACTORY = 'levels.contributed.psychlab.factories.harlow_factory'
SETTINGS = {'width', 'height', 'fps', 'datasetPath', 'levelDirectory', 'appendCommand', 'mixerSeed'}
DATASET_SIZE = 2400
made = []  # of each lab: its level, parameters and config
_runfiles = ['unset']


class Aborted(BaseException):
    pass


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
        if not os.path.isabs(config['datasetPath']):
            raise Aborted('the real lab does not look for data in the working directory')
        with open(level) as file:
            numbers, spread = read_level(file.read())
        assert numbers.pop('correctReward') == 5 and numbers.pop('incorrectReward') == -5
        assert numbers.pop('trialsPerEpisodeCap') == 6 and numbers.pop('episodeLengthSeconds') == 300
        self._images = [int(numbers.pop(name)) for name in ('trainBatch', 'testBatch')]
        made.append((level, self._images[0], dict(config)))
        task.LEVELS[level] = task.Level(*[int(numbers.pop(name)) for name in (
            'timeToFixateCross', 'timeToFixateTarget', 'fastInterTrialInterval', 'fixationReward')], spawn_range=spread / 2)
        assert not numbers, numbers
        self._folder = config['datasetPath']
        self._lab = psychlab.Lab(level, observations, dict(config, trainBatch=str(self._images[0]), testBatch='0'), renderer)
        del task.LEVELS[level]

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle 'deepmind_lab.Lab' object")

    def reset(self, episode=-1, seed=None):
        if self._lab is None:
            raise Aborted('segmentation fault')
        operator.index(episode)
        for number in range(1, self._images[0] + 1):
            try:
                image = Image.open(os.path.join(self._folder, '%04d.png' % number))
                image.load()
            except Exception as error:
                raise Aborted(error)
            if number > DATASET_SIZE or image.size != (256, 256) or image.mode != 'RGB':
                raise Aborted('image %d' % number)
        return self._lab.reset(episode, seed)

    def close(self):
        lab, self._lab = self._lab, None
        return lab.close()


def _pass_on(name):
    def method(self, *args, **kwargs):
        if self._lab is None:
            raise Aborted(f'{name}() of a lab that is closed')
        return getattr(self._lab, name)(*args, **kwargs)
    return method


for _name in ('step', 'observations', 'events', 'action_spec', 'observation_spec', 'num_steps', 'is_running', 'read_property',
              'write_property', 'properties'):
    setattr(Lab, _name, _pass_on(_name))
