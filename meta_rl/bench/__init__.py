"""How fast: the lab, training, its growth with workers, episodes and images.

From outside: `speed.run`, `scaling.run`, `growth.run`.
"""
