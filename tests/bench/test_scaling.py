"""The measurements of `bench --backends`, by what can be worked out by hand."""
import os
import shutil
import subprocess
import sys

import pytest

from meta_rl.bench import scaling
from meta_rl.config import ConfigError

from helpers.labs import TESTS

WEIGHTS = 42 * 32 + (2 * 32 + 2 + 1 + 1 + 48) * 4 * 48 + 4 * 48 + 48 * 2 + 48  # of harlow42: embedding, LSTM, policy, value


def test_the_share_that_is_not_tensorflow():
    assert 0 < scaling.held_share(320) < 1


# In a network namespace of its own, where nobody else talks; its loopback device is yet to be switched on.
ALONE = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']


@pytest.mark.slow
def test_an_update_is_the_gradients_one_way_and_the_weights_the_other():
    if not shutil.which('unshare') or subprocess.call(ALONE + ['true'], stderr=subprocess.DEVNULL):
        pytest.skip('network namespaces cannot be made here: that takes Linux, util-linux and iproute2')
    told = subprocess.check_output(ALONE + [sys.executable, '-c', 'from meta_rl.bench import scaling; print(*scaling.update_cost())'],
                                   env=dict(os.environ, PYTHONPATH=os.path.dirname(TESTS)))
    sent, used = map(float, told.split())
    assert 2 * 4 * WEIGHTS < sent < 1.5 * 2 * 4 * WEIGHTS and 0 < used < 1


def test_a_run_that_fails_is_no_measurement_and_says_why(monkeypatch):
    monkeypatch.setattr(scaling, 'EPISODES', 0)
    with pytest.raises(ConfigError, match='ended with status 2. harlow.py train: episodes is 0'):
        scaling.speed('threads', 1)
