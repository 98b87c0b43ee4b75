"""A project folder of its own, in which images are found again; folders of one's own pictures."""
import pytest

from helpers.pictures import squares


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder in which a run is trained."""
    (tmp_path / 'home').mkdir()
    monkeypatch.chdir(tmp_path / 'home')
    return tmp_path / 'home'


@pytest.fixture
def folders(tmp_path):
    """A function that makes a folder of pictures: names and the seeds of their colours."""
    def make(folder, **seeds):
        (tmp_path / folder).mkdir()
        for name, seed in seeds.items():
            squares(seed).save(str(tmp_path / folder / (name + '.png')))
        return str(tmp_path / folder)
    return make
