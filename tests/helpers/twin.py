"""The network once more, slow and in float64, and rollouts to hold both to; shared by tests."""
import numpy as np

from meta_rl.ac_network import AC_Network, LossSpec, Unroll
from meta_rl.envs.contract import Spec
from meta_rl.nets.encoders import Embedding
from meta_rl.nets.inputs import Columns, Inputs
from meta_rl.nets.lstm import LSTMState
from meta_rl.nets.memories import OneLSTM, TwoLSTMs
from meta_rl.tf_compat import session_of, tf

T, B, V, N, A, UNITS, SECOND = 6, 4, 5, 7, 2, 5, 3
SPEC = Spec(A, (2, N), np.float32, T)
STACKED = dict(second_units=SECOND)


def small(encoder=lambda: Embedding(N, 3, 1.), units=UNITS, second_units=0, remembers=True, loss=LossSpec(), unroll=T,
          restarts=False, **columns):
    """The arguments of an AC_Network; columns: those of Columns."""
    columns = dict(dict(timestep_scale=1 / 6), **columns)

    def memory(built):
        if second_units:
            return TwoLSTMs(built.size, Columns(A, **columns), units, second_units, remembers)
        return OneLSTM(built.size, Columns(A, **columns), units, remembers)
    return dict(encoder=encoder, memory=memory, loss=loss, unroll=unroll, restarts=restarts)


SMALL = small()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Twin:
    """The network and its losses once more: slow, in float64, one decision of one episode at a time."""

    def __init__(self, weights, value_coef=.05, entropy_coef=.05, scales=(1., 1 / 6)):
        self.weights = {name: value.astype(np.float64) for name, value in weights.items()}
        self.value_coef, self.entropy_coef, self.scales = value_coef, entropy_coef, scales

    def lstm(self, name, told, c, h):
        w = self.weights
        gates = np.array(told) @ w[name + '/input_kernel'] + h @ w[name + '/recurrent_kernel'] + w[name + '/bias']
        i, j, f, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(j)
        return c, sigmoid(o) * np.tanh(c)

    def decide(self, view, prev_action, prev_reward, timestep, state):
        """state: a list of (c, h), which is changed."""
        w = self.weights
        features = [*(view @ w['embedding'] if 'embedding' in w else view).ravel()]
        action = np.zeros(A)
        if prev_action >= 0:
            action[prev_action] = 1
        reward, time = prev_reward * self.scales[0], timestep * self.scales[1]
        if len(state) == 1:
            state[0] = self.lstm('lstm', features + [*action, reward, time], *state[0])
        else:
            state[0] = self.lstm('lstm', features + [reward, time], *state[0])
            state[1] = self.lstm('lstm2', features + [*state[0][1], *action, time], *state[1])
        h = state[-1][1]
        logits = h @ w['policy']
        return np.exp(logits) / np.exp(logits).sum(), (h @ w['value'])[0]

    def unroll(self, rollout):
        steps, inputs = len(rollout.actions), rollout.inputs
        policies, values = np.zeros((steps, B, A)), np.zeros((steps, B))
        for b in range(B):
            of_b = [(lstm.c[b].astype(np.float64), lstm.h[b].astype(np.float64)) for lstm in rollout.state]
            for t in range(steps):
                if inputs.goes_on is not None and not inputs.goes_on[t, b]:
                    of_b = [(np.zeros_like(c), np.zeros_like(h)) for c, h in of_b]
                policies[t, b], values[t, b] = self.decide(
                    rollout.views[rollout.view_index[t, b]], inputs.prev_action[t, b], inputs.prev_reward[t, b],
                    inputs.timestep[t, b], of_b)
        return policies, values

    def losses(self, rollout):
        """(value loss, policy loss, entropy, total)"""
        policies, values = self.unroll(rollout)
        actions, target_v, advantages, count = rollout.actions, rollout.target_v, rollout.advantages, rollout.actions.size
        value_loss = policy_loss = entropy = 0.
        for b in range(B):
            for t in range(len(actions)):
                value_loss += .5 * (target_v[t, b] - values[t, b]) ** 2 / count
                policy_loss -= np.log(policies[t, b, actions[t, b]]) * advantages[t, b] / count
                entropy -= (policies[t, b] * np.log(policies[t, b])).sum() / count
        return value_loss, policy_loss, entropy, policy_loss + self.value_coef * value_loss - self.entropy_coef * entropy

    def gradients(self, rollout, step=1e-5, places=12):
        """Of the total, by central differences, in some places of each array: {name: array}, nan elsewhere."""
        gradients, random = {}, np.random.RandomState(0)
        for name, weights in self.weights.items():
            gradients[name] = np.full_like(weights, np.nan)
            for flat in random.permutation(weights.size)[:places]:
                place = np.unravel_index(flat, weights.shape)
                kept = weights[place]
                weights[place] = kept + step
                above = self.losses(rollout)[-1]
                weights[place] = kept - step
                below = self.losses(rollout)[-1]
                weights[place] = kept
                gradients[name][place] = (above - below) / (2 * step)
        return gradients


