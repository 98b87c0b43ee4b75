"""Scenes of the two-step task and of bandits: what is drawn is what was played."""
import numpy as np
import pytest

from meta_rl.envs import bandits
from meta_rl.envs.bandits import Bandit
from meta_rl.envs.two_step import Rules, TwoStep
from meta_rl.figures import regrets
from meta_rl.figures.films import bandit_scenes, two_step_scenes
from meta_rl.figures.films.scenes import BACK, RIGHT, SIDES, TEXT, WRONG
from meta_rl.figures.films.two_step_scenes import FIRST, RADIUS, SECOND


def has(picture, colour, box=(0, 0, 800, 480)):
    """Whether a pixel of the box (left, top, right, bottom) has exactly this colour."""
    left, top, right, bottom = box
    return bool((picture[top:bottom, left:right] == colour).all(2).any())


def at(picture, row, number):
    """The colour of a node, beside its name."""
    return tuple(picture[row[1] + RADIUS - 8, row[0][number]])


def test_the_way_that_was_taken_is_bright():
    env, seen = TwoStep(np.random.RandomState(0)), set()
    env.reset()
    for t in range(100):
        env.step(t % 2)
        action, state, reward = env.trials[-1]
        picture = two_step_scenes.draw(two_step_scenes.scene_of(env))
        assert picture.shape == (480, 800, 3) and picture.dtype == np.uint8
        for number in range(2):
            assert (at(picture, FIRST, number) == SIDES[number]) == (number == action)
            assert (at(picture, SECOND, number) == SIDES[number]) == (number == state - 1)
        below = (SECOND[0][state - 1] - 20, 345, SECOND[0][state - 1] + 20, 375)
        assert has(picture, RIGHT, below) == (reward == 1) and has(picture, WRONG, below) == (reward == 0)
        seen.add((action, state, reward))
        middle = (FIRST[0][action] + SECOND[0][state - 1]) // 2, (FIRST[1] + SECOND[1]) // 2
        assert has(picture, TEXT, (middle[0] - 3, middle[1] - 3, middle[0] + 3, middle[1] + 3))
    assert len(seen) >= 7


def test_before_the_first_trial_nothing_is_chosen_and_nothing_told():
    for env, module in ((TwoStep(np.random.RandomState(0)), two_step_scenes), (Bandit(np.random.RandomState(0)), bandit_scenes)):
        env.reset()
        picture = module.draw(module.scene_of(env))
        assert not has(picture, RIGHT) and not has(picture, WRONG) and has(picture, BACK)
        assert (picture == module.draw(module.scene_of(env))).all()


def test_all_trials_are_drawn_over_the_better_side():
    env = TwoStep(np.random.RandomState(1), Rules(switch=0.))
    env.reset()
    for _ in range(100):
        env.step(env.better - 1)
    scene = two_step_scenes.scene_of(env)
    assert [trial.better for trial in scene.trials] == [env.better] * 100
    left, top, width, height = two_step_scenes.STRIP
    picture = two_step_scenes.draw(scene)
    halves = ((left, top, left + width, top + height // 2), (left, top + height // 2, left + width, top + height))
    band = tuple(c // 3 for c in SIDES[env.better - 1])
    assert [has(picture, band, half) for half in halves] == [env.better == 1, env.better == 2]
    assert has(picture, SIDES[env.better - 1], halves[env.better - 1])


@pytest.mark.parametrize('kind', bandits.KINDS)
def test_the_arm_that_was_pulled_is_bright_and_full_as_it_pays(kind):
    env = Bandit(np.random.RandomState(2), kind)
    env.reset()
    top, width, height = bandit_scenes.MACHINE
    for t in range(40):
        env.step(t % 2)
        scene = bandit_scenes.scene_of(env)
        picture = bandit_scenes.draw(scene)
        column = picture[top + 4:top + height - 3, bandit_scenes.ARMS[t % 2] + width // 2]
        full = (column == SIDES[t % 2]).all(1).mean()
        assert full == pytest.approx(env.arms(t)[t % 2], abs=.03)
    assert bandit_scenes.regret(scene.trials) == pytest.approx(env.regret)


def test_a_policy_is_a_bar_of_its_probabilities():
    env = TwoStep(np.random.RandomState(3))
    env.reset()
    left, top, width, height = two_step_scenes.BAR
    for policy in (np.array([1., 0.]), np.array([.25, .75]), np.array([0., 1.])):
        row = two_step_scenes.draw(two_step_scenes.scene_of(env, policy, 1.))[top + height // 2, left:left + width]
        assert (row == SIDES[0]).all(1).mean() == pytest.approx(policy[0], abs=.01)
        assert (row == SIDES[1]).all(1).mean() == pytest.approx(policy[1], abs=.01)


def test_a_figure_of_regret_has_the_players_that_are_known(tmp_path, monkeypatch):
    """The numbers of the legend are those at the end; UCB1, far above, may run out of the panel."""
    def score(*finals, names=('UCB1', 'Thompson', 'Gittins', 'Bayes-optimal')):
        return {'cumulative_regret': [0., 2.], 'references': {
            name: {'cumulative_regret': [0., final]} for name, final in zip(names, finals)}}
    drawn = []
    monkeypatch.setattr(regrets, 'save', lambda figure, path: drawn.append(figure) or path)
    groups = {'easy': [score(9., 3., 1.5, 1.), score(7., 3., 1.5, 2.)], 'restless': [score(9., 3., 1.5)]}
    assert regrets.cumulative(groups, str(tmp_path / 'x.png')) == str(tmp_path / 'x.png')
    first, second = drawn[0].axes
    assert [text.get_text() for text in first.get_legend().get_texts()] == [
        'UCB1, 8.00', 'Thompson, 3.00', 'Gittins, 1.50', 'Bayes-optimal, 1.50', 'agent, 2 seeds, 2.00']
    assert [text.get_text() for text in second.get_legend().get_texts()] == [
        'UCB1, 9.00', 'Thompson, 3.00', 'Gittins, 1.50', 'agent, 1 seed, 2.00']
    assert first.get_ylim() == (0, pytest.approx(4.8))
