"""Input that is wrong in all the ways that we could think of, and what has to be named: flags, config.json, clusters, states."""
import json

import attr

from meta_rl.config import Config

from helpers.programs.commands import TINY

FIELDS = list(attr.fields(Config))
SETTINGS = [field for field in FIELDS if field.name != 'preset']
KIND = {field.name: type(field.default) for field in FIELDS}


def flag_cases():
    """(arguments, what has to be named)"""
    for field in SETTINGS:
        flag, kind, meta = '--' + field.name.replace('_', '-'), KIND[field.name], field.metadata
        wrong = []
        if kind is bool:
            wrong = ['yes', '1', 'True', '']
        elif kind in (int, float):
            wrong = ['', 'x', '1,5', '0x10']
            wrong += ['1.5', 'nan'] if kind is int else ['nan', 'inf', '-inf', '1e999']
            wrong += [str(meta['least'] - 1)] if meta['least'] is not None else []
            wrong += [str(meta['most'] + 1)] if meta['most'] is not None else []
        elif meta['choices']:
            wrong = ['', 'x', meta['choices'][0].upper()]
        for text in wrong:
            yield ['train', flag + '=' + text], field.name
        if kind is not bool:  # of which a flag alone is one
            yield ['train', flag], flag
    for device in ('', 'processor', '/tpu:0', '/cpu:', '/cpu:x', '/job:ps/cpu:0'):
        yield ['train', '--device=' + device], 'device'
    for preset in ('', 'HARLOW42', 'harlow42 ', '../x', 'master2'):
        yield ['train', '--preset=' + preset], '--preset'
    for words, name in (
            ('--seed 2147483647 --seeds 2', 'seed is 2147483648'), ('--seeds 0', '--seeds'), ('--seeds x', '--seeds'),
            ('--jobs 0', '--jobs'), ('--jobs=-1', '--jobs'), ('--zeal', '--zeal'),
            ('--see 1', '--see'), ('--job ps', '--job'), ('--job master', '--job'), ('--task 1', '--task'), ('--task x', '--task'),
            ('--ps 2', 'ps'), ('--ray-address x:1', 'ray_address'), ('--cluster nowhere.json', '--job'),
            ('--cluster nowhere.json --job ps', 'nowhere.json'), ('--cluster cluster.json --job ps --task 5', '--task'),
            ('--cluster cluster.json --job ps --task -1', '--task'), ('--cluster cluster.json --job ps --seeds 2', '--seeds'),
            ('--cluster cluster.json --job worker --task 0 --seed 3', '--seed'),
            ('--cluster cluster.json --job worker --task 0 --resume RUN', '--resume'),
            ('--cluster cluster.json --job worker --task 0 --json x.json', '--json is for ps 0'),
            ('--cluster cluster.json --job worker --task 0 --metrics json', '--metrics is for ps 0'),
            ('--cluster cluster.json --job worker --task 0 --jobs 2', '--jobs is for ps 0'),
            ('--cluster taken.json --job ps', 'ps 0 cannot listen'), ('--cluster strange.json --job ps', 'ps 0 cannot listen'),
            ('--cluster unknown.json --job ps', 'no.such.host.invalid'), ('--cluster dots.json --job ps', '127.0.0..1'),
            ('--backend processes --ps 9', 'ps is 9'),
            ('--observation crops --embedding 0', 'embedding'), ('--observation pixels --width 16 --height 16', 'width'),
            ('--width 18', 'width'), ('--image-set black-white', 'image_count'),
            ('--image-set black-white --image-count 2', 'observation'), ('--level-script no', 'no'), ('--level-script=', 'level'),
            ('--preset gaze --level-script no', 'no'),
            ('--logdir file/x', 'file/x'), ('--image-cache file/x', 'file'), ('--logdir=closed/x', 'closed'),
            ('--images nowhere', 'nowhere'), ('--images file', 'file'), ('--images empty', 'empty'), ('--images few', 'few')):
        yield ['train'] + (TINY if '--job worker' not in words else []) + words.split(), name
    for words, name in (
            ('evaluate', 'RUN'), ('evaluate RUN more', 'more'), ('evaluate nowhere', 'nowhere'), ('evaluate file', 'file'),
            ('evaluate empty', 'empty'), ('evaluate RUN --episodes 0', '--episodes'), ('evaluate RUN --episodes=-3', '--episodes'),
            ('evaluate RUN --episodes x', '--episodes'), ('evaluate RUN --seed=-1', '--seed'),
            ('evaluate RUN --seed 4294967296', '--seed'), ('evaluate RUN --seed 1.5', '--seed'),
            ('evaluate RUN --checkpoint newest', '--checkpoint'), ('evaluate RUN --images mine', '--images'),
            ('evaluate RUN --images held-out', 'observation'), ('evaluate RUN --lab other', '--lab'),
            ('evaluate RUN --lab deepmind', 'deepmind'), ('evaluate RUN --episodes 2 --json nowhere/x.json', 'nowhere/x.json'),
            ('evaluate RUN --episodes 2 --json empty', 'empty'),
            ('plot', 'RUN'), ('plot nowhere', 'nowhere'), ('plot file', 'file'), ('plot empty', 'empty'),
            ('plot RUN -o nowhere/x.png', 'nowhere'), ('plot RUN -o x.strange', 'strange'), ('plot RUN -o file/x.png', 'file'),
            ('bench --seconds 0', '--seconds'), ('bench --seconds=-1', '--seconds'), ('bench --seconds inf', '--seconds'),
            ('figures more', 'more')):
        yield words.split(), name


