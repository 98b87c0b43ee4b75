"""Training in a process of its own, as `harlow.py train` would: with the oneDNN that is right for it, and its memory given back."""
import json
import os
import subprocess
import sys
import tempfile

import attr

from meta_rl import config as config_module
from meta_rl import onednn
from meta_rl.config import ConfigError
from meta_rl.console.stops import STOPPED


def train(config):
    """What training.run returns for a Config: (path of the run directory, mean return, seconds).

    Raises: ConfigError or KeyboardInterrupt as training.run; RuntimeError where it fails otherwise.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    environment = onednn.environment(config)
    environment['PYTHONPATH'] = os.pathsep.join([package] + [path for path in [os.environ.get('PYTHONPATH')] if path])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'result.json')
        done = subprocess.run([sys.executable, '-m', 'meta_rl.apart', path], input=json.dumps(attr.asdict(config)).encode(),
                              env=environment)
        if done.returncode == STOPPED:
            raise KeyboardInterrupt
        if done.returncode:
            raise RuntimeError('Training %s apart ended with status %d.' % (config.preset, done.returncode))
        with open(path) as file:
            result = json.load(file)
        if isinstance(result, str):
            raise ConfigError(result)
        return tuple(result)


if __name__ == '__main__':
    settings = config_module.Config().change(**json.load(sys.stdin))
    from meta_rl import training
    try:
        came_of_it = training.run(settings)
    except training.Interrupted as stop:
        if not stop.reason:
            sys.exit(STOPPED)
        came_of_it = stop.reason
    except (ConfigError, OSError) as error:
        came_of_it = str(error)
    with open(sys.argv[1], 'w') as result:
        json.dump(came_of_it, result)
