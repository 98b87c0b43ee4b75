"""GazeEnv: turns worked out by hand, frames as the lab has them, six trials in reach wherever the viewer spawns."""
import json

import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl.envs import gaze, observations
from meta_rl.envs.decisions import LEFT, RIGHT
from meta_rl.envs.gazing import grids
from meta_rl.envs.gazing.momentum import NONE, coasting
from meta_rl.envs.gazing.teacher import Teacher, towards
from meta_rl.psychlab import task
from meta_rl.psychlab.scene import camera

from helpers.gazing.envs import UNIT, Placed, make_env, standard, turned
from helpers.labs import act

STANDARD = task.LEVELS['harlow']


@pytest.mark.parametrize('actions, units', [
    # A push is 6 units a frame; half of the speed is left at the next decision, cut to whole units; four frames each.
    ([RIGHT, NONE, NONE, NONE], [24, 36, 40, 40]),
    ([LEFT, NONE, NONE, NONE], [-24, -36, -40, -40]),
    ([RIGHT] * 5, [24, 24 + 36, 60 + 40, 100 + 44, 144 + 44]),
    ([RIGHT, LEFT, NONE, NONE], [24, 24 - 12, 12 - 4, 8]),
    ([RIGHT, RIGHT, NONE, LEFT, NONE], [24, 60, 76, 76 - 16, 60 - 8]),
])
def test_turns_worked_out_by_hand(actions, units):
    env = make_env()
    env.reset()
    for action, expected in zip(actions, units):
        env.step(action)
        assert turned(env) == pytest.approx(expected, abs=.06)  # the engine's angles are whole shorts, a 19th of a unit


def test_coasting_is_what_the_gaze_turns_when_it_is_pushed_no_more():
    for actions in ([RIGHT], [LEFT] * 3, [RIGHT, LEFT], [RIGHT] * 6 + [LEFT]):
        env = make_env()
        env.reset()
        for action in actions:
            env.step(action)
        before, promised = turned(env), coasting(env.speed, env.repeat)
        for _ in range(5):
            env.step(NONE)
        assert turned(env) - before == pytest.approx(promised, abs=.12) and env.speed == 0


@pytest.mark.parametrize('repeat, push, momentum', [(4, 6, .5), (4, 10, 0.), (3, 8, .75)])
def test_frames_rewards_and_ends_are_those_of_the_lab_played_frame_by_frame(repeat, push, momentum):
    env = make_env(standard(), seed=3, repeat=repeat, push=push, momentum=momentum)
    twin, seeds = standard(), np.random.RandomState(3)
    random, teacher, choices = np.random.RandomState(5), Teacher(env), 0
    for episode in range(4):
        assert (env.reset() == gaze.averaged(env.frame())).all()
        twin.reset(seed=int(seeds.randint(2 ** 31)))
        teacher.begin()
        assert (env.frame() == twin.observations()['RGB_INTERLEAVED']).all()
        speed, total, done, correct = 0., 0., False, []
        while not done:
            action = teacher.action() if episode and random.randint(4) else random.randint(3)
            speed = float(np.trunc(speed * momentum)) + push * {LEFT: -1, RIGHT: 1, NONE: 0}[action]
            view, reward, done, truncated = env.step(action)
            teacher.observe(reward)
            earned = 0.
            for _ in range(repeat):
                if twin.is_running() and twin.num_steps() < gaze.FRAMES:
                    earned += twin.step(act(right=int(speed)))
                    correct += [int("['correct'] = 1" in text) for _, (text, _) in twin.events()]
            assert reward == earned and env.correct == correct and env.frames >= twin.num_steps()
            assert truncated == (twin.is_running() and twin.num_steps() == gaze.FRAMES) and done == (truncated or not twin.is_running())
            if not done:
                assert env.frames == twin.num_steps() and (view == gaze.averaged(twin.observations()['RGB_INTERLEAVED'])).all()
            total += earned
        assert env.episode.reward == total and env.episode.choice_reward == sum(5 if right else -5 for right in correct)
        choices += len(correct)
    assert choices > 8


def yaws():
    """From side to side: those of the grid, and as many that are none of it, by fractions of its step."""
    grid = grids.yaws(STANDARD, 60)
    return grid[::4] + [min(yaw + step * 4 * UNIT / 7, 112.5) for step, yaw in zip([1, 2, 3, 4, 5, 6] * 99, grid[2::4])]


