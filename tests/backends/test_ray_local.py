"""A local Ray is local: whatever the environment says of others, and however long the path of its temporary files."""
import importlib.util
import os
import tempfile

import pytest

from meta_rl.backends import ray_local
from meta_rl.config import ConfigError

from helpers.programs.runs import TINY, Run

RAY = pytest.param(['--backend', 'ray'], id='ray', marks=pytest.mark.skipif(
    importlib.util.find_spec('ray') is None, reason='Ray is not installed'))
SMALL = TINY + ['--episodes', '64', '--log-every', '32', '--checkpoint-every', '32', '--backend', 'ray']


def test_nothing_leads_elsewhere_while_it_starts_and_all_is_as_before_after(monkeypatch):
    for name in ray_local.ELSEWHERE:
        monkeypatch.setenv(name, 'x')
    with pytest.raises(KeyError):
        with ray_local.alone():
            assert not set(ray_local.ELSEWHERE) & set(os.environ)
            raise KeyError
    assert all(os.environ[name] == 'x' for name in ray_local.ELSEWHERE)


def test_a_long_path_falls_back_to_a_short_one(tmp_path, monkeypatch):
    deep = str(tmp_path / ('x' * 85))
    os.mkdir(deep)
    monkeypatch.setattr(tempfile, 'tempdir', deep)
    folder = ray_local.folder()
    try:
        assert os.path.dirname(folder) in ray_local.SHORT
        # Its longest socket, by a process of seven digits.
        assert len(folder + '/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store') <= 103
    finally:
        os.rmdir(folder)
    monkeypatch.setattr(ray_local, 'SHORT', (str(tmp_path / 'nowhere'), deep))
    with pytest.raises(ConfigError, match='set TMPDIR to a short one'):
        ray_local.folder()


def test_a_short_path_is_taken(monkeypatch):
    monkeypatch.setattr(tempfile, 'tempdir', '/var/tmp')
    folder = ray_local.folder()
    os.rmdir(folder)
    assert os.path.dirname(folder) == '/var/tmp'


@pytest.mark.slow
@pytest.mark.skipif(bool(RAY.marks[0].args[0]), reason='Ray is not installed')
@pytest.mark.parametrize('environment', [
    {'RAY_ADDRESS': '192.0.2.1:6379'}, {'RAY_ADDRESS': 'auto'}, {'RAY_ADDRESS': 'http://127.0.0.1:8265'},
    {'RAY_ADDRESS': 'ray://192.0.2.1:10001', 'RAY_JOB_CONFIG_JSON_ENV_VAR': '{"runtime_env": {"env_vars": {"PYTHONPATH": "x"}}}',
     'RAY_OVERRIDE_RESOURCES': '{"CPU": 0}', 'RAY_RUNTIME_ENV_HOOK': 'no.such.hook', 'RAY_NAMESPACE': 'other'},
    {'TMPDIR': 'x' * 85}], ids=['dead', 'auto', 'http', 'job', 'TMPDIR'])
def test_a_local_run_is_local(tmp_path, monkeypatch, environment):
    for name, value in environment.items():
        if name == 'TMPDIR':
            value = str(tmp_path / value)
            os.mkdir(value)
        monkeypatch.setenv(name, value)
    run = Run(tmp_path, *SMALL)
    assert run.status() == 0, run.log()
    assert 'ray-address' not in run.log() and 'AF_UNIX' not in run.log() and 'Traceback' not in run.log()
