"""Machines that are unlike ours: streams that are closed, backends of matplotlib, names and folders that are not UTF-8."""
import glob
import os
import shlex
import subprocess
import sys

import pytest

from meta_rl.rundir.saving import checkpoints

from helpers.programs.runs import ROOT, SCRIPT, SHORT, harlow, run_in


@pytest.mark.slow
@pytest.mark.parametrize('closed', ['2>&-', '1>&-', '0<&-', '0<&- 1>&- 2>&-'])
@pytest.mark.parametrize('flags', [[], ['--backend', 'processes']], ids=['threads', 'processes'])
def test_it_trains_with_streams_that_are_closed(tmp_path, closed, flags):
    if flags and closed == '0<&-':
        pytest.skip('takes half a minute, and the last case has it too')
    line = ' '.join(map(shlex.quote, [sys.executable, SCRIPT] + SHORT + flags))
    done = subprocess.run(['/bin/sh', '-c', f'{line} {closed}'], cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, universal_newlines=True, timeout=600)
    assert done.returncode == 0 and done.stderr == ''
    assert ('Done in' in done.stdout) == ('1>&-' not in closed)
    run = run_in(tmp_path)
    assert checkpoints.latest(run, resumable=True) and os.path.exists(os.path.join(run, 'reward_curve.png'))
    with open(os.path.join(run, 'curve.csv')) as file:
        assert len(file.read().splitlines()) == 3  # and nothing was written into it that was meant for another


@pytest.mark.slow
@pytest.mark.parametrize('arguments', [['--help'], ['evaluate', 'nowhere'], ['play', '--terminal', '--image-count', '3']])
def test_other_commands_with_all_of_them_closed(tmp_path, arguments):
    line = ' '.join(map(shlex.quote, [sys.executable, SCRIPT] + arguments))
    assert subprocess.call(['/bin/sh', '-c', f'{line} 0<&- 1>&- 2>&-'], cwd=str(tmp_path), timeout=200) == (2 if 'nowhere' in arguments else 0)


@pytest.mark.slow
@pytest.mark.parametrize('backend', ['module://no_such_kernel.backend_inline', 'TkAgg', 'nonsense'])
def test_it_draws_whatever_the_environment_says(tmp_path, backend):
    (tmp_path / 'matplotlibrc').write_text('text.usetex: True\nbackend: TkAgg\nsavefig.dpi: 3\nfont.size: 90\naxes.formatter.use_locale: True\n')
    done = harlow(tmp_path, *SHORT, env=dict(os.environ, MPLBACKEND=backend))
    assert done.returncode == 0 and done.stderr == '', done.stderr
    from PIL import Image
    with Image.open(os.path.join(run_in(tmp_path), 'reward_curve.png')) as image:
        assert image.size == (1080, 540)


@pytest.mark.slow
def test_a_notebook_can_show_its_own_figures_after_plot(tmp_path):
    """`svg` stands for the notebook's backend: one that a notebook may have, and that needs no screen."""
    assert harlow(tmp_path, *SHORT).returncode == 0
    code = ('import matplotlib\nmatplotlib.use("svg")\nfrom matplotlib import pyplot\npyplot.rcParams["font.size"] = 33\n'
            'from meta_rl.figures import plotting\nimport glob\n'
            'own = pyplot.figure()\nplotting.plot(glob.glob("runs/*-seed*"), "x.png")\n'
            'assert matplotlib.get_backend().lower() == "svg", matplotlib.get_backend()\n'
            'assert pyplot.rcParams["font.size"] == 33 and pyplot.get_fignums() == [own.number]\n'
            'assert type(pyplot.figure().canvas).__name__ == "FigureCanvasSVG"\n')
    subprocess.run([sys.executable, '-c', code], cwd=str(tmp_path), env=dict(os.environ, PYTHONPATH=ROOT), check=True, timeout=200)


LATIN = b'g\xe4nse'


@pytest.mark.parametrize('arguments', [[b'--logdir', LATIN], [b'--image-cache', LATIN + b'/x'], [b'--images', LATIN], [b'--resume', LATIN],
                                       [b'evaluate', LATIN], [b'plot', b'x', LATIN], [b'record', b'x', b'-o', LATIN + b'.gif'],
                                       [b'evaluate', b'x', b'--json', LATIN], [b'play', b'--images', LATIN]])
def test_a_name_that_is_not_utf_8_is_refused_at_the_start(tmp_path, arguments):
    done = subprocess.run([os.fsencode(sys.executable), os.fsencode(SCRIPT)] + arguments, cwd=str(tmp_path), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=100)
    said = done.stderr.decode('ascii')
    assert done.returncode == 2 and said.count('\n') == 1 and 'g\\udce4nse' in said and 'is not UTF-8' in said, said
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize('locale', [{'LC_ALL': 'C'}, {'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}, {'LC_ALL': 'C.UTF-8'}])
def test_a_name_in_utf_8_works_or_is_refused(tmp_path, locale):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(('LC_', 'LANG'))}
    done = subprocess.run([os.fsencode(sys.executable), os.fsencode(SCRIPT)] + [os.fsencode(flag) for flag in SHORT] + [
        b'--logdir', 'g\u00e4nse'.encode()], cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
        env=dict(environment, **locale))
    if done.returncode == 2:
        assert b'is not UTF-8 to this Python' in done.stderr and os.listdir(str(tmp_path)) == []
    else:
        assert done.returncode == 0 and done.stderr == b''
        run, = glob.glob(os.path.join(os.fsencode(str(tmp_path)), 'g\u00e4nse'.encode(), b'*'))
        assert b'checkpoints' in os.listdir(run) and b'reward_curve.png' in os.listdir(run)
    assert done.returncode == (2 if sys.version_info < (3, 7) and locale['LC_ALL'] == 'C' or len(locale) == 3 else 0)


@pytest.mark.slow
def test_a_working_directory_that_is_not_utf_8(tmp_path):
    folder = os.path.join(os.fsencode(str(tmp_path)), LATIN)
    os.mkdir(folder)
    done = subprocess.run([sys.executable, SCRIPT] + SHORT, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    # Paths that a run keeps are absolute: one sentence, before anything is made.
    assert done.returncode == 2 and done.stderr.count(b'\n') == 1 and b'Traceback' not in done.stderr, done.stderr
    assert os.listdir(os.path.join(folder, b'runs') if os.path.isdir(os.path.join(folder, b'runs')) else folder) in ([], [b'images'])
