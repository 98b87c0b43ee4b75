"""Terminal: frames as coloured half blocks, decisions by single keys, or by lines where the input is no terminal."""
import contextlib
import os
import shutil

import cv2
import numpy as np

from meta_rl.play.keys import KEYS, QUIT

HALF = '\u2580'   # the upper half of a cell: its colour is the pixel above, the background the one below
LINES = 4          # below a frame, for what is said
ARROWS = {b'[C': 'right', b'[D': 'left', b'OC': 'right', b'OD': 'left'}  # after escape, in both modes of a terminal
INTRODUCERS = b'[', b'O'  # what the sequence of a key begins with, which ends with a byte of 0x40 to 0x7e (ECMA-48)
AT_ONCE = .05      # seconds in which a sequence comes after its escape
REST = 1.          # and in which the rest of it comes, by a slow line too
GREEN, RED = 32, 31


def blocks(frame, columns, lines=None, truecolor=True, half=HALF):
    """A frame, uint8 [H, W, 3], as lines of text with colours (ISO 6429), two pixels a cell.

    Args:
      columns, lines: int, cells that there are; lines None: as many as it takes.
      truecolor: bool, 24 bits for a colour; else the nearest of the 6x6x6 cube that terminals of 256 colours have.
      half: what stands in a cell.
    """
    height, width = frame.shape[:2]
    scale = min(columns / width, 2 * lines / height if lines else np.inf)
    size = max(int(width * scale), 1), max(int(height * scale) // 2 * 2, 2)
    frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    if truecolor:
        colours = [['2;%d;%d;%d' % tuple(pixel) for pixel in row] for row in frame.tolist()]
    else:
        levels = np.where(frame < 48, 0, np.where(frame < 115, 1, (frame.astype(int) - 35) // 40))  # 0, 95, 135 ... 255
        colours = [['5;%d' % index for index in row] for row in (16 + levels.dot([36, 6, 1])).tolist()]
    rows = []
    for above, below in zip(colours[::2], colours[1::2]):
        row, last = [], None
        for pair in zip(above, below):
            row.append(half if pair == last else '\x1b[38;%s;48;%sm%s' % (pair + (half,)))
            last = pair
        rows.append(''.join(row) + '\x1b[0m')
    return rows


@contextlib.contextmanager
def keys(stdin):
    """A function that returns the next key or line, in small letters, or None at the end of the input.

    From a terminal each key counts at once, without Enter; it is as it was before when this ends.
    """
    try:
        import termios
        import tty
        before = termios.tcgetattr(stdin)
    except Exception:  # no such module (Windows), no terminal, or no input at all
        before = None
    if before is None:
        yield lambda: stdin.buffer.readline().decode('latin-1') or None if stdin else None
        return
    number = stdin.fileno()
    tty.setcbreak(number)
    try:
        yield lambda: _key(number)
    finally:
        with contextlib.suppress(termios.error):  # of a terminal that is gone
            termios.tcsetattr(number, termios.TCSADRAIN, before)


def _key(number):
    import select
    key = os.read(number, 1)
    if key != b'\x1b':
        return None if key in (b'', b'\x04') else key.decode('latin-1')  # 4 is Ctrl-D
    sequence = b''
    # All of it: what is left of Ctrl-Left would be a D, and that goes right.
    while not sequence or sequence in INTRODUCERS or not 0x40 <= sequence[-1] <= 0x7e:
        byte = select.select([number], [], [], REST if sequence else AT_ONCE)[0] and os.read(number, 1)
        if not byte:
            break
        sequence += byte
    return ARROWS.get(sequence, '?') if sequence else 'escape'


def _has(stream, character):
    try:
        character.encode(getattr(stream, 'encoding', None) or 'utf-8')
    except UnicodeEncodeError:
        return False
    return True


def play(game, stdin, stdout):
    """Has somebody play a playing.Game, to its end, to a q or to the end of the input."""
    half = HALF if _has(stdout, HALF) else ' '  # a space: the pixels below alone

    def say(text):
        stdout.write(text + '\n')
        stdout.flush()
    truecolor = os.environ.get('COLORTERM', '') in ('truecolor', '24bit')
    with keys(stdin) as next_key:
        while game.frame is not None:
            columns, lines = shutil.get_terminal_size()
            lines = max(lines - LINES, LINES) if stdout.isatty() else None
            say('\n'.join(blocks(game.frame, columns, lines, truecolor, half)))
            say(f'{game.where}: left or right? (arrow keys, a or d, l or r; q ends)')
            action = None
            while action is None:
                key = next_key()
                if key is None:
                    return say('The input has ended, and the game with it.')
                key = key.strip().lower()
                if key in QUIT:
                    return
                action = KEYS.get(key)
            right, told = game.choose(action)
            say('\x1b[%dm%s\x1b[0m' % (GREEN if right else RED, told))
