"""What a model of failure is worth on projects that it has not seen."""

import numpy as np

from cxresearch.stats.firth import fit_firth
from cxresearch.stats.means import mean


def shrinkage(x, y, folds, random):
    """The slope of the outcome on out-of-fold log-odds, 0 to 1, over five partitions: by how much effects were overstated."""
    return float(np.mean([_slope(y, _out_of_fold(x, y, _folds(y, folds, random))) for _ in range(5)]))


def cross_validated(x, y, folds, repeats, random):
    """Out-of-fold log-odds of the whole procedure, shrinkage included; the mean over the repeats.

    Each outer fold is predicted by a model whose coefficients, and whose shrinkage by an inner cross-validation, come from
    the other folds alone.
    """
    total = np.zeros(len(y))
    for _ in range(repeats):
        fold = _folds(y, folds, random)
        for k in range(folds):
            train, test = fold != k, fold == k
            params = _fit(x[train], y[train])
            inner = _out_of_fold(x[train], y[train], _folds(y[train], folds, random))
            slope = _slope(y[train], inner)
            total[test] += _intercept(x[train], y[train], slope * params[1:]) + slope * (x[test] @ params[1:])
    return total / repeats


def recalibrated(y, eta, level, method):
    """Name, limits and method of the Brier score, and of slope and intercept of the outcome on the log-odds."""
    brier = mean((y - 1 / (1 + np.exp(-eta))) ** 2, level)
    design = np.column_stack([np.ones(len(y)), eta])
    fit = fit_firth(design, y, ["intercept", "slope"], level=level)
    large = fit_firth(design[:, :1], y, ["intercept"], offset=eta, level=level)
    return [
        ("Brier score", brier, method),
        (
            "calibration slope (ideal 1)",
            (fit.params[1], fit.low[1], fit.high[1]),
            f"{method}; profile limits",
        ),
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
    eta = np.zeros(len(y))
    for k in np.unique(fold):
        params = _fit(x[fold != k], y[fold != k])
        eta[fold == k] = params[0] + x[fold == k] @ params[1:]
    return eta


def _slope(y, eta):
    if np.ptp(eta) < 1e-9:
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
