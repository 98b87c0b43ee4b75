"""`python harlow.py presets`: each preset with a line of what it is, and what it gives by the runs that are kept in img/data."""
import glob
import os
import textwrap

from meta_rl.console.hints import SCRIPT
from meta_rl.rundir.curve_end import at_the_end
from meta_rl.settings.presets import PRESETS

KEPT = os.path.join(os.path.dirname(SCRIPT), 'img', 'data')  # in a checkout; pip does not install it
WIDTH = 80
ABOUT = {
    'harlow42': 'the default: 42 images, the agent is given the number of each',
    'master': '42 images as published: late',
    'monothread2pixel': 'a black and a white image as published: late',
    'monothread2pixel-current': 'these two images, not late, by our settings',
    'monothread2pixel-no-lag': 'these two images, not late, as published otherwise',
    'dev': 'frames, convolutions without activations, two LSTMs, late, as published',
    'pixels': 'frames, 1,000 images, both halves read by the same weights',
    'wang2018': 'frames, 1,000 images, the network of Wang et al. 2018',
    'wang2018-raw': 'wang2018 without normalizing features',
    'wang2018-layer': 'wang2018 with features normalized over each frame',
    'harlow42-standard': 'the level as it ships; a script moves the gaze (best return: 31)',
    'gaze': 'the level as it ships, surroundings at random; the agent moves its own gaze (best return: 31)',
    'gaze-gated': 'gaze with gates on the reward in place of learned ones (best return: 31)',
    'gaze-free-gate': 'gaze whose learned gate writes for free (best return: 31)',
    'gaze-no-gate': 'gaze whose slow LSTM writes always (best return: 31)',
    'gaze-two-lstms': 'gaze with the two LSTMs of Wang et al. (best return: 31)',
    'gaze-flat': 'an earlier gaze: flat surroundings, the whole frame read (best return: 31)',
    'gaze-taught': 'gaze-flat with a scripted teacher at first (best return: 31)',
    'gaze-short': 'gaze-gated in 12,000 episodes (best return: 31)',
    'gaze-short-helped': 'that with 64 units and the helps of before: short episodes, coin flips',
    'gaze-short-helped-any-spawn': 'gaze-short-helped without spawns on a grid',
    'gaze-short-helped-long-episodes': 'gaze-short-helped with episodes of up to 3,600 frames',
    'gaze-short-helped-shuffled': 'gaze-short-helped without coin flips',
    'images1000': 'harlow42 with 1,000 images',
    'units128': 'harlow42 with 128 LSTM units',
    'long': 'harlow42 for 800,000 episodes',
    'workers4': 'harlow42 with four threads',
    'workers4-processes': 'harlow42 with four processes around a TensorFlow server',
    'workers4-ray': 'harlow42 with four Ray actors',
    'no-previous-reward': 'harlow42 without the previous reward as an input',
    'no-previous-action': 'harlow42 without the previous action as an input',
    'forgetful': 'harlow42 with an LSTM that is reset at each trial',
    'independent-sides': 'harlow42 with sides by coin flips',
    'two-step-published': "the two-step task by the published code's settings (best: 70.7)",
    'two-step': 'the two-step task by our settings (best: 70.7)',
    'bandit-independent': 'two arms, each with a probability of its own',
    'bandit-uniform': 'two arms whose probabilities add up to 1, drawn from 0 to 1',
    'bandit-easy': 'two arms that pay with .9 and .1',
    'bandit-medium': 'two arms that pay with .75 and .25',
    'bandit-hard': 'two arms that pay with .6 and .4',
    'bandit-restless': 'two arms whose probabilities walk through the episode',
}


def table(folder=KEPT):
    """The list as text. folder: where kept runs are, PRESET-seedS."""
    lines = []
    for name in PRESETS:
        lines += textwrap.wrap(f'{name}: {ABOUT.get(name, "")}', WIDTH, subsequent_indent='    ')
        lines += textwrap.wrap(gives(name, folder), WIDTH, initial_indent='    ', subsequent_indent='    ', break_on_hyphens=False)
    end = ('return: the mean of the last 1,000 training episodes; the best possible is 25. correct: on trials 1 to 6, with frozen '
           'weights. held-out: on images that were not trained with. late: the picture of the trial before is shown. To train one: '
           'train --preset NAME')
    return '\n'.join(lines + [''] + textwrap.wrap(end, WIDTH, break_on_hyphens=False))


def gives(preset, folder=KEPT):
    """What the kept runs of a preset came to, as a line; 'no kept run' where there is none."""
    runs = sorted(glob.glob(os.path.join(glob.escape(folder), glob.escape(preset) + '-seed[0-9]*')))
    ends = [at_the_end(os.path.join(run, 'curve.csv')) for run in runs if os.path.exists(os.path.join(run, 'curve.csv'))]
    returns = [end['return'] for end in ends if end]
    if not returns:
        return 'no kept run'
    text = 'return {:.2f}'.format(sum(returns) / len(returns))
    if len(returns) > 1:
        text += ' ({:.2f} to {:.2f}, {} seeds)'.format(min(returns), max(returns), len(returns))
    for words, name in (('', 'learning_set.csv'), (' (held-out)', 'learning_set-held-out.csv')):
        measured = [_last_row(path) for path in (os.path.join(run, name) for run in runs) if os.path.exists(path)]
        if measured:
            means = [100 * sum(column) / len(measured) for column in zip(*measured)]
            return '{}; correct {} %{}'.format(text, ' '.join(f'{mean:.0f}' for mean in means), words)
    return text


def _last_row(path):
    with open(path) as file:
        return [float(value) for value in file.read().split()[-1].split(',')]
