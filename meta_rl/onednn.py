"""oneDNN: the one place that decides for which agents TensorFlow computes by it. It has to be told before it is imported.

Convolutions are half as fast again with it, and the updates of an agent that moves its gaze take two thirds to three quarters of the
time. Elsewhere it is no faster on matrices this small, and adds in an order of its own. TensorFlow 1.12 does not have it.
"""
import os
import sys

VARIABLE = 'TF_ENABLE_ONEDNN_OPTS'
_BY_US = 'META_RL_CHOSE_ONEDNN'  # so that a process can tell its parent's choice for another agent from its user's


def wanted(config):
    """'1' or '0': the variable for the agent of a Config."""
    return str(int(config.control == 'gaze' or config.observation == 'pixels' and config.encoder == 'wang'))


def environment(config):
    """dict: os.environ for a process that trains or plays a Config; what its user has set is left alone."""
    given = VARIABLE in os.environ and _BY_US not in os.environ
    return dict(os.environ) if given else dict(os.environ, **{VARIABLE: wanted(config), _BY_US: '1'})


def choose(config):
    """Chooses for this process. To be called before TensorFlow is imported: where it is already, nothing changes."""
    if 'tensorflow' not in sys.modules:
        os.environ.update(environment(config))


def choose_none():
    """What holds where nothing was chosen when TensorFlow is imported."""
    if VARIABLE not in os.environ:
        os.environ.update({VARIABLE: '0', _BY_US: '1'})


def start_anew_unless_chosen(config):
    """Starts this process anew, with the same command, where its TensorFlow computes by another choice than that for a Config."""
    right = environment(config)
    if right[VARIABLE] != os.environ.get(VARIABLE):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable] + sys.argv, right)
