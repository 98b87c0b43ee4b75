"""--quiet: no progress; what comes out, warnings and errors are there."""
import time

from meta_rl.console import output
from meta_rl.console.progress import Progress

from helpers.programs.commands import TINY, run_main


def test_a_quiet_run_prints_its_last_line_alone(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert run_main('train', '--quiet', '--episodes', '64', '--log-every', '32', *TINY) == 0
    out, err = capfd.readouterr()
    line, = out.splitlines()
    assert line.startswith('Done in ') and 'runs/' in line and err == ''
    run = line.split('Its curve: ')[1].rsplit('/', 1)[0]
    assert run_main('evaluate', '--quiet', run, '--episodes', '8') == 0
    out, err = capfd.readouterr()
    assert out.startswith('8 episodes with frozen weights') and err == ''
    assert run_main('evaluate', 'nowhere', '--quiet') == 2
    assert capfd.readouterr().err.startswith('harlow.py evaluate: nowhere')
    assert run_main('train', '--episodes', '64', '--log-every', '32', *TINY) == 0  # not for good
    assert 'Training harlow42' in capfd.readouterr().out


def test_no_line_of_progress(monkeypatch, capsys):
    now = [0.]
    monkeypatch.setattr(time, 'monotonic', lambda: now[0])
    for quiet in (True, False):
        output.set_quiet(quiet)
        with Progress(10, 'measuring', 'episodes') as progress:
            now[0] += 100
            progress.add()
        output.note('a hint')
        output.say('a result')
        out, err = capsys.readouterr()
        assert out.splitlines() == (['a result'] if quiet else ['a hint', 'a result'])
        assert err == ('' if quiet else 'measuring: 1 of 10 episodes, 900 s left\n')
