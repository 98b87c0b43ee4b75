"""What proves that an image set is the one that a run was trained with: a digest of its pixels, kept with the run.

The digest is of pixels in the order of the numbers, so that a picture that was only saved anew is still the same one.
"""
import hashlib
import json
import os

from meta_rl.config import ConfigError, write_json
from meta_rl.images.drawing import watched
from meta_rl.psychlab import files

FILE = 'images.json'  # in a run directory
NOTES = '.digests.json'  # in an image cache: digests that took a while, by what the file system says of the files
MANY = 200  # images: of so many the digest is noted
TRAINING, HELD_OUT = 'training', 'held_out'  # what FILE may hold


def digest(folder, count):
    """str: SHA-256 of the pixels of the first `count` images of a dataset folder, RGB, one after the other.

    Of many images it is noted in the cache, and looked up as long as the files are the same by size and times.
    Raises: ConfigError that names a file that cannot be read.
    """
    return describe(folder, count)['sha256']


def describe(folder, count):
    """dict of plain data: what FILE keeps of a dataset folder. Raises ConfigError as `digest`."""
    folder = os.path.normpath(folder)
    known, stamp = _noted(folder, count)
    if not known:
        known = {'sha256': _digest_of_pixels(folder, count), 'files': _digest_of_files(folder, count)}
        _note(folder, stamp, known)
    return dict(known, folder=os.path.basename(os.path.abspath(folder)), count=count)


def same(folder, kept):
    """bool: the dataset folder `folder` has the images that `kept`, see `describe`, tells of.

    Files that are the same byte for byte are not decoded: that takes seconds of a thousand images. Of a run without FILE what is
    kept may be no more than how the digest begins.
    """
    folder, count = os.path.normpath(folder), kept['count']
    try:
        if not all(os.path.isfile(_path(folder, number)) for number in (1, count)):
            return False
        known, stamp = _noted(folder, count)
        if not known and 'files' in kept and _digest_of_files(folder, count) == kept['files']:
            known = {'sha256': kept['sha256'], 'files': kept['files']}
            _note(folder, stamp, known)
        return (known or describe(folder, count))['sha256'].startswith(kept['sha256'])
    except (OSError, ConfigError):  # one is missing or broken: they are others
        return False


def _digest_of_pixels(folder, count):
    found = hashlib.sha256()
    for number in watched(range(1, count + 1), count, 'checking'):
        path = _path(folder, number)
        try:
            with files.opened(path, None) as picture:
                found.update(picture.convert('RGB').tobytes())
        except Exception as error:  # of a broken file Pillow raises anything
            reason = getattr(error, 'strerror', None) or error
            raise ConfigError(f'{path} cannot be read as a picture ({reason}): put the right one there.')
    return found.hexdigest()


def _digest_of_files(folder, count):
    found = hashlib.sha256()
    for number in range(1, count + 1):
        path = _path(folder, number)
        if files.kind_of(path):
            raise ConfigError(f'{path} is a {files.kind_of(path)}, no regular file: put a picture there.')
        with open(path, 'rb') as file:
            found.update(file.read())
    return found.hexdigest()


def sets_of(config, folder):
    """dict for `keep`: `training`, the images of the dataset folder, and `held_out` where a Config names a folder of copies."""
    sets = {TRAINING: describe(folder, config.image_count)}
    if os.path.isdir(config.held_out_images):
        sets[HELD_OUT] = describe(config.held_out_images, config.held_out_count)
    return sets


def keep(run, **sets):
    """Keeps what `describe` returned in a run directory: `training` or `held_out`; what is kept there already stays."""
    before = kept(run) or {}
    if set(sets) - set(before):
        write_json(os.path.join(run, FILE), dict(sets, **before))


def kept(run):
    """What was kept in a run directory: dict of 'training' and 'held_out', see `describe`; None where there is nothing.

    Raises: ConfigError where it cannot be read or is none.
    """
    path = os.path.join(run, FILE)
    if not os.path.exists(path):
        return None
    try:
        with open(path) as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f'{path} cannot be read as the digests of images ({error}): delete it to go on without them.')
    if not isinstance(found, dict) or not set(found) <= {TRAINING, HELD_OUT} or not all(map(_whole, found.values())):
        raise ConfigError(f'{path} does not hold the digests of images: delete it to go on without them.')
    return found


def _whole(entry):
    return (isinstance(entry, dict) and type(entry.get('count')) is int and 2 <= entry['count'] <= 100000
            and all(isinstance(entry.get(name), str) and entry[name] for name in ('folder', 'sha256', 'files'))
            and os.path.basename(entry['folder']) == entry['folder'] and not entry['folder'].startswith('.'))


def _path(folder, number):
    return os.path.join(folder, '%04d.png' % number)


def _stamp(folder, count):
    """str: the same as long as nobody has touched the files; the time of a change of a file's record cannot be set back."""
    found = hashlib.sha256()
    for number in range(1, count + 1):
        try:
            stat = os.stat(_path(folder, number))
        except OSError:
            return None
        found.update(b'%d %d %d %d\n' % (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
    return found.hexdigest()


def _noted(folder, count):
    """(what is noted of a folder: its two digests, or None; its stamp, or None where it has few images)."""
    stamp = _stamp(folder, count) if count >= MANY else None
    found = _notes(folder).get(os.path.basename(folder)) if stamp else None
    if not isinstance(found, dict) or found.get('stamp') != stamp:
        return None, stamp
    digests = {name: found.get(name) for name in ('sha256', 'files')}
    return (digests if all(isinstance(value, str) for value in digests.values()) else None), stamp


def _note(folder, stamp, digests):
    if stamp:
        try:
            write_json(os.path.join(os.path.dirname(folder), NOTES), dict(
                _notes(folder), **{os.path.basename(folder): dict(digests, stamp=stamp)}))
        except OSError:
            pass  # the cache is read-only: it takes its time again


def _notes(folder):
    try:
        with open(os.path.join(os.path.dirname(folder), NOTES)) as file:
            found = json.load(file)
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError, RecursionError):
        return {}
