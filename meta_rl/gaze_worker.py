"""GazeWorker: plays B gazes side by side and learns from unrolls of T decisions with a bootstrap (A3C, Mnih et al. 2016).

As Worker it is carried by a thread and reports to a Recorder; what it reports are the episodes that ended in an unroll.
"""
import collections

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs.decisions import TRIALS
from meta_rl.envs.gaze import averaged
from meta_rl.envs.teacher import Teacher
from meta_rl.nets.gaze_network import Unroll
from meta_rl.nets.lstm import LSTMState
from meta_rl.returns import generalized_advantages
from meta_rl.rundir import checkpoints
from meta_rl.worker import sample

UNIT = 5.  # rewards are learned from in units of a right choice

# E episodes that ended. rewards: float32 [1, E], all that was paid in each; values: float32 [T, B], of the unroll; correct:
# float32 [6, E], 1 where the lab's events call the trial correct, else 0, also for trials that were not reached; length,
# longest: the mean and the most of their decisions; complete: how many of them had all six trials, a fraction.
Ended = collections.namedtuple('Ended', 'rewards values correct length longest complete')


class Players:
    """B environments side by side, each in some episode of its own.

    Args:
      network: GazeNetwork that acts.
      envs: list of B GazeEnv.
      random: np.random.RandomState that actions are sampled with.
      taught: bool, whether to ask Teachers what they would do.
      start: dict, what `saved` returned: their episodes go on where they were; None: new ones start.
    Raises: ConfigError where `start` is of other environments or another network.

    Attributes: what the next decisions are made on: frames uint8 [B, h, w, 3], prev_action int32 [B], prev_reward float32 [B],
      goes_on float32 [B], 0 where an episode starts, and state; ended, a list of (index of the environment, reward of all its
      decisions, number of these, list of 1 or 0 for each trial), to be emptied by whoever reads it; policy, float32 [B, 3], of the
      last decisions.
    """

    def __init__(self, network, envs, random, taught=False, start=None):
        self._network, self.envs, self._random = network, envs, random
        self._teachers = [Teacher(env) for env in envs] if taught else None
        self.state = network.get_initial_state(len(envs))
        self.prev_action, self.prev_reward = np.full(len(envs), -1, np.int32), np.zeros(len(envs), np.float32)
        self.goes_on, self.labels = np.zeros(len(envs), np.float32), np.zeros(len(envs), np.int32)
        self._earned, self._decisions = np.zeros(len(envs)), np.zeros(len(envs), int)
        self.ended = []
        if start is None:
            self.frames = np.stack([averaged(env.reset()) for env in envs])
            self._ask([None] * len(envs))
        else:
            self._go_on(start)

    def saved(self):
        """All that the next decisions depend on, besides the network and the RandomState, as plain data."""
        return {'episodes': [env.history for env in self.envs], 'labels': self.labels.tolist(),
                'paid': [teacher.paid for teacher in self._teachers or ()],
                'state': [[part.tolist() for part in lstm] for lstm in self.state]}

    def _go_on(self, start):
        state = tuple(LSTMState(*[np.array(part, np.float32) for part in lstm]) for lstm in start['state'])
        shapes = [[part.shape for part in lstm] for lstm in state]
        if shapes != [[part.shape for part in lstm] for lstm in self.state] or len(start['episodes']) != len(self.envs):
            raise ConfigError('The checkpoint has %d episodes under way, and LSTMs of shape %s: config.json was changed since.' % (
                len(start['episodes']), shapes))
        self.state = state
        for b, (env, history) in enumerate(zip(self.envs, start['episodes'])):
            rewards = env.replay(history)
            if rewards:
                self._earned[b], self._decisions[b] = sum(rewards), len(rewards)
                self.prev_action[b], self.prev_reward[b], self.goes_on[b] = history['actions'][-1], rewards[-1], 1
        self.frames = np.stack([averaged(env.frame()) for env in self.envs])
        if self._teachers:
            self.labels = np.array(start['labels'], np.int32)
            for teacher, paid in zip(self._teachers, start['paid']):
                teacher.paid = paid

    def dismiss(self):
        """Asks the Teachers no more."""
        self._teachers, self.labels = None, np.zeros_like(self.labels)

    def _ask(self, rewards):
        if self._teachers:
            self.labels = np.array([teacher.action(reward) for teacher, reward in zip(self._teachers, rewards)], np.int32)

    def started(self):
        """The state, that of episodes which start now being anew."""
        return tuple(LSTMState(*[part * self.goes_on[:, None] for part in lstm]) for lstm in self.state)

    def step(self, session, greedy=False):
        """One decision in each. Returns what it was made on and what came of it, as the parts of an Unroll and (values, rewards)."""
        self.policy, values, self.state = self._network.act(
            session, self.frames, self.prev_action, self.prev_reward, self.started())
        actions = (self.policy.argmax(1) if greedy else sample(self.policy, self._random)).astype(np.int32)
        made = self.frames, self.prev_action, self.prev_reward, self.goes_on, self.labels, actions, values
        frames, rewards = [], np.zeros(len(actions), np.float32)
        self.prev_action, self.goes_on = actions.copy(), np.ones_like(self.goes_on)
        for b, (env, action) in enumerate(zip(self.envs, actions.tolist())):
            frame, rewards[b], done = env.step(action)
            self._earned[b] += rewards[b]
            self._decisions[b] += 1
            if done:
                self.ended.append((b, self._earned[b], self._decisions[b], list(env.correct)))
                self._earned[b] = self._decisions[b] = self.goes_on[b] = 0
                self.prev_action[b] = -1
                frame = env.reset()
            frames.append(averaged(frame))
        self.frames, self.prev_reward = np.stack(frames), rewards * self.goes_on
        self._ask([reward if on else None for reward, on in zip(self.prev_reward.tolist(), self.goes_on)])
        return made + (rewards,)

    def values(self, session):
        """float32 [B]: what is expected from here on, 0 where an episode has just ended."""
        _, values, _ = self._network.act(session, self.frames, self.prev_action, self.prev_reward, self.started())
        return values * self.goes_on


