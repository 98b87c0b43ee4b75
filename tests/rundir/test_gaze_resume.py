"""A run of the gaze agent that was stopped, in the middle of its episodes: it goes on as if it never had been."""
import json
import os
import signal

import numpy as np
import pytest

from meta_rl import agents, training, worker
from meta_rl import config as config_module
from meta_rl.config import ConfigError
from meta_rl.rundir.saving import checkpoints, digests, resume
from meta_rl.tf_compat import tf
from meta_rl.worker import Worker

from helpers.training import interrupt, same

UPDATES = 20
TINY = dict(episodes=16, batch=4, unroll=15, training_frames=160, image_count=3, held_out_count=3, units=4, memory_units=4,
            places=4, embedding=4, log_every=4, checkpoint_every=8, coin_start=4, coin_episodes=10,
            explore=.9, explore_episodes=100, greedy_share=.5, greedy_start=6, waited=True, wait_digits=3, twins=.1)


def corruption(state):
    agent = agents.of(config_module.from_preset('gaze'))
    return resume.corruption(state, lambda one: worker.corruption(one, agent.is_episode))


def state_of(run):
    with open(checkpoints.latest(run) + '.json') as file:
        return json.load(file)


@pytest.fixture(scope='module')
def settings(tmp_path_factory):
    """Those of a run that has its coins and its teacher for a part of the time."""
    folder = tmp_path_factory.mktemp('gaze')
    return config_module.from_preset(
        'gaze-taught', teacher_episodes=9, logdir=str(folder / 'runs'), image_cache=str(folder / 'images'), **TINY)


@pytest.fixture(scope='module')
def whole(settings):
    updates = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, 'train', lambda *args, train=Worker.train: updates.append(0) or train(*args))
        run, _, _ = training.run(settings)
    assert 10 < len(updates) < UPDATES
    return run


@pytest.mark.slow
@pytest.mark.parametrize('update, number', [(1, signal.SIGINT), (6, signal.SIGTERM), (9, signal.SIGINT)])
def test_stopped_after_any_update(settings, whole, monkeypatch, update, number):
    coordinators, updates = [], []

    def train(*args, train=Worker.train):
        result = train(*args)
        updates.append(0)
        if len(updates) == update:
            interrupt(number)
            assert coordinators[0].wait_for_stop(30)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(Worker, 'work', lambda self, session, coordinator, report, work=Worker.work: (
            coordinators.append(coordinator), work(self, session, coordinator, report)))
        patch.setattr(Worker, 'train', train)
        with pytest.raises(training.Interrupted) as caught:
            training.run(settings)
    assert len(updates) == update
    training.run(settings, caught.value.run)
    same(caught.value.run, whole)


@pytest.mark.slow
def test_checkpoints_of_two_workers_are_whole(settings):
    """One of them saves while the other plays on: what is written is what was digested, and the state of an update."""
    run, _, _ = training.run(settings.change(workers=2, episodes=40, checkpoint_every=1, unroll=7))
    folder = os.path.join(run, 'checkpoints')
    kept = [os.path.join(folder, name[:-len('.index')]) for name in sorted(os.listdir(folder))
            if name.startswith('model-') and name.endswith('.index')]
    assert len(kept) == 5
    for path in kept:
        assert digests.flaw(path) is None
        state = digests.read(path)
        assert corruption(state) is None
        for one in state['random']:
            # Here all episodes have the same length: of a state in the middle of a step some would be one action longer.
            assert len({len(history['actions']) for history in one['actor']['episodes']}) == 1


def test_a_digest_is_of_what_is_written_though_it_changes_meanwhile(tmp_path, monkeypatch):
    content, path = {'actions': [1]}, str(tmp_path / 'model-3')

    def dumps(*args, dumps=json.dumps, **kwargs):
        text = dumps(*args, **kwargs)
        content['actions'].append(2)  # as another thread plays on
        return text
    monkeypatch.setattr(json, 'dumps', dumps)
    for ending in ('.index', '.data-00000-of-00001'):
        (tmp_path / ('model-3' + ending)).write_bytes(b'')
    digests.write(path, content)
    assert digests.flaw(path) is None and digests.read(path) == {'actions': [1]}


def test_a_state_that_is_none_is_named(whole, settings):
    state = state_of(whole)
    assert corruption(state) is None and state['random'][0]['actor']['episodes']
    wrong = [('actor', 3), ('actor', {}), ('random', None), (('random', 'words'), 'AAAA'), (('random', 'place'), 625)]
    wrong += [(('actor', name), value) for name in ('episodes', 'memory') for value in (None, 3, [3.5], [[]], {'a': 1})]
    wrong += [(('actor', 'episodes', 0, name), value) for name in ('seed', 'setup', 'actions')
              for value in (None, -1, 'x', [3], [-1], {'yaw': 'x'}, {'correct_side': ['left']}, {'correct_side': ['up'] * 6}, {'x': 1})]
    wrong += [(('actor', 'memory', 0), value) for value in (None, 3)]
    for path, value in wrong:
        copy = json.loads(json.dumps(state))
        copy['random'][0]['actor']['episodes'][0] = {'seed': 1, 'setup': {}, 'actions': []}
        part = copy['random'][0]
        *names, last = path if isinstance(path, tuple) else (path,)
        for name in names:
            part = part[name]
        part[last] = value
        assert 'of worker 0' in corruption(copy), (path, value)


@pytest.mark.parametrize('change', ['fewer'] + [pytest.param(change, marks=pytest.mark.slow) for change in ('no numbers', 'not finite')])
def test_episodes_of_another_network_are_refused(whole, settings, change):
    state = state_of(whole)['random'][0]
    if change == 'no numbers':
        state['actor']['memory'][0] = 'AAAA'
    if change == 'not finite':
        text = state['actor']['memory'][0]
        state['actor']['memory'][0] = 'AADAfw' + text[6:]  # a NaN
    folder = os.path.join(settings.image_cache, os.listdir(settings.image_cache)[0])
    backend = training.make_backend(settings.change(batch=3 if change == 'fewer' else 4), folder)
    backend.set_states([state])
    with backend.session() as session, pytest.raises(ConfigError, match='4 episodes under way'):
        session.run(backend.initialize)
        backend._workers[0].work(session, tf.train.Coordinator(), None)
    backend.close()


def test_runs_of_an_earlier_version_go_on_with_new_episodes(settings):
    random = list(np.random.RandomState(3).get_state())
    random[1] = random[1].tolist()
    one = Worker(0, None, [], np.random.RandomState(0), None)
    one.set_state(random)
    other = Worker(0, None, [], np.random.RandomState(3), None)
    assert worker.corruption(random) is None and one.state() == other.state()
