"""Scenes of an agent that moves its own gaze: what it is shown, the lab's screen, and where it pushes, decision by decision."""
import collections

import numpy as np
from PIL import Image, ImageDraw

from meta_rl.envs import gaze
from meta_rl.envs.gazing import momentum
from meta_rl.figures.films import scenes
from meta_rl.figures.films.scenes import DIM, LEFT_EDGE, PANEL, RIGHT, RIGHT_EDGE, SCREEN, SIDES, SIZE, TEXT, TOP, VIEW, WRONG
from meta_rl.nets.inputs import FIXATION
from meta_rl.psychlab.task import TRIALS

BAR = 200, 436, 250, 16  # left, top, width and height of the policy's bar
COLUMNS = 18, 200, 500, 640  # where the parts of the last lines begin
# What is pushed, and how it is told. The bar has left on the left.
PUSHES = collections.OrderedDict([(momentum.LEFT, ('left', SIDES[0])), (momentum.NONE, ('none', DIM)), (momentum.RIGHT, ('right', SIDES[1]))])
OPEN = .5  # a learned gate that is further open writes

# A decision. frame: uint8 [84, 84, 3], what it was made on; screen: uint8 [336, 408, 3], the same seen larger; policy: float
# [3]; value: float; action: int; reward: float, of the decision before; total: float, of the episode so far; correct: list of 1
# or 0, of the trials so far; title: str; fovea: (left, top, right, bottom), columns and rows of `frame` in which images are read;
# kept: bool, whether its memory keeps what they are like.
Decision = collections.namedtuple('Decision', 'frame screen policy value action reward total correct title fovea kept')


def play(frozen, seed, title):
    """Plays an episode with a Frozen network. Returns (list of Decision, what it earned)."""
    random = np.random.RandomState(seed)
    env, = frozen.make_envs(1, random)
    large, = frozen.make_envs(1, np.random.RandomState(seed), width=SCREEN[0], height=SCREEN[1])
    decisions, reward, total, fovea = [], 0., 0., fovea_of(frozen.config)
    for frame, policy, value, action, paid, written in frozen.steps(env, random):
        if not decisions:
            large.replay(dict(env.history, actions=[]))
        decisions.append(Decision(frame, large.frame(), policy, value, action, reward, total, list(large.correct), title,
                                  fovea, 0 < reward < FIXATION if written is None else written > OPEN))
        reward, total = paid, total + paid
        large.step(action)
    # The lab shows nothing after the end.
    decisions.append(decisions[-1]._replace(reward=reward, total=total, correct=list(large.correct)))
    env.close()
    large.close()
    return decisions, float(total)


def fovea_of(config):
    """(left, top, right, bottom): the columns and rows of a frame in which the agent of a Config reads images."""
    fovea = gaze.fovea(config)
    middle = config.width // gaze.COLUMNS // 2
    left, right = ((middle + side * fovea.half) * gaze.COLUMNS for side in (-1, 1))
    return left, fovea.top * gaze.ROWS, right, fovea.bottom * gaze.ROWS


def draw(decision):
    """The scene of a Decision: a PIL image of scenes.SIZE, RGB."""
    scene = Image.new('RGB', SIZE, scenes.BACK)
    pen = ImageDraw.Draw(scene)
    small, large = scenes.font(13, True), scenes.font(20, True)
    pen.text((LEFT_EDGE, TOP - 12), "the agent's frame, its fovea outlined", TEXT, small, anchor='ls')
    pen.text((RIGHT_EDGE, TOP - 12), 'the psychlab screen', TEXT, small, anchor='ls')
    pen.text((RIGHT_EDGE + SCREEN[0], TOP - 12), decision.title, DIM, scenes.font(12), anchor='rs')
    pen.rectangle((LEFT_EDGE, TOP, LEFT_EDGE + VIEW - 1, TOP + VIEW - 1), PANEL)
    view = scenes.enlarged(decision.frame, VIEW)
    left, top = LEFT_EDGE + (VIEW - view.width) // 2, TOP + (VIEW - view.height) // 2
    scene.paste(view, (left, top))
    _fovea(pen, decision, left, top, view.width / decision.frame.shape[1])
    scene.paste(Image.fromarray(decision.screen), (RIGHT_EDGE, TOP))
    scenes.draw_gaze(scene)
    if abs(decision.reward) > FIXATION:
        edge = RIGHT_EDGE, TOP, RIGHT_EDGE + SCREEN[0] - 1, TOP + SCREEN[1] - 1
        pen.rectangle(edge, outline=RIGHT if decision.correct[-1] else WRONG, width=4)
    for x, title in zip(COLUMNS, ('TRIAL', 'PUSH', 'VALUE', 'REWARD')):
        pen.text((x, 402), title, DIM, scenes.font(11, True), anchor='ls')
    scenes.draw_trials(pen, min(len(decision.correct), TRIALS - 1), decision.correct)
    _policy(pen, decision)
    pen.text((COLUMNS[2], 430), scenes.minus(f'{decision.value:+.1f}'), TEXT, large, anchor='ls')
    colour = DIM if not decision.reward else RIGHT if decision.reward > 0 else WRONG
    pen.text((COLUMNS[3], 430), scenes.signed(decision.reward), colour, large, anchor='ls')
    pen.text((COLUMNS[3], 462), 'so far ' + scenes.signed(decision.total), TEXT, scenes.font(14), anchor='ls')
    return scene


def _fovea(pen, decision, left, top, times):
    """The outline of the fovea on a frame that is drawn at (left, top), so many times as large; bright where it is kept."""
    edges = [int(round(edge * times)) for edge in decision.fovea]
    pen.rectangle((left + edges[0], top + edges[1], left + edges[2] - 1, top + edges[3] - 1), outline=TEXT if decision.kept else DIM,
                  width=2 if decision.kept else 1)


def _policy(pen, decision):
    """A bar of three parts, as wide as they are likely; the push that is made is told in bright letters."""
    left, top, width, height = BAR
    ends = left + np.rint(np.cumsum([0.] + [decision.policy[push] for push in PUSHES]) * width).astype(int)
    for number, (push, (name, colour)) in enumerate(PUSHES.items()):
        if ends[number + 1] > ends[number]:
            pen.rectangle((ends[number], top, ends[number + 1] - 1, top + height - 1), colour)
        x, anchor = (left, left + width // 2, left + width)[number], ('ls', 'ms', 'rs')[number]
        pen.text((x, 430), name, TEXT if push == decision.action else DIM, scenes.font(14, push == decision.action), anchor=anchor)
