"""Scenes: one picture of an episode, with what the agent is shown, the lab's screen, and what is decided and paid."""
import collections
import functools
import os

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from meta_rl.psychlab.task import TRIALS

SIZE = 800, 480                   # pixels of a scene
SCREEN = 408, 336                 # of the lab's frame in it: wider than high, so that the psychlab screen fills it
VIEW = 336                        # of the square beside it: four times 84
TOP, LEFT_EDGE, RIGHT_EDGE = 34, 18, 374  # where the two begin
BAR = 300, 432, 210, 16           # left, top, width and height of the policy's bar
CURVE = 543, 442, 110, 22         # the same of the curve of values
COLUMNS = 18, 204, 300, 540, 690  # where the parts of the last lines begin
FADED = .6                        # of what the agent was shown, when that is over

BACK, PANEL, DIM, TEXT = (22, 25, 31), (36, 41, 51), (139, 148, 163), (236, 239, 244)
SIDES = (90, 169, 230), (240, 173, 78)  # left, right
RIGHT, WRONG = (87, 199, 133), (235, 95, 95)
PALETTE = BACK, PANEL, DIM, TEXT, RIGHT, WRONG, SIDES[0], SIDES[1]

# What was played and is drawn: observation: str, see Config; late: bool; views: 6 arrays, what it was shown at each
# decision; pictures: function from an image's index to uint8 [256, 256, 3]; policies: float [6, 2]; values, rewards:
# float [6]; actions, correct: int [6]; title: str.
Episode = collections.namedtuple(
    'Episode', 'observation late views pictures policies values rewards actions correct title')
# A moment of it: screen: uint8 [336, 408, 3], the lab's frame; trial: int, 0..5; shown, chosen, paid: bool, whether the
# agent has been shown the trial's view, has chosen, has been paid; milliseconds: int, how long it is shown.
Moment = collections.namedtuple('Moment', 'screen trial shown chosen paid milliseconds')


@functools.lru_cache(maxsize=None)
def font(size, bold=False):
    """DejaVu Sans, which comes with matplotlib, in so many pixels."""
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return ImageFont.truetype(os.path.join(matplotlib.get_data_path(), 'fonts', 'ttf', name), size)


def signed(reward):
    """'+5', '0', '-5'."""
    return minus(f'{reward:+g}' if reward else '0')


def minus(text):
    """Text with a minus as wide as a plus, which a hyphen is not."""
    return text.replace('-', '\u2212')


