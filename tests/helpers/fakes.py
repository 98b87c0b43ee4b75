"""An environment and a network made up, which note what is done with them."""
import numpy as np

from meta_rl.ac_network import Counts, Losses
from meta_rl.envs.contract import Environment, Episode, Spec, Step
from meta_rl.experience.actor import Actor
from meta_rl.nets.lstm import LSTMState

B, LENGTH = 3, 6


class Env(Environment):
    """Earns what is written down, shows random numbers, and notes the actions. Its episodes end after `length` steps, or are cut."""

    spec = Spec(2, (2, 4), np.float32, LENGTH)

    def __init__(self, seed, length=LENGTH, cut=False):
        self.random, self._length, self._cut = np.random.RandomState(seed), length, cut
        self.actions, self.shown, self.paid, self.correct, self.closed = [], [], [], [], False
        self.after, self.told = [], []

    def _show(self):
        if len(self.shown) < 2:  # two different ones, as in an episode of the task
            self.shown.append(self.random.random_sample((2, 4)).astype(np.float32))
        else:
            self.shown.append(self.shown[self.random.randint(2)].copy())
        return self.shown[-1]

    @property
    def episode(self):
        return Episode(sum(self.paid), sum(self.paid), list(self.correct), len(self.paid))

    @property
    def history(self):
        return {'seed': self.seed, 'actions': list(self.actions)}

    label = 1

    def progress(self, episodes):
        self.told.append(episodes)

    def reset(self):
        return self._begin(int(self.random.randint(2 ** 31)))

    def _begin(self, seed):
        self.seed, self.random = seed, np.random.RandomState(seed)
        self.actions, self.shown, self.paid, self.correct = [], [], [], []
        return self._show()

    def step(self, action):
        self.actions.append(action)
        self.correct.append(int(self.random.randint(2)))
        self.paid.append(float(self.random.choice([5, -5, 1])))
        done = len(self.paid) == self._length
        if done and self._cut:
            self.after.append(self._show())
            return Step(self.after[-1], self.paid[-1], True, True)
        return Step(None if done else self._show(), self.paid[-1], done)

    def replay(self, history):
        step = Step(self._begin(history['seed']), 0., False)
        for action in history['actions']:
            step = self.step(action)
        return step

    def close(self):
        self.closed = True


class Network:
    """Acts with made-up policies and values; notes all that it is given, as it was at that moment."""

    def __init__(self, seed=0):
        self.random = np.random.RandomState(seed)
        self.acted, self.states, self.policies, self.values, self.trained, self.pulled = [], [], [], [], [], 0
        self.encoded, self.value_of = [], None

    def get_initial_state(self, batch):
        return LSTMState(np.zeros((batch, 2), np.float32), np.ones((batch, 2), np.float32)),

    def encode(self, session, views):
        self.encoded.extend(views)
        return views.reshape(len(views), -1) * 3

    def act(self, session, features, inputs, state):
        self.acted.append([np.array(part) for part in (features,) + tuple(inputs)])
        self.states.append(state[0])
        # By what it is given alone: an actor may ask for values in between.
        key = np.frombuffer(features.tobytes() + state[0].c.tobytes(), np.uint32)
        random = np.random.RandomState(key)
        left = random.random_sample(len(features)).astype(np.float32)
        self.policies.append(np.stack([left, 1 - left], 1))
        self.values.append(random.standard_normal(len(features)).astype(np.float32))
        if self.value_of:
            self.values[-1] = self.value_of(features)
        return self.policies[-1], self.values[-1], (LSTMState(state[0].c + 1, state[0].h * 2),)

    def train(self, session, unroll):
        self.trained.append(unroll)
        return Losses(1., 2., 3., 4., 5.), Counts(sum(each.ended for each in self.trained), len(self.trained))

    def pull(self, session):
        self.pulled += 1
        return Counts(0, 0)


def played(greedy=False, seed=1, steps=LENGTH, **env):
    """(network, envs, Experience) of an unroll of B episodes side by side."""
    network, envs = Network(), [Env(seed, **env) for seed in range(B)]
    return network, envs, Actor(network, envs, np.random.RandomState(seed)).unroll(None, steps, greedy)
