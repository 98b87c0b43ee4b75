"""A run of the gaze agent that was stopped, in the middle of its episodes: it goes on as if it never had been."""
import json
import os
import signal

import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl import training
from meta_rl.config import ConfigError
from meta_rl.envs import gaze
from meta_rl.gaze_worker import GazeWorker
from meta_rl.nets.gaze_network import GazeNetwork
from meta_rl.rundir import checkpoints, resume

from helpers.labs import make_lab
from helpers.training import interrupt, same

UPDATES = 20


def state_of(run):
    with open(checkpoints.latest(run) + '.json') as file:
        return json.load(file)


@pytest.fixture(scope='module')
def settings(tmp_path_factory):
    """Those of a run that has its coins and its teacher for a part of the time."""
    folder = tmp_path_factory.mktemp('gaze')
    return config_module.from_preset(
        'gaze-taught', episodes=16, batch=4, unroll=15, training_frames=160, image_count=3, held_out_count=3, units=4, memory_units=4,
        places=4, embedding=4, log_every=4, checkpoint_every=8, coin_start=4, coin_episodes=10, teacher_episodes=9,
        logdir=str(folder / 'runs'), image_cache=str(folder / 'images'))


@pytest.fixture(scope='module')
def whole(settings):
    updates = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GazeNetwork, 'train', lambda *args, train=GazeNetwork.train: updates.append(0) or train(*args))
        run, _, _ = training.run(settings)
    assert 10 < len(updates) < UPDATES
    return run


@pytest.mark.parametrize('update, number', [(1, signal.SIGINT), (6, signal.SIGTERM), (9, signal.SIGINT)])
def test_stopped_after_any_update(settings, whole, monkeypatch, update, number):
    coordinators, updates = [], []

    def train(*args, train=GazeNetwork.train):
        result = train(*args)
        updates.append(0)
        if len(updates) == update:
            interrupt(number)
            assert coordinators[0].wait_for_stop(30)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(GazeWorker, 'work', lambda self, session, coordinator, report, work=GazeWorker.work: (
            coordinators.append(coordinator), work(self, session, coordinator, report)))
        patch.setattr(GazeNetwork, 'train', train)
        with pytest.raises(training.Interrupted) as caught:
            training.run(settings)
    assert len(updates) == update
    training.run(settings, caught.value.run)
    same(caught.value.run, whole)


def test_an_episode_is_played_again_from_its_history():
    def env(seed):
        return gaze.GazeEnv(make_lab('harlow', ['RGB_INTERLEAVED'], width=84, height=84), np.random.RandomState(seed),
                            spawns=[80., 95.])
    first, other, random = env(1), env(2), np.random.RandomState(3)
    for coins in (False, True):
        first.coins = coins
        first.reset()
        paid = [first.step(random.randint(3))[1] for _ in range(100)]
        assert other.replay(json.loads(json.dumps(first.history))) == paid and any(paid)
        assert other.lab.state() == first.lab.state() and (other.frame() == first.frame()).all()
        for _ in range(20):
            action = random.randint(3)
            (frame, *rest), (theirs, *others) = first.step(action), other.step(action)
            assert (frame == theirs).all() and rest == others and first.correct == other.correct


def test_a_state_that_is_none_is_named(whole, settings):
    state = state_of(whole)
    assert resume._flaw(state) is None and state['random'][0]['players']['episodes']
    wrong = [('players', 3), ('players', {}), ('random', None)]
    wrong += [(('players', name), value) for name in ('episodes', 'labels', 'state', 'paid') for value in (None, 3, [3.5], [[]], {'a': 1})]
    wrong += [(('players', 'episodes', 0, name), value) for name in ('seed', 'setup', 'actions')
              for value in (None, -1, 'x', [3], [-1], {'yaw': 'x'}, {'correct_side': ['left']}, {'correct_side': ['up'] * 6}, {'x': 1})]
    wrong += [(('players', 'state', 0, 0, 0, 0), value) for value in (None, 'x', float('inf'))]
    for path, value in wrong:
        copy = json.loads(json.dumps(state))
        part = copy['random'][0]
        *names, last = path if isinstance(path, tuple) else (path,)
        for name in names:
            part = part[name]
        part[last] = value
        assert resume._flaw(copy) == 'random is no list of the states of workers', (path, value)


def test_episodes_of_another_network_are_refused(whole, settings, tmp_path):
    state = state_of(whole)['random'][0]
    worker = training.make_backend(settings.change(batch=3), os.path.join(settings.image_cache, os.listdir(settings.image_cache)[0]))
    worker.set_randoms([state])
    with worker.session() as session, pytest.raises(ConfigError, match='4 episodes under way'):
        session.run(worker.initialize)
        gaze_worker = worker._workers[0]
        gaze_worker.work(session, None, None)
    worker.close()


def test_runs_of_an_earlier_version_go_on_with_new_episodes(whole, settings):
    state = state_of(whole)
    state['random'] = [state['random'][0]['random']]
    assert resume._flaw(state) is None
    worker = GazeWorker(0, None, [], np.random.RandomState(0), settings)
    worker.set_state(state['random'][0])
    assert worker.state() == {'random': state['random'][0], 'players': None}
