"""The lab as a client of deepmind_lab meets it, held to recordings of the real one."""
import copy
import glob
import gzip
import inspect
import json
import os
import pickle
import re

import numpy as np
import pytest

import meta_rl.psychlab as deepmind_lab
from conftest import RECORDED, act, make_lab, staged
from meta_rl.psychlab import camera

RECORDINGS = sorted(os.path.basename(path)[:-8] for path in glob.glob(os.path.join(RECORDED, 'traces', '*.json.gz')))
LEVELS = {'standard': 'harlow', 'fast': 'harlow_fast', 'fast_centred': 'harlow_fast_centred'}
STATE = ('pitch', 'yaw', 'gaze', 'cross_shown', 'images_shown', 'hover_cross', 'hover_correct', 'hover_incorrect',
         'delay_timer', 'trial')
PIXELS = ['RGB_INTERLEAVED', 'RGBD_INTERLEAVED', 'RGB', 'RGBD', 'BGR_INTERLEAVED', 'BGRD_INTERLEAVED']


def recording(name):
    with gzip.open(os.path.join(RECORDED, 'traces', name + '.json.gz'), 'rt') as file:
        record = json.load(file)
    record['steps']['action'] = np.array(record['steps']['action'], np.intc)
    return record


def lab_at_start_of(record, observations=()):
    lab = make_lab(LEVELS[record['variant']], observations, width=32, height=32)
    lab.reset(setup=record['setup'])
    return lab


def check_state(lab, steps, t):
    state = lab.state()
    assert set(state) == set(STATE)
    for key in STATE:
        expected = steps[key][t]
        if key in ('pitch', 'yaw', 'gaze') and expected is not None:
            assert state[key] == pytest.approx(expected, abs=1e-6), (t, key)
        else:
            assert state[key] == expected, (t, key)


# -- The recordings ----------------------------------------------------------------------------------------------------

def test_there_are_recordings_of_every_level():
    assert len(RECORDINGS) >= 27 and {name.split('__')[0] for name in RECORDINGS} == set(LEVELS)


@pytest.mark.parametrize('name', RECORDINGS)
def test_replay(name):
    record = recording(name)
    steps, events = record['steps'], []
    lab = lab_at_start_of(record)
    for t, action in enumerate(steps['action']):
        reward = lab.step(action)
        assert (reward, lab.is_running(), lab.num_steps()) == (
            steps['reward'][t], steps['is_running'][t], steps['num_steps'][t]), t
        check_state(lab, steps, t)
        events += [[t, list(event)] for event in lab.events()]
    assert events == record['events']
    assert lab.is_running() != record['ended']


@pytest.mark.parametrize('name', RECORDINGS)
def test_replay_in_jumps(name):
    """One call with num_steps is that many calls: rewards are added up, events collected."""
    record = recording(name)
    steps, t, events = record['steps'], 0, []
    lab = lab_at_start_of(record)
    actions = steps['action']
    while t < len(actions):
        end = t + 1
        while end < len(actions) and end - t < 40 and (actions[end] == actions[t]).all():
            end += 1
        assert lab.step(actions[t], num_steps=end - t) == sum(steps['reward'][t:end])
        assert lab.num_steps() == end
        check_state(lab, steps, end - 1)
        events += [list(event) for event in lab.events()]
        t = end
    assert events == [event for _, event in record['events']]


COPIES = {'pickle': lambda lab: pickle.loads(pickle.dumps(lab)), 'deepcopy': copy.deepcopy,
          'old pickle': lambda lab: pickle.loads(pickle.dumps(lab, 2))}


@pytest.mark.parametrize('how', sorted(COPIES))
@pytest.mark.parametrize('name', [
    'standard__oracle_correct__s1', 'fast__oracle_left__s6', 'fast_centred__two_action_incorrect__s2'])
