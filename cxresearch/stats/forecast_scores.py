"""How good forecasts were, from what was said and what happened: calibration, mean error, skill."""

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.means import mean
from cxresearch.stats.proportions import wilson


def calibration(p, y, bins=10, smallest=30):
    """Group probabilities by size and compare each group's mean with the share that happened.

    Parameters
    ----------
    p, y : array of float
        Forecast, and 1 where it happened, else 0.
    bins, smallest : int
        Quantile groups to begin with; neighbours are merged until each holds `smallest`. Equal forecasts stay together.

    Returns
    -------
    pandas.DataFrame
        lowest, highest, said, happened, low, high, n.

    Examples
    --------
    >>> calibration(np.repeat([0.1, 0.5], 50), np.tile([0, 0, 0, 0, 1], 20)).round(3)
       lowest  highest  said  happened    low  high   n
    0     0.1      0.1   0.1       0.2  0.112  0.33  50
    1     0.5      0.5   0.5       0.2  0.112  0.33  50
    """
    order = np.argsort(p, kind="stable")
    p, y = np.asarray(p, dtype=float)[order], np.asarray(y, dtype=float)[order]
    cuts = {int(np.searchsorted(p, p[len(p) * i // bins], "left")) for i in range(1, bins)} - {0}
    ends = [0]
    for cut in sorted(cuts):
        if cut - ends[-1] >= smallest and len(p) - cut >= smallest:
            ends.append(cut)
    rows = []
    for a, b in zip(ends, [*ends[1:], len(p)], strict=True):
        share = wilson(y[a:b].sum(), b - a)
        rows.append([p[a], p[b - 1], p[a:b].mean(), *share, b - a])
    return pd.DataFrame(rows, columns=["lowest", "highest", "said", "happened", "low", "high", "n"])


def mean_of_outcomes(values, outcomes, level=0.95):
    r"""Mean of `values` – outcomes, or outcomes less forecasts – with limits that stay honest where little happened.

    Student's interval; where the outcomes are counts, no narrower than Garwood's exact interval of a Poisson count: of outcomes that
    are all zero Student's interval has no width, though :math:`n` zeros do not exclude a rate of :math:`3.7/n`.

    Parameters
    ----------
    values, outcomes : array of float
    level : float

    Returns
    -------
    Interval

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. *Biometrika* 28, 437–442.

    Examples
    --------
    >>> mean_of_outcomes(np.zeros(100), np.zeros(100))
    Interval(estimate=0.0, low=0.0, high=0.0368...)
    """
    values, outcomes = np.asarray(values, dtype=float), np.asarray(outcomes, dtype=float)
    n, average = len(values), mean(values, level)
    low, high = (average.estimate if np.isnan(limit) else limit for limit in average[1:])
    if (outcomes >= 0).all() and (outcomes == np.floor(outcomes)).all():
        total, shift, tail = outcomes.sum(), values.mean() - outcomes.mean(), (1 - level) / 2
        least = gammaincinv(total, tail) if total else 0.0
        low = min(low, least / n + shift)
        high = max(high, gammaincinv(total + 1, 1 - tail) / n + shift)
    return Interval(average.estimate, float(low), float(high))


def skill(loss, reference, level=0.95):
    r"""How much smaller the loss of the forecasts was than that of a reference: :math:`1 - \sum l_i / \sum r_i`.

    The limits are those of a ratio of means: the standard error is that of the mean of :math:`l_i - \hat\rho\, r_i`, divided by
    :math:`\bar r`.

    Parameters
    ----------
    loss, reference : array of float
        Of the same units: squared errors of the forecasts and of the reference.
    level : float

    Returns
    -------
    Interval or None
        None where the reference is unknown, was never wrong, or there are fewer than two units.

    Examples
    --------
    >>> found = skill([0.04, 0.01, 0.04, 0.09], [0.25, 0.25, 0.25, 0.25])
    >>> [round(value, 3) for value in found]
    [0.82, 0.69, 0.95]
    """
    loss, reference = np.asarray(loss, dtype=float), np.asarray(reference, dtype=float)
    if not np.isfinite(reference).all() or reference.sum() <= 0 or len(loss) < 2:
        return None
    ratio = float(loss.mean() / reference.mean())
    error = np.std(loss - ratio * reference, ddof=1) / np.sqrt(len(loss)) / reference.mean()
    reach = float(normal_quantile(level) * error)
    return Interval(1 - ratio, 1 - ratio - reach, 1 - ratio + reach)
