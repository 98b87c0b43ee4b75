"""Stops of every kind, at any moment: what goes on is, bit for bit, the run that never stopped.

`make crashtest` kills 200 times (KILLS=200), the ordinary tests three times; what takes long is left to it, too.
"""
import json
import os
import signal
import subprocess
import sys

import pytest

import harlow
from meta_rl import config as config_module
from meta_rl import training
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints
from meta_rl.rundir.saving.checkpoints import Checkpoints
from meta_rl.worker import Worker

from helpers.labs import TESTS
from helpers.programs.runs import BACKENDS, TINY, Run, until
from helpers.training import KILLS, interrupt, long, same, spy_on_training

linux = pytest.mark.skipif(not hasattr(os, 'fork') or not os.path.isdir('/proc/self/fd'), reason='forks, and reads /proc')


@pytest.mark.slow
@pytest.mark.parametrize('update, number', [(1, signal.SIGINT), (4, signal.SIGTERM), (17, signal.SIGINT), (35, signal.SIGTERM)])
def test_stopped_after_any_update(tiny, whole, monkeypatch, update, number):
    coordinators = []

    def stop(worker, rollout, episodes):
        if episodes == 32 * update:
            interrupt(number)
            assert coordinators[0].wait_for_stop(30)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, 'work', lambda self, session, coordinator, report, work=Worker.work: (
            coordinators.append(coordinator), work(self, session, coordinator, report)))
        spy_on_training(patch, stop)
        with pytest.raises(training.Interrupted) as caught:
            training.run(tiny())
    run = caught.value.run
    assert caught.value.resumable and not caught.value.reason and checkpoints.latest(run).endswith('model-%d' % (32 * update))
    training.run(config_module.load(os.path.join(run, 'config.json')), run)
    same(run, whole[0])


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signals_while_saving_lose_nothing(tiny, monkeypatch, number, capfd):
    """At the end, too, where there is none before it."""
    def save(self, session, state, save=Checkpoints.save):
        for _ in range(3):
            interrupt(number)
        save(self, session, state)
        interrupt(number)
    monkeypatch.setattr(Checkpoints, 'save', save)
    before = signal.getsignal(number)
    run, _, _ = training.run(tiny(episodes=96, checkpoint_every=10 ** 9))
    assert signal.getsignal(number) == before
    assert checkpoints.latest(run, resumable=True).endswith('model-96')
    assert capfd.readouterr().err.count('Already stopping, and saving') == 4


def test_a_signal_that_is_ignored_stays_so(tiny, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as nohup does, and a shell for what runs in the background
    try:
        spy_on_training(monkeypatch, lambda worker, rollout, episodes: interrupt(signal.SIGINT))
        run, _, _ = training.run(tiny(episodes=96))
    finally:
        signal.signal(signal.SIGINT, before)
    assert checkpoints.latest(run).endswith('model-96')


@linux
@long
def test_ctrl_c_sigterm_and_kill_9_of_one_run(tmp_path, monkeypatch):
    """With processes of their own, at whatever moment it comes to be."""
    flags = TINY + ['--log-every', '80', '--checkpoint-every', '160', '--decay', 'false']
    run = Run(tmp_path, '--episodes', '1000000', *flags)
    directory, rows = run.directory(), 0
    try:
        for number, status in ((signal.SIGINT, 130), (signal.SIGKILL, -9), (signal.SIGTERM, 130)):
            path = os.path.join(directory, 'curve.csv')
            until(lambda: os.path.exists(path) and len(read_curve(path)['episodes']) > rows + 5, what=run.log)
            run.process.send_signal(number)
            assert run.status() == status and 'Traceback' not in run.log()
            rows = len(read_curve(path)['episodes'])
            run = Run(tmp_path, '--resume', directory)
            run.says('Training')
        rows = len(read_curve(path)['episodes'])
        until(lambda: len(read_curve(path)['episodes']) > rows, what=run.log)
    finally:
        run.kill()
    monkeypatch.chdir(tmp_path)
    end = str(checkpoints.episodes_of(checkpoints.latest(directory)) + 104)
    assert harlow.main(['train', '--resume', directory, '--episodes', end]) == 0
    assert harlow.main(['train', '--logdir', 'whole', '--episodes', end] + flags) == 0
    same(directory, os.path.join('whole', os.listdir('whole')[0]))


@linux
@pytest.mark.parametrize('backend', BACKENDS)
def test_kill_9_at_random_moments(tmp_path, backend):
    """Of the process that records; where workers are processes, whose start takes seconds, a tenth as often."""
    if backend and KILLS < 50:
        pytest.skip('make crashtest does this')
    kills = KILLS // 10 if backend else KILLS
    done = subprocess.run([sys.executable, os.path.join(TESTS, 'helpers', 'programs', 'crashes.py'), str(tmp_path), str(kills), '1'] + backend,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    assert done.returncode == 0, done.stdout
    result = json.loads(done.stdout.splitlines()[-1])
    assert result['kills'] == kills
    same(str(tmp_path / result['run']), str(tmp_path / result['whole']))
    print('%s: %d kills survived, in a run of %d episodes' % ((backend or ['', 'threads'])[1], kills, result['episodes']))
