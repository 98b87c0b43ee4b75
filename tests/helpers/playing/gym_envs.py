"""The Gymnasium environments, small."""
import pytest

gymnasium = pytest.importorskip('gymnasium')
import meta_rl.gymnasium_envs  # noqa: E402,F401 (registers the environments)

HARLOW, PSYCHLAB = 'meta_rl/Harlow-v0', 'meta_rl/PsychLabHarlow-v0'
IMAGES = 7


@pytest.fixture(autouse=True)
def here(tmp_path_factory, monkeypatch):
    """One place for the images of all tests of this file."""
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


def make(name, **kind):
    return gymnasium.make(name, **dict({'image_count': IMAGES, 'held_out_count': IMAGES}, **kind))
