"""Analyses of trained agents: what the field asks of a Harlow agent, each as a figure and its numbers. docs/analysis.md shows
them.

Here live the command `analyse` (everything.py), and the numbers by themselves: `decoders`, `components`, `behaviour`, `lesions`,
`people`, of what `moments` gathers. From outside: all of these. Takes scikit-learn and SciPy, the extra `analysis`, which are
imported where they are used. Imports evaluation, records, rundir, and of figures the shared style (plotting).
"""
