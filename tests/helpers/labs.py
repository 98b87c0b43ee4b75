"""Labs as tests want them, and the recordings of the real one that they are held to."""
import gzip
import json
import os

import numpy as np
import pytest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORDED = os.path.join(TESTS, 'data', 'psychlab')  # on the real lab: see its SPEC, section 6


def act(right=0, down=0, strafe=0, forward=0, fire=0, jump=0, crouch=0):
    """np.intc [7]: an action of the lab."""
    return np.array([right, down, strafe, forward, fire, jump, crouch], np.intc)


def make_lab(level='harlow', observations=(), **config):
    """A lab of plain colours, unless told otherwise."""
    from meta_rl import psychlab
    settings = {'datasetPath': 'dummy'}
    settings.update((key, str(value)) for key, value in config.items())
    return psychlab.Lab('contributed/psychlab/' + level, list(observations), settings)


def staged(**changes):
    """A setup for `reset`: image 1 is right, image 2 is wrong, the viewer faces the screen."""
    setup = {'correct_id': 1, 'incorrect_id': 2, 'correct_side': ['left', 'right'] * 3, 'pitch': 0., 'yaw': 90.}
    setup.update(changes)
    return setup


LEVELS = {'standard': 'harlow', 'fast': 'harlow_fast', 'fast_centred': 'harlow_fast_centred'}
STATE = ('pitch', 'yaw', 'gaze', 'cross_shown', 'images_shown', 'hover_cross', 'hover_correct', 'hover_incorrect',
         'delay_timer', 'trial')


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
