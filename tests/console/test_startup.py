"""What harlow.py looks at before anything else: its Python, its packages, its streams, its environment; and the commands it names."""
import ast
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from meta_rl.console import hints, startup

from helpers.programs.runs import ROOT, SCRIPT, SHORT, harlow

# ---- row 17: Pythons ----

@pytest.mark.parametrize('name', ['harlow.py', 'meta_rl/__init__.py', 'meta_rl/console/startup.py'])
def test_every_python_can_read_what_says_that_it_is_not_supported(name):
    with open(os.path.join(ROOT, name), encoding='ascii') as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.Nonlocal, ast.AsyncFunctionDef, ast.YieldFrom)), node.lineno
        if isinstance(node, ast.FunctionDef):
            assert not node.args.kwonlyargs and not node.returns and not any(each.annotation for each in node.args.args), node.lineno
        if isinstance(node, ast.Call):
            stars = [isinstance(each, ast.Starred) for each in node.args]
            assert not any(stars[:-1]) and sum(word.arg is None for word in node.keywords) < 2, node.lineno
            name = getattr(node.func, 'id', '')
            assert name != 'super' or node.args, node.lineno
            assert name != 'print' or not node.keywords and len(node.args) < 2, node.lineno
        if isinstance(node, ast.Raise):
            assert node.cause is None, node.lineno
        if isinstance(node, (ast.List, ast.Tuple)) and isinstance(getattr(node, 'ctx', None), ast.Load):
            assert not any(isinstance(each, ast.Starred) for each in node.elts), node.lineno


