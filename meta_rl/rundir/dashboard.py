"""Layout: what TensorBoard shows besides the points: charts side by side, the settings, and the learning set at the end."""
import collections
import io
import os
import struct
import time

import attr
import numpy as np
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.text import plugin_data_pb2 as text_pb2

from meta_rl.config import Config
from meta_rl.psychlab.task import TRIALS
from meta_rl.rundir.curve import ACCURACIES, CORRECT, read_curve
from meta_rl.rundir.curve import columns as columns_of
from meta_rl.rundir.monitor import EPISODES_PER_SECOND, STEPS_PER_SECOND, TAGS
from meta_rl.rundir.saving.checkpoints import QUANTILES
from meta_rl.tf_compat import tf

try:
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams import plugin_data_pb2 as hparams_pb2
except ImportError:  # TensorBoard 1.12 has no such tab, and shows the settings as text only
    hparams_pb2 = None

SETTINGS, FIGURE = 'Settings', 'Harlow/Learning Set'
# The columns of the HParams tab before any is chosen there: it shows five settings, those that "differ" first, and five metrics.
FIRST = 'preset', 'seed', 'episodes', 'learning_rate', 'workers'
LAST = ['return', 'choice_return', 'trial_2', 'trial_6', EPISODES_PER_SECOND]
# What is told in one chart has one unit.
CHARTS = collections.OrderedDict([
    ('Learning', [
        ('Reward', ['return', 'choice_return']),
        ('Accuracy, trial by trial', ACCURACIES),
        ('Value', ['value'])]),
    ('Speed', [
        ('Episodes per second', [EPISODES_PER_SECOND]),
        ('Steps (decisions) per second', [STEPS_PER_SECOND]),
        ('Staleness (updates)', ['staleness']),
        ('Length of an episode (decisions)', ['length'])]),
    ('Losses', [
        ('Value loss', ['value_loss']),
        ('Policy loss', ['policy_loss']),
        ('Entropy', ['entropy']),
        ('Norm of the gradient', ['grad_norm']),
        ('Norm of the weights', ['var_norm'])])])


def _value(tag, plugin, content=b'', text=None):
    """A tf.Summary.Value of a plugin of TensorBoard: `content` is its own message, `text` bytes that it shows, or None."""
    # (A tensor of no numbers is what the hparams plugin has where all is in the metadata.)
    tensor = tf.make_tensor_proto([], tf.float32, [0]) if text is None else tf.make_tensor_proto(text, tf.string)
    data = tf.SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    return tf.Summary.Value(tag=tag, metadata=tf.SummaryMetadata(plugin_data=data), tensor=tensor)


def _charts(trials):
    """layout_pb2.Layout of the Custom Scalars tab. Its tags are regular expressions."""
    charts = CHARTS
    if CORRECT in columns_of(trials):
        charts = collections.OrderedDict(
            (title, [('Accuracy', [CORRECT]) if columns == ACCURACIES else (name, columns) for name, columns in members])
            for title, members in CHARTS.items())
    return layout_pb2.Layout(category=[
        layout_pb2.Category(title=title, chart=[
            layout_pb2.Chart(title=name, multiline=layout_pb2.MultilineChartContent(
                tag=[f'^{TAGS.get(column, column)}$' for column in columns])) for name, columns in members])
        for title, members in charts.items()])


def _table(config):
    """str: the settings as a table in Markdown, with what each is for."""
    rows = ['| setting | value | default | what it is |', '|---|---|---|---|']
    for field in attr.fields(Config):
        values = [repr(value).replace('|', '\\|') for value in (getattr(config, field.name), field.default)]
        rows.append('| {} | `{}` | `{}` | {} |'.format(field.name, values[0], values[1], field.metadata['help'].replace('|', '\\|')))
    return '\n'.join(rows)


def opening(config, trials=TRIALS):
    """tf.Summary of the start of a run: the charts, where an episode has so many trials, and the settings of a Config."""
    text = text_pb2.TextPluginData(version=0).SerializeToString()
    values = [_value('custom_scalars__config__', 'custom_scalars', text=_charts(trials).SerializeToString()),
              _value(SETTINGS, 'text', text, _table(config).encode('utf-8'))]
    if hparams_pb2:
        start = hparams_pb2.SessionStartInfo(start_time_secs=time.time())
        for name, value in attr.asdict(config).items():
            kind = {bool: 'bool_value', str: 'string_value'}.get(type(value), 'number_value')
            setattr(start.hparams[name], kind, value)
        values += [_hparams('experiment', _experiment()), _hparams('session_start_info', start)]
    return tf.Summary(value=values)


def _experiment():
    """api_pb2.Experiment: the settings and metrics there are. TensorBoard takes that of the first run it finds for all of them."""
    kinds = {bool: api_pb2.DATA_TYPE_BOOL, str: api_pb2.DATA_TYPE_STRING}
    experiment = api_pb2.Experiment(metric_infos=[
        api_pb2.MetricInfo(name=api_pb2.MetricName(tag=TAGS.get(column, column))) for column in LAST])
    for field in attr.fields(Config):
        info = experiment.hparam_infos.add(
            name=field.name, description=field.metadata['help'], type=kinds.get(type(field.default), api_pb2.DATA_TYPE_FLOAT64),
            differs=field.name in FIRST)
        info.domain_discrete.extend(field.metadata['choices'] or ())
    return experiment


def _hparams(name, message):
    content = hparams_pb2.HParamsPluginData(version=0, **{name: message}).SerializeToString()
    return _value('_hparams_/' + name, 'hparams', content)


def profiles(curve):
    """How often each trial was right while it trained: float [P, 6] for the sevenths of a run, fewer where a row is longer.

    These are means over training episodes, whose weights change, not the measurements of evaluation.learning_set. A row
    belongs to the seventh that it ends in.

    Args:
      curve: see curve.read_curve.
    """
    ends = curve['episodes']
    number = np.ceil(ends * QUANTILES / ends[-1])
    accuracy, episodes = np.array([curve[name] for name in ACCURACIES]).T, np.diff(np.concatenate([[0], ends]))
    return np.array([np.average(accuracy[number == each], 0, episodes[number == each]) for each in np.unique(number)])


def closing(run, draw):
    """tf.Summary of the end of a run directory: a figure of its learning set, where its curve tells of each trial, and that it has ended.

    draw: function of (profiles, path or binary file, title, labels=list of str) that draws it as PNG.
    """
    curve = read_curve(os.path.join(run, 'curve.csv'))
    values = [] if CORRECT in curve else [_figure(profiles(curve), draw)]
    if hparams_pb2:
        end = hparams_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=time.time())
        values.append(_hparams('session_end_info', end))
    return tf.Summary(value=values)


def _figure(measured, draw):
    png = io.BytesIO()
    draw([measured], png, 'Right while it trained: the mean of each part of the run',
         labels=['part %d of %d' % (part, len(measured)) for part in range(1, len(measured) + 1)])
    width, height = struct.unpack('>II', png.getvalue()[16:24])  # of its header
    return tf.Summary.Value(tag=FIGURE, image=tf.Summary.Image(
        width=width, height=height, colorspace=4, encoded_image_string=png.getvalue()))
