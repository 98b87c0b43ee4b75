"""A person plays, in a window or in a terminal, and is measured as an agent is.

From outside: `playing.run`.
"""
