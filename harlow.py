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
import json
import os
import sys

from meta_rl.console import startup

# This file is read by every Python, 2.7 too, to say that it is not supported: there are no f-strings in it.
if __name__ == '__main__':
    startup.begin()  # before any import that takes a newer Python or a package

import attr  # noqa: E402

from meta_rl import config as config_module  # noqa: E402
from meta_rl.command.parsing import Parser, check_played, check_words, truth  # noqa: E402
from meta_rl.config import Config, ConfigError  # noqa: E402
from meta_rl.console import hints, output  # noqa: E402
from meta_rl.rundir import files  # noqa: E402

COMMANDS = 'train', 'evaluate', 'record', 'play', 'plot', 'figures', 'bench'
# What may change when a run goes on, and what a machine of a cluster may say for itself.
RESUMABLE = 'episodes device log_every checkpoint_every workers backend cluster ray_address images image_cache'.split()
OWN = 'cluster', 'device', 'image_cache', 'runfiles_path'
PATHS = 'logdir', 'images', 'held_out_images', 'image_cache', 'runfiles_path', 'cluster'
# What counts where a person plays.
PLAYED = ('lab', 'runfiles_path', 'level_script', 'surroundings', 'width', 'height', 'images', 'image_set', 'image_count',
          'image_seed', 'image_cache', 'sides',
          'late')


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


def add_images(parser, meaning):
    """Flags that say which images a trained agent is shown, and where these are: keywords of evaluation.Frozen."""
    parser.add_argument('--images', metavar='X', default=argparse.SUPPRESS, help=meaning)
    parser.add_argument('--image-cache', '--image_cache', metavar='FOLDER', default=argparse.SUPPRESS,
                        help="cache to look for images in first; default the run's own")
    parser.add_argument('--any-images', action='store_true', default=argparse.SUPPRESS,
                        help='take the images that are there, also if the run was not trained with them')


def images_shown(args):
    given = {name: getattr(args, name) for name in ('images', 'any_images', 'image_cache') if hasattr(args, name)}
    return {name: os.path.expanduser(value) if name in PATHS else value for name, value in given.items()}


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
    evaluate.add_argument('run', metavar='RUN', nargs='?', help='run directory')
    evaluate.add_argument('--published', metavar='FILE', help='measure instead a published two-step agent: FOLDER/seed0, where '
                          'FOLDER has seed0.index and seed0.data-00000-of-00001')
    record.add_argument('run', metavar='RUN', help='run directory')
    for command, episodes in ((evaluate, 1000), (record, 1)):
        command.add_argument('--episodes', type=int, default=episodes, metavar='X',
                             help='episodes to play [episodes]; default %d' % episodes)
        command.add_argument('--seed', type=int, default=1000003, help='what its draws start from; default 1000003')
        command.add_argument('--checkpoint', choices=('latest', 'best'), default='latest', help='default latest')
        add_images(command, "'training' or 'held-out', which it is shown: those of its training, or others, which takes an agent "
                   'that sees pixels; or a FOLDER in which either are; default training')
        command.add_argument('--surroundings', choices=config_module.SURROUNDINGS, help='what the embedded lab shows around the '
                             'screen; default what it was trained with')
        command.add_argument('--looks', choices=config_module.LOOKS, help="which looks the surroundings 'random' have; default held-out")
        command.add_argument('--lab', choices=config_module.LABS, help='where it plays; default the one it was trained in')
        command.add_argument('--runfiles-path', '--runfiles_path', metavar='X', help="as that of train; default the run's own")
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
    add_images(plot, 'as that of evaluate, for the learning set; default held-out for agents that see pixels')

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
            raise ConfigError('--{} cannot change in the middle of a run: leave it out, or start a new run without '
                              '--resume.'.format(fixed[0]))
        images = given.pop('images', '')  # where the run's own are now: it takes no others
        settings = settings.change(**given)
    else:
        images, settings = '', config_module.from_preset(given.pop('preset', Config().preset), **given)
    if args.jobs > 1 and args.seeds == 1:
        raise ConfigError('--jobs is {0}, and there is one agent to train: give --seeds {0} or more with it, or leave it out.'.format(
            args.jobs))
    if not args.resume:
        files.check_run_folders(settings.logdir, settings.image_cache)
    if args.seeds > 1:
        from meta_rl.command import seeds
        return seeds.train(os.path.abspath(__file__), settings, args.seeds, args.jobs)
    from meta_rl import onednn
    onednn.choose(settings)
    from meta_rl import training
    try:
        run, mean_return, seconds = training.run(settings, args.resume, lines, *filter(None, [images]))
    except training.Interrupted as stop:
        mend = ' To go on: ' + hints.command_line('train', '--resume', stop.run) if stop.resumable else ''
        output.say('', (stop.reason or 'Stopped and saved.') + mend)
        return 1 if stop.reason else 130
    from meta_rl import agents
    from meta_rl.figures import plotting
    best = agents.of(settings).best(settings)
    output.say('Done in {:.0f} s: mean return {:.2f} of {:.0f} over the last {:,} episodes. Its curve: {}'.format(
        seconds, mean_return, best, min(1000, int(plotting.curve_of(run)['episodes'][-1])), plotting.reward_curve(run)))
    output.say('To measure it trial by trial: ' + hints.command_line('evaluate', run))
    return 0


