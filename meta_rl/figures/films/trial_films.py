"""Films of the tasks whose step is a trial: what there is to draw before each trial, and after the last."""
import functools

import numpy as np
from PIL import Image

from meta_rl.figures.films import bandit_scenes, two_step_scenes

TRIAL, END = 400, 3000  # how long a scene is shown, and the last one [ms]


def played(frozen, seed):
    """Plays an episode with a Frozen network. Yields what it was like before each trial, and after the last.

    That is (Environment, policy float [2], value float of the trial to come; None and None after the last).
    """
    played, _ = frozen.episode(seed)
    env, = frozen.make_envs(1, np.random.RandomState(seed))
    env.reset()  # the first number that is drawn there: the same episode
    for policy, value, action in zip(played.policies[:, 0], played.values[:, 0], played.actions[:, 0]):
        yield env, policy, float(value)
        env.step(action)
    yield env, None, None


def _film(module, frozen, seed, title):
    """(list of (function that draws a scene, a PIL image, and milliseconds), what the episode earned)"""
    scenes = [module.scene_of(env, policy, value, title) for env, policy, value in played(frozen, seed)]
    shots = [(functools.partial(_picture, module.draw, scene), TRIAL) for scene in scenes[:-1]]
    shots.append((functools.partial(_picture, module.draw, scenes[-1]), END))
    return shots, float(sum(trial.reward for trial in scenes[-1].trials))


def _picture(draw, scene):
    return Image.fromarray(draw(scene))


two_step = functools.partial(_film, two_step_scenes)
bandit = functools.partial(_film, bandit_scenes)
