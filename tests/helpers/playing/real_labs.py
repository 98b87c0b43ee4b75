"""Settings of small runs in the real lab, which its stand-in plays."""
from meta_rl.config import Config

COUNT = 4


def deepmind_config(level='harlow', lab='deepmind', **settings):
    """A Config of COUNT images in frames of 64x64."""
    return Config(lab=lab, level_script='contributed/psychlab/' + level, image_count=COUNT, width=64,
                  height=64).change(**settings)


def tiny(folder, *args, **settings):
    """A Config of a run of 96 episodes, whose files are all in `folder`."""
    return deepmind_config(*args).change(**dict(dict(
        episodes=96, batch=16, log_every=48, checkpoint_every=48, units=8, embedding=4,
        image_cache=str(folder / 'images'), logdir=str(folder / 'runs')), **settings))
