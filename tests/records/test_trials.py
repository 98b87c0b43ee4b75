"""The table of trials: worked by hand from the lab's events, the same columns for every player, and the episodes of `evaluate`."""
import csv
import json

import numpy as np
import pytest

from meta_rl import agents, evaluation
from meta_rl import config as config_module
from meta_rl.envs.decisions import WrapperEnv, fields_of
from meta_rl.play import playing
from meta_rl.records.observer import EpisodeRecord, Observer, StepRecord
from meta_rl.records.trials import Trials

from helpers.training import small_run

COLUMNS = ['policy', 'episode', 'seed', 'trial', 'left_image', 'right_image', 'correct_side', 'choice', 'correct', 'reward',
           'fixation_reward', 'reaction_time', 'decisions', 'event', 'probability', 'value']
EVENT = ("{\n  ['trial'] = %d\n  ['correctResponse'] = %d\n  ['response'] = '%s'\n  ['stepCount'] = 7\n"
         "  ['reactionTime'] = %s\n  ['correct'] = %d\n  ['trialId'] = 1\n}\n")


class Lab:
    """Plays what is written down: for each step (reward, event or None, done)."""

    def __init__(self, script):
        self._script, self._now = list(script), None

    def reset(self, seed):
        pass

    def step(self, action, num_steps=1):
        self._now = self._script.pop(0)
        return self._now[0]

    def events(self):
        return [('xdata:psychlab', [self._now[1]])] if self._now[1] else []

    def is_running(self):
        return not self._now[2]


def rows_of(path):
    with open(str(path), newline='') as file:
        reader = csv.DictReader(file)
        return reader.fieldnames, list(reader)


def test_rows_worked_by_hand():
    """Two trials with a fixation reward each; the choice of the first is paid a step after its event, as the lab does."""
    script = [(0, None, False), (1, None, False), (0, EVENT % (1, 1, 'correct_image_button', '0.25', 1), False), (5, None, False),
              (1, None, False), (-5, EVENT % (2, 2, 'incorrect_image_button', '1.5', 0), True)]
    env = WrapperEnv(Lab(script))
    env.reset(0)
    for _ in script:
        env.step(None)
    (last, first), (end, second) = env.trial_rows([2, 5])
    assert (last, end) == (2, 5) and list(first) == list(second) == COLUMNS[3:14]
    event = {'trial': 1, 'correctResponse': 1, 'response': 'correct_image_button', 'stepCount': 7, 'reactionTime': .25, 'correct': 1,
             'trialId': 1}
    assert json.loads(first.pop('event')) == event
    assert first == {'trial': 1, 'left_image': None, 'right_image': None, 'correct_side': 'left', 'choice': 'left', 'correct': 1,
                     'reward': 5, 'fixation_reward': 1, 'reaction_time': .25, 'decisions': 3}
    second.pop('event')
    assert second == {'trial': 2, 'left_image': None, 'right_image': None, 'correct_side': 'right', 'choice': 'left', 'correct': 0,
                      'reward': -5, 'fixation_reward': 1, 'reaction_time': 1.5, 'decisions': 3}


def test_the_fields_of_an_event():
    assert fields_of(EVENT % (3, 2, 'correct_image_button', '0.033333333333333', 1))['reactionTime'] == .033333333333333


def test_a_table_worked_by_hand(tmp_path):
    steps = [StepRecord(np.zeros(1), np.array([.25, .75], np.float32), 2.5, np.zeros(1), 1)] * 2
    steps.append(StepRecord(np.zeros(1), np.array([.5, .5], np.float32), -1., np.zeros(1), 0))
    trials = [(0, {'trial': 1, 'correct': 1}), (2, {'trial': 2, 'correct': 0})]
    table = Trials(str(tmp_path / 'x.csv'))
    for policy in ('sampled', 'greedy'):
        table.start(policy)
        table.take(EpisodeRecord(11, steps, trials))
        table.take(EpisodeRecord(12, steps, trials[:1]))
    table.start('person')
    table.take(EpisodeRecord(13, [], trials[:1]))
    table.write()
    assert (tmp_path / 'x.csv').read_text().splitlines() == [
        'policy,episode,seed,trial,correct,probability,value', 'sampled,0,11,1,1,0.75,2.5', 'sampled,0,11,2,0,0.5,-1',
        'sampled,1,12,1,1,0.75,2.5', 'greedy,0,11,1,1,0.75,2.5', 'greedy,0,11,2,0,0.5,-1', 'greedy,1,12,1,1,0.75,2.5',
        'person,0,13,1,1,,']


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp('trials'))


