"""Several agents, of several seeds: each is trained by a process of its own, as if alone."""
import concurrent.futures
import os
import subprocess
import sys

import attr


def train(script, settings, seeds, jobs):
    """Trains agents of `seeds` seeds, from that of a Config on, `jobs` at once.

    script: str, path of harlow.py. Returns: int, the worst of their exit statuses.
    """
    os.makedirs(settings.logdir, exist_ok=True)

    def one(seed):
        flags = [f'--{name}={str(value).lower() if isinstance(value, bool) else value}'
                 for name, value in attr.asdict(settings.change(seed=seed)).items()]
        command = [sys.executable, script, 'train'] + flags
        if jobs == 1:
            return subprocess.call(command)
        path = os.path.join(settings.logdir, '%s-seed%d.log' % (settings.preset, seed))
        print('Seed %d goes on in %s' % (seed, path), flush=True)
        with open(path, 'w') as log:
            return subprocess.call(command, stdout=log, stderr=subprocess.STDOUT)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return max(pool.map(one, range(settings.seed, settings.seed + seeds)))
