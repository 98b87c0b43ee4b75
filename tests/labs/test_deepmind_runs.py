"""Training, evaluation, recording, playing and Gymnasium in the real lab: its stand-in has a HUD in its frames."""
import os

import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.config import ConfigError
from meta_rl.envs import decisions
from meta_rl.envs.references.oracles import ORACLES
from meta_rl.figures.films import recording
from meta_rl.labs import deepmind
from meta_rl.play import playing

from helpers.kept import KEPT, copy_of
from helpers.labs import act
from helpers.playing.real_labs import tiny
from helpers.programs.commands import run_main


@pytest.mark.slow
def test_training_on_either_lab_is_the_same_and_goes_on(real_lab, tmp_path):
    curves = []
    for lab in config_module.LABS:
        run, mean_return, _ = training.run(tiny(tmp_path, lab=lab))
        with open(os.path.join(run, 'curve.csv')) as file:
            curves.append(file.read())
        levels = os.path.join(run, 'levels', 'harlow.lua')
        assert os.path.exists(levels) == (lab == 'deepmind')
        assert 1 < mean_return < 11  # 6 for fixation, and chance
    assert curves[0] == curves[1]
    with open(levels) as file, open(deepmind.write_level(tiny(tmp_path), run + '-again')) as again:
        assert file.read() == again.read()
    settings = config_module.load(os.path.join(run, 'config.json'))
    assert settings.lab == 'deepmind' and training.run(settings.change(episodes=128), run)[0] == run


@pytest.mark.slow
def test_workers_in_processes_have_labs_of_their_own(real_lab, tmp_path):
    run, _, _ = training.run(tiny(tmp_path, workers=2, backend='processes', level_script='contributed/psychlab/harlow_fast_centred'))
    with open(os.path.join(run, 'curve.csv')) as file:
        assert int(file.read().splitlines()[-1].split(',')[0]) >= 96
    assert len({made['process'] for made in real_lab()}) == 3  # one is the rehearsal's


@pytest.mark.slow
def test_an_agent_plays_on_the_other_lab_as_on_its_own(real_lab, tmp_path):
    run, _, _ = training.run(tiny(tmp_path, lab='embedded', observation='crops', held_out_count=3))
    reports = []
    for elsewhere in ({}, {'lab': 'deepmind', 'runfiles_path': '/there'}):
        for images in ('training', 'held-out'):
            reports.append(evaluation.evaluate(run, 12, images=images, **elsewhere))
    assert [report.pop('lab') for report in reports] == ['embedded'] * 2 + ['deepmind'] * 2
    assert [report.pop('surroundings') for report in reports] == ['flat'] * 2 + ['real'] * 2
    assert reports[:2] == reports[2:] and [report['images'] for report in reports[:2]] == ['training', 'held-out']
    assert reports[0]['return_mean'] == pytest.approx(reports[0]['choice_return_mean'] + 6)
    made = real_lab()[-1]
    assert 'held-out-3' in made['config']['datasetPath'] and made['images'] == 3 and made['runfiles'] == '/there'
    assert config_module.load(os.path.join(run, 'config.json')).lab == 'embedded'


