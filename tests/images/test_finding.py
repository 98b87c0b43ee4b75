"""A run's images: known by a digest of their pixels, found from anywhere, and others not taken for them."""
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import config as config_module
from meta_rl.config import ConfigError
from meta_rl.images import dataset, drawing, finding, identity

from helpers.found_images import pictures, refusal, trained
from helpers.pictures import pattern


def elsewhere(tmp_path, monkeypatch):
    (tmp_path / 'elsewhere').mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / 'elsewhere')
    return tmp_path / 'elsewhere'


# ---- the digest ----

def test_replaced_pictures_are_refused_unless_told_to_take_them(home):
    """As the README invites: all of them; then one of them."""
    run, config = trained()
    cache = home / 'images' / 'drawn-3-seed0'
    assert finding.images_of(run, config) == (str(cache), 'training', 3, True)
    for numbers in ((2,), (1, 2, 3)):
        for number in numbers:
            Image.fromarray(pattern(number)).save(str(cache / ('%04d.png' % number)))
        message = refusal(run, config)
        assert str(cache) + ' has others' in message and 'copy the folder drawn-3-seed0' in message and '--images' in message
        with pytest.raises(ConfigError, match='has others'):
            finding.settled(config, run)
        assert finding.images_of(run, config, any_images=True) == (str(cache), 'training', 3, False)
    new, other = trained('runs/NEW')  # a run that is started with them is theirs
    assert finding.images_of(new, other).known


def test_a_set_that_is_drawn_anew_elsewhere_is_not_taken_for_replaced_pictures(home, tmp_path, monkeypatch):
    dataset.drawn_folder('images', 3, 0)
    Image.fromarray(pattern(1)).save(os.path.join('images', 'drawn-3-seed0', '0001.png'))
    run, config = trained()
    shutil.move(str(home / 'images'), str(tmp_path / 'away'))
    there = elsewhere(tmp_path, monkeypatch)
    assert 'has others' in refusal(run, config)
    # From each place where it may be instead.
    for flags in ({'cache': str(tmp_path / 'away')}, {'images': str(tmp_path / 'away')},
                  {'images': str(tmp_path / 'away' / 'drawn-3-seed0')}):
        assert finding.images_of(run, config, **flags) == (str(tmp_path / 'away' / 'drawn-3-seed0'), 'training', 3, True)
    shutil.rmtree(str(there / 'images'), ignore_errors=True)
    shutil.copytree(str(tmp_path / 'away'), str(there / 'images'))  # "copy the folder ... into images"
    assert os.path.abspath(finding.images_of(run, config).folder) == str(there / 'images' / 'drawn-3-seed0')


def test_a_drawn_set_that_nobody_changed_is_drawn_where_it_is_missing(home, tmp_path, monkeypatch):
    run, config = trained()
    shutil.move(str(home), str(tmp_path / 'gone'))
    elsewhere(tmp_path, monkeypatch)
    run = str(tmp_path / 'far' / 'away' / 'copy')  # two folders down: images may lie beside the folder of a run, as others' do
    shutil.copytree(str(tmp_path / 'gone' / 'runs' / 'RUN'), run)
    found = finding.images_of(run, config)
    assert os.path.samefile(found.folder, os.path.join('images', 'drawn-3-seed0')) and found[1:] == ('training', 3, True)
    assert not os.path.exists(str(home))  # where it was trained nothing is made


def test_a_project_that_was_moved_brings_its_cache(home, tmp_path, monkeypatch):
    run, config = trained(images=pictures(tmp_path / 'mine', 1, 2, 3))
    shutil.move(str(home), str(tmp_path / 'moved'))
    shutil.rmtree(str(tmp_path / 'mine'))
    elsewhere(tmp_path, monkeypatch)
    found = finding.images_of(str(tmp_path / 'moved' / 'runs' / 'RUN'), config)
    assert found.known and os.path.realpath(found.folder).startswith(str(tmp_path / 'moved' / 'images' / 'own-3-'))


