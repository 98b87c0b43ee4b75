"""What evaluation finds of finished runs, measured once and then read: what figures of tasks without a learning set are drawn of."""
import json
import os

from meta_rl.config import ConfigError
from meta_rl.console.output import warn
from meta_rl.rundir import files

FILE = 'measured.json'  # in a run directory
EPISODES = 1000


def measured(run, episodes=EPISODES, **shown):
    """What evaluation.evaluate returns of `episodes` with the weights that a run directory has now; it is kept there, with their name.

    What was kept of more episodes is taken as well.

    shown: see evaluation.evaluate; with any of it nothing is kept.
    """
    from meta_rl import evaluation
    from meta_rl.rundir.saving import checkpoints
    if shown:
        return evaluation.evaluate(run, episodes, **shown)
    path, weights = os.path.join(run, FILE), os.path.basename(checkpoints.latest(run))
    if os.path.exists(path):
        try:
            with open(path) as file:
                found = json.load(file)
            if found['checkpoint'] == weights and found['episodes'] >= episodes:
                return found
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f'{path} is damaged ({error}): delete it, to have it measured anew.')
    found = dict(evaluation.evaluate(run, episodes), run=os.path.basename(os.path.normpath(run)))
    try:
        files.write(path, (json.dumps(found, indent=1, sort_keys=True) + '\n').encode())
    except OSError as error:
        warn(f'{path} cannot be written ({error.strerror}): it will be measured again the next time.')
    return found
