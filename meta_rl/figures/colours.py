"""One colour a preset, the same in every figure."""

# Presets that stand beside each other in a figure have colours that are far apart.
COLOURS = {
    'harlow42': 'C0', 'master': 'C3', 'monothread2pixel': 'C1', 'monothread2pixel-current': 'C2', 'monothread2pixel-no-lag': 'C5',
    'dev': 'C4', 'pixels': 'C2', 'wang2018': 'C4', 'wang2018-layer': 'C8', 'wang2018-raw': 'C7', 'harlow42-standard': 'C9',
    'gaze': 'C6', 'gaze-gated': 'C0', 'gaze-free-gate': 'C1', 'gaze-no-gate': 'C2', 'gaze-two-lstms': 'C4', 'gaze-flat': 'C8',
    'gaze-taught': 'C5', 'gaze-short': 'C6', 'gaze-short-helped': 'C3',
    'gaze-short-helped-any-spawn': 'C0', 'gaze-short-helped-long-episodes': 'C1', 'gaze-short-helped-shuffled': 'C2',
    'two-step': 'C0', 'two-step-published': 'C3', 'images1000': 'C5', 'units128': 'C8',
    'long': 'C6', 'workers4': 'C1', 'workers4-processes': 'C2', 'workers4-ray': 'C3', 'no-previous-reward': 'C1',
    'no-previous-action': 'C2', 'forgetful': 'C4', 'independent-sides': 'C3'}
OTHERS = ['#b0305c', '#8c5109', '#5a3fa0', '#1b7f79', '#3d6b1f', '#444444']


def of(labels):
    """A colour for each label, in their order: that of the preset that it is, or begins with ('harlow42, seed 0'); no two alike."""
    found, spare = [], iter(OTHERS * len(labels))
    for label in labels:
        colour = COLOURS.get(label.split(',')[0])
        found.append(colour if colour and colour not in found else next(spare))
    return found
