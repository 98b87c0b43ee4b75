"""Training in a process of its own, as `harlow.py train` would: with the oneDNN that is right for it, and its memory given back."""
import json
import os
import subprocess
import sys
import tempfile

import attr

from meta_rl import config as config_module
from meta_rl import onednn


def train(config):
    """What training.run returns for a Config: (path of the run directory, mean return, seconds). RuntimeError where it fails."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    environment = onednn.environment(config)
    environment['PYTHONPATH'] = os.pathsep.join([package] + [path for path in [os.environ.get('PYTHONPATH')] if path])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'result.json')
        done = subprocess.run([sys.executable, '-m', 'meta_rl.apart', path], input=json.dumps(attr.asdict(config)).encode(),
                              env=environment)
        if done.returncode:
            raise RuntimeError('Training %s apart ended with status %d.' % (config.preset, done.returncode))
        with open(path) as file:
            return tuple(json.load(file))


if __name__ == '__main__':
    settings = config_module.Config().change(**json.load(sys.stdin))
    from meta_rl import training
    with open(sys.argv[1], 'w') as result:
        json.dump(training.run(settings), result)
