"""The activity of the network at each step of each episode, as one .npz file. docs/analysis.md says what is in it."""
import contextlib
import os
import tempfile
import zipfile

import numpy as np

from meta_rl.rundir import files

PARTS = 'units', 'features', 'policy', 'value'


class Activity:
    """Gathers episodes, E of them of D steps at most, and writes them at the end; a context manager.

    What was gathered waits in a file without a name beside `path`, not in memory: 10,000 episodes of an agent that moves its gaze
    take more than a gigabyte.

    Args:
      path: str, of the file.
      unit_names: list of str, see Memory.unit_names.
      trials: int, of an episode that is not cut short.
    """

    def __init__(self, path, unit_names, trials):
        self._path, self._names, self._count = path, unit_names, trials
        self._scratch = tempfile.TemporaryFile(dir=os.path.dirname(path) or '.')
        self._widths, self._lengths, self._small = None, [], {'action': [], 'trial': [], 'seed': [], 'correct': []}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._scratch.close()

    def take(self, record):
        """Takes in an EpisodeRecord."""
        stacked = [np.stack([getattr(step, name) for step in record.steps]).astype(np.float32) for name in PARTS]
        parts = [part.reshape(part.shape[0], int(np.prod(part.shape[1:]))) for part in stacked]  # not -1: there may be no features
        self._widths = [part.shape[1] for part in parts]
        self._scratch.write(np.ascontiguousarray(np.concatenate(parts, 1)).tobytes())
        self._lengths.append(len(record.steps))
        trial, first = np.zeros(len(record.steps), np.int32), 0
        for number, (last, _) in enumerate(record.trials, 1):
            trial[first:last + 1], first = number, last + 1
        trial[first:] = len(record.trials) + 1  # it was cut short before this one was decided
        self._small['trial'].append(trial)
        self._small['action'].append(np.array([step.action for step in record.steps], np.int32))
        self._small['seed'].append(record.seed)
        right = [trial['correct'] for _, trial in record.trials if 'correct' in trial]
        self._small['correct'].append(right + [-1] * (self._count - len(right)))

    def write(self):
        """Writes the file: np.load reads it."""
        count, longest = len(self._lengths), max(self._lengths)
        with files.writing(self._path) as file, zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            first = 0
            for name, width in zip(PARTS, self._widths):
                shape = (count, longest) + (() if name == 'value' else (width,))
                with self._array(archive, name, shape, np.float32) as out:
                    for block in self._blocks():
                        padded = np.zeros((longest, width), np.float32)
                        padded[:len(block)] = block[:, first:first + width]
                        out.write(padded.tobytes())
                first += width
            lengths = np.array(self._lengths)
            small = {'mask': np.arange(longest) < lengths[:, np.newaxis], 'unit_names': np.array(self._names),
                     'seed': np.array(self._small['seed'], np.int64), 'correct': np.array(self._small['correct'], np.int8)}
            for name, padding in (('action', -1), ('trial', 0)):
                small[name] = np.full((count, longest), padding, np.int32)
                for row, values in zip(small[name], self._small[name]):
                    row[:len(values)] = values
            for name, array in small.items():
                with self._array(archive, name, array.shape, array.dtype) as out:
                    out.write(np.ascontiguousarray(array).tobytes())

    def _blocks(self):
        """Yields what was gathered of each episode: float32 [steps, sum of the widths]."""
        self._scratch.seek(0)
        width = sum(self._widths)
        for length in self._lengths:
            yield np.frombuffer(self._scratch.read(4 * length * width), np.float32).reshape(length, width)

    @staticmethod
    @contextlib.contextmanager
    def _array(archive, name, shape, dtype):
        """The part of a .npz file for an array, to write its numbers to."""
        with archive.open(name + '.npy', 'w', force_zip64=True) as out:
            np.lib.format.write_array_header_1_0(out, {
                'descr': np.lib.format.dtype_to_descr(np.dtype(dtype)), 'fortran_order': False, 'shape': shape})
            yield out
