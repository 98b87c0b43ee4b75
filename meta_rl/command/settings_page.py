"""docs/settings.md, made from Config: every setting in its group, with default, unit, bounds and purpose.

    python -m meta_rl.command.settings_page > docs/settings.md
"""
import re
import sys

import attr

from meta_rl.config import Config

HEAD = '''\
# Settings

For readers who look for a setting of `python harlow.py train`. Each is a flag there: `learning_rate` is `--learning-rate`. True
or false is given as in `--late true`. A preset changes some of these defaults. The settings of a run are in its
`config.json`. This page is made from `meta_rl/config.py` by `python -m meta_rl.command.settings_page > docs/settings.md`.
'''
# The first setting of each group, in the order of Config.
GROUPS = {
    'preset': 'The run',
    'environment': 'The task',
    'lab': 'The lab and the images',
    'control': 'The gaze, where the agent moves it itself (presets `gaze` and `gaze-taught`)',
    'observation': 'What the agent is given before each decision',
    'encoder': 'The network',
    'optimizer': 'Learning',
}


def page():
    """The text of docs/settings.md: a str that ends with a newline."""
    lines = [HEAD.rstrip('\n')]
    for field in attr.fields(Config):
        if field.name in GROUPS:
            lines += ['', f'## {GROUPS[field.name]}', '',
                      '| setting | default | unit | values | what it is for |', '|---|---|---|---|---|']
        purpose, unit = _purpose_and_unit(field.metadata['help'])
        cells = f'`{field.name}`', _shown(field.default), unit, _values(field), purpose
        lines.append('| {} |'.format(' | '.join(cell.replace('|', '\\|') for cell in cells)))
    return '\n'.join(lines) + '\n'


def _purpose_and_unit(text):
    """A help text taken apart: (what the setting is for, its unit or '')."""
    unit = re.search(r' \[([^\]]*)\]', text)
    return (text.replace(unit.group(0), ''), unit.group(1)) if unit else (text, '')


def _shown(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'`{value}`' if value else 'empty'
    return f'{value:,}' if isinstance(value, int) else f'{value:.4g}'


def _values(field):
    """The choices or the bounds of a setting, or ''."""
    meta = field.metadata
    if isinstance(field.default, bool):
        return 'true, false'
    if meta['choices']:
        return ', '.join(f'`{choice}`' for choice in meta['choices'])
    least, most = meta['least'], meta['most']
    if least is None and most is None:
        return ''
    return f'{_shown(least)} or more' if most is None else f'{_shown(least)} to {_shown(most)}'


if __name__ == '__main__':
    sys.stdout.write(page())
