"""The names of TensorBoard's files: it reads those of a folder in their order."""
import os

from meta_rl.rundir import events as module
from meta_rl.rundir.events import Events


def test_files_are_read_in_the_order_in_which_they_were_begun(tmp_path, monkeypatch):
    """Also where many begin in one second, and where the next machine's clock is behind or its name comes first."""
    (tmp_path / 'events.out.tfevents.of-others').write_text('')
    begun = []
    for number in range(24):
        monkeypatch.setattr(module.time, 'time', lambda: 1795601641.5 - number // 12)
        monkeypatch.setattr(module.socket, 'gethostname', lambda: 'ba'[number % 2])
        before = set(os.listdir(str(tmp_path)))
        Events(str(tmp_path)).close()
        begun += set(os.listdir(str(tmp_path))) - before
    assert len(begun) == 24 and begun == sorted(begun)
