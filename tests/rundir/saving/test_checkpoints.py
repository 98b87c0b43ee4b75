"""Checkpoints: the last five and the best, restored to the bit, wherever the run directory is moved."""
import os
import shutil

import numpy as np
import pytest

from meta_rl.config import ConfigError
from meta_rl.rundir.saving import checkpoints
from meta_rl.rundir.saving.checkpoints import Checkpoints
from meta_rl.tf_compat import session_config, tf


@pytest.fixture(scope='module')
def graph():
    """(session, variable): a graph of two variables; an old Checkpoints is used with the same."""
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        variable = tf.get_variable('weights', [3], tf.float32)
        session.run(variable.initializer)
        yield session, variable


def put(graph, value):
    graph[1].load(np.full(3, value, np.float32), graph[0])


def got(graph):
    return graph[0].run(graph[1]).tolist()


def save_all(graph, run, counts):
    saved = Checkpoints(str(run), [graph[1]], [])
    for count in counts:
        put(graph, count)
        saved.save(graph[0], {'episodes': count, 'note': 'at %d' % count})
    return saved


def kept(run):
    """What is left in the folder: {(episodes, ending)} of the checkpoints."""
    names = [name for name in os.listdir(str(run / 'checkpoints')) if name.startswith('model-')]
    return {(int(name[6:].split('.')[0]), name.split('.')[1]) for name in names}


def test_the_last_five_are_kept_with_their_states(graph, tmp_path):
    save_all(graph, tmp_path, [20, 40, 60, 80, 100, 120, 140])
    assert kept(tmp_path) == {(count, ending) for count in (60, 80, 100, 120, 140)
                              for ending in ('index', 'data-00000-of-00001', 'json')}


def test_five_in_all_over_a_stop(graph, tmp_path):
    save_all(graph, tmp_path, [8, 9, 10, 11])
    save_all(graph, tmp_path, [12, 100])
    assert {count for count, _ in kept(tmp_path)} == {9, 10, 11, 12, 100}


def test_saving_twice_at_the_same_episode(graph, tmp_path):
    save_all(graph, tmp_path, [1, 2, 3, 4, 5, 5])
    assert {count for count, _ in kept(tmp_path)} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize('counts', [[9, 10], [80, 100, 1000], [999, 1000]])
def test_the_latest_is_that_of_the_most_episodes(graph, tmp_path, counts):
    save_all(graph, tmp_path, counts)
    assert checkpoints.latest(str(tmp_path)) == os.path.join(str(tmp_path), 'checkpoints', 'model-%d' % counts[-1])


def test_restore_gives_back_weights_and_state(graph, tmp_path):
    saved = save_all(graph, tmp_path, [10, 20])
    put(graph, -1)
    path = str(tmp_path / 'checkpoints' / 'model-10')
    assert saved.restore(graph[0], path) == {'episodes': 10, 'note': 'at 10'}
    assert got(graph) == [10, 10, 10]


def test_a_run_directory_may_be_moved(graph, tmp_path):
    (tmp_path / 'old').mkdir()
    save_all(graph, tmp_path / 'old', [1, 2, 3, 4, 5])
    shutil.move(str(tmp_path / 'old'), str(tmp_path / 'new'))
    saved = save_all(graph, tmp_path / 'new', [6])
    assert {count for count, _ in kept(tmp_path / 'new')} == {2, 3, 4, 5, 6}
    saved.restore(graph[0], str(tmp_path / 'new' / 'checkpoints' / 'model-3'))
    assert got(graph) == [3, 3, 3]


def test_best_is_the_highest_mean_return_also_over_a_stop(graph, tmp_path):
    run = str(tmp_path)

    def best():
        state = Checkpoints(run, [graph[1]], []).restore(graph[0], checkpoints.best(run))
        return got(graph)[0], state['episodes']

    saved = save_all(graph, tmp_path, [5])
    assert checkpoints.best(run) == checkpoints.latest(run)  # as long as none was called best
    for mean_return, count in ((-3., 1), (4., 2), (3.9, 3), (4., 4)):
        put(graph, count)
        saved.save_best(graph[0], mean_return, count)
    assert best() == (2, 2)
    saved = Checkpoints(run, [graph[1]], [])
    for mean_return, count in ((3.5, 6), (4.5, 7)):
        put(graph, count)
        saved.save_best(graph[0], mean_return, count)
        assert best()[1] == (2 if count == 6 else 7)
    assert best() == (7, 7)
    for count in range(10, 17):  # the best is none of the last five
        put(graph, count)
        saved.save(graph[0], {'episodes': count})
    assert best() == (7, 7)
    assert checkpoints.latest(run).endswith('model-16')


def test_no_checkpoint_is_said_in_one_line(tmp_path):
    for find in (checkpoints.latest, checkpoints.best):
        with pytest.raises(OSError, match='has no checkpoint') as caught:
            find(str(tmp_path))
        assert str(tmp_path) in str(caught.value) and '\n' not in str(caught.value)


def test_a_damaged_checkpoint_is_named(graph, tmp_path):
    saved = save_all(graph, tmp_path, [20])
    path = checkpoints.latest(str(tmp_path))
    with open(path + '.index', 'r+b') as file:
        file.truncate(10)
    with pytest.raises(ConfigError, match='model-20 cannot be restored'):
        saved.restore(graph[0], path)


def test_a_checkpoint_of_another_network_is_named(graph, tmp_path):
    save_all(graph, tmp_path, [20])
    path = checkpoints.latest(str(tmp_path))
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        other = tf.get_variable('weights', [4], tf.float32)
        with pytest.raises(ConfigError, match=r'model-20 cannot be restored .weights is \[3\] there and \[4\] here'):
            checkpoints.load(tf.train.Saver([other]), session, path, [other])


def test_what_one_server_has_once_others_get_as_well(tmp_path):
    """Of a run that was on several servers, then in a thread, and is on several again."""
    def variables(*names):
        return [tf.get_variable(name, [], tf.int64, tf.zeros_initializer()) for name in names]
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        once = variables('count', 'power')
        for variable in once:
            variable.load({'count': 3, 'power': 4}[variable.op.name], session)
        Checkpoints(str(tmp_path), once[:1], once[1:]).save(session, {'episodes': 1})
    with tf.Graph().as_default(), tf.Session(config=session_config()) as session:
        count, power, *others = variables('count', 'power', 'count_1', 'power_1', 'count_2')
        saved = Checkpoints(str(tmp_path), [count], [power] + others, {'count_1': count, 'power_1': power, 'count_2': count})
        session.run(tf.global_variables_initializer())
        saved.restore(session, checkpoints.latest(str(tmp_path)))
        assert session.run([count, power] + others) == [3, 4, 3, 4, 3]


def test_what_was_measured_with_earlier_weights_is_not_kept_beside_later_ones(graph, tmp_path):
    saved = save_all(graph, tmp_path, [1])
    names = ['learning_set.csv', 'learning_set-held-out.csv', 'evaluation-real.json', 'curve.csv']
    for name in names:
        (tmp_path / name).write_text('')
    saved.save_quantile(graph[0], 1)
    assert [name for name in names if (tmp_path / name).exists()] == ['curve.csv']
