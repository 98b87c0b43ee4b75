"""The one place that knows that there is more than one TensorFlow.

The rest of the code writes TensorFlow 1 (graphs and sessions) against the `tf` of this module. It runs on 1.12 (Python 3.6)
and on 2.16 and later, where that interface lives on as `tf.compat.v1`, but for `nn.rnn_cell` and `layers`: do not use these.
"""
import contextlib
import gc
import importlib.util
import os
import warnings

from meta_rl import onednn
from meta_rl.console.held_back import held_back, only_warnings


@contextlib.contextmanager
def _keras_later():
    """While TensorFlow is imported within, Keras is not: a quarter of the time that it takes, and there is no use for it here.

    TensorFlow 2.16 and later import Keras 3 at once, but not the older Keras, a package of its own, if that is asked for and missing.
    `tensorflow.keras` is looked for when it is first used: then the question is gone, and it is Keras 3 as ever.
    """
    asked = 'TF_USE_LEGACY_KERAS'
    if asked in os.environ or importlib.util.find_spec('tf_keras'):
        yield
        return
    os.environ[asked] = '1'
    try:
        yield
    finally:
        del os.environ[asked]


@contextlib.contextmanager
def _kept():
    """What is imported within is not looked through for garbage, then or later: it stays to the end, a quarter of a million objects.

    A sixth of the time that the import takes, and .3 s whenever garbage is looked for everywhere, as in building the first graph.
    """
    if not (hasattr(gc, 'freeze') and gc.isenabled()):  # Python 3.6 has none
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


# Before the import, or TensorFlow does not see it. A value set outside is left alone.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
onednn.choose_none()
with held_back(), warnings.catch_warnings(), _keras_later(), _kept():
    warnings.simplefilter('ignore', FutureWarning)  # of NumPy, about the dtypes of 1.12
    import tensorflow
    from tensorflow.core.protobuf.config_pb2 import CallableOptions

import numpy as np

IS_V1 = tensorflow.__version__.startswith('1.')
tf = tensorflow if IS_V1 else tensorflow.compat.v1

# What talking to a server that is gone raises.
GONE = tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError

tf.logging.set_verbosity(tf.logging.ERROR)
if not IS_V1:
    only_warnings(os.path.join(tf.sysconfig.get_lib(), 'libtensorflow_framework.so.2'))
    tf.disable_v2_behavior()
    tensorflow.__path__ = [folder for folder in tensorflow.__path__ if folder]  # the older Keras, not found, has left a None in it
# The older reference variables may change while an operation still reads them; a resource variable keeps what was read. The
# order "gradients, update, copy of the update" inside one session call rests on it.
tf.enable_resource_variables()
if IS_V1:
    # 1.12 asks even a closed session to release a callable, and prints a traceback when it refuses; later ones look first.
    tf.Session._Callable.__del__ = lambda self, release=tf.Session._Callable.__del__: self._session._closed or release(self)


def session_of(graph):
    """tf.Session of a graph."""
    loops = any(operation.type == 'Enter' for operation in graph.get_operations())
    return tf.Session(graph=graph, config=session_config(loops=loops))


def session_config(threads=1, loops=False):
    """Settings of a session for small networks: any number of Python threads may run it at once.

    Args:
      threads: int, how many threads may share ONE operation. A product with an LSTM of 48 units takes microseconds, less
        than handing half of it to another core: 1 is fastest, and adds in the same order in every run. TensorFlow has one
        such pool for the whole process, so the first session decides.
      loops: bool, whether the graph has loops, which the quickest way that 1.12 has to run a graph does not know.

    Returns:
      tf.ConfigProto. A device that is not there is replaced by one that is; memory of a GPU is taken as needed.
    """
    config = tf.ConfigProto(intra_op_parallelism_threads=threads, allow_soft_placement=True)
    config.gpu_options.allow_growth = True
    if not IS_V1:
        # Run each graph in the thread that asks for it: nothing is handed over, and workers do not queue for a pool.
        # (1.12 aborts on a negative number.)
        config.inter_op_parallelism_threads = -1
    elif not loops and not tf.test.is_built_with_cuda():
        # 1.12 can at least run all operations of a call in one thread, at half the processor time; not if there is a GPU.
        config.experimental.executor_type = 'SINGLE_THREADED_EXECUTOR'
    return config


def make_callable(session, fetches, feeds):
    """Makes a function that runs `fetches` in `session`: what session.run does, without its 0.1 ms of Python at every call.

    The method behind it bears an underscore, but Keras was built on it: every TensorFlow from 1.9 to 2.21 has it.

    Args:
      session: tf.Session.
      fetches: list of tensors and operations.
      feeds: list of placeholders.

    Returns:
      A function of one array for each placeholder that returns a list of one array for each tensor. Several threads may
      call it at once. It raises ValueError if an array does not fit its placeholder (TensorFlow does not look here).
    """
    options = CallableOptions(
        feed=[feed.name for feed in feeds],
        fetch=[fetch.name for fetch in fetches if isinstance(fetch, tf.Tensor)],
        target=[fetch.name for fetch in fetches if not isinstance(fetch, tf.Tensor)])
    run = session._make_callable_from_options(options)
    expected = [(feed.name, feed.dtype.as_numpy_dtype, feed.shape.as_list()) for feed in feeds]

    def call(*arrays):
        return run(*[_fitted(array, *e) for array, e in zip(arrays, expected)])
    return call


def _fitted(array, name, dtype, shape):
    array = np.asarray(array, dtype)
    if len(array.shape) != len(shape) or any(want not in (None, size) for size, want in zip(array.shape, shape)):
        raise ValueError(f'{name} has shape {list(shape)}, the array given for it {list(array.shape)}.')
    return array


def devices(config=None):
    """The devices that can compute, as tf.device names them: ['/device:CPU:0', '/device:GPU:0', ...].

    Args:
      config: tf.ConfigProto of the session to come (see session_config about the first session of a process).
    """
    with tf.Session(graph=tf.Graph(), config=config or session_config()) as session:
        found = session.list_devices()
    return [_short(device.name) for device in found if device.device_type in ('CPU', 'GPU')]


def check_device(name, config=None):
    """One sentence if the device `name` ('/cpu:0', '/device:GPU:0') is not on this machine, else None.

    Computing on it is no error: session_config lets TensorFlow take another device.
    """
    try:
        wanted = _short(name)
    except ValueError:
        return f'{name!r} is not the name of a device, as /cpu:0 and /device:GPU:0 are.'
    found = devices(config)
    missing = f'There is no {wanted} on this machine (there is {", ".join(found)}): computing on {found[0]}.'
    return None if wanted in found else missing


def _short(name):
    device = tf.DeviceSpec.from_string(name)
    return f'/device:{device.device_type}:{device.device_index or 0}'
