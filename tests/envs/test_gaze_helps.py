"""What helps GazeEnv in training: grids of spawns, coin flips, and an episode that is cut before the lab ends it."""
import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl.envs import gaze
from meta_rl.envs.gazing import grids
from meta_rl.envs.gazing.momentum import NONE
from meta_rl.psychlab import task

from helpers.gazing.envs import UNIT, make_env, standard, turned

STANDARD = task.LEVELS['harlow']


def test_in_training_the_clock_of_the_lab_does_not_end_what_goes_on_behind_it():
    """An end is worth nothing, a cut what is still to come."""
    config = config_module.from_preset('gaze', fps=5, training_frames=3600, width=84, height=84)
    (training,), (measured,) = (gaze.make_envs(config, 'dummy', 1, np.random.RandomState(1), each) for each in (True, False))
    for env, cut in ((training, True), (measured, False)):
        env.reset()
        step = env.step(NONE)
        while not step.done:
            step = env.step(NONE)
        assert (step.truncated, step.view is not None, env.lab.is_running()) == (cut, cut, cut) and env.correct == []
        assert env.lab.num_steps() == 1500 - cut


def test_from_a_grid_of_spawns_few_directions_are_seen():
    grid = grids.yaws(STANDARD, 60)
    assert grid[0] >= 67.5 and grid[-1] <= 112.5 and 90 in grid and len(grid) == 107
    env = make_env(standard(width=16, height=16), spawns=grid)
    random, seen = np.random.RandomState(1), set()
    for _ in range(20):
        env.reset()
        for _ in range(40):
            seen.add(turned(env))
            env.step(random.randint(3))
    assert all(abs(units / 4 - round(units / 4)) < .03 for units in seen)
    assert len({round(units / 4) for units in seen}) > 60


def test_a_grid_changes_where_episodes_start_and_nothing_else():
    grid = grids.yaws(STANDARD, 60)
    plain, placed = standard(), standard()
    env = gaze.GazeEnv(placed, np.random.RandomState(2), spawns=grid)
    for _ in range(20):
        seeds = np.random.RandomState()
        seeds.set_state(env._seeds.get_state())
        env.reset()
        plain.reset(seed=int(seeds.randint(2 ** 31)))
        assert placed._task.setup._replace(yaw=0) == plain._task.setup._replace(yaw=0)
        assert min(abs(placed._task.setup.yaw - yaw) for yaw in grid) == 0


@pytest.mark.parametrize('surroundings, shifts', [('random', [0, 1, 2, 3]), ('flat', [0])])
def test_each_look_has_a_grid_of_its_own_one_to_three_units_further(surroundings, shifts):
    config = config_module.from_preset('gaze', surroundings=surroundings, look_count=9)
    found = {}
    for training in (True, False):
        env, = gaze.make_envs(config, 'dummy', 1, np.random.RandomState(1), training)
        for _ in range(80):
            env.reset()
            if not training:
                assert env.history['setup'] == {}
                continue
            units = (env.history['setup']['yaw'] - 90) / UNIT
            assert abs(units - round(units)) < 1e-6
            found.setdefault(env.lab._camera.surroundings, set()).add(round(units) % 4)
    assert all(len(shift) == 1 for shift in found.values()) and set.union(*found.values()) == set(shifts)
    assert surroundings == 'flat' or found == {look: {look % 4} for look in range(9)}


def test_coins_flip_each_side_and_change_nothing_else():
    env, plain = gaze.GazeEnv(standard(), np.random.RandomState(4), coins=(0, 1)), gaze.GazeEnv(standard(), np.random.RandomState(4))
    counts = []
    for _ in range(200):
        plain._seeds.set_state(env._seeds.get_state())
        env.reset(), plain.reset()
        theirs, ours = plain.lab._task.setup, env.lab._task.setup
        assert ours._replace(correct_side=None) == theirs._replace(correct_side=None)
        assert theirs.correct_side.count('left') == 3
        counts.append(ours.correct_side.count('left'))
    assert set(counts) >= {1, 2, 3, 4, 5} and abs(np.mean(counts) - 3) < .4  # five deviations


@pytest.mark.parametrize('share, flips', [(0., [0, 0, 0, 0]), (.5, [0, 1, 0, 1]), (1., [1, 1, 1, 1]), (.25, [0, 0, 0, 1]), (.75, [0, 1, 1, 1])])
def test_coins_are_flipped_in_a_part_of_the_environments(share, flips):
    assert gaze.spread(4, share) == flips and sum(gaze.spread(10, .7)) == 7
    settings = config_module.from_preset('gaze', coin_share=share, coin_episodes=10)
    for training in (True, False):
        envs = gaze.make_envs(settings, 'dummy', 4, np.random.RandomState(0), training)
        staged = [0] * 4
        for _ in range(3):
            for number, env in enumerate(envs):
                env.reset()
                staged[number] += 'correct_side' in env.history['setup']
        assert staged == [3 * flip * training for flip in flips]
