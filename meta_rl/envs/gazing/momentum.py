"""How the gaze moves: pushes, and what is left of its speed."""
from meta_rl.envs.decisions import LEFT, RIGHT

NONE = 2
A_SIZE = 3  # left, right, none

# Wang et al. turn by 4.4 degrees, "with a little momentum". Speeds here are whole units of the look action a frame
# (.1056 degrees at 60 frames a second), and stay as they are for the frames of a decision. A push from rest turns by
# 6, 3 and 1 units a frame in this decision and the two after it, 4.2 degrees in all with a repeat of 4; held down it
# comes to 11, 4.6 degrees a decision. The box around the cross is 4.2 degrees wide: what rests beside it on one side
# rests beside it on the other after the next push, but is in it for long enough on the way. And with a repeat of 4
# every direction in which the viewer is seen is a multiple of 4 units from where it spawned, so that few views are to
# be rendered.
REPEAT = 4    # frames of a decision (Wang et al. 2018)
PUSH = 6
MOMENTUM = .5
_PUSHES = {LEFT: -1, RIGHT: 1, NONE: 0}


def next_speed(speed, action, push=PUSH, momentum=MOMENTUM):
    """int: the speed of this decision, in units a frame to the right, by that of the one before and the action."""
    return int(speed * momentum) + _PUSHES[action] * push


def coasting(speed, repeat, momentum=MOMENTUM):
    """int: units that the gaze turns until it rests if pushed no more, after a decision at `speed` units a frame."""
    total, speed = 0, int(speed * momentum)
    while speed:
        total, speed = total + repeat * speed, int(speed * momentum)
    return total
