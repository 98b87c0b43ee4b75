"""A figure of one agent at work: what it sees, what its encoder makes of it and where it looks, and what it does then."""
import numpy as np

from meta_rl.environment import TRIALS
from meta_rl.evaluation import HELD_OUT, Frozen
from meta_rl.plotting import pyplot, save

PATCH = 4  # pixels of a side of what is covered


def attention(encode, view):
    """Where an encoder looks: how far, as a part of their length, its features move when PATCH x PATCH pixels are covered.

    Args:
      encode: function from views, uint8 [V, H, W, 3], to features, float [V, F].
      view: uint8 [H, W, 3].
    Returns: float [H / PATCH, W / PATCH].
    """
    rows, columns = (side // PATCH for side in view.shape[:2])
    covered = np.repeat(view[None], rows * columns, 0)
    for number in range(rows * columns):
        top, left = PATCH * (number // columns), PATCH * (number % columns)
        covered[number, top:top + PATCH, left:left + PATCH] = 127
    plain = encode(view[None])
    return (np.linalg.norm(encode(covered) - plain, axis=1) / np.linalg.norm(plain)).reshape(rows, columns)


def draw(run, path, seed=0):
    """Draws an episode of held-out images, played by the agent of a run directory that sees frames, into `path`; returns it."""
    with Frozen(run, HELD_OUT) as frozen:
        rollout, features, policies = frozen.restore().episode(seed)
        maps = [attention(frozen.encode, view) for view in rollout.views]
    frames = rollout.views[rollout.seen[:, 0]]
    figure, axes = pyplot.subplots(4, TRIALS, figsize=(11, 6.4), gridspec_kw={'height_ratios': [4, 4, 1.6, 2]})
    limit = np.abs(features).max()
    for trial in range(TRIALS):
        seen, looks, made, does = axes[:, trial]
        seen.imshow(frames[trial])
        seen.set_title('trial %d: %s, %+d' % (trial + 1, ('left', 'right')[rollout.actions[trial, 0]],
                                              rollout.rewards[trial, 0]), fontsize=9)
        looks.imshow(maps[rollout.seen[trial, 0]], cmap='magma', vmin=0, vmax=max(one.max() for one in maps))
        made.imshow(features[trial].reshape(2, -1), cmap='RdBu', vmin=-limit, vmax=limit, aspect='auto')
        does.bar(['left', 'right'], policies[trial], color=['C0', 'C1'])
        does.set_ylim(0, 1)
        for one in (seen, looks, made):
            one.set_xticks([])
            one.set_yticks([])
        if trial:
            does.set_yticks([])
    for one, label in zip(axes[:, 0], ('frame', 'where the encoder\nlooks', 'features', 'policy')):
        one.set_ylabel(label, fontsize=9)
    return save(figure, path)
