"""Lesions: an agent that plays with one of its inputs silenced, or with its memory reset at each trial."""
import collections

import numpy as np

from meta_rl.nets.inputs import FIXATION
from meta_rl.nets.nest import mapped

# What can be done to it: how it is called.
LESIONS = collections.OrderedDict([
    ('image', 'no image'), ('reward', 'no reward'), ('action', 'no action'), ('time', 'no time'), ('memory', 'memory reset')])
INTACT = 'intact'


def possible(given):
    """Names of LESIONS that there are of an agent. given: list of str, see Memory.given."""
    return [name for name in LESIONS if name in ('image', 'memory') or name in given]


def lesioned(what, features, inputs, state, image_features):
    """(features, inputs, state) of a step with one of them silenced; what is handed in stays as it was.

    Args:
      what: of LESIONS. 'image': zeros in place of the features of images; those of the place of the gaze stay, or no trial
        would ever begin. 'reward': the previous one is 0. 'action': none came before, as before the first step. 'time': it is
        always step 0. 'memory': zeros at the first step of each trial, which is the step that reads what a choice was paid.
      features: float32 [B, F]; inputs: Inputs of [B]; state: nested tuple of float32 [B, ...].
      image_features: int, how many of the features are of images, the first ones.
    """
    if what == 'image':
        features = np.array(features)
        features[:, :image_features] = 0
    elif what == 'reward':
        inputs = inputs._replace(prev_reward=np.zeros_like(inputs.prev_reward))
    elif what == 'action':
        inputs = inputs._replace(prev_action=np.full_like(inputs.prev_action, -1))
    elif what == 'time':
        inputs = inputs._replace(timestep=np.zeros_like(inputs.timestep))
    elif what == 'memory':
        goes_on = np.abs(inputs.prev_reward) < FIXATION  # a choice is paid more than looking at the cross
        state = mapped(lambda part: part * goes_on[:, np.newaxis].astype(part.dtype), state)
    else:
        raise ValueError(f'what is {what!r}: choose from {", ".join(LESIONS)}')
    return features, inputs, state


class Lesioned:
    """An AC_Network with a lesion: it acts in its place, and does not learn.

    Args:
      network: AC_Network.
      what: of LESIONS.
    """

    def __init__(self, network, what):
        self._network, self._what = network, what

    def get_initial_state(self, batch):
        """See AC_Network."""
        return self._network.get_initial_state(batch)

    def encode(self, session, views):
        """See AC_Network."""
        return self._network.encode(session, views)

    def act(self, session, features, inputs, state):
        """See AC_Network."""
        return self._network.act(session, *lesioned(self._what, features, inputs, state, self._network.image_features))
