"""Every setting of a run: once, with its default, its unit and what it is for; reading and writing it as JSON."""
import json
import math
import os
import re

import attr

from meta_rl.console import hints
from meta_rl.settings.presets import PRESETS

OPTIMIZERS = ('adam', 'rmsprop')
OBSERVATIONS = ('onehot', 'brightness', 'pixels', 'crops')
ENCODERS = ('wang', 'halves')
NORMALIZERS = ('none', 'layer', 'batch')
IMAGE_SETS = ('drawn', 'objects', 'black-white')
MEMORIES = ('episode', 'trial')
SIDES = ('shuffled', 'independent')
BACKENDS = ('threads', 'processes', 'ray')
LABS = ('embedded', 'deepmind')
SURROUNDINGS = ('flat', 'real', 'random')
LOOKS = ('training', 'held-out')
GATES = ('paid', 'lit')
WRITES = ('paid', 'always', 'learned')
CONTROLS = ('decisions', 'gaze')
ENVIRONMENTS = ('harlow', 'two-step', 'bandit')
ARMS = ('independent', 'uniform', 'easy', 'medium', 'hard', 'restless')
CPU, GPU = '/cpu:0', '/device:GPU:0'


def write_json(path, data):
    """Writes plain data as JSON, whole or not at all."""
    with open(path + '.new', 'w') as file:
        json.dump(data, file, indent=2, sort_keys=True)
        file.write('\n')
        file.flush()
        os.fsync(file.fileno())  # or a machine that loses power may keep the name of the new file with nothing in it
    os.replace(path + '.new', path)


class ConfigError(ValueError):
    """A setting that cannot be: one sentence that names it and the mend."""


def setting(default, help, least=None, most=None, choices=None):
    """A field of Config. `help` ends with the unit in brackets where there is one; the bounds are inclusive."""
    return attr.ib(default=default, metadata={'help': help, 'least': least, 'most': most, 'choices': choices})


