"""The published two-step agents: checkpoints of their layout, made here, against TensorFlow's own LSTM; and the eight of them."""
import json
import os

import numpy as np
import pytest

from meta_rl.command import published
from meta_rl.envs.references import two_step_oracles as oracles
from meta_rl.envs.two_step import Rules, TwoStep, draw
from meta_rl.tf_compat import IS_V1, tf

from helpers.labs import TESTS
from helpers.programs.commands import run_main

# Their checkpoints are no part of this project. They are looked for beside it.
EIGHT = os.environ.get('TWO_STEP_PUBLISHED') or os.path.join(TESTS, '..', '..', 'shared', 'two_step', 'published')
# Measured with other code, 300 episodes each: reward, stay probabilities RC, RU, UC, UU.
KNOWN = ((66.3, .937, .724, .533, .970), (64.9, .906, .689, .339, .951), (62.0, .942, .797, .744, .938),
         (68.6, .980, .559, .649, .966), (64.3, .936, .741, .663, .940), (62.3, .908, .826, .608, .934),
         (66.8, .943, .711, .601, .958), (65.9, .944, .678, .576, .932))
LAYOUT = {'global/rnn/lstm_cell/kernel': [55, 192], 'global/rnn/lstm_cell/bias': [192],
          'global/fully_connected/weights': [48, 2], 'global/fully_connected_1/weights': [48, 1]}


def save(path, change=None, seed=0):
    """Writes a checkpoint of the published layout, with random weights, and returns these: {name: array}."""
    random = np.random.RandomState(seed)
    arrays = {name: (.3 * random.randn(*shape)).astype(np.float32) for name, shape in LAYOUT.items()}
    if change:
        change(arrays)
    with tf.Graph().as_default(), tf.Session() as session:
        variables = {name: tf.Variable(array, name=name) for name, array in arrays.items()}
        step = tf.Variable(0, name='global_episodes')  # there is more in a checkpoint of theirs
        session.run(tf.global_variables_initializer())
        tf.train.Saver(dict(variables, global_episodes=step)).save(session, str(path), write_meta_graph=False)
    return arrays


def test_what_is_read_is_what_was_saved(tmp_path):
    arrays = save(tmp_path / 'seed0')
    for found, array in zip(published.read(str(tmp_path / 'seed0')), arrays.values()):
        assert (found == array).all()


def test_a_step_is_that_of_the_lstm_equations_one_number_at_a_time(tmp_path):
    arrays = save(tmp_path / 'seed0')
    kernel, bias, policy_kernel, value_kernel = (array.astype(float) for array in arrays.values())
    random = np.random.RandomState(1)
    state, c, h = published.start(2), np.zeros((2, 48)), np.zeros((2, 48))
    for _ in range(20):
        inputs = random.randn(2, 7)
        policy, value, state = published.act(published.read(str(tmp_path / 'seed0')), inputs.astype(np.float32), state)
        for e in range(2):
            before = [*inputs[e], *h[e]]
            gate = [sum(x * kernel[i, k] for i, x in enumerate(before)) + bias[k] for k in range(192)]
            for unit in range(48):
                into, candidate, forget, out = gate[unit], gate[48 + unit], gate[96 + unit], gate[144 + unit]
                c[e, unit] = c[e, unit] / (1 + np.exp(-forget - 1)) + np.tanh(candidate) / (1 + np.exp(-into))
                h[e, unit] = np.tanh(c[e, unit]) / (1 + np.exp(-out))
            logits = h[e] @ policy_kernel
            assert policy[e] == pytest.approx(np.exp(logits) / np.exp(logits).sum(), abs=1e-5)
            assert value[e] == pytest.approx((h[e] @ value_kernel)[0], abs=1e-5)


@pytest.mark.skipif(not IS_V1, reason='TensorFlow 2.16 and later have no nn.rnn_cell')
def test_a_step_is_that_of_the_cell_of_tensorflow(tmp_path):
    arrays = save(tmp_path / 'seed0')
    random = np.random.RandomState(2)
    inputs, state = random.randn(3, 7).astype(np.float32), random.randn(2, 3, 48).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        cell = tf.nn.rnn_cell.BasicLSTMCell(48, name='lstm_cell')
        with tf.variable_scope('global/rnn'):
            output, after = cell(tf.constant(inputs), tf.nn.rnn_cell.LSTMStateTuple(*map(tf.constant, state)))
        assert [v.op.name for v in tf.global_variables()] == list(LAYOUT)[:2]
        for variable in tf.global_variables():
            variable.load(arrays[variable.op.name], session)
        output, after = session.run([output, after])
    _, value, (c, h) = published.act(published.read(str(tmp_path / 'seed0')), inputs, state)
    assert c == pytest.approx(after.c, abs=1e-5) and h == pytest.approx(after.h, abs=1e-5) and (after.h == output).all()


