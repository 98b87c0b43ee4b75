"""The Gymnasium environments, by the name under which clients import them: see envs/adapters/gymnasium_envs.py."""
from meta_rl.envs.adapters.gymnasium_envs import Bandit, Harlow, PsychLabHarlow, TwoStep

__all__ = ['Bandit', 'Harlow', 'PsychLabHarlow', 'TwoStep']
