"""`import deepmind_lab` is the embedded lab for every program that has this file's folder on its PYTHONPATH.

The package psychlab is loaded from its folder under the name deepmind_lab, so that neither this project nor its name
meta_rl is needed on the path: the program may have a package of that name.
"""
import importlib.util
import os
import sys

_FOLDER = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def _load():
    spec = importlib.util.spec_from_file_location(
        __name__, os.path.join(_FOLDER, '__init__.py'), submodule_search_locations=[_FOLDER])
    module = importlib.util.module_from_spec(spec)
    sys.modules[__name__] = module  # what `import deepmind_lab` gives, in place of this file
    spec.loader.exec_module(module)


_load()
