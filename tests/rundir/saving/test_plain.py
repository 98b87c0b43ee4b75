"""State as plain data: it comes back as it was, and what is none is told from it."""
import json

import numpy as np
import pytest

from meta_rl.rundir.saving import plain


def test_chance_goes_on_from_where_it_was():
    random = np.random.RandomState([3, 4])
    random.random_sample(1001)
    state = json.loads(json.dumps(plain.random_state(random)))
    earlier = json.loads(json.dumps([each.tolist() if isinstance(each, np.ndarray) else each for each in random.get_state()]))
    expected = random.random_sample(700).tolist() + random.randint(2 ** 31, size=700).tolist()
    for known in (state, earlier):
        other = np.random.RandomState(0)
        assert plain.is_random_state(known)
        plain.set_random_state(other, known)
        assert other.random_sample(700).tolist() + other.randint(2 ** 31, size=700).tolist() == expected


@pytest.mark.parametrize('state', [
    None, 3, {}, [], {'words': 'AAAA', 'place': 1}, {'words': 3, 'place': 1}, ['MT19937', [1] * 623, 1, 0, 0.],
    ['MT19937', [1] * 624, 625, 0, 0.], ['MT19937', [2 ** 32] * 624, 1, 0, 0.], ['PCG64', [1] * 624, 1, 0, 0.]])
def test_what_is_no_state_of_chance(state):
    assert not plain.is_random_state(state)


def test_arrays_come_back_to_the_bit():
    array = np.float32(np.random.RandomState(0).standard_normal((3, 4)) * 1e-38)
    again = plain.unpacked(json.loads(json.dumps(plain.packed(array))), (3, 4))
    assert again.tobytes() == array.tobytes() and again.dtype == np.float32


@pytest.mark.parametrize('text', [None, 3, '', 'AAA', 'AAAAAA==', plain.packed([1, 2, 3]), plain.packed([1, np.nan])])
def test_what_is_no_such_array(text):
    assert plain.unpacked(text, (2,)) is None
