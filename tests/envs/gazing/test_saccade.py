"""Closed-loop saccades: right from any direction, by what frames show, and a clear error where there is nothing to see."""
import numpy as np
import pytest

from meta_rl.config import Config, ConfigError
from meta_rl.envs import decisions, observations
from meta_rl.envs.gazing.saccades import Saccades
from meta_rl.images import dataset
from meta_rl.psychlab import task
from meta_rl.psychlab.scene import camera

from helpers.labs import make_lab

COUNT = 12
STANDARD = task.LEVELS['harlow']
SIDES = ['left', 'right']


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    return dataset.drawn_folder(str(tmp_path_factory.mktemp('cache')), COUNT)


class Seen:
    """A lab that plays in front of what a player may know: it can stage episodes, and it has no state().

    spoil: what becomes of its frames; yaw: where the viewer spawns, in degrees, None: where the level has it; look: what is around
    and over the screen, the lab's setting `surroundings`.
    """

    def __init__(self, drawn, size, yaw=None, spoil=lambda frame: frame, level='harlow', look='flat', **config):
        config = dict({'width': size, 'height': size, 'datasetPath': drawn, 'trainBatch': COUNT}, **config)
        self.hidden = make_lab(level, ['RGB_INTERLEAVED'], surroundings=look, **config)
        self.yaw, self.looks, self._spoil, self.width = yaw, 0, spoil, int(config['width'])

    def reset(self, seed):
        self.hidden.reset(seed=seed, setup={} if self.yaw is None else {'yaw': self.yaw})

    def observations(self):
        self.looks += 1
        return {name: self._spoil(frame) for name, frame in self.hidden.observations().items()}

    def __getattr__(self, name):
        assert name in ('step', 'events', 'is_running', 'close'), name
        return getattr(self.hidden, name)


def make_env(drawn, lab, size, fps=60, level=STANDARD, height=None):
    height = height or size
    observe = observations.OneHot(observations.ImageIndex(drawn, COUNT, size, height))
    return decisions.HarlowEnv(lab, observe, np.random.RandomState(0), saccades=Saccades(level, size, height, fps))


def play(env, lab, actions, level=STANDARD):
    """Plays an episode, and holds what is told of it to what is hidden. Returns the frames of each decision."""
    obs, frames = env.reset(), [lab.hidden.num_steps()]
    for trial, (action, side) in enumerate(zip(actions, lab.hidden._task.setup.correct_side)):
        setup, state = lab.hidden._task.setup, lab.hidden.state()
        assert state['images_shown'] and state['trial'] == trial + 1
        assert abs(state['yaw'] - 90) < observations.turned(lab.width) * camera.DEGREES_PER_SHORT
        pair = setup.correct_id - 1, setup.incorrect_id - 1
        assert tuple(obs.argmax(1)) == (pair if side == 'left' else pair[::-1])
        obs, reward, done, _ = env.step(action)
        correct = SIDES[action] == side
        assert reward == level.fixation_reward + (5 if correct else -5)
        assert env.correct[trial:] == [correct] and done == (trial == 5) == (obs is None)
        frames.append(lab.hidden.num_steps())
    return np.diff(frames).tolist()


@pytest.mark.parametrize('size', [80, 84, pytest.param(136, marks=pytest.mark.slow)])
def test_decisions_are_right_from_every_spawn_of_the_level(drawn, size):
    lab, random = Seen(drawn, size), np.random.RandomState(size)
    env = make_env(drawn, lab, size)
    for yaw in np.linspace(90 - STANDARD.spawn_range, 90 + STANDARD.spawn_range, 120):
        lab.yaw = yaw
        assert play(env, lab, random.randint(2, size=6).tolist()) == [13] * 5 + [5]


def test_no_decision_takes_many_looks(drawn):
    lab, random = Seen(drawn, 84), np.random.RandomState(3)
    env = make_env(drawn, lab, 84)
    for _ in range(50):
        play(env, lab, random.randint(2, size=6).tolist())
        assert lab.hidden.num_steps() <= 78  # 9 of them before the first decision
    # 7 at most before the first decision; for each of the others one that the images are gone, and one at the next ones.
    assert lab.looks <= 50 * (7 + 5 * 2)


@pytest.mark.parametrize('yaw', range(0, 360, 24))
def test_a_cross_out_of_sight_is_searched_for(drawn, yaw):
    lab = Seen(drawn, 84, yaw)
    play(make_env(drawn, lab, 84), lab, [0, 1] * 3)


@pytest.mark.parametrize('fps', [8, 15, 30, 120])
def test_other_frame_rates(drawn, fps):
    lab = Seen(drawn, 84, fps=fps)
    env = make_env(drawn, lab, 84, fps)
    for lab.yaw in (67.5, 80, 89.9, 90, 91, 112.5):
        play(env, lab, [1, 0] * 3)


