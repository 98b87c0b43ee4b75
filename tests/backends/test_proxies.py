"""Proxies: what the environment says of them is for the world outside, not for the machines that train together."""
import os
import socket

import pytest

from meta_rl.backends import cluster

from helpers.programs.runs import BACKENDS, TINY, Run

NAMES = 'http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy'
SMALL = TINY + ['--episodes', '64', '--log-every', '32', '--checkpoint-every', '32']


@pytest.fixture
def proxy():
    """The address of a proxy that takes connections and never answers: what goes through it hangs."""
    with socket.socket() as listening:
        listening.bind(('127.0.0.1', 0))
        listening.listen(64)
        yield 'http://127.0.0.1:%d' % listening.getsockname()[1]


@pytest.fixture
def proxied(monkeypatch, proxy):
    for name in ('no_proxy', 'NO_PROXY', 'no_grpc_proxy'):
        monkeypatch.setenv(name, '')
        monkeypatch.delenv(name)
    for name in NAMES:
        monkeypatch.setenv(name, proxy)
        monkeypatch.setenv(name.upper(), proxy)


@pytest.mark.slow
@pytest.mark.parametrize('flags', BACKENDS)
def test_a_run_goes_through_no_proxy(tmp_path, proxied, flags):
    more = ['--ps', '2', '--workers', '2'] if 'processes' in flags else []
    run = Run(tmp_path, *(SMALL + flags + more))
    assert run.status() == 0, run.log()


@pytest.mark.slow
def test_nor_does_a_cluster(tmp_path, proxied):
    """Each machine with an environment of its own, as it were."""
    ps = cluster.local(2, 1).ps
    (tmp_path / 'c.json').write_text('{"ps": ["%s", "%s"], "worker": ["127.0.0.1"]}' % tuple(ps))
    leader = Run(tmp_path, *(SMALL + ['--cluster', 'c.json', '--job', 'ps']))
    others = [Run(tmp_path, '--cluster', 'c.json', '--job', job, '--task', task) for job, task in (('ps', '1'), ('worker', '0'))]
    assert leader.status() == 0, leader.log()
    assert [other.status() for other in others] == [0, 0], [other.log() for other in others]


@pytest.mark.parametrize('before, after', [
    ({}, ('10.0.0.1', '10.0.0.1', '10.0.0.1')),
    ({'no_proxy': 'a.example, b.example'}, ('a.example,b.example,10.0.0.1',) * 3),
    ({'NO_PROXY': 'a.example'}, ('a.example,10.0.0.1',) * 3),  # the names in small letters are asked first, by others too
    ({'no_proxy': 'a.example', 'no_grpc_proxy': 'c.example'}, ('a.example,10.0.0.1',) * 2 + ('c.example,10.0.0.1',)),
    ({'no_proxy': '10.0.0.1'}, ('10.0.0.1',) * 3), ({'no_proxy': ''}, ('10.0.0.1',) * 3)])
def test_what_was_excepted_before_stays_so(monkeypatch, before, after):
    for name in ('no_proxy', 'NO_PROXY', 'no_grpc_proxy'):
        monkeypatch.setenv(name, before.get(name, 'x'))
        if name not in before:
            monkeypatch.delenv(name)
    for _ in range(2):
        cluster.without_proxy(['10.0.0.1:2222', ':5', 'auto'])
        assert tuple(os.environ[name] for name in ('no_proxy', 'NO_PROXY', 'no_grpc_proxy')) == after


def test_a_host_is_excepted_by_name_and_by_number(monkeypatch):
    monkeypatch.setenv('no_grpc_proxy', '')
    monkeypatch.setattr(socket, 'gethostbyname', {'there.example': '10.9.8.7'}.__getitem__)
    cluster.without_proxy(['there.example:2222'])
    assert os.environ['no_grpc_proxy'].endswith('there.example,10.9.8.7')
