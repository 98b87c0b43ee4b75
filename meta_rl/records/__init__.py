"""Records: what episodes that are played leave behind, trial by trial (a table) and step by step (the activity of the units).

From outside: `observer.Observer`, `trials.Trials`, `activity.Activity`. Imports envs, nets and rundir.files.
"""
