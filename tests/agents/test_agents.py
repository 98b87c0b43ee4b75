"""Agents: what a Config asks for, and what is refused: settings that nothing would use, and those that do not go together."""
import attr
import numpy as np
import pytest

from meta_rl import agents, onednn, training
from meta_rl import config as config_module
from meta_rl.config import Config, ConfigError
from meta_rl.nets.contract import LossSpec
from meta_rl.settings.presets import PRESETS
from meta_rl.tf_compat import session_of, tf

from helpers.settings import other

IGNORED_BY_GAZE = ('prev_reward', 'prev_action', 'timestep', 'memory', 'reward_scale', 'timestep_scale', 'normalizer', 'encoder',
                   'action_scale', 'late', 'scaled_pixels', 'conv_activations')
OF_GAZE = ('repeat', 'push', 'momentum', 'unroll', 'spawn_grid', 'training_frames', 'coin_start', 'coin_episodes',
           'coin_share', 'teacher_episodes', 'memory_units', 'places', 'fovea_width', 'fovea_top',
           'fovea_bottom')


def changed(preset, name):
    field, = [field for field in attr.fields(Config) if field.name == name]
    return config_module.from_preset(preset, **{name: other(field)})


@pytest.mark.parametrize('name', IGNORED_BY_GAZE)
def test_what_the_gaze_agent_does_not_use_is_refused(name):
    with pytest.raises(ConfigError, match=f"^{name} is .*, but only agents of control 'decisions' use it: leave it out.$"):
        agents.check_given(changed('gaze', name))


@pytest.mark.parametrize('name', OF_GAZE)
def test_what_agents_that_decide_do_not_use_is_refused(name):
    with pytest.raises(ConfigError, match=f"^{name} is .*, but only agents of control 'gaze' use it: leave it out.$"):
        agents.check_given(changed('harlow42', name))


@pytest.mark.parametrize('settings, words', [
    ({'encoder': 'halves'}, "encoder is 'halves', but only agents that see 'pixels' use it"),
    ({'normalizer': 'layer'}, "only agents that see 'pixels' or 'crops' use it"),
    ({'observation': 'pixels', 'encoder': 'halves', 'conv_activations': False}, "by encoder 'wang' use it"),
    ({'prev_reward': False, 'reward_scale': .5}, 'only agents that are told the previous reward use it'),
    ({'timestep': False, 'timestep_scale': .5}, 'only agents that are told the timestep use it'),
    ({'embedding': 0, 'embedding_scale': .5}, 'only agents with an embedding use it'),
    ({'ps': 2}, "ps is 2, but only runs with the backend 'processes' use it"),
    ({'ray_address': 'auto'}, "only runs with the backend 'ray' use it")])
def test_what_else_would_not_be_used_is_refused(settings, words):
    with pytest.raises(ConfigError) as caught:
        agents.check_given(config_module.from_preset('harlow42', **settings))
    assert words in str(caught.value)


def test_a_clock_is_for_those_who_are_told_their_wait():
    with pytest.raises(ConfigError, match="wait_digits is 3, but only agents with 'waited' use it"):
        agents.check_given(config_module.from_preset('gaze-flat', wait_digits=3))
    agents.check_given(config_module.from_preset('gaze-flat', wait_digits=3, waited=True))


def test_only_a_learned_gate_has_a_share():
    with pytest.raises(ConfigError, match="write_share is 0.3, but only agents with write_gate 'learned' use it"):
        agents.check_given(config_module.from_preset('gaze-flat', write_share=.3))
    agents.check_given(config_module.from_preset('gaze-flat', write_share=.3, write_gate='learned'))


def test_two_lstms_of_the_gaze_read_what_is_lit_and_have_no_slow_one():
    agents.check(config_module.from_preset('gaze', second_units=64))
    with pytest.raises(ConfigError, match="second_units is 64 and image_gate 'paid'"):
        agents.check(config_module.from_preset('gaze-gated', second_units=64))
    with pytest.raises(ConfigError, match="write_gate is 'learned', but only agents without second_units use it"):
        agents.check_given(config_module.from_preset('gaze-gated', second_units=64, image_gate='lit', write_gate='learned'))


