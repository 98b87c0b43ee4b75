"""Playing: decisions get the score of the lab, and every way to end is polite."""
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from meta_rl.config import ConfigError, from_preset
from meta_rl.envs.references import scores
from meta_rl.play import playing

from helpers.labs import make_lab
from helpers.playing.commands import ARGUMENTS, config, plain, play
from helpers.playing.players import SEED, sides
from helpers.programs.runs import SCRIPT

# ---- the game ----

def test_a_perfect_player_gets_what_the_lab_reports(folder):
    text = ''.join(side + '\n' for episode in sides(3) for side in episode)
    status, out, err = play(folder, text.encode(), '--episodes', '3')
    assert (status, err) == (0, '') and out.count('correct, +5.') == 18 and out.count('it earned 30.') == 3
    expected = scores.table([('you', scores.score([30.] * 3, np.ones((3, 6))))], 'one-shot learning')
    assert out.endswith(f'3 episodes, seed 11\n{expected}\n') and 'Episode 3 of 3, trial 6 of 6' in out


def test_a_player_who_guesses_once(folder):
    orders, text = sides(40), ''
    returns, correct = [], []
    for order in orders:
        text += 'left\n' + ''.join(side + '\n' for side in order[1:])
        correct.append([order[0] == 'l'] + [True] * 5)
        returns.append(20 + 10 * correct[-1][0])
    status, out, _ = play(folder, text.encode(), '--episodes', '40')
    score = scores.score(returns, correct)
    assert status == 0 and score['nearest_oracle'] == 'one-shot learning' and 0 < score['per_trial'][0] < 1
    assert out.endswith(scores.table([('you', score)], 'one-shot learning') + '\n')


def test_the_seed_decides(folder):
    text = b'l\nr\n' * 6
    first, again, other = (play(folder, text, '--episodes', '2', '--seed', seed)[1] for seed in ('1', '1', '2'))
    assert first == again and first.replace('seed 1', 'seed 2') != other
    seeds = {re.search(r'\d+ episodes?, seed (\d+)', play(folder, text, '--episodes', '1')[1]).group(1)}
    assert seeds == {'11'} and len({playing.new_seed() for _ in range(5)}) == 5


def test_frames_are_those_that_agents_decide_on(folder):
    game, seeds = playing.Game(config(folder), 2, SEED), np.random.RandomState(SEED)
    lab = make_lab('harlow_fast_centred', ['RGB_INTERLEAVED'], surroundings='flat', episodesAlike='true', datasetPath=folder / 'images' / 'drawn-4-seed0', trainBatch=4,
                   width=84, height=84)
    for _ in range(2):
        lab.reset(seed=int(seeds.randint(2 ** 31)))
        lab.step(np.zeros(7, np.intc), num_steps=6)
        for action in (0, 1, 1, 0, 0, 1):
            assert np.array_equal(game.frame, lab.observations()['RGB_INTERLEAVED'])
            game.choose(action)
            for units, frames in ((-120, 1), (120, 1), (0, 2)):
                if lab.is_running():
                    lab.step(np.array([units if action == 0 else -units] + [0] * 6, np.intc), num_steps=frames)
    assert game.frame is None and len(game.returns) == 2 and game.correct == []


def test_a_late_preset_shows_each_picture_one_decision_late(folder):
    late, now = (playing.Game(from_preset('master', image_count=4, image_cache=str(folder / 'images'), late=late), 1, SEED)
                 for late in (True, False))
    assert not late.frame.any()
    for _ in range(5):
        before = now.frame
        late.choose(0), now.choose(0)
        assert np.array_equal(late.frame, before)


def test_the_level_as_it_ships_pays_for_fixation_too(folder):
    text = ''.join(side + '\n' for side in sides(1, level='harlow')[0])
    status, out, _ = play(folder, text.encode(), '--episodes', '1', '--preset', 'harlow42-standard')
    assert status == 0 and re.search(r'\nyou +36.00 +30.00 +100.0%', out)


# ---- keys and ends ----

def test_wrong_keys_are_ignored(folder):
    right = ''.join(side + '\n' for side in sides(1)[0])
    noisy = 'x\n\nh\nleft right\n3\n' + right.replace('l', ' A ', 1).replace('\n', '\n \n?\n').replace('r', 'RIGHT')
    (status, expected, _), (also, out, err) = (play(folder, text, '--episodes', '1') for text in (
        right.encode(), b'\xff\xfe\n\x00\n' + noisy.encode()))
    assert status == also == 0 and out == expected and err == ''


