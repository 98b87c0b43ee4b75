"""Pictures that Pillow is careful about, and files that are no pictures: read, or refused with the true reason."""
import os
import socket
import struct
import subprocess
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from meta_rl import psychlab
from meta_rl.images import dataset, reading
from meta_rl.images.dataset import DatasetError
from meta_rl.psychlab import files

from helpers.labs import TESTS
from helpers.pictures import pattern, refusal


@pytest.fixture(autouse=True)
def no_warnings():
    """What Pillow warns of would be seen by who trains."""
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        yield


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data) & 0xffffffff)


def with_chunks(path, *chunks, picture=None):
    """Writes a PNG with further chunks after its header."""
    Image.fromarray(pattern(1) if picture is None else picture).save(str(path), 'PNG')
    content = path.read_bytes()
    path.write_bytes(content[:33] + b''.join(chunks) + content[33:])  # signature and IHDR are 33 bytes
    return str(path)


@pytest.mark.slow
def test_180_megapixels_are_read(tmp_path):
    """As a scanner or a camera makes them; of one byte a pixel, so that this takes 2 s."""
    side = 13500
    picture = Image.new('P', (side, side), 0)
    picture.putpalette([200, 30, 60, 10, 80, 250] + [0] * 762)
    picture.paste(1, (0, 0, side // 2, side))
    picture.save(str(tmp_path / 'scan.png'), compress_level=1)
    image = reading.read(str(tmp_path / 'scan.png'))
    assert (image[:, :127] == (10, 80, 250)).all() and (image[:, 129:] == (200, 30, 60)).all()


@pytest.mark.parametrize('kind', ['png', 'jpg'])
def test_more_than_the_limit_is_refused_by_its_size(tmp_path, monkeypatch, kind):
    Image.fromarray(pattern(1, 300, 500)).save(str(tmp_path / ('a.' + kind)))
    monkeypatch.setattr(files, 'MOST_PIXELS', 100000)
    message = refusal(tmp_path)
    assert 'a.' + kind in message and 'megapixels' in message and 'broken' not in message
    assert files.MOST_PIXELS == 100000


def test_a_small_png_that_claims_to_be_huge_is_not_decoded(tmp_path):
    header = struct.pack('>IIBBBBB', 100000, 100000, 8, 2, 0, 0, 0)
    (tmp_path / 'a.png').write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', b'') + chunk(b'IEND', b''))
    assert '10000 megapixels, and 500 are the most' in refusal(tmp_path)


@pytest.mark.parametrize('data', [
    pytest.param([chunk(b'zTXt', b'Comment\0\0' + zlib.compress(bytes(2 << 20)))], id='text'),
    pytest.param([chunk(b'iTXt', b'Comment\0\1\0\0\0' + zlib.compress(bytes(2 << 20)))], id='utf-8'),
    pytest.param([chunk(b'iCCP', b'profile\0\0' + zlib.compress(bytes(2 << 20)))], id='profile'),
    pytest.param([chunk(b'tEXt', b'Comment\0' + b'x' * (2 << 20))], id='plain'),
    pytest.param([chunk(b'zTXt', b'Comment\0\0' + zlib.compress(bytes(9 << 20)))] * 9, id='many')])
def test_much_text_and_a_large_profile_are_passed_over(tmp_path, data):
    path = with_chunks(tmp_path / 'a.png', *data)
    assert np.array_equal(reading.read(path), pattern(1))


def test_more_text_than_the_limit_is_refused_by_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(files, 'MOST_TEXT', 1 << 20)
    with_chunks(tmp_path / 'a.png', chunk(b'iCCP', b'profile\0\0' + zlib.compress(bytes(2 << 20))))
    assert 'its texts or its colour profile are larger than 1 MB' in refusal(tmp_path)


@pytest.mark.parametrize('exif', [b'nonsense', b'', b'II*\0\xff\xff\xff\xff', b'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03',
                                  b'Exif\0\0II*\0\x08\0\0\0\xff\xff'])
def test_malformed_exif_turns_nothing(tmp_path, exif):
    assert np.array_equal(reading.read(with_chunks(tmp_path / 'a.png', chunk(b'eXIf', exif))), pattern(1))
    for name, more in (('b.jpg', {}), ('c.jpg', {'exif': exif})):
        Image.fromarray(pattern(1)).save(str(tmp_path / name), quality=95, **more)
    assert np.array_equal(reading.read(str(tmp_path / 'c.jpg')), reading.read(str(tmp_path / 'b.jpg')))


@pytest.mark.parametrize('orientation', range(1, 9))
def test_exif_of_a_png_is_followed(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    with_chunks(tmp_path / 'a.png', chunk(b'eXIf', exif.tobytes()[6:]))  # without the name that a JPEG has before it
    shown = pattern(1)
    expected = {1: shown, 2: shown[:, ::-1], 3: shown[::-1, ::-1], 4: shown[::-1], 5: shown.swapaxes(0, 1),
                6: np.rot90(shown, -1), 7: np.rot90(shown, 2).swapaxes(0, 1), 8: np.rot90(shown)}[orientation]
    assert np.array_equal(reading.read(str(tmp_path / 'a.png')), expected)


def test_what_is_large_and_transparent_is_worked_on_in_strips(tmp_path, monkeypatch):
    alpha = np.random.RandomState(2).randint(0, 256, (300, 400)).astype(np.uint8)
    Image.fromarray(np.dstack([pattern(1, 300, 400), alpha])).save(str(tmp_path / 'a.png'))
    whole = reading.read(str(tmp_path / 'a.png'))
    monkeypatch.setattr(reading, 'STRIP', 7)
    assert np.array_equal(reading.read(str(tmp_path / 'a.png')), whole)


# ---- what is no regular file ----

def make(path, kind):
    if kind == 'FIFO':
        os.mkfifo(path)
    elif kind == 'socket':
        with socket.socket(socket.AF_UNIX) as listening:
            before = os.getcwd()
            os.chdir(os.path.dirname(path))  # its path may have 107 bytes
            try:
                listening.bind(os.path.basename(path))
            finally:
                os.chdir(before)
    elif kind == 'device':
        os.symlink('/dev/zero', path)
    else:
        os.mkdir(path)


KINDS = ['FIFO', 'socket', 'device', 'folder']


def in_time(function, *args):
    """What it returns or raises; fails where it waits for ever."""
    outcome = []

    def run():
        try:
            outcome.append(function(*args))
        except Exception as error:
            outcome.append(error)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    assert outcome, 'it waits'
    return outcome[0]


@pytest.mark.parametrize('kind', KINDS)
def test_what_is_no_file_is_refused_and_not_opened(tmp_path, kind):
    make(str(tmp_path / 'c.png'), kind)
    error = in_time(dataset.load_folder, str(tmp_path))
    assert isinstance(error, DatasetError) and f'c.png cannot be read as PNG or JPEG (a {kind}, no regular file)' in str(error)


@pytest.mark.parametrize('kind', KINDS)
def test_so_it_is_in_the_cache_in_the_lab_and_before_the_real_lab(tmp_path, kind):
    folder = dataset.drawn_folder(str(tmp_path), 2, 0)
    os.remove(os.path.join(folder, '0002.png'))
    make(os.path.join(folder, '0002.png'), kind)
    assert 'has no 0002.png' in str(in_time(dataset.drawn_folder, str(tmp_path), 2, 0))
    assert f'0002.png cannot be read as an image (a {kind}, no regular file)' in str(in_time(dataset.check_folder, folder, 2))
    lab = psychlab.Lab('harlow', ['RGB_INTERLEAVED'], {'datasetPath': folder, 'trainBatch': '2', 'testBatch': '0'})
    assert f'a {kind}, no regular file' in str(in_time(lab.reset, -1, 1))


def test_a_link_to_a_picture_is_one(tmp_path):
    (tmp_path / 'other').mkdir()
    Image.fromarray(pattern(1)).save(str(tmp_path / 'other' / 'x.png'))
    os.symlink(str(tmp_path / 'other' / 'x.png'), str(tmp_path / 'a.png'))
    assert np.array_equal(dataset.load_folder(str(tmp_path))[0], pattern(1))
    os.symlink(str(tmp_path / 'nothing'), str(tmp_path / 'b.png'))
    assert 'b.png cannot be read as PNG or JPEG (No such file or directory)' in refusal(tmp_path)


@pytest.mark.parametrize('content, name', [(b'GIF89a', 'a GIF'), (b'RIFF\0\0\0\0WEBP', 'a WebP'), (b'BM6\0', 'a BMP'),
                                           (b'II*\0', 'a TIFF'), (b'\0\0\0\x18ftypheic', 'a HEIC or AVIF'),
                                           (b'<svg>', 'HTML or SVG'),
                                           (b'version https://git-lfs.github.com/spec/v1\n', 'a pointer of Git LFS')])
def test_another_format_is_named(tmp_path, content, name):
    (tmp_path / 'a.png').write_bytes(content + bytes(200))
    assert f'a.png cannot be read as PNG or JPEG (it is {name})' in refusal(tmp_path)


# ---- the lab's own reader, and the limits of others ----

def test_the_lab_reads_a_replaced_picture_with_much_text(tmp_path):
    folder = dataset.drawn_folder(str(tmp_path), 2, 0)
    with_chunks(tmp_path / 'drawn-2-seed0' / '0001.png', chunk(b'zTXt', b'Comment\0\0' + zlib.compress(bytes(2 << 20))))
    lab = psychlab.Lab('harlow', ['RGB_INTERLEAVED'], {'datasetPath': folder, 'trainBatch': '2', 'testBatch': '0'})
    assert lab.reset(seed=1)
    dataset.check_folder(folder, 2)


def test_pillows_own_limits_stay_as_they_are(tmp_path):
    before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY
    reading.read(with_chunks(tmp_path / 'a.png'))
    (tmp_path / 'b.png').write_bytes(b'x')
    with pytest.raises(DatasetError):
        reading.read(str(tmp_path / 'b.png'))
    assert (Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY) == before


@pytest.mark.slow
def test_nothing_is_said_on_stderr(tmp_path):
    picture = Image.new('1', (13500, 13500))
    picture.paste(1, (0, 0, 6000, 13500))
    picture.save(str(tmp_path / 'a.png'))
    with_chunks(tmp_path / 'b.png', chunk(b'eXIf', b'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03'))
    code = 'import sys; from meta_rl.images import reading; [reading.read(path) for path in sys.argv[1:]]'
    done = subprocess.run([sys.executable, '-W', 'always', '-c', code, str(tmp_path / 'a.png'), str(tmp_path / 'b.png')],
                          cwd=os.path.dirname(TESTS), stderr=subprocess.PIPE)
    assert done.returncode == 0 and not any(word in done.stderr for word in (b'Pillow', b'PIL', b'EXIF', b'Decompression'))
