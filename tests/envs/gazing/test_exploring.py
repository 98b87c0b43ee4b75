"""What has the gaze agent do other things in training than its policy: pushes to a side drawn at random, the likeliest action."""
import json

import numpy as np

from meta_rl import config as config_module
from meta_rl.envs import gaze
from meta_rl.envs.decisions import LEFT, RIGHT
from meta_rl.envs.gazing.momentum import NONE
from meta_rl.envs.gazing.teacher import Teacher

from helpers.labs import make_lab


def on_the_cross(seed=0, **others):
    lab = make_lab('harlow', ['RGB_INTERLEAVED'], width=84, height=84, trainBatch=7)
    return gaze.GazeEnv(lab, np.random.RandomState(seed), spawns=[90.], **others)


def fixated(seed=0, **others):
    """An env whose fixation has just been paid."""
    env = on_the_cross(seed, **others)
    env.reset()
    while not env.step(env.chosen(NONE, NONE)).reward:
        pass
    return env


def test_where_fixation_was_paid_the_gaze_is_pushed_to_an_image_on_either_side():
    sides = []
    for seed in range(8):
        env = fixated(seed, explore=(1., 10))
        assert env.explores
        pushed = [env.chosen(NONE, NONE) for _ in range(gaze.AWAY)]
        assert len(set(pushed)) == 1 and pushed[0] != NONE and env.chosen(NONE, LEFT) == NONE
        sides.append(pushed[0])
        reward = sum(env.step(action).reward for action in pushed + [NONE] * 3)
        assert abs(reward) == 5 and (env.lab.staged.correct_side[0] == ('left', 'right')[pushed[0]]) == (reward > 0)
    assert set(sides) == {0, 1}


def test_pushes_become_rare_and_end():
    env = on_the_cross(explore=(1., 10))
    for episodes, least, most in ((0, 10, 10), (5, 1, 9), (10, 0, 0), (12, 0, 0)):
        pushed = 0
        for _ in range(10):
            env.progress(episodes)
            env.reset()
            while not env.step(NONE).reward:
                pass
            pushed += env.chosen(NONE, NONE) != NONE
        assert least <= pushed <= most, episodes


def test_a_push_goes_on_where_an_episode_is_gone_on_with():
    env = fixated(explore=(1., 10))
    action = env.chosen(NONE, NONE)
    env.step(action)
    history = json.loads(json.dumps(env.history))
    assert gaze.is_episode(history) and not gaze.is_episode(dict(history, pushes=[2, 1]))
    other = on_the_cross(9, explore=(1., 10))
    other.replay(history)
    for _ in range(gaze.AWAY - 1):
        assert other.chosen(NONE, NONE) == env.chosen(NONE, NONE) == action
    assert other.chosen(NONE, NONE) == env.chosen(NONE, NONE) == NONE


def test_the_likeliest_action_is_taken_in_a_part_of_the_environments_from_one_episode_on():
    settings = config_module.from_preset('gaze', greedy_share=.5, greedy_start=4, coin_share=.5, explore=0.)
    random, taken = np.random.RandomState(0), {}
    for training in (True, False):
        envs = gaze.make_envs(settings, 'dummy', 8, random, training)
        for episodes in (3, 4):
            for env in envs:
                env.progress(episodes)
                env.reset()
            taken[training, episodes] = [env.chosen(LEFT, RIGHT) == RIGHT for env in envs]
        assert [env.explores for env in envs] == [training and greedy for greedy in taken[True, 4]]
    assert taken[True, 4] == [False, False, True, True, False, False, True, True]  # coins are flipped in one of each two
    assert not any(taken[True, 3] + taken[False, 3] + taken[False, 4])


def test_an_episode_that_was_cut_short_is_played_again_where_the_likeliest_action_is_taken():
    env = on_the_cross(frames=8, greedy=4)

    def seed_of_the_next(action=NONE, steps=2):
        env.reset()
        for _ in range(steps):
            step = env.step(action)
        assert step.done and step.truncated
        return env.history['seed']
    early = [seed_of_the_next() for _ in range(3)]
    assert len(set(early)) == 3 and not env.carries
    env.progress(4)
    again = [seed_of_the_next() for _ in range(3)]
    assert set(again) == {early[-1]} and env.carries
    other = on_the_cross(9, frames=8, greedy=4)
    other.progress(4)
    assert not other.carries
    assert other.replay(json.loads(json.dumps(env.history))).done and other.carries
    other.reset()
    assert other.history == dict(env.history, actions=[])
    for wrapper in (env, other):
        wrapper.progress(0)
        wrapper.reset()
        assert wrapper.history['seed'] != again[0]


def test_an_episode_that_came_to_its_end_is_not_played_again():
    env = on_the_cross(greedy=0)
    env.reset()
    player, done, before = Teacher(env), False, env.history
    while not done:
        action = player.action()
        step = env.step(action)
        player.observe(step.reward)
        done = step.done
    assert not step.truncated and not env.carries
    env.reset()
    assert env.history['seed'] != before['seed']