def test_a_copy_goes_on_identically(name, how):
    record = recording(name)
    steps = record['steps']
    lab, copies = lab_at_start_of(record, ['RGB_INTERLEAVED', 'DEBUG.POS.ROT']), []
    for t, action in enumerate(steps['action']):
        if t % 11 == 0:
            copies.append(COPIES[how](lab))
        labs = [lab] + copies
        assert [each.step(action) for each in labs] == [steps['reward'][t]] * len(labs)
        assert all(each.events() == lab.events() and each.num_steps() == t + 1 for each in copies)
        for each in copies:
            check_state(each, steps, t)
        if t % 5 == 0 and lab.is_running():
            seen = lab.observations()
            for each in copies[-2:]:
                for key, value in each.observations().items():
                    np.testing.assert_array_equal(value, seen[key])
    assert [each.is_running() for each in copies] == [False] * len(copies)


def test_a_copy_draws_the_same_episodes_and_shares_nothing():
    lab = make_lab()
    lab.reset()
    twin = copy.deepcopy(lab)
    twin.step(act(100), 30)
    assert (lab.num_steps(), lab.state()['delay_timer']) == (0, -1) and lab.state()['yaw'] != twin.state()['yaw']
    lab.reset()
    twin.reset()
    assert lab.state() == twin.state()


# -- Frames of the real lab --------------------------------------------------------------------------------------------

with open(os.path.join(RECORDED, 'frames.json')) as listing:
    FRAMES = json.load(listing)


@pytest.mark.parametrize('frame', FRAMES, ids=lambda frame: '%s-%d' % (frame['name'], frame['size']))
def test_frame(frame):
    size, index = frame['size'], frame['index']
    lab = make_lab('harlow', ['RGB_INTERLEAVED'], width=size, height=size, datasetPath=os.path.join(RECORDED, 'images'))
    lab.reset(setup=staged(correct_id=frame['correct_id'], incorrect_id=frame['incorrect_id'],
                           correct_side=[frame['correct_side']] * 6, yaw=90.010986328125))
    lab.step(act(), 3 if frame['cross'] else 5)
    lab.step(act(round((90.010986 - frame['yaw']) / .1056), round(frame['pitch'] / .1056)), 0 if frame['cross'] else 1)
    state = lab.state()
    assert (state['pitch'], state['yaw']) == (frame['pitch'], frame['yaw'])
    assert (state['cross_shown'], state['images_shown']) == (frame['cross'], frame['images'])
    with np.load(os.path.join(RECORDED, 'frames.npz')) as frames:
        real, mask = frames['frames_%d' % size][index], frames['mask_%d' % size][index]
    difference = np.abs(lab.observations()['RGB_INTERLEAVED'].astype(int) - real)[mask]
    assert difference.max() <= 8 and difference.mean() <= 1


