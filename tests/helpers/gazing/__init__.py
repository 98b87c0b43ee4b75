"""The agent that moves its gaze, in small: environments and networks."""
