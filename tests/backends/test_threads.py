"""Threads: slow labs are waited for, and nothing is left open where the construction fails."""
import threading
import time

import pytest

from meta_rl import agents, apart, onednn, psychlab
from meta_rl import config as config_module
from meta_rl.backends.threads import Threads
from meta_rl.config import ConfigError
from meta_rl.tf_compat import tf

TINY = dict(image_count=3, width=32, height=32, units=4, embedding=4, batch=2)


def test_an_unroll_that_takes_longer_than_tensorflow_waits_is_waited_for(monkeypatch):
    """Its Coordinator waits for 120 s; here for .2 s where nothing else is said."""
    def join(self, threads, stop_grace_period_secs=.2, join=tf.train.Coordinator.join, **others):
        return join(self, threads, stop_grace_period_secs=stop_grace_period_secs, **others)
    monkeypatch.setattr(tf.train.Coordinator, 'join', join)
    ended = []

    class Network:
        scope = 'worker_0'

    class Slow:
        network = Network()

        def work(self, session, coordinator, report):
            coordinator.request_stop()
            time.sleep(1.)
            ended.append(True)

    class Recorder:
        done = over = False
        lock = threading.Lock()

    backend = Threads.__new__(Threads)
    backend._workers = [Slow()]
    backend.train(None, Recorder(), None)
    assert ended


@pytest.mark.parametrize('preset', ['harlow42', 'gaze'])
def test_where_the_second_worker_fails_the_labs_of_the_first_are_closed(monkeypatch, preset):
    open_labs = []

    class Counted(psychlab.Lab):
        def __init__(self, *args):
            if len(open_labs) == 3:
                raise RuntimeError('no memory left')
            super().__init__(*args)
            open_labs.append(self)

        def close(self):
            open_labs.remove(self)
            return super().close()
    monkeypatch.setattr(psychlab, 'Lab', Counted)
    with pytest.raises(ConfigError, match='no memory left'):
        Threads(config_module.from_preset(preset, workers=2, **TINY), 'dummy')
    assert open_labs == []


def test_where_the_network_cannot_be_built_the_labs_are_closed(monkeypatch):
    closed = []
    monkeypatch.setattr(psychlab.Lab, 'close', lambda self: closed.append(self))
    monkeypatch.setattr(agents, 'make_worker', lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Threads(config_module.from_preset('harlow42', **TINY), 'dummy')
    assert len(closed) == 2


@pytest.mark.parametrize('preset, wanted', [('wang2018', '1'), ('harlow42', '0')])
def test_what_bench_and_figures_train_has_its_own_onednn(monkeypatch, preset, wanted):
    for name in (onednn.VARIABLE, onednn._BY_US):
        monkeypatch.delenv(name, raising=False)
    onednn.choose_none()
    started = []

    def run(command, input, env):
        started.append(env[onednn.VARIABLE])
        with open(command[-1], 'w') as file:
            file.write('["runs/x", 1.5, 2.5]')
        return type('Done', (), {'returncode': 0})
    monkeypatch.setattr(apart.subprocess, 'run', run)
    assert apart.train(config_module.from_preset(preset)) == ('runs/x', 1.5, 2.5)
    assert started == [wanted]


@pytest.mark.slow
def test_training_apart_is_training(tmp_path):
    config = config_module.from_preset('harlow42', episodes=8, logdir=str(tmp_path), image_cache=str(tmp_path / 'images'), **TINY)
    run, mean_return, seconds = apart.train(config)
    assert run.startswith(str(tmp_path)) and -30 <= mean_return <= 30 and seconds > 0


@pytest.mark.parametrize('preset', ['harlow42', 'gaze'])
def test_the_shared_network_is_there_for_its_weights_alone(preset):
    backend = Threads(config_module.from_preset(preset, **TINY), 'dummy')
    try:
        shared = [operation for operation in backend.graph.get_operations() if operation.name.startswith('global/')]
        assert not [operation.name for operation in shared if operation.type in ('Placeholder', 'MatMul', 'Softmax')]
        assert [variable.op.name.split('/', 1)[1] for variable in backend.variables] == [
            variable.op.name.split('/', 1)[1] for variable in backend._workers[0].network.variables]
    finally:
        backend.close()
