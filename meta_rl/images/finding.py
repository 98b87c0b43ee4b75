"""Finds the images of a run again: by their digest, in the folder or the cache that is named, or where runs leave them.

Runs of earlier versions kept no digest. Theirs are taken from where their config.json says, and one sentence says so.
"""
import collections
import os
import sys

from meta_rl.config import ConfigError
from meta_rl.images import dataset, identity

TRAINING, HELD_OUT = WORDS = 'training', 'held-out'
USUAL = 'images'  # the cache where none is named
PATHS = 'images', 'held_out_images', 'image_cache', 'runfiles_path', 'cluster'  # settings that name something on this machine
OWN = 'own-'

# folder: str, the dataset folder. role: TRAINING, HELD_OUT, or the path of the folder where they are neither. count: int, images.
# known: bool, whether they are held to what the run kept.
Found = collections.namedtuple('Found', 'folder role count known')


def images_of(run, config, images=TRAINING, cache='', any_images=False):
    """Found: the images that a run directory's agent is to be shown.

    Args:
      run: str, path of the run directory.
      config: Config of it.
      images: TRAINING or HELD_OUT, which of its images; or a folder of pictures, in which both are looked for.
      cache: str, the image cache to look in first; '': the run's own.
      any_images: bool, take others too.
    Raises: ConfigError where they are not there, with what to copy where.
    """
    kept = identity.kept(run)
    trained = (kept or {}).get(TRAINING, {}).get('count', config.image_count)
    if trained != config.image_count:
        raise ConfigError(f'{run} was trained with {trained} images, and in its config.json image_count is {config.image_count}: '
                          'its config.json was changed, mend it there.')
    role = images if images in WORDS else TRAINING
    folder = '' if images in WORDS else images
    if folder and not os.path.isdir(folder):
        raise ConfigError('--images is {!r}: choose from {}, or name a folder of pictures.'.format(images, ', '.join(WORDS)))
    if folder:
        return _in_folder(run, config, kept, folder, cache, any_images)
    training = _training(run, config, kept, cache, any_images)
    if role == TRAINING:
        return training
    return _held_out(run, config, kept, cache, any_images, training)


def settled(config, resume=None, images=''):
    """(Config, str): settings whose paths are found from anywhere, and the dataset folder to train with.

    Args:
      config: Config.
      resume: path of a run directory to go on with, which takes no other images than its own; or None.
      images: str, folder in which those are; '' where they are to be found without.
    Raises: ConfigError, see `images_of`; DatasetError.
    """
    if resume:
        found = images_of(resume, config, images or TRAINING)
        if found.role != TRAINING:
            raise ConfigError(f'{images} has the held-out images of {resume}: name the folder of those it is trained with.')
        folder = found.folder
    else:
        folder = dataset.folder_of(config)
        if config.held_out_images:  # from now on the copies that no one changes
            config = config.change(held_out_images=dataset.held_out_folder_of(config))
    if config.images:
        config = config.change(images=folder)
    return config.change(**{name: os.path.abspath(getattr(config, name)) for name in PATHS if getattr(config, name)}), folder


def by_digest(config, sha256):
    """str: the dataset folder on this machine of the images of a run that others lead, by their digest.

    config: Config, whose `images` is where they are on the machine that leads it.
    """
    folder = os.path.basename(os.path.normpath(config.images)) if config.images else _usual_name(config)
    entry = {'sha256': sha256, 'count': config.image_count, 'folder': folder}
    found = _search([config.images] + _places(entry, _caches(config, '')), entry)
    if not found and not folder.startswith(OWN):
        found = _made(dataset.folder_of, config.change(images=''), '')
    if not found or not identity.same(found, entry):
        raise ConfigError(f'The images of the run are not on this machine: copy the folder {folder} from the machine that leads '
                          f'it into {_caches(config, "")[-1]} here, or name the cache that has it with --image-cache.')
    return found


def _in_folder(run, config, kept, folder, cache, any_images):
    entries = [(role, _expected(config, kept, role)) for role in WORDS]
    entries = [(role, entry) for role, entry in entries if entry]
    for role, entry in entries:
        found = _search([folder] + _places(entry, [folder]), entry)
        if found:
            return Found(found, role, entry['count'], True)
    for role, entry in entries:  # pictures as their user has them, of which a run plays with copies
        try:
            pictures = dataset.Pictures(folder, entry['count'], allow_flat=True)
        except dataset.DatasetError:
            continue  # there are not so many
        sha256 = dataset.sha256_of(pictures)
        if sha256.startswith(entry['sha256']):
            copy = _made(lambda home: dataset.own_folder(home.image_cache, pictures, sha256), config, cache)
            return Found(copy, role, entry['count'], True)
    if not any_images:
        why = '' if entries else ', which keeps no digest to know them by'
        raise ConfigError(f'{folder} has other images than those of {run}{why}: name the folder that has them, or show it these '
                          'with --any-images.')
    pictures = dataset.Pictures(folder, config.image_count if config.observation in dataset.BLIND else None,
                                allow_flat=config.image_set == 'black-white')
    return Found(_made(lambda home: dataset.own_folder(home.image_cache, pictures), config, cache), folder, len(pictures), False)


