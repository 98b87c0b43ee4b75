"""What of its environment the gaze agent is trained by, and how it is learned from."""
import numpy as np

from meta_rl import agents
from meta_rl import config as config_module
from meta_rl.envs import gaze
from meta_rl.envs.gazing.momentum import NONE
from meta_rl.experience.actor import Actor, play_episodes
from meta_rl.worker import minibatch

from helpers.gazing.networks import B, build
from helpers.labs import make_lab


def player():
    """(session, shared network, network) of frames that GazeEnv shows, with the weights that it has at first."""
    return build(6, (21, 42), gaze.Fovea(6, 15, 11))


def made(count=B, **others):
    session, _, network = player()
    random = np.random.RandomState(0)
    envs = [gaze.GazeEnv(make_lab('harlow', ['RGB_INTERLEAVED'], width=84, height=84), random, **others) for _ in range(count)]
    return session, network, envs, random


def test_different_views_alone_are_encoded():
    session, network, envs, random = made(frames=80, spawns=[86., 90., 94.])
    experience = Actor(network, envs, random).unroll(session, 40)
    frames = experience.views[experience.view_index].reshape(40 * B, -1)
    assert len(experience.views) == len(np.unique(frames, axis=0)) < 40 * B


def test_rewards_are_learned_from_in_units_of_a_right_choice_and_reported_in_those_of_the_lab():
    session, network, envs, random = made()
    worker = agents.make_worker(config_module.from_preset('gaze', unroll=6, batch=B), 0, network, envs, random)
    experience = worker.play(session, 0)
    experience = experience._replace(rewards=experience.rewards * 0 + 5, values=experience.values * 0, bootstrap=np.zeros(B, np.float32),
                                     over=np.ones_like(experience.over))
    assert (worker.unroll(experience).advantages == 1).all()
    assert worker.update(experience._replace(values=experience.values + 2), None, 0).value == 10


def test_minibatches_learn_what_the_whole_teaches_in_their_mean():
    def step(part):
        """What an update of plain gradient descent at a rate of 1 changes."""
        session, shared, network = player()
        before = session.run(shared.local_vars)
        network.train(session, part)
        return [new - old for new, old in zip(session.run(shared.local_vars), before)]

    session, network, envs, random = made(6)
    worker = agents.make_worker(config_module.from_preset('gaze', unroll=6, batch=6), 0, network, envs, random)
    worker.play(session, 0)
    unroll = worker.unroll(worker.play(session, 0))  # the second, whose memory does not start at 0
    unroll = unroll._replace(advantages=random.standard_normal((6, 6)), target_v=random.standard_normal((6, 6)))
    parts = [step(minibatch(unroll, number, 3)) for number in range(3)]
    for whole, *of_parts in zip(step(unroll), *parts):
        np.testing.assert_allclose(whole, np.mean(of_parts, 0), rtol=1e-4, atol=1e-6)
    assert any(abs(one - other).max() > .01 for one, other in zip(*parts[:2]))


def test_what_the_policy_did_not_choose_is_learned_from_where_it_was_better_than_expected():
    session, network, envs, random = made(explore=(1., 100))
    worker = agents.make_worker(config_module.from_preset('gaze', unroll=6, batch=B), 0, network, envs, random)
    experience = worker.play(session, 0)
    assert not experience.chosen.any()  # no fixation was paid yet
    others = experience.chosen.copy()
    others[:, 1] = True
    for reward, advantages in ((5, [1, 1, 1]), (-5, [-1, 0, -1])):
        experience = experience._replace(
            rewards=experience.rewards * 0 + reward, values=experience.values * 0, bootstrap=np.zeros(B, np.float32), chosen=others,
            over=np.ones_like(experience.over), policies=experience.policies * 0)
        unroll = worker.unroll(experience)
        assert (unroll.advantages == advantages).all() and (unroll.target_v == reward / 5).all()
        assert (unroll.chances > 0).all()


def test_what_the_policy_would_not_have_done_is_marked(monkeypatch):
    """Env 0 does what was drawn; env 1 is pushed nowhere; env 2 does the likeliest action, drawn or not: that one is the policy's, too."""
    session, network, envs, random = made(explore=(1., 100))
    asked = []

    def chosen(env, drawn, likeliest):
        asked.append((drawn, likeliest))
        return (drawn, NONE, likeliest)[envs.index(env)]

    monkeypatch.setattr(gaze.GazeEnv, 'chosen', chosen)
    experience = Actor(network, envs, random).unroll(session, 40)
    drawn, likeliest = np.array(asked).reshape(40, B, 2).transpose(2, 0, 1)
    assert (experience.actions == np.stack([drawn[:, 0], np.full(40, NONE), likeliest[:, 2]], 1)).all()
    assert (experience.chosen[:, 1] == ((drawn[:, 1] != NONE) & (likeliest[:, 1] != NONE))).all() and experience.chosen[:, 1].any()
    assert (drawn[:, 2] != likeliest[:, 2]).any() and not experience.chosen[:, [0, 2]].any()


def test_sides_are_coin_flips_from_one_episode_up_to_another():
    _, _, (env,), _ = made(1, coins=(4, 9))
    staged = []
    for episodes in (0, 3, 4, 8, 9, 12):
        env.progress(episodes)
        env.reset()
        staged.append('correct_side' in env.history['setup'])
    assert staged == [False, False, True, True, False, False]


def test_a_teacher_is_asked_in_the_first_episodes_only():
    _, _, (env,), _ = made(1, taught=5)
    env.progress(4)
    env.reset()
    labels = []
    for _ in range(30):
        labels.append(env.label)
        env.step(labels[-1])
    assert env.episode.reward > 0 and set(labels) == {0, 1, 2}
    env.progress(5)
    assert env.label == 0


def test_episodes_may_be_shorter_in_training():
    settings = config_module.from_preset('gaze', training_frames=40)
    for training_too, decisions in ((True, 10), (False, 900)):
        env, = gaze.make_envs(settings, 'dummy', 1, np.random.RandomState(0), training_too)
        env.reset()
        for decision in range(1, decisions + 1):
            step = env.step(NONE)
            assert step.done == step.truncated == (decision == decisions)
        assert step.view.shape == env.spec.shape  # to be valued


def test_episodes_played_for_a_measure():
    session, network, envs, random = made(frames=40)
    episodes = play_episodes(network, session, envs, random, 7, 6)
    assert [episode.length for episode in episodes] == [10] * 7
    assert all(len(episode.correct) <= 2 for episode in episodes)  # no time for more than two trials
