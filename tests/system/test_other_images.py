"""The images of a run, by the commands: others are refused, its own are found from another folder by what the sentence says."""
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import config as config_module
from meta_rl.images import identity

from helpers.pictures import pattern
from helpers.programs.commands import TINY, run_main
from helpers.programs.runs import BACKENDS, Run

FLAGS = TINY + ['--episodes', '64', '--log-every', '32', '--checkpoint-every', '32']


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """A folder with a run of drawn images, `drawn`, and one of one's own, `own`, that sees them."""
    folder, before = tmp_path_factory.mktemp('made'), os.getcwd()
    for name, seeds in (('mine', (1, 2, 3)), ('others', (4, 5, 6))):
        (folder / name).mkdir()
        for seed in seeds:
            Image.fromarray(pattern(seed)).save(str(folder / name / ('%d.png' % seed)))
    os.chdir(str(folder))
    try:
        own = ['--images', 'mine', '--observation', 'crops', '--held-out-images', 'others', '--held-out-count', '3']
        for name, flags in (('drawn', []), ('own', own)):
            assert run_main('train', *(FLAGS + flags)) == 0
            run, = os.listdir('runs')
            shutil.move(os.path.join('runs', run), name)
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def copy(made, tmp_path, monkeypatch):
    """A copy of it on another machine, as it were: the paths of config.json lead nowhere. We are in an empty folder there."""
    shutil.copytree(str(made), str(tmp_path / 'copy'))
    for name in ('drawn', 'own'):
        path = str(tmp_path / 'copy' / name / 'config.json')
        settings = config_module.load(path)
        settings.change(**{key: getattr(settings, key).replace(str(made), '/nowhere/at/all') for key in (
            'images', 'held_out_images', 'image_cache')}).save(path)
    (tmp_path / 'empty').mkdir()
    monkeypatch.chdir(tmp_path / 'empty')
    return tmp_path / 'copy'


def refused(capsys, *arguments):
    assert run_main(*arguments) == 2
    said = capsys.readouterr().err
    assert said.count('\n') == 1 and 'Traceback' not in said
    return said


def replace(folder):
    for name in os.listdir(str(folder)):
        Image.fromarray(pattern(40 + int(name[:4]))).save(str(folder / name))


@pytest.mark.slow
def test_a_run_whose_pictures_were_replaced_goes_on_with_no_others(copy, capsys):
    run = str(copy / 'drawn')
    shutil.move(str(copy / 'images'), 'images')
    before = {name: os.stat(os.path.join(run, name)).st_mtime_ns for name in os.listdir(run)}
    assert run_main('evaluate', run, '--episodes', '4') == 0
    good = os.path.join('images', 'drawn-3-seed0')
    shutil.copytree(good, 'kept')
    replace(copy.parent / 'empty' / good)
    capsys.readouterr()
    for command in (['train', '--resume', run, '--episodes', '96'], ['evaluate', run, '--episodes', '4'], ['record', run]):
        said = refused(capsys, *command)
        assert good + ' has others' in said and 'copy the folder drawn-3-seed0' in said and '--image-cache FOLDER' in said
    assert run_main('plot', run) == 0 and 'No learning set' in capsys.readouterr().out
    assert {name: os.stat(os.path.join(run, name)).st_mtime_ns for name in os.listdir(run)} == before
    # Told to, all but training take them; what is measured so is not kept with the run.
    assert run_main('evaluate', run, '--episodes', '4', '--any-images') == 0
    assert run_main('record', run, '--any-images') == 0 and os.path.exists('episode.gif')
    assert run_main('plot', run, '--any-images') == 0 and not os.path.exists(os.path.join(run, 'learning_set.csv'))
    # In the folder that has the right ones all go on.
    assert run_main('evaluate', run, '--episodes', '4', '--images', 'kept') == 0
    assert run_main('record', run, '--images', 'kept') == 0
    assert run_main('train', '--resume', run, '--episodes', '96', '--images', 'kept') == 0
    assert run_main('plot', run, '--images', 'kept') == 0
    assert config_module.load(os.path.join(run, 'config.json')).images == ''  # it is still a run of drawn images


