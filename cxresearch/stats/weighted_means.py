"""Means of weighted answers on Kish's effective base, and the index that is made from them."""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, numbers
from cxresearch.stats.interval import normal_quantile

SCALES = ((1, 5), (1, 7), (1, 10), (0, 10), (0, 100))


class WeightedMean(NamedTuple):
    """A weighted mean, its limits, its standard error and the base it stands on."""

    estimate: float
    low: float
    high: float
    std_error: float
    n: int
    n_effective: float


def weighted_mean(values, weights=None, level=0.95):
    r"""Weighted mean of independent answers, its standard error on Kish's effective base.

    With :math:`m = (\sum w)^2 / \sum w^2` and :math:`s^2 = \frac{m}{m-1} \sum w (x - \bar x)^2 / \sum w`

    .. math:: \bar x = \sum w x / \sum w, \qquad \bar x \pm t_{m-1}\, s / \sqrt m

    With equal weights this is Student's interval. Kish's base assumes weights that have nothing to do with
    the answers; it then errs on the wide side.

    Parameters
    ----------
    values : array-like
        Finite numbers; leave out those who did not answer.
    weights : array-like, optional
        Not negative.
    level : float

    Returns
    -------
    WeightedMean
        Limits and standard error are missing where the effective base is 1.

    References
    ----------
    Kish, L. (1965). *Survey Sampling*, 11.7.

    Examples
    --------
    >>> found = weighted_mean([2, 4, 4, 5, 7], [1, 1, 2, 2, 1])
    >>> round(found.estimate, 4), round(found.std_error, 4), round(found.n_effective, 2)
    (4.4286, 0.7531, 4.45)
    """
    aligned(values=values, weights=weights)
    x = numbers(values, "values").astype(float)
    w = np.ones(len(x)) if weights is None else numbers(weights, "weights", low=0).astype(float)
    if not len(x):
        raise ValueError("values is empty: there is no mean of nothing")
    if w.sum() == 0:
        raise ValueError("weights sum to 0")
    base = float(w.sum() ** 2 / np.square(w).sum())
    counted = x[w > 0]
    is_alike = counted.min() == counted.max()  # then neither the mean nor a spread is made of rounding
    mean = float(counted[0] if is_alike else w @ x / w.sum())
    if base <= 1 + 1e-9:
        return WeightedMean(mean, np.nan, np.nan, np.nan, len(x), base)
    error = float(np.sqrt(w @ (x - mean) ** 2 / w.sum() / (base - 1)))
    normal_quantile(level)
    reach = float(stdtrit(base - 1, (1 + level) / 2)) * error
    return WeightedMean(mean, mean - reach, mean + reach, error, len(x), base)


def acsi(means, weights=None, scale=(1, 10)):
    r"""ACSI-type index: satisfaction from 0 to 100, from the means of one or more items.

    .. math:: 100 \sum_j w_j \frac{\bar x_j - \min}{\max - \min}, \qquad \sum_j w_j = 1

    which on the scale 1–10 is :math:`100 \sum w_j (\bar x_j - 1)/9`. The American index takes three items
    (overall satisfaction, against expectations, against the ideal) and weights from its own path model;
    with other items or weights the numbers do not compare with published ones.

    Parameters
    ----------
    means : array-like
        Mean of each item, or with two dimensions (respondents, items), the answers: one value per respondent.
    weights : array-like, optional
        Of the items; equal unless given, and scaled to sum to 1.
    scale : (low, high)
        The ends of the answer scale.

    Returns
    -------
    float or ndarray

    References
    ----------
    Fornell, C. et al. (1996). The American Customer Satisfaction Index. *Journal of Marketing* 60(4), 7–18.

    Examples
    --------
    >>> round(acsi([8, 7.5, 7], [0.4, 0.3, 0.3]), 4)
    72.7778
    """
    low, high = scale
    items = numbers(means, "means", low=low, high=high).astype(float)
    k = items.shape[-1]
    w = np.ones(k) if weights is None else numbers(weights, "weights", low=0).astype(float)
    if w.shape != (k,) or w.sum() == 0:
        raise ValueError(f"weights has shape {w.shape}; {k} items need as many weights, not all 0")
    index = 100 * ((items - low) / (high - low)) @ (w / w.sum())
    return index if np.ndim(index) else float(index)


def scale_of(values, name="values"):
    """The usual answer scale that holds all values: 1–5, 1–7, 1–10, 0–10 or 0–100.

    A guess from the data alone: where nobody used the upper end of a scale it names a shorter one.

    Raises
    ------
    NotEnough
        Where no scale holds them, as with a code such as −9 or 999 for a missing answer; `name` says of what.

    Examples
    --------
    >>> scale_of([3, 5, 1]), scale_of([0, 7]), scale_of([8, 10, 2])
    ((1, 5), (0, 10), (1, 10))
    """
    x = numbers(values, "values")
    for low, high in SCALES:
        if x.size and x.min() >= low and x.max() <= high:
            return low, high
    raise NotEnough(
        f"{name} runs from {x.min():g} to {x.max():g}, which no scale holds: declare the codes that stand for a missing answer"
        if x.size
        else f"nobody answered {name}"
    )
