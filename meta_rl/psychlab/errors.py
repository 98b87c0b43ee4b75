"""The errors of a lab, in the words of `deepmind_lab`."""


def failed(text):
    """The error of a lab that cannot be made."""
    return RuntimeError(f'Failed to init environment - "{text}"')


def not_started(text):
    """The error of an episode that cannot be started."""
    return RuntimeError(f'Failed to start environment - "{text}"')


def bad_setting(key, value, text):
    """The error of a setting that cannot be what it was set to."""
    return RuntimeError(f'Failed to apply setting \'{key} = {value}\' - "{text}"')


def type_name(kind):
    """A type as the real lab's errors name it."""
    if kind is type(None):
        return 'None'
    return f'{kind.__module__}.{kind.__name__}' if kind.__module__ == 'numpy' else kind.__name__


def must_be(value, kind, argument):
    """Raises TypeError where argument number `argument` is no `kind`."""
    if not isinstance(value, kind):
        raise TypeError('argument %d must be %s, not %s' % (argument, type_name(kind), type_name(type(value))))
