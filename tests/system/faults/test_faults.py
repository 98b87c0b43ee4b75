"""Faults: workers, servers and the process that records are really killed; the rest goes on, or ends, and nothing is left."""
import importlib.util
import json
import os
import signal

import pytest

from meta_rl.backends import cluster as clusters
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints

from helpers.programs.runs import SOON, TINY, Run, runs_still, slay, until

pytestmark = pytest.mark.skipif(not os.path.isdir('/proc/self/fd'), reason='finds processes in /proc')
NO_RAY = pytest.mark.skipif(importlib.util.find_spec('ray') is None, reason='Ray is not installed')
RAY = pytest.param('ray', marks=NO_RAY)
ENDLESS = TINY + ['--episodes', '1000000000', '--log-every', '80', '--checkpoint-every', '800']
TITLE = {'processes': 'spawn_main', 'ray': 'ray::RemoteWorker'}


@pytest.fixture
def start(tmp_path):
    """Starts runs, and sees to it that none is left."""
    runs = []

    def begin(*flags):
        runs.append(Run(tmp_path, *flags))
        return runs[-1]
    yield begin
    for run in runs:
        run.kill()


def workers(run, backend, count):
    """pids of the workers, once all of them are there."""
    return until(lambda: len(run.family(TITLE[backend])) == count and run.family(TITLE[backend]), what=run.log)


def goes_on(run):
    """Waits until it has played more episodes than now."""
    path = os.path.join(run.directory(), 'curve.csv')
    rows = until(lambda: os.path.exists(path) and len(read_curve(path)['episodes']), what=run.log)
    until(lambda: len(read_curve(path)['episodes']) > rows, what=run.log)


def all_end(pids):
    until(lambda: not [pid for pid in pids if runs_still(pid)], SOON, lambda: [pid for pid in pids if runs_still(pid)])


@pytest.mark.slow
@pytest.mark.parametrize('backend', ['processes', RAY])
def test_a_worker_that_is_killed_is_named_and_the_others_go_on(start, backend):
    run = start('--backend', backend, '--workers', '2', *ENDLESS)
    pids = workers(run, backend, 2)
    goes_on(run)
    slay(pids[0])
    run.says(r'Worker [01] is (gone|lost) .*: going on with the 1 left of 2')
    goes_on(run)
    slay(pids[1])
    run.says(r'No worker is left. What was learned is saved. To go on: .*harlow.py train --resume ')
    assert run.status(3 * SOON) == 1 and 'Traceback' not in run.log()
    all_end(pids + run.family())
    assert checkpoints.episodes_of(checkpoints.latest(run.directory())) > 0


@pytest.mark.slow
@pytest.mark.parametrize('backend', ['processes', RAY])
def test_nothing_is_left_where_the_recording_process_is_killed(start, backend):
    run = start('--backend', backend, '--workers', '2', *ENDLESS)
    workers(run, backend, 2)
    run.checkpoints(2)
    pids = run.family()
    slay(run.pid)
    all_end(pids)
    saved = checkpoints.episodes_of(checkpoints.latest(run.directory(), resumable=True))
    again = start('--resume', run.directory())
    again.says('Training')
    goes_on(again)
    again.process.send_signal(signal.SIGINT)
    assert again.status() == 130
    episodes = read_curve(os.path.join(run.directory(), 'curve.csv'))['episodes'].tolist()
    assert episodes == list(range(80, int(episodes[-1]) + 1, 80)) and episodes[-1] > saved


@pytest.mark.slow
def test_a_server_that_is_killed_ends_the_run(start):
    run = start('--backend', 'processes', '--workers', '1', '--ps', '2', *ENDLESS)
    server = until(lambda: run.family(TITLE['processes']), what=run.log)[0]  # before there are workers
    workers(run, 'processes', 2)
    run.checkpoints(1)
    pids = run.family()
    slay(server)
    all_end(pids + [run.pid])
    run.says(r'What was learned since the last checkpoint is lost. To go on: .*harlow.py train --resume ')
    assert run.status() == 1 and 'Traceback' not in run.log()
    again = start('--resume', run.directory())
    again.checkpoints(1)


STOPS = [('processes', signal.SIGINT), ('processes', signal.SIGTERM), pytest.param('ray', signal.SIGINT, marks=NO_RAY)]


@pytest.mark.slow
@pytest.mark.parametrize('backend, ending', STOPS)
def test_a_stop_ends_all_and_loses_nothing(start, backend, ending):
    run = start('--backend', backend, '--workers', '2', *ENDLESS)
    workers(run, backend, 2)
    goes_on(run)
    pids = run.family()
    run.process.send_signal(ending)
    assert run.status() == 130
    run.says(r'Stopped and saved. To go on: .*harlow.py train --resume ')
    all_end(pids)
    assert 'Traceback' not in run.log()
    rows = read_curve(os.path.join(run.directory(), 'curve.csv'))['episodes']
    assert 0 <= checkpoints.episodes_of(checkpoints.latest(run.directory())) - rows[-1] < 80


def cluster_of(folder, workers):
    """Writes cluster.json, of two servers with addresses of their own and these workers. Returns the address of ps 0."""
    first, second = clusters.local(2, len(workers)).ps
    ps = [first, second.replace('127.0.0.1', '127.0.0.2')]
    (folder / 'cluster.json').write_text(json.dumps({'ps': ps, 'worker': workers}))
    return first


@pytest.mark.slow
def test_two_machines_by_two_addresses(start, tmp_path):
    """Each task of a cluster on an address of its own. A worker that is killed is started again, and takes part again."""
    first = cluster_of(tmp_path, ['127.0.0.3', '127.0.0.4'])
    tasks = {(job, task): start('--cluster', 'cluster.json', '--job', job, '--task', str(task))
             for job, task in (('worker', 0), ('worker', 1), ('ps', 1))}
    head = start('--cluster', 'cluster.json', '--job', 'ps', *ENDLESS)
    for task in (0, 1):
        tasks['worker', task].says('Worker %d has joined the run at %s: harlow42' % (task, first))
    goes_on(head)
    slay(tasks['worker', 1].pid)
    goes_on(head)
    again = start('--cluster', 'cluster.json', '--job', 'worker', '--task', '1')
    again.says('Worker 1 has joined')
    slay(tasks['worker', 0].pid)
    goes_on(head)
    head.process.send_signal(signal.SIGINT)
    assert head.status() == 130 and again.status() == 0 and tasks['ps', 1].status(SOON) == 0
    assert 'The run is over.' in again.log()


@pytest.mark.slow
def test_machines_that_lose_ps_0_end(start, tmp_path):
    cluster_of(tmp_path, ['here'])
    head = start('--cluster', 'cluster.json', '--job', 'ps', '--task', '0', *ENDLESS)
    others = [start('--cluster', 'cluster.json', '--job', job, '--task', task) for job, task in (('ps', '1'), ('worker', '0'))]
    goes_on(head)
    slay(head.pid)
    all_end([other.pid for other in others])
    assert [other.status() for other in others] == [0, 1]
    assert 'start worker 0 again' in others[1].log() and 'Traceback' not in others[1].log()
