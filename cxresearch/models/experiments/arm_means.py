"""Means of the arms of a trial and their covariance: plain, weighted, clustered, adjusted for what was known before."""

from typing import NamedTuple

import numpy as np

from cxresearch.stats.clustered import clustered_covariance


class ArmMeans(NamedTuple):
    """The means of k arms, their covariance (k, k), and the degrees of freedom of each difference from the first."""

    mean: np.ndarray
    covariance: np.ndarray
    df: np.ndarray

    def differences(self):
        """Differences of the other arms from the first, and their standard errors."""
        v = np.diag(self.covariance)
        variance = v[1:] + v[0] - 2 * self.covariance[0, 1:]
        return self.mean[1:] - self.mean[0], np.sqrt(np.maximum(variance, 0.0))


def arm_means(y, arm, arms, x=None, weights=None, cluster=None, interact=True):
    r"""Least squares of the outcome on the arms, with covariates if there are any.

    The columns are one of 0 and 1 for each arm, and the centred covariates: for each arm its own slopes (`interact`, Lin 2013) or one
    slope for all (ANCOVA, of which CUPED is the case of one covariate). The coefficient of an arm is its mean at the covariates' mean.
    The covariance is HC2, without covariates Welch's :math:`s_a^2 / n_a`; by clusters it is the sandwich of their sums. Degrees of
    freedom: Welch–Satterthwaite's without covariates and clusters, clusters less one, else rows less columns.

    Parameters
    ----------
    y : ndarray (n,)
    arm : ndarray of int (n,)
        0 for the control.
    arms : int
        How many there are.
    x : ndarray (n, m), optional
        Covariates.
    weights : ndarray (n,), optional
        The inverse of the probability of the row's arm.
    cluster : ndarray of int (n,), optional
        Numbered from 0 without gaps.
    interact : bool

    Returns
    -------
    ArmMeans

    References
    ----------
    Lin, W. (2013). Agnostic notes on regression adjustments to experimental data. *Annals of Applied Statistics* 7, 295–318.
    MacKinnon, J. G. & White, H. (1985). *Journal of Econometrics* 29, 305–325. Deng, A., Xu, Y., Kohavi, R. & Walker, T. (2013).
    Improving the sensitivity of online controlled experiments by utilizing pre-experiment data (CUPED). *WSDM*.

    Examples
    --------
    >>> found = arm_means(np.array([1.0, 2, 3, 5, 6, 7]), np.array([0, 0, 0, 1, 1, 1]), 2)
    >>> [part.round(4).tolist() for part in found.differences()], found.df.tolist()
    ([[4.0], [0.8165]], [4.0])
    """
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    indicator = (arm[:, None] == np.arange(arms)).astype(float)
    design = indicator
    if x is not None and x.shape[1]:
        centred = x - np.average(x, axis=0, weights=w)
        slopes = (indicator[:, :, None] * centred[:, None, :]).reshape(len(y), -1) if interact else centred
        design = np.hstack([indicator, slopes])
    bread = np.linalg.pinv(design.T @ (design * w[:, None]), hermitian=True)
    coefficient = bread @ (design.T @ (w * y))
    residual = y - design @ coefficient
    if cluster is not None:
        covariance = clustered_covariance(bread, design * (w * residual)[:, None], cluster)
        df = np.full(arms - 1, max(int(cluster.max()), 1), dtype=float)
    else:
        leverage = np.einsum("ij,jk,ik->i", design, bread, design) * w
        pull = w * residual / np.sqrt(np.maximum(1 - leverage, 1e-12))
        scores = design * pull[:, None]
        covariance = bread @ (scores.T @ scores) @ bread
        df = np.full(arms - 1, max(len(y) - design.shape[1], 1), dtype=float)
        if design.shape[1] == arms:
            df = _satterthwaite(np.diag(covariance), indicator.sum(axis=0))
    return ArmMeans(coefficient[:arms], covariance[:arms, :arms], df)


def _satterthwaite(variance, n):
    parts = variance**2 / np.maximum(n - 1, 1)
    both, squares = variance[1:] + variance[0], parts[1:] + parts[0]
    return np.where(squares > 0, both**2 / np.where(squares > 0, squares, 1.0), n[1:] + n[0] - 2)
