"""The process of a real lab: TensorFlow does not reach it, its log is not heard, and how it ended is told."""
import os
import signal
import subprocess
import sys
import time

import pytest

from meta_rl import training
from meta_rl.envs import decisions
from meta_rl.images import dataset
from meta_rl.labs import choice, deepmind
from meta_rl.labs.lab_process import LabDied, LabProcess

from helpers.labs import act
from helpers.playing.real_labs import COUNT, deepmind_config, tiny


@pytest.fixture
def folder(tmp_path):
    return dataset.drawn_folder(str(tmp_path), COUNT)


def run(code, *arguments):
    """The finished process of some Python."""
    return subprocess.run([sys.executable, '-c', code] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120)


PLAY = '''
import sys, numpy as np
from meta_rl.labs import choice, deepmind
from helpers.playing.real_labs import deepmind_config
{first}
lab, = choice.make_labs(deepmind_config(), sys.argv[1], 1)
lab.reset(seed=1)
assert lab.step(np.zeros(7, np.intc)) == 0 and lab.observations()['RGB_INTERLEAVED'].any()
{last}
'''
IN_PROCESS = '''
import sys, tensorflow
from helpers.playing import real_labs
from meta_rl.labs import deepmind
config = real_labs.deepmind_config()
lab = deepmind.OpenLab('harlow', deepmind.level_text(config), [], {'width': '64', 'height': '64', 'datasetPath': sys.argv[1]}, '')
lab.reset(-1, 1)
'''


@pytest.mark.slow
@pytest.mark.parametrize('first', ['import tensorflow', '', 'import tensorflow, deepmind_lab'])
def test_it_plays_whatever_was_imported_before(real_lab, folder, first):
    done = run(PLAY.format(first=first, last='import tensorflow'), folder)
    assert (done.returncode, done.stdout) == (0, b''), done.stderr


@pytest.mark.slow
def test_the_stand_in_dies_of_tensorflow_in_its_own_process(real_lab, folder):
    assert run(IN_PROCESS, folder).returncode == -signal.SIGSEGV
    assert run(IN_PROCESS.replace(', tensorflow', ''), folder).returncode == 0


def test_the_log_is_not_heard(real_lab, folder):
    loud = run(IN_PROCESS.replace(', tensorflow', ''), folder)
    assert loud.stdout.count(b'\n') == 52
    assert run(PLAY.format(first='', last=''), folder).stdout == b''


@pytest.mark.slow
def test_a_program_without_a_main_guard_is_not_run_again(real_lab, folder, tmp_path):
    (tmp_path / 'program.py').write_text('import tensorflow; print("once")\n' + PLAY.format(first='', last=''))
    done = subprocess.run([sys.executable, str(tmp_path / 'program.py'), folder], stdout=subprocess.PIPE, timeout=120)
    assert (done.returncode, done.stdout) == (0, b'once\n')


def test_an_abort_is_told_of(real_lab, folder):
    lab, = choice.make_labs(deepmind_config(), folder, 1)
    lab.reset(seed=1)
    os.remove(os.path.join(folder, '0002.png'))
    with pytest.raises(LabDied) as error:
        lab.reset(seed=2)
    text = str(error.value)
    assert text.startswith('The process of the real lab ended in reset() (signal 6, SIGABRT). The last that it wrote: ')
    assert '0002.png' in text and '\n' not in text
    for call in (lab.reset, lab.observations, lambda: lab.step(act())):
        with pytest.raises(LabDied, match='signal 6'):
            call()
    assert lab.close() and not lab.close()


def test_a_kill_is_told_of(real_lab, folder):
    first, second = choice.make_labs(deepmind_config(), folder, 2)
    second.reset(seed=1)
    os.kill(real_lab()[-1]['process'], signal.SIGKILL)
    with pytest.raises(LabDied, match=r'ended in step\(\) \(signal 9, SIGKILL\)\.$'):
        second.step(act())


def alive(process):
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def test_it_ends_with_the_last_lab(real_lab, folder):
    first, second = choice.make_labs(deepmind_config(), folder, 2)
    process = real_lab()[-1]['process']
    first.close()
    assert second.reset(seed=1) and alive(process)
    second.close()
    assert not alive(process)


def test_it_ends_with_the_process_that_started_it_and_leaves_no_file(real_lab, folder):
    done = run(PLAY.format(first='', last='import os; os._exit(0)'), folder)
    assert done.returncode == 0, done.stderr
    made = real_lab()[-1]
    until = time.time() + 20
    while alive(made['process']) or os.path.exists(os.path.dirname(made['level'])):
        assert time.time() < until
        time.sleep(.05)


def test_an_interrupted_call_leaves_no_answer_for_the_next(real_lab, monkeypatch):
    process = LabProcess()

    class Interrupted:
        def __getattr__(self, name):
            return getattr(pipe, name)

        def recv(self):
            raise KeyboardInterrupt
    pipe, process._mine = process._mine, Interrupted()
    with pytest.raises(KeyboardInterrupt):
        process.call(0, 'load', '')
    process._mine = pipe
    with pytest.raises(LabDied):
        process.call(0, 'load', '')


def test_what_it_raises_is_raised_here(real_lab):
    arguments = 'harlow', deepmind.level_text(deepmind_config()), []
    with pytest.raises(RuntimeError, match='Failed to init environment.*Invalid setting: "colour"'):
        deepmind.Lab(*arguments, settings={'colour': 'red'})
    with pytest.raises(ValueError, match="Unknown observation 'SMELL'"):
        deepmind.Lab(*arguments[:2], observations=['SMELL'], settings={})


@pytest.mark.slow
@pytest.mark.parametrize('die, status', [
    (lambda process: os.kill(process, signal.SIGKILL), 'signal 9'), (lambda process: os.kill(process, signal.SIGABRT), 'signal 6')])
def test_a_lab_that_dies_in_training_stops_it_and_what_was_learned_is_saved(real_lab, tmp_path, monkeypatch, die, status):
    step, calls = decisions.HarlowEnv.step, []

    def step_and_die(env, action):
        calls.append(action)
        if len(calls) == 16 * 6 * 3 + 20:  # in the fourth update
            die(real_lab()[-1]['process'])
        return step(env, action)
    monkeypatch.setattr(decisions.HarlowEnv, 'step', step_and_die)
    with pytest.raises(training.Interrupted) as stop:
        training.run(tiny(tmp_path))
    assert status in stop.value.reason and stop.value.reason.endswith('What was learned is saved.') and stop.value.resumable
    monkeypatch.setattr(decisions.HarlowEnv, 'step', step)
    training.run(tiny(tmp_path), stop.value.run)
    with open(os.path.join(stop.value.run, 'curve.csv')) as file:
        assert file.read().splitlines()[-1].startswith('96,')


def test_the_command_line_tells_of_it_in_one_line(real_lab, tmp_path, monkeypatch, capsys):
    import harlow
    monkeypatch.chdir(tmp_path)
    reset = decisions.HarlowEnv.reset

    def die(env):
        os.kill(real_lab()[-1]['process'], signal.SIGKILL)
        return reset(env)
    monkeypatch.setattr(decisions.HarlowEnv, 'reset', die)
    assert harlow.main(['train', '--lab', 'deepmind', '--image-count', '3']) == 2
    error = capsys.readouterr().err
    assert error == 'harlow.py train: The process of the real lab ended in reset() (signal 9, SIGKILL).\n'
    assert not os.path.exists('runs')
