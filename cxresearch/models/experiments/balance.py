"""Whether the arms of a comparison were alike before it: what a draw makes equal, and a choice does not."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cxresearch.models.experiments.covariates import covariate_matrix

UNLIKE = 0.01  # p-value under which arms are not taken for drawn
FEWEST = 10


class Balance(NamedTuple):
    """The test that nothing known before tells the arms apart, and the largest standardised difference of means."""

    p_value: float
    largest: float
    column: str
    is_alike: bool


def balance(arm, known, control="control"):
    r"""Test whether the arms differ in what was known before.

    For each arm against the control, membership is regressed on the covariates; :math:`n R^2` is chi-square with as many degrees of
    freedom as there are covariates where a lot decided (the omnibus test of Hansen & Bowers). p-values are corrected for the number of arms (Bonferroni).

    Parameters
    ----------
    arm : array-like of str (n,)
    known : pandas.DataFrame (n, any)
    control : str

    Returns
    -------
    Balance
        ``largest`` is the largest difference of means in standard deviations, of `column`; it is 0, and the arms alike, where nothing is known.

    References
    ----------
    Hansen, B. B. & Bowers, J. (2008). Covariate balance in simple, stratified and clustered comparative studies. *Statistical Science* 23, 219–236.

    Examples
    --------
    >>> arm = np.repeat(["control", "offer"], 200)
    >>> found = balance(arm, pd.DataFrame({"spend": np.r_[np.arange(200.0), np.arange(200.0) + 60]}))
    >>> found.is_alike, found.column, round(found.largest, 2)
    (False, 'spend', 1.04)
    """
    labels = pd.Series(np.asarray(arm, dtype=object)).astype(str)
    known = pd.DataFrame(known).reset_index(drop=True)
    others = sorted(set(labels) - {control})
    worst, largest, column = 1.0, 0.0, ""
    for other in others:
        rows = labels.isin([control, other])
        inside = (labels[rows] == other).to_numpy(dtype=float)
        x = covariate_matrix(known[rows.to_numpy()])
        if not x.shape[1] or min(inside.sum(), (1 - inside).sum()) < FEWEST:
            continue
        values = x.to_numpy()
        centred = inside - inside.mean()
        fitted = values @ np.linalg.lstsq(values, centred, rcond=1e-10)[0]
        statistic = len(inside) * float(fitted @ fitted) / float(centred @ centred)
        worst = min(worst, float(chdtrc(x.shape[1], statistic)) * len(others))
        gaps = values[inside == 1].mean(axis=0) - values[inside == 0].mean(axis=0)
        own = values[inside == 1].std(axis=0, ddof=1) ** 2 + values[inside == 0].std(axis=0, ddof=1) ** 2
        gaps = np.abs(gaps) / np.sqrt(np.maximum(own / 2, 1e-12))
        if gaps.max() > largest:
            largest, column = float(gaps.max()), str(x.columns[int(gaps.argmax())])
    return Balance(worst, largest, column, worst >= UNLIKE)
