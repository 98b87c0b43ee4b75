"""Updates as a worker reports them, and what a record of them reads like."""
import os

import numpy as np

from meta_rl.ac_network import Losses
from meta_rl.envs.contract import Episode
from meta_rl.worker import Update


def update(returns, value=0., correct=0., found=None, staleness=0, length=6, width=None):
    """An Update in which B episodes with these returns ended."""
    right = np.broadcast_to(np.array(correct, float).ravel(), (6,)).tolist()
    episodes = [Episode(one, sum(10 * share - 5 for share in right), right, length) for one in returns]
    width = len(returns) if width is None else width
    return Update(0, episodes, 6 * width, width, value, losses() if found is None else found, staleness, None)


def losses(start=0.):
    return Losses(*np.float32([start, start + 1, start + 2, start + 3, start + 4]))


def lines(folder):
    with open(os.path.join(str(folder), 'curve.csv')) as file:
        return file.read().splitlines()
