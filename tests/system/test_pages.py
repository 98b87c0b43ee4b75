"""README.md and docs/: links, tables, names of files, words left over; the page of settings is the one that config.py makes."""
import os
import re

import pytest

from meta_rl.command import settings_page

from helpers.pages import ROOT, pages, read, without_fences

# Words in capitals that the text of a page may have outside of code: names and abbreviations of the field.
CAPITALS = {'LSTM', 'JSON', 'JPEG', 'MPEG', 'HEIC', 'EXIF', 'CUDA', 'SIGTERM', 'ASCII', 'RANDOM',
            'README', 'CONTRIBUTING', 'CHANGELOG', 'CITATION', 'LICENSE'}
LEFT_OVER = r'\b[A-Z][A-Z_]{3,}\d*\b'
NAMES = sorted(pages())


def prose(text):
    """A page without code and without what links lead to."""
    text = re.sub(r'`[^`]*`', '', without_fences(text))
    text = re.sub(r'(?m)^    \S.*$', '', text)
    return re.sub(r'\]\([^)]*\)', ']', text)


def test_the_readme_is_short():
    assert len(read('README.md').splitlines()) <= 250


@pytest.mark.parametrize('name', NAMES)
def test_no_placeholder_is_left_over(name):
    text = prose(pages()[name])
    assert not set(re.findall(LEFT_OVER, text)) - CAPITALS and not re.findall(r'\b(?:XXX|TBD)\b|\?\?\?', text)


def test_a_placeholder_would_be_found():
    assert re.findall(LEFT_OVER, prose('| a |\nGAZEROW\n`CODE` [a](LINK.md)\n    INDENTED\n')) == ['GAZEROW']


@pytest.mark.parametrize('name', NAMES)
def test_links_and_pictures_lead_somewhere(name):
    folder = os.path.dirname(os.path.join(ROOT, name))
    for target in re.findall(r'\]\(([^)]+)\)', pages()[name]):
        assert target.startswith('https://') or os.path.exists(os.path.join(folder, target)), target


@pytest.mark.parametrize('name', NAMES)
def test_files_that_are_named_are_there(name):
    text = pages()[name]
    named = re.findall(r'`((?:tests|meta_rl|img|docs)/[^`*{ ]+)`', text) + re.findall(r'requirements(?:/[a-z0-9-]+)?\.txt', text)
    assert not [path for path in named if not os.path.exists(os.path.join(ROOT, path))]


@pytest.mark.parametrize('name', NAMES)
def test_tables_are_whole(name):
    for table in re.findall(r'(?m)(?:^\|.*\n)+', without_fences(pages()[name])):
        columns = {len(re.findall(r'(?<!\\)\|', line)) for line in table.strip().split('\n')}
        assert len(columns) == 1 and re.match(r'\|.*\n\|[-|]+\n', table), table[:80]


def test_each_page_is_in_the_index_and_says_for_whom():
    readme = read('README.md')
    for name, text in pages().items():
        if name.startswith('docs/'):
            assert f']({name})' in readme, name
            assert re.match(r'# .*\n\nFor ', text), name


def test_each_preset_is_in_the_readme():
    from meta_rl.config import PRESETS
    assert not [name for name in PRESETS if f'`{name}`' not in read('README.md')]


def test_the_page_of_settings_is_the_one_that_the_settings_make():
    """To make it again: python -m meta_rl.command.settings_page > docs/settings.md"""
    assert read('docs/settings.md') == settings_page.page()