# -- The interface -----------------------------------------------------------------------------------------------------

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
    for lab in (deepmind_lab.Lab(level, ['RGB'], config, 'hardware', None, '/tmp'),
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
    assert lab.observation_spec() == [
        {'name': 'RGB_INTERLEAVED', 'shape': (80, 84, 3), 'dtype': np.uint8},
        {'name': 'RGBD_INTERLEAVED', 'shape': (80, 84, 4), 'dtype': np.uint8},
        {'name': 'RGB', 'shape': (3, 80, 84), 'dtype': np.uint8},
        {'name': 'RGBD', 'shape': (4, 80, 84), 'dtype': np.uint8},
        {'name': 'BGR_INTERLEAVED', 'shape': (80, 84, 3), 'dtype': np.uint8},
        {'name': 'BGRD_INTERLEAVED', 'shape': (80, 84, 4), 'dtype': np.uint8},
        {'name': 'DEBUG.POS.ROT', 'shape': (3,), 'dtype': np.float64}]


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
    assert lab.properties('') == lab.properties() == {'engine': deepmind_lab.LISTABLE, 'params': deepmind_lab.LISTABLE}
    assert lab.properties('engine') == {'engine.fps': deepmind_lab.READABLE}
    for call, kind, words in (
            (lambda: lab.read_property('engine'), TypeError, "'engine' not readable."),
            (lambda: lab.read_property('engine.foo'), KeyError, "'engine.foo' not found."),
            (lambda: lab.read_property('engine.fps.foo'), KeyError, "'engine.fps.foo' not found."),
            (lambda: lab.write_property('engine.fps', '15'), TypeError, "'engine.fps' not writable."),
            (lambda: lab.write_property('foo', '15'), KeyError, "'foo' not found."),
            (lambda: lab.properties('engine.fps'), TypeError, "'engine.fps' not listable."),
            (lambda: lab.properties('foo'), KeyError, "'foo' not found.")):
        with pytest.raises(kind) as error:
            call()
        assert error.value.args == (words,)


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
    (lambda: new('contributed/psychlab/'), RuntimeError, r'Failed to init environment - "Level not found: .*"'),
    (lambda: new(config={'foo': 'bar'}), RuntimeError,
     r'Failed to init environment - ".*Invalid setting: "foo" = "bar".*"'),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', []).reset(), RuntimeError,
     r'Failed to start environment - .*'),
    (lambda: new(config={'width': '86'}), RuntimeError, r'Failed to init environment - .*"width" = "86".*'),
    (lambda: new(config={'height': '0'}), RuntimeError, r'Failed to init environment - .*"height" = "0".*'),
    (lambda: new(config={'height': '-4'}), RuntimeError, r'Failed to init environment - .*"height" = "-4".*'),
    (lambda: new(config={'width': 'wide'}), RuntimeError, r"Failed to apply setting 'width = wide' - .*"),
    (lambda: new(config={'fps': '0'}), RuntimeError, r'Failed to init environment - .*"fps" = "0".*'),
    (lambda: new(config={'isTrain': 'no'}), RuntimeError, r'Failed to init environment - .*"isTrain" = "no".*'),
    (lambda: new(config={'sides': 'left'}), RuntimeError, r'Failed to init environment - .*"sides" = "left".*'),
    (lambda: new(config={'width': 84}), TypeError, r'.*str.*'),
    (lambda: new(config={'datasetPath': 'dummy', 'trainBatch': '1'}).reset(), RuntimeError, r'.*trainBatch.*'),
    (lambda: new(config={'datasetPath': 'dummy', 'testBatch': '1', 'isTrain': 'false'}).reset(), RuntimeError,
     r'.*testBatch.*'),
    (lambda: closed().reset(), RuntimeError, r'.*closed.*'),
    (lambda: new().reset(episode='1'), TypeError, r'.*'),
    (lambda: new().reset(setup={'images': 3}), ValueError, r".*'images'.*"),
    (lambda: new().reset(setup=[]), ValueError, r".*dict.*"),
    (lambda: new().reset(setup=staged(correct_side=['left'] * 5)), ValueError, r".*correct_side.*"),
    (lambda: new().reset(setup=staged(correct_side=['up'] * 6)), ValueError, r".*correct_side.*"),
    (lambda: deepmind_lab.Lab('contributed/psychlab/harlow', [], {}, 'quantum'), RuntimeError,
     r'Failed to set renderer.*'),
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


def test_settings_of_the_real_engine_are_taken():
    make_lab(mixerSeed=5, allowHoldOutLevels='true', logLevel='WARN', appendCommand='', localLevelCache='true').reset()


# -- Seeds -------------------------------------------------------------------------------------------------------------

def play(lab, choose):
    """(rewards, events) of an episode of harlow_fast_centred in which choose(trial) looks left or right."""
    rewards, events = [], []
    while lab.is_running():
        if lab.state()['images_shown']:
            units = -169 if choose(lab.state()['trial']) == 'left' else 169
            rewards += [lab.step(act(units)), lab.step(act(-units))]
            events += [dict(re.findall(r"\['(\w+)'\] = (\S+)", text)) for _, (text, _) in lab.events()]
        else:
            rewards.append(lab.step(act()))
    return rewards, events


def left(trial):
    return 'left'


@pytest.mark.parametrize('seed', [0, 7, -1, -5, 2 ** 31 - 1, 2 ** 40, True])
def test_the_same_seed_gives_the_same_episode(seed):
    one, two = (make_lab('harlow_fast_centred', ['RGB_INTERLEAVED'], width=32, height=32) for _ in range(2))
    two.reset(seed=99)
    play(two, left)
    one.reset(seed=seed)
    two.reset(episode=12, seed=seed)
    for lab in (one, two):
        lab.step(act(), 4)
    np.testing.assert_array_equal(one.observations()['RGB_INTERLEAVED'], two.observations()['RGB_INTERLEAVED'])
    assert play(one, left) == play(two, left)


