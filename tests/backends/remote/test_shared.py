"""SharedNetwork: an update by flat vectors is that of a thread, bit for bit, on one server and shared among several."""
import json
import threading
from concurrent import futures

import numpy as np
import pytest

from meta_rl import agents
from meta_rl import config as config_module
from meta_rl.ac_network import GLOBAL, Counts, Losses, Unroll
from meta_rl.backends.remote import queues, shared_network
from meta_rl.config import ConfigError
from meta_rl.envs.contract import Episode
from meta_rl.nets.inputs import Inputs
from meta_rl.nets.nest import mapped
from meta_rl.tf_compat import session_of, tf
from meta_rl.worker import Update

B = 3
CONFIGS = {
    'pixels': config_module.from_preset('pixels', width=32, height=32, units=5, embedding=4, batch=B, episodes=60),
    'gaze': config_module.from_preset('gaze', width=32, height=32, units=5, memory_units=4, places=3, embedding=4, batch=B, unroll=16,
                                      episodes=60)}
PIXELS = CONFIGS['pixels']


def some_unroll(config, network, seed):
    """An Unroll of noise."""
    random, spec = np.random.RandomState(seed), agents.of(config).spec(config)
    lead = network.unroll, B
    inputs = Inputs(random.randint(2, size=lead), random.choice([0., 1., 5.], lead), random.rand(*lead), random.randint(2, size=lead))
    state = mapped(lambda part: np.zeros((B, int(part.shape[1]))), network.state_in)
    return Unroll(random.randint(256, size=(4,) + spec.shape).astype(np.uint8), random.randint(4, size=lead), inputs, state,
                  random.randint(2, size=lead), random.standard_normal(lead), random.standard_normal(lead), seed % 3,
                  chances=random.uniform(.2, 1., lead))


def trained_by_a_thread(config, updates):
    """{name: value} of the shared network and the optimizer's statistics, and the Losses."""
    with tf.Graph().as_default():
        tf.set_random_seed(7)
        episodes = tf.get_variable('global_episodes', [], tf.int64, tf.zeros_initializer(), trainable=False)
        network = agents.make_network(config, GLOBAL)
        counts = Counts(episodes, tf.get_variable('updates', [], tf.int64, tf.zeros_initializer(), trainable=False))
        trainer = agents.make_trainer(config, episodes)
        worker = agents.make_network(config, 'worker_0', trainer, counts)
        kept = network.variables + trainer.variables() + [episodes]
        with session_of(tf.get_default_graph()) as session:
            session.run(tf.global_variables_initializer())
            assert worker.pull(session) == (0, 0)
            losses = [worker.train(session, some_unroll(config, worker, seed)) for seed in range(updates)]
            return dict(zip([variable.op.name for variable in kept], session.run(kept))), losses


def trained_by_vectors(config, updates):
    with tf.Graph().as_default() as there, tf.device('/cpu:0'):
        tf.set_random_seed(7)
        network = shared_network.SharedNetwork(config)
        start = tf.global_variables_initializer()
    with tf.Graph().as_default() as here:
        worker = agents.make_network(config, 'worker_0', shards=network.shards)
    with session_of(there) as session, session_of(here) as local:
        session.run(start)
        push, = network.push_calls([session])
        counts, weights = network.pull([session])
        assert counts == (0, 0)
        losses = []
        for seed in range(updates):
            worker.set_weights(local, weights)
            unroll = some_unroll(config, worker, seed)
            found, vectors = worker.gradients(local, unroll)
            *weights, episodes, count = push(*vectors, unroll.ended)
            losses.append((found, (episodes, count)))
        kept = network.variables + network.others
        return dict(zip([variable.op.name for variable in kept], session.run(kept))), losses