@attr.s(frozen=True)
class Config:
    """The settings of one run. Raises ConfigError where one of them is wrong."""

    preset = setting('harlow42', 'the preset that the other settings differ from')

    # The run
    seed = setting(0, 'what every random draw starts from', 0, 2 ** 31 - 1)
    episodes = setting(100000, 'episodes to train for, over all workers [episodes]', 1, 10 ** 12)
    workers = setting(1, 'workers, each with its own labs and its own copy of the network', 1, 256)
    backend = setting('threads', "what carries the workers: 'threads' of one process, 'processes' (distributed TensorFlow), or "
                      "'ray'", choices=BACKENDS)
    ps = setting(1, "parameter servers that share the network among them", 1, 64)
    cluster = setting('', "JSON file of the machines that train together; empty: this one")
    ray_address = setting('', "address of a Ray cluster that runs already; empty: one is started here")
    batch = setting(16, 'B: episodes that a worker plays side by side for one update [episodes]', 1, 65536)
    device = setting(CPU, f'where the networks live: {CPU} or {GPU}')
    logdir = setting('runs', 'folder that the run directories are made in')
    log_every = setting(1000, 'one row of curve.csv and one TensorBoard point for this many [episodes]', 1, 10 ** 9)
    checkpoint_every = setting(10000, 'a checkpoint for this many [episodes]', 1, 10 ** 9)

    # The task
    environment = setting('harlow', "the task: 'harlow', in the lab; or 'two-step' or 'bandit', which need no lab and no images",
                          choices=ENVIRONMENTS)
    trials = setting(100, "of an episode of 'two-step' or 'bandit' (100 in Wang et al.) [trials]", 2, 10000)
    common = setting(.8, "'two-step': probability that an action leads to its own state, a common transition (.8 in Wang et al. "
                     "2018)", .5, 1.)
    paid = setting(.9, "'two-step': probability that the better state pays; the other one pays with 1 minus it (.9 there)", .5, 1.)
    switch = setting(.025, "'two-step': probability, before each trial, that the states change places (.025 there)", 0., 1.)
    carried_over = setting(False, "'two-step': which state is the better one is carried over from the episode before, as in the "
                           "published code; false: a coin decides in each episode")
    arms = setting('independent', "'bandit': what the two arms pay (Wang et al. 2016): two probabilities, each drawn from 0 to 1; "
                   "'uniform', one drawn from 0 to 1, and 1 minus it; 'easy', .9 and .1, 'medium', .75 and .25, 'hard', .6 and .4; "
                   "'restless', one that walks through the episode, and 1 minus it", choices=ARMS)

    # The lab and the images
    lab = setting('embedded', "'embedded', the one that comes with this, or 'deepmind', the real one, where it is installed",
                  choices=LABS)
    level_script = setting('contributed/psychlab/harlow_fast_centred', 'level of the lab')
    width = setting(84, 'width of a frame, a multiple of 4 [pixels]', 16, 4096)
    height = setting(84, 'height of a frame, a multiple of 4 [pixels]', 16, 4096)
    fps = setting(60, 'frames in a second of the lab [1/s]', 1, 960)
    runfiles_path = setting('', 'folder in which the real DeepMind Lab finds its data; the embedded lab needs none')
    surroundings = setting('flat', "what the embedded lab shows around the screen: 'flat', plain colours, as in all presets but "
                           "those of the 'gaze' from reward alone; 'real', what the real one shows, which is the lab's own default; "
                           "'random', a look drawn for each episode", choices=SURROUNDINGS)
    look_count = setting(64, "surroundings 'random': looks to train with [looks]", 1, 10 ** 6)
    looks = setting('training', "surroundings 'random': 'training', those looks, or 'held-out', 64 others", choices=LOOKS)
    images = setting('', 'folder of your own images (png, jpg); empty: those of image_set')
    image_set = setting('drawn', "'drawn', colourful ones, 'objects', about 900 pictures of things (OpenMoji, installed with "
                        "requirements/objects.txt), or 'black-white', the two of monothread2pixel", choices=IMAGE_SETS)
    image_count = setting(42, 'N: images to play with', 2, 100000)
    image_seed = setting(0, 'what the drawn images are drawn from, and the objects chosen from', 0, 2 ** 31 - 1)
    held_out_images = setting('', 'folder of your own images that are not trained with; empty: further ones of image_set')
    held_out_count = setting(42, 'images that are not trained with, for evaluate --images held-out', 2, 100000)
    image_cache = setting('images', 'folder that image sets are kept in')
    sides = setting('shuffled', "side of the correct image: 'shuffled' (3 left, 3 right, the real rule) or 'independent'",
                    choices=SIDES)

    # The gaze, where the agent moves it itself
    control = setting('decisions', "what an action is: of 'decisions', left or right; of the 'gaze', a push of it left, right or "
                      "none, and nothing is done for the agent", choices=CONTROLS)
    repeat = setting(4, 'how long a push lasts [frames]', 1, 60)
    push = setting(6, 'speed that it adds [units of the look action a frame]', 1, 512)
    momentum = setting(.5, 'part of the speed that is left at the next action, cut to whole units', 0., .99)
    unroll = setting(72, 'T: actions of an update; what follows is bootstrapped', 1, 10000)
    spawn_grid = setting(False, 'help in training: the viewer spawns at multiples of `repeat` units, so that views repeat')
    training_frames = setting(3600, 'help in training: the most of an episode there [frames]; in evaluation it is 3,600', 1, 18000)
    coin_start = setting(0, 'help in training: from this episode on, up to coin_episodes, sides are coin flips [episodes]', 0, 10 ** 12)
    coin_episodes = setting(0, 'see coin_start; 0: sides are never coin flips [episodes]', 0, 10 ** 12)
    coin_share = setting(1., 'part of the environments in which they are; in the others sides are shuffled all the time', 0., 1.)
    explore = setting(0., 'help in training: how likely the gaze, where fixation was just paid, is pushed to the image on a side drawn at '
                      'random [probability]', 0., 1.)
    explore_episodes = setting(40000, 'explore falls in a straight line to 0 in the first so many [episodes]', 1, 10 ** 12)
    greedy_share = setting(0., 'help in training: part of the environments in which the likeliest action is always taken', 0., 1.)
    greedy_start = setting(0, 'from this episode on greedy_share counts [episodes]', 0, 10 ** 12)
    teacher_episodes = setting(0, 'help in training: the weight of doing as a scripted teacher would falls from 1 to 0 in '
                               'the first of them [episodes]', 0, 10 ** 12)

    # What the agent is told
    observation = setting('onehot', "'onehot', the index of the image on each side; 'brightness', the brighter side; "
                          "'pixels', the frame; 'crops', the two images in it", choices=OBSERVATIONS)
    late = setting(False, 'show each picture one decision late, as the published code did')
    prev_reward = setting(True, 'tell it the previous reward')
    prev_action = setting(True, 'tell it the previous action')
    first_action = setting(False, 'tell it before the first decision that action 0 came before, as the published two-step code did')
    timestep = setting(True, 'tell it the number of the decision')
    memory = setting('episode', "how long the LSTM remembers: an 'episode', or one 'trial' (it starts anew at each)",
                     choices=MEMORIES)

    # The network
    encoder = setting('wang', "how frames ('pixels') are read: 'wang', whole, as published, or 'halves', both sides of the "
                      "screen by the same weights", choices=ENCODERS)
    conv_activations = setting(True, 'ReLU after each convolution (none in the published dev branch)')
    scaled_pixels = setting(True, 'pixels from -1 to 1; false: 0 to 255, as in the published dev branch')
    normalizer = setting('batch', "of features of pixels: 'batch' (each over images), 'layer' (each image's), or 'none'",
                         choices=NORMALIZERS)
    units = setting(48, 'units of the LSTM', 1, 4096)
    second_units = setting(0, 'units of a second LSTM above it (64 in Wang et al.); 0: none', 0, 4096)
    forget_span = setting(0., "at the start the units of the LSTM have spans of memory from 2 steps to so many, each its own (see "
                          "nets/lstm.py); 0: 4 steps for all [steps]", 0.)
    memory_units = setting(64, "units of the slow LSTM of the 'gaze', which steps where write_gate says", 1, 4096)
    places = setting(48, "features of where the 'gaze' is", 1, 4096)
    fine_places = setting(False, 'read the features of `places` in the fovea, where images are read, and from single columns; otherwise '
                          'they are read in the whole frame, from pairs of columns')
    waited = setting(False, "tell the fast LSTM of the 'gaze' how long ago it was last paid, and last pushed the gaze, so that it does not "
                     'rest or go in circles where nothing is paid')
    wait_digits = setting(0, 'with waited: after 12 decisions without pay tell it their number too, as so many binary digits, lowest '
                          'first: a clock, which makes each state new, so that an undecided policy does not go in circles', 0, 10)
    image_gate = setting('paid', "where the memory of the 'gaze' is told what images are like: where fixation was just 'paid', or where they "
                         "are 'lit', which each half of the fovea shows", choices=GATES)
    write_gate = setting('paid', "when its slow LSTM steps: where something was just 'paid', 'always', or as far as a gate says that is "
                         "'learned'", choices=WRITES)
    write_share = setting(1., "with write_gate 'learned': how far open the gate may be in the mean over steps; what is above costs its square",
                          0., 1.)
    # On the cross, columns that images may touch are .62 of a frame, and walls begin beside them.
    fovea_width = setting(.62, "the columns, in the middle, in which the 'gaze' reads images, as a part of the width", 0., 1.)
    fovea_top = setting(0., 'where the rows begin in which it reads images, as a part of the height', 0., 1.)
    fovea_bottom = setting(1., 'where they end', 0., 1.)
    embedding = setting(32, "features of an image, with the same weights for both sides (encoder 'wang': of the frame); 0: "
                        "one-hot straight into the LSTM", 0, 4096)
    # (Figures in this and the next comments: a prototype of the decisions alone, without the lab.)
    # What decides whether looking is learned, or only counting, or one bit an image: vectors of a size that the LSTM cannot
    # overlook (at .3, after 60,000 episodes, three seeds of five were at 22 or 23) and that does not saturate it from the
    # start (at 4 none was past 23; at 2 all were past 24, as at 1); and a reward told in full, see below.
    embedding_scale = setting(1., 'standard deviation of these features: of the first ones, or of normalized ones', 0.)
    # At .2, with vectors of deviation 2 and a learning rate of 3e-3, one seed in three was still at 12 after 150,000.
    reward_scale = setting(1., 'the previous reward is multiplied by this before the LSTM reads it', 0.)
    timestep_scale = setting(1 / 6., 'so is the number of the decision', 0.)
    action_scale = setting(1., 'so is the previous action', 0.)
    signed = setting(False, "the previous action and a reward of 1 or 0 are told as 1 and -1, with 0 before the first trial; false: "
                     "as 1 and 0")

    # Learning
    optimizer = setting('adam', "'adam', or 'rmsprop', which wants a lower learning_rate (3e-3); its statistics are shared by all workers",
                        choices=OPTIMIZERS)
    learning_rate = setting(5e-3, 'learning rate at the start', 0.)
    epsilon = setting(0., "is added to the optimizer's divisor; 0: TensorFlow's own, 1e-8 for adam and 1e-10 for rmsprop", 0.)
    decay = setting(True, 'let the learning rate fall in a straight line to 0 over the episodes')
    gamma = setting(.9, 'discount for each decision (.9 in the published code)', 0., 1.)
    siblings = setting(1, "groups of so many of the episodes side by side have the same arms and the same luck; in each trial the mean "
                       "reward of the others in the group is subtracted from an episode's own; 1: no groups [episodes]", 1, 65536)
    gae_lambda = setting(1., 'lambda of the generalized advantage estimate; 1: return minus value, as published', 0., 1.)
    value_coef = setting(.05, 'weight of the value loss (.05 as published)', 0.)
    twins = setting(0., 'weight of Barlow Twins: features of an image that stay as the gaze moves a little, and differ among them', 0.)
    entropy_coef = setting(.05, 'weight of the entropy of the policy (.05 as published)', 0.)
    choice_entropy = setting(0., 'weight, beside entropy_coef, where fixation has just been paid: there it is chosen where to go', 0.)
    entropy_episodes = setting(0, 'entropy_coef and choice_entropy fall in a straight line to 0 in the first so many; 0: they stay '
                               '[episodes]', 0, 10 ** 12)
    # Policies of agents that move their gaze fell apart within a few updates; a step that changes a policy by much is cut.
    passes = setting(1, 'how often each unroll is learned from', 1, 100)
    minibatches = setting(1, 'in so many updates, each by its part of the episodes side by side', 1, 65536)
    ratio_clip = setting(0., 'how far from 1 the ratio of the new probability of an action to the old is followed (.2 in PPO, Schulman '
                         'et al. 2017); 0: the plain policy gradient of A3C', 0., 10.)
    # At 999, as published, one seed of five took 33,000 episodes to a return of 24; at 1 ten of ten took 17,000 to 25,000.
    clip_norm = setting(1., 'gradients are scaled down to this global norm (999 as published)', 0.)

    def __attrs_post_init__(self):
        for field in attr.fields(Config):
            _check(field, getattr(self, field.name))
        for name in ('width', 'height'):
            if getattr(self, name) % 4:
                raise ConfigError('%s is %d: the lab renders multiples of 4 only.' % (name, getattr(self, name)))
        if self.observation in ('pixels', 'crops') and not self.embedding:
            raise ConfigError(f'embedding is 0: {self.observation} need features, 32 or more.')
        if self.observation == 'pixels' and min(self.width, self.height) < 20:
            raise ConfigError('width and height are %d and %d: the convolutions need 20 pixels.' % (self.width, self.height))
        if not re.match(r'/?(device:)?[cg]pu(:\d+)?$', self.device, re.I):
            raise ConfigError(f'device is {self.device!r}: it must be like {CPU} or {GPU}.')

    @property
    def code_length(self):
        """int N: an observation is [2, N], a row for each side."""
        return 1 if self.observation == 'brightness' else self.image_count

    def change(self, **settings):
        """A Config with these settings changed. ConfigError names one that there is not."""
        unknown = sorted(set(settings) - set(NAMES))
        if unknown:
            raise ConfigError(f'There is no setting {unknown[0]}: see {hints.command_line("train", "--help")}.')
        return attr.evolve(self, **settings)

    def save(self, path):
        """Writes config.json, whole or not at all."""
        write_json(path, attr.asdict(self))


