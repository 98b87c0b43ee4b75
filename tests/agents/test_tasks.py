"""The tasks without a lab from end to end: trained, resumed, measured, recorded, plotted; and what is refused."""
import csv
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from meta_rl import agents, evaluation, training
from meta_rl import config as config_module
from meta_rl.envs import bandits, two_step
from meta_rl.envs.references import bandit_oracles, two_step_oracles
from meta_rl.experience.actor import Actor
from meta_rl.figures import measured
from meta_rl.figures.films import trial_films
from meta_rl.rundir.curve import read_curve
from meta_rl.rundir.saving import checkpoints, digests

from helpers.programs.commands import run_main
from helpers.training import points, same_weights, weights

SMALL = dict(episodes=48, batch=4, units=4, trials=9, log_every=8, checkpoint_every=16)
PRESETS = 'two-step', 'two-step-published', 'bandit-independent', 'bandit-restless'


@pytest.fixture(scope='module')
def small(tmp_path_factory):
    """Makes a Config of a small run of a preset."""
    folder = str(tmp_path_factory.mktemp('tasks'))
    return lambda preset, **settings: config_module.from_preset(preset, logdir=folder, **dict(SMALL, **settings))


@pytest.fixture(scope='module')
def runs(small):
    """{preset: a finished run}"""
    return {preset: training.run(small(preset))[0] for preset in PRESETS}


@pytest.mark.slow
@pytest.mark.parametrize('preset', PRESETS)
def test_a_run_leaves_a_curve_points_and_no_images(runs, preset):
    curve = read_curve(os.path.join(runs[preset], 'curve.csv'))
    assert curve['episodes'].tolist() == list(range(8, 49, 8)) and (curve['length'] == 9).all() and 'trial_1' not in curve
    assert ((curve['correct'] >= 0) & (curve['correct'] <= 1)).all() and (curve['return'] == curve['choice_return']).all()
    assert points(runs[preset])['Perf/Accuracy'][48] == pytest.approx(curve['correct'][-1], abs=1e-5)
    assert not os.path.exists(os.path.join(runs[preset], 'images.json')) and not os.path.exists(
        os.path.join(os.path.dirname(runs[preset]), 'images'))


@pytest.mark.slow
@pytest.mark.parametrize('preset', ['two-step-published', 'bandit-restless', 'bandit-independent'])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(small, runs, preset):
    """Of two-step-published the better state goes over from the last episode before; of bandit-independent four are siblings."""
    run = training.run(small(preset, episodes=24, decay=False, entropy_episodes=0))[0]
    straight = training.run(small(preset, decay=False, entropy_episodes=0))[0]
    training.run(config_module.load(os.path.join(run, 'config.json')).change(episodes=48), run)
    assert same_weights(run, straight)
    for name in ('curve.csv',):
        with open(os.path.join(run, name)) as file, open(os.path.join(straight, name)) as twin:
            assert file.read() == twin.read()
    assert digests.read(checkpoints.latest(run))['random'] == digests.read(checkpoints.latest(straight))['random']


def test_what_is_carried_over_is_in_the_state_of_a_worker(small):
    """With the other state in the checkpoint the episodes that follow are others: it is what they go on from."""
    config = small('two-step-published', switch=0.)
    agent = agents.of(config)

    class Still:
        def get_initial_state(self, batch):
            return ()
    env, = agent.make_envs(config, '', 1, np.random.RandomState(0))
    actor = Actor(Still(), [env], np.random.RandomState(0))
    actor.start()
    for _ in range(9):
        env.step(0)
    actor._over[:] = True
    saved = json.loads(json.dumps(actor.saved()))
    assert agent.is_episode(saved['episodes'][0])
    better = []
    for before in (1, 2):
        saved['episodes'][0]['before'] = before
        env, = agent.make_envs(config, '', 1, np.random.RandomState(0))
        again = Actor(Still(), [env], np.random.RandomState(0), saved)
        assert again.between_episodes
        again.start()
        better.append(env.better)
    assert better == [1, 2]
    assert not agent.is_episode(dict(saved['episodes'][0], before=3))


def test_a_measure_is_that_of_the_references(runs, tmp_path):
    report = evaluation.evaluate(runs['two-step'], 30)
    rules = two_step.Rules(trials=9)
    for mode in evaluation.MODES:
        assert set(report[mode]['stay']) == set('RC RU UC UU'.split()) and report[mode]['nearest_oracle'] in report[mode]['oracles']
        assert report[mode]['oracles']['Bayes-optimal']['reward_mean'] == two_step_oracles.oracles(rules)['Bayes-optimal'][0]
    text = evaluation.table(json.loads(json.dumps(report)))
    assert max(map(len, text.split('\n')[1:])) <= 80
    assert text.startswith('30 episodes with frozen weights, model-48 of') and f'{report["reward_mean"]:.2f}' in text
    report = evaluation.evaluate(runs['bandit-restless'], 30)
    assert set(report['references']) == {name for name, _ in bandit_oracles.players('restless')}
    assert len(report['cumulative_regret']) == 9
    assert report['cumulative_regret'][-1] == pytest.approx(report['regret_mean'], abs=1e-3)
    text = evaluation.table(report)
    assert text.count('Gittins') == 4 and text.count('Thompson') == 2 and 'sampled' in text and 'greedy' in text


