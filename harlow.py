#!/usr/bin/env python3
"""Meta-reinforcement learning of the Harlow task.

    python harlow.py                trains with the default preset, as `train`
    python harlow.py evaluate RUN   measures a trained agent, trial by trial
    python harlow.py record RUN     draws an episode of it, as a GIF or an MP4
    python harlow.py play           a person plays, and is measured the same way
    python harlow.py plot RUN...    draws reward curves and learning sets
    python harlow.py compare RUN... compares runs in one table and figure
    python harlow.py analyse RUN... decoders, lesions and more, with figures
    python harlow.py presets        lists the presets, and what each gives
    python harlow.py figures        draws the figures of img/
    python harlow.py bench          measures how fast all of it is
"""
import os
import sys

from meta_rl.console import startup

# This file is read by every Python, 2.7 too, to say that it is not supported: there are no f-strings in it.
if __name__ == '__main__':
    startup.begin()  # before any import that takes a newer Python or a package

from meta_rl import config as config_module  # noqa: E402
from meta_rl.command import flags, machines  # noqa: E402
from meta_rl.command.flags import COMMANDS, PLAYED, RESUMABLE  # noqa: E402
from meta_rl.command.parsing import check_played, check_words  # noqa: E402
from meta_rl.config import Config, ConfigError  # noqa: E402
from meta_rl.console import hints, output  # noqa: E402
from meta_rl.console.stops import STOPPED  # noqa: E402
from meta_rl.rundir import files  # noqa: E402

PATHS = config_module.PATHS + ('resume', 'published', 'run', 'output', 'json', 'trials', 'activity', 'growth')


def make_parser():
    return flags.make_parser(__doc__)


def images_shown(args):
    """Which images a trained agent is shown, and where these are: keywords of evaluation.Frozen."""
    return {name: getattr(args, name) for name in ('images', 'any_images', 'image_cache') if hasattr(args, name)}


def train(args):
    if args.json is not None:
        files.check(args.json)
    if args.metrics == 'text':
        return train_agents(args)
    if args.seeds > 1:
        raise ConfigError('--metrics json tells of one agent, and --seeds is %d: leave out one of them.' % args.seeds)
    from meta_rl.rundir import metrics
    with metrics.Lines() as lines:
        return train_agents(args, lines)


def train_agents(args, lines=None):
    given = {name: value for name, value in vars(args).items() if name in config_module.NAMES}
    for name in ('seeds', 'jobs'):
        if getattr(args, name) < 1:
            raise ConfigError('--%s is %d: it must be at least 1.' % (name, getattr(args, name)))
    if args.resume is not None and args.seeds > 1:
        raise ConfigError('--seeds starts new runs: leave out --resume, or resume one run at a time.')
    if given.get('cluster'):
        given.update(machines.settings_of(args))
        if (args.job, args.task) != ('ps', 0):
            machines.take_part(args, given)
    elif args.job or args.task:
        raise ConfigError('--job and --task name a machine of a cluster: give its file with --cluster.')
    if args.resume is not None:
        settings = config_module.load(os.path.join(args.resume, 'config.json'))
        # (The number of servers comes with --cluster.)
        fixed = sorted(set(given) - set(RESUMABLE) - {'ps'}) + ['ps'] * (given.get('ps', settings.ps) != settings.ps)
        if fixed:
            raise ConfigError('--{} cannot change in the middle of a run: leave it out, or start a new run without '
                              '--resume.'.format(fixed[0].replace('_', '-')))
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
        return seeds.train(os.path.abspath(__file__), settings, args.seeds, args.jobs, args.json, args.quiet)
    return train_one(settings, args, lines, images)


def train_one(settings, args, lines, images):
    from meta_rl import onednn
    onednn.choose(settings)  # before TensorFlow is imported
    from meta_rl import training
    try:
        run, mean_return, seconds = training.run(settings, args.resume, lines, *filter(None, [images]))
    except training.Interrupted as stop:
        mend = ' To go on: ' + hints.command_line('train', '--resume', stop.run) if stop.resumable else ''
        output.say('', (stop.reason or 'Stopped and saved.') + mend)
        return 1 if stop.reason else STOPPED
    from meta_rl import agents
    from meta_rl.figures import plotting
    if args.json is not None:
        files.write_json(args.json, {'run': run, 'return_mean': mean_return, 'seconds': seconds})
    best = agents.of(settings).best(settings)
    output.say('Done in {:.0f} s: mean return {:.2f} of {:.0f} over the last {:,} episodes. Its curve: {}'.format(
        seconds, mean_return, best, min(1000, int(plotting.curve_of(run)['episodes'][-1])), plotting.reward_curve(run)))
    output.note('To measure it trial by trial: ' + hints.command_line('evaluate', run))
    return 0


