"""People beside agents: a person's table as `play --trials` writes it, worked by hand; what is no such table."""
import numpy as np
import pytest

pytest.importorskip('scipy', reason='SciPy is not installed: requirements/analysis.txt')

from meta_rl.analysis import people
from meta_rl.config import ConfigError

HEAD = 'policy,episode,seed,trial,choice,correct,reaction_time\n'


def table(tmp_path, *rows, head=HEAD):
    path = tmp_path / 'mine.csv'
    path.write_text(head + ''.join(row + '\n' for row in rows))
    return str(path)


def test_a_table_worked_by_hand(tmp_path):
    path = table(tmp_path, 'person,0,11,1,left,0,.5', 'person,0,11,2,right,1,.7', 'sampled,0,3,1,left,1,.1',
                 'person,4,12,1,right,1,.3')
    correct, chosen, reaction = people.read(path)
    assert correct.tolist() == [[0, 1, -1, -1, -1, -1], [1, -1, -1, -1, -1, -1]]
    assert chosen.tolist() == [[0, 1, -1, -1, -1, -1], [1, -1, -1, -1, -1, -1]]
    assert reaction[:, 0].tolist() == [.5, .3] and reaction[0, 1] == .7 and np.isnan(reaction[1, 1])
    agent = np.array([[1] * 6, [1] * 6, [0] * 6]), None, np.full((3, 6), .25)
    rows = people.rows((correct, chosen, reaction), agent)
    assert [(row['person_successes'], row['person_count'], row['agent_successes'], row['agent_count']) for row in rows] == [
        (1, 2, 2, 3), (1, 1, 2, 3)] + [(0, 0, 2, 3)] * 4
    assert rows[0]['person_reaction_time'] == pytest.approx(.4) and rows[0]['agent_reaction_time'] == .25
    assert np.isnan(rows[3]['person_fraction']) and rows[0]['p'] == pytest.approx(1)


def test_tables_that_are_put_together_have_the_episodes_of_both(tmp_path):
    """Each counts its episodes from 0; the second was played by the same seed."""
    rows = ['person,0,11,1,left,1,.1', 'person,0,11,2,left,1,.2', 'person,1,12,1,left,1,.3']
    correct, _, reaction = people.read(table(tmp_path, *(rows + [HEAD.strip()] + rows + ['person,0,13,1,right,0,.4'])))
    assert (correct >= 0).sum(1).tolist() == [2, 1, 2, 1, 1]
    assert reaction[:, 0].tolist() == [.1, .3, .1, .3, .4]
    assert (people.read(table(tmp_path, *(rows[:2] * 3)))[0] >= 0).sum(1).tolist() == [2, 2, 2]


def test_the_chance_of_a_difference_worked_by_hand():
    """3 of 3 right against 0 of 3: two of the 20 ways to deal three right ones out are as far apart."""
    def player(right):
        return np.full((3, 6), right), None, np.zeros((3, 6))
    assert people.rows(player(1), player(0))[0]['p'] == pytest.approx(2 / 20)


@pytest.mark.parametrize('rows, head, reason', [
    ([], HEAD, 'has no trials of a person'), (['sampled,0,1,1,left,1,.5'], HEAD, 'has no trials of a person'),
    ([], 'a,b\n', 'no column policy'), ([], '', 'no column policy'), (['person,0,1,1,up,1,.5'], HEAD, 'is damaged'),
    (['person,0,1,7,left,1,.5'], HEAD, 'is damaged'), (['person,0,1,1,left,2,.5'], HEAD, 'is damaged'),
    (['person,0,1,0,left,1,.5'], HEAD, 'is damaged'), (['person,0,1,1,left,1'], HEAD, 'is damaged'),
    (['person,x,1,1,left,1,.5'], HEAD, 'is damaged')])
def test_what_is_no_such_table(tmp_path, rows, head, reason):
    with pytest.raises(ConfigError, match=reason):
        people.read(table(tmp_path, *rows, head=head))
