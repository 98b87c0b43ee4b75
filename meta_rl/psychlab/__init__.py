"""The embedded lab: psychlab's Harlow level without DeepMind Lab, frame for frame, behind the same interface.

    from meta_rl import psychlab as deepmind_lab

The folder `drop_in` makes it `import deepmind_lab` for programs that know nothing of this project. So this package imports
nothing of the rest, and its own modules by relative names.
"""
from .folders import set_dataset_path
from .interface import LISTABLE, READ_WRITABLE, READABLE, WRITABLE, runfiles_path, set_runfiles_path, version
from .lab import Lab, find_level

__all__ = ['LISTABLE', 'READABLE', 'READ_WRITABLE', 'WRITABLE', 'Lab', 'find_level', 'runfiles_path', 'set_dataset_path',
           'set_runfiles_path', 'version']
