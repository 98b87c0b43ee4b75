"""The real DeepMind Lab: its levels, written from the embedded lab's own table, and a Lab in a process of its own."""
import itertools
import os
import tempfile

from meta_rl.config import ConfigError
from meta_rl.labs import lab_process
from meta_rl.labs.closing import closing_where_it_fails
from meta_rl.labs.lab_process import LabDied, LabProcess

BUILD = 'https://github.com/google-deepmind/lab/blob/master/docs/users/build.md'
DATASET_SIZE = 2400  # images that its reader of data sets counts on: a number above ends the process

# Measured: it loads a level that is named by an absolute path which ends in .lua.
LEVEL = '''\
-- {name}: the Harlow task of psychlab with {images} images. Times are in frames.
local factory = require 'levels.contributed.psychlab.factories.harlow_factory'

local api = factory.createLevelApi{{
    schema = 'harlow',
    episodeLengthSeconds = {seconds},
    trialsPerEpisodeCap = {trials},
    timeToFixateCross = {level.time_to_fixate_cross},
    timeToFixateTarget = {level.time_to_fixate_target},
    fastInterTrialInterval = {level.inter_trial_interval},
    fixationReward = {level.fixation_reward},
    correctReward = {correct},
    incorrectReward = {incorrect},
    trainBatch = {images},
    testBatch = 0,
}}

-- The viewer starts turned away from the cross by up to half of this range.
local updateSpawnVars = api.updateSpawnVars
function api:updateSpawnVars(spawnVars)
  spawnVars = updateSpawnVars(self, spawnVars)
  if spawnVars.classname == 'info_player_start' then
    spawnVars.randomAngleRange = '{range:g}'
  end
  return spawnVars
end

return api
'''


def level_name(config):
    """The file that the level of a Config is written to, without `.lua`."""
    return config.level_script.rsplit('/', 1)[-1]


def level_text(config):
    """The level of a Config, for the real lab: Lua. RuntimeError where there is no such level."""
    from meta_rl.psychlab import find_level, task
    level = find_level(config.level_script)
    return LEVEL.format(name=level_name(config), level=level, range=2 * level.spawn_range, images=config.image_count,
                        seconds=task.EPISODE_SECONDS, trials=task.TRIALS, correct=task.CORRECT_REWARD,
                        incorrect=task.INCORRECT_REWARD)


def write_level(config, directory):
    """Writes the level of a Config as `directory`/levels/NAME.lua, and returns that path."""
    return _write(os.path.join(directory, 'levels'), level_name(config), level_text(config))


def _write(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(os.path.abspath(folder), name + '.lua')
    with open(path, 'w') as file:
        file.write(text)
    return path


def load(runfiles_path=''):
    """The module deepmind_lab, told where its data are. Raises ConfigError if there is none."""
    try:
        import deepmind_lab
    except ImportError as error:
        raise ConfigError(f'deepmind_lab cannot be imported ({error}): build it as {BUILD} says, or play in the embedded lab with '
                          '--lab embedded.')
    if runfiles_path:
        deepmind_lab.set_runfiles_path(os.path.abspath(runfiles_path))
    return deepmind_lab


def make(config, observations, settings, count):
    """`count` real labs of a Config in one process, see labs.make_labs. All that ends that process is looked for before."""
    from meta_rl.images import dataset
    if config.sides != 'shuffled':
        raise ConfigError(f'sides is {config.sides}: the real lab shuffles them, leave out --sides, or take --lab embedded.')
    if config.image_count > DATASET_SIZE:
        raise ConfigError('image_count is %d: the real lab plays with %d images at most.' % (config.image_count, DATASET_SIZE))
    name, text = level_name(config), level_text(config)
    process = LabProcess()
    process.call(0, 'load', config.runfiles_path)
    dataset.check_folder(settings['datasetPath'], config.image_count)
    settings = dict(settings, datasetPath=os.path.abspath(settings['datasetPath']), logLevel='NEVER')
    labs = []
    with closing_where_it_fails(labs):
        for _ in range(count):
            labs.append(Lab(name, text, observations, settings, config.runfiles_path, process))
    return labs


class OpenLab:
    """A `deepmind_lab.Lab`, in this process, of a level that is given as text. Arguments: see Lab."""

    def __init__(self, name, text, observations, settings, runfiles_path):
        self._folder = tempfile.TemporaryDirectory(prefix='harlow-level-')
        try:
            path = _write(self._folder.name, name, text)
            self._lab = load(runfiles_path).Lab(path, observations, settings)
        except BaseException:
            self._folder.cleanup()
            raise

    def _after(self, result):
        """What is asked for most often goes with the answer: (result, events, is_running, num_steps)."""
        return result, self._lab.events(), self._lab.is_running(), self._lab.num_steps()

    def reset(self, episode, seed):
        return self._after(self._lab.reset(episode=episode, seed=seed))

    def step(self, action, num_steps):
        return self._after(self._lab.step(action, num_steps=num_steps))

    def observations(self):
        return self._lab.observations()

    def close(self):
        if self._lab is not None:
            self._lab.close()
            self._folder.cleanup()
            self._lab = None


def serve(number):
    """What the process of the labs does. See lab_process.serve."""
    lab_process.serve(number, load, OpenLab)


class Lab:
    """A real `deepmind_lab.Lab` of a level that is given as text, in a process of its own.

    Args:
      name: str, what its file is called.
      text: str, the level, Lua. (Not its path: a process on another machine has the text, and not the file.)
      observations: list of str.
      settings: dict of str, the config of the real lab.
      runfiles_path: str, where it finds its data; '' where it finds them by itself.
      process: LabProcess to share with others, None for a new one. It ends with the last of them.

    It pickles as these arguments but the last: what is unpickled is a new lab, before its first reset(). After close() the
    real one crashes; this one raises RuntimeError. Every call raises LabDied where the real lab has ended its process.
    """

    _numbers = itertools.count(1)

    def __init__(self, name, text, observations, settings, runfiles_path='', process=None):
        self._arguments = name, text, list(observations), dict(settings), runfiles_path
        self._number, self._process = next(self._numbers), process or LabProcess()
        self._events, self._running, self._steps, self._was_reset = [], False, 0, False
        self._process.call(self._number, 'open', *self._arguments)

    def __reduce__(self):
        return Lab, self._arguments

    def _call(self, name, *args):
        if self._process is None:
            raise RuntimeError('Environment in wrong status: it is closed.')
        return self._process.call(self._number, name, *args)

    def _advance(self, name, *args):
        result, self._events, self._running, self._steps = self._call(name, *args)
        return result

    def reset(self, episode=-1, seed=None):
        """Starts an episode. Returns True. seed: int or None."""
        done = self._advance('reset', episode, seed)
        self._was_reset = True
        return done

    def step(self, action, num_steps=1):
        """Plays `action`, np.intc [7], for a number of frames. Returns the reward, float."""
        return self._advance('step', action, num_steps)

    def observations(self):
        """dict of the observations asked for."""
        return self._call('observations')

    def events(self):
        """list of (name, [values]) since the last reset() or step()."""
        if self._process is None or not self._was_reset:
            raise RuntimeError('Environment in wrong status for call to events()')
        return list(self._events)

    def is_running(self):
        """bool: whether `step` and `observations` may be called."""
        return self._process is not None and self._running

    def num_steps(self):
        """int: frames since the last reset()."""
        return self._steps

    def close(self):
        """Ends the use of this lab. Returns True, False if it was closed before."""
        if self._process is None:
            return False
        try:
            self._call('close')
        except LabDied:
            pass
        self._process = None
        return True
