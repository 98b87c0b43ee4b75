"""What a run goes on from: the state beside its newest whole checkpoint, looked at before anything rests on it."""
import math

from meta_rl.config import ConfigError
from meta_rl.envs.oracles import TRIALS
from meta_rl.rundir import checkpoints, digests
from meta_rl.rundir.monitor import COLUMNS

WORDS = 624  # of a Mersenne Twister's state
MOST_ACTIONS = 18000  # of an episode: so many frames has one of the lab


def newest(run):
    """Path of the checkpoint that a run directory goes on from: see checkpoints.latest. ConfigError where its state is none."""
    path = checkpoints.latest(run, resumable=True)
    try:
        flaw = _flaw(digests.read(path))
    except (OSError, ValueError) as error:  # another process is at work there
        flaw = str(error)
    if flaw:
        raise ConfigError(f'{path}.json does not hold the state of a run ({flaw}): take this checkpoint away, or train anew.')
    return path


def _flaw(state):
    """What is wrong with a state that Recorder.save wrote, or None."""
    monitor, random = state.get('monitor'), state.get('random')
    if not isinstance(monitor, dict):
        return 'monitor is missing'
    for name in ('episodes', 'weight'):
        if not _whole(monitor.get(name)):
            return f'{name} is no count'
    recent, sums = monitor.get('recent'), monitor.get('sums')
    if not isinstance(recent, list) or not all(_number(value) and math.isfinite(value) for value in recent):
        return 'recent is no list of numbers'
    # Runs of an earlier version lack two sums, see monitor.
    needed = set(COLUMNS[1:]) - {'choice_return', 'staleness'}
    if not isinstance(sums, dict) or not needed <= set(sums) <= set(COLUMNS[1:]) or not all(map(_number, sums.values())):
        return 'sums are not those of the columns of curve.csv'
    if not isinstance(random, list) or not all(each is None or _random(each) or _gaze(each) for each in random):
        return 'random is no list of the states of workers'
    return None


def _random(state):
    """Whether it is what checkpoints.random_state makes."""
    if not isinstance(state, list) or len(state) != 5:
        return False
    name, words, place, has_gauss, gauss = state
    return (name == 'MT19937' and isinstance(words, list) and len(words) == WORDS
            and all(_whole(word) and word < 2 ** 32 for word in words) and _whole(place) and place <= WORDS
            and _whole(has_gauss) and has_gauss <= 1 and _number(gauss))


def _gaze(state):
    """Whether it is what GazeWorker.state makes."""
    if not isinstance(state, dict) or not _random(state.get('random')) or 'players' not in state:
        return False
    players = state['players']
    if players is None:
        return True
    if not isinstance(players, dict):
        return False
    episodes, lstms = players.get('episodes'), players.get('state')
    return (isinstance(episodes, list) and all(map(_episode, episodes)) and isinstance(lstms, list) and len(lstms) == 2
            and all(isinstance(lstm, list) and len(lstm) == 2 and all(map(_table, lstm)) for lstm in lstms)
            and all(isinstance(players.get(name), list) and all(map(_whole, players[name])) for name in ('labels', 'paid'))
            and len(players['labels']) == len(episodes) and len(players['paid']) in (0, len(episodes)))


def _episode(history):
    """Whether it is GazeEnv.history."""
    if not isinstance(history, dict) or not isinstance(history.get('setup'), dict) or not isinstance(history.get('actions'), list):
        return False
    setup = history['setup']
    sides = setup.get('correct_side', ['left'] * TRIALS)
    return (_whole(history.get('seed')) and history['seed'] < 2 ** 31 and set(setup) <= {'yaw', 'correct_side'}
            and _number(setup.get('yaw', 0)) and isinstance(sides, list) and len(sides) == TRIALS
            and all(side in ('left', 'right') for side in sides) and len(history['actions']) <= MOST_ACTIONS
            and all(_whole(action) and action < 3 for action in history['actions']))


def _table(rows):
    return (isinstance(rows, list) and all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows)
            and all(_number(value) and math.isfinite(value) for row in rows for value in row))


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 or value != value


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2 ** 62
