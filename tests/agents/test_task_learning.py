"""How agents of the tasks without a lab learn: what they are told, entropy that falls, siblings."""
import numpy as np
import pytest

from meta_rl import agents
from meta_rl import config as config_module
from meta_rl.experience.actor import Experience
from meta_rl.nets.inputs import Columns, Inputs
from meta_rl.nets.lstm import LSTM
from meta_rl.nets.nest import fed, leaves
from meta_rl.tf_compat import tf


def small(preset, **settings):
    """A Config of a small run of a preset."""
    return config_module.from_preset(preset, **dict(dict(episodes=48, batch=4, units=4, trials=9), **settings))


@pytest.mark.parametrize('falls', [False, True])
def test_the_weight_of_the_entropy_falls_where_it_is_asked_to(falls):
    config = small('two-step', entropy_episodes=48 * falls)
    learning = agents.of(config).learning(config)
    worker = agents.make_worker(config, 0, None, [], None)
    assert learning.entropy_episodes == 48 * falls
    assert [worker._entropy(episodes) for episodes in (0, 12, 48, 60)] == ([1., .75, 0., 0.] if falls else [1.] * 4)


def test_the_entropy_weighs_what_is_left_of_it():
    """And a network of which it does not fall has no such placeholder: its graph is as it was."""
    config = small('two-step', entropy_episodes=10, trials=3, batch=2)
    with tf.Graph().as_default(), tf.Session() as session:
        agents.make_network(config, 'global')
        network = agents.make_network(config, 'worker_0', agents.make_trainer(config, tf.constant(0)))
        session.run(tf.global_variables_initializer())
        random = np.random.RandomState(0)
        worker = agents.make_worker(config, 0, network, agents.of(config).make_envs(config, '', 2, random), random)
        unroll = worker.unroll(worker.play(session, 0), 4)
        assert unroll.entropy == pytest.approx(.6)
        losses = []
        for left in (1., .6, 0.):
            feeds = dict(zip(leaves(network._feeds), fed(network._feeds, unroll._replace(entropy=left))))
            losses.append(session.run([network.loss, network.entropy], feeds))
    (whole, entropy), (part, _), (none, _) = losses
    assert none - whole == pytest.approx(.05 * entropy, abs=1e-6) and none - part == pytest.approx(.03 * entropy, abs=1e-6)
    with tf.Graph().as_default():
        agents.make_network(small('two-step', entropy_episodes=0), 'global')
        network = agents.make_network(small('two-step', entropy_episodes=0), 'worker_0', shards=[[0]])
        assert network._feeds.entropy is None


@pytest.mark.parametrize('first_action, expected', [(False, [0, 0]), (True, [1, 0])])
def test_what_came_before_the_first_trial(first_action, expected):
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = Inputs(tf.constant([-1, 0, 1]), tf.zeros([3]), tf.constant([0., 1., 2.]))
        action, reward, time = session.run(Columns(2, True, 1., 2., first_action)(inputs))
    assert action[0].tolist() == [expected, [1, 0], [0, 1]] and time[0].ravel().tolist() == [0, 2, 4]  # 0, 2, 4: as published


def test_what_is_told_signed_and_scaled():
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = Inputs(tf.constant([-1, 0, 1]), tf.constant([0., 1., 0.]), tf.constant([0., 1., 2.]))
        action, reward, _ = session.run(Columns(2, True, 3., 1., action_scale=2., signed=True)(inputs))
        loud, _, _ = session.run(Columns(2, True, action_scale=2.)(inputs))
        first, paid, _ = session.run(Columns(2, first_action=True, signed=True)(inputs))
    assert action[0].tolist() == [[0, 0], [2, -2], [-2, 2]] and reward[0].ravel().tolist() == [0, 3, -3]
    assert loud[0].tolist() == [[0, 0], [2, 0], [0, 2]]
    assert first[0].tolist() == [[1, -1], [1, -1], [-1, 1]] and paid[0].ravel().tolist() == [0, 1, -1]


