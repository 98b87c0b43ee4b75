"""Every recording of the real lab is replayed: step for step, in jumps, from copies, and frame for frame."""
import copy
import glob
import json
import os
import pickle

import numpy as np
import pytest

from helpers.labs import LEVELS, RECORDED, act, check_state, lab_at_start_of, make_lab, recording, staged

RECORDINGS = sorted(os.path.basename(path)[:-8] for path in glob.glob(os.path.join(RECORDED, 'traces', '*.json.gz')))
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
    if frame['cross']:  # looked at three times, by then after five steps
        for units in (60, -60):
            lab.step(act(units))
    lab.step(act(), 3 if frame['cross'] else 5)
    lab.step(act(round((90.010986 - frame['yaw']) / .1056), round(frame['pitch'] / .1056)), 0 if frame['cross'] else 1)
    state = lab.state()
    assert (state['pitch'], state['yaw']) == (frame['pitch'], frame['yaw'])
    assert (state['cross_shown'], state['images_shown']) == (frame['cross'], frame['images'])
    with np.load(os.path.join(RECORDED, 'frames.npz')) as frames:
        real, mask = frames['frames_%d' % size][index], frames['mask_%d' % size][index]
    difference = np.abs(lab.observations()['RGB_INTERLEAVED'].astype(int) - real)[mask]
    assert difference.max() <= 8 and difference.mean() <= 1