def elsewhere(args):
    """The settings that say where a trained agent plays, if not where it was trained, and on which images."""
    given = {name: getattr(args, name) for name in ('lab', 'runfiles_path', 'surroundings', 'looks') if getattr(args, name) is not None}
    return dict(given, **images_shown(args))


def evaluate(args):
    check_played(args)
    if args.json is not None:
        files.check(args.json)
    if args.published is None and args.run is None:
        raise ConfigError('RUN is missing: give a run directory, or --published and a published checkpoint.')
    if args.published is not None:
        unused = [name for name, given in (('RUN', args.run), ('--lab', args.lab), ('--runfiles-path', args.runfiles_path),
                                           ('--checkpoint', args.checkpoint != 'latest'),
                                           ('--images', 'images' in args)) if given]
        if unused:
            raise ConfigError('--published has no use for {}, as its task is the two-step task: leave it out.'.format(unused[0]))
        from meta_rl import published as measured
        report = measured.measure(os.path.expanduser(args.published), args.episodes, args.seed)
    else:
        from meta_rl import evaluation as measured
        report = measured.evaluate(args.run, args.episodes, args.seed, args.checkpoint, **elsewhere(args))
    if args.json is not None:  # first: nobody may be there to read the table
        files.write(args.json, (json.dumps(report, indent=2, sort_keys=True) + '\n').encode())
    print(measured.table(report))
    return 0


def record(args):
    check_played(args)
    files.check(args.output)
    from meta_rl.figures import recording
    returns = recording.record(args.run, args.output, args.episodes, args.seed, args.checkpoint, **elsewhere(args))
    print('{}: return {}'.format(args.output, ', '.join('{:g}'.format(one) for one in returns)))
    return 0


def play(args):
    check_played(args)
    given = {name: value for name, value in vars(args).items() if name in PLAYED + ('preset',)}
    settings = config_module.from_preset(given.pop('preset', Config().preset), **given)
    if settings.environment != Config().environment:
        raise ConfigError('--preset is {}, of the environment {!r}: a person plays {!r} alone, choose a preset of it.'.format(
            settings.preset, settings.environment, Config().environment))
    from meta_rl.play import playing
    seed = playing.new_seed() if args.seed is None else args.seed
    return 0 if playing.run(settings, args.episodes, seed, args.terminal) else 130


def plot(args):
    files.check(args.output)
    from meta_rl.figures import plotting
    for path in plotting.plot(args.runs, args.output, **images_shown(args)):
        print(path)
    return 0


def figures(_):
    from meta_rl.figures import all_figures
    for path in all_figures.draw_all():
        output.say(path)
    return 0


def bench(args):
    if not 0 < args.seconds < float('inf'):
        raise ConfigError('--seconds is {}: it must be more than 0.'.format(args.seconds))
    if args.growth is not None:
        files.check(args.growth)
    if args.backends or args.growth:
        from meta_rl.bench import growth, scaling
        growth.run(args.growth) if args.growth else scaling.run()
        return 0
    from meta_rl.bench import speed as measurements
    measurements.run(args.seconds)
    return 0


def main(arguments):
    """Runs one command. Returns the exit status: 0, 1 where it could not end its work, 2 where the input is wrong, 130 after Ctrl-C."""
    if not arguments or arguments[0].startswith('-') and arguments[0] not in ('-h', '--help'):
        arguments = ['train'] + arguments
    try:
        args = make_parser().parse(arguments, COMMANDS)
        check_words(args)
        reason = startup.missing()
        if reason:
            raise ConfigError(reason)
        status = {'train': train, 'evaluate': evaluate, 'record': record, 'play': play, 'plot': plot, 'figures': figures,
                  'bench': bench}[args.command](args)
        output.flush()
        return status
    except BrokenPipeError as error:
        output.silence(sys.stdout)
        output.warn('harlow.py: nothing reads the output any more ({}).'.format(error.strerror))
        return 1
    except (ConfigError, OSError) as error:
        output.warn('harlow.py {}: {}'.format(arguments[0], ' '.join(str(error).split('\n'))))
        return 2
    except ImportError as error:
        reason = startup.broken(error)
        if reason is None:
            raise
        output.warn('harlow.py {}: {}'.format(arguments[0], reason))
        return 2
    except KeyboardInterrupt:
        return 130


def main_command():
    """The command `harlow`, which `pip install .` installs: the same as `python harlow.py`."""
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        output.finish()


if __name__ == '__main__':
    main_command()
