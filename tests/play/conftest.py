"""Where those who play find their images."""
import pytest


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Where the images are drawn, once."""
    return tmp_path_factory.mktemp('playing')
