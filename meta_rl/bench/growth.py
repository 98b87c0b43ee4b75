"""How the cost of an update grows: with B, the episodes side by side, and with N, the images of the set."""
import csv
import glob
import io
import os
import tempfile

import numpy as np

from meta_rl import config as config_module
from meta_rl import training
from meta_rl.figures import plotting
from meta_rl.rundir import files
from meta_rl.tf_compat import tf

BATCHES = 1, 4, 16, 64, 128, 256
COUNTS = 42, 200, 1000, 3000, 10000
TURNS = 3


def seconds_per_update(batch, count, updates):
    """Of `harlow42`, one worker, over the second half of a run, when what is done but once is done."""
    episodes = batch * updates
    with tempfile.TemporaryDirectory() as scratch:
        run, _, _ = training.run(config_module.from_preset(
            'harlow42', workers=1, batch=batch, image_count=count, episodes=episodes, log_every=max(episodes // 4, 1),
            checkpoint_every=10 ** 9, logdir=scratch))
        times = {event.step: event.wall_time for path in glob.glob(os.path.join(run, 'events.*'))
                 for event in tf.train.summary_iterator(path) if 'Perf/Reward' in [value.tag for value in event.summary.value]}
    return _second_half(times, episodes, batch)


def _second_half(times, episodes, batch):
    """Seconds per update, from times {episodes so far: seconds}, without the first half of the episodes."""
    first, last = min(step for step in times if step >= episodes / 2), max(times)
    return (times[last] - times[first]) / ((last - first) / batch)


def measure():
    """Returns {'batch' or 'images': {number: seconds per update, the median of turns that alternate}}."""
    found = {'batch': {batch: [] for batch in BATCHES}, 'images': {count: [] for count in COUNTS}}
    for turn in range(TURNS):
        for batch, seconds in found['batch'].items():
            seconds.append(seconds_per_update(batch, 42, max(3000 // batch, 80)))
        for count, seconds in found['images'].items():
            seconds.append(seconds_per_update(16, count, 300))
        print('turn %d of %d' % (turn + 1, TURNS), flush=True)
    return {name: {number: float(np.median(seconds)) for number, seconds in column.items()} for name, column in found.items()}


def line(numbers, seconds):
    """(seconds that are always there, seconds for one more): the straight line of the least relative error."""
    numbers, seconds = np.array(numbers, float), np.array(seconds, float)
    slope, start = np.polyfit(numbers, seconds, 1, w=1 / seconds)
    return start, slope


@plotting.own_style
def draw(found, path):
    """Draws what `measure` returned, and writes it as CSV beside the picture. Returns both paths."""
    figure, panels = plotting.subplots(1, 2, figsize=(9, 3.8))
    table = os.path.splitext(path)[0] + '.csv'
    with io.StringIO(newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['what', 'number', 'seconds_per_update'])
        for axes, name, label in zip(panels, ('batch', 'images'), ('B, episodes side by side (42 images)',
                                                                   'N, images of the set (B = 16)')):
            numbers, seconds = sorted(found[name]), [found[name][number] for number in sorted(found[name])]
            start, slope = line(numbers, seconds)
            axes.plot(numbers, 1e3 * np.array(seconds), 'o', color='C0', label='measured')
            along = np.geomspace(numbers[0], numbers[-1])
            axes.plot(along, 1e3 * (start + slope * along), color='0.5', linewidth=1, zorder=0,
                      label='{:.2f} ms + {}'.format(1e3 * start, '%.3f ms x B' % (1e3 * slope) if name == 'batch'
                                              else '%.2f ms x N / 1,000' % (1e6 * slope)))
            axes.set(xlabel=label, ylabel='an update (ms)', xscale='log', yscale='log')
            # From one power of ten to another at least: a small range would be all labels, and look like a large one.
            axes.set_ylim(*(10 ** limit(np.log10(1e3 * end)) for limit, end in ((np.floor, min(seconds)), (np.ceil, max(seconds)))))
            axes.legend(fontsize=8, loc='upper left')
            writer.writerows([name, number, f'{second:.6g}'] for number, second in zip(numbers, seconds))
        files.write(table, file.getvalue().encode())
    figure.suptitle('What an update of harlow42 costs', fontsize=11)
    return [plotting.save(figure, path), table]


def run(path):
    """Measures, prints, and draws into `path`. Raises OSError or ConfigError, before it measures, where that cannot be."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path) or '.') as scratch:
        draw({'batch': {1: 1., 2: 2.}, 'images': {1: 1., 2: 2.}}, os.path.join(scratch, os.path.basename(path)))
    found = measure()
    for name, column in sorted(found.items()):
        start, slope = line(*zip(*sorted(column.items())))
        for number, seconds in sorted(column.items()):
            print('%-7s %6d: %7.2f ms an update (%.2f on the line)' % (name, number, 1e3 * seconds, 1e3 * (start + slope * number)))
    for drawn in draw(found, path):
        print(drawn)
