"""What a worker reports of an update, to whoever records the run."""
from typing import Any, List, NamedTuple

from meta_rl.envs.contract import Episode


class Update(NamedTuple):
    """One update. T steps, B episodes side by side.

    worker: its number; episodes: those that ended in the unroll; steps: T * B; width: B.
    value: mean of the values, in the lab's reward; losses: Losses; staleness: updates that others made between this worker's
    copying of the weights and its sending of gradients.
    state: of the worker after it, plain data, see Worker.state: a copy, which nothing changes any more.
    """

    worker: int
    episodes: List[Episode]
    steps: int
    width: int
    value: float
    losses: Any
    staleness: int
    state: Any
