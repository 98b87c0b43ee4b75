"""When the kept agents that move their gaze write: what their learned gates came to."""
import numpy as np
import pytest

from meta_rl.config import ConfigError
from meta_rl.evaluation import HELD_OUT, Frozen
from meta_rl.figures.gazes import writing

from helpers.kept import copy_of


def test_means_are_of_the_steps_that_follow_a_pay_worked_by_hand():
    opened = np.array([[.2, .4], [1., .5], [.9, .1]])
    found = writing.by_what_was_paid(opened, np.array([[0., 0.], [1., 5.], [1., 0.]]))
    assert np.isnan(found.pop('wrong choice'))  # there was none
    assert found == pytest.approx({'fixation': .95, 'right choice': .5, 'nothing': .7 / 3})


def test_a_kept_agent_writes_where_something_was_paid(monkeypatch, tmp_path):
    monkeypatch.setattr(writing, 'SIDE_BY_SIDE', 4)
    monkeypatch.setattr(writing, 'STEPS', 120)
    opened, experience = writing.openings(copy_of('gaze-seed1', tmp_path, image_count=12, held_out_count=12))
    assert opened.shape == experience.actions.shape == (120, 4) and opened.min() >= 0 and opened.max() <= 1
    means = writing.by_what_was_paid(opened, experience.inputs.prev_reward)
    assert means['fixation'] > .8 and means['right choice'] > .8 and means['nothing'] < .25


def test_an_agent_with_a_rule_has_no_gate_to_look_at(tmp_path):
    with Frozen(copy_of('gaze-gated-seed0', tmp_path, image_count=12, held_out_count=12), HELD_OUT) as frozen:
        with pytest.raises(ConfigError, match="write_gate is 'paid'"):
            frozen.written(frozen.restore().unroll(1, 2))
