"""Fuzzing: whatever a config.json, a command line or a client of the lab holds, what comes back is what SPEC.md says of it."""
import json
import math
import os
import tempfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meta_rl import config as config_module
from meta_rl import psychlab, training
from meta_rl.command import seeds
from meta_rl.config import ConfigError
from meta_rl.psychlab import settings as lab_settings

from helpers.labs import make_lab
from helpers.programs.commands import run_main

# What was found once is to be found again by everyone: no draws of the day, and nothing is kept.
FUZZ = settings(max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
TEXT = st.text(max_size=8)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6)
LEVELS = st.sampled_from(['harlow', 'harlow_fast', 'harlow_fast_centred'])


# ---- settings ----

@settings(FUZZ, max_examples=150)
@given(st.dictionaries(st.sampled_from(config_module.NAMES) | TEXT, JSON, max_size=4))
def test_any_settings_are_taken_or_refused_by_name(found):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'config.json')
        with open(path, 'w') as file:
            json.dump(found, file)
        try:
            loaded = config_module.load(path)
        except ConfigError as error:
            assert path in str(error) and any(name in str(error) or repr(name) in str(error) for name in found)
            return
        assert all(getattr(loaded, name) == value for name, value in found.items())
        loaded.save(path)
        assert config_module.load(path) == loaded


@FUZZ
@given(st.binary(max_size=60))
def test_any_bytes_for_a_config(found):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'config.json')
        with open(path, 'wb') as file:
            file.write(found)
        try:
            config_module.load(path)
        except ConfigError as error:
            assert path in str(error)


FLAGS = st.sampled_from(['--' + name.replace('_', '-') for name in config_module.NAMES] + ['--seeds', '--jobs', '--task', '--metrics'])


@FUZZ
@given(st.lists(st.one_of(FLAGS, TEXT, st.integers().map(str), st.floats().map(str), st.tuples(FLAGS, TEXT).map('='.join)),
                max_size=4))
def test_any_command_line(words):
    def run(config, resume, lines):
        raise training.Interrupted('there')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, 'run', run)
        patch.setattr(seeds, 'train', lambda *_: 0)
        assert run_main('train', *words) in (0, 2, 130)


# ---- the lab, by SPEC.md ----

NUMBERS = st.integers(-9, 200).map(str) | TEXT


@FUZZ
@given(LEVELS | TEXT, st.lists(st.sampled_from(['RGB', 'RGBD', 'DEBUG.POS.ROT']) | TEXT, max_size=2), st.dictionaries(
    st.sampled_from(sorted(lab_settings.DEFAULTS)) | TEXT, NUMBERS | st.sampled_from(['true', 'false', 'dummy', 'shuffled']), max_size=4))
