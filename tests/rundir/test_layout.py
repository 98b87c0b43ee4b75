"""Layout: TensorBoard's own readers find charts of points that there are, the settings, and a figure of the curve."""
import glob
import io
import os
import re

import attr
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2

from meta_rl import config as config_module
from meta_rl import training
from meta_rl.config import Config
from meta_rl.figures import plotting
from meta_rl.rundir import dashboard
from meta_rl.rundir.curve import ACCURACIES, COLUMNS, read_curve
from meta_rl.tf_compat import IS_V1

try:
    from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
except ImportError:
    plugin_data_pb2 = None
hparams = pytest.mark.skipif(plugin_data_pb2 is None, reason='this TensorBoard has no HParams tab')


def read(run):
    """EventAccumulator of a run directory."""
    return EventAccumulator(run, size_guidance={'images': 0, 'tensors': 0, 'scalars': 0}).Reload()


@pytest.fixture(scope='module')
def shown(whole):
    return read(whole[0])


def text_of(shown, tag):
    """bytes [steps] of the texts of a tag."""
    return [event.tensor_proto.string_val[0] for event in shown.Tensors(tag)]


def test_every_point_is_in_one_chart_and_every_chart_has_points(shown):
    charts, = text_of(shown, 'custom_scalars__config__')
    named = [tag for category in layout_pb2.Layout.FromString(charts).category for chart in category.chart
             for tag in chart.multiline.tag]
    points = shown.Tags()['scalars']
    found = [[point for point in points if re.match(tag, point)] for tag in named]
    assert all(len(each) == 1 for each in found) and sorted(sum(found, [])) == sorted(points) and len(points) == 18
    assert 'custom_scalars__config__' in shown.PluginTagToContent('custom_scalars')


def test_what_is_in_a_chart_has_one_unit():
    grouped = [columns for charts in dashboard.CHARTS.values() for _, columns in charts if len(columns) > 1]
    assert grouped == [['return', 'choice_return'], ACCURACIES]


def test_the_settings_are_a_table(tiny, shown):
    assert 'Settings' in shown.PluginTagToContent('text')
    table, = text_of(shown, 'Settings')
    rows = [re.split(r'(?<!\\)\|', row)[1:-1] for row in table.decode('utf-8').splitlines()]
    assert [cell.strip() for cell in rows[0]] == ['setting', 'value', 'default', 'what it is'] and set(map(len, rows)) == {4}
    told = {row[0].strip(): (row[1].strip(), row[2].strip()) for row in rows[2:]}
    assert told == {name: tuple(f'`{getattr(each, name)!r}`' for each in (tiny(), Config())) for name in config_module.NAMES}
    assert told['episodes'] == ('`1152`', '`100000`')


def test_a_bar_in_a_setting_does_not_end_its_cell():
    value = dashboard.opening(Config(images='a|b')).value[1]
    assert "| images | `'a\\|b'` |" in value.tensor.string_val[0].decode()


@hparams
def test_the_hparams_tab(tiny, shown):
    contents = shown.PluginTagToContent('hparams')
    start, end, experiment = [getattr(plugin_data_pb2.HParamsPluginData.FromString(contents['_hparams_/' + name]), name)
                              for name in ('session_start_info', 'session_end_info', 'experiment')]
    told = {name: getattr(value, value.WhichOneof('kind')) for name, value in start.hparams.items()}
    assert told == attr.asdict(tiny()) and told['decay'] is True and told['seed'] == 5 and told['learning_rate'] == 5e-3
    assert end.status == api_pb2.STATUS_SUCCESS and 0 < end.end_time_secs - start.start_time_secs < 1000
    kinds = {bool: api_pb2.DATA_TYPE_BOOL, str: api_pb2.DATA_TYPE_STRING, int: api_pb2.DATA_TYPE_FLOAT64,
             float: api_pb2.DATA_TYPE_FLOAT64}
    assert [(info.name, info.type) for info in experiment.hparam_infos] == [
        (field.name, kinds[type(field.default)]) for field in attr.fields(Config)]
    metrics = [info.name.tag for info in experiment.metric_infos]
    assert metrics[0] == 'Perf/Reward' and len(metrics) == 5 and set(metrics) < set(shown.Tags()['scalars'])


