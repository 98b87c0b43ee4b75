"""What an agent steps: environments, what they show of a frame, how a gaze is moved, and players that know the rules.

An environment has `reset` and `step`. `decisions` decides left or right, `gaze` moves the viewer; `oracles` works out what a
player can earn. `adapters` offers the same to agents written elsewhere.
"""