def ended(episodes, values):
    """Ended of a list of what Players.ended holds."""
    correct = np.zeros((TRIALS, len(episodes)), np.float32)
    for e, (_, _, _, trials) in enumerate(episodes):
        correct[:len(trials), e] = trials
    lengths = [decisions for _, _, decisions, _ in episodes]
    return Ended(np.array([[reward for _, reward, _, _ in episodes]], np.float32), values, correct, np.mean(lengths),
                 max(lengths), np.mean([len(trials) == TRIALS for _, _, _, trials in episodes]))


def play_episodes(network, session, envs, random, count, greedy=False, progress=None):
    """Plays `count` episodes, as many in each environment (lest short ones count more). Returns Ended.

    progress: Progress that is told of each, or None.
    """
    players, episodes = Players(network, envs, random), []
    quota = np.full(len(envs), count // len(envs))
    quota[:count % len(envs)] += 1
    while quota.any():
        players.step(session, greedy)
        for episode in players.ended:
            if quota[episode[0]]:
                quota[episode[0]] -= 1
                episodes.append(episode)
                if progress:
                    progress.add()
        players.ended = []
    return ended(episodes, np.zeros((1, len(envs)), np.float32))


class GazeWorker:
    """One of the workers of a run, in a thread. Args: see Worker; envs are GazeEnv, `config` a Config."""

    def __init__(self, number, network, envs, random, config):
        self.number, self.network, self.envs, self.random = number, network, envs, random
        self._config, self._players, self._start = config, None, None

    def state(self):
        """What `set_state` goes on from: the state of all chance, and of the episodes under way, as plain data."""
        return {'random': checkpoints.random_state(self.random), 'players': self._players and self._players.saved()}

    def set_state(self, state):
        """Has the worker go on from what `state` returned (earlier versions kept the state of chance alone)."""
        if isinstance(state, list):
            state = {'random': state, 'players': None}
        checkpoints.set_random_state(self.random, state['random'])
        self._start = state['players']

    def work(self, session, coordinator, report):
        """Plays and learns until the coordinator asks for a stop. See Worker.work."""
        episodes = self.network.pull(session)
        self._players = self._players or Players(
            self.network, self.envs, self.random, episodes < self._config.teacher_episodes, self._start)
        while not coordinator.should_stop():
            for env in self.envs:
                env.coins = self._config.coin_start <= episodes < self._config.coin_episodes
            imitation = max(0., 1 - episodes / self._config.teacher_episodes) if self._config.teacher_episodes else 0.
            if not imitation:
                self._players.dismiss()
            unroll, values, over = self._unroll(session)
            losses, counted = self.network.train(session, unroll, len(over), imitation)
            if over:
                report(self, ended(over, values), losses, 0 if counted == episodes + len(over) else 1)
            episodes = counted

    def _unroll(self, session):
        players, steps, start = self._players, [], self._players.state
        for _ in range(self._config.unroll):
            steps.append(players.step(session) + (players.goes_on,))
        frames, prev_action, prev_reward, goes_on, labels, actions, values, rewards, on = [np.stack(part) for part in zip(*steps)]
        advantages = generalized_advantages(rewards / UNIT, values, players.values(session), on * self._config.gamma,
                                            self._config.gae_lambda)
        over, players.ended = players.ended, []
        return Unroll(frames, prev_action, prev_reward, goes_on, start, actions, advantages + values, advantages,
                      labels), values, over

    def close(self):
        """Closes the labs."""
        for env in self.envs:
            env.close()
