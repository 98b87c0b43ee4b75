"""The environments of gymnasium_envs for agents that speak dm_env: DmEnv(gymnasium_envs.Harlow(...))."""
import numpy as np

try:
    import dm_env
    from dm_env import specs
except ImportError:
    raise ImportError('meta_rl.dm_envs needs dm_env, which is not installed: pip install -r requirements/gymnasium.txt '
                      '(Python 3.9 and later).') from None

from meta_rl.config import ConfigError
from meta_rl.envs.adapters.gymnasium_envs import gymnasium


def spec_of(space, name):
    """The dm_env spec of a Gymnasium space, or a dict of them."""
    if isinstance(space, gymnasium.spaces.Dict):
        return {key: spec_of(part, key) for key, part in space.items()}
    if isinstance(space, gymnasium.spaces.Discrete):
        return specs.DiscreteArray(int(space.n), np.int64, name)
    if isinstance(space, gymnasium.spaces.MultiDiscrete):
        return specs.BoundedArray(space.shape, space.dtype, space.start, space.start + space.nvec - 1, name)
    return specs.BoundedArray(space.shape, space.dtype, space.low, space.high, name)


def made(name, settings):
    """The environment that Gymnasium knows by this name. ConfigError where there is none."""
    try:
        return gymnasium.make(name, **settings)
    except (gymnasium.error.Error, ImportError, TypeError) as error:
        raise ConfigError(f'There is no environment {name!r} with these keywords ({error}): those of the Harlow task are '
                          'meta_rl/Harlow-v0 and meta_rl/PsychLabHarlow-v0.')


class DmEnv(dm_env.Environment):
    """A dm_env.Environment around an environment of gymnasium_envs.

    Args:
      env: gymnasium_envs.Harlow or PsychLabHarlow; or the name that Gymnasium knows one by, as 'meta_rl/Harlow-v0'.
      seed: int that decides all episodes, or None.
      settings: keywords of the environment, where it is named.
    Raises: ConfigError where `env` is neither, in one sentence.

    Observations are those of `env`. After the sixth trial the discount is 0; where the lab's time ran out it is 1.
    `info` is that of the last step.
    """

    def __init__(self, env, seed=None, **settings):
        if isinstance(env, str):
            env = made(env, settings)
        elif settings:
            raise ConfigError(f'{sorted(settings)[0]} is a keyword of the environment: give it there, or give the name of one.')
        elif not isinstance(env, gymnasium.Env):
            raise ConfigError(f'env is {env!r}: it must be an environment of Gymnasium or its name, as meta_rl/Harlow-v0.')
        self._env, self._seed = env, seed
        self._over = True
        self.info = {}

    def reset(self):
        observation, self.info = self._env.reset(seed=self._seed)
        self._seed, self._over = None, False  # the first seed decides the episodes that follow too
        return dm_env.restart(observation)

    def step(self, action):
        if self._over:
            return self.reset()
        observation, reward, terminated, truncated, self.info = self._env.step(action)
        self._over = terminated or truncated
        kind = dm_env.termination if terminated else dm_env.truncation if truncated else dm_env.transition
        return kind(reward, observation)

    def observation_spec(self):
        return spec_of(self._env.observation_space, 'observation')

    def action_spec(self):
        return spec_of(self._env.action_space, 'action')

    def close(self):
        self._env.close()
