"""How fast the lab and the training are: medians of several turns, each beside what the real lab does."""
import tempfile
import time

import numpy as np

from meta_rl import config as config_module, psychlab
from meta_rl.environment import LOOKS, NOOP, SETTLE, TRIALS

# DeepMind Lab on one core at 84x84, software renderer, measured once (shared notes, SPEC section 1).
REAL_FRAMES, REAL_STEPS, REAL_RESET = 1054., 29000., .22
REAL_EPISODES = 1.67  # a second, of the published training loop on it
TURNS = 5


def _play(lab, frames_read, seconds):
    """Plays the two-action pattern for `seconds`. Returns (steps a second, seconds for a reset)."""
    random = np.random.RandomState(0)
    steps = resets = 0
    in_reset, start = 0., time.perf_counter()
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        lab.reset(seed=resets)
        in_reset += time.perf_counter() - before
        resets += 1
        pattern = [NOOP] * SETTLE
        for side in random.randint(2, size=TRIALS):
            pattern += [NOOP, LOOKS[side], LOOKS[1 - side], NOOP]
        for action in pattern[:-1]:  # the last choice ends the episode
            lab.step(action)
            if frames_read and lab.is_running():
                lab.observations()
        steps += len(pattern) - 1
    return steps / (time.perf_counter() - start - in_reset), in_reset / resets


def lab_figures(seconds, images):
    """(frames a second with each frame read, steps a second with none read, seconds for a reset): medians."""
    lab = psychlab.Lab('contributed/psychlab/harlow_fast_centred', ['RGB_INTERLEAVED'], {
        'width': '84', 'height': '84', 'datasetPath': 'dummy', 'trainBatch': str(images)})
    reading, blind = [], []
    for _ in range(TURNS):  # in turn, so that a slow spell of the machine meets both
        reading.append(_play(lab, True, seconds / TURNS))
        blind.append(_play(lab, False, seconds / TURNS))
    return np.median(reading, 0)[0], np.median(blind, 0)[0], np.median(reading + blind, 0)[1]


def training_speed(preset, episodes):
    """Episodes a second of training a preset with one worker, from the first one on: start-up is not in it."""
    from meta_rl import training
    with tempfile.TemporaryDirectory() as scratch:
        config = config_module.from_preset(preset, workers=1, logdir=scratch, episodes=episodes, log_every=episodes)
        _, _, seconds = training.run(config)
    return episodes / seconds


def run(seconds):
    """Measures and prints the figures. `seconds`: time for each of the lab's."""
    frames, steps, reset = lab_figures(seconds, 42)
    rows = [('lab, every frame read', '%.0f frames/s' % frames, frames / REAL_FRAMES, 'its 1,054 frames/s'),
            ('lab, no frame read', '%.0f steps/s' % steps, steps / REAL_STEPS, 'its 29,000 steps/s'),
            ('lab, reset', '%.1f us' % (1e6 * reset), REAL_RESET / reset, 'its 0.22 s')]
    for preset, count in (('harlow42', 20000), ('pixels', 5000), ('wang2018', 2000)):
        episodes = training_speed(preset, count)
        rows.append(('training %s, one worker' % preset, '%.0f episodes/s' % episodes, episodes / REAL_EPISODES,
                     'the published loop on it, 1.67 episodes/s'))
    print('%-30s %18s   %s' % ('', 'here', 'times as fast as the real lab'))
    for name, figure, ratio, reference in rows:
        print('%-30s %18s   %7.1f  (%s)' % (name, figure, ratio, reference))
