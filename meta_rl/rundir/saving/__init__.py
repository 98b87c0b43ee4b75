"""Checkpoints: how they are written and proved whole by digests, the plain data beside them, and what a run goes on from.

From outside: `checkpoints.Checkpoints`, `resume.newest`, `plain`.
"""
