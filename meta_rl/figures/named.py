"""What agents name in this folder (see meta_rl/agent.py), as they import no drawing."""
import importlib


def named(name):
    """The function that 'module.function' of meta_rl.figures names."""
    module, function = name.split('.')
    return getattr(importlib.import_module('meta_rl.figures.' + module), function)
