"""The network of the gaze agent in small, to be held to a twin or to play with."""
import numpy as np

from meta_rl.ac_network import GLOBAL, AC_Network, Counts, LossSpec
from meta_rl.envs import gaze
from meta_rl.envs.contract import Spec
from meta_rl.envs.gazing import momentum
from meta_rl.nets.gaze_encoder import GazeEncoder
from meta_rl.nets.inputs import Columns
from meta_rl.nets.memories import TwoSpeeds
from meta_rl.psychlab.task import TRIALS
from meta_rl.tf_compat import session_of, tf

H, W, ACROSS, FEATURES, PLACES, UNITS, MEMORY, B, V = 5, 8, 3, 2, 3, 4, 3, 3, 9
FOVEA = gaze.Fovea(1, 4, ACROSS)


def build(steps, shape=(H, W), fovea=FOVEA, more=False, twins=0.):
    """(session, shared network, worker's network) with statistics that are not those of the start."""
    tf.reset_default_graph()
    tf.set_random_seed(1)
    settings = dict(
        encoder=lambda: GazeEncoder(shape[0], shape[1], fovea, FEATURES, .7, PLACES, more), unroll=steps, restarts=True,
        memory=lambda encoder: TwoSpeeds(encoder.what, encoder.where, Columns(3), UNITS, MEMORY, momentum.NONE if more else None),
        loss=LossSpec(.3, .2, 1e9, True, choice_entropy=.6, twins=twins))
    counts = Counts(*[tf.get_variable(name, [], tf.int64, tf.zeros_initializer(), trainable=False) for name in 'eu'])
    spec = Spec(3, shape + (3,), np.uint8, TRIALS)
    shared = AC_Network(spec, GLOBAL, **settings)
    network = AC_Network(spec, 'worker_0', tf.train.GradientDescentOptimizer(1.), counts=counts, **settings)
    session = session_of(tf.get_default_graph())
    session.run(tf.global_variables_initializer())
    random = np.random.RandomState(2)
    for variable in shared.variables:
        noise = random.normal(0, .3, variable.shape.as_list())
        if 'statistics' not in variable.op.name:
            variable.load(session.run(variable) + noise, session)
        elif not variable.op.name.endswith('rollouts'):
            variable.load(1 + abs(noise) if 'variance' in variable.op.name else noise, session)
    network.pull(session)
    return session, shared, network