# ---- own pictures ----

def test_own_pictures_are_found_from_anywhere(home, tmp_path, monkeypatch):
    run, config = trained(images=pictures(tmp_path / 'mine', 1, 2, 3))
    kept = config.images
    assert os.path.isabs(kept) and os.path.isabs(config.image_cache)
    there = elsewhere(tmp_path, monkeypatch)
    assert finding.images_of(run, config) == (kept, 'training', 3, True) and os.listdir(str(there)) == []


@pytest.mark.parametrize('version', ['this', 'earlier'])
def test_own_pictures_on_another_machine_are_named_by_flags(home, tmp_path, monkeypatch, version):
    mine = pictures(tmp_path / 'mine', 1, 2, 3)
    run, config = trained(images=mine)
    run, name = shutil.move(run, str(tmp_path / 'RUN')), os.path.basename(config.images)
    if version == 'earlier':  # no digest, but the name is the beginning of one
        os.remove(os.path.join(run, 'images.json'))
        config = config.change(images=os.path.join('images', name), image_cache='images')
    shutil.move(str(home / 'images'), str(tmp_path / 'away'))
    shutil.rmtree(str(home))
    elsewhere(tmp_path, monkeypatch)
    message = refusal(run, config)
    assert f'copy the folder {name} ' in message and '--images FOLDER' in message and '--image-cache FOLDER' in message
    assert finding.images_of(run, config, cache=str(tmp_path / 'away')).folder == str(tmp_path / 'away' / name)
    found = finding.images_of(run, config, mine)  # the pictures as they were before they were copied
    assert found.known and found.role == 'training'
    assert np.array_equal(dataset.load_folder(found.folder), dataset.load_folder(mine))
    settled, folder = finding.settled(config, run, mine)
    assert settled.images == os.path.abspath(folder)
    others = pictures(tmp_path / 'others', 7, 8, 9)
    message = refusal(run, config, others)
    assert 'has other images than those of' in message and '--any-images' in message and not os.path.exists('images/own-3')
    found = finding.images_of(run, config, others, any_images=True)
    assert found.role == others and found.count == 3 and not found.known
    with pytest.raises(ConfigError, match='other images'):
        finding.settled(config, run, others)


def test_a_folder_that_is_not_there(home):
    run, config = trained()
    assert "--images is 'mine': choose from training, held-out, or name a folder" in refusal(run, config, 'mine')


# ---- held out ----

def test_own_held_out_pictures_are_known_too(home, tmp_path, monkeypatch):
    others = pictures(tmp_path / 'others', 7, 8)
    run, config = trained(images=pictures(tmp_path / 'mine', 1, 2, 3), held_out_images=others)
    elsewhere(tmp_path, monkeypatch)
    found = finding.images_of(run, config, 'held-out')
    assert found == (config.held_out_images, 'held-out', 2, True)
    assert finding.images_of(run, config, others).role == 'held-out'  # a folder is known by what is in it
    with pytest.raises(ConfigError, match='has the held-out images'):
        finding.settled(config, run, others)
    Image.fromarray(pattern(9)).save(os.path.join(config.held_out_images, '0001.png'))
    assert 'are not here' in refusal(run, config, 'held-out')


def test_drawn_held_out_images_are_the_runs_own_from_when_they_are_drawn(home):
    run, config = trained()
    found = finding.images_of(run, config, 'held-out')
    assert found.role == 'held-out' and found.count == 2
    with open(os.path.join(run, 'images.json')) as file:
        assert sorted(json.load(file)) == ['held_out', 'training']
    assert finding.images_of(run, config, 'held-out').known
    Image.fromarray(pattern(1)).save(os.path.join(found.folder, '0002.png'))
    assert 'drawn-3-seed0-held-out-2 has others' in refusal(run, config, 'held-out')
    assert finding.images_of(run, config, 'held-out', any_images=True).count == 2