def elsewhere(args):
    """The settings that say where a trained agent plays, if not where it was trained, and on which images."""
    given = {name: getattr(args, name) for name in ('lab', 'runfiles_path', 'surroundings', 'looks') if getattr(args, name) is not None}
    return dict(given, **images_shown(args))


def evaluate(args):
    check_played(args)
    for path in [path for path in (args.json, args.trials, args.activity) if path is not None]:
        files.check(path)
    if args.published is None and args.run is None:
        raise ConfigError('RUN is missing: give a run directory, or --published and a published checkpoint.')
    if args.published is not None:
        unused = [name for name, given in (('RUN', args.run), ('--lab', args.lab), ('--runfiles-path', args.runfiles_path),
                                           ('--checkpoint', args.checkpoint != 'latest'),
                                           ('--images', 'images' in args), ('--trials', args.trials),
                                           ('--activity', args.activity), ('--surroundings', args.surroundings),
                                           ('--looks', args.looks), ('--any-images', getattr(args, 'any_images', False)),
                                           ('--image-cache', 'image_cache' in args)) if given]
        if unused:
            raise ConfigError('--published has no use for {}, as its task is the two-step task: leave it out.'.format(unused[0]))
        from meta_rl.command import published as measured
        report = measured.measure(args.published, args.episodes, args.seed)
    else:
        from meta_rl import evaluation as measured
        report = measured.evaluate(args.run, args.episodes, args.seed, args.checkpoint, trials=args.trials,
                                   activity=args.activity, **elsewhere(args))
    if args.json is not None:  # first: nobody may be there to read the table
        files.write_json(args.json, report)
    print(measured.table(report))
    return 0


def record(args):
    check_played(args)
    files.check(args.output)
    from meta_rl.figures.films import recording
    returns = recording.record(args.run, args.output, args.episodes, args.seed, args.checkpoint, **elsewhere(args))
    print('{}: return {}'.format(args.output, ', '.join('{:g}'.format(one) for one in returns)))
    return 0


def play(args):
    check_played(args)
    if args.trials is not None:
        files.check(args.trials)
    given = {name: value for name, value in vars(args).items() if name in PLAYED + ('preset',)}
    settings = config_module.from_preset(given.pop('preset', Config().preset), **given)
    if settings.environment != Config().environment:
        raise ConfigError('--preset is {}, of the environment {!r}: a person plays {!r} alone, choose a preset of it.'.format(
            settings.preset, settings.environment, Config().environment))
    from meta_rl.play import playing
    seed = playing.new_seed() if args.seed is None else args.seed
    return 0 if playing.run(settings, args.episodes, seed, args.terminal, args.trials) else STOPPED


def plot(args):
    files.check(args.output)
    from meta_rl.figures import plotting
    for path in plotting.plot(args.runs, args.output, **images_shown(args)):
        print(path)
    return 0


def compare(args):
    check_played(args)
    files.check(args.output)
    from meta_rl.figures import comparison
    print(comparison.compare(args.runs, args.output, args.episodes, seed=args.seed, **images_shown(args)))
    output.say('', args.output)
    return 0


def analyse(args):
    check_played(args)
    from meta_rl.analysis import everything
    return everything.run(args)


def presets(_):
    from meta_rl.command import presets_list
    print(presets_list.table())
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
        files.check(os.path.splitext(args.growth)[0] + '.csv')
    if args.backends or args.growth:
        from meta_rl import training
        from meta_rl.bench import growth, scaling
        try:
            growth.run(args.growth) if args.growth else scaling.run()
        except training.Interrupted as stop:
            output.say('', stop.reason or 'Stopped.')
            return 1 if stop.reason else STOPPED
        return 0
    from meta_rl.bench import speed as measurements
    measurements.run(args.seconds)
    return 0


def main(arguments):
    """Runs one command. Returns the exit status: 0, 1 where it could not end its work, 2 where the input is wrong, 130 after Ctrl-C."""
    if not arguments or arguments[0].startswith('-') and arguments[0] not in ('-h', '--help', '--version'):
        arguments = ['train'] + arguments
    try:
        args = make_parser().parse(arguments, COMMANDS)
        output.set_quiet(getattr(args, 'quiet', False))
        for name in PATHS:  # shells leave the ~ of --logdir=~/runs alone
            if isinstance(getattr(args, name, None), str):
                setattr(args, name, os.path.expanduser(getattr(args, name)))
        check_words(args)
        reason = None if args.command == 'presets' else startup.missing()
        if reason:
            raise ConfigError(reason)
        status = {'train': train, 'evaluate': evaluate, 'record': record, 'play': play, 'plot': plot, 'compare': compare,
                  'analyse': analyse, 'presets': presets, 'figures': figures, 'bench': bench}[args.command](args)
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
        return STOPPED


def main_command():
    """The command `harlow`, which `pip install .` installs: the same as `python harlow.py`."""
    startup.begin()
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        output.finish()


if __name__ == '__main__':
    main_command()
