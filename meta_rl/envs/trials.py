"""What the two-step task and the bandits share: an episode is a number of trials, and a seed decides all that chance decides in it."""
import numpy as np

from meta_rl.envs.contract import Environment, Episode, Spec, Step


class Trials(Environment):
    """An environment whose step is a trial: an action that is paid at once.

    A subclass has `view`, `_draw`, `_outcome` and `_row`. A step is to be quick: all else is worked out where it is
    asked for. (What is kept are flat lists of numbers: of a list or a tuple for each trial, Python's garbage collection would go
    through all, and through all of TensorFlow, again and again, which took longer than the steps.)

    Args:
      random: np.random.RandomState that the seeds of episodes are drawn from; only its randint is called.
      actions: int; shape: tuple of int, of a view, float32; trials: int, of an episode.
    Attributes: spec; trials, list of what `_outcome` tells of each trial of this episode: the action first, the reward last.
    """

    def __init__(self, random, actions, shape, trials):
        self.spec = Spec(actions=actions, shape=shape, dtype=np.float32, trials=trials)
        self._seeds, self._chance = random, np.random.RandomState(0)
        self._start, self._actions, self._rewards, self._best = None, [], [], []

    @property
    def trials(self):
        return [self._outcome(t, action) for t, action in enumerate(self._actions)]

    @property
    def history(self):
        return dict(self._start, actions=list(self._actions))

    @property
    def episode(self):
        reward = sum(self._paid(t, action) for t, action in enumerate(self._actions))
        return Episode(reward, reward, [int(action == best) for action, best in zip(self._actions, self._best)], len(self._actions))

    def trial_rows(self):
        return [(t, dict({'trial': t + 1}, **self._row(t, action))) for t, action in enumerate(self._actions)]

    def view(self):
        """What is seen now, float32 of the spec's shape; there is something to see after the last trial, too."""
        raise NotImplementedError

    def reset(self):
        return self._begin({'seed': int(self._seeds.randint(2 ** 31))})

    def _begin(self, start):
        self._start, self._actions = start, []
        self._draw(start, self._chance)
        return self.view()

    def step(self, action):
        """Plays a trial. action: int. Returns Step."""
        action, actions = int(action), self._actions
        reward = self._rewards[self.spec.actions * len(actions) + action]
        actions.append(action)
        done = len(actions) == self.spec.trials
        return Step(None if done else self.view(), reward, done)

    def replay(self, history):
        step = Step(self._begin({name: value for name, value in history.items() if name != 'actions'}), 0., False)
        for action in history['actions']:
            step = self.step(action)
        return step

    def _draw(self, start, random):
        """Draws an episode. Sets _rewards, what the actions pay in the first trial, in the second one, ... (a list of floats), and
        _best, the best action in each trial (a list).

        start: dict, `history` without its actions; random: a RandomState to be seeded, as making one is slow.
        """
        raise NotImplementedError

    def _outcome(self, trial, action):
        """What comes of an action, int, in a trial, counted from 0: a tuple, the action first, the reward, float, last."""
        raise NotImplementedError

    def _paid(self, trial, action):
        return self._rewards[self.spec.actions * trial + action]

    def _row(self, trial, action):
        """What a table has of an action in a trial: a dict, whose keys are its columns in their order."""
        raise NotImplementedError

    def close(self):
        """There is nothing to close."""


def reseeded(seeds, random=None):
    """Yields a np.random.RandomState for each seed: the same object, as making one takes ten times as long as seeding it."""
    random = random or np.random.RandomState(0)
    for seed in seeds:
        random.seed(seed)
        yield random


class Repeated:
    """Gives each number that it draws `times` over: environments that are reset in turn play the same episode in groups."""

    def __init__(self, random, times):
        self._random, self._times, self._given, self._number = random, times, 0, None

    def randint(self, below):
        if self._given % self._times == 0:
            self._number = self._random.randint(below)
        self._given += 1
        return self._number
