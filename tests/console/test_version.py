"""The version: the release, and the commit by git's own files, with the program and without it."""
import json
import os
import shutil
import subprocess

import pytest

from meta_rl import training
from meta_rl.console import version
from meta_rl.rundir import versions

git = pytest.mark.skipif(shutil.which('git') is None, reason='git is not installed')


def run_git(folder, *words):
    names = {key + kind: 'x@example.org' if kind == 'EMAIL' else 'x' for key in ('GIT_AUTHOR_', 'GIT_COMMITTER_')
             for kind in ('NAME', 'EMAIL')}
    return subprocess.check_output(['git', '-C', str(folder)] + list(words), env=dict(os.environ, **names)).decode().strip()


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one commit, and its hash."""
    folder = tmp_path / 'checkout'
    folder.mkdir()
    run_git(folder, 'init', '-q')
    (folder / 'file').write_text('1')
    run_git(folder, 'add', 'file')
    run_git(folder, 'commit', '-q', '-m', 'first')
    return str(folder), run_git(folder, 'rev-parse', 'HEAD')


@git
def test_the_commit_of_a_checkout(checkout):
    folder, expected = checkout
    assert version.commit(folder) == expected[:12] and version.version(folder) == f'{version.RELEASE} (git {expected[:12]})'
    with open(os.path.join(folder, 'file'), 'w') as file:
        file.write('2')
    assert version.commit(folder) == expected[:12] + '-dirty'
    run_git(folder, 'checkout', '-q', '--', 'file')
    run_git(folder, 'pack-refs', '--all')
    assert version.commit(folder) == expected[:12]
    run_git(folder, 'checkout', '-q', '--detach')
    assert version.commit(folder) == expected[:12]


@git
def test_the_commit_of_a_worktree(checkout, tmp_path):
    folder, expected = checkout
    run_git(folder, 'worktree', 'add', '-q', '-b', 'other/branch', str(tmp_path / 'second'))
    assert version.commit(str(tmp_path / 'second')) == expected[:12]
    run_git(folder, 'pack-refs', '--all')
    assert version.commit(str(tmp_path / 'second')) == expected[:12]


@git
def test_without_the_program_the_commit_is_there_all_the_same(checkout, monkeypatch):
    folder, expected = checkout
    monkeypatch.setenv('PATH', '')
    assert version.commit(folder) == expected[:12]


@git
def test_a_folder_within_a_checkout_is_none(checkout):
    """An environment, with this project installed by pip, may lie in the checkout of something else."""
    inner = os.path.join(checkout[0], 'site-packages')
    os.mkdir(inner)
    assert version.commit(inner) is None and version.version(inner) == version.RELEASE


@pytest.mark.parametrize('head', [None, '', 'ref: refs/heads/none', 'g' * 40, 'ref: '])
def test_a_folder_of_git_that_is_damaged(tmp_path, head):
    (tmp_path / '.git').mkdir()
    if head is not None:
        (tmp_path / '.git' / 'HEAD').write_text(head)
    assert version.commit(str(tmp_path)) is None


def test_a_run_keeps_the_versions_that_made_it(tiny, monkeypatch):
    config = tiny(episodes=64)
    run = training.run(config)[0]
    first, = versions.read(run)
    assert first['from_episode'] == 0 and first['git'] == version.commit() and first['version'] == version.RELEASE
    training.run(config.change(episodes=96), run)
    assert versions.read(run) == [first]
    monkeypatch.setattr(versions, 'commit', lambda: '0123456789ab')
    training.run(config.change(episodes=128), run)
    assert versions.read(run) == [first, dict(first, git='0123456789ab', from_episode=96)]


@pytest.mark.parametrize('text', ['', '{', '{}', '[1]', json.dumps([[]])])
def test_a_file_of_versions_that_is_damaged_is_made_anew(tmp_path, text):
    (tmp_path / versions.NAME).write_text(text)
    versions.keep(str(tmp_path), 32)
    only, = versions.read(str(tmp_path))
    assert only['from_episode'] == 32
