"""The table of trials: a CSV file with one row a trial. docs/analysis.md says what its columns are."""
import csv
import io

from meta_rl.rundir import files


class Trials:
    """Gathers rows, and writes them at the end.

    Args:
      path: str, of the file.
    """

    def __init__(self, path):
        self._path, self._text, self._writer = path, io.StringIO(newline=''), None
        self._policy, self._episode = '', 0

    def start(self, policy):
        """The episodes that follow are played by this policy, 'sampled', 'greedy' or 'person'; they are counted from 0."""
        self._policy, self._episode = policy, 0

    def take(self, record):
        """Takes in an EpisodeRecord."""
        for last, trial in record.trials:
            row = {'policy': self._policy, 'episode': self._episode, 'seed': record.seed}
            row.update(trial)
            step = record.steps[last] if record.steps else None
            row['probability'] = f'{step.policy[step.action]:.6g}' if step else ''
            row['value'] = f'{step.value:.6g}' if step else ''
            if self._writer is None:
                self._writer = csv.DictWriter(self._text, list(row), lineterminator='\n')
                self._writer.writeheader()
            self._writer.writerow(row)
        self._episode += 1

    def write(self):
        """Writes the file."""
        files.write(self._path, self._text.getvalue().encode())
