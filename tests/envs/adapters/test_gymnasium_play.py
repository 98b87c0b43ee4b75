"""Gymnasium's environments: what is played is the lab's task, and all that can be earned in it can be earned."""
import numpy as np
import pytest

from meta_rl import psychlab

from helpers.labs import act, make_lab

gymnasium = pytest.importorskip('gymnasium', reason='Gymnasium is not installed (Python 3.6 has none)')
from helpers.playing.gym_envs import HARLOW, IMAGES, PSYCHLAB, here, make  # noqa: E402,F401 (here is a fixture)


def twin_of(env, level):
    """A lab of its own, to play the same episodes in."""
    return make_lab(level, ['RGB_INTERLEAVED'], width=84, height=84, surroundings='flat', datasetPath=env.unwrapped._folder,
                    trainBatch=IMAGES, testBatch=0, episodesAlike='true')


DECISIONS = [[act(units), act(-units), act(), act()] for units in (-120, 120)]  # left, right


def test_an_episode_is_that_of_the_lab_with_its_events(monkeypatch):
    """Each decision played again in a lab, frame by frame, by what the environment says that it did."""
    env = make(HARLOW, level='harlow_fast_centred')
    twin, seeds = twin_of(env, 'harlow_fast_centred'), []
    lab, random = env.unwrapped._env._env.lab, np.random.RandomState(0)
    monkeypatch.setattr(lab, 'reset', lambda seed: seeds.append(seed) or psychlab.Lab.reset(lab, seed=seed))
    for _ in range(20):
        obs, info = env.reset()
        assert info == {'trial': 0}
        twin.reset(seed=seeds[-1])
        twin.step(act(), num_steps=6)
        for trial in range(1, 7):
            state = twin._task
            right = (state.setup.correct_id, state.setup.incorrect_id)
            pair = right if state.correct_side == 'left' else right[::-1]
            assert (np.flatnonzero(obs[:2 * IMAGES]) % IMAGES + 1).tolist() == list(pair)
            side = int(random.randint(2))
            obs, reward, terminated, truncated, info = env.step(side)
            events, paid = [], 0.
            for action in DECISIONS[side]:
                if twin.is_running():
                    paid += twin.step(action)
                    events += twin.events()
            (_, (text, _)), = events
            assert info['trial'] == trial and "['trial'] = %d\n" % trial in text
            assert "['correct'] = %d\n" % info['correct'] in text and info['correct'] == (reward > 0)
            assert "['reactionTime'] = {:.14g}\n".format(info['reaction_time']) in text
            # The first images have been there since the viewer came to rest; the others have just appeared.
            assert info['reaction_time'] == pytest.approx((7 if trial == 1 else 2) / 60.)
            assert reward == paid and (terminated, truncated) == (trial == 6, False)
            assert obs[-3:].tolist() == [side == 0, side == 1, reward]
        assert not obs[:-3].any()  # nothing is shown any more


@pytest.mark.parametrize('level, best', [('harlow_fast_centred', 25), ('harlow', 31)])
def test_a_player_who_looks_and_remembers_earns_what_can_be_earned(level, best):
    """Win-stay, lose-shift by the image, with the observation alone: only the first trial is a guess."""
    env = make(HARLOW, level=level, image_count=42)
    random, returns = np.random.RandomState(0), []
    for episode in range(300):
        obs, _ = env.reset(seed=episode)
        good, total, over, choice = None, 0., False, int(random.randint(2))
        while not over:
            pair = obs[:84].reshape(2, 42).argmax(1)
            obs, reward, over, _, _ = env.step(choice)
            total += reward
            good = pair[choice if obs[-1] > 0 else 1 - choice]
            choice = int(obs[:84].reshape(2, 42)[1].argmax() == good)
        returns.append(total)
    # Four standard errors: a guess is worth 5 more or less.
    assert abs(np.mean(returns) - best) < 4 * 5 / np.sqrt(300) and set(returns) == {best - 5, best + 5}


