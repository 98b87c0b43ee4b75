"""The image sets of a Harlow experiment, to train with and held out: drawn ones, objects, a folder of one's own.

An image set is a uint8 array [N, 256, 256, 3], RGB; on disk a folder of 0001.png, 0002.png, ..., which is what the lab reads.
"""
import hashlib
import os
import re
import tempfile

import cv2
import numpy as np
from PIL import Image

from meta_rl.config import ConfigError
from meta_rl.console.progress import watched
from meta_rl.images import objects
from meta_rl.images.drawing import EYE, SIDE, averaged, draw_images, drawn
from meta_rl.images.reading import MEND, DatasetError, read
from meta_rl.psychlab import files

__all__ = ['DatasetError', 'SIDE', 'Pictures', 'check_folder', 'draw_images', 'drawn_folder', 'folder_of', 'held_out_folder_of',
           'load_folder', 'own_folder', 'write_images']
BLIND = 'onehot', 'brightness'  # observations that do not tell what an image looks like
ALIKE = 2  # of 255: two pictures whose mean absolute difference at EYE x EYE is less are the same one, saved in two ways


def write_images(folder, images):
    """Writes `images` (an iterable of uint8 [256, 256, 3]) as `folder`/0001.png, 0002.png, ...: all of them, or nothing.

    Raises: DatasetError if `folder` exists already or an image is of another shape or dtype; OSError if the disk refuses.
    """
    _refuse_existing(folder)
    parent, name = os.path.split(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f'.{name}-', dir=parent) as scratch:
        staged = os.path.join(scratch, name)  # one level down: the scratch folder itself is closed to other users
        os.mkdir(staged)
        for number, image in enumerate(images, 1):
            if image.shape != (SIDE, SIDE, 3) or image.dtype != np.uint8:
                raise DatasetError('Image %d is %s %s: make it uint8 (256, 256, 3).' % (number, image.dtype, image.shape))
            Image.fromarray(image).save(os.path.join(staged, '%04d.png' % number), compress_level=1)
        _refuse_existing(folder)  # again: drawing takes a while, and rename() would replace an empty folder
        os.rename(staged, os.path.join(parent, name))


def drawn_folder(cache='images', count=42, seed=0):
    """The path of `cache`/drawn-COUNT-seedSEED: drawn once, then used as it is, whoever has replaced pictures in it.

    Raises: DatasetError if a picture is missing; OSError if the folder cannot be written.
    """
    return _complete(os.path.join(cache, 'drawn-%d-seed%d' % (count, seed)), count, lambda: drawn(count, seed))


class Pictures:
    """The first `count` (None: all) PNG and JPEG pictures of a folder, read one by one: iterating gives uint8 [256, 256, 3].

    Sorted names are the numbering, 2.png before 10.png; hidden files and other types are passed over. A picture is read as
    reading.read says. Only one is in memory at a time.

    Raises: DatasetError for a folder that cannot be read or has too few pictures, and for a picture that is empty, broken,
    a copy of another or, unless `allow_flat`, grey or of one single colour. flag: what says how many are needed.
    """

    def __init__(self, folder, count=None, allow_flat=False, flag=None):
        names = _picture_names(folder)
        wanted = len(names) if count is None else count
        if len(names) < max(wanted, 1):
            fewer = ', or take fewer with %s %d' % (flag, len(names)) if flag and len(names) > 1 else ''
            raise DatasetError('%s has %d PNG or JPEG pictures, and %d are needed: add some%s.' % (
                folder, len(names), max(wanted, 1), fewer))
        self.folder, self._names, self._allow_flat = folder, names[:wanted], allow_flat

    def __len__(self):
        return len(self._names)

    def path(self, k):
        """str: that of picture `k`, counted from 0."""
        return os.path.join(self.folder, self._names[k])

    def __iter__(self):
        owners = {}
        for k in watched(range(len(self)), len(self), 'reading', 'pictures'):
            image = read(self.path(k))
            self._check(image, k, owners)
            yield image

    def _check(self, image, k, owners):
        path, (red, green, blue) = self.path(k), (image[:, :, channel] for channel in range(3))
        if not self._allow_flat and image.tobytes() == image[0, 0].tobytes() * SIDE ** 2:
            raise DatasetError(f'{path} is one single colour, or transparent all over: {MEND}')
        if not self._allow_flat and (red == green).all() and (green == blue).all():
            raise DatasetError(f'{path} is grey, and the lab wants colour: {MEND}')
        owner = owners.setdefault(hashlib.sha256(image.tobytes()).digest(), k)
        if owner != k:
            raise DatasetError(f'{path} is the same picture as {self.path(owner)}: {MEND}')