def some_rollout(seed=0, second=False, steps=T, restarts=False):
    """An Unroll as Worker gives it; restarts: with episodes that start inside it."""
    random = np.random.RandomState(seed)
    prev_action = random.randint(A, size=(steps, B)).astype(np.int32)
    prev_action[0] = -1
    views = np.eye(N, dtype=np.float32)[random.randint(N, size=(V, 2))]
    inputs = Inputs(prev_action=prev_action,
                    prev_reward=random.choice([-5, 5], size=(steps, B)).astype(np.float32),
                    timestep=np.repeat(np.arange(steps, dtype=np.float32)[:, None], B, 1))
    state = tuple(LSTMState(*random.randn(2, B, units).astype(np.float32)) for units in (UNITS, SECOND)[:1 + second])
    made = Unroll(views, random.randint(V, size=(steps, B)).astype(np.int32), inputs, state,
                  random.randint(A, size=(steps, B)).astype(np.int32),
                  random.randn(steps, B).astype(np.float32) * 5, random.randn(steps, B).astype(np.float32) * 5, 3)
    if restarts:
        made = made._replace(inputs=inputs._replace(goes_on=(random.random_sample((steps, B)) > .3).astype(np.float32)))
    return made


def build(trainer=None, workers=1, seed=1, **settings):
    """A session, the network 'global' and those of the workers, weights pulled; the policy's are large enough to matter."""
    tf.reset_default_graph()
    tf.set_random_seed(seed)
    counts = settings.pop('counts', None)
    settings = small(**settings)
    shared = AC_Network(SPEC, 'global', **settings)
    trainer = trainer() if trainer else tf.train.GradientDescentOptimizer(1.)
    networks = [AC_Network(SPEC, 'worker_%d' % k, trainer, counts=counts and counts(), **settings) for k in range(workers)]
    session = session_of(tf.get_default_graph())
    session.run(tf.global_variables_initializer())
    policy = [v for v in shared.local_vars if v.op.name == 'global/policy'][0]
    session.run(policy.assign(np.random.RandomState(seed).randn(*policy.shape.as_list()).astype(np.float32)))
    for network in networks:
        network.pull(session)
    return session, shared, networks


def weights(session, network):
    names = [v.op.name[len(network.scope) + 1:] for v in network.local_vars]
    return dict(zip(names, session.run(network.local_vars)))


def play(session, network, rollout):
    """Acts through an Unroll one decision at a time: policies [T, B, A], values [T, B]."""
    features, policies, values, state = network.encode(session, rollout.views), [], [], rollout.state
    for t in range(len(rollout.actions)):
        now = Inputs(*[part if part is None else part[t] for part in rollout.inputs])
        policy, value, state = network.act(session, features[rollout.view_index[t]], now, state)
        policies.append(policy)
        values.append(value)
    return np.array(policies), np.array(values)
