"""What a model of failure is worth on projects that it has not seen."""

import numpy as np
from scipy.special import ndtr

from cxresearch.stats.firth import fit_firth
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.means import mean
from cxresearch.stats.ridge_logit import fit_ridge

PENALTIES = (
    np.inf,
    300.0,
    100.0,
    30.0,
    10.0,
    3.0,
)  # of columns of one standard deviation; at infinity they are left out
# log-odds of projects whose spread is believed whatever the data; failures at which a quarter of what lies above is taken back
_SPREAD, _FEW = 0.9, 100
NOTHING = 1e-4  # a standard deviation of log-odds at which nobody is told from anybody


def shrinkage(x, z, y, folds, random):
    """By how much effects were overstated, and by how much the further columns must be held back, over five partitions.

    Returns
    -------
    (float, float)
        The slope of the outcome on out-of-fold log-odds, 0 to 1; the penalty of the columns z, infinite where they do not help.
    """
    tried = [_out_of_fold(x, z, y, _folds(y, folds, random)) for _ in range(5)]
    best = _best(np.mean([_losses(eta, y) for eta in tried], axis=0))
    return float(np.mean([_slope(y, eta[best]) for eta in tried])), PENALTIES[best]


def held_back(slope, score, y):
    """The slope, less where few failures have spread the log-odds wide.

    A slope is itself an estimate, and it comes out high in just those data in which the log-odds are overstated. The standard deviation s of the
    log-odds that it gives is taken towards 0.9 where it lies above::

        slope · (0.9/s)^((100/(100 + m))²)

    with m of the rarer outcome: of 1.5, 30 failures leave 1.1 and 600 leave 1.48.

    Parameters
    ----------
    slope : float
    score : ndarray
        Log-odds before the slope.
    y : ndarray of 0/1

    References
    ----------
    Van Calster, B. et al. (2020). Regression shrinkage methods for clinical prediction models do not guarantee improved performance.
    *Statistical Methods in Medical Research* 29, 3166–3178.

    Examples
    --------
    >>> score = np.repeat([-1.5, 1.5], 50)
    >>> [round(1.5 * held_back(1.0, score, np.repeat([0, 1], [n, n])), 2) for n in (30, 600)]
    [1.11, 1.48]
    >>> held_back(0.5, score, np.repeat([0, 1], [30, 30]))
    0.5
    """
    spread = slope * float(np.std(score))
    if spread <= _SPREAD:
        return slope
    rarer = min(y.sum(), len(y) - y.sum())
    return float(slope * (_SPREAD / spread) ** ((_FEW / (_FEW + rarer)) ** 2))


def cross_validated(x, z, y, folds, repeats, random):
    """Out-of-fold log-odds of the whole procedure, shrinkage included: levels, scores and folds, arrays of one line per repeat; and the scores without the columns z.

    Each outer fold is predicted by a model whose coefficients, and whose shrinkage by an inner cross-validation, come from
    the other folds alone. The log-odds are level + score; the level is that of a mean project. Levels rank nobody: a model that saw more
    failures has a higher one, and those whom it did not see failed more rarely.
    """
    levels, scores, parts, bare = (np.zeros((repeats, len(y))) for _ in range(4))
    for level, score, part, core in zip(levels, scores, parts, bare, strict=True):
        part[:] = _folds(y, folds, random)
        for k in range(folds):
            train, test = part != k, part == k
            slopes = fit_core(x[train], y[train])[1:]
            inner = _out_of_fold(x[train], z[train], y[train], _folds(y[train], folds, random))
            best = _best(_losses(inner, y[train]))
            middle = x[train].mean(axis=0)
            own, new = (x[train] - middle) @ slopes, (x[test] - middle) @ slopes
            core[test] = _slope(y[train], inner[0]) * new
            if np.isfinite(PENALTIES[best]):
                more = fit_ridge(z[train], y[train], PENALTIES[best], own).params
                own, new = own + _centred(z, train, train) @ more, new + _centred(z, train, test) @ more
            slope = held_back(_slope(y[train], inner[best]), own, y[train])
            level[test] = _intercept(y[train], slope * own)
            score[test] = slope * new
    return levels, scores, parts, bare


