"""Events: the TensorBoard file of a run, written at once, so that what cannot be written is known where it happens.

(TensorFlow's FileWriter has a thread that writes later: kill -9 loses two minutes, and a full disk is noticed too late or never.)
"""
import glob
import os
import socket
import time

from meta_rl.tf_compat import tf


class Events(object):
    """A new events file in `folder`. Raises OSError where it cannot be written, here and in all methods."""

    def __init__(self, folder):
        count = len(glob.glob(os.path.join(folder, 'events.*')))  # a run that goes on within a second needs a name of its own
        name = 'events.out.tfevents.%010d.%s.%d' % (time.time(), socket.gethostname(), count)
        try:
            self._writer = tf.python_io.TFRecordWriter(os.path.join(folder, name))
        except tf.errors.OpError as error:
            raise OSError(said(error))
        self.add(tf.Event(file_version='brain.Event:2'))

    def add(self, event, step=0):
        """Writes a tf.Event, of now, at `step`."""
        event.wall_time, event.step = time.time(), step
        try:
            self._writer.write(event.SerializeToString())
            self._writer.flush()
        except tf.errors.OpError as error:
            raise OSError(said(error))

    def close(self):
        """Closes the file. All that was added is in it already."""
        try:
            self._writer.close()
        except tf.errors.OpError:
            pass  # what could not be written has been said


def said(error):
    """What a TensorFlow error says, in one line."""
    return str(getattr(error, 'message', error)).strip().split('\n')[0]