@pytest.mark.parametrize('end, said', [(b'', 'The input has ended, and the game with it.\n'), (b'q\n', ''), (b'q', '')])
def test_an_end_before_the_end_gives_the_score_so_far(folder, end, said):
    first, second = sides(2)
    wrong = {'l': 'r', 'r': 'l'}[second[1]]
    text = ''.join(side + '\n' for side in first + [second[0], wrong, second[2]])
    status, out, err = play(folder, text.encode() + end, '--episodes', '9')
    assert (status, err) == (0, '') and said in out and ('ended' in out) == bool(said)
    assert '\n1 episode, seed 11\n' in out and re.search(r'\nyou +30.00 +30.00 +100.0%', out)
    assert out.endswith('(An episode was not finished and is left out: 2 of 3 correct, +5 so far.)\n')


def test_an_end_at_once(folder):
    assert play(folder, b'')[1].endswith('The input has ended, and the game with it.\nNo choice was made.\n')
    assert play(folder, b'l\nr\nq\n')[1].splitlines()[-1].startswith('(An episode was not finished: ')


def test_a_table_of_before_stays_where_nothing_was_played(folder):
    table = folder / 'mine.csv'
    assert play(folder, b'l\nr\nq\n', '--trials', 'mine.csv')[0] == 0
    played = table.read_text()
    assert len(played.splitlines()) == 3
    assert play(folder, b'q\n', '--trials', 'mine.csv')[0] == 0 and table.read_text() == played


def test_what_was_played_is_kept_where_nobody_reads_on(folder):
    process = subprocess.Popen([sys.executable, SCRIPT] + ARGUMENTS + ['--trials', 'pipe.csv'], cwd=str(folder), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, PYTHONIOENCODING='utf-8'))
    process.stdin.write(b'l\n')
    process.stdin.flush()
    while b'trial 2 of 6' not in process.stdout.readline():
        pass
    process.stdout.close()
    process.stdin.write(b'r\n' * 20)
    process.stdin.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1 and err.startswith(b'harlow.py: nothing reads the output') and err.count(b'\n') == 1
    assert len((folder / 'pipe.csv').read_text().splitlines()) >= 2


def test_the_black_and_the_white_image(folder):
    status, out, err = play(folder, b'l\nr\nl\nr\nl\nr\n', '--image-set', 'black-white', '--image-count', '2', '--episodes', '1')
    assert (status, err) == (0, '') and '1 episode, seed 11' in out


def test_without_a_display_the_terminal_is_taken(folder):
    environment = {name: value for name, value in os.environ.items() if name not in ('DISPLAY', 'WAYLAND_DISPLAY')}
    done = subprocess.run([sys.executable, SCRIPT, 'play', '--image-count', '4'], cwd=str(folder), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=200,
                          env=dict(environment, PYTHONIOENCODING='utf-8'))
    out = plain(done.stdout.decode('utf-8'))
    assert done.returncode == 0 and done.stderr == b''
    assert re.match(r'No window \(.+\): playing in the terminal.\n', out) and out.endswith('No choice was made.\n')


def test_no_tensorflow_is_loaded(folder):
    code = f'import sys; sys.path.insert(0, {os.path.dirname(SCRIPT)!r}); import harlow\nassert not harlow.main({ARGUMENTS!r})\n' \
           'assert not [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "matplotlib")]'
    done = subprocess.run([sys.executable, '-c', code], cwd=str(folder), stdin=subprocess.DEVNULL, timeout=200,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ, PYTHONIOENCODING='utf-8'))
    assert (done.returncode, done.stderr) == (0, b'')


def test_what_cannot_be_played_is_refused(folder):
    with pytest.raises(ConfigError, match='width is 60'):
        playing.Game(config(folder, level_script='contributed/psychlab/harlow_fast', width=60), 1, 0)
    for flags, reason in ((['--episodes', '0'], '--episodes is 0'), (['--seed', '-1'], '--seed is -1'),
                          (['--image-set', 'black-white'], 'image_count'), (['--images', 'nowhere'], 'nowhere'),
                          (['--units', '3'], '--units'), (['--preset', 'x'], "'x'"), (['--width', '16'], 'width')):
        status, out, err = play(folder, b'l\n', *flags)
        assert status == 2 and err.count('\n') == 1 and reason in err and out == ''
