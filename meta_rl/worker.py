"""Worker: plays episodes with a local copy of the network and sends its gradients to the shared one (A3C, Mnih et al. 2016)."""
import collections

import numpy as np

from meta_rl.ac_network import Told
from meta_rl.envs.decisions import TRIALS
from meta_rl.returns import discounted_returns, generalized_advantages
from meta_rl.rundir import checkpoints

# B whole episodes of T decisions, side by side. views: array [V, ...], the different observations among them; seen: int32
# [T, B], which of these each decision was made on; told: Told of arrays [T, B]; state: that of the network before the first
# decision; actions: int32 [T, B]; rewards, values: float32 [T, B], what each decision earned and what was expected before
# it; correct: float32 [T, B], 1 where the lab's events call the trial correct, else 0.
Rollout = collections.namedtuple('Rollout', 'views seen told state actions rewards values correct')


def sample(policy, random):
    """Draws actions, int [B], from the probabilities `policy` [B, a_size] with a RandomState, one number for each."""
    # Without the last column, which may fall short of 1 by rounding, no draw can run past the last action.
    return (random.random_sample((len(policy), 1)) >= policy[:, :-1].cumsum(1)).sum(1)


def play(network, session, envs, random, greedy=False):
    """Plays one episode in each of B environments.

    Args:
      network: AC_Network that acts.
      session: tf.Session.
      envs: list of B HarlowEnv.
      random: np.random.RandomState that actions are sampled with.
      greedy: bool, take the likeliest action instead.
    Returns: Rollout.
    """
    lead = TRIALS, len(envs)
    views, seen, numbers, features = [], np.zeros(lead, np.int32), {}, None
    told = Told(np.full(lead, -1, np.int32), np.zeros(lead, np.float32), np.zeros(lead, np.float32))
    told.timestep[:] = np.arange(TRIALS)[:, None]
    start = state = network.get_initial_state(len(envs))
    actions, rewards, values = np.zeros(lead, np.int32), np.zeros(lead, np.float32), np.zeros(lead, np.float32)
    shown = [env.reset() for env in envs]
    for t in range(TRIALS):
        known = len(views)
        for b, view in enumerate(shown):
            seen[t, b] = numbers.setdefault(view.tobytes(), len(views))
            if seen[t, b] == len(views):
                views.append(view)
        if len(views) > known:  # encoding is most of the work where frames are seen, and an episode has but two different ones
            fresh = network.encode(session, np.array(views[known:]))
            features = np.concatenate([features, fresh]) if known else fresh
        policy, values[t], state = network.act(session, features[seen[t]], Told(*(part[t] for part in told)), state)
        actions[t] = policy.argmax(1) if greedy else sample(policy, random)
        for b, (env, action) in enumerate(zip(envs, actions[t].tolist())):
            shown[b], rewards[t, b], _ = env.step(action)
        if t + 1 < TRIALS:
            told.prev_action[t + 1], told.prev_reward[t + 1] = actions[t], rewards[t]
    correct = np.array([env.correct for env in envs], np.float32).T
    return Rollout(np.array(views), seen, told, start, actions, rewards, values, correct)


class Worker:
    """One of the workers of a run, in a thread or in a process of its own.

    Args:
      number: int, counted from 0.
      network: AC_Network of scope `worker_<number>`.
      envs: list of B HarlowEnv, drawing from `random`.
      random: np.random.RandomState of this worker alone: with `envs`, all that chance decides here.
      gamma, gae_lambda: float, see Config.
    """

    def __init__(self, number, network, envs, random, gamma, gae_lambda):
        self.number = number
        self.network = network
        self.envs = envs
        self.random = random
        self._gamma, self._gae_lambda = gamma, gae_lambda

    def state(self):
        """What `set_state` goes on from, as plain data: no episode is under way between two updates."""
        return checkpoints.random_state(self.random)

    def set_state(self, state):
        """Has the worker go on from what `state` returned."""
        checkpoints.set_random_state(self.random, state)

    def work(self, session, coordinator, report):
        """Plays and learns until the coordinator (tf.train.Coordinator) asks for a stop: what a thread does.

        `report(worker, rollout, losses, staleness)` is called after each update; `staleness` is the number of updates that
        other workers made between this one's copying of the weights and its sending of gradients.
        """
        copied = self.network.pull(session)
        while not coordinator.should_stop():
            rollout = play(self.network, session, self.envs, self.random)
            losses, episodes = self.train(rollout, session)
            report(self, rollout, losses, (episodes - copied) // len(self.envs) - 1)
            copied = episodes

    def train(self, rollout, session):
        """One update of the shared network by a Rollout. Returns (Losses, episodes played so far by all workers)."""
        return self.network.train(session, *self._targets(rollout))

    def learn(self, weights, session):
        """One update where the shared network is in another process: what is to be sent there.

        Args:
          weights: list with a parcel of the shared weights from each server, float32 [P].
          session: tf.Session.
        Returns: (Rollout, Losses, list of parcels: see AC_Network.lesson).
        """
        self.network.load(session, weights)
        rollout = play(self.network, session, self.envs, self.random)
        losses, lesson = self.network.lesson(session, *self._targets(rollout))
        return rollout, losses, lesson

    def _targets(self, rollout):
        """What the network learns from, in the order of the arguments of AC_Network.train."""
        # The episodes end with the rollout: nothing follows that a value would have to stand for.
        returns = discounted_returns(rollout.rewards, 0., self._gamma)
        advantages = generalized_advantages(rollout.rewards, rollout.values, 0., self._gamma, self._gae_lambda)
        return rollout.views, rollout.seen, rollout.told, rollout.state, rollout.actions, returns, advantages

    def close(self):
        """Closes the labs."""
        for env in self.envs:
            env.close()
