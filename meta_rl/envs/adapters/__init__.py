"""The environments for agents written elsewhere: Gymnasium and dm_env. Imports no TensorFlow.

From outside: `meta_rl.gymnasium_envs` and `meta_rl.dm_envs`, which are these.
"""
