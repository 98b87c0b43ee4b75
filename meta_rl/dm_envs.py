"""The dm_env environments, by the name under which clients import them: see envs/adapters/dm_envs.py."""
from meta_rl.envs.adapters.dm_envs import DmEnv

__all__ = ['DmEnv']