def test_other_seeds_and_no_seed_give_other_episodes():
    lab = make_lab()
    yaws = []
    for seed in list(range(20)) + [None] * 20:
        lab.reset(seed=seed)
        yaws.append(lab.state()['yaw'])
    assert len(set(yaws)) > 35


@pytest.mark.parametrize('level', sorted(LEVELS.values()))
def test_setup_can_be_given_in_part(level):
    lab = make_lab(level)
    lab.reset(seed=3)
    drawn = lab._task.setup
    lab.reset(seed=3, setup={'yaw': 80., 'correct_id': 5})
    assert lab._task.setup == drawn._replace(yaw=80., correct_id=5)
    lab.reset(seed=3, setup={})
    assert lab._task.setup == drawn


# -- An episode --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('choice, reward', [('right', 5), ('left', -5)])
def test_a_reward_is_paid_one_step_late_but_the_last_at_once(choice, reward):
    lab = make_lab('harlow_fast_centred')
    lab.reset(setup=staged(correct_side=['right'] * 6))
    rewards, events = play(lab, lambda trial: choice)
    # Each trial: the cross is met, eyes go to the image, it is met (the event), the interval begins (its reward).
    assert rewards == [0, 0, 0] + [reward, 0, 0, 0] * 4 + [reward, 0, 0, reward]
    assert [event['correct'] for event in events] == [str(int(reward > 0))] * 6
    assert not lab.is_running()


def test_fixation_is_rewarded_one_step_late():
    lab = make_lab()
    lab.reset(setup=staged())
    assert [lab.step(act()) for _ in range(6)] == [0, 0, 0, 0, 1, 0]


def test_sides_choice_and_score_agree():
    lab = make_lab('harlow_fast_centred')
    for seed in range(10):
        lab.reset(seed=seed)
        sides = lab._task.setup.correct_side
        rewards, events = play(lab, left)
        assert [event['correctResponse'] for event in events] == [{'left': '1', 'right': '2'}[side] for side in sides]
        assert [event['correct'] for event in events] == [str(int(side == 'left')) for side in sides]
        assert [event['trial'] for event in events] == list('123456')
        assert sum(rewards) == 0  # three lefts, three rights
        lab.reset(seed=seed)
        assert sum(play(lab, lambda trial: sides[trial - 1])[0]) == 30


def test_events_last_until_the_next_step():
    lab = make_lab('harlow_fast_centred')
    lab.reset(setup=staged())
    lab.step(act(-169))
    lab.step(act())
    (name, (text, level)), = lab.events()
    assert (name, level) == ('xdata:psychlab', 'harlow') and "['trial'] = 1\n" in text
    assert lab.events() == lab.events()
    lab.events().append('mine')
    assert len(lab.events()) == 1
    lab.step(act())
    assert lab.events() == []


def test_a_reset_forgets_rewards_and_events():
    lab = make_lab('harlow_fast_centred')
    lab.reset(setup=staged())
    lab.step(act(-169))
    lab.step(act())
    assert lab.events()
    lab.reset(setup=staged())
    assert lab.events() == [] and lab.step(act()) == 0


@pytest.mark.parametrize('seed', range(10))
@pytest.mark.parametrize('level', sorted(LEVELS.values()))
def test_num_steps_is_that_many_steps(level, seed):
    random = np.random.RandomState(seed)
    jumping, walking = (make_lab(level) for _ in range(2))
    for lab in (jumping, walking):
        lab.reset(setup=staged())
    home = 0
    while walking.is_running() and walking.num_steps() < 600:
        units = int(random.choice([-169, 169, -30, 30, 3, 0])) if not home else -home
        home += units
        count = int(random.randint(0, 9))
        fires = random.randint(0, 2, 2).tolist()
        for action, times in ((act(units, fire=fires[0]), 1), (act(fire=fires[1]), count)):
            if not walking.is_running():
                break
            rewards, events = 0., []
            for _ in range(times):
                if walking.is_running():
                    rewards += walking.step(action)
                    events += walking.events()
            assert jumping.step(action, times) == rewards
            assert jumping.events() == events and jumping.is_running() == walking.is_running()
            assert jumping.state() == walking.state()
            assert not walking.is_running() or jumping.num_steps() == walking.num_steps()