@pytest.mark.parametrize('preset, right', [('two-step', 'better_state'), ('bandit-independent', 'better_arm')])
def test_a_table_of_trials_and_the_activity_are_of_the_episodes_of_the_report(runs, tmp_path, preset, right):
    table, activity = str(tmp_path / 'trials.csv'), str(tmp_path / 'activity.npz')
    report = evaluation.evaluate(runs[preset], 5, trials=table, activity=activity)
    assert report == evaluation.evaluate(runs[preset], 5)
    with open(table, newline='') as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:5] == ['policy', 'episode', 'seed', 'trial', 'choice'] and list(rows[0])[-2:] == ['probability', 'value']
    assert len(rows) == 2 * 5 * 9 and [int(row['trial']) for row in rows[:10]] == list(range(1, 10)) + [1]
    for mode in evaluation.MODES:
        played = [row for row in rows if row['policy'] == mode]
        if preset == 'two-step':
            assert sum(int(row['reward']) for row in played) / 5 == pytest.approx(report[mode]['reward_mean'])
        else:
            assert sum(float(row['regret']) for row in played) / 5 == pytest.approx(report[mode]['regret_mean'], abs=1e-4)
        for row in played:
            assert (int(row['choice']) + (preset == 'two-step') == int(row[right])) == (row['correct'] == '1')
    with np.load(activity) as found:
        assert found['units'].shape == (5, 9, 8) and found['features'].shape == (5, 9, 3 * (preset == 'two-step'))
        sampled = [row for row in rows if row['policy'] == 'sampled']
        assert found['action'].ravel().tolist() == [int(row['choice']) for row in sampled]
        assert found['correct'].ravel().tolist() == [int(row['correct']) for row in sampled]
        chosen = np.take_along_axis(found['policy'], found['action'][..., np.newaxis], 2).ravel()
        np.testing.assert_allclose(chosen, [float(row['probability']) for row in sampled], rtol=1e-5)


def test_regret_is_of_the_episodes_that_the_agent_played(runs):
    """Against what the environments themselves say of it."""
    config, kept = config_module.load(os.path.join(runs['bandit-independent'], 'config.json')), []
    env, = agents.of(config).make_envs(config, '', 1, np.random.RandomState(3))
    regrets = []
    for episode in range(4):
        env.reset()
        for t in range(9):
            env.step((t + episode) % 2)
        kept.append(agents.of(config).kept(env))
        regrets.append(env.regret)
    assert agents.of(config).score(config, kept)['regret_mean'] == pytest.approx(np.mean(regrets))


def test_stays_are_of_the_trials_that_were_played():
    config = config_module.from_preset('two-step', trials=4)
    played = [[(0, 1, 1.), (0, 2, 1.), (1, 2, 0.), (0, 1, 0.)], [(0, 1, 1.), (1, 1, 0.), (1, 2, 0.), (1, 2, 1.)]]
    report = agents.of(config).score(config, played)
    # After RC: 0 0, 0 1; after RU: 0 1; after UC: 1 0, 1 1; after UU: 1 1.
    assert report['stay'] == {'RC': .5, 'RU': 0., 'UC': .5, 'UU': 1.} and report['reward_mean'] == 2
    assert report['model_based_index'] == 1


@pytest.mark.parametrize('preset', ['two-step', 'two-step-published', 'bandit-restless'])
def test_a_film_has_every_trial(runs, tmp_path, preset):
    path = str(tmp_path / 'film.gif')
    with evaluation.Frozen(runs[preset]) as frozen:
        episode = frozen.restore().episode(7)[0]
        scenes = [list(env.trials) for env, _, _ in trial_films.played(frozen, 7)]
    assert [len(trials) for trials in scenes] == list(range(10))
    assert [told[0] for told in scenes[-1]] == episode.actions[:, 0].tolist()
    assert [told[-1] for told in scenes[-1]] == episode.rewards[:, 0].tolist()
    assert run_main('record', runs[preset], '--seed', '7', '-o', path) == 0
    with Image.open(path) as film:
        assert film.n_frames >= 9 and film.size == (800, 480)


