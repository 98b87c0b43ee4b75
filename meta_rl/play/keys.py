"""What a person presses or types."""
from meta_rl.envs.decisions import LEFT, RIGHT

NAMES = 'left', 'right'
KEYS = {'left': LEFT, 'l': LEFT, 'a': LEFT, 'right': RIGHT, 'r': RIGHT, 'd': RIGHT}  # (no h and l as in vi: l is left)
QUIT = 'q', 'quit', 'escape'
