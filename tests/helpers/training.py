"""Small runs: made, interrupted, and held to each other."""
import collections
import glob
import json
import os
import signal
import threading

import pytest

from meta_rl import config as config_module
from meta_rl import training
from meta_rl.rundir.monitor import SPEEDS
from meta_rl.rundir.saving import checkpoints, digests
from meta_rl.tf_compat import tf
from meta_rl.worker import Worker


def content(*path):
    with open(os.path.join(*path)) as file:
        return file.read()


def weights(run):
    """{name: array} of the newest checkpoint: also the optimizer's statistics and the count of episodes."""
    reader = tf.train.NewCheckpointReader(checkpoints.latest(run))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def same_weights(one, other):
    one, other = weights(one), weights(other)
    assert one.keys() == other.keys()
    return all((one[name] == other[name]).all() for name in one)


def spy_on_training(monkeypatch, do):
    """Has do(worker, experience, episodes) called after each update."""
    def train(self, experience, session, episodes=0, train=Worker.train):
        losses, counts = train(self, experience, session, episodes)
        do(self, experience, counts.episodes)
        return losses, counts
    monkeypatch.setattr(Worker, 'train', train)


def all_finite(run):
    paths = [path[:-6] for path in glob.glob(os.path.join(run, 'checkpoints', '*.index'))]
    return [os.path.basename(path) for path in paths if digests.not_finite(path) is not None] == [] and len(paths)


def events(folder):
    """All TensorBoard events of a run directory, in the order of the files."""
    return [event for path in sorted(glob.glob(os.path.join(str(folder), 'events.*')))
            for event in tf.train.summary_iterator(path)]


def points(folder):
    """{tag: {step: value}} of the TensorBoard events of a run directory."""
    found = collections.defaultdict(dict)
    for event in events(folder):
        for value in event.summary.value:
            if value.WhichOneof('value') == 'simple_value':
                found[value.tag][event.step] = value.simple_value
    return found


KILLS = int(os.environ.get('KILLS', '3'))
long = pytest.mark.skipif(KILLS < 50, reason='make crashtest does this')


def whole_events(run):
    """The events of a run directory, but for one at the end of a file that a crash cut, which TensorBoard passes over too."""
    for path in sorted(glob.glob(os.path.join(run, 'events.*'))):
        try:
            yield from tf.train.summary_iterator(path)
        except tf.errors.DataLossError as error:
            assert 'truncated' in str(error)


def shown(run):
    """{tag: {step: value}} as TensorBoard shows it: a run that goes on drops what there was of later steps."""
    found = collections.defaultdict(dict)
    for event in whole_events(run):
        if event.HasField('session_log'):
            found = collections.defaultdict(dict, {
                tag: {step: value for step, value in steps.items() if step < event.step} for tag, steps in found.items()})
        for value in event.summary.value:
            if value.tag not in SPEEDS and value.WhichOneof('value') != 'tensor':  # of this machine, and of this start
                figure = value.WhichOneof('value') == 'image'
                found[value.tag][event.step] = value.image.encoded_image_string if figure else value.simple_value
    return found


def same(run, other):
    """Holds two finished runs to each other."""
    assert content(run, 'curve.csv') == content(other, 'curve.csv')
    assert same_weights(run, other)
    assert shown(run) == shown(other) and len(shown(run)) == 17  # points, and the figure at the end
    assert seal_of(run) == seal_of(other)  # every random state, and the sums of the row that is not full


def seal_of(run):
    state = json.loads(content(checkpoints.latest(run, resumable=True) + '.json'))
    return state['sha256']['json']


def interrupt(number):
    """As from outside: it comes to the main thread, wherever that is."""
    signal.pthread_kill(threading.main_thread().ident, number)


def small_run(folder, name=None, **settings):
    """Path of a finished run of a small agent, made in `folder` with its images: a run directory there, or the folder `name`."""
    run = training.run(config_module.from_preset('harlow42', **dict(dict(
        episodes=64, log_every=32, batch=8, image_count=3, width=32, height=32, units=4, embedding=4,
        logdir=os.path.join(str(folder), 'runs'), image_cache=os.path.join(str(folder), 'images')), **settings)))[0]
    if name is not None:
        os.rename(run, os.path.join(str(folder), name))
        run = os.path.join(str(folder), name)
    return run
