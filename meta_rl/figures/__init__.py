"""Pictures: curves, learning sets, recordings of episodes (GIF, MP4), and every figure of img/.

From outside: `plotting.plot`, `recording.record`, `all_figures.draw_all`.
"""
import importlib


def named(name):
    """The function that 'module.function' of meta_rl.figures names. Agents name what draws them, as they import no drawing."""
    module, function = name.rsplit('.', 1)
    return getattr(importlib.import_module('meta_rl.figures.' + module), function)
