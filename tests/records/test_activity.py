"""The activity of the network: what is written is what was played, padded where episodes differ in length."""
import numpy as np
import pytest

from meta_rl import config as config_module
from meta_rl import evaluation, training
from meta_rl.records.activity import Activity
from meta_rl.records.observer import EpisodeRecord, StepRecord


def record(seed, length, lasts):
    steps = [StepRecord(np.full(2, t, np.float32), np.array([.5, .25, .25], np.float32), 10. * seed + t,
                        np.array([seed, t, seed * t, 1], np.float32), t % 3) for t in range(length)]
    return EpisodeRecord(seed, steps, [(last, {'correct': number % 2}) for number, last in enumerate(lasts)])


def test_a_file_worked_by_hand(tmp_path):
    path = str(tmp_path / 'x.npz')
    with Activity(path, ['a', 'b', 'c', 'd'], 2) as activity:
        activity.take(record(1, 4, [1, 3]))
        activity.take(record(2, 3, [0]))
        assert not (tmp_path / 'x.npz').exists()
        activity.write()
    with np.load(path) as found:
        assert found['units'].shape == (2, 4, 4) and found['units'].dtype == np.float32
        assert found['units'][1].tolist() == [[2, 0, 0, 1], [2, 1, 2, 1], [2, 2, 4, 1], [0, 0, 0, 0]]
        assert found['unit_names'].tolist() == ['a', 'b', 'c', 'd']
        assert found['mask'].tolist() == [[True] * 4, [True] * 3 + [False]]
        assert found['features'][0].tolist() == [[0, 0], [1, 1], [2, 2], [3, 3]]
        assert found['policy'].shape == (2, 4, 3) and found['value'].tolist() == [[10, 11, 12, 13], [20, 21, 22, 0]]
        assert found['action'].tolist() == [[0, 1, 2, 0], [0, 1, 2, -1]]
        assert found['trial'].tolist() == [[1, 1, 2, 2], [1, 2, 2, 0]]  # the second trial of the second one was cut short
        assert found['seed'].tolist() == [1, 2] and found['correct'].tolist() == [[0, 1], [0, -1]]


def test_where_it_fails_nothing_is_left(tmp_path):
    path = tmp_path / 'x.npz'
    path.write_text('before')
    with Activity(str(path), ['a'], 2) as activity:
        activity.take(record(1, 2, [0]))
        activity._lengths.append(7)
        with pytest.raises(ValueError):
            activity.write()
    assert path.read_text() == 'before' and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize('settings, parts', [
    pytest.param({}, ['lstm'], marks=pytest.mark.slow), ({'second_units': 3}, ['lstm', 'lstm2'])])
def test_the_activity_of_an_agent(tmp_path, settings, parts):
    run = training.run(config_module.from_preset(
        'harlow42', episodes=32, log_every=32, batch=8, image_count=3, width=32, height=32, units=4, embedding=4,
        logdir=str(tmp_path / 'runs'), image_cache=str(tmp_path / 'images'), **settings))[0]
    path = str(tmp_path / 'x.npz')
    report = evaluation.evaluate(run, 20, activity=path)
    with np.load(path) as found:
        names, units = found['unit_names'].tolist(), found['units']
        assert units.shape == (20, 6, len(names)) and len(set(names)) == len(names)
        assert sorted({name.split('.')[0] for name in names}) == parts
        assert found['mask'].all() and found['correct'].mean(0) == pytest.approx(report['per_trial'])
        np.testing.assert_allclose(found['policy'].sum(2), 1, rtol=1e-5)
        # h is what comes of c through the output gate: of the same sign, and smaller than 1.
        cells, hidden = ([names.index(f'{part}.{kind}.{unit}') for part in parts for unit in range(3)] for kind in 'ch')
        assert (np.sign(units[:, :, cells]) == np.sign(units[:, :, hidden])).all()
        assert (np.abs(units[:, :, hidden]) < 1).all()
