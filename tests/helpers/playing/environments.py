"""Environments of decisions on the embedded lab, and episodes played in them."""
import numpy as np

from meta_rl.envs import decisions, observations

from helpers.labs import make_lab

IMAGES = 7
SIDES = ['left', 'right']


def two_action_lab(level='harlow_fast_centred', **config):
    return make_lab(level, ['RGB_INTERLEAVED'], **dict({'width': 84, 'height': 84, 'trainBatch': IMAGES}, **config))


def make_env(seed=0, lab=None):
    index = observations.ImageIndex('dummy', IMAGES, 84, 84)
    return decisions.HarlowEnv(lab or two_action_lab(), observations.OneHot(index), np.random.RandomState(seed))


def play(env, actions):
    """The observations, rewards and dones of an episode."""
    steps = [(env.reset(), None, None)] + [env.step(action)[:3] for action in actions]
    return zip(*steps)