def load_folder(folder, count=None, allow_flat=False):
    """All of Pictures at once: uint8 [count, 256, 256, 3], 0.2 MB a picture."""
    pictures = Pictures(folder, count, allow_flat)
    images = np.empty((len(pictures), SIDE, SIDE, 3), np.uint8)
    for k, image in enumerate(pictures):
        images[k] = image
    return images


def folder_of(config):
    """The dataset folder (%04d.png, 256x256 RGB) of a Config: the drawn set, or its user's own pictures made fit for the lab.

    The latter are kept in the cache under a name made of their content, so that no run ever sees them change.
    """
    if config.image_set == 'black-white':
        if config.image_count != 2:
            raise ConfigError('image_count is %d: the black-white set has 2 images.' % config.image_count)
        if config.observation != 'brightness':
            raise ConfigError(f'observation is {config.observation}: a black image cannot be found on a black screen, choose brightness.')
        folder = os.path.join(config.image_cache, 'black-white')
        _make_once(folder, lambda: np.stack([np.full((SIDE, SIDE, 3), shade, np.uint8) for shade in (0, 255)]))
        return folder
    if config.images:
        return own_folder(config.image_cache, Pictures(config.images, config.image_count, flag='--image-count'))
    if config.image_set == 'objects':
        folder = os.path.join(config.image_cache, 'objects-%d-seed%d' % (config.image_count, config.image_seed))
        return _complete(folder, config.image_count, lambda: objects.pictures(config.image_count, config.image_seed))
    return drawn_folder(config.image_cache, config.image_count, config.image_seed)


def held_out_folder_of(config, training=None):
    """The dataset folder, like that of folder_of, of `held_out_count` images none of which is trained with.

    They are its user's own (held_out_images), or those that come after the training images in the same set, which are apart
    from them as any two images of it are.

    training: dataset folder of the images that are trained with, where it is not that of folder_of.
    Raises: ConfigError where there can be none; DatasetError as Pictures, and where a picture is on both sides.
    """
    if config.observation in BLIND:
        raise ConfigError(f'observation is {config.observation}: such an agent does not see what an image looks like, for held-out images train '
                          'one that sees pixels.')
    if config.held_out_images:
        pictures = Pictures(config.held_out_images, config.held_out_count, flag='--held-out-count')
        small = _small(pictures)
        trained = training or config.images or folder_of(config)
        _refuse_shared(Pictures(trained, config.image_count, allow_flat=True), pictures, small)
        return own_folder(config.image_cache, pictures)
    if config.images:
        raise ConfigError('held_out_images is empty: train with --held-out-images FOLDER beside --images FOLDER.')
    if config.image_set == 'black-white':
        raise ConfigError('image_set is black-white: there is no third such image to hold out, choose drawn.')
    training, count = training or folder_of(config), config.held_out_count
    more = objects.pictures if config.image_set == 'objects' else drawn
    name = '%s-held-out-%d' % (os.path.basename(os.path.normpath(training)), count)
    return _complete(os.path.join(config.image_cache, name), count, lambda: more(
        config.image_count + count, config.image_seed, Pictures(training, config.image_count, allow_flat=True)))


