"""GazeEnv in labs of plain colours, and how far it has turned."""
import numpy as np

from meta_rl.envs import gaze

from helpers.labs import make_lab

UNIT = .1056  # degrees at 60 frames a second: SPEC, section 3


def standard(**config):
    return make_lab('harlow', ['RGB_INTERLEAVED'], **dict({'width': 84, 'height': 84, 'trainBatch': 7}, **config))


class Placed:
    """A lab that spawns where it is told to."""

    def __init__(self, yaw=90., **config):
        self.yaw = yaw
        self._lab = standard(**config)

    def reset(self, seed):
        self._lab.reset(seed=seed, setup={'yaw': self.yaw})

    def __getattr__(self, name):
        return getattr(self._lab, name)


def make_env(lab=None, seed=0, **others):
    return gaze.GazeEnv(lab or Placed(), np.random.RandomState(seed), **others)


def turned(env):
    """Units to the right of the cross."""
    return (90 - env.lab.state()['yaw']) / UNIT
