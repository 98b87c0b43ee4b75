"""versions.json of a run directory: which code, Python and TensorFlow made it, from which episode on."""
import json
import os
import platform

from meta_rl.config import write_json
from meta_rl.console.version import RELEASE, commit
from meta_rl.tf_compat import tf

NAME = 'versions.json'


def keep(directory, episodes):
    """Adds the versions that train from now on, unless the last ones are the same. episodes: int, played so far."""
    path = os.path.join(directory, NAME)
    now = {'version': RELEASE, 'git': commit(), 'python': platform.python_version(), 'tensorflow': tf.__version__}
    before = read(directory)
    if before and {name: before[-1].get(name) for name in now} == now:
        return
    write_json(path, before + [dict(now, from_episode=episodes)])


def read(directory):
    """List of dicts: version, git (None where it was no checkout), python, tensorflow, from_episode. [] where there is none to read."""
    try:
        with open(os.path.join(directory, NAME)) as file:
            found = json.load(file)
    except (OSError, ValueError):  # of an earlier version, or damaged: it says nothing that training needs
        return []
    return found if isinstance(found, list) and all(isinstance(each, dict) for each in found) else []
