"""docs/settings.md, made from Config: every setting in its group, with default, unit, bounds, purpose and who uses it.

    python -m meta_rl.command.settings_page > docs/settings.md
"""
import sys

from meta_rl.command.settings import groups, purpose_and_unit, shown, users, values

HEAD = '''\
# Settings

For readers who look for a setting of `python harlow.py train`. Each is a flag there: `learning_rate` is `--learning-rate`. True
or false is given as in `--late` and `--no-late`, or as in `--late true`. A preset changes some of these defaults. The settings of
a run are in its `config.json`. The last column names who alone uses a setting; where it is empty, all agents do. This page is made
from `meta_rl/config.py` by `python -m meta_rl.command.settings_page > docs/settings.md`.
'''


def page():
    """The text of docs/settings.md: a str that ends with a newline."""
    lines = [HEAD.rstrip('\n')]
    for title, fields in groups():
        lines += ['', f'## {title}', '', '| setting | default | unit | values | what it is for | used by |', '|---|---|---|---|---|---|']
        for field in fields:
            purpose, unit = purpose_and_unit(field)
            cells = f'`{field.name}`', shown(field.default), unit, values(field), purpose, users(field.name)
            lines.append('| {} |'.format(' | '.join(cell.replace('|', '\\|') for cell in cells)))
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    sys.stdout.write(page())