def widened(level, folds):
    """The level at which limits by the projects tested hold what such models reach at `level`.

    Models that learnt from mostly the same projects err together, which the spread over the projects tested does not show. Its variance is taken
    1 + K/(K − 1) times as large for K folds (Nadeau & Bengio 2003): limits half as wide again for five.

    >>> round(widened(0.95, 5), 4)
    0.9967
    """
    return float(2 * ndtr(normal_quantile(level) * np.sqrt(1 + folds / (folds - 1))) - 1)


def recalibrated(y, level, score, confidence, method, folds):
    """Name, limits and method of the Brier score, of the slope of the outcome on the scores, and of the intercept on the log-odds."""
    eta = level + score
    brier = mean((y - 1 / (1 + np.exp(-eta))) ** 2, widened(confidence, folds))
    one = np.ones((len(y), 1))
    large = fit_firth(one, y, ["intercept"], offset=eta, level=confidence)
    slope = (np.nan, np.nan, np.nan)  # where nothing was learnt, all scores are alike
    if np.std(score) > NOTHING:
        fit = fit_firth(np.column_stack([one, score]), y, ["intercept", "slope"], level=confidence)
        slope = (fit.params[1], fit.low[1], fit.high[1])
    return [
        ("Brier score", brier, f"{method}; limits of what such models reach"),
        ("calibration slope (ideal 1)", slope, f"{method}; profile limits"),
        (
            "observed minus predicted log-odds (ideal 0)",
            (large.params[0], large.low[0], large.high[0]),
            f"{method}; profile limits",
        ),
    ]


def fit_core(x, y):
    """Intercept and log-odds of the named predictors by Firth's likelihood, without limits."""
    names = ["intercept", *map(str, range(x.shape[1]))]
    return fit_firth(np.column_stack([np.ones(len(y)), x]), y, names, limits=False).params


def _out_of_fold(x, z, y, fold):
    """Out-of-fold log-odds less those of a mean project, a line per penalty of the columns z: an intercept falls where the fold holds more failures, and would make any slope too low."""
    eta = np.zeros((len(PENALTIES) if z.shape[1] else 1, len(y)))
    for k in np.unique(fold):
        train = fold != k
        middle, slopes = x[train].mean(axis=0), fit_core(x[train], y[train])[1:]
        own = (x[train] - middle) @ slopes
        eta[:, ~train] = (x[~train] - middle) @ slopes
        for line, penalty in enumerate(PENALTIES[1 : len(eta)], 1):
            eta[line, ~train] += (
                _centred(z, train, ~train) @ fit_ridge(z[train], y[train], penalty, own).params
            )
    return eta


def _centred(z, train, rows):
    return z[rows] - z[train].mean(axis=0)


def _losses(eta, y):
    """The log loss of each row at each penalty, with the intercept of all rows."""
    at = [fit_ridge(np.zeros((len(y), 0)), y, 1.0, line).intercept + line for line in eta]
    return np.array([np.logaddexp(0, line) - y * line for line in at])


def _best(losses):
    """The penalty with the smallest loss where it beats leaving the columns out by more than one standard error; else leaving them out."""
    gain = losses[0] - losses
    mean_gain, error = gain.mean(axis=1), gain.std(axis=1) / np.sqrt(gain.shape[1])
    best = int(mean_gain.argmax())
    return best if mean_gain[best] > error[best] else 0


def _slope(y, eta):
    if np.std(eta) < NOTHING:
        return 0.0
    design = np.column_stack([np.ones(len(y)), eta])
    return float(np.clip(fit_firth(design, y, ["intercept", "slope"], limits=False).params[1], 0.0, 1.0))


def _intercept(y, offset):
    return float(fit_firth(np.ones((len(y), 1)), y, ["intercept"], offset=offset, limits=False).params[0])


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
