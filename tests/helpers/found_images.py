"""Runs whose images are found again, and how that is refused."""
import os

import pytest
from PIL import Image

from meta_rl.config import Config, ConfigError
from meta_rl.images import finding, identity

from helpers.pictures import pattern


def trained(run='runs/RUN', **settings):
    """The Config of a run that was started here: what training.run does with images. Returns (path, Config)."""
    config, folder = finding.settled(Config(**dict({'observation': 'crops', 'image_count': 3, 'held_out_count': 2}, **settings)))
    os.makedirs(run)
    config.save(os.path.join(run, 'config.json'))
    identity.keep(run, **identity.sets_of(config, folder))
    return os.path.abspath(run), config


def pictures(folder, *seeds):
    os.makedirs(str(folder), exist_ok=True)
    for seed in seeds:
        Image.fromarray(pattern(seed)).save(os.path.join(str(folder), '%d.png' % seed))
    return str(folder)


def refusal(*args, **kwargs):
    with pytest.raises(ConfigError) as caught:
        finding.images_of(*args, **kwargs)
    message = str(caught.value)
    assert message.endswith('.') and '\n' not in message and message.count('. ') == 0  # one sentence
    return message
