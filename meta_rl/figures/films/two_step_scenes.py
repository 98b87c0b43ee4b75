"""Scenes of the two-step task: the two stages, the choice, the way that it led, what was paid, and all trials so far."""
from typing import NamedTuple, Optional, Tuple

import numpy as np
from PIL import Image, ImageDraw

from meta_rl.figures.films.scenes import BACK, DIM, PANEL, RIGHT, SIDES, SIZE, TEXT, WRONG, font, minus

LEFT_EDGE, RIGHT_EDGE = 24, SIZE[0] - 24
FIRST = (140, 320), 108   # centres of the two actions across, and how far down
SECOND = (140, 320), 268  # the same of the two states
RADIUS = 38
CAPTION = 334             # how far down it is told what a state pays
STRIP = 440, 84, 336, 220  # left, top, width and height of the trials so far
ROW = 402                 # how far down the titles of the last lines are
COLUMNS = 24, 150, 300, 560, 680  # where the parts of the last lines begin
BAR = 300, 436, 230, 16   # left, top, width and height of the policy's bar
NAMES = 'A', 'B'          # of the actions


class Trial(NamedTuple):
    """A trial that was played."""

    action: int    # 0 or 1
    state: int     # 1 or 2
    reward: float  # 0 or 1
    better: int    # 1 or 2: the state that pays more often


class Scene(NamedTuple):
    """What is drawn, after the last of these trials."""

    trials: Tuple[Trial, ...]             # so far
    count: int                            # of an episode
    common: float = .8                    # probability of a common transition
    paid: float = .9                      # probability that the better state pays
    policy: Optional[np.ndarray] = None   # float [2]: of the trial to come, or None
    value: Optional[float] = None         # the return that is expected, or None
    title: str = ''


def scene_of(env, policy=None, value=None, title=''):
    """The Scene of a two_step.TwoStep as it is now."""
    right = env.episode.correct
    trials = tuple(Trial(action, state, reward, 1 + action if right[t] else 2 - action)
                   for t, (action, state, reward) in enumerate(env.trials))
    return Scene(trials, env.spec.trials, env.rules.common, env.rules.paid, policy, value, title)


def draw(scene):
    """The picture of a Scene: uint8 [480, 800, 3], RGB."""
    picture = Image.new('RGB', SIZE, BACK)
    pen = ImageDraw.Draw(picture)
    last = scene.trials[-1] if scene.trials else None
    pen.text((LEFT_EDGE, 34), 'the two-step task', TEXT, font(13, True), anchor='ls')
    pen.text((RIGHT_EDGE, 34), scene.title, DIM, font(12), anchor='rs')
    for words, (_, y) in (('choice', FIRST), ('state', SECOND)):
        pen.text((LEFT_EDGE, y), words, DIM, font(12), anchor='lm')
    _ways(pen, scene, last)
    for number in range(2):
        _node(pen, FIRST, number, NAMES[number], last is not None and last.action == number)
        reached = last is not None and last.state == 1 + number
        _node(pen, SECOND, number, str(1 + number), reached)
        if last is not None:
            chance = scene.paid if last.better == 1 + number else 1 - scene.paid
            pen.text((SECOND[0][number], CAPTION), f'pays {100 * chance:.0f}%', DIM, font(12), anchor='mm')
        if reached:
            colour, words = (RIGHT, '+1') if last.reward else (WRONG, '0')
            pen.text((SECOND[0][number], CAPTION + 26), words, colour, font(20, True), anchor='mm')
    _strip(pen, scene)
    last_lines(pen, len(scene.trials), scene.count, None if last is None else last.action,
               [trial.reward for trial in scene.trials], scene.policy, scene.value)
    return np.asarray(picture)


def _node(pen, row, number, name, taken):
    x, y = row[0][number], row[1]
    box = x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS
    pen.ellipse(box, SIDES[number] if taken else PANEL, SIDES[number], width=3)
    pen.text((x, y), name, BACK if taken else SIDES[number], font(24, True), anchor='mm')


