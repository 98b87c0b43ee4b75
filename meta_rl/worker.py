"""Worker: plays episodes with a local copy of the network and sends its gradients to the shared one (A3C, Mnih et al. 2016)."""
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

import numpy as np

from meta_rl.ac_network import AC_Network, Counts, Losses, Unroll
from meta_rl.envs.contract import Environment, Episode, is_history
from meta_rl.experience.actor import Actor, Experience
from meta_rl.experience.returns import discounted_returns, generalized_advantages, others_mean
from meta_rl.nets.nest import mapped
from meta_rl.rundir.saving.plain import is_random_state, random_state, set_random_state

LEAST = 1e-6  # probability of an action that was done


class Update(NamedTuple):
    """One update. T steps, B episodes side by side.

    worker: its number; episodes: those that ended in the unroll; steps: T * B; width: B. Of a worker in a process of
    its own, in a pass over an unroll that is not the last one: no episodes, 0 and 0.
    value: mean of the values, in the lab's reward; losses: Losses; staleness: updates that others made between this worker's
    copying of the weights and its sending of gradients.
    state: of the worker after it, plain data, see Worker.state: a copy, which nothing changes any more.
    """

    worker: int
    episodes: List[Episode]
    steps: int
    width: int
    value: float
    losses: Any
    staleness: int
    state: Any


class Learning(NamedTuple):
    """How a worker learns.

    steps: T, of an unroll; gamma, gae_lambda: see Config.
    reward_unit: rewards are divided by it before they are learned from; what is reported is in the lab's units all the same.
    taught: the number of episodes in which the weight of doing as a teacher would falls from 1 to 0; 0: there is no teacher.
    entropy_episodes: the number in which the weight of the entropy falls to 0; 0: it stays as it is.
    passes: how often each unroll is learned from.
    minibatches: in how many updates, each by as many of the environments side by side, see `minibatch`.
    siblings: how many environments side by side play the same episode, see others_mean; 1: none do.
    """

    steps: int
    gamma: float
    gae_lambda: float = 1.
    reward_unit: float = 1.
    taught: int = 0
    entropy_episodes: int = 0
    passes: int = 1
    siblings: int = 1
    minibatches: int = 1

    @property
    def updates(self) -> int:
        """How many there are by each unroll."""
        return self.passes * self.minibatches


