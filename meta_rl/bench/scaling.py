"""How training grows with workers, for each backend: episodes a second, what holds the GIL, and what an update costs to send."""
import contextlib
import glob
import importlib.util
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from meta_rl import ac_network, training
from meta_rl import config as config_module
from meta_rl.bench.speed import SCRIPT
from meta_rl.rundir.curve import read_curve
from meta_rl.tf_compat import tf

WORKERS = 1, 2, 4
TURNS = 3
EPISODES = 24000  # of one run: long enough for the workers that start last


@contextlib.contextmanager
def _trained(backend, workers, episodes, *flags):
    """A process that trains `harlow42`, and a function that gives its run directory, or None before there is one.

    Where that it ended raises RuntimeError, a ConfigError adds the last line of what it said.
    """
    with tempfile.TemporaryDirectory() as scratch:
        with open(os.path.join(scratch, 'log'), 'w') as log:
            process = subprocess.Popen(
                [sys.executable, SCRIPT, 'train', '--backend', backend, '--workers', str(workers), '--episodes', str(episodes),
                 '--logdir', scratch] + list(flags), stdout=log, stderr=log)
        try:
            yield process, lambda: (glob.glob(os.path.join(scratch, 'harlow42-*')) or [None])[0]
        except RuntimeError as error:
            with open(os.path.join(scratch, 'log')) as log:
                said = log.read().strip().splitlines()
            raise config_module.ConfigError(f'{error} {said[-1] if said else ""}'.strip())
        finally:
            process.terminate()
            process.wait()


def speed(backend, workers):
    """Episodes a second over the second half of a run, when all of its workers are at it."""
    with _trained(backend, workers, EPISODES) as (process, run):
        if process.wait():
            raise RuntimeError('A run of %d workers by %s ended with status %d.' % (workers, backend, process.returncode))
        rows = [(event.step, event.wall_time) for path in glob.glob(os.path.join(run(), 'events.*'))
                for event in tf.train.summary_iterator(path) if any(value.tag == 'Perf/Reward' for value in event.summary.value)]
    steps, times = np.array([row for row in rows if row[0] >= EPISODES / 2]).T
    return (steps[-1] - steps[0]) / (times[-1] - times[0])


def held_share(episodes=4000):
    """Share of a thread's time in which it may hold the GIL: all but that in TensorFlow's calls, which let go of it."""
    inside = [0.]
    make = ac_network.make_callable

    def make_timed(*args):
        call = make(*args)

        def timed(*arrays):
            start = time.perf_counter()
            result = call(*arrays)
            inside[0] += time.perf_counter() - start
            return result
        return timed
    ac_network.make_callable = make_timed
    try:
        with tempfile.TemporaryDirectory() as scratch:  # here, where its calls can be timed
            config = config_module.from_preset('harlow42', workers=1, logdir=scratch, episodes=episodes, log_every=episodes)
            _, _, seconds = training.run(config)
    finally:
        ac_network.make_callable = make
    return 1 - inside[0] / seconds


def update_cost():
    """(bytes, seconds of processor time of ps 0) for an update of one process worker, of B = 16 episodes.

    Bytes are those of the loopback device, with all headers; nothing else should be talking there. Linux only.
    """
    batch = config_module.Config().batch
    points = []
    # What is sent is counted to the byte, updates only to the last row of the curve: 10 of them a row.
    with _trained('processes', 1, 10 ** 9, '--log-every', str(10 * batch)) as (process, run):
        while len(points) < 2:
            time.sleep(.05)
            if process.poll() is not None:
                raise RuntimeError('A run ended with status %d.' % process.returncode)
            path = os.path.join(run() or '', 'curve.csv')
            rows = len(read_curve(path)['episodes']) if os.path.exists(path) else 0
            if rows >= (20, 100)[len(points)]:
                points.append((read_curve(path)['episodes'][-1] / batch, _loopback(), _processor_time(process.pid)))
    (before, sent, used), (after, sent_then, used_then) = points
    return (sent_then - sent) / (after - before), (used_then - used) / (after - before)


def _loopback():
    with open('/proc/net/dev') as file:
        line, = [line for line in file if line.strip().startswith('lo:')]
    return int(line.split()[1])


def _processor_time(pid):
    with open('/proc/%d/stat' % pid) as file:
        user, system = file.read().rsplit(')', 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')


def run():
    """Measures and prints: medians of turns that alternate, each as a ratio to one thread of the same turn."""
    backends = [name for name in config_module.BACKENDS if name != 'ray' or importlib.util.find_spec('ray')]
    cases = [(backend, workers) for backend in backends for workers in WORKERS]
    found = {case: [] for case in cases}
    for turn in range(TURNS):
        for case in cases:
            found[case].append(speed(*case))
            print('turn %d of %d: %s, %d workers: %.0f episodes/s' % ((turn + 1, TURNS) + case + (found[case][-1],)), flush=True)
    ratios = {case: np.median(np.divide(found[case], found['threads', 1])) for case in cases}
    print('\n%-12s%s' % ('workers', ''.join('%22d' % workers for workers in WORKERS)))
    for backend in backends:
        print('%-12s%s' % (backend, ''.join(f'{np.median(found[backend, workers]):12.0f}/s ({ratios[backend, workers]:5.2f})' for workers in WORKERS)))
    held = held_share()
    print(f'\nA thread holds the GIL for {100 * held:.0f}% of its time at most: however many there are, together they do the work of {1 / held:.1f}.')
    if os.path.exists('/proc/net/dev'):
        sent, used = update_cost()
        print(f'An update by a process sends {sent:.0f} bytes, both ways together, and takes ps 0 {1e3 * used:.2f} ms of a core.')