NAMES = [field.name for field in attr.fields(Config)]
PATHS = 'logdir', 'images', 'held_out_images', 'image_cache', 'runfiles_path', 'cluster'  # in which ~ is one's own folder
GONE = {'lost': 0.}  # settings that there were, and their values that change nothing


def _shown(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + '...'


def _sayable(text):
    try:
        return b'\0' not in os.fsencode(text) and text.encode('utf-8') is not None  # TensorFlow takes UTF-8 alone
    except UnicodeError:
        return False


def _check(field, value):
    """Types are taken at their word: a whole number will do for a real one, but a bool is no number."""
    meta, kind = field.metadata, type(field.default)
    good = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not good or (kind is not bool and isinstance(value, bool)):
        names = {int: 'a whole number', float: 'a number', str: 'text', bool: 'true or false'}
        raise ConfigError(f'{field.name} is {_shown(value)}: it must be {names[kind]}.')
    if kind is str and not _sayable(value):
        raise ConfigError(f'{field.name} is {value!r}: it has characters that no file and no address can have in its name.')
    if kind is float and not math.isfinite(value):
        raise ConfigError(f'{field.name} is {value!r}: it must be finite.')
    if meta['choices'] and value not in meta['choices']:
        raise ConfigError('{} is {}: choose from {}.'.format(field.name, _shown(value), ', '.join(meta['choices'])))
    if meta['least'] is not None and value < meta['least']:
        raise ConfigError('{} is {}: it must be at least {}.'.format(field.name, _shown(value), meta['least']))
    if meta['most'] is not None and value > meta['most']:
        raise ConfigError('{} is {}: it must be at most {}.'.format(field.name, _shown(value), meta['most']))


def from_preset(name, **settings):
    """The Config of a preset, with `settings` changed."""
    if name not in PRESETS:
        raise ConfigError('There is no preset {!r}: choose from {}.'.format(name, ', '.join(sorted(PRESETS))))
    return Config().change(preset=name, **dict(PRESETS[name], **settings))


def load(path):
    """Reads what Config.save wrote. ConfigError names the file where it cannot be read or does not hold settings."""
    try:
        with open(path) as file:
            settings = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f'{path} cannot be read as settings ({error}): is this a run directory?')
    if not isinstance(settings, dict):
        raise ConfigError(f'{path} does not hold settings: it must be a JSON object.')
    kept = {name: value for name, value in settings.items() if name not in GONE or value != GONE[name]}
    try:
        return Config().change(**kept)
    except ConfigError as error:
        raise ConfigError(f'In {path}: {error}')
