#!/usr/bin/env python3
"""Meta-reinforcement learning of the Harlow task: train, evaluate, record, play, plot, figures, bench.

    python harlow.py                 trains with the default preset, the same as: python harlow.py train
    python harlow.py evaluate RUN    measures a trained agent, trial by trial
    python harlow.py record RUN      draws an episode that it plays, as a GIF or an MP4
    python harlow.py play            a person plays, and is measured the same way
    python harlow.py plot RUN...     draws reward curves and learning sets
    python harlow.py figures         draws the figures of img/
    python harlow.py bench           measures how fast all of it is
"""
import argparse
import os
import shlex
import sys

try:
    import attr
except ImportError:
    sys.exit('harlow.py: its packages are not installed for this Python: run `make train`, or `pip install -r requirements.txt`.')

from meta_rl import config as config_module
from meta_rl.config import Config, ConfigError

COMMANDS = 'train', 'evaluate', 'record', 'play', 'plot', 'figures', 'bench'
# What may change when a run goes on, and what a machine of a cluster may say for itself.
RESUMABLE = 'episodes', 'device', 'log_every', 'checkpoint_every', 'workers', 'backend', 'cluster', 'ray_address'
OWN = 'cluster', 'device', 'image_cache', 'runfiles_path'
PATHS = 'logdir', 'images', 'held_out_images', 'image_cache', 'runfiles_path', 'cluster'
# What counts where a person plays.
PLAYED = ('level_script', 'surroundings', 'width', 'height', 'images', 'image_set', 'image_count', 'image_seed', 'image_cache',
          'sides', 'late')


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage lines before it."""

    def error(self, message):
        self.exit(2, f'{self.prog}: {message} (see --help)\n')


def truth(text):
    if text not in ('true', 'false'):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text == 'true'


def add_settings(parser, names=config_module.NAMES):
    """--preset, and a flag for each of these settings of Config, with its help, its unit and its default."""
    presets = sorted(config_module.PRESETS)
    parser.add_argument('--preset', default=argparse.SUPPRESS, choices=presets, help='default harlow42')
    for field in attr.fields(Config):
        if field.name == 'preset' or field.name not in names:
            continue
        kind = truth if isinstance(field.default, bool) else type(field.default)
        default = str(field.default).lower() if kind is truth else repr(field.default)
        flags = sorted({'--' + field.name.replace('_', '-'), '--' + field.name})
        parser.add_argument(*flags, dest=field.name, type=kind, choices=field.metadata['choices'],
                            default=argparse.SUPPRESS, metavar=None if field.metadata['choices'] else 'X',
                            help='{}; default {}'.format(field.metadata['help'].replace('%', '%%'), default))


def make_parser():
    parser = Parser(prog='harlow.py', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', metavar='{{{}}}'.format(','.join(COMMANDS)), parser_class=Parser)

    train = commands.add_parser('train', help='train an agent', description='Trains an agent into a new run directory.')
    train.add_argument('--resume', metavar='RUN', help='go on with this run directory, with its own settings; of the '
                       'settings below only these may be given with it: {}'.format(', '.join('--' + name for name in RESUMABLE)))
    train.add_argument('--seeds', type=int, default=1, metavar='X', help='train this many agents, of --seed and the seeds '
                       'after it; default 1')
    train.add_argument('--jobs', type=int, default=1, metavar='X', help='so many of them at once, each with a log in '
                       '--logdir; default 1')
    train.add_argument('--metrics', choices=('text', 'json'), default='text', help='json: a line {"metric": "reward", "value": '
                       '23.9, "step": 12000} a point on stdout, and nothing else there; default text')
    train.add_argument('--job', choices=('ps', 'worker'), help='what this machine is in the --cluster')
    train.add_argument('--task', type=int, default=0, metavar='N', help='which of them, from 0; ps 0 is given the settings and '
                       'has the run directory; default 0')
    add_settings(train)

    evaluate = commands.add_parser('evaluate', help='measure a trained agent, trial by trial')
    record = commands.add_parser('record', help='draw an episode of a trained agent, as it sees it and beside the lab')
    for command, episodes in ((evaluate, 1000), (record, 1)):
        command.add_argument('run', metavar='RUN', help='run directory')
        command.add_argument('--episodes', type=int, default=episodes, metavar='X',
                             help='episodes to play [episodes]; default %d' % episodes)
        command.add_argument('--seed', type=int, default=1000003, help='what its draws start from; default 1000003')
        command.add_argument('--checkpoint', choices=('latest', 'best'), default='latest', help='default latest')
        command.add_argument('--images', choices=('training', 'held-out'), default='training', help='which it is shown: '
                             'those of its training, or others, which takes an agent that sees pixels; default training')
        command.add_argument('--surroundings', choices=config_module.SURROUNDINGS, help='what the embedded lab shows '
                             'around the screen; default what it was trained with')
        command.add_argument('--looks', choices=config_module.LOOKS, help="which looks the surroundings 'random' "
                             'have; default held-out')
    evaluate.add_argument('--lab', choices=config_module.LABS, help='where it plays; default the one it was trained in')
    evaluate.add_argument('--runfiles-path', '--runfiles_path', metavar='X', help="as that of train; default the run's own")
    evaluate.add_argument('--json', metavar='FILE', help='write the figures there as JSON')
    record.add_argument('-o', '--output', metavar='FILE', default='episode.gif',
                        help='.gif or .mp4; default episode.gif')

    play = commands.add_parser('play', help='play yourself, and be measured the same way')
    play.add_argument('--episodes', type=int, default=5, metavar='X', help='episodes to play [episodes]; default 5')
    play.add_argument('--seed', type=int, metavar='X', help='what its draws start from; default another one each time')
    play.add_argument('--terminal', action='store_true', help='in the terminal, also where there can be a window')
    add_settings(play, PLAYED)

    plot = commands.add_parser('plot', help='draw reward curves and learning sets of runs')
    plot.add_argument('runs', metavar='RUN', nargs='+', help='run directories; those of one preset are its seeds')
    plot.add_argument('-o', '--output', metavar='FILE', default='reward_curves.png',
                      help='where to draw the curves; the learning set goes beside it; default reward_curves.png')

    commands.add_parser('figures', help='draw the figures of img/, training first what its data lack')

    bench = commands.add_parser('bench', help='measure how fast the lab and the training are')
    bench.add_argument('--seconds', type=float, default=2., help='time for each figure [s]; default 2')
    other = bench.add_mutually_exclusive_group()
    other.add_argument('--backends', action='store_true', help='measure instead how training grows with the workers of each '
                       'backend: some 10 minutes')
    other.add_argument('--growth', metavar='FILE', help='measure instead what an update costs with more episodes and more '
                       'images, and draw it there: some 10 minutes, and 1 GB of images')
    return parser


def clustered(args):
    """The settings that go without saying in a cluster."""
    from meta_rl.backends import cluster as clusters
    if args.job is None:
        raise ConfigError('--cluster needs --job ps or --job worker, and --task N: which of its machines this is.')
    if args.seeds > 1:
        raise ConfigError('--seeds is %d: a cluster trains one agent at a time, leave it out.' % args.seeds)
    cluster = clusters.read(args.cluster)
    tasks = len(cluster.ps) if args.job == 'ps' else cluster.workers
    if not 0 <= args.task < tasks:
        raise ConfigError('--task is %d: %s names %d of job %s, counted from 0.' % (args.task, args.cluster, tasks, args.job))
    return {'backend': 'processes', 'ps': len(cluster.ps), 'workers': cluster.workers}


def take_part(args, given):
    """What a machine of a cluster does that is not ps 0. Returns the exit status."""
    from meta_rl.backends import cluster as clusters
    from meta_rl.backends import processes
    theirs = sorted(name for name in vars(args) if name in config_module.NAMES and name not in OWN)
    if theirs or args.resume is not None:
        raise ConfigError('--{} is for ps 0, which hands the settings to all others: leave it out.'.format((theirs + ['resume'])[0]))
    cluster = clusters.read(given['cluster'])
    if args.job == 'ps':
        status = processes.serve(cluster, args.task)
    else:
        status = processes.work(cluster, args.task, {name: given[name] for name in OWN if name in given})
    sys.stdout.flush()
    os._exit(status)  # not by way of TensorFlow's own clearing up, which waits for servers that are gone


def train(args):
    if args.metrics == 'text':
        return train_agents(args)
    if args.seeds > 1:
        raise ConfigError('--metrics json tells of one agent, and --seeds is %d: leave out one of them.' % args.seeds)
    from meta_rl.rundir import metrics
    with metrics.Lines() as lines:
        return train_agents(args, lines)


def train_agents(args, lines=None):
    # Shells leave the ~ of --logdir=~/runs alone.
    given = {name: os.path.expanduser(value) if name in PATHS else value for name, value in vars(args).items()
             if name in config_module.NAMES}
    for name in ('seeds', 'jobs'):
        if getattr(args, name) < 1:
            raise ConfigError('--%s is %d: it must be at least 1.' % (name, getattr(args, name)))
    if args.resume is not None and args.seeds > 1:
        raise ConfigError('--seeds starts new runs: leave out --resume, or resume one run at a time.')
    if given.get('cluster'):
        given.update(clustered(args))
        if (args.job, args.task) != ('ps', 0):
            return take_part(args, given)
    elif args.job or args.task:
        raise ConfigError('--job and --task name a machine of a cluster: give its file with --cluster.')
    if args.resume is not None:
        args.resume = os.path.expanduser(args.resume)
        settings = config_module.load(os.path.join(args.resume, 'config.json'))
        # (The number of servers comes with --cluster.)
        fixed = sorted(set(given) - set(RESUMABLE) - {'ps'}) + ['ps'] * (given.get('ps', settings.ps) != settings.ps)
        if fixed:
            raise ConfigError(f'--{fixed[0]} cannot change in the middle of a run: leave it out, or start a new run without '
                              '--resume.')
        settings = settings.change(**given)
    else:
        settings = config_module.from_preset(given.pop('preset', Config().preset), **given)
    if args.seeds > 1:
        from meta_rl import seeds
        return seeds.train(os.path.abspath(__file__), settings, args.seeds, args.jobs)
    if settings.observation == 'pixels' and settings.encoder == 'wang':
        os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')  # see tf_compat: convolutions are half as fast again with it
    from meta_rl import training
    try:
        run, mean_return, seconds = training.run(settings, args.resume, lines)
    except training.Interrupted as stop:
        mend = f' To go on: python harlow.py train --resume {shlex.quote(stop.run)}' if stop.resumable else ''
        print('\n{}{}'.format(stop.reason or 'Stopped and saved.', mend))
        return 1 if stop.reason else 130
    from meta_rl import psychlab
    from meta_rl.envs import oracles
    from meta_rl.figures import plotting
    best = oracles.ORACLES[-1].mean_return + oracles.TRIALS * psychlab.find_level(settings.level_script).fixation_reward
    print(f'Done in {seconds:.0f} s: mean return {mean_return:.2f} of {best:.0f} over the last 1,000 episodes. Its curve: {plotting.reward_curve(run)}')
    print(f'To measure it trial by trial: python harlow.py evaluate {shlex.quote(run)}')
    return 0


def check_played(args):
    if args.episodes < 1:
        raise ConfigError('--episodes is %d: it must be at least 1.' % args.episodes)
    if args.seed is not None and not 0 <= args.seed < 2 ** 32:
        raise ConfigError('--seed is %d: it must be from 0 to 4294967295.' % args.seed)


def elsewhere(args):
    """The settings that say where an agent plays, if not where it was trained."""
    given = {name: getattr(args, name, None) for name in ('lab', 'runfiles_path', 'surroundings', 'looks')}
    return {name: value for name, value in given.items() if value is not None}


def evaluate(args):
    check_played(args)
    from meta_rl import evaluation
    report = evaluation.evaluate(args.run, args.episodes, args.seed, args.checkpoint, args.images, **elsewhere(args))
    print(evaluation.table(report))
    if args.json:
        config_module.write_json(args.json, report)
    return 0


def record(args):
    check_played(args)
    from meta_rl.figures import recording
    returns = recording.record(args.run, args.output, args.episodes, args.seed, args.checkpoint, args.images,
                               **elsewhere(args))
    print('{}: return {}'.format(args.output, ', '.join(f'{one:g}' for one in returns)))
    return 0


def play(args):
    check_played(args)
    given = {name: value for name, value in vars(args).items() if name in PLAYED + ('preset',)}
    settings = config_module.from_preset(given.pop('preset', Config().preset), **given)
    from meta_rl.play import playing
    seed = playing.new_seed() if args.seed is None else args.seed
    return 0 if playing.run(settings, args.episodes, seed, args.terminal) else 130


def plot(args):
    from meta_rl.figures import plotting
    for path in plotting.plot(args.runs, args.output):
        print(path)
    return 0


def figures(_):
    from meta_rl.figures import published as all_figures
    for path in all_figures.draw_all():
        print(path)
    return 0


def bench(args):
    if not 0 < args.seconds < float('inf'):
        raise ConfigError(f'--seconds is {args.seconds}: it must be more than 0.')
    if args.backends or args.growth:
        from meta_rl.bench import growth, scaling
        growth.run(args.growth) if args.growth else scaling.run()
        return 0
    from meta_rl.bench import speed as measurements
    measurements.run(args.seconds)
    return 0


def main(arguments):
    """Runs one command. Returns the exit status: 0, 2 where the input is wrong, 130 after Ctrl-C."""
    if not arguments or arguments[0] not in COMMANDS + ('-h', '--help'):
        arguments = ['train'] + arguments
    args = make_parser().parse_args(arguments)
    try:
        return {'train': train, 'evaluate': evaluate, 'record': record, 'play': play, 'plot': plot, 'figures': figures,
                'bench': bench}[args.command](args)
    except (ConfigError, OSError) as error:
        print('harlow.py {}: {}'.format(args.command, ' '.join(str(error).split('\n'))), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
