"""Several agents, of several seeds: each is trained by a process of its own, as if alone."""
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile

import attr

from meta_rl.command import seeds_table
from meta_rl.console.output import note, say
from meta_rl.console.stops import STOPPED, Stops
from meta_rl.rundir import files


def train(script, settings, seeds, jobs, path=None, quiet=False):
    """Trains agents of `seeds` seeds, from that of a Config on, `jobs` at once, and prints a table of them.

    What asks this process to end is passed on to them.

    Args:
      script: str, path of harlow.py.
      path: str, file to write what came of them to, as JSON: a list of what `train --json` writes of each, or None.
      quiet: bool, have them print no progress.
    Returns: int, the worst of their exit statuses.
    """
    family, numbers = Family(), range(settings.seed, settings.seed + seeds)
    own = {seed: attr.asdict(settings.change(seed=seed)) for seed in numbers}  # a seed that cannot be shows here
    os.makedirs(settings.logdir, exist_ok=True)

    def one(seed, result):
        flags = [f'--{name}={str(value).lower() if isinstance(value, bool) else value}' for name, value in own[seed].items()]
        command = [sys.executable, script, 'train', '--json', result] + ['--quiet'] * quiet + flags
        if jobs == 1 or family.stopped:
            return family.call(command)
        with new_log(settings.logdir, '%s-seed%d' % (settings.preset, seed)) as log:
            note('Seed %d goes on in %s' % (seed, log.name))
            return family.call(command, stdout=log, stderr=subprocess.STDOUT)

    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    with tempfile.TemporaryDirectory() as folder, Stops() as stops:
        results = {seed: os.path.join(folder, '%d.json' % seed) for seed in numbers}
        ended = [pool.submit(one, seed, results[seed]) for seed in numbers]
        try:
            concurrent.futures.wait(ended)
        except KeyboardInterrupt:
            family.stop()
        stops.hold()
        status = max(each.result() for each in ended)
        found = {seed: _read(result) for seed, result in results.items()}
    say('', seeds_table.table({seed: result and result['run'] for seed, result in found.items()}))
    if path is not None:
        files.write_json(path, [result for _, result in sorted(found.items()) if result])
    return status


def _read(path):
    """What `train --json` wrote there; None where it did not come to that."""
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


class Family:
    """Processes that are told to end together.

    Attributes: stopped, bool: they have been told to, and no more are started.
    """

    def __init__(self):
        self._processes, self.stopped = [], False

    def call(self, command, **streams):
        """Runs a command to its end. Returns its exit status, as a shell does: 128 and the number of a signal that ended it.

        After `stop` it is not started: STOPPED.
        """
        if self.stopped:
            return STOPPED
        process = subprocess.Popen(command, **streams)
        self._processes.append(process)
        if self.stopped:
            process.send_signal(signal.SIGTERM)
        status = process.wait()
        return status if status >= 0 else 128 - status

    def stop(self):
        """Asks all of them to save and end, and starts no more."""
        self.stopped = True
        for process in list(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)


def new_log(folder, name):
    """A new file `folder`/`name`.log, open for writing; `name`-2.log and so on where there is one: it may be in use."""
    for number in range(1, 10000):
        try:
            return open(os.path.join(folder, f'{name}-{number}.log' if number > 1 else name + '.log'), 'x')
        except FileExistsError:
            pass
    raise FileExistsError(f'{folder} has 9,999 logs of {name}: take some away.')
