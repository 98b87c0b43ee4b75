"""harlow.py that presses Ctrl-C on itself: python tests/helpers/programs/interrupted.py EPISODES [halfway] train ... (see runs.Run).

That comes in the middle of the recorder's taking in of the update that makes EPISODES: at that time the shared weights have the
update, and the curve and the random states do not. With `halfway` it comes with the first pass over an unroll after that many.
"""
import os
import signal
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.dirname(TESTS), TESTS]

import harlow


def press_at(episodes, halfway):
    from meta_rl.rundir.recorder import Recorder
    pressed = []

    def take_in(self, update, original=Recorder._take_in):
        due = self.episodes < episodes <= self.episodes + len(update.episodes)
        if halfway:
            due = self.episodes >= episodes and not update.steps and not pressed
        if due:
            pressed.append(self.episodes)
            os.kill(os.getpid(), signal.SIGINT)
        original(self, update)
    Recorder._take_in = take_in


if __name__ == '__main__':  # processes that are spawned import this file, too
    from meta_rl import onednn
    halfway = sys.argv[2] == 'halfway'

    def choose(config, original=onednn.choose):
        original(config)  # before TensorFlow is imported, as in harlow.py
        press_at(int(sys.argv[1]), halfway)
    onednn.choose = choose
    sys.exit(harlow.main(sys.argv[3 if halfway else 2:]))
