"""How the program meets whoever runs it: its start, what it says and where, the hints that it prints, progress.

From outside: `output.say` and `output.warn`, `hints.command_line`, `progress.Progress`. Imports nothing else of meta_rl.
"""
