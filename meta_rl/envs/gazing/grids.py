"""Where the viewer spawns in training, so that views repeat: on a grid of its own for each look of the surroundings."""
from meta_rl.envs.gazing.momentum import REPEAT
from meta_rl.psychlab import settings
from meta_rl.psychlab.scene import camera, looks


def yaws(level, fps, repeat=REPEAT):
    """The yaws (degrees) to spawn at, of which the cross is one, for a viewer who turns by multiples of `repeat` units.

    Args:
      level: psychlab's Level, for how far it spawns from the cross.
      fps: int, frames in a second of the lab.
    """
    step = repeat * _unit(fps)
    most = int(level.spawn_range / step)
    return [90 + k * step for k in range(-most, most + 1)]


def shift_of_a_look(config, seed):
    """Degrees by which the grid of an episode's look is off the cross: none, or one to `repeat` - 1 units.

    With one grid for all looks the gaze would come to rest at every fourth unit alone. In evaluation it does so anywhere: there an
    agent rested 22.4 units off the cross, beside its box of 20, took it for the 20 that it knew, and waited to the end.
    """
    return _unit(config.fps) * (looks.number_of(seed, looks.TRAINING, config.look_count, 0) % config.repeat)


def _unit(fps):
    """Degrees of a unit of the look action in a frame."""
    return camera.DEGREES_PER_UNIT_MS * settings.frame_ms_of(fps)
