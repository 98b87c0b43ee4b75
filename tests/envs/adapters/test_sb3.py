"""The third-party agent of docs/gymnasium.md: RecurrentPPO of sb3-contrib, trained by the lines that the page shows."""
import os

import numpy as np
import pytest

from meta_rl.config import ConfigError
from meta_rl.figures import third_party

from helpers.labs import TESTS

FIRST, STEPS = 'from sb3_contrib import RecurrentPPO', 'agent.learn(600000)'


def snippet():
    """The lines of the page's snippet."""
    with open(os.path.join(os.path.dirname(TESTS), 'docs', 'gymnasium.md')) as file:
        blocks = file.read().split('```')[1::2]
    found, = (block for block in blocks if block.startswith('python\n' + FIRST))
    return found[len('python\n'):]


def test_the_snippet_is_short():
    lines = snippet()
    assert len(lines.splitlines()) <= 20 and lines.count(STEPS) == 1 and 'meta_rl/Harlow-v0' in lines


def test_the_snippet_learns(tmp_path, monkeypatch):
    pytest.importorskip('sb3_contrib', reason='sb3-contrib is not installed: make sb3test does it')
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(snippet().replace(STEPS, 'agent.learn(24000)'), 'gymnasium.md', 'exec'), names)
    returns, seconds = third_party.read_monitors('runs/recurrent-ppo')
    assert 4000 <= len(returns) < 4300 and (np.diff(seconds) >= 0).all()  # it stops at the end of a rollout
    assert set(returns) <= set(range(-30, 31, 10))
    # A guess earns 0, give or take .4 over 1,000 episodes; one who counts cards 11.
    assert abs(returns[:500].mean()) < 2.5 < returns[-500:].mean()
    agent = names['RecurrentPPO'].load('runs/recurrent-ppo/agent')
    assert agent.num_timesteps == names['agent'].num_timesteps


def test_monitor_files_become_a_curve(tmp_path):
    for number, start in enumerate((100., 90.)):  # two environments, the second made ten seconds before the first
        with open(str(tmp_path / ('%d.monitor.csv' % number)), 'w') as file:
            file.write(f'#{{"t_start": {start}, "env_id": "None"}}\nr,l,t\n')
            file.writelines('%d,6,%d\n' % (number * 10, second) for second in range(1, 1001))
    returns, seconds = third_party.read_monitors(str(tmp_path))
    assert seconds.tolist() == sorted([10 + second for second in range(1, 1001)] + list(range(1, 1001)))
    assert returns[:10].tolist() == [10] * 10 and returns[-10:].tolist() == [0] * 10
    kept = third_party.keep(str(tmp_path), str(tmp_path / 'kept'))
    with open(kept) as file:  # 505 of the second environment are among the first 1,000, and 495 of the first
        assert file.read() == 'episodes,return,seconds\n1000,5.05,505.0\n2000,4.95,1010.0\n'
    curve = third_party.read(kept)
    assert curve['episodes'].tolist() == [1000, 2000] and curve['choice_return'].tolist() == [5.05, 4.95]


def test_a_folder_without_episodes_is_one_sentence(tmp_path):
    with pytest.raises(ConfigError, match='holds no episode'):
        third_party.read_monitors(str(tmp_path))
