"""The flags of each command, with their help."""
import argparse

from meta_rl import config as config_module
from meta_rl.command.parsing import Formatter, Parser, Switch, Version, truth
from meta_rl.command.settings import groups, users

COMMANDS = 'train', 'evaluate', 'record', 'play', 'plot', 'compare', 'analyse', 'presets', 'figures', 'bench'
# What may change when a run goes on.
RESUMABLE = 'episodes device log_every checkpoint_every workers backend cluster ray_address images image_cache'.split()
# What counts where a person plays.
PLAYED = ('lab', 'runfiles_path', 'level_script', 'surroundings', 'width', 'height', 'images', 'image_set', 'image_count',
          'image_seed', 'image_cache', 'sides',
          'late')


def make_parser(description):
    """The Parser of all commands. description: str, what harlow.py says of itself."""
    parser = Parser(prog='harlow.py', description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--version', action=Version, help='print the version, with the commit where this is a git checkout')
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', parser_class=Parser)
    quiet = argparse.ArgumentParser(add_help=False)
    quiet.add_argument('--quiet', action='store_true', help='print no progress: only warnings, errors and what comes out')

    def add(name, help, *parents, **more):
        return commands.add_parser(name, help=help, parents=parents, formatter_class=Formatter, **more)

    _add_train(add('train', 'train an agent', quiet, usage='%(prog)s [options] [settings]',
                   description='Trains an agent into a new run directory. Settings are listed below in groups, each with its unit '
                   'in [brackets], the agents that alone use it, and its default, which a preset may change. True or false is '
                   'given as --late or --no-late, or as --late true.'))
    evaluate = add('evaluate', 'measure a trained agent, trial by trial', quiet)
    evaluate.add_argument('run', metavar='RUN', nargs='?', help='run directory')
    evaluate.add_argument('--published', metavar='FILE', help='measure instead a published two-step agent: FOLDER/seed0, where '
                          'FOLDER has seed0.index and seed0.data-00000-of-00001')
    evaluate.add_argument('--json', metavar='FILE', help='write the figures there as JSON')
    evaluate.add_argument('--trials', metavar='FILE', help='write each trial there as a row of a CSV table')
    evaluate.add_argument('--activity', metavar='FILE', help='write the state of each unit at each step there, as .npz')
    _add_played(evaluate, 1000)
    record = add('record', 'draw an episode of a trained agent, as it sees it and beside the lab', quiet)
    record.add_argument('run', metavar='RUN', help='run directory')
    record.add_argument('-o', '--output', metavar='FILE', default='episode.gif', help='.gif or .mp4; default episode.gif')
    _add_played(record, 1)
    _add_play(add('play', 'play yourself, and be measured the same way', usage='%(prog)s [options] [settings]'))
    _add_plot(add('plot', 'draw reward curves and learning sets of runs', quiet))
    _add_compare(add('compare', 'compare runs: settings that differ, curves, accuracy with intervals', quiet))
    _add_analyse(add('analyse', 'decoders, components, lesions, behaviour: figures and tables of runs', quiet))
    add('presets', 'list the presets: what each is, and what it gives')
    add('figures', 'draw the figures of img/, training first what its data lack', quiet)
    _add_bench(add('bench', 'measure how fast the lab and the training are', quiet))
    return parser


def add_settings(parser, names=config_module.NAMES):
    """--preset, and a flag for each of these settings of Config in its group, with its help, its unit, its users, its default."""
    for title, fields in groups():
        group = parser.add_argument_group(title)
        for field in fields:
            if field.name == 'preset':
                group.add_argument('--preset', default=argparse.SUPPRESS, choices=sorted(config_module.PRESETS), metavar='NAME',
                                   help='the settings that the others differ from; the command `presets` lists them; '
                                   'default harlow42')
            elif field.name in names:
                _add_setting(group, field)


def _add_setting(group, field):
    switch = isinstance(field.default, bool)
    flag, whose = field.name.replace('_', '-'), users(field.name)
    text = field.metadata['help'] + (f'; only {whose}' if whose else '')
    text += '; default ' + (str(field.default).lower() if switch else repr(field.default))
    common = {'dest': field.name, 'default': argparse.SUPPRESS, 'help': text.replace('%', '%%')}
    if switch:
        group.add_argument('--' + flag, '--no-' + flag, action=Switch, type=truth, **common)
    else:
        choices = field.metadata['choices']
        group.add_argument('--' + flag, type=type(field.default), choices=choices, metavar=None if choices else 'X', **common)


def _add_train(train):
    train.add_argument('--resume', metavar='RUN', help='go on with this run directory, with its own settings; of the '
                       'settings below only these may be given with it: {}'.format(', '.join('--' + name for name in RESUMABLE)))
    train.add_argument('--seeds', type=int, default=1, metavar='X', help='train this many agents, of --seed and the seeds '
                       'after it, and print a table of them at the end; default 1')
    train.add_argument('--jobs', type=int, default=1, metavar='X', help='so many of them at once, each with a log in '
                       '--logdir; default 1')
    train.add_argument('--json', metavar='FILE', help='write there at the end what came of it, as JSON: run directory, mean '
                       'return of the last 1,000 episodes, seconds; a list of these where there are --seeds')
    train.add_argument('--metrics', choices=('text', 'json'), default='text', help='json: a line {"metric": "reward", "value": '
                       '23.9, "step": 12000} a point on stdout, and nothing else there; default text')
    train.add_argument('--job', choices=('ps', 'worker'), help='what this machine is in the --cluster')
    train.add_argument('--task', type=int, default=0, metavar='N', help='which of them, from 0; ps 0 is given the settings and '
                       'has the run directory; default 0')
    add_settings(train)


def _add_images(parser, meaning):
    """Flags that say which images a trained agent is shown, and where these are: keywords of evaluation.Frozen."""
    parser.add_argument('--images', metavar='X', default=argparse.SUPPRESS, help=meaning)
    parser.add_argument('--image-cache', metavar='FOLDER', default=argparse.SUPPRESS,
                        help="cache to look for images in first; default the run's own")
    parser.add_argument('--any-images', action='store_true', default=argparse.SUPPRESS,
                        help='take the images that are there, also if the run was not trained with them')


def _add_played(command, episodes):
    """Flags that say what a trained agent plays, and where."""
    command.add_argument('--episodes', type=int, default=episodes, metavar='X',
                         help='episodes to play [episodes]; default %d' % episodes)
    command.add_argument('--seed', type=int, default=1000003, metavar='X', help='what its draws start from; default 1000003')
    command.add_argument('--checkpoint', choices=('latest', 'best'), default='latest', help='default latest')
    _add_images(command, "'training' or 'held-out', which it is shown: those of its training, or others, which takes an agent "
                'that sees pixels; or a FOLDER in which either are; default training')
    command.add_argument('--surroundings', choices=config_module.SURROUNDINGS, help='what the embedded lab shows around the '
                         'screen; default what it was trained with')
    command.add_argument('--looks', choices=config_module.LOOKS, help="which looks the surroundings 'random' have; default held-out")
    command.add_argument('--lab', choices=config_module.LABS, help='where it plays; default the one it was trained in')
    command.add_argument('--runfiles-path', metavar='X', help="as that of train; default the run's own")


def _add_play(play):
    play.add_argument('--episodes', type=int, default=5, metavar='X', help='episodes to play [episodes]; default 5')
    play.add_argument('--seed', type=int, metavar='X', help='what its draws start from; default another one each time')
    play.add_argument('--terminal', action='store_true', help='in the terminal, also where there can be a window')
    play.add_argument('--trials', metavar='FILE', help='write each trial there as a row of a CSV table, as evaluate does')
    add_settings(play, PLAYED)


def _add_plot(plot):
    plot.add_argument('runs', metavar='RUN', nargs='+', help='run directories; those of one preset are its seeds')
    plot.add_argument('-o', '--output', metavar='FILE', default='reward_curves.png',
                      help='where to draw the curves; the learning set goes beside it; default reward_curves.png')
    _add_images(plot, 'as that of evaluate, for the learning set; default held-out for agents that see pixels')


def _add_compare(compare):
    compare.add_argument('runs', metavar='RUN', nargs='+', help='run directories, 2 to 26')
    compare.add_argument('-o', '--output', metavar='FILE', default='comparison.png',
                         help='where to draw curves and trials; default comparison.png')
    compare.add_argument('--episodes', type=int, default=1000, metavar='X',
                         help='episodes to play with frozen weights, of each run [episodes]; default 1000')
    compare.add_argument('--seed', type=int, default=1000003, metavar='X', help='what its draws start from; default 1000003')
    _add_images(compare, 'as that of evaluate; default held-out for agents that see pixels')


def _add_analyse(analyse):
    analyse.add_argument('runs', metavar='RUN', nargs='+', help='run directories')
    analyse.add_argument('-o', '--output', metavar='FOLDER', help='where to write figures (PNG) and tables (CSV), all runs side by '
                         'side; default a folder `analysis` in each RUN')
    analyse.add_argument('--episodes', type=int, default=1000, metavar='X', help='episodes to play with frozen weights, so many for '
                         'the units and so many with each lesion [episodes]; default 1000')
    analyse.add_argument('--seed', type=int, default=1000003, metavar='X', help='what its draws start from; default 1000003')
    analyse.add_argument('--person', metavar='FILE', help='put a person beside the agent: a table that `play --trials` wrote')
    analyse.add_argument('--json', metavar='FILE', help='write all tables there as JSON')
    _add_images(analyse, 'as that of evaluate; default held-out for agents that see pixels')


def _add_bench(bench):
    bench.add_argument('--seconds', type=float, default=2., metavar='X', help='time for each figure [s]; default 2')
    other = bench.add_mutually_exclusive_group()
    other.add_argument('--backends', action='store_true', help='measure instead how training grows with the workers of each '
                       'backend: some 10 minutes')
    other.add_argument('--growth', metavar='FILE', help='measure instead what an update costs with more episodes and more '
                       'images, draw it there, and write the figures beside it as .csv: some 10 minutes, and 1 GB of images')
