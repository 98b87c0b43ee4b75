"""Imports go one way: every import of meta_rl is read, those inside functions too, and held to the order of the floors below."""
import ast
import glob
import os

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What may import what: a part of the project (a folder, or a file of meta_rl), and the parts that it may import besides itself.
# What a part may import its importers may as well.
LEAVES = {'onednn', 'console', 'psychlab', 'settings'}
FLOORS = [
    ('config', {'console', 'settings'}),
    ('tf_compat', {'console', 'onednn'}),
    ('images', {'config', 'psychlab'}),
    ('labs', {'images'}),
    ('envs', {'labs'}),
    ('nets', {'tf_compat'}),
    ('rundir', {'config', 'psychlab', 'tf_compat'}),
    ('records', {'envs', 'nets', 'rundir'}),
    ('ac_network', {'nets'}),
    ('experience', {'envs', 'nets', 'rundir'}),
    ('worker', {'ac_network', 'experience'}),
    ('agents', {'settings', 'worker'}),
    ('backends', {'agents', 'rundir'}),
    ('evaluation', {'agents', 'records', 'rundir'}),
    ('training', {'backends'}),
    ('apart', {'training'}),
    ('interface', {'evaluation', 'training'}),
    ('command', {'backends', 'rundir'}),
    ('figures', {'apart', 'evaluation'}),
    ('analysis', {'figures'}),
    ('bench', {'figures'}),
    ('play', {'envs', 'records'}),
    ('gymnasium_envs', {'envs'}),
    ('dm_envs', {'envs'}),
    ('harlow', {'analysis', 'bench', 'command', 'play'}),
]
# (file, what it imports): why.
RENDER = 'a scene is drawn where render() asks for one; what draws it imports no environment'
EXCEPTIONS = {
    ('training.py', 'figures.plotting'): 'TensorBoard is given a figure at the end of a run; it draws curves and profiles, and '
                                         'imports nothing of training',
    (os.path.join('envs', 'adapters', 'task_envs.py'), 'figures.films.two_step_scenes'): RENDER,
    (os.path.join('envs', 'adapters', 'task_envs.py'), 'figures.films.bandit_scenes'): RENDER,
}


def part_of(module):
    return module.split('.')[0]


def modules():
    """{dotted name without meta_rl: path} of all files."""
    paths = glob.glob(os.path.join(ROOT, 'meta_rl', '**', '*.py'), recursive=True)
    found = {os.path.relpath(path, os.path.join(ROOT, 'meta_rl'))[:-3].replace(os.sep, '.'): path for path in paths}
    found = {name[:-len('.__init__')] if name.endswith('.__init__') else name: path for name, path in found.items()
             if name != '__init__'}
    return dict(found, harlow=os.path.join(ROOT, 'harlow.py'))


def imports_of(path, names):
    """Names, as `modules` has them, of what a file imports."""
    with open(path) as file:
        tree = ast.parse(file.read())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name[len('meta_rl.'):] for alias in node.names if alias.name.startswith('meta_rl.')}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split('.')[0] == 'meta_rl':
            base = node.module[len('meta_rl.'):]
            for alias in node.names:
                inner = f'{base}.{alias.name}'.lstrip('.')
                found.add(inner if inner in names else base)
    return found - {''}


def allowed():
    """{part: all parts that it may import}."""
    may = {leaf: set() for leaf in LEAVES}
    for part, below in FLOORS:
        assert part not in may and below <= set(may), f'{part} is above something that is not below it'
        may[part] = below.union(*[may[each] for each in below])
    return may


@pytest.fixture(scope='module')
def arrows():
    """[(file without .py, what it imports)]"""
    names = modules()
    return [(name, imported) for name, path in sorted(names.items()) for imported in sorted(imports_of(path, names))]


def test_imports_go_one_way(arrows):
    may, wrong = allowed(), []
    for name, imported in arrows:
        assert part_of(name) in may, f'{name} has no floor: give it one in this test'
        listed = (name.replace('.', os.sep) + '.py', imported) in EXCEPTIONS
        if part_of(imported) not in may[part_of(name)] | {part_of(name)} and not listed:
            wrong.append(f'{name} imports {imported}')
    assert wrong == []


def test_no_import_comes_round_in_a_circle(arrows):
    after = {}
    for name, imported in arrows:
        after.setdefault(name, set()).add(imported)
    done, path = set(), []

    def follow(name):
        assert name not in path, ' -> '.join(path[path.index(name):] + [name])
        if name not in done:
            path.append(name)
            for imported in sorted(after.get(name, ())):
                follow(imported)
            path.pop()
            done.add(name)
    for name in sorted(after):
        follow(name)


def test_exceptions_are_still_needed(arrows):
    assert set(EXCEPTIONS) <= {(name.replace('.', os.sep) + '.py', imported) for name, imported in arrows}


def test_psychlab_imports_nothing_of_the_rest(arrows):
    assert [arrow for arrow in arrows if part_of(arrow[0]) == 'psychlab' and part_of(arrow[1]) != 'psychlab'] == []
