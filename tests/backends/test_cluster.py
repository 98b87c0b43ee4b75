"""Clusters: what is wrong in their file, and that a server takes connections at its own address only."""
import json
import socket
import subprocess
import sys

import pytest

from meta_rl.backends import cluster
from meta_rl.config import ConfigError

from helpers.labs import TESTS


def written(tmp_path, content):
    path = tmp_path / 'cluster.json'
    path.write_text(content if isinstance(content, type('')) else json.dumps(content))
    return str(path)


def test_read(tmp_path):
    path = written(tmp_path, {'ps': ['10.0.0.1:2222', 'there.example:80'], 'worker': ['10.0.0.2', 'any name', '10.0.0.2']})
    assert cluster.read(path) == (['10.0.0.1:2222', 'there.example:80'], 3)


@pytest.mark.parametrize('content, reason', [
    ('{"ps": [', 'is no JSON'), ([], 'just the jobs ps and worker'), ({'ps': ['a:1']}, 'just the jobs ps and worker'),
    ({'ps': ['a:1'], 'worker': ['b'], 'chief': ['c']}, 'just the jobs ps and worker'),
    ({'ps': [], 'worker': ['b']}, 'no list of addresses for ps'), ({'ps': ['a:1'], 'worker': []}, 'no list of addresses for worker'),
    ({'ps': 'a:1', 'worker': ['b']}, 'no list of addresses for ps'), ({'ps': [1], 'worker': ['b']}, 'no list of addresses for ps'),
    ({'ps': ['a:1', 'a:1'], 'worker': ['b']}, 'twice'), ({'ps': ['a'], 'worker': ['b']}, "'a' in ps"),
    ({'ps': ['a:0'], 'worker': ['b']}, "'a:0' in ps"), ({'ps': ['a:65536'], 'worker': ['b']}, "'a:65536' in ps"),
    ({'ps': [':1'], 'worker': ['b']}, "':1' in ps"), ({'ps': ['::1:1'], 'worker': ['b']}, "'::1:1' in ps"),
    ({'ps': ['a:b'], 'worker': ['b']}, "'a:b' in ps"), ({'ps': ['127.0.0.1:5', '127.0.0.2:5'], 'worker': ['b']}, 'the same port'),
    ({'ps': ['a:%d' % port for port in range(1, 66)], 'worker': ['b']}, '64 servers'),
    ({'ps': ['a:1'], 'worker': ['b'] * 257}, '256 workers'),
])
def test_what_is_wrong_is_named(tmp_path, content, reason):
    path = written(tmp_path, content)
    with pytest.raises(ConfigError) as error:
        cluster.read(path)
    assert path in str(error.value) and reason in str(error.value) and '\n' not in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(ConfigError, match='nowhere.json cannot be read .No such file'):
        cluster.read(str(tmp_path / 'nowhere.json'))


def test_local_ports_are_free_and_different():
    ps, workers = cluster.local(5, 3)
    assert workers == 3 and len(set(ps)) == 5
    for address in ps:
        with socket.socket() as one:
            one.bind(cluster.resolved(address))


def test_no_such_host():
    with pytest.raises(ConfigError, match="no host 'nowhere.invalid'"):
        cluster.resolved('nowhere.invalid:2222')


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen(1)
        with pytest.raises(ConfigError, match='ps 0 cannot listen at 127.0.0.1:.*in use'):
            cluster.serve(cluster.Cluster(['127.0.0.1:%d' % taken.getsockname()[1]], 1), 0)


def test_an_address_of_another_machine():
    # 192.0.2.0/24 is for documentation: no machine has it (RFC 5737).
    with pytest.raises(ConfigError, match='ps 0 cannot listen at 192.0.2.1:2222'):
        cluster.serve(cluster.Cluster(['192.0.2.1:2222'], 1), 0)


def test_waiting_has_an_end(monkeypatch):
    monkeypatch.setattr(cluster, 'PATIENCE', .5)
    servers = cluster.local(1, 1)
    with pytest.raises(ConfigError, match=f'ps 0 does not answer at {servers.ps[0]} .Connection refused'):
        cluster.wait_for(servers)
    assert cluster.Lookout(servers.ps).gone() == servers.ps[0]


def connects(host, port):
    try:
        socket.create_connection((host, port), 2.).close()
        return True
    except OSError:
        return False


@pytest.mark.slow
def test_a_server_takes_connections_at_its_own_address_only():
    """TensorFlow listens at all addresses of the machine, and has no authentication."""
    ps = cluster.local(1, 1).ps[0].replace('127.0.0.1', '127.0.0.5')
    host, port = cluster.resolved(ps)
    code = f'from meta_rl.backends import cluster; s = cluster.serve(cluster.Cluster([{ps!r}], 1), 0); print("up", flush=True); s.join()'
    server = subprocess.Popen([sys.executable, '-c', code], cwd=TESTS + '/..', stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert server.stdout.readline() == b'up\n'
        assert connects(host, port)
        for other in {'127.0.0.1', '127.0.0.4', '::1', socket.gethostbyname(socket.gethostname())}:
            assert not connects(other, port), other
        assert cluster.Lookout([ps]).gone() is None
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert cluster.Lookout([ps]).gone() == ps


def test_a_name_that_is_not_found_for_a_while_is_a_server_that_does_not_answer(monkeypatch):
    now, found = [1000.], []
    def find(host):
        if not found:
            raise socket.gaierror('Temporary failure in name resolution')
        return found[0]
    monkeypatch.setattr(cluster.time, 'monotonic', lambda: now[0])
    monkeypatch.setattr(cluster.socket, 'gethostbyname', find)
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        server.listen(1)
        address = 'there.example:%d' % server.getsockname()[1]
        lookout = cluster.Lookout([address])
        now[0] += cluster.SILENCE
        assert lookout.gone() is None
        found.append('127.0.0.1')
        assert lookout.gone() is None
        found.clear()
        now[0] += cluster.SILENCE
        assert lookout.gone() is None
        now[0] += 1
        assert lookout.gone() == address