def check_folder(folder, count):
    """Looks at the first `count` files of a dataset folder as strictly as the real lab, whose process ends at a wrong one.

    Raises: DatasetError that names a file which is missing or no whole PNG of 256x256 pixels, 8-bit RGB.
    """
    for number in range(1, count + 1):
        path = os.path.join(folder, '%04d.png' % number)
        try:
            with files.opened(path, ('PNG',)) as image:
                with open(path, 'rb') as file:
                    head = file.read(26)
                image.load()
                found = 'of %dx%d pixels, %s' % (image.size + (image.mode,))
                good = image.size == (SIDE, SIDE) and 'transparency' not in image.info
        except Exception as error:  # as in _read
            known = str(error) if isinstance(error, files.NoPicture) else getattr(error, 'strerror', None)
            reason = known or 'it is broken, cut short or no PNG'
            raise DatasetError(f'{path} cannot be read as an image ({reason}), which would end the real lab: {MEND}') from error
        # Pillow reads 16-bit colour as if it were 8: depth and kind as the file itself gives them (2 is RGB).
        if not good or head[24:26] != b'\x08\x02':
            raise DatasetError('%s is %s: the real lab wants %dx%d pixels, 8-bit RGB without transparency, %s' % (
                path, found, SIDE, SIDE, MEND))


def _small(pictures):
    """uint8 [count, EYE * EYE * 3]: 1.3 kB a picture."""
    small = np.empty((len(pictures), EYE * EYE * 3), np.uint8)
    for k, image in enumerate(pictures):
        small[k] = averaged(image, EYE).ravel()
    return small


def _refuse_shared(training, held_out, small):
    """Raises DatasetError if one of the Pictures `held_out`, which are `small`, is among the Pictures `training`."""
    sums, twins = cv2.batchDistance(small, _small(training), cv2.CV_32S, normType=cv2.NORM_L1, K=1)
    number = int(sums.argmin())
    if sums[number, 0] < ALIKE * small[0].size:
        raise DatasetError(f'{held_out.path(number)}, to be held out, shows the same as {training.path(twins[number, 0])}, '
                           'which is trained with: replace one of them.')


def own_folder(cache, pictures, sha256=None):
    """The dataset folder in `cache` of Pictures, under a name made of their content; they are read twice where it is made.

    sha256: str, what sha256_of returned for them; None: not known yet.
    Raises: DatasetError as Pictures, and where they change meanwhile.
    """
    sha256 = sha256 or sha256_of(pictures)
    folder = os.path.join(cache, own_name(len(pictures), sha256))

    def again():
        content = hashlib.sha256()
        for image in pictures:
            content.update(image.tobytes())
            yield image
        if content.hexdigest() != sha256:
            raise DatasetError(f'{pictures.folder} has changed while it was read: start again when its pictures rest.')
    _make_once(folder, again)
    return folder


def own_name(count, sha256):
    """str: the name of the dataset folder of `count` own pictures whose pixels have this digest."""
    return 'own-%d-%s' % (count, sha256[:12])


def sha256_of(pictures):
    """str: the digest of the pixels of Pictures, that which identity.digest finds of a copy."""
    content = hashlib.sha256()
    for image in pictures:
        content.update(image.tobytes())
    return content.hexdigest()


def _complete(folder, count, make_images):
    """`folder`, made if there is none. Raises DatasetError if one of its `count` pictures is missing."""
    _make_once(folder, make_images)
    for name in ('%04d.png' % number for number in range(1, count + 1)):
        if not os.path.isfile(os.path.join(folder, name)):
            raise DatasetError(f'{folder} has no {name}: put one there, or delete the folder to have it drawn anew.')
    return folder


def _make_once(folder, make_images):
    if not os.path.lexists(folder):
        try:
            write_images(folder, make_images())
        except (DatasetError, OSError) as error:
            if os.path.isdir(folder):  # another run has made it in the meantime, which is as good
                return
            if isinstance(error, OSError):
                raise DatasetError('{} cannot be made ({}): choose another folder for image sets with --image-cache.'.format(
                    folder, error.strerror or error))
            raise


def _refuse_existing(folder):
    if os.path.lexists(folder):
        raise DatasetError(f'{folder} exists already and is left alone: delete it or choose another name.')


def _picture_names(folder):
    try:
        names = [name for name in os.listdir(folder) if re.match(r'[^.].*\.(png|jpe?g)$', name, re.I | re.S)]
    except OSError as error:
        raise DatasetError(f'{folder} cannot be read as a folder ({error.strerror}): check its path and permissions.')
    return sorted(names, key=lambda name: (re.sub('[0-9]+', lambda digits: digits.group().zfill(20), name), name))
