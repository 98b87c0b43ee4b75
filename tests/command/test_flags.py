"""Flags: one for each setting, in groups, with its unit and its default; what they set."""
import ast
import os
import re

import attr
import pytest

import harlow
from meta_rl import config as config_module
from meta_rl import training
from meta_rl.command import settings
from meta_rl.config import Config
from meta_rl.console import version

from helpers.labs import TESTS
from helpers.programs.commands import run_main
from helpers.settings import other

SCRIPT = os.path.join(os.path.dirname(TESTS), 'harlow.py')
SETTINGS = [field for field in attr.fields(Config) if field.name != 'preset']
ALONE = [field for field in SETTINGS if field.name != 'cluster']  # that one takes --job with it

def test_every_setting_has_a_flag_with_its_help_its_unit_and_its_default(monkeypatch, capsys):
    monkeypatch.setenv('COLUMNS', '10000')
    assert run_main('train', '--help') == 0
    blocks = [' '.join(block.split()) for block in re.split('\n  (?=-)', capsys.readouterr().out)]
    for field in SETTINGS:
        flag = field.name.replace('_', '-')
        block, = [block for block in blocks if re.match('--{}[ ,]'.format(flag), block)]
        described, shown = re.split('; default ', re.sub(r' [A-Z][^:;]*:$', '', block))  # the title of the next group may follow
        whose = settings.users(field.name)
        assert described.endswith(field.metadata['help'] + (f'; only {whose}' if whose else ''))
        value = shown == 'true' if shown in ('true', 'false') else ast.literal_eval(shown)
        assert value == field.default and type(value) is type(field.default)
        assert block.startswith(f'--{flag}, --no-{flag} ') == isinstance(value, bool)


def test_the_settings_are_in_groups_and_the_help_fits_80_columns(monkeypatch, capsys):
    monkeypatch.setenv('COLUMNS', '80')
    for command in [[]] + [[command] for command in harlow.COMMANDS]:
        assert run_main(*command, '--help') == 0
        text = capsys.readouterr().out
        assert max(map(len, text.splitlines())) <= 80
        found = re.findall(r'(?m)^(?!options|optional arguments|positional|usage)(\S.*):$', text)
        if command == ['train']:
            assert found == list(settings.GROUPS.values())
            group = text[text.index('The network:'):text.index('Learning:')]
            assert '--units X' in group and '--normalizer' in group and '--gamma' not in group
            assert "of control 'decisions', that see 'pixels'" in ' '.join(group.split())


@pytest.mark.parametrize('flags, late', [
    ('--late', True), ('--no-late', False), ('--late true', True), ('--late false', False), ('--late=true', True), ('--no-late --late', True),
    ('--late --no-late', False), ('--late --seed 3', True), ('--preset master --no-late', False), ('--preset master', True)])
def test_a_switch_is_given_alone_or_with_true_or_false(monkeypatch, flags, late):
    made = []
    monkeypatch.setattr(training, 'run', lambda config, *_: made.append(config) or (_ for _ in ()).throw(KeyboardInterrupt))
    assert run_main('train', *flags.split()) == 130
    assert made[0].late is late and made[0].seed == (3 if '3' in flags else 0)


def test_the_version_names_the_commit(capsys):
    assert run_main('--version') == 0
    assert capsys.readouterr().out == f'harlow.py {version.version()}\n'


@pytest.mark.parametrize('dash', ['-', '_'])
def test_every_flag_sets_its_setting(monkeypatch, dash):
    made = []

    def run(config, resume, lines):
        made.append((config, resume))
        raise training.Interrupted('there')
    monkeypatch.setattr(training, 'run', run)
    arguments = []
    for field in ALONE:
        value = other(field)
        arguments += ['--' + field.name.replace('_', dash), str(value).lower() if isinstance(value, bool) else str(value)]
    assert run_main('train', *arguments) == 130
    assert made == [(Config(**{field.name: other(field) for field in ALONE}), None)]


def test_train_is_the_default_command(monkeypatch):
    given = []
    monkeypatch.setattr(harlow, 'train', lambda args: given.append(vars(args)) or 0)
    assert run_main() == run_main('train') == 0 and given[0] == given[1]
    assert run_main('--seed', '3') == run_main('train', '--seed', '3') == 0 and given[2] == given[3]
    assert given[2]['seed'] == 3 and 'seed' not in given[0]


@pytest.mark.parametrize('preset', sorted(config_module.PRESETS))
def test_presets_may_be_changed(monkeypatch, preset):
    made = []
    monkeypatch.setattr(training, 'run', lambda config, resume, lines: made.append(config) or (_ for _ in ()).throw(KeyboardInterrupt))
    assert run_main('--preset', preset, '--seed', '9') == 130  # as if Ctrl-C came before the training
    assert made == [config_module.from_preset(preset, seed=9)]
