"""Settings that differ from the defaults."""


def other(field):
    """A value that `field` may have and does not have by default."""
    if field.name == 'device':
        return '/device:GPU:1'
    if field.metadata['choices']:
        return next(choice for choice in field.metadata['choices'] if choice != field.default)
    return {bool: lambda value: not value, int: lambda value: value + 4,
            float: lambda value: max(value / 3 + .1, field.metadata['least'] or 0),
            str: lambda value: value + '/\u00e4 "1"'}[type(field.default)](field.default)
