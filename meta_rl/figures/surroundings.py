"""A figure of what is seen around the screen: frames recorded on the real lab, the embedded lab's beside them, looks."""
import json
import os

import numpy as np

from meta_rl.figures.plotting import own_style, save, subplots
from meta_rl.psychlab import pictures
from meta_rl.psychlab.observations import HudState
from meta_rl.psychlab.scene import camera, hud

RECORDED = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'tests', 'data', 'psychlab')
# Of the recorded frames: size, pitch and yaw (degrees).
SHOWN = (('84x84', 0, 90), ('84x84', 0, 30), ('84x84', 40, 60), ('84x84', -20, 100), ('136x136', 10, 70), ('320x240', 0, 90),
         ('320x240', -10, 110))
HEALTH, HEALTH_FALLS = 125, (52, 114, 177, 239, 302)  # steps, in these recordings
LOOKS = 0, 1, 2, 3, 7, 64, 65
LOOK_SIZE, LOOK_YAW = 168, 70


def recorded(size, pitch, yaw):
    """(frame uint8 [H, W, 3], dict of what it shows) of the recorded frame with the display that is nearest to these angles."""
    with open(os.path.join(RECORDED, 'surroundings.json')) as file:
        frames = [frame for frame in json.load(file)['frames'] if frame['array'] == f'frames_{size}_default']
    degrees = camera.DEGREES_PER_SHORT
    best = min(frames, key=lambda frame: abs(frame['pitch_short'] * degrees - pitch) + abs(frame['yaw_short'] * degrees - yaw))
    with np.load(os.path.join(RECORDED, 'surroundings.npz')) as arrays:
        return arrays[best['array']][best['index']], best


def drawn(frame, width, height):
    """The embedded lab's frame, uint8 [H, W, 3], of what a recorded one shows."""
    images = [pictures.image_pair_side(os.path.join(RECORDED, 'images'), image)[side] for side, image in enumerate((24, 38))]
    shown = {'black': (), 'cross': (pictures.CROSS,), 'images': tuple(images)}[frame['screen']]
    steps = frame['num_steps']
    state = HudState(300 - steps / 60., 0, HEALTH - sum(steps >= fall for fall in HEALTH_FALLS))
    eye = camera.camera(width, height, camera.REAL)
    return eye.frame(frame['pitch_short'], frame['yaw_short'], 0., shown, eye.overlay(state, hud.Shown(True, True)))


def look(number):
    """A frame, uint8 [H, W, 3], in the look of a number."""
    eye = camera.camera(LOOK_SIZE, LOOK_SIZE, number)
    return eye.frame(0, camera.degrees_to_shorts(LOOK_YAW), 0., (pictures.CROSS,), eye.overlay(None, hud.Shown(True, True)))


@own_style
def draw(path):
    """Draws the figure: recorded above, ours below, and looks, of which those from 64 on are held out. Returns the path."""
    figure, axes = subplots(3, len(SHOWN), figsize=(2 * len(SHOWN), 6.3))
    for column, (size, pitch, yaw) in enumerate(SHOWN):
        true, frame = recorded(size, pitch, yaw)
        ours = drawn(frame, *map(int, size.split('x')))
        for row, picture in enumerate((true, ours, look(LOOKS[column]))):
            axes[row, column].imshow(picture, interpolation='nearest')
            axes[row, column].set(xticks=[], yticks=[])
        axes[0, column].set_title('%s, pitch %d, yaw %d' % (size, pitch, yaw), fontsize=8)
        axes[2, column].set_title('look %d%s' % (LOOKS[column], ', held out' * (LOOKS[column] >= 64)), fontsize=8)
    for row, text in enumerate(('DeepMind Lab', "surroundings 'real'", "surroundings 'random'")):
        axes[row, 0].set_ylabel(text, fontsize=9)
    return save(figure, path)