class Worker:
    """One of the workers of a run, in a thread or in a process of its own.

    Args:
      number: int, counted from 0.
      network: AC_Network of scope `worker_<number>`.
      envs: list of B Environment, drawing from `random`.
      random: np.random.RandomState of this worker alone: with `envs`, all that chance decides here.
      learning: Learning.
    """

    def __init__(self, number: int, network: AC_Network, envs: List[Environment], random: np.random.RandomState,
                 learning: Learning) -> None:
        self.number = number
        self.network = network
        self.envs = envs
        self.random = random
        self._learning = learning
        self._actor: Optional[Actor] = None
        self._start: Any = None

    def state(self) -> dict:
        """What `set_state` goes on from, as plain data: the state of all chance, and of the episodes under way."""
        return {'random': random_state(self.random), 'actor': self._actor.saved() if self._actor else self._start}

    def set_state(self, state: Any) -> None:
        """Has the worker go on from what `state` returned (earlier versions kept the state of chance alone)."""
        if isinstance(state, list):
            state = {'random': state, 'actor': None}
        set_random_state(self.random, state['random'])
        self._start = state['actor']

    def forget(self) -> None:
        """Starts new episodes, whatever `set_state` was given."""
        self._start = None

    def work(self, session: Any, coordinator: Any, report: Callable[[Update], None]) -> None:
        """Plays and learns until the coordinator (tf.train.Coordinator) asks for a stop: what a thread does.

        `report` is called with an Update after each one.
        """
        counts = self.network.pull(session)
        while not coordinator.should_stop():
            experience = self.play(session, counts.episodes)
            losses, after = self.train(experience, session, counts.episodes)
            report(self.update(experience, losses, after.updates - counts.updates - self._learning.updates))
            counts = after

    def play(self, session: Any, episodes: int) -> Experience:
        """Plays an unroll. episodes: int, how many all workers have played. Returns Experience."""
        for env in self.envs:
            env.progress(episodes)
        if self._actor is None:  # not before: what episodes go on from may hang on the progress
            self._actor = Actor(self.network, self.envs, self.random, self._start)
        return self._actor.unroll(session, self._learning.steps, labelled=self._imitation(episodes) > 0)

    def train(self, experience: Experience, session: Any, episodes: int = 0) -> Tuple[Losses, Counts]:
        """Updates the shared network by an Experience. Returns (Losses, Counts), of the last update."""
        *others, last = self.unrolls(experience, episodes)
        for unroll in others:
            self.network.train(session, unroll)
        return self.network.train(session, last)

    def update(self, experience: Experience, losses: Losses, staleness: int) -> Update:
        """The Update that there is to report."""
        value = float(experience.values.mean()) * self._learning.reward_unit
        return Update(self.number, experience.episodes, experience.actions.size, experience.actions.shape[1], value, losses,
                      staleness, self.state())

    def unrolls(self, experience: Experience, episodes: int = 0) -> List[Unroll]:
        """What the network learns from, one update after the other. Episodes ended in the last of them alone."""
        unroll, count = self.unroll(experience, episodes), self._learning.minibatches
        parts = [minibatch(unroll._replace(ended=0), number, count) for number in range(count)]
        *others, last = parts * self._learning.passes
        return others + [last._replace(ended=unroll.ended)]

    def unroll(self, experience: Experience, episodes: int = 0) -> Unroll:
        """The Unroll that an Experience is to the network. episodes: int, how many all workers had played before."""
        learning = self._learning
        rewards = experience.rewards / np.float32(learning.reward_unit)
        if learning.siblings > 1:
            rewards = rewards - others_mean(rewards, learning.siblings)
        discounts = np.where(experience.over, 0., learning.gamma).astype(np.float32)
        if experience.following.any():  # episodes that were only cut short: what would have followed is expected, not 0
            rewards = rewards + np.float32(learning.gamma) * experience.following
        advantages = generalized_advantages(rewards, experience.values, experience.bootstrap, discounts, learning.gae_lambda)
        if learning.gae_lambda == 1:
            targets = discounted_returns(rewards, experience.bootstrap, discounts)  # the same, without the rounding
        else:
            targets = advantages + experience.values
        if experience.chosen is not None:
            # What the policy would not have done is learned from where it did better than expected alone (self-imitation, Oh et al.
            # 2018): as it does not get rarer when it is done worse, its probability would fall without end.
            advantages = np.where(experience.chosen, np.maximum(advantages, 0), advantages)
        labels = np.zeros_like(experience.actions) if experience.labels is None else experience.labels
        return Unroll(experience.views, experience.view_index, experience.inputs, experience.state, experience.actions, targets,
                      advantages, len(experience.episodes), labels, self._imitation(episodes), self._entropy(episodes),
                      _chances(experience))

    def _imitation(self, episodes):
        taught = self._learning.taught
        return max(0., 1 - episodes / taught) if taught else 0.

    def _entropy(self, episodes: int) -> float:
        falls = self._learning.entropy_episodes
        return max(0., 1 - episodes / falls) if falls else 1.

    def close(self) -> None:
        """Closes the labs."""
        for env in self.envs:
            env.close()


def minibatch(unroll: Unroll, number: int, count: int) -> Unroll:
    """Part `number` of `count` of an Unroll: that of B / count environments next to each other, and the views that these saw."""
    if count == 1:
        return unroll  # as it is, without copies
    width = unroll.actions.shape[1] // count
    mine = slice(number * width, (number + 1) * width)
    seen, index = np.unique(unroll.view_index[:, mine], return_inverse=True)

    def of(arrays):
        return mapped(lambda array: array[:, mine], arrays)
    return unroll._replace(
        views=unroll.views[seen], view_index=index.reshape(-1, width).astype(np.int32), inputs=of(unroll.inputs),
        state=mapped(lambda array: array[mine], unroll.state), actions=of(unroll.actions), target_v=of(unroll.target_v),
        advantages=of(unroll.advantages), labels=of(unroll.labels), chances=of(unroll.chances))


def _chances(experience: Experience) -> np.ndarray:
    """float32 [T, B]: the probability that each action had; not 0, which one that the policy did not choose may have."""
    return np.maximum(np.take_along_axis(np.asarray(experience.policies), experience.actions[..., np.newaxis], 2)[..., 0], LEAST)


def corruption(state: Any, is_episode: Callable[[Any], bool] = lambda history: is_history(history, 1000)) -> Optional[str]:
    """What is wrong with plain data that is to be the state of a worker, as a clause; None where it is one.

    is_episode: function that says whether plain data is of the form of the environment's `history`.
    """
    if is_random_state(state):
        return None
    if not isinstance(state, dict) or set(state) != {'random', 'actor'} or not is_random_state(state['random']):
        return 'it is no state of a worker'
    actor = state['actor']
    if actor is None:
        return None
    if not isinstance(actor, dict) or set(actor) != {'episodes', 'memory'} or not all(
            isinstance(part, list) for part in actor.values()):
        return 'it has no episodes under way'
    if not all(history is None or is_episode(history) for history in actor['episodes']):
        return 'an episode under way is none'
    if not all(isinstance(text, str) for text in actor['memory']):
        return 'the state of the memory is none'
    return None
