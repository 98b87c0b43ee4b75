"""Playing in a terminal: keys count at once, frames are blocks of two pixels, and it is as it was in the end."""
import io
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from meta_rl.play import playing, terminal

from helpers.playing.commands import ARGUMENTS, config, plain
from helpers.playing.players import SEED, sides
from helpers.programs.runs import SCRIPT


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
                                       signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job has it ignored,
                                       signal.signal(signal.SIGHUP, signal.SIG_DFL),  # and nohup this one
                                       fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
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