@hparams
def test_a_run_that_was_stopped_has_not_ended(tiny, monkeypatch):
    monkeypatch.setattr(training, '_train', lambda *_: (_ for _ in ()).throw(training.Interrupted('there')))
    before = set(glob.glob(os.path.join(tiny().logdir, '*')))
    with pytest.raises(training.Interrupted):
        training.run(tiny(seed=8))
    run, = set(glob.glob(os.path.join(tiny().logdir, '*'))) - before
    assert set(read(run).PluginTagToContent('hparams')) == {'_hparams_/session_start_info', '_hparams_/experiment'}


def test_the_first_thing_there_is_the_layout(whole):
    """So that TensorBoard shows it before the first row is there."""
    from helpers.training import events
    told = [[value.tag for value in event.summary.value] for event in events(whole[0])][1]
    assert told[:2] == ['custom_scalars__config__', 'Settings'] and len(told) == (2 if IS_V1 else 4)


# ---- the figure ----

def curve(episodes, accuracy):
    """A curve of these rows, with the accuracy of trial 1; those of the others are 0."""
    made = {name: np.zeros(len(episodes)) for name in COLUMNS}
    made.update(episodes=np.array(episodes, float), trial_1=np.array(accuracy, float))
    return made


@pytest.mark.parametrize('episodes, accuracy, expected', [
    (range(1, 15), range(14), [.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5]), (range(10, 71, 10), range(7), range(7)),
    ([10], [.5], [.5]), ([10, 40, 70], [1, 2, 3], [1, 2, 3]),
    ([8, 10, 12, 84], [1, 2, 6, 5], [(8 * 1 + 2 * 2 + 2 * 6) / 12., 5]),  # by the episodes that a row is the mean of
    ([7, 13, 19, 20], [1, 2, 3, 4], [1, 2, (6 * 3 + 4) / 7.])])
def test_profiles_are_means_over_sevenths(episodes, accuracy, expected):
    made = dashboard.profiles(curve(list(episodes), list(accuracy)))
    assert made.shape == (len(expected), 6) and not made[:, 1:].any()
    assert made[:, 0].tolist() == pytest.approx(list(expected))


def test_the_figure_shows_the_profiles_of_the_curve(whole, shown, monkeypatch):
    event, = shown.Images('Harlow/Learning Set')
    assert event.step == 1152
    with Image.open(io.BytesIO(event.encoded_image_string)) as image:
        assert image.format == 'PNG' and image.size == (event.width, event.height) == (900, 540)
        assert len(set(image.convert('L').getdata())) > 20
    drawn = []
    monkeypatch.setattr(plotting, 'save', lambda figure, path: drawn.append(figure) or path.write(event.encoded_image_string))
    dashboard.closing(whole[0], plotting.learning_set)
    lines = [line for line in drawn[0].axes[0].lines if len(line.get_ydata()) == 6]
    assert [line.get_ydata().tolist() for line in lines] == [
        pytest.approx(row) for row in 100 * dashboard.profiles(read_curve(os.path.join(whole[0], 'curve.csv')))]
    legend = [text.get_text() for text in drawn[0].axes[0].get_legend().get_texts()]
    assert legend == ['part %d of 7' % part for part in range(1, 8)]
    assert 'while it trained' in drawn[0].axes[0].get_title()  # not with frozen weights


@pytest.mark.slow
def test_a_run_made_longer_has_a_figure_of_each_end(tiny, tmp_path):
    config = tiny(episodes=64, logdir=str(tmp_path), log_every=32)
    run, _, _ = training.run(config)
    training.run(config.change(episodes=128), run)
    shown = read(run)
    assert [event.step for event in shown.Images('Harlow/Learning Set')] == [64, 128]
    assert "| episodes | `128` |" in text_of(shown, 'Settings')[-1].decode('utf-8')
