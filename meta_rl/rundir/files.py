"""Files that a command is asked to write: tried before the work, and written whole or not at all."""
import contextlib
import json
import os
import tempfile

from meta_rl.config import ConfigError


def check(path):
    """Raises ConfigError where a file `path` cannot be written. Changes nothing that is there."""
    folder = os.path.dirname(path) or '.'
    if not path:
        raise ConfigError("'' cannot be written: give it a name.")
    if os.path.isdir(path):
        raise ConfigError(f'{path} cannot be written: it is a folder, choose another name.')
    if _special(path):
        if not os.access(path, os.W_OK):
            raise ConfigError(f'{path} cannot be written (Permission denied): choose another name.')
        return
    if len(os.fsencode(os.path.basename(path))) > 240:
        raise ConfigError(f'{path} cannot be written (File name too long): choose a shorter one.')
    try_folder(folder, f'{path} cannot be written', 'choose a folder that exists and that you may write to')


def try_folder(folder, what, mend):
    """Raises ConfigError '`what` (reason): `mend`.' where no file can be made in `folder`."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b'.')
    except OSError as error:
        raise ConfigError(f'{what} ({error.strerror}): {mend}.')


def check_folder(folder, mend):
    """Raises ConfigError, with this mend, where nothing can be written in `folder`, or it cannot be made. Makes nothing."""
    there = folder or '.'
    while there and not os.path.lexists(there):
        there = os.path.dirname(there)
    try_folder(there or '.', f'{folder} cannot be ' + ('written' if there == folder else 'made'), mend)


def check_run_folders(logdir, image_cache):
    """Raises ConfigError where no run directory can be made in `logdir`; it names both flags where both cannot be written."""
    mend = 'choose another folder for run directories with --logdir'
    try:
        check_folder(image_cache, '')
    except ConfigError:  # in itself no reason: the images may be there
        mend += ', and one for image sets with --image-cache'
    check_folder(logdir, mend)


def write(path, data):
    """Writes bytes into `path`, which is replaced when all is on the disk, and not before. OSError names `path`."""
    with writing(path) as file:
        file.write(data)


@contextlib.contextmanager
def writing(path):
    """A binary file to write to, as `write` does, bit by bit; where an exception comes in between, `path` stays as it was."""
    try:
        if _special(path):
            with open(path, 'wb') as file:
                yield file
        else:
            with _replacing(path) as file:
                yield file
    except OSError as error:
        raise OSError(error.errno, error.strerror, path)


def write_json(path, data):
    """Writes plain data as JSON into `path`, as `write` does."""
    write(path, (json.dumps(data, indent=2, sort_keys=True) + '\n').encode())


@contextlib.contextmanager
def _replacing(path):
    scratch = '%s.%d.new' % (path, os.getpid())  # two may write the same file at once
    try:
        with open(scratch, 'wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # or a machine that loses power may keep the new name with nothing in it
        os.replace(scratch, path)
    except BaseException:
        if os.path.exists(scratch):
            os.remove(scratch)
        raise


def _special(path):
    """Whether it is there and no file that could be replaced: /dev/stdout, a pipe."""
    return os.path.exists(path) and not os.path.isfile(path)
