"""Meta-reinforcement learning of the Harlow task. See docs/design.md for what lies where."""
__version__ = '1.0.0'