@pytest.mark.parametrize('fps, frames', [(60, 18000), (30, 9000), (15, 4500)])
def test_the_episode_times_out(fps, frames):
    lab = make_lab(fps=fps)
    lab.reset()
    lab.step(act(512, 512))
    lab.step(act(), frames - 2)
    assert lab.is_running() and lab.num_steps() == frames - 1
    assert lab.step(act()) == 0
    assert not lab.is_running() and lab.num_steps() == frames


def test_num_steps_may_be_a_numpy_number():
    lab = make_lab()
    lab.reset()
    lab.step(act(), np.int64(3))
    assert lab.num_steps() == 3 and type(lab.num_steps()) is int
    lab.step(act(), 0)
    lab.step(act(), -2)
    assert lab.num_steps() == 3


def hover(lab):
    return lab.state()['hover_cross']


def test_a_press_of_fire_freezes_hovering_for_one_frame():
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(), 2)
    lab.step(act(fire=1))
    assert hover(lab) == 2
    lab.step(act(fire=1))  # held down it does nothing more
    assert hover(lab) == 3
    lab.step(act())
    assert lab.state()['images_shown']


def test_a_press_of_fire_off_the_screen_freezes_nothing():
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(), 2)
    lab.step(act(512))  # hovers for a third time, from where the gaze was
    assert hover(lab) == 3
    lab.step(act(-512, fire=1))
    assert (lab.state()['gaze'], hover(lab)) == (None, 0)


def test_a_press_of_fire_on_the_screen_off_the_cross_keeps_the_count():
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(right=60), 1)
    lab.step(act(fire=1))
    assert hover(lab) == 1
    lab.step(act(fire=1))
    assert hover(lab) == 0


def test_looking_away_resets_the_count_of_the_cross():
    lab = make_lab()
    lab.reset(setup=staged())
    counts = []
    for units in (0, 0, 60, -60, 0, 0, 0, 0):
        lab.step(act(units))
        counts.append(hover(lab))
    assert counts == [1, 2, 3, 0, 1, 2, 3, -1]


@pytest.mark.parametrize('change', [
    dict(strafe=1), dict(strafe=-1), dict(forward=1), dict(forward=-1), dict(jump=1), dict(crouch=1)])
def test_moving_has_no_effect(change):
    lab = make_lab(observations=['RGBD'], width=32, height=32)
    seen = []
    for action in (act(5), act(5, **change)):
        lab.reset(setup=staged())
        seen.append((lab.step(action, 6), lab.state(), lab.observations()['RGBD'].tolist()))
    assert seen[0] == seen[1]


class Mine(np.ndarray):
    pass


def read_only(action):
    action.setflags(write=False)
    return action


@pytest.mark.parametrize('kind', [
    lambda action: action.astype(np.int32), lambda action: np.repeat(action, 3)[::3],
    lambda action: action[::-1].copy()[::-1],
    lambda action: action.astype('>i4'), lambda action: action.view(Mine), read_only],
    ids=['int32', 'strided', 'reversed', 'big-endian', 'subclass', 'read-only'])
def test_any_array_of_seven_ints_is_an_action(kind):
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(kind(act(30, -20)))
    assert lab.state()['yaw'] == pytest.approx(90 - 3.168, abs=.006)
    assert lab.state()['pitch'] == pytest.approx(-2.112, abs=.006)


