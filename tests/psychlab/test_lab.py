"""The lab as a client of deepmind_lab meets it: seeds, rewards, events, steps, observations."""
import re

import numpy as np
import pytest

from helpers.labs import LEVELS, act, check_state, lab_at_start_of, make_lab, recording, staged

# -- Seeds -------------------------------------------------------------------------------------------------------------

def play(lab, choose):
    """(rewards, events) of an episode of harlow_fast_centred in which choose(trial) looks left or right."""
    rewards, events = [], []
    while lab.is_running():
        if lab.state()['images_shown']:
            units = -169 if choose(lab.state()['trial']) == 'left' else 169
            rewards += [lab.step(act(units)), lab.step(act(-units))]
            events += [dict(re.findall(r"\['(\w+)'\] = (\S+)", text)) for _, (text, _) in lab.events()]
        else:
            rewards.append(lab.step(act()))
    return rewards, events


def left(trial):
    return 'left'


@pytest.mark.parametrize('seed', [0, 7, -1, -5, 2 ** 31 - 1, 2 ** 40, True])
def test_the_same_seed_gives_the_same_episode(seed):
    one, two = (make_lab('harlow_fast_centred', ['RGB_INTERLEAVED'], width=32, height=32) for _ in range(2))
    two.reset(seed=99)
    play(two, left)
    one.reset(seed=seed)
    two.reset(episode=12, seed=seed)
    for lab in (one, two):
        lab.step(act(), 4)
    np.testing.assert_array_equal(one.observations()['RGB_INTERLEAVED'], two.observations()['RGB_INTERLEAVED'])
    assert play(one, left) == play(two, left)


def test_other_seeds_and_no_seed_give_other_episodes():
    lab = make_lab()
    yaws = []
    for seed in list(range(20)) + [None] * 20:
        lab.reset(seed=seed)
        yaws.append(lab.state()['yaw'])
    assert len(set(yaws)) > 35


@pytest.mark.parametrize('level', sorted(LEVELS.values()))
def test_setup_can_be_given_in_part(level):
    lab = make_lab(level)
    lab.reset(seed=3)
    drawn = lab._task.setup
    lab.reset(seed=3, setup={'yaw': 80., 'correct_id': 5})
    assert lab._task.setup == drawn._replace(yaw=80., correct_id=5)
    lab.reset(seed=3, setup={})
    assert lab._task.setup == drawn


# -- An episode --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('choice, reward', [('right', 5), ('left', -5)])
def test_a_reward_is_paid_one_step_late_but_the_last_at_once(choice, reward):
    lab = make_lab('harlow_fast_centred')
    lab.reset(setup=staged(correct_side=['right'] * 6))
    rewards, events = play(lab, lambda trial: choice)
    # Each trial: the cross is met, eyes go to the image, it is met (the event), the interval begins (its reward).
    assert rewards == [0, 0, 0] + [reward, 0, 0, 0] * 4 + [reward, 0, 0, reward]
    assert [event['correct'] for event in events] == [str(int(reward > 0))] * 6
    assert not lab.is_running()


def test_fixation_is_rewarded_one_step_late():
    lab = make_lab()
    lab.reset(setup=staged())
    assert [lab.step(act()) for _ in range(6)] == [0, 0, 0, 0, 1, 0]


def test_sides_choice_and_score_agree():
    lab = make_lab('harlow_fast_centred')
    for seed in range(10):
        lab.reset(seed=seed)
        sides = lab._task.setup.correct_side
        rewards, events = play(lab, left)
        assert [event['correctResponse'] for event in events] == [{'left': '1', 'right': '2'}[side] for side in sides]
        assert [event['correct'] for event in events] == [str(int(side == 'left')) for side in sides]
        assert [event['trial'] for event in events] == list('123456')
        assert sum(rewards) == 0  # three lefts, three rights
        lab.reset(seed=seed)
        assert sum(play(lab, lambda trial: sides[trial - 1])[0]) == 30


def test_events_last_until_the_next_step():
    lab = make_lab('harlow_fast_centred')
    lab.reset(setup=staged())
    lab.step(act(-169))
    lab.step(act())
    (name, (text, level)), = lab.events()
    assert (name, level) == ('xdata:psychlab', 'harlow') and "['trial'] = 1\n" in text
    assert lab.events() == lab.events()
    lab.events().append('mine')
    assert len(lab.events()) == 1
    lab.step(act())
    assert lab.events() == []


def test_a_reset_forgets_rewards_and_events():
    lab = make_lab('harlow_fast_centred')
    lab.reset(setup=staged())
    lab.step(act(-169))
    lab.step(act())
    assert lab.events()
    lab.reset(setup=staged())
    assert lab.events() == [] and lab.step(act()) == 0


