"""kill -9 at random moments of a run that saves at every update: python tests/helpers/programs/crashes.py FOLDER KILLS SEED [--backend B].

A run is started, killed, looked at and gone on with, again and again, then let end, and must be the run that never stopped.
Each is a process of its own, forked from this one, which has imported TensorFlow and never used it: so a start takes a second.
"""
import glob
import json
import os
import random
import signal
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.dirname(TESTS), TESTS]

import harlow
from meta_rl import config as config_module  # noqa: F401 (imported before the first fork)
from meta_rl import training  # noqa: F401 (imported before the first fork)
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints, digests  # noqa: F401 (imported before the first fork)

from helpers.programs.runs import TINY

FLAGS = TINY + ['--episodes', '1000000000', '--decay', 'false', '--log-every', '8', '--checkpoint-every', '8', '--image-cache',
                'images']
PATIENCE = 120.


def launch(log, *arguments):
    """pid of a new process that does `harlow.py train` with these arguments."""
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout = os.fdopen(1, 'w')
        status = harlow.main(['train'] + list(arguments))
        sys.stdout.flush()
    finally:
        os._exit(status)


def text(path):
    if not os.path.exists(path):
        return ''
    with open(path) as file:
        return file.read()


def rows():
    """How many are in curve.csv."""
    return sum(max(text(path).count('\n') - 1, 0) for path in glob.glob('runs/*/curve.csv'))


def kill(pid, log, moment, since_start, backend):
    """kill -9, `moment` seconds after the start of the process, or of its training."""
    deadline, before = time.time() + PATIENCE, rows()
    # Workers elsewhere start later; and of a run that has no row yet nothing can be looked at, or gone on with.
    while not since_start and ('into ' not in text(log) or (backend or not before) and rows() <= before):
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), 'it ended by itself:\n' + text(log)
        assert time.time() < deadline, text(log)
        time.sleep(.01)
    time.sleep(moment)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, 'it ended by itself:\n' + text(log)


def look(run):
    """Holds all that a run directory has to be whole. Returns the episodes of its newest checkpoint."""
    assert config_module.load(os.path.join(run, 'config.json')).units == 4
    played = read_curve(os.path.join(run, 'curve.csv'))['episodes'].tolist()
    assert played == list(range(8, 8 * len(played) + 1, 8)), 'curve.csv'
    folder = os.path.join(run, 'checkpoints')
    names = [name[:-len('.json')] for name in os.listdir(folder) if name.endswith('.json')]
    whole = [checkpoints.episodes_of(name) for name in names if name.startswith('model-')
             and os.path.exists(os.path.join(folder, name + '.index')) and digests.flaw(os.path.join(folder, name)) is None]
    assert len(whole) >= min(4, len(played)), (whole, sorted(os.listdir(folder)))
    assert len(os.listdir(folder)) < 60, sorted(os.listdir(folder))  # what crashes leave is cleared away
    assert 0 <= played[-1] - max(whole) <= 16
    return max(whole)


def main(folder, kills, seed, *backend):
    os.chdir(folder)
    chance, log, found = random.Random(seed), 'log.txt', 0
    kill(launch(log, *FLAGS + list(backend)), log, 1.5, False, backend)
    run, = [os.path.join('runs', name) for name in os.listdir('runs')]
    for number in range(1, kills):
        before = found
        found = look(run)
        assert found >= before, 'what was saved is lost'
        since_start = chance.random() < .2
        kill(launch(log, '--resume', run), log, chance.uniform(0, 1.2), since_start, backend)
        assert 'Traceback' not in text(log), text(log)
    end = look(run) + 80
    for place in (['--resume', run, '--backend', 'threads'], FLAGS + ['--logdir', 'whole', '--checkpoint-every', '1000000000']):
        _, status = os.waitpid(launch(log, *place, '--episodes', str(end)), 0)
        assert status == 0, text(log)
    print(json.dumps({'kills': kills, 'episodes': end, 'run': run, 'whole': os.path.join('whole', os.listdir('whole')[0])}))


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
