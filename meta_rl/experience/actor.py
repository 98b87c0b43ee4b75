"""Actor: plays B environments side by side with a network, and keeps what it saw, did and was paid."""
from operator import attrgetter
from typing import Any, List, NamedTuple, Optional

import numpy as np

from meta_rl.config import ConfigError
from meta_rl.envs.contract import Episode
from meta_rl.nets.inputs import Inputs
from meta_rl.nets.nest import leaves, like, mapped
from meta_rl.rundir.saving.plain import packed, unpacked


class Experience(NamedTuple):
    """T steps of B environments. Arrays are [T, B] unless it says otherwise.

    views: [V, ...], the different ones; view_index: int32, which of them each step was made on; inputs: Inputs; state: of the
    memory before the first step.
    actions: int32; policies: float32 [T, B, a_size]; rewards, values: float32, what each step was paid and what was expected
    before it; over: bool, whether the episode was over after it.
    following: float32, the value of what would have followed where an episode was cut short, 0 elsewhere; bootstrap: float32 [B],
    that of what follows the last step where the episode goes on, 0 elsewhere.
    labels: int32, what a teacher would have done, or None; episodes: list of Episode, those that ended.
    chosen: bool, whether the environment chose an action that was neither drawn from the policy nor its likeliest, see
    Environment.chosen; None: none does so.
    """

    views: np.ndarray
    view_index: np.ndarray
    inputs: Inputs
    state: Any
    actions: np.ndarray
    policies: np.ndarray
    rewards: np.ndarray
    values: np.ndarray
    over: np.ndarray
    following: np.ndarray
    bootstrap: np.ndarray
    labels: Optional[np.ndarray]
    episodes: List[Episode]
    chosen: Optional[np.ndarray] = None


def sample(policy, random):
    """Draws actions, int [B], from the probabilities `policy` [B, a_size] with a RandomState, one number for each."""
    # Without the last column, which may fall short of 1 by rounding, no draw can run past the last action.
    return (random.random_sample((len(policy), 1)) >= policy[:, :-1].cumsum(1)).sum(1)


