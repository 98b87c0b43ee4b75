"""Events: the TensorBoard file of a run, on disk as soon as it is written, and OSError where it cannot be.

(TensorFlow's FileWriter has a thread that writes later: kill -9 loses two minutes, a full disk is noticed too late or never. Its
TFRecordWriter, of 1.12, does not flush.)
"""
import os
import re
import socket
import struct
import time

from meta_rl.tf_compat import tf


class Events:
    """A new events file in `folder`. Raises OSError where it cannot be written, here and in all methods."""

    def __init__(self, folder):
        # TensorBoard reads the files of a folder in the order of their names. Two starts may come in one second, and the
        # second one from a machine whose clock is behind.
        before = [int(second) for second in re.findall(r'^events\.out\.tfevents\.(\d{10})\.', '\n'.join(os.listdir(folder)), re.M)]
        second = max([int(time.time())] + [earlier + 1 for earlier in before])
        name = 'events.out.tfevents.%010d.%s' % (second, socket.gethostname())
        self._file = open(os.path.join(folder, name), 'xb')
        self.add(tf.Event(file_version='brain.Event:2'))

    def add(self, event, step=0):
        """Writes a tf.Event, of now, at `step`."""
        event.wall_time, event.step = time.time(), step
        data = event.SerializeToString()
        length = struct.pack('<Q', len(data))
        try:
            # A TFRecord, see tensorflow/core/lib/io/record_writer.h.
            self._file.write(length + _checksum(length) + data + _checksum(data))
            self._file.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._file.name)

    def close(self):
        """Closes the file. All that was added is in it already."""
        try:
            self._file.close()
        except OSError:
            pass  # what could not be written has been said


def said(error):
    """What a TensorFlow error says, in one line: the reason, which TensorFlow 2 has below where in the graph it arose."""
    lines = [line.strip() for line in str(getattr(error, 'message', error)).strip().split('\n')]
    if re.match('From /job:', lines[0]) and len(lines) > 1:  # where, of several servers
        lines = lines[1:]
    if lines[0] == 'Graph execution error:':
        nodes = [number for number, line in enumerate(lines) if line.startswith('Node:')]
        reasons = [line for line in lines[nodes[-1] + 1 if nodes else 1:]
                   if line and not line.startswith('[[') and not re.match(r'\d+ root error', line)]
        return re.sub(r'^\(\d+\) ', '', reasons[0]) if reasons else lines[0]
    return lines[0]


def _crc_table():
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)  # Castagnoli's polynomial, its bits in reverse
        table.append(crc)
    return table


_TABLE = _crc_table()


def _checksum(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 255]
    crc ^= 0xffffffff
    return struct.pack('<I', ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff)
