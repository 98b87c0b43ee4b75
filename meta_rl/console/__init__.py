"""How the program meets whoever runs it: its start, the signals that end it, what it says and where, hints, progress.

From outside: `output.say` and `output.warn`, `hints.command_line`, `progress.Progress`, `stops.Stops`. Imports nothing else of meta_rl.
"""
