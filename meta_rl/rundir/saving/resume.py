"""What a run goes on from: the state beside its newest whole checkpoint, looked at before anything rests on it."""
from meta_rl.config import ConfigError
from meta_rl.rundir import monitor
from meta_rl.rundir.saving import checkpoints, digests


def newest(run, corruption_of_worker):
    """Path of the checkpoint that a run directory goes on from: see checkpoints.latest. ConfigError where its state is none.

    corruption_of_worker: function that says what is wrong with the state of a worker, a clause, or None.
    """
    path = checkpoints.latest(run, resumable=True)
    try:
        wrong = corruption(digests.read(path), corruption_of_worker)
    except (OSError, ValueError) as error:  # another process is at work there
        wrong = str(error)
    if wrong:
        raise ConfigError(f'{path}.json does not hold the state of a run ({wrong}): take this checkpoint away, or train anew.')
    return path


def corruption(state, of_worker):
    """What is wrong with a state that Recorder.save wrote, or None. Each part of it is checked by whose it is."""
    wrong = monitor.corruption(state.get('monitor'))
    if wrong:
        return wrong
    workers = state.get('random')
    if not isinstance(workers, list):
        return 'random is no list of the states of workers'
    for number, worker in enumerate(workers):
        wrong = None if worker is None else of_worker(worker)
        if wrong:
            return 'random is no list of the states of workers: of worker %d, %s' % (number, wrong)
    return None