def test_six_trials_are_in_reach_from_wherever_the_viewer_spawns():
    lab = Placed(width=16, height=16)
    env = make_env(lab)
    teacher = Teacher(env)
    for lab.yaw in yaws():
        env.reset()
        teacher.begin()
        decisions, done, total = 0, False, 0.
        while not done:
            _, reward, done, _ = env.step(teacher.action())
            teacher.observe(reward)
            decisions, total = decisions + 1, total + reward
        assert len(env.correct) == 6 and env.correct[1:] == [1] * 5, lab.yaw
        assert total == (36 if env.correct[0] else 26) and decisions < 80, lab.yaw


def test_the_teacher_knows_how_far_this_gaze_coasts():
    for momentum in (0., .75):
        env = make_env(Placed(95., width=16, height=16), momentum=momentum)
        env.reset()
        for position in (0, 60, -200):
            env.speed = 12
            promised = coasting(env.speed, env.repeat, env.momentum)
            assert towards(position + promised, 5, position, env) == NONE
            assert towards(position + promised + 6, 5, position, env) == RIGHT
            assert towards(position + promised - 6, 5, position, env) == LEFT
            before = turned(env)
            for _ in range(12):
                env.step(NONE)
            assert turned(env) - before == pytest.approx(promised, abs=.2)


def test_an_episode_ends_when_its_frames_are_played():
    env = make_env(frames=10)
    for _ in range(2):
        env.reset()
        ends = [env.step(NONE)[2] for _ in range(3)]
        assert ends == [False, False, True] and env.lab.num_steps() == env.frames == 10
    assert make_env(Placed(100.)).reset() is not None


def test_by_default_it_ends_after_a_minute():
    env = make_env(Placed(100., width=16, height=16))
    env.reset()
    decisions = 1
    while not env.step(NONE)[2]:
        decisions += 1
    assert decisions == 900 and env.lab.num_steps() == 3600 and env.correct == []



@pytest.mark.parametrize('push', [NONE, LEFT, RIGHT])
def test_the_fovea_of_the_preset_shows_the_screen_and_nothing_around_it(push):
    """Also where the gaze is 24 units off the cross, beside the box around it."""
    fovea, middle = gaze.fovea(config_module.from_preset('gaze')), 21
    for seed in range(8):
        read, views = set(), set()
        for settings in ({'surroundings': 'random'}, {'surroundings': 'random', 'looks': 'held-out'}, {'surroundings': 'real'}):
            env = make_env(standard(appendCommand='+set cg_drawCrosshair 0', **settings), seed, spawns=[90.])
            env.reset()
            env.step(push)
            views.add(env.view().tobytes())
            read.add(env.view()[fovea.top:fovea.bottom, middle - fovea.half:middle + fovea.half].tobytes())
        assert len(views) == 3 and len(read) == 1


def test_rows_and_columns_of_a_fovea():
    assert gaze.fovea(config_module.from_preset('gaze')) == (6, 15, 11)
    whole = gaze.fovea(config_module.from_preset('gaze-flat'))
    assert whole == (0, 21, 13) and 2 * whole.half == observations.Crops(84, 84).apart
    assert gaze.fovea(config_module.from_preset('gaze', fovea_width=1., width=88)) == (6, 15, 22)


def test_the_network_is_given_means_of_pixels():
    frame = np.random.RandomState(0).randint(256, size=(84, 84, 3)).astype(np.uint8)
    means = frame.reshape(21, 4, 42, 2, 3).mean((1, 3))
    assert abs(gaze.averaged(frame) - means).max() <= .5 + 1e-6


def test_units_are_those_of_the_camera():
    assert camera.DEGREES_PER_UNIT_MS * 16 == pytest.approx(UNIT)


@pytest.mark.parametrize('coins', [(0, 0), (0, 9)])
def test_an_episode_is_played_again_from_its_history(coins):
    first, other = (make_env(standard(), seed, spawns=[80., 95.], coins=coins, taught=1) for seed in (1, 2))
    random = np.random.RandomState(3)
    for _ in range(2):
        first.reset()
        for _ in range(30):
            step = first.step(first.label if random.randint(4) else random.randint(3))
        again = other.replay(json.loads(json.dumps(first.history)))
        assert gaze.is_episode(first.history) and first.episode == other.episode and first.episode.reward
        assert (again.view == step.view).all() and again[1:] == step[1:] and first.label == other.label
        assert other.lab.state() == first.lab.state()
        for _ in range(10):
            action = random.randint(3)
            (view, *rest), (theirs, *others) = first.step(action), other.step(action)
            assert (view == theirs).all() and rest == others and first.correct == other.correct
