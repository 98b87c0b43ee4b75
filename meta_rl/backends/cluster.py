"""The machines that train together: their addresses, and TensorFlow's servers on them.

TensorFlow's channel has no authentication: whoever reaches a server can run what he likes on it. Each server takes connections
only at the address that the cluster names, and not at the others of the machine: at 127.0.0.1 where nothing else is said, which
no other machine reaches. That is all: other users of this machine do reach it, and where the cluster names an address in a network
so does whoever is in that network. Use it where all of these may be trusted.
"""
import collections
import ctypes
import errno
import json
import os
import re
import socket
import struct
import sys
import time

from meta_rl.backends.waits import WORD
from meta_rl.config import ConfigError
from meta_rl.console.output import say
from meta_rl.tf_compat import tf

PATIENCE = 300.  # seconds to wait for a server that is not there yet: rented machines start when they like
SILENCE = 60.  # seconds without an answer after which a machine is taken to be gone
SO_ATTACH_FILTER = 26  # linux/include/uapi/asm-generic/socket.h; Python has no name for it

# ps: list of 'host:port', where the servers listen; workers: int, how many of them there are.
Cluster = collections.namedtuple('Cluster', 'ps workers')


def read(path):
    """The Cluster of a JSON file: {"ps": ["10.0.0.1:2222"], "worker": ["10.0.0.2", "10.0.0.3"]}.

    Raises: ConfigError, which names the file and what is wrong in it.
    """
    def refuse(what):
        raise ConfigError(f'{path} {what}: it must be like {{"ps": ["10.0.0.1:2222"], "worker": ["10.0.0.2", "10.0.0.3"]}}.')
    try:
        with open(path) as file:
            jobs = json.load(file)
    except OSError as error:
        raise ConfigError(f'{path} cannot be read ({error.strerror}): name the file of the cluster.')
    except (ValueError, RecursionError) as error:
        refuse(f'is no JSON ({error})')
    if not isinstance(jobs, dict) or set(jobs) != {'ps', 'worker'}:
        refuse('does not hold just the jobs ps and worker')
    for job, tasks in sorted(jobs.items()):
        if not isinstance(tasks, list) or not tasks or not all(isinstance(task, str) and task for task in tasks):
            refuse(f'has no list of addresses for {job}')
        if len(set(tasks)) < len(tasks) and job == 'ps':
            refuse('names a server of ps twice')
    for address in jobs['ps']:
        host, _, port = address.rpartition(':')
        if not re.match(r'[\w.-]+$', host) or not re.match(r'[0-9]{1,5}$', port) or not 0 < int(port) < 65536:
            refuse(f'has {address!r} in ps, which is no host:port')
    here = [address.rpartition(':')[2] for address in jobs['ps'] if address.startswith(('127.', 'localhost:'))]
    if len(set(here)) < len(here):  # TensorFlow listens at all addresses first, and the system deals connections out
        refuse('gives two servers of this machine the same port')
    if len(jobs['ps']) > 64 or len(jobs['worker']) > 256:
        raise ConfigError(f'{path} has more than 64 servers or 256 workers: name fewer.')
    return Cluster(jobs['ps'], len(jobs['worker']))