def test_any_config_of_a_lab(level, observations, config):
    try:
        lab = psychlab.Lab(level, observations, config)
    except ValueError as error:
        assert str(error) in [f"Unknown observation '{name}'." for name in observations]
        return
    except RuntimeError as error:
        assert str(error).startswith(('Failed to init environment - "', 'Failed to apply setting \''))
        return
    assert not lab.is_running() and lab.num_steps() == 0
    known = set(lab_settings.DEFAULTS)
    assert set(config) <= known and set(observations) <= {spec['name'] for spec in lab.observation_spec()}
    for name in ('width', 'height'):
        assert int(config.get(name, '240'), 0) % 4 == 0 < int(config.get(name, '240'), 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('META_RL_DATASET_PATH', 'dummy')
        try:
            assert lab.reset(seed=1) and lab.is_running()
        except RuntimeError as error:
            assert str(error).startswith('Failed to start environment - ') or config['datasetPath'] in str(error)


ARRAYS = st.builds(
    lambda shape, dtype: np.zeros(shape, dtype), st.sampled_from([(), (6,), (7,), (8,), (7, 1), (1, 7), (0,)]),
    st.sampled_from([np.intc, np.int64, np.int16, np.uint32, np.float32, np.bool_]))


@FUZZ
@given(LEVELS, ARRAYS | JSON | st.tuples(st.integers()) | st.binary(max_size=3))
def test_any_action(level, action):
    lab = make_lab(level)
    good = isinstance(action, np.ndarray) and action.shape == (7,) and action.dtype == np.intc
    if not isinstance(action, np.ndarray):
        expected = TypeError, 'argument 1 must be numpy.ndarray, not '
    else:
        expected = ValueError, 'action must have shape (7)' if action.shape != (7,) else 'action must have dtype np.intc'
    if isinstance(action, np.ndarray):
        with pytest.raises(RuntimeError, match='Environment in wrong status to advance.'):
            lab.step(action)
    lab.reset(seed=5)
    before = lab.state()
    if good:
        assert lab.step(action) == 0 and lab.num_steps() == 1
    else:
        with pytest.raises(expected[0]) as caught:
            lab.step(action)
        assert str(caught.value).startswith(expected[1])
        assert lab.state() == before and lab.num_steps() == 0 and lab.is_running()


@FUZZ
@given(LEVELS, st.none() | st.integers() | st.floats() | TEXT | st.integers(0, 9).map(np.int64) | st.lists(st.integers()))
def test_any_seed(level, seed):
    lab = make_lab(level)
    if seed is not None and not isinstance(seed, int):
        with pytest.raises(ValueError, match="'seed' must be int or None, was '"):
            lab.reset(seed=seed)
        assert not lab.is_running()
        return
    if seed is not None and not -2 ** 63 <= seed < 2 ** 63:
        with pytest.raises(OverflowError):
            lab.reset(seed=seed)
        return
    assert lab.reset(seed=seed) is True and lab.is_running() and lab.num_steps() == 0
    yaw = lab.state()['yaw']
    assert yaw == 90 if level == 'harlow_fast_centred' else abs(yaw - 90) <= 22.51
    if seed is not None:
        other = make_lab(level)
        other.reset(episode=7, seed=seed)
        assert other.state() == lab.state() and other._task.setup == lab._task.setup
    assert sorted(lab._task.setup.correct_side) == ['left'] * 3 + ['right'] * 3


def turned(units, total, ms):
    """SPEC section 3: the rotation of one axis, in degrees as the engine adds them up, by a frame of `ms`."""
    total = np.float32(float(total) + float(np.float32(units * .11 * 60 / 1000)) * ms)
    return np.float32(float(total) - 360 * math.floor(float(total) / 360))


LOOKS = st.tuples(st.integers(-1200, 1200), st.integers(-200, 200), st.integers(0, 1), st.integers(1, 3))


@settings(FUZZ, max_examples=150)
@given(LEVELS, st.integers(0, 2 ** 31 - 1), st.sampled_from([15, 60, 120]), st.lists(LOOKS, min_size=1, max_size=60))
def test_any_play(level, seed, fps, looks):
    """Rotation by its formula, rewards by the events, errors after the end by the table."""
    lab, ms = make_lab(level, fps=fps), int(960 / fps + .5)
    lab.reset(seed=seed)
    start, yaw, frames, paid, due = lab.state()['yaw'], np.float32(0), 0, 0., 0.
    fixation = 1 if level == 'harlow' else 0
    for right, down, fire, count in looks:
        for _ in range(count):
            state = lab.state()
            reward = lab.step(np.array([right, down, 0, 0, fire, 0, 0], np.intc))
            frames += 1
            assert lab.num_steps() == frames and reward in {-5., 0., 5., float(fixation)}
            paid += reward
            for name, (text, kind) in lab.events():
                assert (name, kind) == ('xdata:psychlab', 'harlow') and "['stepCount'] = " in text
                due += 5. if "['correct'] = 1" in text else -5.
            if not lab.is_running():
                with pytest.raises(RuntimeError, match='Environment in wrong status to advance.'):
                    lab.step(np.zeros(7, np.intc))
                with pytest.raises(RuntimeError, match=r'Environment in wrong status for call to observations\(\)'):
                    lab.observations()
                assert lab.reset(seed=seed) and lab.state()['yaw'] == start
                return
            yaw = turned(-right, yaw, ms)
            after = lab.state()
            short = int(np.float32(yaw * np.float32(65536 / 360.)) + .5) & 65535
            expected = (start + short * 360 / 65536. + 180) % 360 - 180
            assert (after['yaw'] - expected + 180) % 360 - 180 == pytest.approx(0, abs=.006)
            assert abs(after['pitch']) <= 16000 * 360 / 65536. + 1e-6
            assert after['trial'] >= state['trial']
    # What was chosen is paid by the step after it, and on top of it the cross, at most once for each trial and for the next.
    paid += lab.step(np.zeros(7, np.intc))
    if lab.is_running():
        assert paid - due in [fixation * crosses for crosses in range(7)]
