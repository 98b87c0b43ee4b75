"""How fast the lab and the training are: medians of several turns, each beside what the real lab does."""
import collections
import glob
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from meta_rl import apart, psychlab
from meta_rl import config as config_module
from meta_rl.envs.decisions import LOOKS, NOOP, SETTLE, TRIALS

# DeepMind Lab on one core at 84x84, software renderer, measured once (shared notes, SPEC section 1).
REAL_FRAMES, REAL_STEPS, REAL_RESET = 1054., 29000., .22
REAL_EPISODES = 1.67  # a second, of the published training loop on it
TURNS = 5
SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'harlow.py')


def _play(lab, frames_read, seconds):
    """Plays the two-action pattern for `seconds`. Returns (steps a second, seconds for a reset)."""
    random = np.random.RandomState(0)
    steps = resets = 0
    in_reset, start = 0., time.perf_counter()
    while not resets or time.perf_counter() - start < seconds:
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


def lab_figures(seconds, images, surroundings='flat', make=psychlab.Lab):
    """(frames a second with each frame read, steps a second with none read, seconds for a reset): medians.

    surroundings: 'flat', as presets are trained, or 'real', a lab's default, with the head-up display. make: what makes the lab.
    """
    lab = make('contributed/psychlab/harlow_fast_centred', ['RGB_INTERLEAVED'], {
        'width': '84', 'height': '84', 'datasetPath': 'dummy', 'trainBatch': str(images), 'surroundings': surroundings})
    reading, blind = [], []
    for _ in range(TURNS):  # in turn, so that a slow spell of the machine meets both
        reading.append(_play(lab, True, seconds / TURNS))
        blind.append(_play(lab, False, seconds / TURNS))
    return np.median(reading, 0)[0], np.median(blind, 0)[0], np.median(reading + blind, 0)[1]


def training_speed(preset, episodes):
    """Episodes a second of training a preset with one worker, from the first one on: start-up is not in it."""
    with tempfile.TemporaryDirectory() as scratch:
        config = config_module.from_preset(preset, workers=1, logdir=scratch, episodes=episodes, log_every=episodes)
        _, _, seconds = apart.train(config)
    return episodes / seconds


def seconds_until(found, *flags):
    """Seconds from the start of a process that trains with these flags until `found(rows of its curve.csv)`; it is ended then.

    Raises: RuntimeError if it ends before.
    """
    from meta_rl.rundir.curve import read_curve
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, SCRIPT, 'train', '--logdir', scratch] + list(flags),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while True:
                ended = process.poll() is not None  # asked first: its last row may come in between
                paths = glob.glob(os.path.join(scratch, '*', 'curve.csv'))
                if paths and found(read_curve(paths[0])):
                    return time.perf_counter() - start
                if ended:
                    raise RuntimeError('A run with %s ended with status %d.' % (' '.join(flags), process.returncode))
                time.sleep(.02)
        finally:
            process.kill()
            process.wait()


def start_up():
    """Rows (name, figure) of what one waits for: medians."""
    def timed(*command):
        start = time.perf_counter()
        subprocess.check_call([sys.executable] + list(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              cwd=os.path.dirname(SCRIPT))
        return time.perf_counter() - start

    bare, answers = np.median([(timed('-c', ''), timed(SCRIPT, '--help')) for _ in range(TURNS)], 0)
    turns = [(timed('-c', 'from meta_rl.tf_compat import tf'),
              seconds_until(lambda curve: len(curve['episodes']), '--log-every', '16')) for _ in range(TURNS)]
    imported, updated = np.median(turns, 0)
    learned = seconds_until(lambda curve: (curve['return'] >= 24).any())
    return [('harlow.py --help', f'{answers:.2f} s'),
            ('first update, from the start of the process', f'{updated:.1f} s, of which TensorFlow {imported - bare:.1f}'),
            ('return of 24 on harlow42, seed 0, from there', f'{learned:.0f} s')]


def table(lab, real, training):
    """Lines of text: each figure here, and how many times that of the real lab it is.

    Args:
      lab, real: what lab_figures returned of the two surroundings.
      training: dict from a preset to its episodes a second.
    """
    frames, steps, reset = lab
    rows = [('lab, every frame read', f'{frames:.0f} frames/s', frames / REAL_FRAMES),
            ('  in real surroundings', f'{real[0]:.0f} frames/s', real[0] / REAL_FRAMES),
            ('lab, no frame read', f'{steps:.0f} steps/s', steps / REAL_STEPS),
            ('lab, reset', f'{1e6 * reset:.1f} us', REAL_RESET / reset)]
    rows += [(f'training {preset}, one worker', f'{episodes:.0f} episodes/s', episodes / REAL_EPISODES)
             for preset, episodes in training.items()]
    return [f'{"":30} {"here":>16}   times as fast as the real lab'] + [
        f'{name:30} {figure:>16}   {ratio:7.1f}' for name, figure, ratio in rows]


def run(seconds):
    """Measures and prints the figures. `seconds`: time for each of the lab's."""
    lab, real = lab_figures(seconds, 42), lab_figures(seconds, 42, 'real')
    training = collections.OrderedDict((preset, training_speed(preset, count)) for preset, count in (
        ('harlow42', 20000), ('pixels', 5000), ('wang2018', 2000)))
    print('\n'.join(table(lab, real, training)))
    print(f'(The real lab: {REAL_FRAMES:,.0f} frames/s, {REAL_STEPS:,.0f} steps/s, {REAL_RESET} s a reset.')
    print(f'Training is compared with the published loop on it: {REAL_EPISODES} episodes/s.)')
    print()
    for name, figure in start_up():
        print(f'{name:45} {figure}')
