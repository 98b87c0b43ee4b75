"""What tf_compat does to TensorFlow while it imports it."""
import gc
import importlib.util
import os
import subprocess
import sys

import pytest

from meta_rl import tf_compat
from meta_rl.tf_compat import IS_V1

from helpers.programs.runs import ROOT

ASKED = 'TF_USE_LEGACY_KERAS'
KERAS_LATER = '''
import os, sys
from meta_rl import tf_compat
assert 'keras' not in sys.modules and 'matplotlib' not in sys.modules
assert 'TF_USE_LEGACY_KERAS' not in os.environ
import tensorflow
assert all(tensorflow.__path__)
from tensorflow.keras import layers
assert tensorflow.keras.layers.Dense is layers.Dense and layers.Dense.__module__.startswith('keras.src')
'''


@pytest.mark.slow
@pytest.mark.skipif(IS_V1, reason='Keras is a part of it')
def test_keras_comes_when_it_is_asked_for_and_not_before():
    environment = {name: value for name, value in os.environ.items() if name != ASKED}
    subprocess.run([sys.executable, '-c', KERAS_LATER], cwd=ROOT, env=environment, check=True, timeout=300)


def test_what_was_asked_of_keras_outside_is_left_alone(monkeypatch):
    monkeypatch.delenv(ASKED, raising=False)
    with tf_compat._keras_later():
        assert os.environ.get(ASKED) == '1' or importlib.util.find_spec('tf_keras')
    assert ASKED not in os.environ
    monkeypatch.setenv(ASKED, 'false')
    with tf_compat._keras_later():
        assert os.environ[ASKED] == 'false'
    assert os.environ[ASKED] == 'false'


@pytest.mark.skipif(not hasattr(gc, 'freeze'), reason='Python 3.6 cannot leave anything out')
def test_what_is_imported_is_left_out_where_garbage_is_looked_for():
    assert gc.isenabled() and gc.get_freeze_count() > 50000
    before = gc.get_freeze_count()
    gc.disable()
    try:
        with tf_compat._kept():  # whoever has switched it off keeps it off, and nothing is left out
            pass
        assert not gc.isenabled() and gc.get_freeze_count() == before
    finally:
        gc.enable()