def local(servers, workers):
    """A Cluster on this machine, at ports that are free now."""
    held = [socket.socket() for _ in range(servers)]
    for each in held:
        each.bind(('127.0.0.1', 0))
    ps = ['127.0.0.1:%d' % each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return Cluster(ps, workers)


def resolved(address):
    """(IPv4 address, port) of 'host:port'. ConfigError where there is no such host."""
    host, _, port = address.rpartition(':')
    try:
        return socket.gethostbyname(host), int(port)
    except (OSError, UnicodeError) as error:  # UnicodeError: no name of a host at all, as 'a..b'
        raise ConfigError(f'There is no host {host!r} in the network ({error}): mend its address in the cluster.')


def target(address):
    """The address for tf.Session. (By number: 'localhost' may be tried by IPv6 first, where no server takes it.)"""
    return 'grpc://%s:%d' % resolved(address)


def without_proxy(addresses):
    """Keeps connections to these addresses ('host:port') away from proxies, in this process and in those that it starts.

    gRPC, which is in TensorFlow, asks the environment for a proxy whenever it makes a channel: grpc_proxy, https_proxy,
    http_proxy, but for the hosts in no_grpc_proxy or, where that is empty, no_proxy. What was excepted before stays so.
    """
    hosts = []
    for host in filter(None, (address.rpartition(':')[0] for address in addresses)):
        hosts.append(host)
        try:
            hosts.append(socket.gethostbyname(host))
        except (OSError, UnicodeError):
            pass  # is said where it is needed
    usual = os.environ.get('no_proxy') or os.environ.get('NO_PROXY') or ''
    for name in 'no_proxy', 'NO_PROXY', 'no_grpc_proxy':
        known = [host.strip() for host in (os.environ.get(name) or usual).split(',') if host.strip()]
        os.environ[name] = ','.join(collections.OrderedDict.fromkeys(known + hosts))


def serve(cluster, task):
    """Starts the server of job 'ps' and number `task`. It runs until the process ends.

    Raises: ConfigError where its port is taken, its address is not of this machine, or cannot be kept to.
    """
    without_proxy(cluster.ps)
    host, port = resolved(cluster.ps[task])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as TensorFlow has it: a port just left is free
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError('ps %d cannot listen at %s (%s): give it a free port and an address of this machine.' % (
                task, cluster.ps[task], error.strerror))
    spec = tf.train.ClusterSpec({'ps': ['%s:%d' % resolved(address) for address in cluster.ps]})
    config = tf.ConfigProto(intra_op_parallelism_threads=1)
    try:
        server = tf.train.Server(spec, 'ps', task, config=config, start=False)
    except tf.errors.OpError as error:
        raise ConfigError('ps %d cannot listen at %s (%s): give it a free port.' % (task, cluster.ps[task], error.message))
    # TensorFlow listens at every address of the machine.
    if not _keep_to(host, port):
        raise ConfigError("ps %d cannot be kept to %s on %s, and others could reach it: use another backend than 'processes'." % (
            task, host, sys.platform))
    server.start()
    return server


def _keep_to(host, port):
    """Has this process's sockets that listen at a port drop what is not sent to `host` (IPv4). Returns whether it could.

    A filter of packets (classic BPF, see Linux's Documentation/networking/filter.rst) that needs no privilege. It is attached
    after the socket has begun to listen: a connection that came before, in the first milliseconds, is not dropped.
    """
    header = 0x100000000 - 0x100000  # SKF_NET_OFF: offsets from here are in the IP header
    address, = struct.unpack('!I', socket.inet_aton(host))
    program = [(0x30, 0, 0, header), (0x54, 0, 0, 0xf0), (0x15, 0, 3, 0x40),  # IPv4, or go to the last
               (0x20, 0, 0, header + 16), (0x15, 0, 1, address),  # sent to `host`, or go to the last
               (0x06, 0, 0, 0xffffffff), (0x06, 0, 0, 0)]  # take all of it; take nothing of it
    code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in program))
    kept = False
    for name in os.listdir('/proc/self/fd') if os.path.isdir('/proc/self/fd') else []:
        try:
            listening = socket.fromfd(int(name), socket.AF_INET6, socket.SOCK_STREAM)
        except OSError:  # gone by now, or no socket
            continue
        with listening:
            try:
                mine = (listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                        and listening.getsockname()[1] == port)
            except OSError:
                continue
            if mine:
                listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack('HP', len(program), ctypes.addressof(code)))
                kept = True
    return kept


class Lookout:
    """Sees whether the servers at these addresses ('host:port') are still there."""

    def __init__(self, addresses):
        self._heard = dict.fromkeys(addresses, time.monotonic())

    def gone(self):
        """The address of a server that is gone, or None: its machine refuses, or has not answered for SILENCE seconds."""
        for address in self._heard:
            try:
                reason = _refusal(address)
            except ConfigError as error:  # it had a name in the network when this began, and may have it again
                reason = str(error)
            if reason is None:
                self._heard[address] = time.monotonic()
            elif reason == os.strerror(errno.ECONNREFUSED) or time.monotonic() - self._heard[address] > SILENCE:
                return address


def _refusal(address):
    try:
        socket.create_connection(resolved(address), 5.).close()
    except OSError as error:
        return error.strerror or str(error)


def wait_for(cluster):
    """Waits until all servers are up. ConfigError names one that is not after PATIENCE seconds."""
    without_proxy(cluster.ps)
    began = said = time.monotonic()
    for task, address in enumerate(cluster.ps):
        while True:
            reason = _refusal(address)
            if reason is None:
                break
            now = time.monotonic()
            if now - began > PATIENCE:
                raise ConfigError('ps %d does not answer at %s (%s): start it, or mend its address in the cluster.' % (
                    task, address, reason))
            if now - said > WORD:
                said = now
                say('Waiting for ps %d at %s (%s)' % (task, address, reason))
            time.sleep(.2)
