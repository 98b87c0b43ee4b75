"""The folder that makes any program's `import deepmind_lab` the embedded lab: clients as others write them, in processes."""
import ast
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DROP_IN = os.path.join(ROOT, 'meta_rl', 'psychlab', 'drop_in')

# What the wrappers of scalable_agent (IMPALA) ask of the lab, in their way.
IMPALA = '''
import deepmind_lab
import numpy as np
from meta_rl import OWN  # a package of the client
assert OWN == 'the client'

class LocalLevelCache(object):
    def fetch(self, key, pk3_path):
        return False
    def write(self, key, pk3_path):
        pass

ACTIONS = ((0, 0, 0, 1, 0, 0, 0), (0, 0, 0, -1, 0, 0, 0), (0, 0, -1, 0, 0, 0, 0), (-20, 0, 0, 0, 0, 0, 0), (20, 0, 0, 1, 0, 0, 0),
           (0, 0, 0, 0, 1, 0, 0))
config = {'width': 96, 'height': 72, 'logLevel': 'WARN', 'allowHoldOutLevels': 'true', 'mixerSeed': 0x600D5EED}
if FOLDER:
    config['datasetPath'] = FOLDER
random_state = np.random.RandomState(seed=1)
env = deepmind_lab.Lab(level='contributed/psychlab/harlow', observations=['RGB_INTERLEAVED', 'INSTR'],
                       config={k: str(v) for k, v in config.items()}, level_cache=LocalLevelCache())
def observe():
    d = env.observations()
    return [d[k] for k in ('RGB_INTERLEAVED', 'INSTR')]
env.reset(seed=random_state.randint(0, 2 ** 31 - 1))
for step in range(300):
    frame, instruction = observe()
    assert frame.shape == (72, 96, 3) and frame.dtype == np.uint8 and instruction == ''
    reward = env.step(np.array(ACTIONS[step % 6], dtype=np.intc), 4)
    np.array(reward, dtype=np.float32)
    if not env.is_running():
        env.reset(seed=random_state.randint(0, 2 ** 31 - 1))
env.close()
'''

# Sample Factory's.
SAMPLE_FACTORY = '''
import deepmind_lab
import numpy as np
observation_format = ['RGB_INTERLEAVED', 'INSTR', 'DEBUG.POS.TRANS', 'DEBUG.POS.ROT', 'VEL.TRANS', 'VEL.ROT']
config = {'width': '96', 'height': '72', 'gpuDeviceIndex': '0', 'datasetPath': FOLDER or '', 'logLevel': 'error',
          'maxAltCameraWidth': '160', 'maxAltCameraHeight': '160', 'hasAltCameras': 'true'}
lab = deepmind_lab.Lab('contributed/psychlab/harlow', observation_format, config=config, renderer='software',
                       level_cache=None)
spec = {o['name']: o for o in lab.observation_spec()}
assert spec['INSTR']['dtype'] is str and spec['DEBUG.POS.TRANS']['shape'] == (3,)
lab.reset(seed=5)
env_reset = lab.reset(episode=1, seed=5)
for _ in range(20):
    lab.step(np.array([20, 0, 0, 0, 0, 1, 0], dtype=np.intc), num_steps=4)
    seen = lab.observations()
    assert list(seen) == observation_format
assert seen['DEBUG.POS.TRANS'][2] > 96 and seen['VEL.ROT'].shape == (3,) and lab.num_steps() == 80
'''

