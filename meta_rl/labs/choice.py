"""Which lab is played: the one place that chooses. What it makes is a `deepmind_lab.Lab` to everything else."""
from meta_rl.config import LABS, Config, ConfigError
from meta_rl.labs.closing import closing_where_it_fails

EMBEDDED, DEEPMIND = LABS
OBSERVATIONS = ['RGB_INTERLEAVED']
# Labs to play side by side where nothing else decides: 16 real ones take 1.74 GB, and 2.1 GB at the peak of training with one
# worker, 3.5 GB with two (measured).
SIDE_BY_SIDE = {EMBEDDED: 100, DEEPMIND: 16}


def make_labs(config, folder, count):
    """`count` labs of a Config.

    Args:
      config: Config.
      folder: dataset folder of %04d.png.
    Raises: ConfigError in the lab's words if it does not take its settings, or if there is no such lab; DatasetError for a
      picture that the real lab would not survive.
    """
    settings = {'width': str(config.width), 'height': str(config.height), 'fps': str(config.fps), 'datasetPath': folder}
    try:
        if config.lab == DEEPMIND:
            from meta_rl.labs import deepmind
            return deepmind.make(config, OBSERVATIONS, settings, count)
        settings['episodesAlike'] = 'true'  # so that an episode hangs on its seed alone
        from meta_rl import psychlab
        settings.update(trainBatch=str(config.image_count), testBatch='0', sides=config.sides, surroundings=config.surroundings,
                        trainLooks=str(config.look_count), looks=config.looks)
        labs = []
        with closing_where_it_fails(labs):
            for _ in range(count):
                labs.append(psychlab.Lab(config.level_script, OBSERVATIONS, settings))
        return labs
    except RuntimeError as error:
        raise ConfigError(f'The lab says: {error}')


def check(config):
    """Raises ConfigError where a Config asks a lab for what it does not have: a level, or the real one surroundings."""
    if config.lab == DEEPMIND and config.surroundings not in (Config().surroundings, 'real'):
        raise ConfigError(f"surroundings is {config.surroundings!r}, but the lab is 'deepmind', which has its own: set it to "
                          "'real', or choose the embedded lab.")
    if config.lab == EMBEDDED:
        from meta_rl import psychlab
        try:
            psychlab.find_level(config.level_script)
        except RuntimeError as error:
            raise ConfigError(f'The lab says: {error}')


def write_level(config, directory):
    """Writes what a run plays, where that is a file of our own, into its directory: `levels/NAME.lua` for the real lab."""
    if config.lab == DEEPMIND:
        from meta_rl.labs import deepmind
        deepmind.write_level(config, directory)