@pytest.mark.slow
@pytest.mark.parametrize('agent', sorted(CONFIGS))
def test_flat_vectors_carry_the_update_of_a_thread(agent):
    """With the statistics of the normalizer, a learning rate that falls, Adam's moments, and both counts."""
    (one, losses), (other, same_losses) = trained_by_a_thread(CONFIGS[agent], 5), trained_by_vectors(CONFIGS[agent], 5)
    assert losses == same_losses and one.keys() == other.keys() and losses[-1][1] == (0 + 1 + 2 + 0 + 1, 5)
    assert any('Adam' in name for name in one) and any('statistics' in name for name in one)
    for name in one:
        assert (one[name] == other[name]).all(), name


@pytest.mark.parametrize('servers', [1, 2, 3])
def test_each_variable_has_one_server(servers):
    with tf.Graph().as_default():
        network = shared_network.SharedNetwork(PIXELS, servers)
    assert sorted(sum(network.shards, [])) == list(range(len(network.variables))) and len(network.shards) == servers
    for k, shard in enumerate(network.shards):
        for i in shard:
            variable = network.variables[i]
            assert tf.DeviceSpec.from_string(variable.device).task == k
            assert 'statistics' not in variable.op.name or k == 0
    # What an optimizer keeps is where its weights are, and each server counts for itself.
    homes = [tf.DeviceSpec.from_string(variable.device).task for variable in network.others]
    assert set(homes) == set(range(servers))
    assert sum(variable.op.name.startswith(('global_episodes', 'episodes_')) for variable in network.others) == servers


def test_more_servers_than_variables():
    with tf.Graph().as_default():
        count = len(shared_network.SharedNetwork(PIXELS).variables)
    with tf.Graph().as_default(), pytest.raises(ConfigError, match='ps is 50: the network has %d variables' % count):
        shared_network.SharedNetwork(PIXELS, 50)


def test_an_update_comes_through_a_report():
    state = {'random': {'words': 'AA', 'place': 3}, 'actor': None}
    update = Update(3, [Episode(6., 5., [1, 0], 7, [.5, .25]), Episode(-5., -5., [0], 4, [1.])], 12, 2, 1.5, Losses(1., 2., 3., 4., 5.), 9, state)
    report = shared_network.report_of(update, True)
    assert report.waits and report.losses.dtype == np.float32 and report.staleness == 0
    arrived = report._replace(staleness=np.int64(9), episodes=report.episodes.encode(), state=report.state.encode())
    assert shared_network.update_of(arrived) == update and json.loads(report.state) == state


def test_what_a_worker_sends_to_a_server_arrives_to_the_last_bit():
    """The value, too: a thread reports it in float64, and a curve that hangs on the backend in its sixth digit is another curve."""
    server = tf.train.Server({'ps': ['localhost:0']}, 'ps', 0)
    update = Update(0, [], 12, 2, 1 / 3., Losses(*np.float32([.1, .2, .3, .4, .5]).tolist()), 0, {'actor': None})
    with tf.Graph().as_default():
        channel = queues.Queues(PIXELS.change(ps=1))
        with tf.Session(server.target) as session:
            session.run(channel.initialize)
            worker = channel.link([session], 0)
            counts, vectors = worker.pull()
            worker.push([vector * 0 for vector in vectors], 2, shared_network.report_of(update, False), counts)
            (arrived, waits), = channel.collect(session)
    assert arrived == update and not waits


@pytest.mark.parametrize('waits', [True, False])
def test_what_is_saved_after_an_update_has_all_of_it(waits):
    """Where a worker waits for that, the first server, on whose word it is saved, is the last to be told."""
    told, first_is_told = [], threading.Event()

    def second(vector, ended):
        assert first_is_told.wait(.3 if waits else 30) != waits
        told.append('second')
        return [vector, 0, 0]

    def first(*_):
        told.append('first')
        first_is_told.set()
        return 'weights', 4, 2, True
    link = object.__new__(queues.Link)
    link._pool, link._push_others, link._push_first = futures.ThreadPoolExecutor(1), [second], first
    report = shared_network.report_of(Update(0, [], 1, 1, 0., Losses(*[0.] * 5), 0, {}), waits)
    assert link.push(['a', 'b'], 0, report, Counts(0, 0)) == (Counts(4, 2), ['weights', 'b'], True)
    assert told == (['second', 'first'] if waits else ['first', 'second'])
