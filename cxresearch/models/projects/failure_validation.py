"""What a model of failure is worth on projects that it has not seen."""

import numpy as np

from cxresearch.stats.firth import fit_firth
from cxresearch.stats.means import mean

NOTHING = 1e-4  # a standard deviation of log-odds at which nobody is told from anybody


def shrinkage(x, y, folds, random):
    """The slope of the outcome on out-of-fold log-odds, 0 to 1, over five partitions: by how much effects were overstated."""
    return float(np.mean([_slope(y, _out_of_fold(x, y, _folds(y, folds, random))) for _ in range(5)]))


def cross_validated(x, y, folds, repeats, random):
    """Out-of-fold log-odds of the whole procedure, shrinkage included: levels, scores and folds, arrays of one line per repeat.

    Each outer fold is predicted by a model whose coefficients, and whose shrinkage by an inner cross-validation, come from
    the other folds alone. The log-odds are level + score; the level is that of a mean project. Levels rank nobody: a model that saw more
    failures has a higher one, and those whom it did not see failed more rarely.
    """
    levels, scores, parts = (np.zeros((repeats, len(y))) for _ in range(3))
    for level, score, part in zip(levels, scores, parts, strict=True):
        part[:] = _folds(y, folds, random)
        for k in range(folds):
            train, test = part != k, part == k
            slopes = _fit(x[train], y[train])[1:]
            inner = _out_of_fold(x[train], y[train], _folds(y[train], folds, random))
            slopes = _slope(y[train], inner) * slopes
            middle = x[train].mean(axis=0)
            level[test] = _intercept(x[train] - middle, y[train], slopes)
            score[test] = (x[test] - middle) @ slopes
    return levels, scores, parts


def recalibrated(y, level, score, confidence, method):
    """Name, limits and method of the Brier score, of the slope of the outcome on the scores, and of the intercept on the log-odds."""
    eta = level + score
    brier = mean((y - 1 / (1 + np.exp(-eta))) ** 2, confidence)
    one = np.ones((len(y), 1))
    large = fit_firth(one, y, ["intercept"], offset=eta, level=confidence)
    slope = (np.nan, np.nan, np.nan)  # where nothing was learnt, all scores are alike
    if np.std(score) > NOTHING:
        fit = fit_firth(np.column_stack([one, score]), y, ["intercept", "slope"], level=confidence)
        slope = (fit.params[1], fit.low[1], fit.high[1])
    return [
        ("Brier score", brier, method),
        ("calibration slope (ideal 1)", slope, f"{method}; profile limits"),
        (
            "observed minus predicted log-odds (ideal 0)",
            (large.params[0], large.low[0], large.high[0]),
            f"{method}; profile limits",
        ),
    ]


def _fit(x, y):
    return fit_firth(
        np.column_stack([np.ones(len(y)), x]), y, ["intercept", *map(str, range(x.shape[1]))], limits=False
    ).params


def _out_of_fold(x, y, fold):
    """Out-of-fold log-odds less those of a mean project: an intercept falls where the fold holds more failures, and would make any slope too low."""
    eta = np.zeros(len(y))
    for k in np.unique(fold):
        train = fold != k
        eta[~train] = (x[~train] - x[train].mean(axis=0)) @ _fit(x[train], y[train])[1:]
    return eta


def _slope(y, eta):
    if np.std(eta) < NOTHING:
        return 0.0
    design = np.column_stack([np.ones(len(y)), eta])
    return float(np.clip(fit_firth(design, y, ["intercept", "slope"], limits=False).params[1], 0.0, 1.0))


def _intercept(x, y, slopes):
    return float(fit_firth(np.ones((len(y), 1)), y, ["intercept"], offset=x @ slopes, limits=False).params[0])


def _folds(y, folds, random):
    """A fold for each row, failures and successes spread evenly."""
    fold = np.zeros(len(y), dtype=int)
    shift = 0
    for value in (0, 1):
        rows = np.flatnonzero(y == value)
        random.shuffle(rows)
        fold[rows] = (np.arange(len(rows)) + shift) % folds
        shift += len(rows)
    return fold