def _training(run, config, kept, cache, any_images):
    entry = _expected(config, kept, TRAINING)
    found = entry and _search([config.images] + _places(entry, _caches(config, cache, run)), entry)
    if found:
        return Found(found, TRAINING, entry['count'], True)
    folder = _or_missing(run, entry, config.images, lambda: _made(dataset.folder_of, config, cache))
    if entry is None:
        _say(f'{run} keeps no digest of its images (it is of an earlier version): taking those in {folder}.')
    elif not any_images:
        _hold(run, entry, folder)
    return Found(folder, TRAINING, config.image_count, entry is not None and not any_images)


def _held_out(run, config, kept, cache, any_images, training):
    entry = None if config.observation in dataset.BLIND else _expected(config, kept, HELD_OUT)
    found = entry and _search([config.held_out_images] + _places(entry, _caches(config, cache, run)), entry)
    if found:
        return Found(found, HELD_OUT, entry['count'], True)
    folder = _or_missing(run, entry, config.held_out_images, lambda: _made(
        lambda home: dataset.held_out_folder_of(home, training.folder), config, cache))
    if entry and not any_images:
        _hold(run, entry, folder)
    if kept and not entry and training.known and not any_images:
        _keep_held_out(run, folder, config.held_out_count)
    return Found(folder, HELD_OUT, config.held_out_count, entry is not None and not any_images)


def _keep_held_out(run, folder, count):
    """They are drawn when they are asked for: from then on they are those of the run, where that can be written."""
    try:
        identity.keep(run, held_out=identity.describe(folder, count))
    except OSError:
        pass


def _expected(config, kept, role):
    """What was kept of these images, see identity.describe; of earlier versions what the name of a folder tells; or None."""
    name = 'held_out' if role == HELD_OUT else role
    path, count = ((config.images, config.image_count) if role == TRAINING else (config.held_out_images, config.held_out_count))
    if kept and name in kept and kept[name]['count'] == count:
        return kept[name]
    folder = os.path.basename(os.path.normpath(path)) if path else ''
    start = OWN + '%d-' % count
    return {'folder': folder, 'count': count, 'sha256': folder[len(start):]} if folder.startswith(start) else None


def _search(places, entry):
    return next((place for place in places if place and identity.same(place, entry)), None)


def _places(entry, caches):
    """Where a set may be: under the name that it had, or that of own pictures."""
    names = [entry['folder'], dataset.own_name(entry['count'], entry['sha256'])]
    return [os.path.join(cache, name) for cache in caches for name in names]


def _caches(config, cache, run=None):
    """The caches to look in, most trusted first. (A run directory that was copied may have had its cache beside it.)"""
    beside = [os.path.join(run, os.pardir, os.pardir, os.path.basename(os.path.normpath(config.image_cache)))] if run else []
    found = ([cache] if cache else []) + [config.image_cache] + beside + [USUAL]
    return list(collections.OrderedDict.fromkeys(map(os.path.normpath, found)))


def _usual_name(config):
    kind = 'objects' if config.image_set == 'objects' else 'drawn'
    return 'black-white' if config.image_set == 'black-white' else '%s-%d-seed%d' % (kind, config.image_count, config.image_seed)


def _made(make, config, cache):
    """What `make` returns for the Config with a cache on this machine: the one named, its own, or the usual one.

    Its own is left alone where it cannot be made: where a run comes from another machine, or where nothing can be written.
    """
    if cache:
        return make(config.change(image_cache=cache))
    if os.path.isdir(os.path.dirname(os.path.abspath(config.image_cache))):
        try:
            return make(config)
        except (OSError, dataset.DatasetError):
            if os.path.abspath(config.image_cache) == os.path.abspath(USUAL):
                raise
    return make(config.change(image_cache=USUAL))


def _or_missing(run, entry, own, make):
    """What `make()` returns; where the pictures `own` of its user cannot be read any more, ConfigError says what to copy."""
    try:
        return make()
    except dataset.DatasetError as error:
        if not own or os.path.isdir(own):
            raise
        raise _missing(run, entry or {'folder': os.path.basename(os.path.normpath(own))}, f'{own} cannot be read') from error


def _hold(run, entry, folder):
    if not identity.same(folder, entry):
        raise _missing(run, entry, f'{folder} has others')


def _missing(run, entry, why):
    return ConfigError(f'The images of {run} are not here ({why}): copy the folder {entry["folder"]} from where it was trained '
                       f'into {USUAL}, or name its place with --images FOLDER or --image-cache FOLDER.')


def _say(sentence):
    print(sentence, file=sys.stderr, flush=True)
