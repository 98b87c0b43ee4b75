"""The score of episodes, whoever played them: fractions right in each trial, their intervals, as a table."""
import math

import numpy as np

from meta_rl.envs.references import oracles
from meta_rl.envs.references.oracles import TRIALS

Z95 = 1.959963984540054  # the normal distribution has 95% of its weight within this many deviations


def wilson(successes, count):
    """The 95% interval (low, high) of a fraction that was seen `successes` times in `count`: E. B. Wilson 1927."""
    fraction, z2 = successes / count, Z95 ** 2
    centre = (fraction + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 * math.sqrt(fraction * (1 - fraction) / count + z2 / (4 * count ** 2)) / (1 + z2 / count)
    return max(centre - half, 0.), min(centre + half, 1.)


def score(returns, correct):
    """What E episodes came to, a dict of plain data.

    Args:
      returns: E floats, what the lab paid in each.
      correct: E times 6 numbers, 1 where the trial was right, else 0.
    Returns: return_mean and return_ci95 (None of a single episode), of what the lab paid; choice_return_mean, what of it
      choices earned, which is the same on every level; per_trial and per_trial_ci95, fractions right; nearest_oracle.
    """
    episodes, mean = len(returns), float(np.mean(returns))
    half = Z95 * float(np.std(returns, ddof=1)) / math.sqrt(episodes) if episodes > 1 else None
    per_trial = [float(successes) / episodes for successes in np.sum(correct, 0)]
    return {'return_mean': mean, 'return_ci95': None if half is None else [mean - half, mean + half],
            'choice_return_mean': oracles.mean_return(per_trial),
            'per_trial': per_trial, 'per_trial_ci95': [list(wilson(p * episodes, episodes)) for p in per_trial],
            'nearest_oracle': oracles.nearest(per_trial).name}


def of_episodes(episodes, cut_short=False):
    """`score` of a list of contract.Episode.

    cut_short: bool, whether episodes may be: then also decisions_mean and decisions_max, of an episode; complete, the fraction that
    had all trials; decisions_per_trial, the mean over trials that were decided; reaction_time_mean, seconds from the images to the
    choice, and reaction_times, the same for each trial (None of what was never decided).
    """
    correct = np.zeros((len(episodes), TRIALS), np.float32)
    for right, episode in zip(correct, episodes):
        right[:len(episode.correct)] = episode.correct
    report = score([episode.reward for episode in episodes], correct)
    if cut_short:
        # A trial that was not decided is not right, but costs nothing either.
        report['choice_return_mean'] = float(np.mean([episode.choice_reward for episode in episodes]))
        lengths = [episode.length for episode in episodes]
        report.update(decisions_mean=float(np.mean(lengths)), decisions_max=max(lengths),
                      complete=float(np.mean([len(episode.correct) == TRIALS for episode in episodes])), **_speed(episodes))
    return report


def _speed(played):
    # How fast agents were that play for as long as they want.
    trials = [[episode.reaction_times[t] for episode in played if t < len(episode.reaction_times)] for t in range(TRIALS)]
    whole = [episode for episode in played if episode.correct]
    return {'decisions_per_trial': sum(episode.length for episode in whole) / sum(len(episode.correct) for episode in whole)
            if whole else None, 'reaction_time_mean': float(np.mean(sum(trials, []))) if any(trials) else None,
            'reaction_times': [float(np.mean(times)) if times else None for times in trials]}


def report(parts, episodes):
    """What `of_episodes` found, {name: dict} of so many episodes, as text, with the oracle that is nearest to the first of them."""
    lines = [table(list(parts.items()), next(iter(parts.values()))['nearest_oracle'])]
    for name, part in parts.items():
        if 'complete' in part:
            lines.append('%-8s %d of %d episodes had all %d trials, with %.1f decisions in the mean and %d at most' % (
                name, round(part['complete'] * episodes), episodes, TRIALS, part['decisions_mean'],
                part['decisions_max']))
            if part['reaction_time_mean'] is not None:
                lines.append('%-8s %.1f decisions a trial; from the images to the choice %.2f s in the mean, by trial\n%-8s %s' % (
                    name, part['decisions_per_trial'], part['reaction_time_mean'], '',
                    ' '.join('-' if time is None else f'{time:.2f}' for time in part['reaction_times'])))
    return '\n'.join(lines)


def table(parts, nearest):
    """Scores as text, at most 80 columns wide. parts: (name, what `score` returned) of each row; nearest: the oracle named below."""
    lines = ['%-8s %7s %7s' % ('', 'return', 'choices') + ''.join('%9s' % ('trial %d' % t) for t in range(1, TRIALS + 1))]
    for name, part in parts:
        lines.append('%-8s %7.2f %7.2f' % (name, part['return_mean'], part['choice_return_mean'])
                     + ''.join('%9s' % f'{100 * p:.1f}%' for p in part['per_trial']))
        lines.append('%24s' % '95% interval' + ''.join(
            '%9s' % f'{100 * low:.0f}..{100 * high:.0f}' for low, high in part['per_trial_ci95']))
    lines += ['(choices: the return without what fixation pays)', f'Nearest to: {nearest}.']
    return '\n'.join(lines)
