"""Which settings only some agents or backends use. Data alone, without TensorFlow: `train --help` and docs/settings.md show it.

The check of what was given is agents.check_given.
"""

# (settings, who alone uses them, a function that says whether a Config is of those)
USERS = [
    (('repeat', 'push', 'momentum', 'unroll', 'spawn_grid', 'training_frames', 'coin_start', 'coin_episodes', 'teacher_episodes',
      'memory_units', 'places'), "agents of control 'gaze'", lambda config: config.control == 'gaze'),
    (('late', 'prev_reward', 'prev_action', 'timestep', 'memory', 'reward_scale', 'timestep_scale', 'second_units', 'encoder',
      'conv_activations', 'scaled_pixels', 'normalizer'), "agents of control 'decisions'",
     lambda config: config.control == 'decisions'),
    (('encoder', 'scaled_pixels'), "agents that see 'pixels'", lambda config: config.observation == 'pixels'),
    (('normalizer',), "agents that see 'pixels' or 'crops'", lambda config: config.observation in ('pixels', 'crops')),
    (('conv_activations',), "agents that see 'pixels', by encoder 'wang'",
     lambda config: config.observation == 'pixels' and config.encoder == 'wang'),
    (('reward_scale',), 'agents that are told the previous reward', lambda config: config.prev_reward),
    (('timestep_scale',), 'agents that are told the timestep', lambda config: config.timestep),
    (('embedding_scale',), 'agents with an embedding', lambda config: config.embedding > 0),
    (('ps', 'cluster'), "runs with the backend 'processes'", lambda config: config.backend == 'processes'),
    (('ray_address',), "runs with the backend 'ray'", lambda config: config.backend == 'ray')]
