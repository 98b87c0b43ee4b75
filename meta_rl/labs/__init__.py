"""Which lab is played: the embedded one or the real DeepMind Lab, and the real one's levels in Lua.

From outside: `choice.make_labs` and `choice.write_level`. What they make is a `deepmind_lab.Lab` to everything else.
"""
