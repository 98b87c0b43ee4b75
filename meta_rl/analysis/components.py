"""The plane of the first two principal components of the units, and the way of episodes through it, by what came of trial 1."""
import numpy as np

COMPONENTS = 10  # whose explained variance is kept


def principal(units, components=COMPONENTS):
    """(scores float [N, K], fraction of the variance that each explains float [K]) of units [N, U], K at most min(N, U).

    The units are centred and not scaled: those that change most count most.
    """
    from sklearn.decomposition import PCA
    found = PCA(min(components, *units.shape), svd_solver='full').fit(units)
    return found.transform(units), found.explained_variance_ratio_


def plane(gathered):
    """(scores [E, T, K], fractions [K]): the units before each choice in their principal components; nan where there was none."""
    episodes, trials, count = gathered.choice.shape
    units = gathered.choice.reshape(-1, count)
    decided = ~np.isnan(units[:, 0])
    scores, fractions = principal(units[decided].astype(np.float64))
    found = np.full((episodes * trials, len(fractions)), np.nan)
    found[decided] = scores
    return found.reshape(episodes, trials, -1), fractions


def rows(gathered, scores):
    """The table of the plane: for each outcome of trial 1 and each trial the mean and the standard deviation of two scores."""
    found = []
    for outcome in (1, 0):
        episodes = scores[gathered.correct[:, 0] == outcome]
        for trial in range(scores.shape[1]):
            there = episodes[~np.isnan(episodes[:, trial, 0]), trial, :2]
            if len(there):
                mean, spread = there.mean(0), there.std(0)
                found.append({'trial_1_correct': outcome, 'trial': trial + 1, 'episodes': len(there),
                              'pc1': mean[0], 'pc2': mean[1], 'pc1_sd': spread[0], 'pc2_sd': spread[1]})
    return found


def variance_rows(fractions):
    """The table of the fractions of the variance: list of dicts."""
    return [{'component': number, 'explained': fraction, 'explained_so_far': fractions[:number].sum()}
            for number, fraction in enumerate(fractions, 1)]
