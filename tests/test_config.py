"""Config: what is written is read again, what cannot be is refused by name."""
import json
import os

import attr
import pytest

from meta_rl import config
from meta_rl.config import Config, ConfigError

from helpers.settings import other

FIELDS = attr.fields(Config)


def refusal(make, *args, **kwargs):
    """The message of the ConfigError that make(...) raises: one line."""
    with pytest.raises(ConfigError) as caught:
        make(*args, **kwargs)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_every_setting_survives_the_file(tmp_path):
    path = str(tmp_path / 'config.json')
    changed = Config(**{field.name: other(field) for field in FIELDS})
    changed.save(path)
    assert all(getattr(changed, field.name) != field.default for field in FIELDS)
    assert config.load(path) == changed
    with open(path) as file:
        assert json.load(file) == attr.asdict(changed)


def test_settings_that_a_file_lacks_have_their_defaults(tmp_path):
    path = tmp_path / 'config.json'
    path.write_text('{"seed": 7}')
    assert config.load(str(path)) == Config(seed=7)


def test_a_setting_that_is_gone_is_no_fault_where_it_changed_nothing(tmp_path):
    path = tmp_path / 'config.json'
    path.write_text('{"seed": 3, "lost": 0.0}')
    assert config.load(str(path)) == Config(seed=3)
    path.write_text('{"seed": 3, "lost": 0.5}')
    assert 'lost' in refusal(config.load, str(path))


def test_json_is_written_whole_or_not_at_all(tmp_path):
    path = str(tmp_path / 'data.json')
    config.write_json(path, {'a': 1})
    with pytest.raises(TypeError):
        config.write_json(path, {'a': 2, 'b': object()})
    with open(path) as file:
        assert json.load(file) == {'a': 1}
    config.write_json(path, {'a': 3})
    assert os.listdir(str(tmp_path)) == ['data.json']


@pytest.mark.parametrize('name, value, reason', [
    ('episodes', 1.5, 'must be a whole number'), ('episodes', '10', 'must be a whole number'),
    ('episodes', True, 'must be a whole number'), ('episodes', None, 'must be a whole number'),
    ('episodes', 0, 'must be at least 1'), ('seed', -1, 'must be at least 0'), ('seed', 2 ** 31, 'must be at most 2147483647'),
    ('workers', 257, 'must be at most 256'), ('image_count', 1, 'must be at least 2'),
    ('learning_rate', 'fast', 'must be a number'), ('learning_rate', False, 'must be a number'),
    ('learning_rate', float('nan'), 'must be finite'), ('clip_norm', float('inf'), 'must be finite'),
    ('learning_rate', -1e-9, 'must be at least 0'), ('gamma', 1.001, 'must be at most 1'),
    ('gae_lambda', -.1, 'must be at least 0'),
    ('decay', 1, 'must be true or false'), ('decay', 'true', 'must be true or false'), ('logdir', 3, 'must be text'),
    ('optimizer', 'sgd', 'choose from adam, rmsprop'), ('sides', 'left', 'choose from shuffled, independent'),
    ('width', 86, 'multiples of 4'), ('height', 83, 'multiples of 4'), ('width', 12, 'must be at least 16'),
    ('device', 'the GPU', '/device:GPU:0'), ('device', '', '/cpu:0'), ('device', '/tpu:0', '/cpu:0')])
def test_refusals_name_the_setting_the_value_and_the_mend(name, value, reason):
    message = refusal(Config, **{name: value})
    assert message.startswith(f'{name} is ') and reason in message
    assert str(value) in message
    assert refusal(Config().change, **{name: value}) == message


@pytest.mark.parametrize('device', ['/cpu:0', '/device:GPU:0', '/gpu:1', '/device:cpu:0', 'gpu'])
def test_devices_as_tensorflow_names_them(device):
    assert Config(device=device).device == device


@pytest.mark.parametrize('field', [field for field in FIELDS if field.metadata['least'] is not None],
                         ids=lambda field: field.name)