def test_a_network_that_is_told_as_before_has_the_operations_that_it_had():
    """The seeds of operations hang on how many there are: one more, and every curve would be another."""
    counts = []
    for settings in ({}, {'action_scale': 1., 'signed': False}, {'action_scale': 2.}, {'signed': True}):
        with tf.Graph().as_default() as graph:
            inputs = Inputs(tf.constant([0]), tf.constant([0.]), tf.constant([0.]))
            before = len(graph.get_operations())
            Columns(2, True, 1., 1., **settings)(inputs)
            counts.append(len(graph.get_operations()) - before)
    assert counts[0] == counts[1] < counts[2] < counts[3]


def played_by_siblings(**settings):
    """(worker, Experience) of two trials of two groups of two; in the first group the two earn 1, 0 and 1, 1, in the second nothing."""
    rewards = np.array([[1., 0., 0., 0.], [1., 1., 0., 0.]], np.float32)
    experience = Experience(*[None] * 4, actions=np.zeros((2, 4), int), policies=np.full((2, 4, 2), .5), rewards=rewards,
                            values=np.full((2, 4), .25, np.float32), over=np.array([[False] * 4, [True] * 4]),
                            following=np.zeros((2, 4)), bootstrap=np.zeros(4), labels=None, episodes=[])
    config = small('bandit-independent', gamma=.5, gae_lambda=1., **settings)
    return agents.make_worker(config, 0, None, [], np.random.RandomState(0)), experience


def test_what_siblings_earn_is_taken_off():
    worker, experience = played_by_siblings(siblings=2)
    unroll = worker.unroll(experience)
    assert unroll.target_v.tolist() == [[1, -1, 0, 0], [0, 0, 0, 0]]
    assert unroll.advantages.tolist() == [[.75, -1.25, -.25, -.25], [-.25] * 4]
    assert experience.rewards.sum() == 3  # what is reported is what was paid
    worker, experience = played_by_siblings(siblings=1)
    assert worker.unroll(experience).target_v.tolist() == [[1.5, .5, 0, 0], [1, 1, 0, 0]]


@pytest.mark.parametrize('preset', ['two-step', 'bandit-uniform'])
def test_siblings_play_the_same_episode_in_training_alone(preset):
    config = small(preset, siblings=2)
    agent = agents.of(config)
    for training_, different in ((True, 2), (False, 4)):
        envs = agent.make_envs(config, '', 4, np.random.RandomState(0), training=training_)
        for _ in range(2):
            for env in envs:
                env.reset()
            seeds = [env.history['seed'] for env in envs]
            assert len(set(seeds)) == different and (seeds[0] == seeds[1]) == (seeds[2] == seeds[3]) == training_
    paid = []
    for env in agent.make_envs(config, '', 2, np.random.RandomState(0), training=True):
        env.reset()
        paid.append([env.step(1).reward for _ in range(9)])
    assert paid[0] == paid[1]


def test_units_forget_at_the_start_as_they_are_asked_to():
    with tf.Graph().as_default(), tf.Session() as session:
        LSTM('plain', 2, 3), LSTM('spread', 2, 3, 17.)
        session.run(tf.global_variables_initializer())
        plain, spread = (next(session.run(v) for v in tf.global_variables() if v.op.name == name + '/bias') for name in ('plain', 'spread'))
    assert plain.tolist() == [0] * 6 + [1] * 3 + [0] * 3
    np.testing.assert_allclose(spread, [0] * 6 + [0, np.log(4), np.log(16)] + [0] * 3, rtol=1e-6)
    with pytest.raises(config_module.ConfigError, match='forget_span is 1.5: it must be 0, or 2 or more'):
        agents.check(small('bandit-easy', forget_span=1.5))


def test_siblings_fill_a_batch():
    with pytest.raises(config_module.ConfigError, match='siblings is 3: the episodes side by side, batch 64, must be a multiple'):
        agents.check(config_module.from_preset('bandit-independent', siblings=3, batch=64))


def test_minibatches_fill_a_batch():
    with pytest.raises(config_module.ConfigError, match='minibatches is 5: the episodes side by side, batch 32, must be a multiple'):
        agents.check(config_module.from_preset('gaze', minibatches=5))
