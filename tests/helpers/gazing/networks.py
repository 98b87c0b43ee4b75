"""The network of the gaze agent in small, to be held to a twin or to play with."""
import functools
from unittest import mock

import numpy as np

from meta_rl.ac_network import GLOBAL, AC_Network, Counts, LossSpec
from meta_rl.envs import gaze
from meta_rl.envs.contract import Spec
from meta_rl.envs.gazing import momentum
from meta_rl.nets import loops
from meta_rl.nets.gaze_encoder import GazeEncoder
from meta_rl.nets.inputs import Columns
from meta_rl.nets.memories import TwoSpeeds
from meta_rl.psychlab.task import TRIALS
from meta_rl.tf_compat import session_of, tf

H, W, ACROSS, FEATURES, PLACES, UNITS, MEMORY, B, V = 5, 8, 3, 2, 3, 4, 3, 3, 9
DIGITS = 4  # of the wait, where it is told
FOVEA = gaze.Fovea(1, 4, ACROSS)


def build(steps, shape=(H, W), fovea=FOVEA, more=False, twins=0., lit=False, write='paid', share=1.):
    """(session, shared network, worker's network) with statistics that are not those of the start: see _built.

    A graph is built once, which takes seconds. Whoever asks for it again has all that it holds as it was at first.
    """
    built, at_first = _built(steps, shape, fovea, more, twins, lit, write, share)  # in one order, or the same would be built anew
    _load(built[0], at_first)
    return built


@functools.lru_cache(maxsize=None)
def _built(steps, shape, fovea, more, twins, lit, write, share):
    # With the gradient of loops that the large kernels of the preset have.
    with tf.Graph().as_default() as graph, mock.patch.object(loops, 'LARGE', 0):
        tf.set_random_seed(1)
        settings = dict(
            encoder=lambda: GazeEncoder(shape[0], shape[1], fovea, FEATURES, .7, PLACES, more, lit), unroll=steps, restarts=True,
            memory=lambda encoder: TwoSpeeds(encoder.what, encoder.where, Columns(3), UNITS, MEMORY, momentum.NONE if more else None,
                                             DIGITS if more else 0, not lit, write),
            loss=LossSpec(.3, .2, 1e9, True, choice_entropy=.6, twins=twins, write_share=share))
        counts = Counts(*[tf.get_variable(name, [], tf.int64, tf.zeros_initializer(), trainable=False) for name in 'eu'])
        spec = Spec(3, shape + (3,), np.uint8, TRIALS)
        shared = AC_Network(spec, GLOBAL, **settings)
        network = AC_Network(spec, 'worker_0', tf.train.GradientDescentOptimizer(1.), counts=counts, **settings)
        variables = tf.global_variables()
        session = session_of(graph)
        session.run(tf.global_variables_initializer())
    random, values = np.random.RandomState(2), {}
    for variable, value in zip(shared.variables, session.run(shared.variables)):
        noise = random.normal(0, .3, value.shape)
        if 'statistics' not in variable.op.name:
            values[variable] = value + noise
        elif not variable.op.name.endswith('rollouts'):
            values[variable] = 1 + abs(noise) if 'variance' in variable.op.name else noise
    _load(session, values.items())
    network.pull(session)
    return (session, shared, network), list(zip(variables, session.run(variables)))


def _load(session, values):
    """Gives variables values, by one call: each call of another kind takes the time of a hundred of one that there was before."""
    values = list(values)
    session.run([variable.initializer for variable, _ in values], {variable.initializer.inputs[1]: value for variable, value in values})
