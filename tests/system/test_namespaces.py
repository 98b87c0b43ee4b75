"""Two machines, as two network namespaces with a cable between them: each has its own addresses, and no way but that cable."""
import os
import shutil
import signal
import subprocess

import pytest

from meta_rl.rundir.curve import read_curve

from helpers.programs.runs import TINY, Run, until

NAMES = ['harlow-test-%d-%s' % (os.getpid(), end) for end in 'ab']


def ip(*arguments):
    return subprocess.call(('ip',) + arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


@pytest.fixture
def machines():
    """Names of two namespaces, 10.77.41.1 and 10.77.41.2."""
    if not shutil.which('ip') or not ip('netns', 'add', NAMES[0]):
        pytest.skip('network namespaces cannot be made here: that takes root and iproute2')
    try:
        ends = ['hv%d%s' % (os.getpid() % 10 ** 6, end) for end in 'ab']
        assert ip('netns', 'add', NAMES[1]) and ip('link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1])
        for number, (name, end) in enumerate(zip(NAMES, ends), 1):
            assert ip('link', 'set', end, 'netns', name)
            assert ip('-n', name, 'addr', 'add', '10.77.41.%d/24' % number, 'dev', end)
            assert ip('-n', name, 'link', 'set', end, 'up') and ip('-n', name, 'link', 'set', 'lo', 'up')
        yield NAMES
    finally:
        for name in NAMES:
            ip('netns', 'del', name)


@pytest.mark.slow
def test_two_machines_train_one_agent(machines, tmp_path):
    """A server and a worker on each."""
    (tmp_path / 'cluster.json').write_text(
        '{"ps": ["10.77.41.1:2222", "10.77.41.2:2222"], "worker": ["10.77.41.1", "10.77.41.2"]}')
    runs = {}
    try:
        for machine, job, task in ((1, 'worker', 1), (1, 'ps', 1), (0, 'worker', 0), (0, 'ps', 0)):
            flags = ['--cluster', 'cluster.json', '--job', job, '--task', str(task)]
            if (job, task) == ('ps', 0):
                flags += TINY + ['--episodes', '1000000000', '--log-every', '80']
            runs[job, task] = Run(tmp_path, *flags, before=['ip', 'netns', 'exec', machines[machine]])
        for task in (0, 1):
            runs['worker', task].says('Worker %d has joined the run at 10.77.41.1:2222' % task)
        head = runs['ps', 0]
        path = os.path.join(head.directory(), 'curve.csv')
        # Each learns from the other's updates: with two at it, one has always been between copying and sending.
        until(lambda: os.path.exists(path) and len(read_curve(path)['episodes']) > 40, what=head.log)
        assert read_curve(path)['staleness'][-10:].mean() > .5
        head.process.send_signal(signal.SIGINT)
        assert head.status() == 130 and [runs['worker', task].status() for task in (0, 1)] == [0, 0]
        assert runs['ps', 1].status() == 0
    finally:
        for run in runs.values():
            run.kill()