class Actor:
    """B environments side by side, each in some episode of its own; a new one starts before the step that needs it.

    Args:
      network: AC_Network that acts.
      envs: list of B Environment.
      random: np.random.RandomState that actions are sampled with.
      start: what `saved` returned; None: all episodes start anew.
      observer: what is told of each step and of each episode that ended, see records.Observer; None: nothing is.
      kept: function of an Environment: what Experience has of an episode that has just ended there.
    Raises: ConfigError where `start` is of other environments or of another network.
    """

    def __init__(self, network, envs, random, start=None, observer=None, kept=attrgetter('episode')):
        self._network, self.envs, self._random = network, envs, random
        self._observer, self._kept = observer, kept
        self._explorers = [b for b, env in enumerate(envs) if env.explores]
        batch = len(envs)
        self._views, self._over = [None] * batch, np.ones(batch, bool)
        self._state = network.get_initial_state(batch)
        self._inputs = Inputs(np.full(batch, -1, np.int32), *np.zeros((3, batch), np.float32))
        if start is not None:
            self._go_on(start)

    @property
    def between_episodes(self):
        """bool: no episode is under way."""
        return bool(self._over.all())

    def saved(self):
        """All that the next steps depend on, besides the network and the RandomState: plain data; None between episodes."""
        if self.between_episodes and not any(env.carries for env in self.envs):
            return None
        return {'episodes': [None if over and not env.carries else env.history for env, over in zip(self.envs, self._over)],
                'memory': [packed(part) for part in leaves(self._state)]}

    def _go_on(self, start):
        parts = leaves(self._state)
        known = [unpacked(text, part.shape) for text, part in zip(start['memory'], parts)]
        if (len(start['episodes']), len(start['memory'])) != (len(self.envs), len(parts)) or any(part is None for part in known):
            raise ConfigError('The checkpoint has %d episodes under way and a memory of another size or number: config.json was '
                              'changed since.' % len(start['episodes']))
        self._state = like(self._state, known)
        for b, history in enumerate(start['episodes']):
            if history is not None:
                step, actions = self.envs[b].replay(history), history['actions']
                self._views[b], self._over[b] = step.view, step.done
                if actions:
                    self._inputs.prev_action[b], self._inputs.prev_reward[b] = actions[-1], step.reward
                    self._inputs.timestep[b], self._inputs.goes_on[b] = len(actions), 1

    def unroll(self, session, steps, greedy=False, labelled=False):
        """Plays so many steps in each environment. Returns Experience.

        greedy: bool, take the likeliest action instead of sampling; labelled: bool, ask the environments' teachers.
        """
        lead, network = (steps, len(self.envs)), self._network
        seen, view_index, labels = _Seen(network, session), np.zeros(lead, np.int32), np.zeros(lead, np.int32)
        inputs = Inputs(np.zeros(lead, np.int32), *np.zeros((3,) + lead, np.float32))
        actions, over, following = np.zeros(lead, np.int32), np.zeros(lead, bool), np.zeros(lead, np.float32)
        rewards, values, policies, episodes = np.zeros(lead, np.float32), np.zeros(lead, np.float32), [], []
        chosen = np.zeros(lead, bool) if self._explorers else None
        for t in range(steps):
            self.start()
            if t == 0:
                start = self._state
            features = seen.features(self._views, view_index[t])
            for part, now in zip(inputs, self._inputs):
                part[t] = now
            if labelled:
                labels[t] = [env.label for env in self.envs]
            policy, values[t], self._state = network.act(session, features, self._inputs, self._state)
            policies.append(policy)
            actions[t] = policy.argmax(1) if greedy else sample(policy, self._random)
            if self._explorers:
                drawn, likeliest = actions[t].tolist(), policy.argmax(1).tolist()
                for b in self._explorers:
                    actions[t, b] = self.envs[b].chosen(drawn[b], likeliest[b])
                # The likeliest action is the policy's own: where it is done and does badly, in circles say, that is to be learned.
                chosen[t] = (actions[t] != drawn) & (actions[t] != likeliest)
            if self._observer:
                self._observer.acted(features, policy, values[t], self._state, actions[t])
            cut = self._step(actions[t], rewards[t], episodes)
            over[t] = self._over
            if cut:
                following[t, cut] = self._value_of(session, cut)
        bootstrap, going = np.zeros(len(self.envs), np.float32), np.flatnonzero(~self._over).tolist()
        if going:
            bootstrap[going] = self._value_of(session, going)
        return Experience(np.array(seen.views), view_index, inputs, start, actions, np.array(policies), rewards, values, over,
                          following, bootstrap, labels if labelled else None, episodes, chosen)

    def start(self):
        """Starts new episodes where one is over. `unroll` does so before each step."""
        if not self._over.any():
            return
        for b in np.flatnonzero(self._over):
            self._views[b] = self.envs[b].reset()
        for part, first in zip(self._inputs, Inputs(-1, 0, 0, 0)):
            part[self._over] = first
        if self._over.all():
            self._state = self._network.get_initial_state(len(self.envs))
        else:
            on = ~self._over[:, np.newaxis]
            self._state = mapped(lambda part: part * on, self._state)
        self._over[:] = False

    def _step(self, actions, rewards, episodes):
        """Does the actions, and fills `rewards` and `episodes`. Returns the indices of environments whose episode was cut short."""
        cut, steps = [], [env.step(action) for env, action in zip(self.envs, actions.tolist())]
        self._views[:], rewards[:] = [step.view for step in steps], [step.reward for step in steps]
        for b, step in enumerate(steps):
            if step.done:
                self._over[b] = True
                episodes.append(self._kept(self.envs[b]))
                if self._observer:
                    self._observer.ended(b, self.envs[b])
                if step.truncated:
                    cut.append(b)
        self._inputs.prev_action[:], self._inputs.prev_reward[:] = actions, rewards
        self._inputs.timestep[:] += 1
        self._inputs.goes_on[:] = 1
        return cut

    def _value_of(self, session, which):
        """float32 [len(which)]: what is expected from here on in these environments."""
        features = self._network.encode(session, np.array([self._views[b] for b in which]))
        inputs, state = mapped(lambda part: part[which], self._inputs), mapped(lambda part: part[which], self._state)
        return self._network.act(session, features, inputs, state)[1]


class _Seen:
    """The different views of an unroll, each encoded once: that is most of the work where frames are seen."""

    def __init__(self, network, session):
        self._network, self._session = network, session
        self.views, self._numbers, self._features = [], {}, None

    def features(self, views, index):
        """float32 [B, F] of B views; fills `index`, int32 [B], with their places in `self.views`."""
        known, keys = len(self.views), [view.tobytes() for view in views]
        for key, view in zip(keys, views):
            if key not in self._numbers:
                self._numbers[key] = len(self.views)
                self.views.append(view)
        index[:] = [self._numbers[key] for key in keys]
        if len(self.views) > known:
            fresh = self._network.encode(self._session, np.array(self.views[known:]))
            self._features = np.concatenate([self._features, fresh]) if known else fresh
        return self._features[index]


def play_episodes(network, session, envs, random, count, steps, greedy=False, progress=None, observer=None,
                  kept=attrgetter('episode')):
    """Plays `count` episodes, as many in each environment, lest short ones count more. Returns the list of what is kept of them.

    steps: int, of the unrolls in which they are played: where these are whole episodes, no more is played than is counted.
    progress: Progress that is told of each episode, or None; observer: see Actor; it is also told which episodes count; kept: see
    Actor.
    """
    quota, played = np.full(len(envs), count // len(envs)), []
    quota[:count % len(envs)] += 1
    actor = Actor(network, envs, random, observer=observer, kept=kept)
    while quota.any():
        if actor.between_episodes:  # those that have played theirs need not play on
            actor = Actor(network, envs[:np.count_nonzero(quota)], random, observer=observer, kept=kept)
        experience = actor.unroll(session, steps, greedy)
        for episode, b in zip(experience.episodes, np.nonzero(experience.over)[1]):
            if observer:
                observer.settle(bool(quota[b]))
            if quota[b]:
                quota[b] -= 1
                played.append(episode)
                if progress:
                    progress.add()
    return played
