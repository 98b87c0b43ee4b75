"""The window: the same game by the keys of a window. In processes of their own: X ends those whose server goes before them."""
import os
import shutil
import subprocess
import sys

import pytest

from meta_rl.config import Config, ConfigError
from meta_rl.play import playing, window

from helpers.labs import TESTS
from helpers.playing.players import SEED, sides


@pytest.fixture(scope='module')
def display():
    """A display of its own."""
    pytest.importorskip('tkinter')
    if not shutil.which('Xvfb'):
        pytest.skip('Xvfb is not installed')
    number, shown = os.pipe()
    server = subprocess.Popen(['Xvfb', '-displayfd', str(shown), '-screen', '0', '900x900x24'], pass_fds=[shown],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(shown)
    try:
        with os.fdopen(number) as file:
            yield ':' + file.readline().strip()
    finally:
        server.terminate()
        server.wait()


def press(root, *keys):
    """Presses keys one after another."""
    def next_key(left):
        if left:
            root.event_generate('<Key>', keysym=left[0], when='tail')
            root.after(20, next_key, left[1:])
    root.after(200, root.focus_force)
    root.after(400, next_key, list(keys))
    root.after(100000, root.destroy)


def plays_the_same_game(root, game):
    window.SHOWN, drawn, draw = 1, [], window.Window._draw
    window.Window._draw = lambda self: drawn.append(self._told['text']) or draw(self)
    names = {'l': ['Left', 'a', 'l'], 'r': ['Right', 'd', 'r']}
    keys = []
    for number, side in enumerate(sides(1)[0]):
        keys += ['x', names[side][number % 3]]
    press(root, *keys)
    window.play(game, root)
    assert game.returns == [30] and game.finished == [[1] * 6]
    assert len(drawn) == 7 and drawn[0].startswith('Left or right?') and all('correct, +5.' in told for told in drawn[1:])


def shows_the_frame_enlarged(root, game):
    shown = window.Window(game, root)
    picture = shown._picture
    assert (picture.width(), picture.height()) == (588, 588)
    for row, column in ((42, 20), (40, 60), (50, 33), (0, 0), (83, 83)):
        colour = str(picture.get(7 * column + 3, 7 * row)).strip('()').replace(',', ' ').split()
        assert [int(part) for part in colour] == game.frame[row, column].tolist()
    shown.close()
    shown.close()


def ends_when_it_is_closed(root, game):
    press(root, 'Left', 'q')
    window.play(game, root)
    assert game.score().startswith('(An episode was not finished: ')


def hides_no_error(root, game):
    def fail(action):
        raise ConfigError('the lab is gone')
    game.choose = fail
    press(root, 'Left')
    with pytest.raises(ConfigError, match='the lab is gone'):
        window.play(game, root)


def in_a_window(test, images):
    """Runs one of these, on the display that there is."""
    opened, reason = window.opened()
    assert reason is None
    test(opened, playing.Game(Config(image_count=4, image_cache=images), 1, SEED))


@pytest.mark.parametrize('test', [plays_the_same_game, shows_the_frame_enlarged, ends_when_it_is_closed, hides_no_error])
def test_a_window(test, display, tmp_path):
    code = 'import sys; sys.path[:0] = {!r}\nimport test_window as t\nt.in_a_window(t.{}, {!r})'.format(
        [TESTS, os.path.dirname(TESTS)], test.__name__, str(tmp_path / 'images'))
    done = subprocess.run([sys.executable, '-c', code], env=dict(os.environ, DISPLAY=display), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=200)
    assert done.returncode == 0, done.stderr.decode()
