"""The agents of the Harlow task: one decides, one moves its own gaze."""
from meta_rl.agents.base import Agent
from meta_rl.agents.whole import Whole
from meta_rl.config import ConfigError
from meta_rl.envs import decisions, gaze, observations
from meta_rl.envs.contract import is_history
from meta_rl.envs.gazing import momentum
from meta_rl.envs.references import oracles, scores
from meta_rl.nets import encoders, memories
from meta_rl.nets.gaze_encoder import GazeEncoder
from meta_rl.nets.inputs import Columns
from meta_rl.psychlab import find_level
from meta_rl.psychlab.task import CORRECT_REWARD
from meta_rl.worker import Learning


class Harlow(Agent):
    """The Harlow task."""

    def score(self, config, episodes):
        return scores.of_episodes(episodes, self.restarts)

    def table(self, parts, episodes):
        return scores.report(parts, episodes)

    def players(self, config):
        return [(oracle.name, oracle.mean_return) for oracle in oracles.ORACLES]

    def best(self, config):
        return super().best(config) + oracles.TRIALS * find_level(config.level_script).fixation_reward


class Decisions(Whole, Harlow):
    """Decides left or right; how the gaze gets there is done for it."""

    film = 'films.recording.film_decisions'

    def spec(self, config):
        return decisions.spec_of(config)

    def make_envs(self, config, folder, count, random, training=False):
        return decisions.make_envs(config, folder, count, random)

    def is_episode(self, history):
        return is_history(history, decisions.A_SIZE)

    def encoder(self, config):
        normalized = config.embedding, config.normalizer, config.embedding_scale
        if config.observation == 'crops':
            _, height, width, _ = observations.Crops(config.width, config.height).shape
            return encoders.Crops(height, width, *normalized)
        if config.observation == 'pixels' and config.encoder == 'halves':
            apart = observations.Crops(config.width, config.height).apart
            return encoders.Halves(config.height, config.width, apart, *normalized, config.scaled_pixels)
        if config.observation == 'pixels':
            return encoders.Wang(config.height, config.width, *normalized, config.scaled_pixels, config.conv_activations)
        if config.embedding:
            return encoders.Embedding(config.code_length, config.embedding, config.embedding_scale)
        return encoders.OneHot(config.code_length)


class Gaze(Harlow):
    """Pushes its gaze left or right, frame by frame."""

    film = 'films.recording.film_gaze'

    def check(self, config):
        if config.observation != 'pixels':
            raise ConfigError(f"observation is {config.observation!r}: the control 'gaze' sees 'pixels'.")
        gaze.fovea(config)
        if config.second_units and config.image_gate != 'lit':
            raise ConfigError(f'second_units is {config.second_units} and image_gate {config.image_gate!r}: two LSTMs one above the other '
                              "are told what images are like where these are 'lit'.")
        helps = config.spawn_grid or config.coin_episodes or config.teacher_episodes
        if config.lab != 'embedded' and helps:
            raise ConfigError(f'lab is {config.lab!r}: spawn_grid, coin_episodes and teacher_episodes are of the embedded lab, set '
                              'them to false and 0.')
        if config.coin_episodes and config.coin_start >= config.coin_episodes:
            raise ConfigError(f'coin_start is {config.coin_start}: it must be less than coin_episodes, {config.coin_episodes}, unless '
                              'that is 0.')

    def spec(self, config):
        return gaze.spec_of(config)

    def make_envs(self, config, folder, count, random, training=False):
        return gaze.make_envs(config, folder, count, random, training)

    def is_episode(self, history):
        return gaze.is_episode(history)

    def encoder(self, config):
        height, width, _ = gaze.spec_of(config).shape
        return GazeEncoder(height, width, gaze.fovea(config), config.embedding, config.embedding_scale, config.places,
                           config.fine_places, config.image_gate == 'lit')

    def memory(self, config, encoder):
        if config.second_units:
            return memories.TwoLSTMs(encoder.size, Columns(gaze.A_SIZE), config.units, config.second_units, span=config.forget_span)
        return memories.TwoSpeeds(encoder.what, encoder.where, Columns(gaze.A_SIZE), config.units, config.memory_units,
                                  momentum.NONE if config.waited else None, config.wait_digits if config.waited else 0,
                                  config.image_gate == 'paid', config.write_gate, config.forget_span)

    def learning(self, config):
        return Learning(config.unroll, config.gamma, config.gae_lambda, float(CORRECT_REWARD), config.teacher_episodes,
                        config.entropy_episodes, config.passes, minibatches=config.minibatches)
