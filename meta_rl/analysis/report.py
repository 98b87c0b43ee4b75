"""The tables of analyses: as CSV files, and as text of 80 columns."""
import csv
import io
import math

from meta_rl.analysis.lesions import INTACT
from meta_rl.psychlab.task import TRIALS
from meta_rl.rundir import files


def write_csv(path, rows):
    """Writes a list of dicts with the same keys as a CSV file; what is nan is empty."""
    text = io.StringIO(newline='')
    writer = csv.DictWriter(text, list(rows[0]), lineterminator='\n')
    writer.writeheader()
    writer.writerows({name: shown(value) for name, value in row.items()} for row in rows)
    files.write(path, text.getvalue().encode())


def shown(value):
    """A value as text for a file: six digits."""
    if isinstance(value, float):
        return '' if math.isnan(value) else f'{value:.6g}'
    return value


def plain(row):
    """A row as JSON can have it: None for nan, numbers as Python's own."""
    row = {name: value.item() if hasattr(value, 'item') else value for name, value in row.items()}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}


def text(heading, tables):
    """What was found of a run, as text. heading: str; tables: see everything.Analysed."""
    lines = [heading, _line('', ['trial %d' % (trial + 1) for trial in range(TRIALS)])]
    lines += _block('Correct (%), with each input silenced', tables['lesions'], 'lesion', 'fraction', INTACT)
    lines += _block('After a right and a wrong choice (%)', tables['stays'], 'what', 'fraction')
    for moment, when in (('choice', 'before the choice'), ('outcome', 'after the outcome')):
        rows = [row for row in tables['decoders'] if row['moment'] == moment]
        if rows:
            lines += _block(f'Read from the units {when} (%; chance is 50)', rows, 'read', 'accuracy')
    first = tables['explained-variance'][:2]
    lines.append('The first two principal components explain {} of the variance.'.format(
        ' and '.join('%.0f%%' % (100 * row['explained']) for row in first)))
    if 'person' in tables:
        for player in ('person', 'agent'):
            lines += _block(f'{player.capitalize()}: correct (%)' if player == 'person' else None,
                            [dict(row, player=player) for row in tables['person']], 'player', player + '_fraction', player)
        lines.append(_line('p', [f'{row["p"]:.2g}' for row in tables['person']]))
        lines.append(_line('seconds, person', [_time(row['person_reaction_time']) for row in tables['person']]))
        lines.append(_line('seconds, agent', [_time(row['agent_reaction_time']) for row in tables['person']]))
    return '\n'.join(lines)


def _time(value):
    return '-' if math.isnan(value) else f'{value:.2f}'


def _block(title, rows, key, value, with_intervals=None):
    """Lines: a title, then one for each value of `key`, by trial; below that of `with_intervals` its 95% intervals."""
    lines = [title] if title else []
    for name in list(dict.fromkeys(row[key] for row in rows)):
        own = {row['trial']: row for row in rows if row[key] == name}
        lines.append(_line(name, [_percent(own.get(trial, {}).get(value)) for trial in range(1, TRIALS + 1)]))
        if name == with_intervals:
            start = value[:-len('fraction')]
            lines.append(_line('95% interval', [_interval(own.get(trial, {}), start) for trial in range(1, TRIALS + 1)]))
    return lines


def _percent(value):
    return '-' if value is None or math.isnan(value) else f'{100 * value:.1f}'


def _interval(row, start):
    low, high = row.get(start + 'low', float('nan')), row.get(start + 'high', float('nan'))
    return '-' if math.isnan(low) else f'{100 * low:.0f}..{100 * high:.0f}'


def _line(name, cells):
    return ('  %-18s' % name + ''.join('%9s' % cell for cell in cells)).rstrip()
