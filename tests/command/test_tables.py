"""Tables of commands: the seeds and the presets, by hand-worked curves."""
import pytest

from meta_rl.command import presets_list, seeds_table
from meta_rl.config import PRESETS
from meta_rl.rundir.curve_end import at_the_end

TRIALS = ['trial_%d' % number for number in range(1, 7)]
HEAD = 'episodes,return,' + ','.join(TRIALS)


def write(folder, text, name='curve.csv'):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return str(folder)


@pytest.mark.parametrize('rows, expected', [
    ([(1000, 2), (2000, 8)], 8), ([(500, 2), (1000, 4), (1500, 9), (2000, 5)], 7), ([(1200, 1), (2400, 3)], 3),
    ([(800, 0), (1600, 10), (2000, 20)], (600 * 10 + 400 * 20) / 1000), ([(100, 4), (300, 10)], (100 * 4 + 200 * 10) / 300)])
def test_the_end_of_a_curve_is_that_of_its_last_thousand_episodes(tmp_path, rows, expected):
    write(tmp_path, '\n'.join([HEAD] + ['%d,%g,%s' % (row + (','.join('%g' % (row[1] / 100 * trial) for trial in range(6)),))
                                       for row in rows]) + '\n')
    end = at_the_end(str(tmp_path / 'curve.csv'))
    assert end['return'] == pytest.approx(expected) and end['trial_6'] == pytest.approx(5 * expected / 100)
    assert 'episodes' not in end


def test_a_curve_without_rows(tmp_path):
    write(tmp_path, HEAD + '\n')
    assert at_the_end(str(tmp_path / 'curve.csv')) == {}


def test_the_table_of_seeds(tmp_path):
    runs = {seed: write(tmp_path / str(seed), f'{HEAD}\n1000,{value},.5,1,{value / 100},1,1,1\n') for seed, value in ((7, 20), (8, 25))}
    title, head, *rows = seeds_table.table(dict([*runs.items(), (9, None)])).splitlines()
    assert title.startswith('The last 1,000 episodes') and head.split()[:4] == ['seed', 'return', 'trial', '1']
    assert [row.split() for row in rows] == [
        ['7', '20.00', '50.0', '100.0', '20.0', '100.0', '100.0', '100.0'],
        ['8', '25.00', '50.0', '100.0', '25.0', '100.0', '100.0', '100.0'], ['9', 'not', 'finished'],
        ['mean', '22.50', '50.0', '100.0', '22.5', '100.0', '100.0', '100.0']]
    assert max(map(len, [title, head] + rows)) <= 80


def test_no_seed_that_ended():
    assert seeds_table.table({3: None, 4: None}).splitlines()[-2:] == ['3      not finished', '4      not finished']


def test_each_preset_has_a_line():
    assert set(presets_list.ABOUT) == set(PRESETS)
    text = presets_list.table()
    assert max(map(len, text.splitlines())) <= 80
    assert [line.split(':')[0] for line in text.splitlines() if line and line[0] != ' '][:len(PRESETS)] == list(PRESETS)


def test_what_a_preset_gives_is_of_its_kept_runs(tmp_path):
    for seed, value in enumerate((24, 25.)):
        kept = tmp_path / ('pixels-seed%d' % seed)
        write(kept, f'{HEAD}\n1000,0,0,0,0,0,0,0\n2000,{value},.5,1,1,1,1,1\n')
        write(kept, f'0,0,0,0,0,0\n.5,{.98 + seed / 100},1,1,1,1\n', 'learning_set-held-out.csv')
    write(tmp_path / 'pixels-other-seed0', f'{HEAD}\n1000,3,0,0,0,0,0,0\n')
    assert presets_list.gives('pixels', str(tmp_path)) == ('return 24.50 (24.00 to 25.00, 2 seeds); correct 50 98 100 100 100 100 % '
                                                           '(held-out)')
    assert presets_list.gives('pixels-other', str(tmp_path)) == 'return 3.00'
    assert presets_list.gives('long', str(tmp_path)) == 'no kept run'
    assert 'pixels: frames' in presets_list.table(str(tmp_path / 'nowhere'))  # as after pip install
