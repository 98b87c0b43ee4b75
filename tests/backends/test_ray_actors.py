"""Rays where workers fail, with a Ray that is made up: no cluster is started."""
import types

import numpy as np
import pytest

from meta_rl.ac_network import Counts
from meta_rl.backends import ray_actors
from meta_rl.labs.lab_process import LabDied
from meta_rl.rundir.recorder import WorkersLost

pytest.importorskip('ray', reason='Ray is not installed')
from ray import exceptions


class Promise:
    def __init__(self, number):
        self.number = number


class Ray:
    """Actors of which each answer is the next of its `answers`: errors, or 0 for an update of an unroll that has passes left."""

    exceptions = exceptions

    def __init__(self, answers):
        self.answers, self.killed = answers, []

    def remote(self, **_):
        return lambda cls: types.SimpleNamespace(remote=lambda config, number, *_: types.SimpleNamespace(
            number=number, learn=types.SimpleNamespace(remote=lambda *_: Promise(number)),
            close=types.SimpleNamespace(remote=lambda: None)))

    def wait(self, promises, num_returns=1, timeout=None):
        return promises[:1], promises[1:]

    def get(self, promise):
        answer = self.answers[promise.number].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [np.zeros(1)], 0, types.SimpleNamespace(
            worker=promise.number, steps=answer, _replace=lambda staleness: types.SimpleNamespace(
                worker=promise.number, steps=answer, state=staleness))

    def kill(self, actor):
        self.killed.append(actor.number)

    def cluster_resources(self):
        return {}


class Recorder:
    """Is over after so many reports; `done` as told."""

    def __init__(self, reports, done=True):
        self.reported, self._reports, self._done = [], reports, done

    over = property(lambda self: len(self.reported) >= self._reports)
    done = property(lambda self: self.over and self._done)

    def report(self, update):
        self.reported.append((update.worker, update.steps))


def train(monkeypatch, answers, recorder):
    ray = Ray(answers)
    monkeypatch.setattr(ray_actors, 'ray', ray)
    monkeypatch.setattr(ray_actors.shared_network, 'update_of', lambda report: report)
    backend = object.__new__(ray_actors.Rays)
    backend._config = types.SimpleNamespace(workers=len(answers), device='/cpu:0')
    backend._states, backend._fingerprint = [None] * len(answers), None
    backend._network = types.SimpleNamespace(
        shards=[], pull=lambda sessions: (Counts(0, 0), [0]), push_calls=lambda sessions: [lambda vector, ended: (vector, 0, 1)])
    try:
        backend.train(None, recorder, '')
    finally:
        assert ray.killed == list(range(len(answers)))


@pytest.mark.parametrize('error', [exceptions.OutOfMemoryError('no memory'), exceptions.RuntimeEnvSetupError('no code'),
                                   exceptions.RayActorError(), exceptions.NodeDiedError('no machine')])
def test_without_a_worker_that_is_lost_the_others_go_on(monkeypatch, capsys, error):
    recorder = Recorder(3)
    train(monkeypatch, [[error], [5, 5, 5, 5]], recorder)
    assert recorder.reported == [(1, 5)] * 3
    said = capsys.readouterr().out
    assert said.startswith('Worker 0 is lost (') and said.endswith('): going on with the 1 left of 2.\n') and said.count('\n') == 1


def test_without_any_the_run_ends(monkeypatch):
    with pytest.raises(WorkersLost):
        train(monkeypatch, [[5, exceptions.OutOfMemoryError('no memory')]], Recorder(3))


def test_one_that_could_not_be_made_says_why(monkeypatch, capsys):
    error = exceptions.RayActorError(
        error_msg='The actor died.\n  File x\nmeta_rl.config.ConfigError: copy the images.', actor_init_failed=True)
    train(monkeypatch, [[error], [5]], Recorder(1))
    assert 'Worker 0 is lost (meta_rl.config.ConfigError: copy the images.): ' in capsys.readouterr().out


@pytest.mark.parametrize('cause', [LabDied('The lab ended.'), ZeroDivisionError('of its own')])
def test_what_a_worker_raises_is_raised_and_a_lab_that_died_in_its_own_words(monkeypatch, cause):
    error = exceptions.RayTaskError('learn', 'Traceback: many lines', cause).as_instanceof_cause()
    with pytest.raises(type(cause)) as caught:
        train(monkeypatch, [[error], [5]], Recorder(2))
    assert (str(caught.value) == 'The lab ended.') == isinstance(cause, LabDied)


@pytest.mark.parametrize('done, reported', [(True, [(0, 0)]), (False, [(0, 0), (0, 0), (0, 5)])])
def test_where_nothing_takes_what_is_said_an_unroll_is_learned_from_to_its_end(monkeypatch, done, reported):
    recorder = Recorder(1, done)
    train(monkeypatch, [[0, 0, 5, 7]], recorder)
    assert recorder.reported == reported