@pytest.mark.slow
def test_own_pictures_are_found_by_what_the_sentence_says(copy, capsys):
    run, name = str(copy / 'own'), os.path.basename(config_module.load(str(copy / 'own' / 'config.json')).images)
    shutil.move(str(copy / 'images'), str(copy / 'cache'))
    for command in (['train', '--resume', run, '--episodes', '96'], ['evaluate', run, '--episodes', '4'], ['record', run]):
        assert f'copy the folder {name} from where it was trained into images' in refused(capsys, *command)
    cache, mine, others = str(copy / 'cache'), str(copy / 'mine'), str(copy / 'others')
    for flags, images in ((['--image-cache', cache], 'training'), (['--images', mine], 'training'),
                          (['--images', others], 'held-out'),
                          (['--images', 'held-out', '--image-cache', cache], 'held-out')):
        assert run_main('evaluate', run, '--episodes', '4', '--json', 'figures.json', *flags) == 0
        with open('figures.json') as file:
            assert json.load(file)['images'] == images
    assert run_main('record', run, '--images', 'held-out', '--image-cache', cache) == 0
    assert run_main('plot', run, '--image-cache', cache) == 0 and os.path.exists(os.path.join(run, 'learning_set-held-out.csv'))
    assert run_main('train', '--resume', run, '--episodes', '96', '--image-cache', cache) == 0
    settings = config_module.load(os.path.join(run, 'config.json'))
    assert settings.images == os.path.join(cache, name) and settings.image_cache == cache
    shutil.rmtree('images')
    shutil.copytree(os.path.join(cache, name), os.path.join('images', name))  # "copy the folder ..."
    shutil.rmtree(cache)
    assert run_main('evaluate', run, '--episodes', '4') == 0


def test_others_may_be_shown_to_an_agent_that_sees(copy, capsys):
    for seed in range(50, 55):
        Image.fromarray(pattern(seed)).save(str(copy / 'mine' / ('%d.png' % seed)))
    os.remove(str(copy / 'mine' / '1.png'))
    run, mine = str(copy / 'own'), str(copy / 'mine')
    assert 'has other images than those of' in refused(capsys, 'evaluate', run, '--images', mine)
    assert run_main('evaluate', run, '--images', mine, '--any-images', '--episodes', '4') == 0
    assert f'frozen weights and {mine} images' in capsys.readouterr().out
    kept, = (name for name in os.listdir('images') if name.startswith('own-7-'))  # all of them
    assert np.array_equal(np.array(Image.open(os.path.join('images', kept, '0001.png'))), pattern(2))


@pytest.mark.slow
@pytest.mark.parametrize('flags', BACKENDS)
def test_each_backend_goes_on_with_the_folder_that_is_named(copy, flags):
    shutil.move(str(copy / 'images' / 'drawn-3-seed0'), str(copy / 'by another name'))
    replace(copy / 'by another name')
    with open(str(copy / 'drawn' / 'images.json'), 'w') as file:  # as if it had been trained with these
        json.dump({'training': dict(identity.describe(str(copy / 'by another name'), 3), folder='drawn-3-seed0')}, file)
    run = Run(copy, *(['--resume', 'drawn', '--episodes', '96', '--images', 'by another name'] + flags))
    assert run.status() == 0, run.log()


def test_an_old_run_goes_on_as_before_and_has_a_digest_from_then_on(copy, capsys):
    run = str(copy / 'drawn')
    os.remove(os.path.join(run, 'images.json'))
    assert run_main('evaluate', run, '--episodes', '4') == 0
    said = capsys.readouterr().err
    assert said.count('\n') == 1 and 'keeps no digest of its images' in said
    assert run_main('train', '--resume', run, '--episodes', '96') == 0
    replace(copy.parent / 'empty' / 'images' / 'drawn-3-seed0')
    capsys.readouterr()
    assert 'has others' in refused(capsys, 'evaluate', run, '--episodes', '4')