@pytest.mark.parametrize('settings, shapes', [
    ({'waited': False}, {'memory': 22, 'lstm': 17}), ({'wait_digits': 0}, {'memory': 22, 'lstm': 19}),
    ({}, {'memory': 22, 'lstm': 25}), ({'write_gate': 'learned'}, {'memory': 22, 'lstm': 25, 'gate_hidden': 9}),
    ({'second_units': 3, 'image_gate': 'lit'}, {'lstm': 19, 'lstm2': 26})])
def test_the_gaze_has_the_memory_that_is_asked_for(settings, shapes):
    """By what each part is given: 14 features of images, 4 of places, 3 actions, a reward, and what other parts hold."""
    config = config_module.from_preset('gaze-gated', **dict(dict(embedding=7, places=4, units=5, memory_units=9), **settings))
    with tf.Graph().as_default():
        variables = agents.make_network(config, 'global').variables
    names = [variable.op.name.split('/')[1:] for variable in variables]
    assert {name[0]: int(variable.shape[0]) for name, variable in zip(names, variables)
            if name[-1] in ('input_kernel', 'kernel') and name[0] not in ('dense', 'where', 'gate')} == shapes


def test_each_setting_of_the_losses_is_told_the_network_as_what_it_is(monkeypatch):
    monkeypatch.setattr(agents, 'AC_Network', lambda *_, **told: told['loss'])
    settings = dict(value_coef=.7, entropy_coef=.2, clip_norm=3., entropy_episodes=5, ratio_clip=.4, choice_entropy=.6, twins=.9, write_share=.15)
    assert agents.make_network(config_module.from_preset('gaze', teacher_episodes=9, **settings), 'global') == LossSpec(
        value_coef=.7, entropy_coef=.2, clip_norm=3., imitation=True, entropy_falls=True, ratio_clip=.4, choice_entropy=.6, twins=.9,
        write_share=.15)
    assert agents.make_network(config_module.from_preset('gaze'), 'global')[3:5] == (False, False)


@pytest.mark.parametrize('gate', ['paid', 'lit'])
def test_a_dark_view_has_features_of_images_unless_they_are_to_be_lit(gate):
    config = config_module.from_preset('gaze', embedding=3, places=4, image_gate=gate)
    with tf.Graph().as_default() as graph, session_of(graph) as session:
        network = agents.make_network(config, 'global')
        session.run(tf.global_variables_initializer())
        views = np.full((2,) + agents.of(config).spec(config).shape, [[[[5]]], [[[200]]]], np.uint8)
        features = network.encode(session, views)[:, :6]
    assert features[1].all() and features[0].any() == (gate == 'paid')


def test_a_span_is_of_the_slow_lstm():
    found = []
    for span in (0., 60.):
        with tf.Graph().as_default() as graph, session_of(graph) as session:
            network = agents.make_network(config_module.from_preset('gaze', memory_units=4, forget_span=span), 'global')
            session.run(tf.global_variables_initializer())
            found.append(session.run([variable for variable in network.variables if variable.op.name == 'global/memory/bias'])[0][8:12])
    np.testing.assert_allclose(found, [[1] * 4, np.linspace(0, np.log(59), 4)], rtol=1e-5)


@pytest.mark.parametrize('name', sorted(PRESETS))
def test_presets_are_made_of_what_is_used(name):
    config = config_module.from_preset(name)
    agents.check(config)
    agents.check_given(config)
    # And without the preset's name, settings of it that nothing uses would show.
    agents.check_given(config.change(preset='harlow42'))


