"""What there is to say of each setting: its group, unit, bounds, default and users. `--help` and docs/settings.md are made of it."""
import re

import attr

from meta_rl.config import Config
from meta_rl.settings.users import USERS

# The first setting of each group, in the order of Config.
GROUPS = {
    'preset': 'The run',
    'environment': 'The task',
    'lab': 'The lab and the images',
    'control': 'The gaze, where the agent moves it itself',
    'observation': 'What the agent is given before each decision',
    'encoder': 'The network',
    'optimizer': 'Learning',
}


def groups():
    """[(title, [fields of Config])], each setting once, in the order of Config."""
    found = []
    for field in attr.fields(Config):
        if field.name in GROUPS:
            found.append((GROUPS[field.name], []))
        found[-1][1].append(field)
    return found


def purpose_and_unit(field):
    """(what a setting is for, its unit or '')"""
    text = field.metadata['help']
    unit = re.search(r' \[([^\]]*)\]', text)
    return (text.replace(unit.group(0), ''), unit.group(1)) if unit else (text, '')


def users(name):
    """Who alone uses a setting, as "agents of control 'decisions', that see 'pixels'"; '' where all do."""
    whose = [who for names, who, _ in USERS if name in names]
    return ', '.join(whose[:1] + [who.replace('agents ', '', 1) for who in whose[1:]])


def shown(value):
    """A default or a bound as text for a page."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'`{value}`' if value else 'empty'
    return f'{value:,}' if isinstance(value, int) else f'{value:.4g}'


def values(field):
    """The choices or the bounds of a setting as text for a page, or ''."""
    meta = field.metadata
    if isinstance(field.default, bool):
        return 'true, false'
    if meta['choices']:
        return ', '.join(f'`{choice}`' for choice in meta['choices'])
    least, most = meta['least'], meta['most']
    if least is None and most is None:
        return ''
    return f'{shown(least)} or more' if most is None else f'{shown(least)} to {shown(most)}'
