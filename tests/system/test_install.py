"""What `pip install .` promises: ranges that hold the pinned versions, every folder, every import, commands that are there."""
import ast
import configparser
import fnmatch
import importlib
import importlib.util
import os
import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import meta_rl

from helpers.pages import ROOT, read

VERSIONS = re.search(r'(?m)^versions := (.*)', read('Makefile')).group(1).split()
EXTRAS = 'analysis', 'gymnasium', 'notebook', 'objects', 'ray', 'sb3'  # that requirements/ has pins for
DISTRIBUTIONS = {'attr': 'attrs', 'cv2': 'opencv-python-headless', 'PIL': 'pillow', 'dm_env': 'dm-env', 'sklearn': 'scikit-learn',
                 'tensorboard': 'tensorflow'}  # of modules that are not called like what installs them
OWN = {'meta_rl', 'deepmind_lab'}  # the real lab is not to be had from a package index


def setup():
    parser = configparser.ConfigParser()
    parser.read_string(read('setup.cfg'))
    return parser


def requirements(text):
    return [Requirement(line) for line in text.splitlines() if line.strip() and not line.startswith('#')]


def of_version(required, version):
    """{name: Requirement} of those that a Python on 64-bit Linux installs."""
    place = {'python_version': version, 'sys_platform': 'linux', 'platform_machine': 'x86_64', 'extra': ''}
    return {each.name.lower().replace('_', '-'): each for each in required if not each.marker or each.marker.evaluate(place)}


def test_it_is_for_the_pythons_of_the_makefile():
    allowed = SpecifierSet(setup()['options']['python_requires'])
    assert [v for v in ['2.7'] + [f'3.{minor}' for minor in range(5, 16)] if v + '.1' in allowed] == VERSIONS


@pytest.mark.parametrize('version', VERSIONS)
@pytest.mark.parametrize('extra', (None,) + EXTRAS)
def test_the_ranges_hold_the_pinned_versions(extra, version):
    parts = setup()
    text, pins = (parts['options']['install_requires'], 'requirements.txt') if extra is None else (
        parts['options.extras_require'][extra], f'requirements/{extra}.txt')
    pinned = of_version(requirements(read(pins)) + requirements(read('requirements/gymnasium.txt')), version)
    for name, required in of_version(requirements(text), version).items():
        found = pinned.get(name) or pinned[name + '-cpu']
        pin, = found.specifier
        assert pin.version in required.specifier, f'{required} and {found}'


def test_every_module_is_in_a_package():
    data = [os.path.join(ROOT, package.replace('.', os.sep), pattern)
            for package, patterns in setup()['options.package_data'].items() for pattern in patterns.split()]
    for folder, _, names in os.walk(os.path.join(ROOT, 'meta_rl')):
        for path in [os.path.join(folder, name) for name in names if name.endswith('.py')]:
            assert '__init__.py' in names or [pattern for pattern in data if fnmatch.fnmatch(path, pattern)], path


def imports():
    """The modules that the code imports from elsewhere, at the top of a file or not."""
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(ROOT, 'meta_rl')) for name in names
             if name.endswith('.py')] + [os.path.join(ROOT, 'harlow.py')]
    for path in paths:
        with open(path, encoding='utf-8') as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.split('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.split('.')[0]


def is_standard(name):
    """Whether a module comes with Python. (Some systems leave out tkinter, and Windows termios and tty.)"""
    spec = None if name in sys.builtin_module_names else importlib.util.find_spec(name)
    installed = spec is None or 'site-packages' in str(spec.origin)
    return name in sys.builtin_module_names + ('tkinter', 'termios', 'tty') or not installed


def test_all_that_is_imported_is_asked_for():
    parts = setup()
    texts = [parts['options']['install_requires']] + list(parts['options.extras_require'].values())
    asked = {required.name.lower() for text in texts for required in requirements(text)}
    needed = {DISTRIBUTIONS.get(name, name) for name in set(imports()) - OWN if not is_standard(name)}
    assert len(needed) > 8 and not needed - asked


def test_the_commands_are_there():
    for line in setup()['options.entry_points']['console_scripts'].strip().splitlines():
        module, function = line.split('=')[1].strip().split(':')
        assert callable(getattr(importlib.import_module(module), function))
        assert module in setup()['options']['py_modules'].split()


def test_the_citation_names_this_version():
    assert f'\nversion: {meta_rl.__version__}\n' in read('CITATION.cff')