@pytest.mark.parametrize('seed', range(10))
@pytest.mark.parametrize('level', sorted(LEVELS.values()))
def test_num_steps_is_that_many_steps(level, seed):
    random = np.random.RandomState(seed)
    jumping, walking = (make_lab(level) for _ in range(2))
    for lab in (jumping, walking):
        lab.reset(setup=staged())
    home = 0
    while walking.is_running() and walking.num_steps() < 600:
        units = int(random.choice([-169, 169, -30, 30, 3, 0])) if not home else -home
        home += units
        count = int(random.randint(0, 9))
        fires = random.randint(0, 2, 2).tolist()
        for action, times in ((act(units, fire=fires[0]), 1), (act(fire=fires[1]), count)):
            if not walking.is_running():
                break
            rewards, events = 0., []
            for _ in range(times):
                if walking.is_running():
                    rewards += walking.step(action)
                    events += walking.events()
            assert jumping.step(action, times) == rewards
            assert jumping.events() == events and jumping.is_running() == walking.is_running()
            assert jumping.state() == walking.state()
            assert not walking.is_running() or jumping.num_steps() == walking.num_steps()


@pytest.mark.parametrize('fps, frames', [(60, 18000), (30, 9000), (15, 4500)])
def test_the_episode_times_out(fps, frames):
    lab = make_lab(fps=fps)
    lab.reset()
    lab.step(act(512, 512))
    lab.step(act(), frames - 2)
    assert lab.is_running() and lab.num_steps() == frames - 1
    assert lab.step(act()) == 0
    assert not lab.is_running() and lab.num_steps() == frames


def test_num_steps_may_be_a_numpy_number():
    lab = make_lab()
    lab.reset()
    lab.step(act(), np.int64(3))
    assert lab.num_steps() == 3 and type(lab.num_steps()) is int


def test_no_steps_and_fewer_are_counted_but_not_made():
    lab = make_lab(observations=['MAP_FRAME_NUMBER'])
    lab.reset()
    lab.step(act(), 3)
    before = lab.state()
    for count, steps in ((0, 3), (-2, 1), (-3, -2)):
        assert lab.step(act(99), count) == 0 and lab.num_steps() == steps
    assert lab.state() == before and lab.observations()['MAP_FRAME_NUMBER'] == [3]


def hover(lab):
    return lab.state()['hover_cross']


def test_a_press_of_fire_freezes_hovering_for_one_frame():
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(), 2)
    lab.step(act(fire=1))
    assert hover(lab) == 2
    lab.step(act(fire=1))  # held down it does nothing more
    assert hover(lab) == 3
    lab.step(act())
    assert lab.state()['images_shown']


def test_a_press_of_fire_off_the_screen_freezes_nothing():
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(), 2)
    lab.step(act(512))  # hovers for a third time, from where the gaze was
    assert hover(lab) == 3
    lab.step(act(-512, fire=1))
    assert (lab.state()['gaze'], hover(lab)) == (None, 0)


def test_a_press_of_fire_on_the_screen_off_the_cross_keeps_the_count():
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(act(right=60), 1)
    lab.step(act(fire=1))
    assert hover(lab) == 1
    lab.step(act(fire=1))
    assert hover(lab) == 0


def test_looking_away_resets_the_count_of_the_cross():
    lab = make_lab()
    lab.reset(setup=staged())
    counts = []
    for units in (0, 0, 60, -60, 0, 0, 0, 0):
        lab.step(act(units))
        counts.append(hover(lab))
    assert counts == [1, 2, 3, 0, 1, 2, 3, -1]


@pytest.mark.parametrize('change', [
    dict(strafe=1), dict(strafe=-1), dict(forward=1), dict(forward=-1), dict(jump=1, crouch=1)])
def test_moving_has_no_effect(change):
    lab = make_lab(observations=['RGBD'], width=32, height=32)
    seen = []
    for action in (act(5), act(5, **change)):
        lab.reset(setup=staged())
        seen.append((lab.step(action, 6), lab.state(), lab.observations()['RGBD'].tolist()))
    assert seen[0] == seen[1]


class Mine(np.ndarray):
    pass


def read_only(action):
    action.setflags(write=False)
    return action


@pytest.mark.parametrize('kind', [
    lambda action: action.astype(np.int32), lambda action: np.repeat(action, 3)[::3],
    lambda action: action[::-1].copy()[::-1],
    lambda action: action.astype('>i4'), lambda action: action.view(Mine), read_only],
    ids=['int32', 'strided', 'reversed', 'big-endian', 'subclass', 'read-only'])
def test_any_array_of_seven_ints_is_an_action(kind):
    lab = make_lab()
    lab.reset(setup=staged())
    lab.step(kind(act(30, -20)))
    assert lab.state()['yaw'] == pytest.approx(90 - 3.168, abs=.006)
    assert lab.state()['pitch'] == pytest.approx(-2.112, abs=.006)


def test_labs_do_not_know_of_each_other():
    names = ['standard__oracle_left__s6', 'fast__oracle_incorrect__s4', 'fast_centred__two_action_left__s3']
    records = [recording(name) for name in names]
    labs = [lab_at_start_of(record, ['RGB']) for record in records]
    for t in range(max(len(record['steps']['action']) for record in records)):
        for lab, record in zip(labs, records):
            if t < len(record['steps']['action']):
                assert lab.step(record['steps']['action'][t]) == record['steps']['reward'][t]
                check_state(lab, record['steps'], t)
                assert not lab.is_running() or lab.observations()
