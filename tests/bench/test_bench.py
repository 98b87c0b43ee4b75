"""bench: each figure is printed, and times are those of real runs."""
import pytest

from meta_rl.bench import speed

from helpers.commands import run_main


def test_bench_prints_each_figure(monkeypatch, capsys):
    monkeypatch.setattr(speed, 'training_speed', lambda preset, episodes: 2000.)  # for the sake of time
    monkeypatch.setattr(speed, 'TURNS', 1)
    monkeypatch.setattr(speed, 'seconds_until', lambda found, *flags: 7. if flags else 21.)
    assert run_main('bench', '--seconds', '.1') == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    rows, waits = lines[1:7], lines[10:]
    assert [row.split('  ')[0] for row in rows] == [
        'lab, every frame read', 'lab, no frame read', 'lab, reset', 'training harlow42, one worker',
        'training pixels, one worker', 'training wang2018, one worker']
    assert all('2000 episodes/s' in row and '1197.6' in row for row in rows[3:])  # times 1.67 episodes a second
    assert all(float(row.split()[-1]) >= 0 for row in rows)
    assert [row.split('  ')[0] for row in waits] == ['harlow.py --help', 'first update, from the start of the process',
                                                     'return of 24 on harlow42, seed 0, from there']
    assert '7.0 s, of which' in waits[1] and waits[2].endswith(' 21 s') and float(waits[0].split()[-2]) < 60


@pytest.mark.slow
def test_the_time_until_a_row_is_that_of_a_real_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    small = '--batch=8', '--image-count=3', '--width=32', '--height=32', '--episodes=64', '--log-every=8'
    assert 0 < speed.seconds_until(lambda curve: len(curve['episodes']) == 8, *small) < 300
    with pytest.raises(RuntimeError, match='--batch=8.* ended with status 0'):
        speed.seconds_until(lambda curve: len(curve['episodes']) == 9, *small)