def pythons():
    """Paths of Pythons on this machine that are not supported."""
    found = [shutil.which(name) for name in ('python2', 'python2.7', 'python3.5', 'python3.7', 'python3.8', 'python3.14')]
    found += glob.glob(os.path.expanduser('~/.pyenv/versions/*/bin/python'))
    versions = {}
    for path in filter(None, found):
        code = 'import sys; print("%d.%d" % sys.version_info[:2])'
        done = subprocess.run([path, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
        version = done.stdout.strip()
        if done.returncode == 0 and tuple(map(int, version.split('.'))) not in startup.SUPPORTED:
            versions[version] = path
    return versions


@pytest.mark.slow
@pytest.mark.parametrize('arguments', [['evaluate', 'RUN'], [], ['--help']])
def test_other_pythons_are_told_so(tmp_path, arguments):
    if not pythons():
        pytest.skip('there is none on this machine')
    for version, path in pythons().items():
        done = harlow(tmp_path, *arguments, python=[path])
        assert done.returncode == 2 and done.stdout == ''
        assert re.match(rf'harlow\.py: Python {version} is not supported: use Python 3\.6 or 3\.9 to 3\.13, as `make train PYTHON=', done.stderr)
        assert done.stderr.count('\n') == 1 and 'pip install' not in done.stderr


@pytest.mark.parametrize('version', [(2, 7), (3, 5), (3, 7), (3, 8), (3, 14), (4, 0)])
def test_which_are_told_so(version, capsys):
    with pytest.raises(SystemExit) as stop:
        startup.check_version(version)
    assert stop.value.code == 2 and 'Python %d.%d is not supported' % version in capsys.readouterr().err


def test_the_makefile_knows_the_same_pythons():
    with open(os.path.join(ROOT, 'Makefile')) as file:
        versions = re.search(r'^versions := (.*)$', file.read(), re.M).group(1).split()
    assert versions == ['%d.%d' % version for version in startup.SUPPORTED]
    for version in startup.SUPPORTED:
        assert startup.check_version(version) is None


# ---- row 16: packages, and hints that work ----

PACKAGES = [module for module, _ in startup.PACKAGES]


@pytest.mark.parametrize('arguments', [['train'] + SHORT, pytest.param(['evaluate', 'RUN'], marks=pytest.mark.slow)])
@pytest.mark.parametrize('module', PACKAGES)
def test_a_package_that_is_missing_is_said_before_the_work(tmp_path, module, arguments):
    """Also one that is needed at the end of a run only."""
    code = f'''import importlib.util, runpy, sys
sys.modules.pop({module!r}, None)
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == {module!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == {module!r} else find(name, package)
sys.path.insert(0, {ROOT!r})
sys.argv = [{SCRIPT!r}] + sys.argv[1:]
runpy.run_path({SCRIPT!r}, run_name='__main__')
'''
    done = subprocess.run([sys.executable, '-c', code] + arguments, cwd=str(tmp_path), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=200)
    assert done.returncode == 2 and done.stderr.count('\n') == 1, done.stderr
    assert f'{dict(startup.PACKAGES)[module]} is not installed for this Python, {sys.executable}: run ' in done.stderr
    assert ' -m pip install -r ' in done.stderr and ('make train' in done.stderr or '.venv/' in done.stderr)
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize('module', ['cv2', 'tensorflow', 'matplotlib'])
def test_a_package_that_is_broken_is_said(tmp_path, module):
    (tmp_path / 'broken').mkdir()
    (tmp_path / 'broken' / (module + '.py')).write_text(
        'raise ImportError("libGL.so.1: cannot open shared object file:\\nNo such file or directory")\n')
    done = harlow(tmp_path, 'plot' if module == 'matplotlib' else 'train', *([str(tmp_path)] if module == 'matplotlib' else SHORT),
                  env=dict(os.environ, PYTHONPATH=str(tmp_path / 'broken')))
    name = dict(startup.PACKAGES)[module]
    assert done.returncode == 2 and 'Traceback' not in done.stderr
    assert f'{name} cannot be imported by this Python, {sys.executable} (libGL.so.1: cannot open shared object file: No such' in done.stderr


def test_an_import_error_of_ours_is_not_hidden():
    try:
        from meta_rl import no_such_module  # noqa: F401
    except ImportError as error:
        assert startup.broken(error) is None


def test_a_hint_names_what_runs_now(tmp_path, monkeypatch):
    monkeypatch.setattr(hints.sys, 'executable', '/opt/an env/bin/python3.11')
    monkeypatch.setattr(hints.shutil, 'which', lambda name: None)
    monkeypatch.chdir(ROOT)
    assert hints.command_line('train', '--resume', "a b's") == "'/opt/an env/bin/python3.11' harlow.py train --resume 'a b'\"'\"'s'"
    assert hints.install('requirements.txt') == "'/opt/an env/bin/python3.11' -m pip install -r requirements.txt"
    monkeypatch.chdir(tmp_path)
    assert shlex.split(hints.command_line('play')) == ['/opt/an env/bin/python3.11', SCRIPT, 'play']


def test_python_is_said_only_where_it_is_this_one(tmp_path, monkeypatch):
    for name in ('env', 'other'):
        (tmp_path / name).mkdir()
        os.symlink(sys.executable, str(tmp_path / name / 'python'))  # the same file: but another environment
    os.symlink('python', str(tmp_path / 'env' / 'python3.11'))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hints.sys, 'executable', str(tmp_path / 'env' / 'python3.11'))
    monkeypatch.setenv('PATH', str(tmp_path / 'env'))
    assert hints.python() == 'python'
    monkeypatch.setenv('PATH', str(tmp_path / 'other'))
    assert hints.python() == os.path.join('env', 'python3.11')
    monkeypatch.setenv('PATH', str(tmp_path))
    assert hints.python() == os.path.join('env', 'python3.11')


def test_no_hint_names_another_interpreter():
    """Every line to type is made by hints."""
    for path in glob.glob(os.path.join(ROOT, 'meta_rl', '**', '*.py'), recursive=True) + [SCRIPT]:
        with open(path) as file:
            tree = ast.parse(file.read())
        notes = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
                 and node.body and isinstance(node.body[0], ast.Expr)}
        for node in ast.walk(tree):
            text = getattr(node, 'value', getattr(node, 's', None)) if type(node).__name__ in ('Constant', 'Str') else None
            if isinstance(text, str) and id(node) not in notes and 'adapters' not in path and 'settings_page' not in path:  # an ImportError; a page
                assert not re.search(r'python harlow\.py|(?<!-m )pip install', text), (path, node.lineno)


@pytest.mark.slow
def test_what_is_hinted_at_works_where_it_is_typed(tmp_path):
    done = harlow(tmp_path, *SHORT, env=dict(os.environ, PATH='/usr/bin:/bin'))
    assert done.returncode == 0 and done.stderr == ''
    assert 'mean return' in done.stdout and 'over the last 32 episodes' in done.stdout
    hint = done.stdout.splitlines()[-1].split(': ', 1)[1]
    again = subprocess.run(hint + ' --episodes 8', shell=True, cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           universal_newlines=True, env=dict(os.environ, PATH='/usr/bin:/bin'), timeout=600)
    assert again.returncode == 0 and '8 episodes with frozen weights' in again.stdout and again.stderr == ''


# ---- row 5: streams that are closed ----


def test_the_installed_command_starts_as_the_script_does_and_twice_is_once():
    code = ('import sys, harlow\nfrom meta_rl.console import startup\n'
            'harlow.main = lambda words: print(sys.stdout.errors, __import__("os").environ["MPLBACKEND"])\n'
            'startup.begin()\nbefore = sys.stdout\nstartup.begin()\nassert sys.stdout is before\nharlow.main_command()')
    for lines in (code, code.replace('startup.begin()\n', '')):
        environment = dict(os.environ, PYTHONPATH=ROOT, PYTHONIOENCODING='ascii')
        environment.pop('MPLBACKEND', None)
        assert subprocess.check_output([sys.executable, '-c', lines], env=environment) == b'backslashreplace Agg\n'
