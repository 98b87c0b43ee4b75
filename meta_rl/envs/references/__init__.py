"""What a player can earn who knows this or that, and how well one has played: oracles of each task, and scores.

From outside: `oracles.ORACLES`, `scores.score`, `scores.table`.
"""
