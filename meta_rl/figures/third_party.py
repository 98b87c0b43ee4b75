"""The curve of an agent of others: what the Monitor files of stable-baselines3 say, in the form that img/data keeps.

    python -m meta_rl.figures.third_party runs/recurrent-ppo img/data/recurrent-ppo-seed0
"""
import csv
import glob
import json
import os
import sys

import numpy as np

from meta_rl.config import ConfigError

EVERY = 1000  # episodes of a row
COLUMNS = ['episodes', 'return', 'seconds']


def read_monitors(folder):
    """(returns, seconds): float64 [episodes] each, of all *.monitor.csv of a folder, in the order in which they ended.

    seconds is the time since the first environment was made. ConfigError where there is no episode.
    """
    episodes = []
    for path in glob.glob(os.path.join(folder, '*.monitor.csv')):
        with open(path, newline='') as file:
            start = json.loads(file.readline()[1:])['t_start']
            episodes += [(start + float(row['t']), float(row['r']), start) for row in csv.DictReader(file)]
    if not episodes:
        raise ConfigError(f'{folder} holds no episode of a *.monitor.csv: make the environments with monitor_dir.')
    ends, returns, starts = np.array(sorted(episodes)).T
    return returns, ends - starts.min()


def keep(folder, kept):
    """Writes `kept`/curve.csv of the Monitor files in `folder`, a row for each EVERY episodes. Returns its path."""
    returns, seconds = read_monitors(folder)
    os.makedirs(kept, exist_ok=True)
    path = os.path.join(kept, 'curve.csv')
    with open(path, 'w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(COLUMNS)
        for end in range(EVERY, len(returns) + 1, EVERY):
            writer.writerow([end, f'{returns[end - EVERY:end].mean():.6g}', f'{seconds[end - 1]:.1f}'])
    return path


def read(path):
    """curve.csv as a dict of float64 arrays [rows]: COLUMNS, and the returns as `choice_return` too."""
    columns = dict(zip(COLUMNS, np.loadtxt(path, delimiter=',', skiprows=1, ndmin=2).T))
    return dict(columns, choice_return=columns['return'])


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(keep(*sys.argv[1:]))