def test_a_refusal_leaves_nothing_behind(tmp_path):
    with pytest.raises(ConfigError, match='late is True'):
        training.run(config_module.from_preset('gaze', late=True, logdir=str(tmp_path / 'runs'), image_cache=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('settings, words', [
    ({'observation': 'onehot'}, "observation is 'onehot'"), ({'lab': 'deepmind'}, "lab is 'deepmind'"),
    ({'coin_start': 50, 'coin_episodes': 50}, 'coin_start is 50: it must be less than coin_episodes, 50'),
    ({'fovea_top': .72}, 'fovea_top and fovea_bottom are 0.72 and 0.72: no row lies between them in frames of 84 rows'),
    ({'fovea_top': .8, 'fovea_bottom': .2}, 'fovea_top and fovea_bottom are 0.8 and 0.2: no row lies between them'),
    ({'fovea_bottom': .3}, 'no row lies between them in frames of 84 rows, of which 4 are one; move them apart'),
    ({'fovea_width': .01}, 'fovea_width is 0.01: that is no column of frames that are 84 wide, of which 2 are one; choose more'),
    ({'fovea_top': .52, 'fovea_bottom': .58, 'height': 20}, 'no row lies between them in frames of 20 rows')])
def test_what_does_not_go_together(settings, words):
    with pytest.raises(ConfigError, match=words):
        agents.check(config_module.from_preset('gaze', **settings))


def test_without_its_helps_the_gaze_agent_may_be_trained_in_the_real_lab():
    agents.check(config_module.from_preset('gaze', lab='deepmind', spawn_grid=False, coin_start=0, coin_episodes=0))


@pytest.mark.parametrize('name, value', [('fovea_top', -.1), ('fovea_width', 2), ('fovea_bottom', 1.1), ('coin_share', 1.5), ('fovea_top', 'high')])
def test_parts_of_a_frame_and_of_environments_are_between_0_and_1(name, value):
    with pytest.raises(ConfigError, match=f'^{name} is .*: it must be '):
        config_module.from_preset('gaze', **{name: value})


@pytest.mark.parametrize('preset, wanted', [
    ('wang2018', '1'), ('dev', '1'), ('gaze', '1'), ('harlow42', '0'), ('pixels', '0'), ('two-step', '0')])
def test_onednn_is_for_large_networks(monkeypatch, preset, wanted):
    for name in (onednn.VARIABLE, onednn._BY_US):
        monkeypatch.delenv(name, raising=False)
    config = config_module.from_preset(preset)
    assert onednn.environment(config)[onednn.VARIABLE] == wanted
    onednn.choose_none()  # what a process has that has chosen for no agent
    assert onednn.environment(config)[onednn.VARIABLE] == wanted


def test_what_the_user_says_of_onednn_stands(monkeypatch):
    monkeypatch.delenv(onednn._BY_US, raising=False)
    monkeypatch.setenv(onednn.VARIABLE, '0')
    assert onednn.environment(config_module.from_preset('wang2018'))[onednn.VARIABLE] == '0'


def test_a_machine_of_a_cluster_starts_anew_with_what_its_agent_wants(monkeypatch):
    started = []
    monkeypatch.setattr(onednn.os, 'execve', lambda path, command, environment: started.append(environment[onednn.VARIABLE]))
    monkeypatch.delenv(onednn.VARIABLE, raising=False)
    onednn.choose_none()
    onednn.start_anew_unless_chosen(config_module.from_preset('harlow42'))
    assert started == []
    onednn.start_anew_unless_chosen(config_module.from_preset('wang2018'))
    assert started == ['1']


@pytest.mark.parametrize('name', ['harlow42', 'two-step', 'bandit-independent', 'gaze'])
def test_every_agent_learns_as_it_is_told(name):
    told = dict(passes=5, minibatches=2, gamma=.7, gae_lambda=.6, entropy_episodes=77)
    config = config_module.from_preset(name, **told)
    assert {setting: getattr(agents.of(config).learning(config), setting) for setting in told} == told
