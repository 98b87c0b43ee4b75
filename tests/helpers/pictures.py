"""Pictures for tests: noise, the surface that they hang on, a folder of one's own."""
import numpy as np
import pytest
from PIL import Image

from meta_rl.images import dataset
from meta_rl.images.dataset import DatasetError


def surface_of(*shown):
    """uint8 [512, 512, 3]: the surface with these Pictures on it."""
    surface = np.zeros((512, 512, 3), np.uint8)
    for picture in shown:
        left, top, width, height = picture.box
        assert picture.pixels.shape == (height, width, 3)
        surface[top:top + height, left:left + width] += picture.pixels
    return surface


def noise(seed=0):
    return np.random.RandomState(seed).randint(0, 256, (256, 256, 3)).astype(np.uint8)


def pattern(seed, height=256, width=256):
    """Coloured noise, no two seeds alike."""
    return np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint8)


def refusal(folder, *args, **kwargs):
    with pytest.raises(DatasetError) as caught:
        dataset.load_folder(str(folder), *args, **kwargs)
    message = str(caught.value)
    assert message.endswith('.') and '\n' not in message and message.count('. ') == 0  # one sentence
    return message


def squares(seed):
    """Sixteen coloured squares, no two seeds alike."""
    pixels = np.random.RandomState(seed).randint(0, 256, (4, 4, 3)).astype(np.uint8)
    return Image.fromarray(pixels.repeat(64, 0).repeat(64, 1))