def _ways(pen, scene, last):
    """The four transitions, common ones wide; the one that was taken is bright."""
    for action in range(2):
        for state in range(2):
            common = action == state
            taken = last is not None and (last.action, last.state - 1) == (action, state)
            ends = (FIRST[0][action], FIRST[1] + RADIUS, SECOND[0][state], SECOND[1] - RADIUS)
            pen.line(ends, TEXT if taken else PANEL, 8 if common else 3)
    for x in FIRST[0]:
        pen.text((x + 8, 190), f'{100 * scene.common:.0f}%', DIM, font(12), anchor='lm')
    if last is not None:
        words = 'common' if last.state == 1 + last.action else 'uncommon'
        pen.text(((FIRST[0][0] + FIRST[0][1]) // 2, FIRST[1]), words, TEXT, font(12), anchor='mm')


def _strip(pen, scene):
    """All trials: the choice as a dot in its row, filled where it was paid; behind them which of the two was better."""
    left, top, width, height = STRIP
    pen.text((left, top - 50), 'all trials', TEXT, font(13, True), anchor='ls')
    rows = top + height // 4, top + 3 * height // 4
    pen.rectangle((left, top, left + width - 1, top + height - 1), PANEL)
    for number, y in enumerate(rows):
        pen.text((left - 10, y), NAMES[number], SIDES[number], font(14, True), anchor='rm')
    for t, trial in enumerate(scene.trials):  # first, so that no band hides a dot
        x, step = left + width * t / scene.count, width / scene.count
        y = rows[trial.better - 1]
        pen.rectangle((x, y - height // 4 + 2, x + step, y + height // 4 - 2), tuple(c // 3 for c in SIDES[trial.better - 1]))
    for t, trial in enumerate(scene.trials):
        dot(pen, left + width * (t + .5) / scene.count, rows[trial.action] + (-16 if trial.reward else 16), SIDES[trial.action],
            trial.reward > 0)
    pen.text((left - 20, top + height + 16), 'dots: choices, above and filled where paid;', DIM, font(11), anchor='ls')
    pen.text((left - 20, top + height + 32), 'band: the choice that leads to the better state most of the time', DIM, font(11),
             anchor='ls')


def dot(pen, x, y, colour, filled):
    """A dot, or a ring where it is not filled."""
    pen.ellipse((x - 3, y - 3, x + 3, y + 3), colour if filled else None, colour)


def last_lines(pen, played, count, action, rewards, policy, value, names=NAMES):
    """The lines at the foot: which trial, the choice, the policy of the one to come, the value, what was paid."""
    titles = ('TRIAL', 'CHOICE', '' if policy is None else 'POLICY', '' if value is None else 'VALUE', 'REWARD')
    for x, title in zip(COLUMNS, titles):
        pen.text((x, ROW), title, DIM, font(11, True), anchor='ls')
    pen.text((COLUMNS[0], 430), f'{played} of {count}', TEXT, font(20, True), anchor='ls')
    if action is not None:
        pen.text((COLUMNS[1], 430), names[action], SIDES[action], font(20, True), anchor='ls')
        paid = rewards[-1] > 0
        pen.text((COLUMNS[4], 430), '+1' if paid else '0', RIGHT if paid else WRONG, font(20, True), anchor='ls')
    pen.text((COLUMNS[4], 462), f'so far {sum(rewards):.0f}', TEXT, font(14), anchor='ls')
    if value is not None:
        pen.text((COLUMNS[3], 430), minus(f'{value:+.1f}'), TEXT, font(20, True), anchor='ls')
    if policy is not None:
        left, top, width, height = BAR
        split = int(round(float(policy[0]) * width))
        pen.rectangle((left, top, left + width - 1, top + height - 1), SIDES[1])
        if split:
            pen.rectangle((left, top, left + split - 1, top + height - 1), SIDES[0])
        for side, (x, anchor) in enumerate(((left, 'ls'), (left + width, 'rs'))):
            pen.text((x, 428), f'{names[side]} {100 * policy[side]:.0f}%', SIDES[side], font(13, True), anchor=anchor)
