"""A figure of one agent at work: what it sees, what its encoder makes of it and where it looks, and what it does then."""
import numpy as np

from meta_rl.evaluation import HELD_OUT, Frozen
from meta_rl.figures.plotting import own_style, save, subplots
from meta_rl.psychlab.task import TRIALS

PATCH = 4   # pixels of a side of what is replaced
OTHERS = 8  # frames that the replacements are taken from


def attention(encode, view, others):
    """Where an encoder looks: how far its features move when PATCH x PATCH pixels become those of another frame, on average.

    (Not those of a grey patch: where all frames are alike, grey is something that the encoder has never met.)

    Args:
      encode: function from views, uint8 [V, H, W, 3], to features, float [V, F].
      view: uint8 [H, W, 3].
      others: uint8 [K, H, W, 3].
    Returns: float [H / PATCH, W / PATCH].
    """
    rows, columns = (side // PATCH for side in view.shape[:2])
    moved, plain = np.zeros(rows * columns), encode(view[None])
    for other in others:
        changed = np.repeat(view[None], rows * columns, 0)
        for number in range(rows * columns):
            top, left = PATCH * (number // columns), PATCH * (number % columns)
            changed[number, top:top + PATCH, left:left + PATCH] = other[top:top + PATCH, left:left + PATCH]
        moved += np.linalg.norm(encode(changed) - plain, axis=1)
    return moved.reshape(rows, columns) / len(others)


@own_style
def draw(run, path, seed=0):
    """Draws an episode of held-out images, played by the agent of a run directory that sees frames, into `path`; returns it."""
    with Frozen(run, HELD_OUT) as frozen:
        played, features = frozen.restore().episode(seed)
        others = [frozen.episode(seed + k)[0].views[0] for k in range(1, OTHERS + 1)]
        maps = [attention(frozen.encode, view, others) for view in played.views]
    indices, policies = played.view_index[:, 0], played.policies[:, 0]
    frames = played.views[indices]
    # A narrow column at the right has the scales of colour.
    figure, axes = subplots(4, TRIALS + 1, figsize=(11.6, 7), gridspec_kw={'height_ratios': [4, 4, 1.6, 2], 'width_ratios': [1] * TRIALS + [.12]})
    limit = np.abs(features).max()
    for trial in range(TRIALS):
        seen, looks, made, does = axes[:, trial]
        seen.imshow(frames[trial])
        seen.set_title('trial %d: %s, %+d' % (trial + 1, ('left', 'right')[played.actions[trial, 0]],
                                              played.rewards[trial, 0]), fontsize=9)
        attended = looks.imshow(maps[indices[trial]], cmap='magma', vmin=0, vmax=max(one.max() for one in maps))
        shades = made.imshow(features[trial].reshape(2, -1), cmap='RdBu', vmin=-limit, vmax=limit, aspect='auto',
                    interpolation='nearest')
        does.bar(['left', 'right'], policies[trial], color=['C0', 'C1'])
        does.set_ylim(0, 1)
        for one in (seen, looks, made):
            one.set_xticks([])
            one.set_yticks([])
        if trial:
            does.set_yticks([])
    for place, image, label in ((axes[1, -1], attended, 'change of features'), (axes[2, -1], shades, 'value')):
        figure.colorbar(image, cax=place).set_label(label, fontsize=8)
        place.tick_params(labelsize=7)
    for place in axes[::3, -1]:
        place.set_axis_off()
    for one, label in zip(axes[:, 0], ('frame', 'where the encoder\nlooks', 'features', 'policy')):
        one.set_ylabel(label, fontsize=9)
    figure.suptitle('An episode with images that it was never trained with. On trial 1 it can only guess, however sure the policy is.', fontsize=10)
    figure.tight_layout(rect=(0, 0, 1, .97))
    return save(figure, path, tight=False)
