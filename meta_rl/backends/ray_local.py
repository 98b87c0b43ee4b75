"""What a Ray of one's own needs around it: an environment that leads nowhere else, and a folder with a short path."""
import contextlib
import os
import tempfile

from meta_rl.config import ConfigError

# What would have ray.init go to another cluster, take settings of a job that this one is not, or count other processors.
ELSEWHERE = ('RAY_ADDRESS', 'RAY_NAMESPACE', 'RAY_JOB_CONFIG_JSON_ENV_VAR', 'RAY_RUNTIME_ENV', 'RAY_RUNTIME_ENV_HOOK',
             'RAY_OVERRIDE_JOB_RUNTIME_ENV', 'RAY_OVERRIDE_RESOURCES', 'RAY_OVERRIDE_LABELS', 'RAY_GCS_SERVER_PORT', 'RAY_TMPDIR')
# The path of a socket has 107 bytes on Linux and 103 on macOS, of which Ray takes 63 for
# /session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store.
LONGEST = 103 - 65
SHORT = '/tmp', '/var/tmp', '/dev/shm'  # where TMPDIR is too long


@contextlib.contextmanager
def alone():
    """A context in whose environment nothing leads Ray elsewhere: a local run is local."""
    kept = {name: os.environ.pop(name) for name in ELSEWHERE if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def folder():
    """A new folder for all that Ray writes, whose path is short enough for its sockets. ConfigError where there is none."""
    for place in (tempfile.gettempdir(),) + SHORT:
        if len(os.fsencode(os.path.join(os.path.abspath(place), 'ray-' + 8 * 'x'))) > LONGEST:
            continue
        try:
            return tempfile.mkdtemp(prefix='ray-', dir=place)
        except OSError:
            pass  # not there, or not to be written
    raise ConfigError(f'Ray has no folder for its sockets: {tempfile.gettempdir()} is too long a path, and of {", ".join(SHORT)} '
                      'none can be written: set TMPDIR to a short one, or take another --backend.')
