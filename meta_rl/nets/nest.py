"""Nested tuples: what a network is fed and what it returns, as one list and back."""


def leaves(structure):
    """list of what is in a nested tuple, in order. None is nothing."""
    if structure is None:
        return []
    if isinstance(structure, (tuple, list)):
        return [leaf for part in structure for leaf in leaves(part)]
    return [structure]


def like(structure, flat):
    """A nested tuple of the form of `structure` (named tuples too) of the list `flat`, as `leaves` would give it back."""
    iterator = iter(flat)

    def build(part):
        if part is None:
            return None
        if isinstance(part, (tuple, list)):
            made = [build(each) for each in part]
            return type(part)(*made) if hasattr(part, '_fields') else type(part)(made)
        return next(iterator)
    return build(structure)


def mapped(function, structure):
    """A nested tuple of the same form of what `function` makes of each leaf."""
    return like(structure, [function(leaf) for leaf in leaves(structure)])


def fed(placeholders, arrays):
    """list of what is fed: those leaves of `arrays` for which there is a placeholder in the same place."""
    if placeholders is None:
        return []
    if isinstance(placeholders, (tuple, list)):
        return [leaf for pair in zip(placeholders, arrays) for leaf in fed(*pair)]
    return [arrays]
