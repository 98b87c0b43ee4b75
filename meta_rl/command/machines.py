"""What a machine of a cluster does: `train --cluster FILE --job ps --task 0`."""
import os
import sys

from meta_rl import config as config_module
from meta_rl.config import ConfigError

OWN = 'cluster', 'device', 'image_cache', 'runfiles_path'  # settings that a machine may say for itself


def settings_of(args):
    """The settings that go without saying in a cluster. ConfigError where `args` name no machine of it."""
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
    """What a machine does that is not ps 0. Ends the process with its exit status."""
    from meta_rl.backends import cluster as clusters
    from meta_rl.backends import processes
    theirs = sorted(name for name in vars(args) if name in config_module.NAMES and name not in OWN)
    theirs += [name for name, given in (('resume', args.resume is not None), ('json', args.json is not None),
                                        ('metrics', args.metrics != 'text'), ('jobs', args.jobs != 1)) if given]
    if theirs:
        raise ConfigError('--{} is for ps 0, which hands the settings to all others and records the run: leave it out.'.format(theirs[0]))
    cluster = clusters.read(given['cluster'])
    if args.job == 'ps':
        status = processes.serve(cluster, args.task)
    else:
        status = processes.work(cluster, args.task, {name: given[name] for name in OWN if name in given})
    sys.stdout.flush()
    os._exit(status)  # not by way of TensorFlow's own clearing up, which waits for servers that are gone
