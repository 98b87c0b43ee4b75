"""`harlow.py play` by keys that are typed, and what it prints."""
import os
import re
import subprocess
import sys

from meta_rl.config import Config
from meta_rl.play import terminal

from helpers.playing.players import SEED
from helpers.programs.runs import SCRIPT

ARGUMENTS = ['play', '--terminal', '--seed', str(SEED), '--image-count', '4']


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
