"""The version of this code: the release, and the commit where it is a git checkout. Imports nothing of meta_rl but the release."""
import os
import re
import subprocess

from meta_rl import __version__ as RELEASE

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def version(root=ROOT):
    """'1.0.0', or '1.0.0 (git 0123456789ab)' where `root` is a git checkout; with '-dirty' where git finds files changed."""
    found = commit(root)
    return RELEASE + (f' (git {found})' if found else '')


def commit(root=ROOT):
    """The first 12 digits of the commit that is checked out in `root`, with '-dirty' where git finds files changed; None elsewhere.

    It is read from git's files, so it is there without the program too. Only what is changed is asked of the program, once a call.
    """
    found = _head(root)
    return found and found[:12] + ('-dirty' if _is_changed(root) else '')


def _head(root):
    """40 digits or None. A folder above `root` does not count: an environment may lie in the checkout of something else."""
    try:
        folder = _git_folder(os.path.join(root, '.git'))
        head = _read(os.path.join(folder, 'HEAD'))
        if not head.startswith('ref: '):
            return _digits(head)
        name = head[len('ref: '):]
        shared = os.path.join(folder, 'commondir')  # of a worktree: its branches lie in the main one's folder
        folders = [folder] + ([os.path.join(folder, _read(shared))] if os.path.exists(shared) else [])
        for place in folders:
            if os.path.exists(os.path.join(place, name)):
                return _digits(_read(os.path.join(place, name)))
        packed = re.search(rf'(?m)^([0-9a-f]{{40,64}}) {re.escape(name)}$', _read(os.path.join(folders[-1], 'packed-refs')))
        return packed and packed.group(1)
    except (OSError, UnicodeError):
        return None


def _git_folder(path):
    if os.path.isdir(path):
        return path
    return os.path.join(os.path.dirname(path), _read(path)[len('gitdir: '):])  # of a worktree: a file that names it


def _read(path):
    with open(path, encoding='utf-8') as file:
        return file.read().strip()


def _digits(text):
    return text if re.match(r'[0-9a-f]{40,64}$', text) else None


def _is_changed(root):
    try:
        done = subprocess.run(['git', '-C', root, 'status', '--porcelain', '--untracked-files=no'], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and bool(done.stdout.strip())
