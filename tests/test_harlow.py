"""The command line: every setting has its flag, what is wrong is said in one line, and Ctrl-C loses nothing."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import attr
import pytest
from PIL import Image

import harlow
from meta_rl import config as config_module
from meta_rl import training
from meta_rl.config import Config
from meta_rl.console import hints
from meta_rl.rundir.curve import read_curve

from helpers.labs import TESTS
from helpers.programs.commands import TINY, run_main
from helpers.training import small_run

SCRIPT = os.path.join(os.path.dirname(TESTS), 'harlow.py')
SETTINGS = [field for field in attr.fields(Config) if field.name != 'preset']
ALONE = [field for field in SETTINGS if field.name != 'cluster']  # that one takes --job with it
HEAVY = ['tensorflow', 'numpy', 'cv2', 'PIL', 'matplotlib', 'tqdm', 'meta_rl.training', 'meta_rl.psychlab', 'deepmind_lab']


@pytest.fixture(scope='module')
def places(tmp_path_factory):
    """A folder with a finished run and all that can be wrong with a run directory and a folder of pictures."""
    folder = tmp_path_factory.mktemp('places')
    small_run(folder, 'RUN')
    for name, text in (('broken-config', '{"seed": 1'), ('odd-config', '{"zeal": 1}'), ('no-checkpoint', None)):
        shutil.copytree(str(folder / 'RUN'), str(folder / name))
        if text:
            (folder / name / 'config.json').write_text(text)
        else:
            shutil.rmtree(str(folder / name / 'checkpoints'))
    for name in ('few', 'bad'):
        (folder / name).mkdir()
        for number in range(2):
            Image.radial_gradient('L').convert('RGB').point([(number + 1) * k // 2 for k in range(256)] + list(range(512))).save(
                str(folder / name / ('%d.png' % number)))
    (folder / 'bad' / 'third.jpg').write_text('no picture')
    (folder / 'file').write_text('')
    (folder / 'empty').mkdir()
    return folder


@pytest.fixture
def here(places, monkeypatch):
    monkeypatch.chdir(places)
    return places


# ---- flags ----

@pytest.mark.parametrize('arguments, reason', [
    ('train --preset harlow43', 'harlow43'), ('--episodes 0', 'episodes is 0: it must be at least 1'),
    ('--episodes 1e5', "'1e5'"), ('train --episodes many', "'many'"), ('--seed=-1', 'seed is -1'),
    ('--seed 4294967296', 'at most'),
    ('--width 86', 'width is 86: the lab renders multiples of 4 only'), ('--height 82', 'multiples of 4'),
    ('--width 8', 'at least 16'),
    ('--learning-rate fast', "'fast'"), ('--learning-rate nan', 'learning_rate is nan'),
    ('--learning-rate=-1', 'learning_rate is -1'),
    ('--gamma 1.5', 'gamma is 1.5'), ('--optimizer sgd', "'sgd'"), ('--sides left', "'left'"), ('--decay maybe', "'maybe'"),
    ('--device /foo', '/device:GPU:0'), ('--workers 0', 'workers is 0'), ('--batch 0', 'batch is 0'),
    ('--image-count 1', 'image_count is 1'), ('--units', 'expected one argument'), ('--zeal 3', '--zeal'), ('train more', 'more'),
    ('evalute RUN', 'there is no command \'evalute\''), ('evalute RUN', 'did you mean evaluate?'),
    ('train --episods 5', 'did you mean --episodes?'), ('--episods 5', 'did you mean --episodes?'),
    ('evaluate RUN --episods 5', 'did you mean --episodes?'), ('evaluate RUN --chekpoint best', 'did you mean --checkpoint?'),
    ('train --no-latte', 'did you mean --no-late?'), ('train --log_evry 5', 'did you mean --log-every?'),
    ('train --preset harlow_42', 'did you mean harlow42?'), ('plot RUN --ouput x.png', 'did you mean --output?'),
    ('--jobs 2', 'there is one agent to train: give --seeds 2 or more with it'), ('--no-late true', 'takes no value'),
    ('--images few --image-count 42', '--image-count 2'), ('--json file/x.json', 'file/x.json cannot be written'),
    ('presets more', 'more'),
    ('--images nowhere', 'nowhere cannot be read as a folder'), ('--images file', 'file cannot be read as a folder'),
    ('--images empty', 'empty has 0 PNG or JPEG pictures, and 3 are needed'),
    ('--images few', 'few has 2 PNG or JPEG pictures, and 3 are needed'), ('--images bad', 'third.jpg cannot be read'),
    ('--image-cache file/cache', 'file'), ('--logdir file/runs', 'file/runs'),
    ('--level-script contributed/psychlab/harlowe', 'Level not found: "contributed/psychlab/harlowe"'),
    ('--level-script contributed/psychlab/harlow_fast', 'width is 32'), ('--fps 30', '60 frames a second'),
    ('train --resume nowhere', 'nowhere/config.json cannot be read'),
    ('train --resume empty', 'empty/config.json cannot be read'),
    ('train --resume broken-config', 'broken-config/config.json'), ('train --resume odd-config', 'zeal'),
    ('train --resume no-checkpoint', 'no-checkpoint has no checkpoint'), ('train --resume RUN --seed 3', '--seed cannot change'),
    ('train --resume RUN --units 4', '--units cannot change'),
    ('train --resume RUN --preset long', '--preset cannot change'), ('train --resume RUN --episodes 0', 'episodes is 0'),
    ('evaluate', 'RUN'), ('evaluate nowhere', 'nowhere/config.json'), ('evaluate empty', 'empty/config.json'),
    ('evaluate broken-config', 'broken-config/config.json'), ('evaluate no-checkpoint', 'no-checkpoint has no checkpoint'),
    ('evaluate RUN --episodes 0', '--episodes is 0'), ('evaluate RUN --episodes few', "'few'"),
    ('evaluate RUN --seed=-1', '--seed is -1'),
    ('evaluate RUN --images held-out', 'observation is onehot'), ('evaluate RUN --images new', "'new'"),
    ('--held-out-images few', 'observation is onehot'),
    ('evaluate RUN --checkpoint oldest', "'oldest'"), ('evaluate RUN --json file/x.json --episodes 2', 'file/x.json'),
    ('record', 'RUN'), ('record nowhere', 'nowhere/config.json'), ('record no-checkpoint', 'no-checkpoint has no checkpoint'),
    ('record RUN -o x.png', 'x.png cannot be written: give it the ending .gif or .mp4'),
    ('record RUN -o file/x.gif', 'file/x.gif cannot be written'), ('record RUN -o no/x.mp4', 'no/x.mp4 cannot be written'),
    ('record RUN --episodes 101', 'episodes is 101'), ('record RUN --seed=-1', '--seed is -1'),
    ('record RUN --images held-out', 'observation is onehot'),
    ('play --episodes 0', '--episodes is 0'), ('play --seed 4294967296', '--seed is 4294967296'), ('play RUN', 'RUN'),
    ('play --terminal --images nowhere', 'nowhere cannot be read as a folder'), ('play --units 3', '--units'),
    ('bench --seconds 0', '--seconds is 0'), ('bench --seconds nan', '--seconds is nan'), ('bench --seconds soon', "'soon'")])
def test_bad_input_ends_with_one_line_and_status_2(here, capsys, arguments, reason):
    arguments = arguments.split()
    before = {name: os.path.getmtime(name) for name in ('RUN', 'RUN/config.json', 'no-checkpoint/config.json')}
    runs = os.listdir('runs')
    if arguments[0].startswith('--'):  # TINY first, so that the flag of the test wins
        arguments = ['train'] + TINY + arguments
    assert run_main(*arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith('harlow.py') and err.endswith('\n') and err.count('\n') == 1
    assert reason in err and 'Traceback' not in out + err
    assert os.listdir('runs') == runs  # nothing was begun
    assert {name: os.path.getmtime(name) for name in before} == before


def test_resume_without_a_name_starts_nothing(here, capsys):
    assert run_main('train', '--resume', '') == 2
    assert 'config.json' in capsys.readouterr().err


def test_errors_of_the_program_itself_are_not_hidden(monkeypatch):
    def run(config, resume, lines):
        raise ZeroDivisionError
    monkeypatch.setattr(training, 'run', run)
    with pytest.raises(ZeroDivisionError):
        harlow.main(['train'])


# ---- the commands ----

def test_train_then_evaluate(here, capsys):
    assert run_main('train', '--episodes', '96', '--log-every', '48', '--seed', '3', '--logdir', 'mine', *TINY) == 0
    run = os.path.join('mine', os.listdir('mine')[0])
    lines = capsys.readouterr().out.splitlines()
    assert 'mean return' in lines[-2] and os.path.join(run, 'reward_curve.png') in lines[-2]
    assert lines[-1].endswith(hints.command_line('evaluate', run))
    assert {'config.json', 'curve.csv', 'checkpoints', 'reward_curve.png'} < set(os.listdir(run))
    assert config_module.load(os.path.join(run, 'config.json')).seed == 3
    assert run_main('evaluate', run, '--episodes', '20', '--seed', '4', '--json', 'out.json') == 0
    assert '20 episodes with frozen weights' in capsys.readouterr().out
    with open('out.json') as file:
        report = json.load(file)
    assert report['episodes'] == 20 and report['seed'] == 4 and report['checkpoint'] == 'model-96'
    assert len(report['per_trial']) == 6 and all(len(interval) == 2 for interval in report['per_trial_ci95'])
    assert report['return_mean'] == pytest.approx(5 * sum(2 * p - 1 for p in report['per_trial']))
    assert report['return_ci95'][0] <= report['return_mean'] <= report['return_ci95'][1]


def test_record_says_where_and_what_was_earned(here, capsys):
    assert run_main('record', 'RUN', '--output', 'mine.gif', '--episodes', '2', '--seed', '4') == 0
    line, = capsys.readouterr().out.splitlines()
    found = re.match(r'mine.gif: return (-?\d+), (-?\d+)$', line)
    assert all(abs(int(earned)) in (0, 10, 20, 30) for earned in found.groups())
    with Image.open('mine.gif') as gif:
        assert gif.n_frames > 30


def test_resume_takes_its_own_settings_and_the_four_that_may_change(here, monkeypatch):
    made = []

    def run(config, resume, lines):
        made.append((config, resume))
        raise training.Interrupted(resume)
    monkeypatch.setattr(training, 'run', run)
    run_main('train', '--resume', 'RUN', '--episodes', '96', '--device', '/gpu:0', '--log-every', '8', '--checkpoint-every', '9')
    own = config_module.load('RUN/config.json')
    assert made == [(own.change(episodes=96, device='/gpu:0', log_every=8, checkpoint_every=9), 'RUN')] and own.units == 4


# ---- what needs a process of its own ----

def test_help_and_errors_in_settings_need_nothing_heavy():
    code = 'import sys, harlow\n' \
           'for arguments in (["--help"], ["train", "--help"], ["evaluate", "--help"], ["record", "--help"], ' \
           '["play", "--help"], ["--width", "86"]):\n' \
           '    try:\n        harlow.main(arguments)\n' \
           '    except SystemExit as stop:\n        assert not stop.code\n' \
           f'print("loaded:", [name for name in {HEAVY!r} if name in sys.modules])'
    done = subprocess.run([sys.executable, '-c', code], cwd=os.path.dirname(SCRIPT), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
    assert done.stdout.splitlines()[-1] == 'loaded: []'
    assert 'evaluate' in done.stdout and done.stderr == 'harlow.py train: width is 86: the lab renders multiples of 4 only.\n'


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path, monkeypatch):
    process = subprocess.Popen(
        [sys.executable, SCRIPT, '--episodes', '1000000', '--log-every', '16'] + TINY, cwd=str(tmp_path), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a test that runs in the background ignores it
    try:
        deadline = time.time() + 100
        while not rows(tmp_path) and process.poll() is None and time.time() < deadline:
            time.sleep(.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and 'Traceback' not in err  # TensorFlow 2.20 has a line of its own to say there
    monkeypatch.chdir(tmp_path)
    run = os.path.join('runs', os.listdir('runs')[0])
    assert out.splitlines()[-1] == 'Stopped and saved. To go on: ' + hints.command_line('train', '--resume', run)
    stopped = max(int(name[6:-5]) for name in os.listdir(os.path.join(run, 'checkpoints')) if name.endswith('.json'))
    assert stopped >= rows(tmp_path)[-1] > 0
    assert run_main('train', '--resume', run, '--episodes', str(stopped + 32)) == 0
    assert len(os.listdir('runs')) == 1
    played = rows(tmp_path)
    assert played[-1] == stopped + 32 and played == sorted(set(played)) and played[0] == 16


def rows(folder):
    """The episodes of the rows that curve.csv in the one run below `folder` has so far."""
    runs = str(folder / 'runs')
    paths = [os.path.join(runs, name, 'curve.csv') for name in (os.listdir(runs) if os.path.isdir(runs) else ())]
    return [int(count) for path in paths if os.path.exists(path) for count in read_curve(path)['episodes']]


@pytest.mark.slow
@pytest.mark.parametrize('jobs', [1, 2])
def test_several_seeds_are_trained_each_as_if_alone(tmp_path, jobs, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert run_main('train', '--episodes', '32', '--seed', '4', '--seeds', '2', '--jobs', str(jobs), '--gamma', '.5', '--json',
                    'all.json', *TINY) == 0
    head, *rows = capfd.readouterr().out.splitlines()[-4:]
    assert [row.split()[0] for row in rows] == ['4', '5', 'mean'] and 'trial 6' in head and max(map(len, [head] + rows)) <= 80
    runs = sorted(name for name in os.listdir('runs') if not name.endswith('.log'))
    assert [name.split('-')[1] for name in runs] == ['seed4', 'seed5']
    made = [config_module.load(os.path.join('runs', name, 'config.json')) for name in runs]
    assert made[0].gamma == .5 and made[1] == made[0].change(seed=5)
    assert len(os.listdir('runs')) == (2 if jobs == 1 else 4)
    with open('all.json') as file:
        results = json.load(file)
    assert [os.path.basename(result['run']) for result in results] == runs
    returns = [read_curve(os.path.join('runs', name, 'curve.csv'))['return'][-1] for name in runs]
    assert [float(row.split()[1]) for row in rows] == pytest.approx([returns[0], returns[1], sum(returns) / 2], abs=.006)


@pytest.mark.parametrize('flags', [['--seeds', '0'], ['--jobs', '0'], ['--seeds', '2', '--resume', 'x']])
def test_seeds_that_cannot_be(flags, capsys):
    assert run_main('train', *flags) == 2
    assert capsys.readouterr().err.count('\n') == 1
