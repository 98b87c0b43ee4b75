"""What was made before a failure is closed: labs, which hold memory and, where they are real ones, processes."""
import contextlib


@contextlib.contextmanager
def closing_where_it_fails(parts):
    """Closes all of `parts` (labs, environments, workers) where this context ends with an exception. More may be added meanwhile."""
    try:
        yield parts
    except BaseException:
        for part in parts:
            part.close()
        raise