def test_those_that_were_not_to_be_checked_do_not_become_the_runs_own(home):
    run, config = trained()
    drawn = finding.images_of(*trained('runs/OTHER'), 'held-out').folder
    Image.fromarray(pattern(1)).save(os.path.join(drawn, '0002.png'))
    assert finding.images_of(run, config, 'held-out', any_images=True) == (drawn, 'held-out', 2, False)
    with open(os.path.join(run, 'images.json')) as file:
        assert sorted(json.load(file)) == ['training']


def test_they_are_drawn_beside_a_training_set_that_is_read_only(home, tmp_path, monkeypatch):
    run, config = trained()
    elsewhere(tmp_path, monkeypatch)
    real = dataset.write_images

    def write(folder, images):
        if os.path.abspath(folder).startswith(str(home)):
            raise OSError(30, 'Read-only file system', folder)
        real(folder, images)
    monkeypatch.setattr(dataset, 'write_images', write)
    found = finding.images_of(run, config, 'held-out')
    assert found.folder == os.path.join('images', 'drawn-3-seed0-held-out-2')
    assert np.array_equal(dataset.load_folder(found.folder), list(drawing.drawn(5, 0))[3:])


# ---- runs of an earlier version ----

def test_a_run_without_a_digest_does_as_before_and_says_so(home, capsys):
    run, config = trained()
    os.remove(os.path.join(run, 'images.json'))
    Image.fromarray(pattern(1)).save(str(home / 'images' / 'drawn-3-seed0' / '0001.png'))
    found = finding.images_of(run, config)
    assert found.role == 'training' and not found.known and not os.path.exists(os.path.join(run, 'images.json'))
    said = capsys.readouterr().err
    assert said.count('\n') == 1 and 'keeps no digest of its images' in said and found.folder in said
    finding.images_of(run, config, 'held-out')
    assert not os.path.exists(os.path.join(run, 'images.json'))
    assert ', which keeps no digest to know them by' in refusal(run, config, pictures(home / 'x', 1, 2, 3))


# ---- a worker elsewhere ----

def test_a_worker_finds_the_images_of_the_run_by_their_digest(home, tmp_path, monkeypatch):
    """On its machine the path that the run has them by leads nowhere."""
    run, config = trained(images=pictures(tmp_path / 'mine', 1, 2, 3))
    sha256, name = identity.digest(config.images, 3), os.path.basename(config.images)
    assert finding.by_digest(config, sha256) == config.images
    shutil.move(str(home / 'images'), str(tmp_path / 'away'))
    shutil.rmtree(str(home))
    elsewhere(tmp_path, monkeypatch)
    with pytest.raises(ConfigError, match=f'copy the folder {name} from the machine that leads it'):
        finding.by_digest(config, sha256)
    assert finding.by_digest(config.change(image_cache=str(tmp_path / 'away')), sha256) == str(tmp_path / 'away' / name)


def test_a_worker_draws_what_is_drawn_and_takes_no_other(home, tmp_path, monkeypatch):
    run, config = trained()
    folder = os.path.abspath('images/drawn-3-seed0')
    sha256 = identity.digest(folder, 3)
    shutil.rmtree(str(home))
    elsewhere(tmp_path, monkeypatch)
    assert finding.by_digest(config.change(images=folder), sha256) == os.path.join('images', 'drawn-3-seed0')
    Image.fromarray(pattern(1)).save(os.path.join('images', 'drawn-3-seed0', '0001.png'))
    with pytest.raises(ConfigError, match='not on this machine: copy the folder drawn-3-seed0'):
        finding.by_digest(config.change(images=folder), sha256)


def test_paths_of_a_new_run_are_found_from_anywhere(home):
    run, config = trained(images=pictures(home / 'mine', 1, 2, 3), runfiles_path='lab', cluster='c.json')
    settings = config_module.load(os.path.join(run, 'config.json'))
    assert all(os.path.isabs(getattr(settings, name)) for name in ('images', 'image_cache', 'runfiles_path', 'cluster'))
    assert settings.held_out_images == ''
