"""Agent: what an agent is to all that trains, measures and draws it."""


class Agent:
    """What differs from agent to agent, and how episodes of its task are scored and drawn.

    restarts: bool, whether episodes may start inside an unroll; in_lab: bool, whether the task is one of the lab and its images.
    film: str, module and function of meta_rl.figures that films an episode; profile: the same, that draws what runs of a preset have
    learned: a function of (preset, run directories, path without ending, ending, what of plotting.plot is
    shown) that returns a list of paths.
    """

    restarts, in_lab = True, True
    film, profile = None, 'plotting.learning_sets'

    def check(self, config):
        """Raises ConfigError where settings do not go together."""

    def spec(self, config):
        """Spec of its environment."""
        raise NotImplementedError

    def make_envs(self, config, folder, count, random, training=False):
        """`count` Environment, of the images in `folder`, drawing from `random`; `training`: with what helps in training."""
        raise NotImplementedError

    def is_episode(self, history):
        """bool: whether plain data is of the form of its environment's `history`."""
        raise NotImplementedError

    def encoder(self, config):
        """Builds the Encoder."""
        raise NotImplementedError

    def memory(self, config, encoder):
        """Builds the Memory over an Encoder."""
        raise NotImplementedError

    def learning(self, config):
        """Learning."""
        raise NotImplementedError

    def kept(self, env):
        """What evaluation keeps of an episode that has just ended in an Environment."""
        return env.episode

    def score(self, config, episodes):
        """What episodes, a list of what `kept` returned, came to: a dict of plain data."""
        raise NotImplementedError

    def table(self, parts, episodes):
        """What `score` found, {name: dict} of whoever played so many episodes, as text."""
        raise NotImplementedError

    def players(self, config):
        """[(name, reward of an episode without what fixation pays)] of players to compare rewards with, the best that can be last."""
        raise NotImplementedError

    def best(self, config):
        """The reward of an episode of the best player that there can be."""
        return self.players(config)[-1][1]
