"""Lesions: what a network is handed, worked by hand; and a kept agent, which without its reward is at chance."""
import os

import numpy as np
import pytest

from meta_rl.analysis import lesions
from meta_rl.analysis.moments import Outcomes
from meta_rl.evaluation import Frozen
from meta_rl.nets.inputs import Inputs

from helpers.kept import KEPT

FEATURES = np.arange(8, dtype=np.float32).reshape(2, 4)
INPUTS = Inputs(np.array([1, 0], np.int32), np.array([-5., 1.], np.float32), np.array([3., 4.], np.float32), np.ones(2))
STATE = (np.ones((2, 3), np.float32), (np.full((2, 1), 2, np.float32),))


class Network:
    """Chooses by the previous reward alone, and tells what it was handed."""

    image_features = 3

    def __init__(self):
        self.handed = []

    def get_initial_state(self, batch):
        return batch

    def encode(self, session, views):
        return 2 * views

    def act(self, session, features, inputs, state):
        self.handed.append((features, inputs, state))
        right = (inputs.prev_reward > 0).astype(np.float32)
        return np.stack([1 - right, right], 1), right, state


@pytest.mark.parametrize('what', list(lesions.LESIONS))
def test_one_thing_is_silenced_and_nothing_else(what):
    network = Network()
    policy, _, _ = lesions.Lesioned(network, what).act(None, FEATURES, INPUTS, STATE)
    (features, inputs, state), = network.handed
    expected = {'image': ([[0, 0, 0, 3], [0, 0, 0, 7]]), 'reward': [0, 0], 'action': [-1, -1], 'time': [0, 0]}
    assert features.tolist() == expected['image'] if what == 'image' else (features == FEATURES).all()
    for name, field in (('reward', 'prev_reward'), ('action', 'prev_action'), ('time', 'timestep')):
        assert list(getattr(inputs, field)) == (expected[name] if what == name else list(getattr(INPUTS, field)))
    # The second row was paid for looking at the cross: its trial goes on.
    assert state[0].tolist() == ([[0] * 3, [1] * 3] if what == 'memory' else STATE[0].tolist())
    assert state[1][0].tolist() == ([[0], [2]] if what == 'memory' else [[2], [2]])
    assert policy[1].tolist() == ([1, 0] if what == 'reward' else [0, 1])
    assert FEATURES.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]] and INPUTS.prev_reward.tolist() == [-5, 1] and (STATE[0] == 1).all()


def test_the_rest_is_passed_on():
    network = lesions.Lesioned(Network(), 'reward')
    assert network.get_initial_state(3) == 3 and network.encode(None, 4) == 8
    with pytest.raises(ValueError, match='image, reward, action, time, memory'):
        lesions.Lesioned(Network(), 'feet').act(None, FEATURES, INPUTS, STATE)


def test_what_can_be_silenced():
    assert lesions.possible(['action', 'reward']) == ['image', 'reward', 'action', 'memory']
    assert lesions.possible([]) == ['image', 'memory']


@pytest.mark.slow
def test_a_kept_agent_needs_its_reward_its_images_and_its_memory(tmp_path):
    run = os.path.join(KEPT, 'harlow42-seed0')
    with Frozen(run, image_cache=str(tmp_path)) as frozen:
        frozen.restore()
        assert frozen.given == ['action', 'reward', 'time']

        def correct(lesion):
            taker = Outcomes()
            report = frozen.measure(200, takers=[taker], lesion=lesion)
            assert taker.correct().mean(0) == pytest.approx(report['per_trial'])
            return taker.correct().mean(0)
        intact = correct(None)
        assert intact[1:].min() > .98
        without = {what: correct(lambda network: lesions.Lesioned(network, what)) for what in lesions.LESIONS}
        assert abs(without['reward'][1:].mean() - .5) < .05
        assert without['image'][1:4].max() < .65  # later it counts sides
        # After a reset it can tell from the images what it would have chosen at first: in trial 2, not in trial 3.
        assert without['memory'][1] > .8 and without['memory'][2] < .65
        assert without['action'][1:].min() > .95
        assert (correct(None) == intact).all()  # nothing of a lesion is left