@pytest.mark.slow
def test_a_recording_in_the_real_lab_has_its_frames_and_the_same_episode(real_lab, tmp_path):
    run, _, _ = training.run(tiny(tmp_path, lab='embedded', width=84, height=84))
    shown = {}
    for lab in config_module.LABS:
        with evaluation.Frozen(run, lab=lab) as frozen:
            shown[lab] = recording.play(frozen.restore(), 5, 'title')
    one, other = (shown[lab][1] for lab in config_module.LABS)
    assert {moment[1:5] for moment in one} == {moment[1:5] for moment in other}  # (how long each takes hangs on the eye's first frames)
    assert np.array_equal(shown['embedded'][0].actions, shown['deepmind'][0].actions)
    health = slice(380 * 336 // 480 + 50, 336), slice(190 * 408 // 640, 270 * 408 // 640)
    assert all((moment.screen[health].min(2) > 200).any() for moment in other)  # white digits
    assert not any((moment.screen[health].min(2) > 200).any() for moment in one)
    path = str(tmp_path / 'there.gif')
    assert run_main('record', run, '-o', path, '--lab', 'deepmind', '--runfiles-path', '/there') == 0
    assert os.path.getsize(path) > 10000 and real_lab()[-1]['runfiles'] == '/there'


@pytest.mark.slow
def test_a_recording_of_a_gaze_in_the_real_lab(real_lab, tmp_path):
    path = str(tmp_path / 'gaze.mp4')
    config = config_module.load(os.path.join(KEPT, 'gaze-seed1', 'config.json'))
    run = copy_of('gaze-seed1', tmp_path, image_count=12, held_out_count=12)
    assert config.lab == 'embedded' and run_main('record', run, '-o', path, '--lab', 'deepmind') == 0
    assert os.path.getsize(path) > 10000
    assert {made['config']['width'] for made in real_lab()} == {'84', '408'}


@pytest.mark.slow
@pytest.mark.parametrize('name, images, level', [
    ('harlow42-seed0', 'training', 'harlow_fast_centred'), ('harlow42-seed0', 'training', 'harlow'),
    ('harlow42-seed0', 'training', 'harlow_fast'), ('pixels-seed0', 'held-out', 'harlow_fast_centred')])
def test_kept_agents_are_as_good_in_the_real_lab(real_lab, tmp_path, name, images, level):
    """On levels that start the viewer elsewhere, too: what they decide on is the same there."""
    fewer = {} if images == 'training' else {'image_count': 50, 'held_out_count': 50}
    run = copy_of(name, tmp_path, level_script='contributed/psychlab/' + level, **fewer)
    report = evaluation.evaluate(run, 60, images=images, lab='deepmind')
    assert report['lab'] == 'deepmind' and min(report['per_trial'][1:]) >= .93 and report['nearest_oracle'] == ORACLES[-1].name
    assert real_lab()[-1]['config']['logLevel'] == 'NEVER'


@pytest.mark.slow
def test_a_kept_gaze_plays_there(real_lab, tmp_path):
    report = evaluation.evaluate(copy_of('gaze-seed0', tmp_path, image_count=50, held_out_count=50), 60, images='held-out', lab='deepmind')
    sampled = report['sampled']
    assert report['surroundings'] == 'real' and sampled['complete'] == 1 and min(sampled['per_trial'][1:]) >= .9
    assert .2 < sampled['reaction_time_mean'] < .6 and 8 < sampled['decisions_per_trial'] < 14


def test_a_person_plays_there(real_lab, tmp_path):
    game = playing.Game(tiny(tmp_path, 'harlow_fast', width=84, height=84), 1, 3)
    for _ in range(6):
        game.choose(decisions.LEFT)
    assert game.frame is None and sum(game.finished[0]) == 3  # three are on the left
    assert len(real_lab()) == 1


@pytest.mark.parametrize('name', ['meta_rl/Harlow-v0', 'meta_rl/PsychLabHarlow-v0'])
def test_gymnasium_plays_there(real_lab, tmp_path, name):
    gymnasium = pytest.importorskip('gymnasium')
    import tensorflow  # noqa: F401 (as agents do)

    import meta_rl.gymnasium_envs  # noqa: F401
    kind = {'meta_rl/Harlow-v0': {'observation': 'frame'}, 'meta_rl/PsychLabHarlow-v0': {'previous': True, 'actions': 'spec'}}[name]
    told = []
    for lab in config_module.LABS:
        env = gymnasium.make(name, lab=lab, level='harlow', image_count=4, image_cache=str(tmp_path), render_mode='rgb_array', **kind)
        env.reset(seed=3)
        told.append([])
        for number in range(40):
            action = number % 2 if name == 'meta_rl/Harlow-v0' else act(right=40 - 2 * number)
            seen, reward, over, cut, info = env.step(action)
            told[-1].append((reward, over, cut, info))
            assert (env.render()[-8:, 25:36] > 200).any() == (lab == 'deepmind')  # the HUD
            if over:
                env.reset()
        env.close()
    assert told[0] == told[1] and len(real_lab()) == 1


def test_a_run_that_cannot_start_leaves_nothing(tmp_path):
    with pytest.raises(ConfigError, match='cannot be imported'):
        training.run(tiny(tmp_path))
    assert not os.path.exists(tiny(tmp_path).logdir)


@pytest.mark.parametrize('command', ['train', 'play', 'evaluate', 'record'])
def test_the_command_line_says_that_there_is_no_real_lab(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    flags = ['--lab', 'deepmind', '--runfiles_path', 'there']
    flags = flags + ['--image-count', '3'] if command in ('train', 'play') else [copy_of('harlow42-seed0', tmp_path)] + flags
    assert run_main(command, *flags) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith(f'harlow.py {command}: deepmind_lab cannot be imported') and 'Traceback' not in error
    assert not os.path.exists('runs') and not os.path.exists('episode.gif')
