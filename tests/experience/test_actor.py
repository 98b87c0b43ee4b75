"""Actor: what is trained on is what was acted on; episodes that go on, end or are cut short."""
import numpy as np
import pytest

from meta_rl.experience.actor import Actor, play_episodes, sample

from helpers.fakes import LENGTH, B, Env, Network, played

T = LENGTH


@pytest.mark.parametrize('steps', [T, 2 * T + 1])
def test_inputs_while_training_are_those_while_acting(steps):
    network, _, experience = played(steps=steps)
    for t, (features, *inputs) in enumerate(network.acted[:steps]):
        assert (experience.views[experience.view_index[t]].reshape(B, -1) * 3 == features).all()
        for part, then in zip(experience.inputs, inputs):
            assert part.shape[:2] == (steps, B) and part.dtype == then.dtype
            assert (part[t] == then).all()


def test_each_view_is_encoded_once():
    network, envs, experience = played()
    different = {view.tobytes() for env in envs for view in env.shown}
    assert len(network.encoded) == len(different) == len(experience.views) == 2 * B
    assert (np.array(network.encoded) == experience.views).all()


def test_what_is_told_before_each_step():
    _, envs, experience = played()
    for b, env in enumerate(envs):
        assert experience.inputs.prev_action[:, b].tolist() == [-1] + env.actions[:-1]
        assert experience.inputs.prev_reward[:, b].tolist() == [0] + env.paid[:-1]
        assert experience.inputs.timestep[:, b].tolist() == [0, 1, 2, 3, 4, 5]
        assert experience.inputs.goes_on[:, b].tolist() == [0, 1, 1, 1, 1, 1]
        assert (experience.views[experience.view_index[:, b]] == env.shown).all()


def test_what_comes_of_each_step():
    network, envs, experience = played()
    for b, env in enumerate(envs):
        assert experience.actions[:, b].tolist() == env.actions
        assert experience.rewards[:, b].tolist() == env.paid
        assert experience.episodes[b] == env.episode
    assert (experience.values == network.values).all() and (experience.policies == network.policies).all()
    assert experience.over.tolist() == [[False] * B] * (T - 1) + [[True] * B] and not experience.bootstrap.any()
    assert experience.actions.dtype == np.int32 and experience.rewards.dtype == np.float32


def test_the_memory_is_handed_on_from_step_to_step_and_anew_where_an_episode_starts():
    network, _, experience = played(steps=T + 2)
    assert [state.c[0, 0] for state in network.states[:T + 2]] == [0, 1, 2, 3, 4, 5, 0, 1]
    assert [state.h[2, 1] for state in network.states[:T + 2]] == [1, 2, 4, 8, 16, 32, 1, 2]
    (start,) = experience.state
    assert (start.c == 0).all() and (start.h == 1).all()


def test_some_episodes_start_anew_while_others_go_on():
    network, envs = Network(), [Env(0, length=2), Env(1, length=3), Env(2, length=7)]
    experience = Actor(network, envs, np.random.RandomState(0)).unroll(None, 6)
    goes_on = [[0, 0, 0], [1, 1, 1], [0, 1, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    assert experience.inputs.goes_on.tolist() == goes_on
    assert experience.inputs.timestep.tolist() == [[0, 0, 0], [1, 1, 1], [0, 2, 2], [1, 0, 3], [0, 1, 4], [1, 2, 5]]
    assert [episode.length for episode in experience.episodes] == [2, 3, 2, 2, 3]
    for state, on in zip(network.states[1:6], goes_on[1:]):
        assert ((state.c[:, 0] == 0) == (np.array(on) == 0)).all()


def test_an_unroll_carries_on_where_the_one_before_ended():
    one, other = (Actor(Network(), [Env(b, length=4 + b) for b in range(B)], np.random.RandomState(5)) for _ in range(2))
    whole = one.unroll(None, 9)
    parts = [other.unroll(None, 3) for _ in range(3)]
    for name in ('actions', 'rewards', 'over', 'values'):
        assert (np.concatenate([getattr(part, name) for part in parts]) == getattr(whole, name)).all(), name
    for k, part in enumerate(whole.inputs):
        assert (np.concatenate([each.inputs[k] for each in parts]) == part).all()


def test_what_follows_is_expected_where_an_episode_goes_on_or_was_cut_short():
    network = Network()
    network.value_of = lambda features: features.sum(1)  # of what is seen alone
    envs = [Env(0, length=2, cut=True), Env(1, length=2), Env(2, length=9)]
    experience = Actor(network, envs, np.random.RandomState(0)).unroll(None, 4)
    assert (experience.following != 0).tolist() == [[False] * 3, [True, False, False]] * 2
    for t, view in zip((1, 3), envs[0].after):
        assert experience.following[t, 0] == pytest.approx(3 * view.sum(), rel=1e-5)
    assert experience.bootstrap[:2].tolist() == [0, 0]
    assert experience.bootstrap[2] == pytest.approx(3 * envs[2].shown[-1].sum(), rel=1e-5)


def test_actions_are_sampled_from_the_policy_of_that_moment():
    network, _, experience = played()
    random = np.random.RandomState(1)
    assert (experience.actions == [sample(policy, random) for policy in network.policies]).all()


def test_greedy_takes_the_likeliest_action():
    network, _, experience = played(greedy=True)
    assert (experience.actions == [[int(right > left) for left, right in policy] for policy in network.policies]).all()
    assert 0 < experience.actions.mean() < 1


def test_sampling_follows_the_probabilities():
    policy = np.array([[.1, .2, .7], [.5, .25, .25], [0, 1, 0], [.999, .001, 0]], np.float32)
    drawn = sample(policy.repeat(40000, 0), np.random.RandomState(0)).reshape(4, -1)
    frequencies = [[(row == action).mean() for action in range(3)] for row in drawn]
    assert np.allclose(frequencies, policy, atol=.01)  # four standard deviations
    assert frequencies[2] == [0, 1, 0] and frequencies[3][2] == 0


class Constant:
    """Always draws the same number in [0, 1)."""

    def __init__(self, number):
        self.number = number

    def random_sample(self, shape):
        return np.full(shape, self.number)


@pytest.mark.parametrize('number', [0., .5, 1 - 2. ** -53])
def test_an_action_of_probability_0_is_never_drawn(number):
    policy = np.array([[0, 1], [1, 0]], np.float32)
    assert sample(policy, Constant(number)).tolist() == [1, 0]


def test_rounding_draws_no_action_beyond_the_last():
    short = np.array([[.3, .3, .399]], np.float32)
    assert sample(short, Constant(1 - 2. ** -53)).tolist() == [2]
    assert sample(short, Constant(.6001)).tolist() == [2] and sample(short, Constant(.5999)).tolist() == [1]


def test_each_environment_plays_as_many_episodes():
    envs = [Env(b, length=b + 1) for b in range(B)]
    episodes = play_episodes(Network(), None, envs, np.random.RandomState(0), 7, 4)
    assert sorted(episode.length for episode in episodes) == [1, 1, 1, 2, 2, 3, 3]
