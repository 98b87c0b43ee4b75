"""SharedNetwork: an update by parcels is the update of a thread, bit for bit, on one server and shared among several."""
import numpy as np
import pytest

from meta_rl import agents
from meta_rl import config as config_module
from meta_rl.ac_network import GLOBAL, Losses, Told
from meta_rl.backends import shared_network
from meta_rl.config import ConfigError
from meta_rl.envs.decisions import TRIALS
from meta_rl.tf_compat import session_config, tf
from meta_rl.worker import Rollout

B = 3
PIXELS = config_module.from_preset('pixels', width=32, height=32, units=5, embedding=4, batch=B, episodes=60)


def lesson(seed):
    """The arguments of AC_Network.train but the session: noise."""
    random = np.random.RandomState(seed)
    lead = TRIALS, B
    told = Told(random.randint(2, size=lead), random.standard_normal(lead).astype(np.float32), random.rand(*lead))
    state = tuple([np.zeros((B, PIXELS.units), np.float32)] * 2)
    return (random.randint(256, size=(4, 32, 32, 3)).astype(np.uint8), random.randint(4, size=lead), told, (state,),
            random.randint(2, size=lead), random.standard_normal(lead), random.standard_normal(lead))


def trained_by_a_thread(updates):
    """{name: value} of the shared network and the optimizer's statistics, and the Losses."""
    with tf.Graph().as_default():
        tf.set_random_seed(7)
        episodes = tf.get_variable('global_episodes', [], tf.int64, tf.zeros_initializer(), trainable=False)
        network = agents.make_network(PIXELS, GLOBAL)
        trainer = agents.make_trainer(PIXELS, episodes)
        worker = agents.make_network(PIXELS, 'worker_0', trainer, count=lambda updates: episodes.assign_add(B * updates))
        kept = network.variables + trainer.variables() + [episodes]
        with tf.Session(config=session_config()) as session:
            session.run(tf.global_variables_initializer())
            assert worker.pull(session) == 0
            losses = [worker.train(session, *lesson(seed))[0] for seed in range(updates)]
            return dict(zip([variable.op.name for variable in kept], session.run(kept))), losses


def trained_by_parcels(updates):
    with tf.Graph().as_default() as there, tf.device('/cpu:0'):
        tf.set_random_seed(7)
        network = shared_network.SharedNetwork(PIXELS)
        start = tf.global_variables_initializer()
    with tf.Graph().as_default() as here:
        worker = agents.make_network(PIXELS, 'worker_0', shards=network.shards)
    with tf.Session(graph=there, config=session_config()) as session, tf.Session(graph=here, config=session_config()) as local:
        session.run(start)
        push, = network.push_calls([session])
        episodes, weights = network.pull([session])
        assert episodes == 0
        losses = []
        for seed in range(updates):
            worker.load(local, weights)
            found, parcels = worker.lesson(local, *lesson(seed))
            losses.append(found)
            *weights, episodes = push(*parcels)
            assert episodes == B * (seed + 1)
        kept = network.variables + network.others
        return dict(zip([variable.op.name for variable in kept], session.run(kept))), losses


def test_parcels_carry_the_update_of_a_thread():
    """With the statistics of the normalizer, a learning rate that falls, and Adam's moments."""
    (one, losses), (other, same_losses) = trained_by_a_thread(5), trained_by_parcels(5)
    assert losses == same_losses and one.keys() == other.keys()
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


def test_a_report_carries_the_state_of_chance():
    class Worker:
        number, random = 3, np.random.RandomState(5)
    Worker.random.random_sample(1001)
    arrays = [np.full((TRIALS, B), value, np.float32) for value in (1, 2, 3)]
    report = shared_network.report_of(Worker, True, Rollout(*[None] * 5, *arrays), Losses(1., 2., 3., 4., 5.))
    assert (report.worker, report.waits, report.losses.tolist()) == (3, True, [1, 2, 3, 4, 5])
    assert [report.rewards[0, 0], report.values[0, 0], report.correct[0, 0]] == [1, 2, 3]
    from meta_rl.rundir import checkpoints
    again = np.random.RandomState(0)
    checkpoints.set_random_state(again, shared_network.random_state(report.random))
    assert again.random_sample(700).tolist() == Worker.random.random_sample(700).tolist()