@pytest.mark.parametrize('num_steps', [1, 4])
def test_three_gazes_are_enough_to_play_the_level_as_it_ships(num_steps):
    """A player who knows where the viewer looks turns to the cross, then always to the left: three of six are right."""
    env = make(PSYCHLAB, actions='gaze', num_steps=num_steps)
    lab, left, right, neither = env.unwrapped._env.lab, 0, 1, 2
    for seed in range(10):
        env.reset(seed=seed)
        total, over, infos, steps = 0., False, [], 0
        while not over:
            aim = 90 + (18 if lab.state()['images_shown'] else 0)
            off = lab.state()['yaw'] - aim
            action = neither if abs(off) <= 2.2 else right if off > 0 else left
            _, reward, over, truncated, info = env.step(action)
            total, steps, infos = total + reward, steps + 1, infos + [info]
            assert not truncated and steps < 300
        chosen = [info for info in infos if 'correct' in info]
        assert total == 6 and [info['trial'] for info in chosen] == [1, 2, 3, 4, 5, 6]
        assert sum(info['correct'] for info in chosen) == 3
        assert all(4 / 60. <= info['reaction_time'] < 1 for info in chosen)


def test_a_turn_is_as_large_as_it_is_said_to_be():
    for turn, num_steps, units in ((4.2, 1, 40), (4.2, 4, 40), (.2, 1, 2), (10., 2, 94)):
        env = make(PSYCHLAB, actions='gaze', turn=turn, num_steps=num_steps)
        env.reset(seed=1)
        lab = env.unwrapped._env.lab
        yaws = [lab.state()['yaw']] + [env.step(action) and lab.state()['yaw'] for action in (0, 0, 2, 1)]
        turned = np.array([1, 1, 0, -1]) * units * .1056
        assert np.allclose(np.diff(yaws), turned, atol=.006)  # the engine counts directions in steps of .0055


def test_the_labs_own_actions_are_played_as_they_are():
    env, kinds = make(PSYCHLAB, actions='spec'), (np.int64, np.int32, list)
    spec = env.unwrapped._env.lab.action_spec()
    assert env.action_space.start.tolist() == [part['min'] for part in spec]
    assert (env.action_space.start + env.action_space.nvec - 1).tolist() == [part['max'] for part in spec]
    twin = twin_of(env, 'harlow')
    frame, _ = env.reset(seed=9)
    twin.reset(seed=int(np.random.Generator(np.random.PCG64(9)).integers(2 ** 31)))
    for number in range(60):
        assert (frame == twin.observations()['RGB_INTERLEAVED']).all()
        action = env.action_space.sample()
        kind = kinds[number % 3]
        frame, reward, _, _, _ = env.step(action.tolist() if kind is list else action.astype(kind))
        assert reward == twin.step(action.astype(np.intc))


def test_the_labs_time_truncates():
    env = make(PSYCHLAB, actions='gaze', num_steps=1000, turn=200.)
    env.reset(seed=0)
    ends = [env.step(2)[2:4] for _ in range(18)]  # of a viewer who never turns: 300 s are 18,000 frames
    assert ends == [(False, False)] * 17 + [(False, True)]
    env = make(PSYCHLAB, max_episode_steps=5)
    env.reset()
    assert [env.step(np.zeros(7, int))[3] for _ in range(5)] == [False] * 4 + [True]


def test_images_are_those_asked_for(tmp_path):
    pairs = [make(HARLOW, observation='crops', previous=False, **kind).reset(seed=2)[0] for kind in (
        {}, {'image_seed': 1}, {'held_out': True})]
    assert len({pair.tobytes() for pair in pairs}) == 3
    env = make(HARLOW, observation='frame', previous=False, width=100, height=60)
    frame, _ = env.reset(seed=0)
    assert frame.shape == (60, 100, 3) == env.observation_space.shape
    crops, _ = make(HARLOW, observation='crops', previous=False).reset(seed=6)
    whole, _ = make(HARLOW, observation='frame', previous=False).reset(seed=6)
    assert any((whole[row:row + 21, column:column + 21] == crops[:, :21]).all()
               for row in range(64) for column in range(42))
