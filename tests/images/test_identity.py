"""What proves an image set: its digest, what is noted of it, and what a run keeps."""
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl.images import dataset, identity

from helpers.found_images import refusal, trained


def test_the_digest_is_of_pixels_in_order(tmp_path):
    folder = dataset.drawn_folder(str(tmp_path), 3, 0)
    before = identity.describe(folder, 3)
    Image.open(os.path.join(folder, '0002.png')).save(os.path.join(folder, '0002.png'), compress_level=9)
    again = identity.describe(folder, 3)
    assert again['sha256'] == before['sha256'] and again['files'] != before['files'] and identity.same(folder, before)
    assert before['sha256'] == dataset.sha256_of(dataset.Pictures(folder, 3))
    os.rename(os.path.join(folder, '0001.png'), os.path.join(folder, 'x'))
    os.rename(os.path.join(folder, '0002.png'), os.path.join(folder, '0001.png'))
    os.rename(os.path.join(folder, 'x'), os.path.join(folder, '0002.png'))
    assert not identity.same(folder, before)


def test_of_many_images_it_is_noted_and_looked_up_until_a_file_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, 'MANY', 3)
    folder, opened = dataset.drawn_folder(str(tmp_path), 3, 0), []
    real = identity.files.opened
    monkeypatch.setattr(identity.files, 'opened', lambda path, formats: opened.append(path) or real(path, formats))
    first = identity.describe(folder, 3)
    assert len(opened) == 3 and identity.describe(folder, 3) == first and identity.same(folder, first) and len(opened) == 3
    stat = os.stat(os.path.join(folder, '0003.png'))
    pixels = np.array(Image.open(os.path.join(folder, '0003.png')))
    with open(os.path.join(folder, '0003.png'), 'r+b') as file:  # as long as before, and its times set back
        content = file.read()
        Image.fromarray(pixels[::-1]).save(os.path.join(folder, 'new.png'), compress_level=1)
    shutil.copyfile(os.path.join(folder, 'new.png'), os.path.join(folder, '0003.png'))
    with open(os.path.join(folder, '0003.png'), 'ab') as file:
        file.write(bytes(max(len(content) - file.tell(), 0)))
    os.utime(os.path.join(folder, '0003.png'), ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not identity.same(folder, first) and len(opened) == 6


def test_where_the_cache_is_read_only_it_is_worked_out_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, 'MANY', 3)
    folder = dataset.drawn_folder(str(tmp_path), 3, 0)

    def write(*_):
        raise OSError(30, 'Read-only file system')
    monkeypatch.setattr(identity, 'write_json', write)
    assert identity.describe(folder, 3) == identity.describe(folder, 3) and os.listdir(str(tmp_path)) == ['drawn-3-seed0']


@pytest.mark.parametrize('text', ['', '[]', '{"training": 3}', '{"other": {}}', '{"training": {"count": 3}}', '[' * 100000,
                                  '{"training": {"count": 3, "sha256": "a", "files": "b", "folder": "../../etc"}}'])
def test_what_a_run_keeps_is_looked_at(home, text):
    run, config = trained()
    with open(os.path.join(run, 'images.json'), 'w') as file:
        file.write(text)
    assert 'images.json' in refusal(run, config) and 'delete it' in refusal(run, config)
