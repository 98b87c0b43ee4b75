"""Which settings only some agents or backends use. Data alone, without TensorFlow: `train --help` and docs/settings.md show it.

The check of what was given is agents.check_given.
"""

# (settings, who alone uses them, a function that says whether a Config is of those)
USERS = [
    (('lab', 'level_script', 'width', 'height', 'fps', 'runfiles_path', 'surroundings', 'look_count', 'looks', 'images', 'image_set',
      'image_count', 'image_seed', 'held_out_images', 'held_out_count', 'image_cache', 'sides', 'control', 'observation', 'late',
      'encoder', 'conv_activations', 'scaled_pixels', 'normalizer', 'embedding', 'embedding_scale'), "agents of the environment 'harlow'",
     lambda config: config.environment == 'harlow'),
    (('trials', 'signed', 'siblings'), "agents of the environments 'two-step' and 'bandit'", lambda config: config.environment in ('two-step', 'bandit')),
    (('common', 'paid', 'switch', 'carried_over'), "agents of the environment 'two-step'",
     lambda config: config.environment == 'two-step'),
    (('arms',), "agents of the environment 'bandit'", lambda config: config.environment == 'bandit'),
    (('first_action', 'action_scale'), 'agents that are told the previous action', lambda config: config.prev_action),
    (('repeat', 'push', 'momentum', 'unroll', 'spawn_grid', 'training_frames', 'coin_start', 'coin_episodes', 'teacher_episodes',
      'explore', 'explore_episodes', 'greedy_share', 'greedy_start', 'coin_share', 'choice_entropy', 'twins', 'memory_units', 'places',
      'fine_places', 'waited', 'wait_digits', 'image_gate', 'write_gate', 'write_share', 'fovea_width', 'fovea_top', 'fovea_bottom'), "agents of control 'gaze'",
     lambda config: config.control == 'gaze'),
    (('late', 'prev_reward', 'prev_action', 'first_action', 'timestep', 'memory', 'reward_scale', 'timestep_scale', 'action_scale',
      'encoder', 'conv_activations', 'scaled_pixels', 'normalizer'), "agents of control 'decisions'",
     lambda config: config.control == 'decisions'),
    (('encoder', 'scaled_pixels'), "agents that see 'pixels'", lambda config: config.observation == 'pixels'),
    (('normalizer',), "agents that see 'pixels' or 'crops'", lambda config: config.observation in ('pixels', 'crops')),
    (('conv_activations',), "agents that see 'pixels', by encoder 'wang'",
     lambda config: config.observation == 'pixels' and config.encoder == 'wang'),
    (('memory_units', 'write_gate', 'waited', 'wait_digits'), 'agents without second_units', lambda config: not config.second_units),
    (('write_share',), "agents with write_gate 'learned'", lambda config: config.write_gate == 'learned'),
    (('wait_digits',), "agents with 'waited'", lambda config: config.waited),
    (('reward_scale',), 'agents that are told the previous reward', lambda config: config.prev_reward),
    (('timestep_scale',), 'agents that are told the timestep', lambda config: config.timestep),
    (('embedding_scale',), 'agents with an embedding', lambda config: config.embedding > 0),
    (('ps', 'cluster'), "runs with the backend 'processes'", lambda config: config.backend == 'processes'),
    (('ray_address',), "runs with the backend 'ray'", lambda config: config.backend == 'ray')]
