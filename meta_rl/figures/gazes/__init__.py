"""Figures of agents that move their own gaze: what they learn over frames, how they do elsewhere, when they write.

From outside: `curves.learning`, `curves.elsewhere`, `writing.draw`.
"""
