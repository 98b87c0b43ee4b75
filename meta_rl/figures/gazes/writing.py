"""A figure of what a learned gate learned: when the memory of agents that move their gaze writes."""
import os

import numpy as np

from meta_rl import config as config_module
from meta_rl.evaluation import HELD_OUT, Frozen
from meta_rl.figures.plotting import own_style, save, subplots
from meta_rl.psychlab import find_level
from meta_rl.psychlab.task import CORRECT_REWARD, INCORRECT_REWARD

SIDE_BY_SIDE, STEPS = 20, 480  # environments, and decisions in each: some 150 episodes
FIXATION_REWARD = find_level('contributed/psychlab/harlow').fixation_reward
PAID = {'fixation': FIXATION_REWARD, 'right choice': CORRECT_REWARD, 'wrong choice': INCORRECT_REWARD, 'nothing': 0}


def openings(run, seed=0):
    """(written float32 [T, B], Experience) of the agent of a run directory, on held-out images and where it was trained."""
    with Frozen(run, HELD_OUT) as frozen:
        experience = frozen.restore().unroll(SIDE_BY_SIDE, STEPS, seed)
        return frozen.written(experience), experience


def by_what_was_paid(written, prev_reward):
    """{name of PAID: how far the gate was open in the mean, nan where that was never paid}. Both arrays: float [T, B]."""
    return {name: float(written[prev_reward == reward].mean()) if (prev_reward == reward).any() else np.nan for name, reward in PAID.items()}


@own_style
def draw(runs, path):
    """Draws how far the gate is open after each kind of pay, a dot for each run, and an episode of the first, into `path`; returns it."""
    figure, (kinds, line) = subplots(1, 2, figsize=(12, 3.8), gridspec_kw={'width_ratios': [1, 1.8]})
    for number, run in enumerate(runs):
        written, experience = openings(run)
        means = by_what_was_paid(written, experience.inputs.prev_reward)
        offset = .12 * (number - (len(runs) - 1) / 2)
        seed = config_module.load(os.path.join(run, 'config.json')).seed
        kinds.plot(np.arange(len(PAID)) + offset, list(means.values()), 'o', color=f'C{number}', label=f'seed {seed}')
        if number == 0:
            _draw_episode(line, written, experience, seed)
    kinds.set_xticks(range(len(PAID)))
    kinds.set_xticklabels([f'{name}\n({reward:+d})' if reward else name for name, reward in PAID.items()], fontsize=9)
    kinds.set(ylim=(-.04, 1.04), ylabel='how far the gate is open', title='by what was paid just before')
    kinds.legend(fontsize=8, loc='upper right', bbox_to_anchor=(1., .9))
    return save(figure, path)


def _draw_episode(axes, written, experience, seed):
    """Draws the first episode in which a choice was wrong: that is to be remembered, too."""
    rewards = experience.inputs.prev_reward
    lengths = [1 + int(np.flatnonzero(over)[0]) for over in experience.over.T]
    b = max(range(len(lengths)), key=lambda each: (rewards[:lengths[each], each] == INCORRECT_REWARD).any())
    length = lengths[b]
    axes.step(np.arange(length), written[:length, b], where='mid', color='C0', linewidth=1)
    colours = {FIXATION_REWARD: '0.5', CORRECT_REWARD: 'C2', INCORRECT_REWARD: 'C3'}
    for t, reward in enumerate(rewards[:length, b]):
        if reward:
            axes.axvline(t, ymax=.88, color=colours[int(reward)], linestyle=':', linewidth=1)
            axes.annotate(f'{int(reward):+d}', (t, 1.09), ha='center', fontsize=9, color=colours[int(reward)])
    axes.set(xlabel='decision', ylim=(-.04, 1.2), title='an episode of seed %d, and what was paid' % seed)