def test_labs_do_not_know_of_each_other():
    names = ['standard__oracle_left__s6', 'fast__oracle_incorrect__s4', 'fast_centred__two_action_left__s3']
    records = [recording(name) for name in names]
    labs = [lab_at_start_of(record, ['RGB']) for record in records]
    for t in range(max(len(record['steps']['action']) for record in records)):
        for lab, record in zip(labs, records):
            if t < len(record['steps']['action']):
                assert lab.step(record['steps']['action'][t]) == record['steps']['reward'][t]
                check_state(lab, record['steps'], t)
                assert not lab.is_running() or lab.observations()


# -- Observations ------------------------------------------------------------------------------------------------------

def test_every_observation_is_fresh_contiguous_and_as_specified():
    lab = make_lab(observations=PIXELS + ['DEBUG.POS.ROT'], width=32, height=24)
    lab.reset(setup=staged(yaw=80.))
    lab.step(act(), 3)
    for name, value in lab.observations().items():
        spec, = (spec for spec in lab.observation_spec() if spec['name'] == name)
        assert (value.shape, value.dtype) == (spec['shape'], spec['dtype'])
        assert value.flags.c_contiguous and value.flags.writeable
    assert list(lab.observations()) == PIXELS + ['DEBUG.POS.ROT']
    kept = copy.deepcopy(lab.observations())
    given = lab.observations()
    arrays = list(given.values()) + list(lab.observations().values())
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    for value in given.values():
        value[:] = 9
    for name, value in lab.observations().items():
        np.testing.assert_array_equal(value, kept[name])


@pytest.mark.parametrize('yaw', [90., 75., 110.])
def test_pixel_observations_agree(yaw):
    together = make_lab(observations=PIXELS, width=48, height=32)
    together.reset(setup=staged(yaw=yaw))
    together.step(act(), 5)
    seen = together.observations()
    rgb, rgbd = seen['RGB_INTERLEAVED'], seen['RGBD_INTERLEAVED']
    np.testing.assert_array_equal(rgbd[..., :3], rgb)
    np.testing.assert_array_equal(seen['BGR_INTERLEAVED'], rgb[..., ::-1])
    np.testing.assert_array_equal(seen['BGRD_INTERLEAVED'], rgbd[..., [2, 1, 0, 3]])
    np.testing.assert_array_equal(seen['RGB'], rgb.transpose(2, 0, 1))
    np.testing.assert_array_equal(seen['RGBD'], rgbd.transpose(2, 0, 1))
    for name in PIXELS:
        alone = make_lab(observations=[name], width=48, height=32)
        alone.reset(setup=staged(yaw=yaw))
        alone.step(act(), 5)
        np.testing.assert_array_equal(alone.observations()[name], seen[name])


def test_rotation_is_pitch_yaw_roll():
    lab = make_lab(observations=['DEBUG.POS.ROT'])
    lab.reset(setup=staged(yaw=86.2097168))
    lab.step(act(50, 30))
    rotation = lab.observations()['DEBUG.POS.ROT']
    assert rotation.dtype == np.float64
    assert rotation.tolist() == [lab.state()['pitch'], lab.state()['yaw'], 0]
    assert rotation.tolist() == pytest.approx([3.168, 80.93, 0], abs=.006)


def test_nothing_is_rendered_until_it_is_looked_at(monkeypatch):
    lab = make_lab(observations=PIXELS, width=32, height=32)
    turned = make_lab(observations=['DEBUG.POS.ROT'], width=32, height=32)

    def refuse(*arguments):
        raise AssertionError('rendered')
    monkeypatch.setattr(camera.Camera, 'frame', refuse)
    for each in (lab, turned):
        each.reset(setup=staged())
        each.step(act(7, 3), 8)
    assert turned.observations()
    with pytest.raises(AssertionError, match='rendered'):
        lab.observations()


def test_what_is_given_to_a_lab_can_be_changed_afterwards():
    names, setup = ['RGB'], staged()
    lab = make_lab(observations=names, width=32, height=32)
    lab.reset(setup=setup)
    names.append('RGBD')
    setup['correct_side'][:] = ['right'] * 6
    assert lab._task.setup.correct_side == ['left', 'right'] * 3
    lab.action_spec()[0]['max'] = 3
    assert lab.action_spec()[0]['max'] == 512
    assert list(lab.observations()) == ['RGB']
