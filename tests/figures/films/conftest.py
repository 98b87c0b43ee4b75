"""Runs of every kind that can be filmed."""
import pytest

from meta_rl import config as config_module
from meta_rl import training

from helpers.films import KINDS

TINY = dict(episodes=48, batch=16, image_count=4, units=8, embedding=4, width=84, height=84)


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    """A function from a kind to a run directory of it; trained once each."""
    folder, made = tmp_path_factory.mktemp('recording'), {}

    def run(kind):
        if kind not in made:
            settings = dict(TINY, logdir=str(folder / 'runs'), image_cache=str(folder / 'images'), **{
                name: value for name, value in KINDS[kind].items() if name not in ('preset', 'image_count')})
            settings['image_count'] = KINDS[kind].get('image_count', 4)
            made[kind] = training.run(config_module.from_preset(KINDS[kind]['preset'], **settings))[0]
        return made[kind]
    return run
