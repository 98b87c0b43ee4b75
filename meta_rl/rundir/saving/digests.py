"""Seals: what tells a checkpoint that is whole from one that a crash, a full disk or a bad disk has left behind.

A checkpoint is TensorFlow's files and a JSON file beside them, written last, with the sha256 of each and of its own content.
TensorFlow's own checksums do not cover the index in full, nor say which files belong together.
"""
import glob
import hashlib
import json
import os

import numpy as np

from meta_rl.config import write_json
from meta_rl.rundir.events import said
from meta_rl.tf_compat import tf

KEY = 'sha256'  # in the JSON file


def write(path, content):
    """Writes `path`.json, with the dict of plain data `content` and the digests of the files of the checkpoint `path`."""
    text = json.dumps(content, sort_keys=True)  # once: what is digested is what is written, whatever changes meanwhile
    digests = dict(_digests(path), json=hashlib.sha256(text.encode()).hexdigest())
    write_json(path + '.json', dict(json.loads(text), **{KEY: digests}))


def read(path):
    """The content that was written beside a checkpoint, a dict. OSError or ValueError where there is none to be read."""
    try:
        with open(path + '.json') as file:
            content = json.load(file)
    except RecursionError:
        raise ValueError('its lists are too deep')
    if not isinstance(content, dict):
        raise ValueError('it is no JSON object')
    content.pop(KEY, None)
    return content


def flaw(path, resumable=True):
    """What is wrong with a checkpoint, as a clause; None where it is whole.

    resumable: also the state of chance has to be there, without which weights can be measured but not trained further.
    """
    if not os.path.exists(path + '.json'):
        return 'its saving was not finished, or only its weights were kept' if resumable else _unreadable(path)
    try:
        with open(path + '.json') as file:
            digests = json.load(file).pop(KEY, None)
        content = read(path)
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        return '{}.json cannot be read: {}'.format(os.path.basename(path), str(error).split('\n')[0])
    if digests is None:  # written before there were any
        return _unreadable(path)
    try:
        found = dict(_digests(path), json=_own_digest(content))
    except OSError as error:
        return f'{os.path.basename(str(error.filename))}: {error.strerror}'
    if not isinstance(digests, dict) or found != digests:
        known = digests if isinstance(digests, dict) else {}
        damaged = sorted(name for name in set(known) | set(found) if known.get(name) != found.get(name))
        names = [os.path.basename(path) + '.' + name for name in damaged]
        return '{} {} not as written'.format(' and '.join(names), 'is' if len(names) == 1 else 'are')
    return None


def not_finite(path):
    """The name of a variable in a checkpoint that has an entry which is no finite number, or None."""
    reader = tf.train.NewCheckpointReader(path)
    for name in sorted(reader.get_variable_to_shape_map()):
        if not np.isfinite(reader.get_tensor(name)).all():
            return name
    return None


def _unreadable(path):
    try:
        not_finite(path)  # reads all of it, by TensorFlow's checksums
    except (tf.errors.OpError, ValueError, TypeError, RuntimeError) as error:  # RuntimeError: the reader of TensorFlow 2
        return said(error)
    return None


def _digests(path):
    files = [name for name in glob.glob(glob.escape(path) + '.*') if name[len(path):].split('-')[0] in ('.index', '.data')
             and '.tempstate' not in name]
    digests = {}
    for name in files:
        with open(name, 'rb') as file:
            digests[name[len(path) + 1:]] = hashlib.sha256(file.read()).hexdigest()
    return digests


def _own_digest(content):
    # Over what is read, not over the bytes: these may be laid out anew. (Python's floats survive being written and read.)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
