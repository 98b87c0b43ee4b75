"""Recordings of episodes (GIF, MP4): scenes, each one picture, and the films made of them.

From outside: `recording.record`.
"""