# The lab's own random agents'.
RANDOM_AGENT = '''
import random
import numpy as np
import deepmind_lab
config = {'fps': '60', 'width': '80', 'height': '80'}
if FOLDER:
    config['datasetPath'] = FOLDER
env = deepmind_lab.Lab('contributed/psychlab/harlow', ['RGB_INTERLEAVED'], config=config)
env.reset()
action_spec = env.action_spec()
indices = {a['name']: i for i, a in enumerate(action_spec)}
mins, maxs = np.array([a['min'] for a in action_spec]), np.array([a['max'] for a in action_spec])
velocity = np.zeros(len(action_spec))
reward = 0
for _ in range(200):
    if not env.is_running():
        env.reset()
    assert env.observations()['RGB_INTERLEAVED'].shape == (80, 80, 3)
    action = np.clip(velocity, mins, maxs).astype(np.intc)
    action[indices['FIRE']] = random.randint(0, 1)
    velocity[indices['LOOK_LEFT_RIGHT_PIXELS_PER_FRAME']] = random.randint(-100, 100)
    action[indices['JUMP']] = random.randint(0, 1)
    reward += env.step(action, num_steps=1)
assert deepmind_lab.version() and deepmind_lab.runfiles_path() and deepmind_lab.READ_WRITABLE == 3
import multiprocessing, pickle
twin = pickle.loads(pickle.dumps(env))
assert type(twin) is deepmind_lab.Lab and type(twin).__module__.split('.')[0] == 'deepmind_lab'
'''

# The published code of this experiment: no datasetPath at all, a package meta_rl of its own, look actions by hand.
PUBLISHED = '''
import deepmind_lab as lab
import numpy as np
import meta_rl
assert meta_rl.OWN == 'the client'
env = lab.Lab('contributed/psychlab/harlow', ['RGB_INTERLEAVED'], config={'fps': '60', 'width': '136', 'height': '136'})
for seed in (1, 2):
    env.reset(seed=seed)
    look, noop = np.array([100, 0, 0, 0, 0, 0, 0], dtype=np.intc), np.array([0] * 7, dtype=np.intc)
    for action in [noop] * 4 + [look, noop, -look] * 5:
        env.step(action)
        assert env.observations()['RGB_INTERLEAVED'].shape == (136, 136, 3) and env.events() is not None
'''


def run(folder, code, images, **variables):
    """Runs a client in a folder of its own, which has a package meta_rl. Returns what it wrote."""
    (folder / 'meta_rl').mkdir()
    (folder / 'meta_rl' / '__init__.py').write_text("OWN = 'the client'\n")
    (folder / 'client.py').write_text(f'FOLDER = {images!r}\n{code}\nprint("played")\n')
    environment = dict(os.environ, PYTHONPATH=DROP_IN, XDG_CACHE_HOME=str(folder / 'cache'), **variables)
    process = subprocess.Popen([sys.executable, 'client.py'], cwd=str(folder), env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, universal_newlines=True)
    said = process.communicate()[0]
    assert process.returncode == 0, said
    return said


@pytest.mark.parametrize('code', [IMPALA, SAMPLE_FACTORY, RANDOM_AGENT], ids=['IMPALA', 'Sample Factory', 'random agent'])
def test_clients_of_others(code, tmp_path):
    assert run(tmp_path, code, 'dummy') == 'played\n'


def test_a_client_without_images(tmp_path):
    assert run(tmp_path, PUBLISHED, None) == 'played\n'
    assert (tmp_path / 'cache' / 'meta_rl' / 'images' / 'drawn-42-seed0' / '0042.png').exists()


def test_a_client_whose_images_are_named_by_the_environment(tmp_path):
    assert run(tmp_path, PUBLISHED, None, META_RL_DATASET_PATH='dummy') == 'played\n'
    assert not (tmp_path / 'cache').exists()


def test_nothing_of_the_project_is_imported(tmp_path):
    said = run(tmp_path, 'import sys, deepmind_lab\nprint(sorted(name for name in sys.modules if "meta_rl" in name))', None)
    assert said == '[]\nplayed\n'


def test_the_package_names_itself_nowhere():
    """An import by the name meta_rl would find the client's package, where it is made: in the middle of a run, maybe."""
    folder = os.path.dirname(DROP_IN)
    sources = [name for name in os.listdir(folder) if name.endswith('.py')]
    assert len(sources) > 10
    for name in sources:
        with open(os.path.join(folder, name)) as file:
            code = ast.parse(file.read())
        imported = [node.module for node in ast.walk(code) if isinstance(node, ast.ImportFrom) and not node.level]
        imported += [alias.name for node in ast.walk(code) if isinstance(node, ast.Import) for alias in node.names]
        assert not [module for module in imported if module.split('.')[0] == 'meta_rl'], name
