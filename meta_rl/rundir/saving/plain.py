"""The state of chance and of arrays as plain data, which JSON holds, and back."""
import base64

import numpy as np

WORDS = 624  # of a Mersenne Twister's state


def random_state(random):
    """A np.random.RandomState as plain data. (Nothing here draws Gaussians, of which one would be kept beside it.)"""
    _, words, place, _, _ = random.get_state()
    return {'words': base64.b64encode(words.astype('<u4').tobytes()).decode(), 'place': int(place)}


def set_random_state(random, state):
    """Has a RandomState go on from what `random_state` returned, or from the list that earlier versions saved."""
    if isinstance(state, list):
        _, words, place, _, _ = state
    else:
        words, place = np.frombuffer(base64.b64decode(state['words']), '<u4'), state['place']
    random.set_state(('MT19937', np.array(words, np.uint32), place, 0, 0.))


def is_random_state(state):
    """bool: whether it is what `set_random_state` takes."""
    if isinstance(state, list):
        if len(state) != 5 or state[0] != 'MT19937' or not isinstance(state[1], list) or len(state[1]) != WORDS:
            return False
        return all(whole(word, 2 ** 32) for word in state[1]) and whole(state[2], WORDS + 1)
    if not isinstance(state, dict) or set(state) != {'words', 'place'}:
        return False
    return whole(state['place'], WORDS + 1) and _decoded(state['words'], 4 * WORDS) is not None


def packed(array):
    """A float32 array as text."""
    return base64.b64encode(np.asarray(array, '<f4').tobytes()).decode()


def unpacked(text, shape):
    """The float32 array of this shape that was `packed`; None where the text is none, or has a number that is not finite."""
    data = _decoded(text, 4 * int(np.prod(shape)))
    if data is None:
        return None
    array = np.frombuffer(data, '<f4').astype(np.float32).reshape(shape)
    return array if np.isfinite(array).all() else None


def whole(value, below):
    """bool: whether it is an int from 0 on and less than `below`."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def _decoded(text, length):
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        return None
    return data if len(data) == length else None
