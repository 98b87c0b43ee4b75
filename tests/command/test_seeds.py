"""Several agents, each a process of its own: how they ended."""
import signal
import sys

from meta_rl.command.seeds import STOPPED, Family

ENDS = 'import os, sys; os.kill(os.getpid(), {}) if {} else sys.exit(3)'


def test_the_exit_status_is_that_of_a_shell():
    family = Family()
    assert family.call([sys.executable, '-c', ENDS.format(0, 0)]) == 3
    assert family.call([sys.executable, '-c', ENDS.format(int(signal.SIGKILL), 1)]) == 128 + signal.SIGKILL
    family.stop()
    assert family.call([sys.executable, '-c', ENDS.format(0, 0)]) == STOPPED
