"""What a network is made of: encoders of what is seen, memories, losses, and weights as one flat vector.

From outside: `agents` builds encoders and memories, `ac_network` puts them together.
"""
