"""Backend: what carries the workers of a run, whatever it is."""
import contextlib
from typing import Any, Dict, List, Optional

from meta_rl.config import Config


class Backend:
    """Builds all that trains into `graph`, and trains.

    Args:
      config: Config.
      folder: dataset folder of %04d.png.
    Raises: ConfigError where the lab does not take its settings.

    Attributes: graph; initialize, operation; variables, all that a trained network is; others, what only further training
    needs; copies, see Checkpoints; device, where checkpoints are written from; warning, a sentence or None.
    """

    device: str = '/cpu:0'
    warning: Optional[str] = None

    def __init__(self, config: Config, folder: str) -> None:
        self._config, self._folder = config, folder
        self.copies: Dict[str, Any] = {}
        self._states: List[Any] = [None] * config.workers
        self._opened = contextlib.ExitStack()

    def session(self) -> Any:
        """tf.Session that reaches the shared network."""
        raise NotImplementedError

    def states(self) -> List[Any]:
        """list: the state of each worker after the last update that it reported, plain data; None for one that has not yet."""
        return list(self._states)

    def set_states(self, states: List[Any]) -> None:
        """Has the workers go on from what `states` returned."""
        self._states[:len(states)] = states[:len(self._states)]

    def train(self, session: Any, recorder: Any, directory: str) -> None:
        """Trains until the recorder is over. directory: str, path of the run directory.

        What a worker raises is raised here, and so is KeyboardInterrupt, at rest. Raises WorkersLost where no worker is left,
        ServersLost where shared weights are gone.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Closes the labs, and ends all processes that were started here. A second time does nothing."""
        self._opened.close()