def test_bounds_are_inclusive(field):
    least, most = field.metadata['least'], field.metadata['most']
    assert getattr(Config(**{field.name: least}), field.name) == least
    refusal(Config, **{field.name: least - 1})
    if most is not None:
        assert getattr(Config(**{field.name: most}), field.name) == most
        refusal(Config, **{field.name: most + 1})


def test_a_whole_number_will_do_for_a_real_one():
    assert Config(gamma=1, learning_rate=0).gamma == 1


def test_a_config_stays_as_it_is():
    before = Config()
    assert before.change(seed=3).seed == 3 and before.seed == 0
    with pytest.raises(attr.exceptions.FrozenInstanceError):
        before.seed = 3


def test_there_is_no_such_setting(tmp_path):
    assert 'learning_rat:' in refusal(Config().change, learning_rat=1.)
    path = tmp_path / 'config.json'
    path.write_text('{"seed": 1, "zeal": 2}')
    message = refusal(config.load, str(path))
    assert str(path) in message and 'zeal' in message


@pytest.mark.parametrize('content, reason', [
    (None, 'cannot be read'), ('', 'cannot be read'), ('{"seed": 1', 'cannot be read'), ('[1]', 'JSON object'),
    ('null', 'JSON object'), ('{"seed": "1"}', 'seed is'), ('{"width": 85}', 'multiples of 4')])
def test_files_that_are_no_config(tmp_path, content, reason):
    path = tmp_path / 'config.json'
    if content is not None:
        path.write_text(content)
    message = refusal(config.load, str(path))
    assert str(path) in message and reason in message


@pytest.mark.parametrize('name', sorted(config.PRESETS))
def test_presets(name):
    plain = config.from_preset(name)
    assert plain.preset == name
    assert all(getattr(plain, key) == value for key, value in config.PRESETS[name].items())
    assert config.from_preset(name, seed=5, units=7) == plain.change(seed=5, units=7)


def test_settings_given_win_over_those_of_a_preset(monkeypatch):
    monkeypatch.setitem(config.PRESETS, 'small', {'units': 5, 'seed': 6})
    assert config.from_preset('small', seed=7) == Config(preset='small', units=5, seed=7)


def test_unknown_preset():
    message = refusal(config.from_preset, 'harlow43')
    assert 'harlow43' in message and 'harlow42' in message


def test_master_is_what_was_published():
    """Out of the published code and the notes on it: what it was told, and how it learned."""
    c = config.from_preset('master')
    assert (c.image_count, c.units, c.embedding, c.batch, c.late) == (42, 48, 0, 1, True)
    assert (c.optimizer, c.learning_rate, c.decay, c.gamma, c.gae_lambda) == ('rmsprop', 1e-3, False, .9, 1.)
    assert (c.value_coef, c.entropy_coef, c.clip_norm) == (.05, .05, 999.)
    assert (c.reward_scale, c.timestep_scale, c.sides) == (1., 1., 'shuffled')


def test_dev_is_what_was_published():
    """Branch dev: two convolutions without activations on raw frames, two LSTMs, its own discount and learning rate."""
    c = config.from_preset('dev')
    assert (c.observation, c.encoder, c.embedding, c.units, c.second_units) == ('pixels', 'wang', 256, 256, 64)
    assert (c.conv_activations, c.scaled_pixels, c.normalizer, c.late) == (False, False, 'none', True)
    assert (c.optimizer, c.learning_rate, c.decay, c.gamma, c.clip_norm) == ('rmsprop', 7e-4, False, .91, 999.)
    assert c.batch == 1 and c.workers > 1


@pytest.mark.parametrize('observation', ['pixels', 'crops'])
def test_pixels_need_features(observation):
    assert refusal(Config, observation=observation, embedding=0).startswith(f'embedding is 0: {observation}')


def test_frames_too_small_for_the_convolutions():
    assert '20 pixels' in refusal(Config, observation='pixels', width=16, height=32)


@pytest.mark.parametrize('name', sorted(config.PRESETS))
def test_every_preset_can_be_made(name):
    assert config.from_preset(name, seed=3).seed == 3 and config.from_preset(name).preset == name
