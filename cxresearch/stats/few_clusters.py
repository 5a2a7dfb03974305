"""Coefficients whose rows come from few clusters: a variance that is not too small, and how many clusters it stands on."""

import numpy as np

WHOLE = 1 - 1e-9  # share of a direction that one cluster may decide alone


def bias_reduced_covariance(x, bread, residual, cluster):
    r"""Covariance of least squares whose rows are alike within few clusters (CR2, of Bell and McCaffrey).

    Residuals are smaller than errors, most of all in clusters that pull the fit towards them. With A = (X'X)⁻¹, H_gg = X_g A X_g' and e_g the residuals of cluster g

    .. math:: A \Big[\sum_g u_g u_g'\Big] A, \qquad u_g = X_g' (I - H_{gg})^{-1/2} e_g

    which has no bias where errors are independent and alike. With A = LL' the inverse root is taken of k × k numbers only: L'u_g = (I − L'X_g'X_gL)^{−1/2}L'X_g'e_g.

    Parameters
    ----------
    x : ndarray (n, k)
    bread : ndarray (k, k)
        A.
    residual : ndarray (n,)
    cluster : ndarray of int (n,)
        Numbered from 0 without gaps, as from :func:`~cxresearch.stats.clustered.clusters_of`.

    Returns
    -------
    ndarray (k, k)

    References
    ----------
    Bell, R. M. & McCaffrey, D. F. (2002). *Survey Methodology* 28, 169–181. Pustejovsky, J. E. & Tipton, E. (2018). *JBES* 36, 672–683.

    Examples
    --------
    Of a mean of three clusters of two rows each it is the variance of their three means, over three:

    >>> y, cluster = np.array([7.0, 8, 8, 3, 4, 9]), np.array([0, 0, 1, 1, 2, 2])
    >>> found = bias_reduced_covariance(np.ones((6, 1)), np.array([[1 / 6]]), y - y.mean(), cluster)
    >>> round(float(found[0, 0]), 6), round(float(np.var([7.5, 5.5, 6.5], ddof=1) / 3), 6)
    (0.333333, 0.333333)
    """
    root = np.linalg.cholesky(bread)
    unit = x @ root
    order = np.argsort(cluster, kind="stable")
    ends = np.cumsum(np.bincount(cluster))[:-1]
    pulls = []
    for rows in np.split(order, ends):
        own = unit[rows]
        share, direction = np.linalg.eigh(own.T @ own)
        weight = 1 / np.sqrt(1 - np.clip(share, 0, WHOLE))
        pulls.append(direction @ (weight * (direction.T @ (own.T @ residual[rows]))))
    sums = np.array(pulls)
    return root @ (sums.T @ sums) @ root.T


def effective_clusters(pull):
    """How many clusters of equal weight a contrast stands on as much as on these.

    With h_g the sum over the rows of cluster g of what each adds to the contrast::

        (Σ h_g²)² / Σ h_g⁴

    Few large clusters, or few that bear on the contrast, are worth less than their number; Student's t on one degree of freedom less
    then holds its level where many clusters would.

    Parameters
    ----------
    pull : ndarray (G,)
        h: for least squares the cluster's row of sums of X, times (X'X)⁻¹, times the contrast.

    Returns
    -------
    float

    References
    ----------
    Carter, A. V., Schnepel, K. T. & Steigerwald, D. G. (2017). *Review of Economics and Statistics* 99, 698–709.

    Examples
    --------
    >>> effective_clusters(np.array([1.0, 1.0, 1.0, 1.0])), round(effective_clusters(np.array([3.0, 1.0, 1.0, 1.0])), 2)
    (4.0, 1.71)
    """
    squares = np.square(pull)
    return float(squares.sum() ** 2 / np.square(squares).sum()) if squares.any() else float(len(pull))