def enlarged(pixels, side):
    """An image, uint8 [h, w, 3], as many whole times larger as `side` pixels hold."""
    height, width = pixels.shape[:2]
    times = max(side // max(height, width), 1)
    image = Image.fromarray(pixels).resize((width * times, height * times), Image.NEAREST)
    image.thumbnail((side, side))
    return image


def draw(episode, moment):
    """The scene of a Moment of an Episode: a PIL image of SIZE, RGB."""
    scene = Image.new('RGB', SIZE, BACK)
    pen = ImageDraw.Draw(scene)
    pen.text((LEFT_EDGE, TOP - 12), _heading(episode), TEXT, font(13, True), anchor='ls')
    pen.text((RIGHT_EDGE, TOP - 12), 'the psychlab screen', TEXT, font(13, True), anchor='ls')
    pen.text((RIGHT_EDGE + SCREEN[0], TOP - 12), episode.title, DIM, font(12), anchor='rs')
    pen.rectangle((LEFT_EDGE, TOP, LEFT_EDGE + VIEW - 1, TOP + VIEW - 1), PANEL)
    if moment.shown:
        _view(scene, pen, episode, moment.trial)
        if moment.paid:  # what it was shown is over: the next is yet to come
            edges = LEFT_EDGE, TOP, LEFT_EDGE + VIEW, TOP + VIEW
            seen = scene.crop(edges)
            scene.paste(Image.blend(seen, Image.new('RGB', seen.size, BACK), FADED), edges)
    scene.paste(Image.fromarray(moment.screen), (RIGHT_EDGE, TOP))
    draw_gaze(scene)
    if moment.paid:
        colour = RIGHT if episode.correct[moment.trial] else WRONG
        edge = RIGHT_EDGE, TOP, RIGHT_EDGE + SCREEN[0] - 1, TOP + SCREEN[1] - 1
        pen.rectangle(edge, outline=colour, width=4)
    _last_lines(pen, episode, moment)
    return scene


def _heading(episode):
    what = {'pixels': 'a frame', 'crops': 'two pieces of a frame', 'onehot': 'two numbers',
            'brightness': 'the brighter side'}[episode.observation]
    return ('shown one decision late: %s' if episode.late else 'the agent is shown %s') % what


def _view(scene, pen, episode, trial):
    """What the agent is shown, into the square on the left."""
    view, middle = episode.views[trial], TOP + VIEW // 2
    if not np.any(view):
        pen.text((LEFT_EDGE + VIEW // 2, middle), 'nothing yet', DIM, font(16), anchor='mm')
        return
    if episode.observation == 'pixels':
        return _centred(scene, enlarged(view, VIEW), LEFT_EDGE + VIEW // 2, middle)
    for side in range(2):
        centre = LEFT_EDGE + VIEW * (1 + 2 * side) // 4
        if episode.observation == 'crops':
            _centred(scene, enlarged(view[side], VIEW // 2 - 8), centre, middle)
        elif episode.observation == 'brightness':
            shade = (255, 255, 255) if view[side, 0] else (0, 0, 0)
            pen.rectangle((centre - 60, middle - 60, centre + 59, middle + 59), shade)
            pen.text((centre, middle + 88), 'brighter' if view[side, 0] else 'darker', TEXT, font(16), anchor='mm')
        else:
            number = int(view[side].argmax())
            picture = Image.fromarray(episode.pictures(number)).resize((140, 140), Image.BICUBIC)
            _centred(scene, picture, centre, middle - 44)
            pen.text((centre, middle + 62), str(number + 1), TEXT, font(40, True), anchor='mm')
    if episode.observation == 'onehot':
        told = 'it is told the numbers, and never sees the pictures'
        pen.text((LEFT_EDGE + VIEW // 2, TOP + VIEW - 26), told, DIM, font(12), anchor='mm')


def _centred(scene, image, x, y):
    scene.paste(image, (x - image.width // 2, y - image.height // 2))


def draw_gaze(scene):
    """A ring in the middle of the lab's frame, which is where the viewer looks; drawn large, for a smooth edge."""
    ring = Image.new('L', (96, 96))
    pen = ImageDraw.Draw(ring)
    pen.ellipse((4, 4, 91, 91), outline=255, width=10)
    ring = ring.resize((24, 24), Image.BOX)
    scene.paste(TEXT, (RIGHT_EDGE + SCREEN[0] // 2 - 12, TOP + SCREEN[1] // 2 - 12), ring)


def _last_lines(pen, episode, moment):
    trial, decided = moment.trial, moment.shown
    titles = 'TRIAL', 'CHOICE', 'POLICY', 'VALUE', 'REWARD'
    for x, title in zip(COLUMNS, titles):
        pen.text((x, 402), title, DIM, font(11, True), anchor='ls')
    draw_trials(pen, trial, episode.correct[:trial + moment.paid])
    if moment.chosen:
        side = episode.actions[trial]
        pen.text((COLUMNS[1], 430), ('left', 'right')[side], SIDES[side], font(20, True), anchor='ls')
        pen.text((COLUMNS[1], 462), ('\u25c0', '\u25b6')[side], SIDES[side], font(20), anchor='ls')
    if decided:
        _policy(pen, episode.policies[trial])
        pen.text((COLUMNS[3], 430), minus(f'{episode.values[trial]:+.1f}'), TEXT, font(20, True), anchor='ls')
    else:
        pen.rectangle(_box(BAR), PANEL)
    _values(pen, episode.values, trial + decided)
    if moment.paid:
        colour = RIGHT if episode.correct[trial] else WRONG
        pen.text((COLUMNS[4], 430), signed(episode.rewards[trial]), colour, font(20, True), anchor='ls')
    total = 'so far ' + signed(episode.rewards[:trial + moment.paid].sum())
    pen.text((COLUMNS[4], 462), total, TEXT, font(14), anchor='ls')


def draw_trials(pen, trial, correct):
    """Which trial it is, an int from 0, and a mark for each: of those that `correct` tells of (1 or 0) whether it was right."""
    pen.text((COLUMNS[0], 430), '%d of %d' % (trial + 1, TRIALS), TEXT, font(20, True), anchor='ls')
    for number in range(TRIALS):
        if number < len(correct):
            mark, colour = ('\u2714', RIGHT) if correct[number] else ('\u2718', WRONG)
        else:
            mark, colour = ('\u25cf', TEXT) if number == trial else ('\u25cb', DIM)
        pen.text((COLUMNS[0] + 10 + 26 * number, 455), mark, colour, font(18), anchor='mm')


def _box(place):
    left, top, width, height = place
    return left, top, left + width - 1, top + height - 1


def _policy(pen, policy):
    """A bar, left of it the probability of left."""
    left, top, width, height = BAR
    split = int(round(float(policy[0]) * width))
    pen.rectangle(_box(BAR), SIDES[1])
    if split:
        pen.rectangle((left, top, left + split - 1, top + height - 1), SIDES[0])
    for side, (x, anchor) in enumerate(((left, 'ls'), (left + width, 'rs'))):
        text = '{} {:.0f}%'.format(('left', 'right')[side], 100 * policy[side])
        pen.text((x, 426), text, SIDES[side], font(13, True), anchor=anchor)


def _values(pen, values, count):
    """The first `count` values of the episode, as a curve on the scale of all of them and 0."""
    left, top, width, height = CURVE
    low, high = min(values.min(), 0.), max(values.max(), 0.)
    ends = [(left + width * k // (TRIALS - 1), top + height * (high - value) / max(high - low, 1e-6))
            for k, value in enumerate(np.append(values, 0.))]
    pen.line((left, ends[-1][1], left + width, ends[-1][1]), DIM)
    if count > 1:
        pen.line(ends[:count], TEXT, 2)
    for x, y in ends[:count]:
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), TEXT)