@pytest.mark.parametrize('width, height', [(64, 64), (84, 44), (100, 60), (72, 200), (320, 240)])
def test_other_frames(drawn, width, height):
    lab = Seen(drawn, width, height=height)
    env = make_env(drawn, lab, width, height=height)
    for lab.yaw in (67.5, 80, 89.9, 90, 91, 112.5):
        play(env, lab, [1, 0] * 3)


def test_frames_as_far_from_the_camera_model_as_the_real_lab_s(drawn):
    random = np.random.RandomState(5)

    def noisy(frame):
        noise = random.choice(np.arange(-5, 6), p=[.006] * 4 + [.08, .792, .08] + [.006] * 4, size=frame.shape)
        return np.clip(frame + noise, 0, 255).astype(np.uint8)
    lab = Seen(drawn, 84, spoil=noisy)
    env = make_env(drawn, lab, 84)
    for lab.yaw in np.linspace(67.5, 112.5, 25):
        play(env, lab, random.randint(2, size=6).tolist())


@pytest.mark.parametrize('level', [STANDARD._replace(time_to_fixate_target=1), STANDARD._replace(inter_trial_interval=0),
                                   STANDARD._replace(time_to_fixate_cross=1)])
def test_what_is_seen_decides_and_not_the_times_that_were_told(drawn, level):
    """The lab keeps the times of the level as it ships, and the player is told others."""
    lab = Seen(drawn, 84)
    env = make_env(drawn, lab, 84, level=level)
    for lab.yaw in (75, 90, 111):
        play(env, lab, [1, 0, 0] * 2)


@pytest.mark.parametrize('look', ['real', 'random'])
@pytest.mark.parametrize('level', ['harlow', 'harlow_fast'])
@pytest.mark.parametrize('width, height', [(84, 84), (84, 44)] + [pytest.param(*size, marks=pytest.mark.slow) for size in (
    (64, 64), (72, 72), (128, 128), (160, 160), (128, 96), (320, 240))])
def test_with_a_hud_and_whatever_is_around_the_screen(drawn, width, height, level, look):
    times = task.LEVELS[level]
    lab, random = Seen(drawn, width, height=height, level=level, look=look), np.random.RandomState(width)
    env = make_env(drawn, lab, width, level=times, height=height)
    for lab.yaw in np.append(np.linspace(90 - times.spawn_range, 90 + times.spawn_range, 11), [88, 89.3, 91.2, 92]):
        frames = play(env, lab, random.randint(2, size=6).tolist(), times)
        assert frames == ([13] * 5 + [5] if level == 'harlow' else [4] * 5 + [2])


@pytest.mark.parametrize('fps', [15, 30, 120])
def test_a_fast_level_at_other_frame_rates(drawn, fps):
    times = task.LEVELS['harlow_fast']
    lab = Seen(drawn, 84, fps=fps, level='harlow_fast', look='real')
    env = make_env(drawn, lab, 84, fps, times)
    for lab.yaw in (67.5, 80, 88.5, 89.9, 90, 91, 91.8, 112.5):
        play(env, lab, [1, 0] * 3, times)


@pytest.mark.parametrize('size', [64, 84, 160])
def test_the_eye_rises_in_the_first_frames(drawn, size):
    """So the cross is higher in them, and what is seen then is not decided on."""
    for level in ('harlow', 'harlow_fast'):
        lab = Seen(drawn, size, level=level, look='real')
        env = make_env(drawn, lab, size, level=task.LEVELS[level])
        for lab.yaw in np.append(np.linspace(67.5, 112.5, 9), [88.2, 89.3, 91.2, 91.9]):
            play(env, lab, [1, 0] * 3, task.LEVELS[level])


def test_a_cross_that_is_never_seen_is_an_error(drawn):
    env = make_env(drawn, Seen(drawn, 84, spoil=np.zeros_like), 84)
    with pytest.raises(ConfigError, match='No images appeared: in 600 frames the red cross was not found'):
        env.reset()


def test_images_that_stay_are_an_error(drawn):
    lab = Seen(drawn, 84)
    env = make_env(drawn, lab, 84)
    env.reset()
    picture = lab.hidden.observations()['RGB_INTERLEAVED']
    lab._spoil = lambda frame: picture
    with pytest.raises(ConfigError, match='registered no choice'):
        for _ in range(6):
            env.step(0)


@pytest.mark.parametrize('width, height, fps, reason', [
    (60, 60, 60, 'width is 60'), (84, 40, 60, 'height is 40'), (84, 84, 7, 'fps is 7'), (84, 84, 121, 'fps is 121')])
def test_what_does_not_suit_is_refused(width, height, fps, reason):
    with pytest.raises(ConfigError, match=reason):
        Saccades(STANDARD, width, height, fps)


def test_make_envs_chooses_by_the_level(drawn):
    for level, expected in (('harlow', True), ('harlow_fast', True), ('harlow_fast_centred', False)):
        config = Config(image_count=COUNT, level_script='contributed/psychlab/' + level)
        env, = decisions.make_envs(config, drawn, 1, np.random.RandomState(0))
        assert isinstance(env._saccades, Saccades) == expected
