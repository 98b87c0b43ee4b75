"""Long runs: memory stays flat, folders stay small, and nothing is left at the end. `make soak` plays 1,000,000 episodes.

The ordinary tests play 20,000, of which the first half is the warming up that a long run has done after its first per cent.
The backends whose workers are processes are slower: a tenth of that, all processes of them together, and by `make soak` only.
"""
import os

import pytest

from meta_rl.rundir.curve import read_curve

from helpers.programs.runs import BACKENDS, SOON, TINY, Run, runs_still, status_of, until

EPISODES = int(os.environ.get('SOAK', '20000'))
pytestmark = pytest.mark.skipif(not os.path.isdir('/proc/self/fd'), reason='reads memory in /proc')


def files(folder):
    return {os.path.relpath(os.path.join(parent, name), folder): os.path.getsize(os.path.join(parent, name))
            for parent, _, names in os.walk(folder) for name in names}


def kinds(found):
    """{what a file is, without the number in its name: how many of them}"""
    counted = {}
    for name in found:
        kind = ''.join(letter for letter in name.split('.tempstate')[0] if not letter.isdigit())
        counted[kind] = counted.get(kind, 0) + 1
    return counted


def memory_of(run):
    """Bytes, of all its processes; 0 when it has ended."""
    own = status_of(run.pid, 'VmRSS')
    return own and own + sum(status_of(pid, 'VmRSS') for pid in run.family())


@pytest.mark.slow
@pytest.mark.parametrize('backend', BACKENDS)
def test_memory_and_files_stay_as_they_are(tmp_path, backend):
    if backend and EPISODES < 200000:
        pytest.skip('make soak does this')
    episodes = EPISODES // 10 if backend else EPISODES
    warm = max(episodes // 100, 10000)
    run = Run(tmp_path, *TINY + ['--batch', '64', '--episodes', str(episodes), '--log-every', '1000', '--checkpoint-every', '2000'],
              *backend)
    try:
        path = os.path.join(run.directory(), 'curve.csv')

        def played():
            return os.path.exists(path) and len(read_curve(path)['episodes']) and read_curve(path)['episodes'][-1]
        until(lambda: played() >= warm, 600, run.log)
        first, of_first, known = memory_of(run), files(run.directory()), status_of(run.pid, 'Threads')
        family, seen, most = run.family(), [first], 0
        while run.process.poll() is None and 'Done' not in run.log() and played() < episodes:
            until(lambda: run.process.poll() is not None or played() >= episodes or played() > most, 600, run.log)
            most = played()
            memory = memory_of(run)
            if memory and most < episodes:  # at the end the curve is drawn
                seen.append(memory)
                # TensorFlow starts those of its pool when it needs them; 1.12 has eight more while it writes a checkpoint.
                until(lambda: status_of(run.pid, 'Threads') <= known + 4, SOON)
        assert run.status(120) == 0, run.log()
    finally:
        run.kill()
    print('%s: %d episodes; memory %.1f MB after %d, %.1f MB at the end, %.1f MB at most' % (
        (backend or ['', 'threads'])[1], episodes, first / 1e6, warm, seen[-1] / 1e6, max(seen) / 1e6))
    assert len(seen) >= 3 and max(seen) <= 1.05 * first
    assert bool(family) == bool(backend)
    until(lambda: not [pid for pid in [run.pid] + family if runs_still(pid)], SOON)
    found = files(run.directory())
    rows = [name for name in found if name.startswith(('events', 'curve.csv'))]  # a row for each --log-every
    assert kinds(found).get('checkpoints/model-.index') == 5 and len(found) <= len(of_first) + 30
    for name in set(found) - set(rows):
        assert found[name] < 200000, name
    assert sum(found[name] for name in rows) < 2000 * (episodes / 1000.) + 150000  # and the figure at the end
