"""docs/analysis.ipynb is executed as it stands, and gives the numbers that it should."""
import os
import re

import pytest

nbformat = pytest.importorskip('nbformat', reason='nbformat is not installed: requirements/notebook.txt')
nbclient = pytest.importorskip('nbclient', reason='nbclient is not installed: requirements/notebook.txt')
pytest.importorskip('ipykernel', reason='ipykernel is not installed: requirements/notebook.txt')
pytest.importorskip('sklearn', reason='scikit-learn is not installed: requirements/analysis.txt')

from helpers.pages import ROOT

NOTEBOOK = os.path.join(ROOT, 'docs', 'analysis.ipynb')


def read():
    return nbformat.read(NOTEBOOK, as_version=4)


def printed(notebook):
    """What its cells print, as one text."""
    return ''.join(output['text'] for cell in notebook.cells for output in cell.get('outputs', ())
                   if output['output_type'] == 'stream' and output['name'] == 'stdout')


def test_it_is_kept_without_outputs():
    code = [cell for cell in read().cells if cell['cell_type'] == 'code']
    assert len(code) > 3 and not any(cell['outputs'] or cell['execution_count'] for cell in code)


@pytest.mark.slow
def test_it_is_executed(tmp_path, monkeypatch):
    monkeypatch.setenv('TMPDIR', str(tmp_path))  # it makes its scratch folder there
    monkeypatch.delenv('MPLBACKEND', raising=False)
    notebook = read()
    place = {'metadata': {'path': os.path.dirname(NOTEBOOK)}}
    nbclient.NotebookClient(notebook, timeout=600, kernel_name='python3', resources=place).execute()
    text = printed(notebook)
    right = [float(value) for value in re.findall(r'trial \d: +([\d.]+) % right', text)]
    assert len(right) == 6 and abs(right[0] - 50) < 12 and min(right[1:]) > 98
    good_side = [float(value) for value in re.findall(r'trial \d: +([\d.]+) % read right', text)]
    assert len(good_side) == 6 and abs(good_side[0] - 50) < 12 and min(good_side[1:]) > 95
    won, lost = (tuple(map(int, found)) for found in re.findall(r'(?:win-stay|lose-shift) +(\d+) of +(\d+)', text))
    assert won[1] + lost[1] == 300 and won[0] + lost[0] == round(3 * right[1])
    pictures = [output for cell in notebook.cells for output in cell.get('outputs', ()) if 'image/png' in output.get('data', ())]
    assert len(pictures) == 2
