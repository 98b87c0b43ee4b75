"""The embedded lab: psychlab's Harlow level without DeepMind Lab, frame for frame, behind the same interface.

    from meta_rl import psychlab as deepmind_lab
"""
from meta_rl.psychlab.interface import LISTABLE, READ_WRITABLE, READABLE, WRITABLE, runfiles_path, set_runfiles_path, version
from meta_rl.psychlab.lab import Lab, find_level

__all__ = ['LISTABLE', 'READABLE', 'READ_WRITABLE', 'WRITABLE', 'Lab', 'find_level', 'runfiles_path', 'set_runfiles_path',
           'version']
