"""Meta-reinforcement learning of the Harlow task. See docs/design.md for what lies where.

From Python: `load` and `train`, which import TensorFlow only when they are called.
"""
__version__ = '1.0.0'


def load(path):
    """The interface.Run of a run directory. ConfigError where `path` is none."""
    from meta_rl import interface
    return interface.Run(path)


def train(preset='harlow42', callbacks=(), quiet=False, **settings):
    """Trains an agent, as `harlow.py train` does, and returns its interface.Run. See interface.train."""
    from meta_rl import interface
    return interface.train(preset, callbacks, quiet, **settings)