def test_an_episode_is_played_as_the_environment_plays_it(tmp_path):
    """A trial at a time in TwoStep, with the inputs of the published code. (The step goes up to 198: its weights are small.)"""
    def change(arrays):
        arrays['global/rnn/lstm_cell/kernel'][6] *= .02

    save(tmp_path / 'seed0', change)
    weights, env = published.read(str(tmp_path / 'seed0')), TwoStep(np.random.RandomState(0))
    random = np.random.RandomState(5)
    view, state, action, reward, actions, rewards = env.reset(), published.start(1), 0, 0., [], []
    for t in range(100):
        inputs = np.array([[*view, reward, action == 0, action == 1, 2 * t]], np.float32)
        policy, _, state = published.act(weights, inputs, state)
        action = int(random.random_sample() >= policy[0, 0])
        view, reward, _, _ = env.step(action)
        actions.append(action)
        rewards.append(reward)
    played = published.play(weights, draw([env.history['seed']]), Rules(), np.random.RandomState(5))
    assert played.actions[:, 0].tolist() == actions and played.rewards[:, 0].tolist() == rewards and len(set(actions)) == 2


def test_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / 'seed0')
    assert run_main('evaluate', '--published', 'seed0', '--episodes', '40', '--json', 'figures.json') == 0
    report, text = json.loads((tmp_path / 'figures.json').read_text()), capsys.readouterr().out
    assert report == json.loads(json.dumps(published.measure('seed0', 40, 1000003)))
    assert set(report['stay']) == {'RC', 'RU', 'UC', 'UU'}
    assert report['reward_ci95'][0] < report['reward_mean'] < report['reward_ci95'][1]
    assert report['nearest_oracle'] in text and '40 episodes' in text and f'{report["reward_mean"]:.2f}' in text
    assert report['model_based_index'] == pytest.approx(oracles.model_based_index(report['stay']))


def test_what_is_no_such_checkpoint_is_refused_in_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / 'seed0')
    save(tmp_path / 'other', lambda arrays: arrays.pop('global/fully_connected_1/weights'))
    save(tmp_path / 'large', lambda arrays: arrays.update({'global/rnn/lstm_cell/bias': np.zeros(256, np.float32)}))
    save(tmp_path / 'nan', lambda arrays: arrays['global/rnn/lstm_cell/bias'].fill(np.nan))
    save(tmp_path / 'cut')
    data = (tmp_path / 'cut.data-00000-of-00001').read_bytes()
    (tmp_path / 'cut.data-00000-of-00001').write_bytes(data[:100])
    (tmp_path / 'file.index').write_text('not an index')
    save(tmp_path / 'alone')
    (tmp_path / 'alone.data-00000-of-00001').unlink()
    for words, named in (
            ('', 'RUN is missing'), ('--published nowhere', 'nowhere cannot be read as a checkpoint'),
            ('--published file', 'file'), ('--published seed0.index', 'seed0.index'), ('--published cut', 'cut'),
            ('--published alone', 'alone'), ('--published .', '.'), ('--published= ', 'checkpoint'), ('--published [a]', '[a]'),
            ('--published other', 'other has no global/fully_connected_1/weights'),
            ('--published large', 'global/rnn/lstm_cell/bias of shape [256]'), ('--published nan', 'finite'),
            ('--published seed0 RUN', 'RUN'),
            ('--published seed0 --lab embedded', '--lab'), ('--published seed0 --checkpoint best', '--checkpoint'),
            ('--published seed0 --images held-out', '--images'), ('--published seed0 --runfiles-path x', '--runfiles-path'),
            ('--published seed0 --surroundings real', '--surroundings'), ('--published seed0 --looks training', '--looks'),
            ('--published seed0 --any-images', '--any-images'), ('--published seed0 --image-cache x', '--image-cache'),
            ('--published seed0 --episodes 0', '--episodes'), ('--published seed0 --episodes 2 --json nowhere/x', 'nowhere/x')):
        assert run_main('evaluate', *words.split()) == 2, words
        err = capsys.readouterr().err
        assert err.startswith('harlow.py evaluate: ') and err.count('\n') == 1 and named in err and len(err) < 500, (words, err)


@pytest.mark.skipif(not os.path.exists(os.path.join(EIGHT, 'seed0.index')), reason='the published agents are not there')
@pytest.mark.parametrize('seed', [0, 5] + [pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3, 4, 6, 7)])
def test_the_eight_published_agents_are_measured_as_before(seed):
    path, episodes = os.path.join(EIGHT, f'seed{seed}'), 1000
    report = published.measure(path, episodes, 1000003)  # as the command does
    again = published.play(published.read(path), draw(range(episodes)), Rules(), np.random.RandomState(seed))
    error = np.array(list(errors(again))) * np.sqrt(1 + episodes / 300)  # theirs and ours, which differ
    found = np.array([report['reward_mean'], *report['stay'].values()])
    assert (np.abs(found - KNOWN[seed]) < 3 * error).all(), (found, KNOWN[seed], error)
    assert report['nearest_oracle'] == 'Bayes-optimal' and .3 < report['model_based_index'] < .9


def errors(played):
    """Standard errors of the mean reward and of the four stay probabilities, episodes being what is drawn."""
    yield played.rewards.sum(0).std(ddof=1) / np.sqrt(played.rewards.shape[1])
    stays, rewarded, common = played.actions[1:] == played.actions[:-1], played.rewards[:-1] > 0, played.common[:-1]
    for cell in (rewarded & common, rewarded & ~common, ~rewarded & common, ~rewarded & ~common):
        yield np.sqrt(np.square((cell * (stays - stays[cell].mean())).sum(0)).sum()) / cell.sum()
