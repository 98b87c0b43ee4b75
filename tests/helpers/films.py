"""Episodes that are filmed, and what a picture of them holds."""
from meta_rl import evaluation
from meta_rl.figures.films import recording

KINDS = {
    'onehot': dict(preset='harlow42'),
    'late': dict(preset='master'),
    'pixels': dict(preset='pixels', held_out_count=3),
    'crops': dict(preset='harlow42', observation='crops'),
    'brightness': dict(preset='monothread2pixel', image_count=2),
    'standard': dict(preset='harlow42-standard'),
}



def played(run, seed=5, images='training'):
    """(Episode, Moments, Rollout, policies) of an episode, the last two by Frozen itself, unwatched."""
    with evaluation.Frozen(run, images) as frozen:
        frozen.restore()
        episode, moments = recording.play(frozen, seed, 'title')
        experience, _ = frozen.episode(seed)
    return episode, moments, experience, experience.policies[:, 0]


def holds(pixels, colour):
    """How many of `pixels`, uint8 [h, w, 3], are of one colour."""
    return int((pixels == colour).all(-1).sum())


def around(pixels, x, y, reach=11):
    return pixels[y - reach:y + reach, x - reach:x + reach]
