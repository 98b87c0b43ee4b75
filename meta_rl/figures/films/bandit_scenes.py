"""Scenes of a bandit: its two arms, which is pulled, what it pays, and all trials so far."""
from typing import NamedTuple, Optional, Tuple

import numpy as np
from PIL import Image, ImageDraw

from meta_rl.figures.films.scenes import BACK, DIM, PANEL, RIGHT, SIDES, SIZE, TEXT, WRONG, font
from meta_rl.figures.films.two_step_scenes import LEFT_EDGE, NAMES, RIGHT_EDGE, STRIP, dot, last_lines

ARMS = 96, 256                       # left edges of the two machines
MACHINE = 84, 110, 200               # top, width and height of one


class Trial(NamedTuple):
    """A pull."""

    action: int                  # 0 or 1
    reward: float                # 0 or 1
    arms: Tuple[float, float]    # the probability that each arm paid


class Scene(NamedTuple):
    """What is drawn, after the last of these trials."""

    trials: Tuple[Trial, ...]             # so far
    count: int                            # of an episode
    kind: str = ''                        # of the bandit, see bandits.KINDS
    policy: Optional[np.ndarray] = None   # float [2]: of the trial to come, or None
    value: Optional[float] = None         # the return that is expected, or None
    title: str = ''


def scene_of(env, policy=None, value=None, title=''):
    """The Scene of a bandits.Bandit as it is now."""
    trials = tuple(Trial(action, reward, tuple(env.arms(t))) for t, (action, reward) in enumerate(env.trials))
    return Scene(trials, env.spec.trials, env.kind, policy, value, title)


def regret(trials):
    """float: what the better arm would have paid in the mean, less what the arms that were taken would have."""
    return sum(max(trial.arms) - trial.arms[trial.action] for trial in trials)


def draw(scene):
    """The picture of a Scene: uint8 [480, 800, 3], RGB."""
    picture = Image.new('RGB', SIZE, BACK)
    pen = ImageDraw.Draw(picture)
    last = scene.trials[-1] if scene.trials else None
    pen.text((LEFT_EDGE, 34), f'a bandit with {scene.kind} arms' if scene.kind else 'a bandit', TEXT, font(13, True), anchor='ls')
    pen.text((RIGHT_EDGE, 34), scene.title, DIM, font(12), anchor='rs')
    for number in range(2):
        _machine(pen, number, last)
    _strip(pen, scene)
    last_lines(pen, len(scene.trials), scene.count, None if last is None else last.action,
               [trial.reward for trial in scene.trials], scene.policy, scene.value)
    pen.text((150, 462), f'regret {regret(scene.trials):.1f}', TEXT, font(14), anchor='ls')
    return np.asarray(picture)


def _machine(pen, number, last):
    """A column, filled as high as the arm is likely to pay; bright and with what it paid where it was pulled."""
    left, (top, width, height) = ARMS[number], MACHINE
    taken = last is not None and last.action == number
    pen.rectangle((left, top, left + width, top + height), PANEL)
    if last is not None:
        full = top + int(round(height * (1 - last.arms[number])))
        colour = SIDES[number] if taken else tuple(c // 2 for c in SIDES[number])
        pen.rectangle((left, full, left + width, top + height), colour)
        pen.text((left + width // 2, top - 12), f'pays {100 * last.arms[number]:.0f}%', DIM, font(12), anchor='mm')
    pen.rectangle((left, top, left + width, top + height), None, TEXT if taken else SIDES[number], width=3)
    pen.text((left + width // 2, top + height + 26), NAMES[number], SIDES[number], font(24, True), anchor='mm')
    if taken:
        colour, words = (RIGHT, '+1') if last.reward else (WRONG, '0')
        pen.text((left + width // 2, top + height + 60), words, colour, font(20, True), anchor='mm')


def _strip(pen, scene):
    """All trials: the pulls as dots in two rows, and between them how likely the first arm was to pay, as a line."""
    left, top, width, height = STRIP
    pen.text((left, top - 50), 'all trials', TEXT, font(13, True), anchor='ls')
    pen.rectangle((left, top, left + width - 1, top + height - 1), PANEL)
    rows = top + 26, top + height - 26
    inner_top, inner = top + 52, height - 104
    for number, y in enumerate(rows):
        pen.text((left - 10, y), NAMES[number], SIDES[number], font(14, True), anchor='rm')
        points = [(left + width * (t + .5) / scene.count, inner_top + inner * (1 - trial.arms[number]))
                  for t, trial in enumerate(scene.trials)]
        if len(points) > 1:
            pen.line(points, tuple(c * 2 // 3 for c in SIDES[number]), 2)
    for t, trial in enumerate(scene.trials):
        dot(pen, left + width * (t + .5) / scene.count, rows[trial.action], SIDES[trial.action], trial.reward > 0)
    pen.text((left - 20, top + height + 16), 'dots: pulls, filled where paid;', DIM, font(11), anchor='ls')
    pen.text((left - 20, top + height + 32), 'lines: how likely each arm pays, from 0 to 100%', DIM, font(11), anchor='ls')
