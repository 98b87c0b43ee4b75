"""The Gymnasium environments, by the name under which clients import them: see envs/adapters/gymnasium_envs.py."""
from meta_rl.envs.adapters.gymnasium_envs import Harlow, PsychLabHarlow

__all__ = ['Harlow', 'PsychLabHarlow']
