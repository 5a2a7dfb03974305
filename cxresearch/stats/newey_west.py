"""Least squares on a series, with errors that hold when what is left over is correlated in time and of unequal size."""

from typing import NamedTuple

import numpy as np

from cxresearch.errors import NotEnough

SEASONAL = 24  # months from which months of the year have effects of their own


class SeriesFit(NamedTuple):
    """Coefficients, their Newey–West and their ordinary covariance, what is left over, degrees of freedom and the lag used."""

    params: np.ndarray
    covariance: np.ndarray
    ordinary: np.ndarray
    residuals: np.ndarray
    df: int
    lag: int

    @property
    def durbin_watson(self):
        """About 2 where neighbouring residuals are uncorrelated, near 0 where they are alike."""
        return float(np.square(np.diff(self.residuals)).sum() / np.square(self.residuals).sum())


def newey_west(design, y, lag=None):
    r"""Least squares with Newey–West errors.

    With :math:`u_t = x_t e_t`, n rows, p columns and Bartlett weights

    .. math:: V = \frac{n}{n-p} (X'X)^{-1} \Big[\sum_t u_t u_t' + \sum_{l=1}^{L} \big(1 - \tfrac{l}{L+1}\big)
        \sum_{t>l} (u_t u_{t-l}' + u_{t-l} u_t')\Big] (X'X)^{-1}, \qquad L = \lfloor 4 (n/100)^{2/9} \rfloor

    Parameters
    ----------
    design : ndarray (n, p)
        In order of time.
    y : ndarray (n,)
    lag : int, optional
        L; by the rule above where it is left out.

    Returns
    -------
    SeriesFit

    Raises
    ------
    NotEnough
        Where there are no more rows than columns, or a column is a sum of others.

    References
    ----------
    Newey, W. K. & West, K. D. (1987). *Econometrica* 55, 703–708. R's ``sandwich::NeweyWest(…, prewhite = FALSE, adjust = TRUE)``.

    Examples
    --------
    >>> fit = newey_west(np.column_stack([np.ones(6), np.arange(6)]), np.array([1.0, 2, 2, 4, 5, 5]), lag=1)
    >>> fit.params.round(3), np.sqrt(np.diag(fit.covariance)).round(3)
    (array([0.952, 0.886]), array([0.187, 0.075]))
    """
    x, y = np.asarray(design, dtype=float), np.asarray(y, dtype=float)
    n, p = x.shape
    if n <= p:
        raise NotEnough(f"{n} months are too few for {p} coefficients")
    if np.linalg.matrix_rank(x) < p:
        raise NotEnough("the months do not tell the coefficients apart")
    bread = np.linalg.inv(x.T @ x)
    params = bread @ (x.T @ y)
    residuals = y - x @ params
    lag = int(4 * (n / 100) ** (2 / 9)) if lag is None else int(lag)
    scores = x * residuals[:, None]
    meat = scores.T @ scores
    for back in range(1, min(lag, n - 1) + 1):
        part = scores[back:].T @ scores[:-back]
        meat += (1 - back / (lag + 1)) * (part + part.T)
    ordinary = bread * (residuals @ residuals) / (n - p)
    return SeriesFit(params, n / (n - p) * bread @ meat @ bread, ordinary, residuals, n - p, lag)


def with_seasons(design, months):
    """A design with the effects of the months of the year, from 24 rows on and where the rows tell them from its own columns; else as it is.

    Parameters
    ----------
    design : ndarray (n, p)
    months : ndarray (n,)
        Of the year.

    Returns
    -------
    ndarray (n, p + 11) or (n, p)

    Examples
    --------
    >>> trend = np.column_stack([np.ones(36), np.arange(36)])
    >>> [with_seasons(trend[:n], np.arange(n) % 12).shape[1] for n in (23, 36)]
    [2, 13]
    """
    wide = np.column_stack([design, *(months == kind for kind in np.unique(months)[1:])]).astype(float)
    is_told = len(wide) >= SEASONAL and np.linalg.matrix_rank(wide) == wide.shape[1] < len(wide)
    return wide if is_told else design