def test_the_table_of_an_evaluation_is_its_report(run, tmp_path):
    path = tmp_path / 'trials.csv'
    report = evaluation.evaluate(run, 130, trials=str(path))
    assert report == evaluation.evaluate(run, 130)  # to be looked at changes nothing
    columns, rows = rows_of(path)
    assert columns == COLUMNS and len(rows) == 2 * 130 * 6
    for mode in ('sampled', 'greedy'):
        right = np.array([int(row['correct']) for row in rows if row['policy'] == mode]).reshape(130, 6)
        assert right.mean(0) == pytest.approx(report[mode]['per_trial'])
        paid = [float(row['reward']) + float(row['fixation_reward']) for row in rows if row['policy'] == mode]
        assert sum(paid) / 130 == pytest.approx(report[mode]['return_mean'])
    assert [(int(row['episode']), int(row['trial'])) for row in rows[:13]] == [(0, t) for t in range(1, 7)] + [
        (1, t) for t in range(1, 7)] + [(2, 1)]
    for row in rows:
        assert (row['choice'] == row['correct_side']) == (row['correct'] == '1') and row['decisions'] == '1'
        assert 0 < float(row['probability']) <= 1 and row['left_image'] != row['right_image']
        good = row[row['correct_side'] + '_image']
        assert good in '123' and json.loads(row['event'])['correct'] == int(row['correct'])
    for first in range(0, len(rows), 6):  # the good image is the same in an episode
        assert len({row[row['correct_side'] + '_image'] for row in rows[first:first + 6]}) == 1
        assert len({row['seed'] for row in rows[first:first + 6]}) == 1


def test_probability_and_value_are_those_of_the_choice(run):
    """Held to Frozen.episode, which plays one episode another way."""
    kept = []

    class Taker:
        @staticmethod
        def take(record):
            kept.append(record)
    with evaluation.Frozen(run) as frozen:
        frozen.restore()
        experience, features = frozen.episode(7)
        frozen.measure(1, 7, takers=[Taker])
    record, = kept
    assert [step.action for step in record.steps] == experience.actions[:, 0].tolist()
    np.testing.assert_allclose([step.policy for step in record.steps], experience.policies[:, 0], rtol=1e-5)
    np.testing.assert_allclose([step.value for step in record.steps], experience.values[:, 0], rtol=1e-4)
    np.testing.assert_allclose([step.features for step in record.steps], features, rtol=1e-5)
    assert [last for last, _ in record.trials] == list(range(6)) and len(record.steps[0].units) == 8


def test_the_gaze_has_the_same_columns(tmp_path):
    config = config_module.from_preset('gaze', image_count=3, image_cache=str(tmp_path))
    from meta_rl.images import dataset
    env, = agents.of(config).make_envs(config, dataset.folder_of(config), 1, np.random.RandomState(2), training=True)
    env.progress(0)
    env = _taught(config, env)
    trials = env.trial_rows()
    assert len(trials) == 6 and list(trials[0][1]) == COLUMNS[3:14]
    assert sum(told['decisions'] for _, told in trials) == trials[-1][0] + 1 == env.episode.length
    assert sum(told['reward'] + told['fixation_reward'] for _, told in trials) == env.episode.reward
    assert [told['correct'] for _, told in trials] == env.episode.correct
    assert [told['fixation_reward'] for _, told in trials] == [1] * 6
    env.close()


def _taught(config, env):
    """Plays an episode as the teacher would, which finds the images."""
    from meta_rl.envs.gaze import GazeEnv
    env = GazeEnv(env.lab, np.random.RandomState(3), config.repeat, config.push, config.momentum, taught=10)
    env.reset()
    done = False
    while not done:
        done = env.step(env.label).done
    return env


def test_a_person_has_the_same_columns(tmp_path):
    config = config_module.Config(image_count=4, image_cache=str(tmp_path / 'images'))
    game = playing.Game(config, 2, 5)
    for action in (0, 1, 0, 1, 1, 1, 0, 0):
        game.choose(action)
    playing.write_trials(game, str(tmp_path / 'mine.csv'))
    columns, rows = rows_of(tmp_path / 'mine.csv')
    assert columns == COLUMNS and len(rows) == 8 and rows[0]['policy'] == 'person' and rows[0]['probability'] == ''
    assert [row['choice'] for row in rows] == ['left', 'right', 'left', 'right', 'right', 'right', 'left', 'left']
    assert [row['episode'] for row in rows] == ['0'] * 6 + ['1'] * 2
    assert [int(row['correct']) for row in rows] == game.finished[0] + game.correct


def test_only_episodes_that_count_are_handed_on():
    taken = []

    class Env:
        history = {'seed': 4}

        @staticmethod
        def trial_rows():
            return []
    observer = Observer([type('Taker', (), {'take': staticmethod(taken.append)})], 5.)
    state = (np.array([[1., 2], [3, 4]]), np.array([[5.], [6]]))
    observer.acted(np.zeros((2, 3)), np.ones((2, 2)), np.array([.5, 1]), state, np.array([0, 1]))
    observer.ended(0, Env)
    observer.ended(1, Env)
    observer.settle(False)
    observer.settle(True)
    record, = taken
    assert record.steps[0].units.tolist() == [3, 4, 6] and record.steps[0].value == 5 and record.steps[0].action == 1
