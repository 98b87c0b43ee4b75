"""harlow.py as a function and as programs of its own, to be watched, killed and interrupted."""
