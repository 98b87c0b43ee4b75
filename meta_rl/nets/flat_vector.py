"""Flat vectors: all that goes to one server, or comes from it, as one tensor, since each tensor on its own costs a message."""
from meta_rl.tf_compat import tf


def pack(tensors):
    """One float32 [P] tensor of all elements of float32 tensors, in their order."""
    return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], 0)


def unpack(vector, variables):
    """The tensors, of the shapes of `variables`, that `pack` made the tensor `vector` of."""
    parts = tf.split(vector, [size(variable) for variable in variables])
    return [tf.reshape(part, variable.shape) for part, variable in zip(parts, variables)]


def size(variable):
    """int: elements of a variable."""
    return variable.shape.num_elements()