def config_cases():
    """(what is in config.json, what has to be named)"""
    for field in FIELDS:
        kind, meta = KIND[field.name], field.metadata
        wrong = [None, [], {}] + [3 if kind is str else 'x']
        if kind in (int, float):
            wrong += [True, -1 if meta['least'] is not None else None, float('nan'), float('inf')]
            wrong += [meta['most'] + 1] if meta['most'] is not None else []
        elif kind is bool:
            wrong += [0, 1]
        else:
            wrong += ['nul\0', '\ud800'] + (['x'] if meta['choices'] else [])
        for value in wrong:
            yield json.dumps({field.name: value}), field.name
    for text in ('', '{', '[]', '3', 'null', '"seed"', '{"seed": 1,}', '{"zeal": 1}', '{"seed": 1e400}', '[' * 100000, '{"a":' * 100000,
                 '\ufeff{}', '{"__class__": 1}', '{"seed": %s}' % ('9' * 5000), '{seed: 1}', 'import os', '!!python/object:os.system'):
        yield text, 'config.json'


CLUSTERS = ['', '{', '[]', 'null', '3', '{}', '{"ps": []}', '{"ps": [], "worker": []}', '{"ps": ["x"], "worker": ["y"]}',
            '{"ps": ["x:0"], "worker": ["y"]}', '{"ps": ["x:65536"], "worker": ["y"]}', '{"ps": [":1"], "worker": ["y"]}',
            '{"ps": ["a:1:2"], "worker": ["y"]}', '{"ps": ["x:1", "x:1"], "worker": ["y"]}', '{"ps": "x:1", "worker": ["y"]}',
            '{"ps": ["x:1"], "worker": [3]}', '{"ps": ["x:1"], "worker": {}}', '{"ps": ["x:1"], "worker": ["y"], "chief": []}',
            '{"ps": ["127.0.0.1:5", "localhost:5"], "worker": ["y"]}', '[' * 100000,
            json.dumps({'ps': ['x:1'], 'worker': ['y'] * 257}), '{"ps": ["x:\u00b2"], "worker": ["y"]}', '{"ps": ["x\\u0000:1"], "worker": ["y"]}']


def state_cases(state):
    """States beside a checkpoint, sealed as if they were right."""
    def changed(*path_and_value):
        copy = json.loads(json.dumps(state))
        *path, last, value = path_and_value
        part = copy
        for key in path:
            part = part[key]
        part[last] = value
        return copy
    yield {}
    for key in ('monitor', 'random'):
        for value in (None, 3, 'x', {'a': 1}, [3], [[]]):
            yield changed(key, value)
    for key in ('episodes', 'weight', 'recent', 'sums'):
        for value in (None, -1, 'x', [None], {'x': 1}, 1.5, True):
            yield changed('monitor', key, value)
    for value in (None, 'x', float('inf')):
        yield changed('monitor', 'recent', 0, value)
    yield changed('monitor', 'sums', 'return', 'x')
    words = state['random'][0]['random']['words']
    for key, value in (('words', ''), ('words', words[4:]), ('words', words + 'AAAA'), ('words', '-' + words[1:]), ('words', [1]),
                       ('words', None), ('words', 'é' + words[1:]), ('place', 626), ('place', -1), ('place', None), ('place', '1')):
        yield changed('random', 0, 'random', key, value)
    for key in ('random', 'actor'):
        yield changed('random', 0, key, 3)
