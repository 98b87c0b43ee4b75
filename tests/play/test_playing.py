"""Playing: keys are decisions, the score is that of the lab, and every way to end it is polite."""
import io
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from meta_rl.config import Config, ConfigError, from_preset
from meta_rl.envs.references import scores
from meta_rl.play import playing, terminal

from helpers.labs import make_lab
from helpers.playing.players import SEED, sides
from helpers.programs.runs import SCRIPT

ARGUMENTS = ['play', '--terminal', '--seed', str(SEED), '--image-count', '4']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Where the images are drawn, once."""
    return tmp_path_factory.mktemp('playing')


def play(folder, text, *flags):
    """(exit status, stdout without colours and frames, stderr) of what is played by these bytes of input."""
    process = subprocess.Popen([sys.executable, SCRIPT] + ARGUMENTS + list(flags), cwd=str(folder), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, PYTHONIOENCODING='utf-8'))
    out, err = process.communicate(text, timeout=200)
    return process.returncode, plain(out.decode('utf-8')), err.decode('utf-8')


def plain(text):
    lines = re.sub('\x1b\\[[0-9;]*m', '', text).replace('\r', '').splitlines()
    return ''.join(line + '\n' for line in lines if not line.startswith(terminal.HALF))


def config(folder, **settings):
    return Config(image_count=4, image_cache=str(folder / 'images')).change(**settings)


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


# ---- in a terminal ----

@pytest.fixture
def on_a_terminal(folder):
    """Starts play on a pseudo-terminal: (process, function that sends keys and returns all that was printed so far)."""
    pty = pytest.importorskip('pty')
    fcntl, termios = pytest.importorskip('fcntl'), pytest.importorskip('termios')
    import struct
    started = []

    def start(*flags, **variables):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 60, 0, 0))
        before = termios.tcgetattr(theirs)
        process = subprocess.Popen([sys.executable, SCRIPT] + ARGUMENTS + list(flags), cwd=str(folder), stdin=theirs,
                                   stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=lambda: (
                                       signal.signal(signal.SIGINT, signal.SIG_DFL), signal.signal(signal.SIGHUP, signal.SIG_DFL), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
                                   env=dict(os.environ, PYTHONIOENCODING='utf-8', LINES='', COLUMNS='', **variables))
        started.append((process, ours, theirs))
        printed = []

        def until(pattern, keys=b''):
            os.write(ours, keys)
            deadline = time.time() + 200
            os.set_blocking(ours, False)
            while not re.search(pattern, plain(b''.join(printed).decode('utf-8', 'ignore'))):
                assert time.time() < deadline, b''.join(printed)
                try:
                    printed.append(os.read(ours, 65536))
                except BlockingIOError:
                    assert process.poll() is None, b''.join(printed)
                    time.sleep(.02)
            return b''.join(printed).decode('utf-8', 'ignore')
        return process, until, lambda: termios.tcgetattr(theirs) == before
    yield start
    for process, ours, theirs in started:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def test_keys_count_at_once_and_the_terminal_is_as_it_was(on_a_terminal):
    process, until, restored = on_a_terminal('--episodes', '1', COLORTERM='truecolor')
    keys = {'l': [b'\x1b[D', b'\x1bOD', b'l', b'a'], 'r': [b'\x1b[C', b'\x1bOC', b'r', b'd']}
    until('trial 1 of 6')
    assert not restored()
    for number, side in enumerate(sides(1)[0], 1):
        until('(?s)trial %d of 6' % number)
        # Up, Ctrl-Left, Alt-D and Shift-Left are no choices.
        until('(?s)(correct.*){%d}' % number, b'x\x1b[A\x1b[1;5D\x1bd\x1b[1;2D' + keys[side][number % 4])
    text = until('Nearest to: .*\n')
    assert process.wait(60) == 0 and restored() and re.search(r'you +30.00', plain(text))
    rows = [line for line in text.splitlines() if terminal.HALF in line]
    # Of 30 lines four are for words: 26 are for a frame, 52 pixels high and wide, 2 in a cell.
    assert len(rows) == 6 * 26 and {row.count(terminal.HALF) for row in rows} == {52} and '\x1b[38;2;' in rows[0]


def test_a_terminal_that_is_closed_loses_nothing(on_a_terminal, folder):
    process, until, _ = on_a_terminal('--trials', 'closed.csv')
    until('trial 1 of 6')
    until('trial 2 of 6', b'l')
    process.send_signal(signal.SIGHUP)
    until(r'\(An episode was not finished: ')  # it ends when all that it printed is read
    assert process.wait(60) == 130 and len((folder / 'closed.csv').read_text().splitlines()) == 2


def test_a_key_that_comes_by_a_slow_line_is_one(on_a_terminal):
    _, until, _ = on_a_terminal('--episodes', '1')
    until('trial 1 of 6')
    until('trial 1 of 6', b'\x1b[')
    time.sleep(3 * terminal.AT_ONCE)
    until('You chose left', b'D')


@pytest.mark.parametrize('key, status', [(b'q', 0), (b'\x1b', 0), (b'\x04', 0), (b'\x03', 130)])
def test_keys_that_end_it(on_a_terminal, key, status):
    process, until, restored = on_a_terminal(COLORTERM='')
    until('trial 1 of 6')
    until('trial 2 of 6', sides(1)[0][0].encode())
    text = until(r'\(An episode was not finished: 1 of 1 correct, \+5 so far.\)', key)
    assert process.wait(60) == status and restored() and 'Traceback' not in text
    assert '\x1b[38;5;' in text and '\x1b[38;2;' not in text


def test_blocks_are_the_pixels_of_the_frame():
    frame = np.random.RandomState(0).randint(256, size=(4, 3, 3)).astype(np.uint8)
    rows = terminal.blocks(frame, 3)
    found = [re.findall('\x1b\\[38;2;(\\d+);(\\d+);(\\d+);48;2;(\\d+);(\\d+);(\\d+)m' + terminal.HALF, row) for row in rows]
    colours = np.array(found, int).reshape(2, 3, 2, 3)
    assert np.array_equal(colours.transpose(0, 2, 1, 3).reshape(4, 3, 3), frame)
    assert all(row.endswith('\x1b[0m') for row in rows)


def test_the_colours_of_256_are_the_nearest_of_the_cube():
    levels = [0, 95, 135, 175, 215, 255]
    for value in range(256):
        row, = terminal.blocks(np.full((2, 1, 3), (value, 0, 255 - value), np.uint8), 1, truecolor=False)
        above, below = re.match('\x1b\\[38;5;(\\d+);48;5;(\\d+)m', row).groups()
        assert above == below
        red, blue = (int(above) - 16) // 36, (int(above) - 16) % 6
        assert (int(above) - 16) // 6 % 6 == 0
        for level, wanted in ((red, value), (blue, 255 - value)):
            assert abs(levels[level] - wanted) == min(abs(one - wanted) for one in levels)


@pytest.mark.parametrize('columns, lines, size', [(84, None, (42, 84)), (40, None, (20, 40)), (200, 21, (21, 42)), (1, 1, (1, 1)),
                                                  (168, None, (84, 168))])
def test_a_frame_fits_the_terminal(columns, lines, size):
    rows = terminal.blocks(np.zeros((84, 84, 3), np.uint8), columns, lines)
    assert (len(rows), rows[0].count(terminal.HALF)) == size


def test_a_terminal_without_half_blocks(folder):
    game = playing.Game(config(folder), 1, SEED)
    out = io.TextIOWrapper(io.BytesIO(), 'ascii')
    terminal.play(game, io.TextIOWrapper(io.BytesIO(b'l\n')), out)
    text = out.buffer.getvalue().decode('ascii')
    assert 'You chose left' in text and '\x1b[38;' in text and 'The input has ended' in text
    escaping = io.TextIOWrapper(io.BytesIO(), 'ascii', 'backslashreplace')  # as startup makes it
    terminal.play(playing.Game(config(folder), 1, SEED), io.TextIOWrapper(io.BytesIO(b'l\n')), escaping)
    assert escaping.buffer.getvalue().decode('ascii') == text


def test_no_input_at_all(folder, capsys):
    terminal.play(playing.Game(config(folder), 1, SEED), None, sys.stdout)
    assert 'The input has ended' in capsys.readouterr().out
