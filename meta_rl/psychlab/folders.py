"""The folders of a lab: where its images are when its config does not say so, and its temporary folder.

Where a config has no `datasetPath`, or an empty one, the folder is that of the environment variable META_RL_DATASET_PATH;
else that of `set_dataset_path`; else the project's own set of DRAWN images, which is drawn once for each user.
"""
import os
import random
import shutil
import subprocess
import sys
import weakref

from . import errors
from .pictures import DUMMY

VARIABLE = 'META_RL_DATASET_PATH'
DRAWN = 42  # images of the drawn set
# The real lab's words where it has no images. It falls back on a path in its own code, which is empty as it ships.
MISSING = ('%s: \n Follow instructions to download datasets here: \n "data/brady_konkle_oliva2008/README.md"\n'
           ' and update DATASET_PATH to point the data folder.')
SUFFIXES = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
QKEY_SIZE = 2048  # bytes of the file `qkey`, random ones

_default = None


def set_dataset_path(path):
    """Sets the images of labs whose config has no `datasetPath`.

    Args:
      path: str, a folder of %04d.png, counted from 0001, or 'dummy'; '': none, so that reset() fails as the real lab's does
        with nothing set; None: the drawn images, as at first.
    Raises: TypeError for anything else.
    """
    global _default
    if path is not None:
        errors.must_be(path, str, 1)
    _default = path


def default_dataset():
    """(folder, how many images of it there are) for a config without a datasetPath.

    Raises: RuntimeError in the real lab's words where there are none.
    """
    path = os.environ.get(VARIABLE) or (_drawn() if _default is None else _default)
    if not path:
        raise errors.not_started(MISSING % 'datasetPath is not set')
    return path, sys.maxsize if path == DUMMY else _count(path)


def _count(folder):
    count = 0
    while os.path.exists(os.path.join(folder, '%04d.png' % (count + 1))):
        count += 1
    if not count:
        raise errors.not_started(MISSING % f'{folder} has no 0001.png')
    return count


def _drawn():
    """The folder of the drawn images. They are drawn by a process of its own, since this package imports nothing of the rest
    of the project, and may be loaded beside another package of the same name."""
    cache = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.join(os.path.expanduser('~'), '.cache'), 'meta_rl', 'images')
    folder = os.path.join(cache, 'drawn-%d-seed0' % DRAWN)  # what drawn_folder makes
    if not os.path.isdir(folder):
        project = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        draw = ('import sys; sys.path.insert(0, sys.argv[1]); from meta_rl.images import dataset; '
                'dataset.drawn_folder(sys.argv[2], int(sys.argv[3]))')
        process = subprocess.Popen([sys.executable, '-c', draw, project, cache, str(DRAWN)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=project)
        said = process.communicate()[1].decode('utf-8', 'replace').strip()
        if process.returncode or not os.path.isdir(folder):
            reason = said.splitlines()[-1] if said else 'no reason given'
            raise errors.not_started(MISSING % f'datasetPath is not set, and the drawn images cannot be had ({reason})')
    return folder


class Temporary:
    """The temporary folder of a lab, which makes it and leaves a file in it as the real one does; nothing is read from it.

    path: str, the `temp_folder` given; '': a new one in $TEST_TMPDIR, $TMPDIR or /tmp, which goes when the lab goes.
    """

    def __init__(self, path):
        self.given, self.path, self.filled, self._remove = path, path, False, None
        if not path:
            parent = os.environ.get('TEST_TMPDIR') or os.environ.get('TMPDIR') or '/tmp'
            self.path = _make_temporary(parent)
            if self.path:
                self._remove = weakref.finalize(self, _remove, self.path, os.getpid())

    def fill(self):
        """Makes the folder, unless it is there, and the file in it. Raises: RuntimeError where that cannot be."""
        if self.filled or not self.path:
            return
        try:
            os.makedirs(self.path, exist_ok=True)
            with open(os.path.join(self.path, 'qkey'), 'wb') as file:
                file.write(os.urandom(QKEY_SIZE))
        except OSError as error:
            if self.given:
                raise errors.not_started(f'temp_folder {self.path} cannot be made or written ({error.strerror}): '
                                         'choose another, or leave it out')
        self.filled = True

    def remove(self):
        """Removes the folder, if the lab made it for itself."""
        if self._remove:
            self._remove()

    def __reduce__(self):  # a copy of a lab has a folder of its own
        return Temporary, (self.given,)

    def __deepcopy__(self, memo):
        return Temporary(self.given)


def _make_temporary(parent):
    """The path of a new folder with a random name; '' where none can be made: nothing in it is needed."""
    names = random.SystemRandom()
    for _ in range(100):
        path = os.path.join(parent, 'dmlab_temp_folder_' + ''.join(names.choice(SUFFIXES) for _ in range(6)))
        try:
            os.mkdir(path, 0o700)
            return path
        except FileExistsError:
            continue
        except OSError:
            break
    return ''


def _remove(path, maker):
    if os.getpid() == maker:  # a process that was forked off has the same lab, but not its folder
        shutil.rmtree(path, ignore_errors=True)
