"""Pictures that cannot be used are refused, in one sentence that names the file."""
import os

import numpy as np
import pytest
from PIL import Image

from meta_rl.images import dataset
from meta_rl.psychlab import files

from helpers.pictures import pattern, refusal


def test_a_missing_folder_is_named(tmp_path):
    message = refusal(tmp_path / 'nowhere')
    assert str(tmp_path / 'nowhere') in message and 'check its path' in message


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'')
    assert str(tmp_path / 'a.png') in refusal(tmp_path / 'a.png')


def test_an_unreadable_folder_is_named(own, monkeypatch):
    def listdir(folder):
        raise PermissionError(13, 'Permission denied', folder)
    monkeypatch.setattr(os, 'listdir', listdir)  # chmod would not stop root
    message = refusal(own)
    assert str(own) in message and 'Permission denied' in message


def test_too_few_pictures(own, tmp_path):
    message = refusal(own, 5)
    assert str(own) in message and 'has 3' in message and '5 are needed' in message
    (tmp_path / 'bare').mkdir()
    assert 'has 0' in refusal(tmp_path / 'bare')


def test_an_empty_file(own):
    (own / '0002.png').write_bytes(b'')
    message = refusal(own)
    assert str(own / '0002.png') in message and '(empty)' in message and 'replace it' in message


@pytest.mark.parametrize('name', ['0004.png', '0004.jpg'])
@pytest.mark.parametrize('kept', [.02, .5, .9])
def test_a_truncated_picture(own, name, kept):
    Image.fromarray(pattern(4)).save(str(own / name))
    whole = (own / name).read_bytes()
    (own / name).write_bytes(whole[:int(len(whole) * kept)])
    message = refusal(own)
    assert str(own / name) in message and 'broken' in message and 'replace it' in message


@pytest.mark.parametrize('content', [b'<html>404</html>', b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff\xe0'])
def test_a_file_that_is_no_picture(own, content):
    (own / 'x.png').write_bytes(content)
    assert str(own / 'x.png') in refusal(own)


def test_a_png_with_a_wrong_byte(own):
    whole = bytearray((own / '0003.png').read_bytes())
    whole[len(whole) // 2] ^= 255
    (own / '0003.png').write_bytes(bytes(whole))
    assert str(own / '0003.png') in refusal(own)


def test_a_picture_too_big_for_memory(own, monkeypatch):
    monkeypatch.setattr(files, 'MOST_PIXELS', 100)
    message = refusal(own)
    assert str(own / '0001.png') in message and '0 megapixels are' not in message and 'are the most that are read' in message


def test_a_folder_named_like_a_picture(own):
    (own / '0004.png').mkdir()
    assert str(own / '0004.png') in refusal(own)


@pytest.mark.parametrize('mode', ['L', 'RGB', 'LA', '1', 'P'])
def test_a_grey_picture(own, mode):
    Image.fromarray(pattern(4)).convert('L').convert(mode).save(str(own / 'grey.png'))
    message = refusal(own)
    assert str(own / 'grey.png') in message and 'is grey' in message and 'replace it' in message
    assert len(dataset.load_folder(str(own), allow_flat=True)) == 4


def test_a_grey_jpeg(own):
    Image.fromarray(pattern(4)).convert('L').convert('RGB').save(str(own / 'grey.jpg'))
    assert str(own / 'grey.jpg') in refusal(own)


@pytest.mark.parametrize('colour', [(9, 0, 0), (0, 0, 9), (9, 0, 9)])
def test_a_picture_that_is_coloured_in_one_pixel_is_not_grey(own, colour):
    picture = np.array(Image.fromarray(pattern(4)).convert('L').convert('RGB'))
    picture[255, 255] = colour
    Image.fromarray(picture).save(str(own / 'nearly.png'))
    assert len(dataset.load_folder(str(own))) == 4


@pytest.mark.parametrize('colour', [(0, 0, 0), (255, 255, 255), (200, 30, 60)])
def test_one_single_colour(own, colour):
    Image.new('RGB', (256, 256), colour).save(str(own / 'flat.png'))
    message = refusal(own)
    assert str(own / 'flat.png') in message and 'one single colour' in message and 'replace it' in message
    assert (dataset.load_folder(str(own), allow_flat=True)[3] == colour).all()


def test_transparent_all_over(own):
    Image.fromarray(np.dstack([pattern(4), np.zeros((256, 256), np.uint8)])).save(str(own / 'ghost.png'))
    message = refusal(own)
    assert str(own / 'ghost.png') in message and 'transparent' in message


@pytest.mark.parametrize('allow_flat', [False, True])
def test_the_same_picture_twice(own, allow_flat):
    Image.fromarray(pattern(2, 32, 32)).save(str(own / 'copy.png'), compress_level=0)  # other bytes, same content
    message = refusal(own, allow_flat=allow_flat)
    assert str(own / '0002.png') in message and str(own / 'copy.png') in message and 'same picture' in message
    assert len(dataset.load_folder(str(own), 3)) == 3  # it is not among the first three
