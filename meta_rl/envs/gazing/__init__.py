"""How a gaze is moved: saccades that find the cross by the frame alone, the push of a gaze that has momentum, and a teacher.

From outside: `saccades.Saccades`, `momentum`, `teacher.Teacher`; `grids` says where it starts in training; `screen` tells what is on the
psychlab screen of a frame.
"""
