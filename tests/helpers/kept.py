"""The agents that are kept in img/data, with fewer images, so that they play at once."""
import os

from meta_rl import config as config_module

from helpers.labs import TESTS

KEPT = os.path.join(os.path.dirname(TESTS), 'img', 'data')


def copy_of(name, folder, **settings):
    """A run of img/data with some other settings, and its images in `folder`, a pathlib.Path."""
    run = str(folder / name)
    os.makedirs(run, exist_ok=True)
    config = config_module.load(os.path.join(KEPT, name, 'config.json'))
    config.change(image_cache=str(folder / 'images'), **settings).save(os.path.join(run, 'config.json'))
    if not os.path.exists(os.path.join(run, 'checkpoints')):
        os.symlink(os.path.join(KEPT, name, 'checkpoints'), os.path.join(run, 'checkpoints'))
    return run