def test_plots_and_what_was_measured(runs, tmp_path, capsys, monkeypatch):
    path = str(tmp_path / 'curves.png')
    monkeypatch.setattr(measured.measured, '__defaults__', (20,))
    assert run_main('plot', runs['two-step'], '-o', path) == 0
    assert capsys.readouterr().out.split() == [path, str(tmp_path / 'curves-stay.png')]
    kept = os.path.join(runs['two-step'], 'measured.json')
    with open(kept) as file:
        found = json.load(file)
    assert found['stay'] == evaluation.evaluate(runs['two-step'], 20)['stay']
    monkeypatch.setattr(evaluation, 'evaluate', None)  # it is read from now on
    assert run_main('plot', runs['two-step'], '-o', path) == 0
    assert measured.measured(runs['two-step'], 10) == found  # of more episodes: as good
    with pytest.raises(TypeError):
        measured.measured(runs['two-step'], 21)
    monkeypatch.undo()
    monkeypatch.setattr(measured.measured, '__defaults__', (20,))
    with open(kept, 'w') as file:
        file.write('{')
    assert run_main('plot', runs['two-step'], '-o', path) == 2 and 'measured.json is damaged' in capsys.readouterr().err
    os.remove(kept)
    assert run_main('plot', runs['bandit-independent'], '-o', path) == 0
    assert os.path.exists(str(tmp_path / 'curves-regret.png'))
    assert run_main('plot', runs['bandit-independent'], runs['two-step'], '-o', path) == 2
    assert 'several tasks (bandit, two-step)' in capsys.readouterr().err
    for name, flags, reason in (('easy', {'arms': 'easy'}, 'arms is easy and independent'), ('short', {'trials': 11}, 'trials is 9 and 11')):
        other = shutil.copytree(runs['bandit-independent'], str(tmp_path / name))
        config_module.load(os.path.join(other, 'config.json')).change(**flags).save(os.path.join(other, 'config.json'))
        assert run_main('plot', runs['bandit-independent'], other, '-o', path) == 2
        assert reason in capsys.readouterr().err


@pytest.mark.parametrize('flags, words', [
    ('--preset two-step --image-count 5', "image_count is 5, but only agents of the environment 'harlow' use it"),
    ('--preset two-step --arms hard', "arms is 'hard', but only agents of the environment 'bandit' use it"),
    ('--preset bandit-easy --common .5', "common is 0.5, but only agents of the environment 'two-step' use it"),
    ('--trials 7', "trials is 7, but only agents of the environments 'two-step' and 'bandit' use it"),
    ('--preset two-step --control gaze', "control is 'gaze', but only agents of the environment 'harlow' use it"),
    ('--preset bandit-easy --unroll 7', "unroll is 7, but only agents of control 'gaze' use it"),
    ('--preset two-step --prev-action false --first-action true', 'only agents that are told the previous action use it'),
    ('--preset two-step --paid 1.5', 'paid is 1.5: it must be at most 1'),
    ('--environment maze', "invalid choice: 'maze'")])
def test_what_a_task_does_not_use_is_refused(flags, words, tmp_path, capsys):
    assert run_main('train', '--logdir', str(tmp_path / 'runs'), *flags.split()) == 2
    err = capsys.readouterr().err
    assert words in err and err.count('\n') == 1 and not (tmp_path / 'runs').exists()


@pytest.mark.parametrize('command', ['evaluate --episodes 2', 'record --episodes 2', 'plot'])
@pytest.mark.parametrize('flags', ['--images held-out', '--lab embedded', '--surroundings real', '--any-images'])
def test_a_task_without_a_lab_is_played_in_none(runs, tmp_path, capsys, monkeypatch, command, flags):
    monkeypatch.chdir(tmp_path)
    if command == 'plot' and 'images' not in flags:
        pytest.skip('it has no such flag')
    assert run_main(*command.split(), runs['two-step'], *flags.split()) == 2
    err = capsys.readouterr().err
    assert flags.split()[0] in err and "the environment 'two-step' has none" in err and err.count('\n') == 1


def test_a_run_without_images_takes_none(runs, capsys, tmp_path):
    assert run_main('train', '--resume', runs['two-step'], '--episodes', '60', '--images', str(tmp_path)) == 2
    assert 'has no images: leave it out' in capsys.readouterr().err


def test_a_person_plays_the_harlow_task_alone(capsys):
    assert run_main('play', '--preset', 'two-step', '--terminal') == 2
    assert "--preset is two-step, of the environment 'two-step': a person plays 'harlow' alone" in capsys.readouterr().err


@pytest.mark.slow
def test_the_arms_are_those_of_the_settings():
    assert config_module.ARMS == bandits.KINDS
    for arms in config_module.ARMS:
        config = config_module.from_preset('bandit-' + arms)
        env, = agents.of(config).make_envs(config, '', 1, np.random.RandomState(0))
        assert env.kind == arms == config.arms
        names, earned = zip(*agents.of(config).players(config))
        assert names[0] == 'chance' and list(earned) == sorted(earned) and agents.of(config).best(config) == earned[-1]


def test_weights_are_those_of_the_published_layout(runs):
    """48 units would have [7 + 48, 192]: three of the state, two of the action, the reward, the step."""
    shapes = {name: array.shape for name, array in weights(runs['two-step-published']).items()}
    assert shapes['global/lstm/input_kernel'] == (7, 16) and shapes['global/policy'] == (4, 2)
    assert not any('encoder' in name or 'embedding' in name for name in shapes)
