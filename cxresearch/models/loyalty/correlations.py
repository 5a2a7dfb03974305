"""Correlation matrices of weighted resamples, from one matrix product for thousands of them."""

import numpy as np

MISSING = ("pairwise", "listwise")
_FLAT = 1e-12
_LEAST = 1e-6  # smallest eigenvalue a repaired matrix keeps


class Correlations:
    """Weighted correlations of some columns, for any number of resamples at once.

    With counts c (how often each row was drawn) and weights w, every sum Σcw·x_i·x_j is one column of
    c @ (w·x_i·x_j): no resampled data set is ever made. Columns are centred first, so that nothing cancels.

    Parameters
    ----------
    columns : ndarray (rows, k)
        NaN where a value is missing.
    weights : ndarray (rows,)
    missing : {"pairwise", "listwise"}
        Pairwise: each correlation from the rows that have both values, means and variances from the same
        rows. Listwise: all from the rows that have every value.

    Attributes
    ----------
    rows : ndarray of int
        The rows used; counts are given for these alone.
    bases : ndarray (k, k) of int
        Rows behind each correlation.
    complete : bool
        Whether no value is missing in them.
    flat : ndarray of bool
        Columns that do not vary.

    Examples
    --------
    >>> pair = Correlations(np.array([[1.0, 2.0], [2.0, 1.0], [3.0, np.nan], [4.0, 5.0]]), np.ones(4))
    >>> pair.rows
    array([0, 1, 3])
    >>> pair(np.ones((1, 3))).round(4)
    array([[[1.    , 0.8386],
            [0.8386, 1.    ]]])
    >>> int(pair.bases[0, 1])
    3
    """

    def __init__(self, columns, weights, missing="pairwise"):
        known = ~np.isnan(columns)
        whole = known.all(axis=1)
        self.rows = np.flatnonzero(whole if missing == "listwise" else known.sum(axis=1) > 1)
        columns, known = columns[self.rows], known[self.rows]
        weights = weights[self.rows].astype(float)
        self.size = columns.shape[1]
        self.bases = known.astype(np.int64).T @ known.astype(np.int64)
        self._pairs = np.triu_indices(self.size)
        total = np.where(known, weights[:, None], 0.0).sum(axis=0)
        x = np.where(known, columns, 0.0)
        mean = np.divide(weights @ x, total, out=np.zeros(self.size), where=total > 0)
        x = np.where(known, x - mean, 0.0)
        spread = np.sqrt(np.divide(weights @ x**2, total, out=np.ones(self.size), where=total > 0))
        self.flat = spread <= _FLAT * (np.abs(mean) + spread)
        x = x / np.where(self.flat, 1.0, spread)
        self.complete = bool(known.all())
        self._terms = self._complete_terms(x) if self.complete else self._pair_terms(x, known)
        self._terms *= weights[:, None]

    def __call__(self, counts):
        """Correlation matrices (resamples, k, k) for counts (resamples, rows)."""
        sums = counts @ self._terms
        found = (self._from_complete if self.complete else self._from_pairs)(sums)
        return np.clip(found, -1.0, 1.0)

    def _complete_terms(self, x):
        i, j = self._pairs
        return np.column_stack([np.ones(len(x)), x, x[:, i] * x[:, j]])

    def _from_complete(self, sums):
        k = self.size
        mean = sums[:, 1 : k + 1] / sums[:, :1]
        second = self._square(sums[:, k + 1 :] / sums[:, :1])
        covariance = second - mean[:, :, None] * mean[:, None, :]
        variance = np.maximum(np.einsum("dii->di", covariance), 0.0)
        scale = np.divide(1, np.sqrt(variance), out=np.zeros_like(variance), where=variance > _FLAT)
        return self._unit(covariance * scale[:, :, None] * scale[:, None, :])

    def _pair_terms(self, x, known):
        i, j = self._pairs
        both = (known[:, i] & known[:, j]).astype(float)
        a, b = x[:, i] * both, x[:, j] * both
        return np.column_stack([both, a, b, a * a, b * b, a * b])

    def _from_pairs(self, sums):
        base, *parts = np.split(sums, 6, axis=1)
        a, b, aa, bb, ab = (np.divide(part, base, out=np.zeros_like(part), where=base > 0) for part in parts)
        scale = np.maximum(aa - a * a, 0) * np.maximum(bb - b * b, 0)
        scale = np.divide(1, np.sqrt(scale), out=np.zeros_like(scale), where=scale > _FLAT**2)
        return self._unit(self._square((ab - a * b) * scale))

    def _square(self, packed):
        full = np.empty((len(packed), self.size, self.size))
        i, j = self._pairs
        full[:, i, j] = full[:, j, i] = packed
        return full

    def _unit(self, matrices):
        at = np.arange(self.size)
        matrices[:, at, at] = 1.0
        return matrices


def repaired(matrices, least=_LEAST):
    """Correlation matrices that are positive definite: eigenvalues under ``least`` are raised to it.

    Only correlations from different rows, pair by pair, can need it.

    Returns
    -------
    ndarray
        As given, where nothing was to be repaired.
    ndarray of bool
        Which were repaired.

    Examples
    --------
    >>> odd = np.array([[[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]])
    >>> found, was = repaired(odd)
    >>> bool(np.linalg.eigvalsh(found)[0, 0] > 0), was.tolist()
    (True, [True])
    """
    values, vectors = np.linalg.eigh(matrices)
    bad = values[:, 0] < least
    if not bad.any():
        return matrices, bad
    found = matrices.copy()
    raised = np.maximum(values[bad], least)
    lifted = (vectors[bad] * raised[:, None, :]) @ np.swapaxes(vectors[bad], 1, 2)
    scale = 1 / np.sqrt(np.einsum("dii->di", lifted))
    found[bad] = lifted * scale[:, :, None] * scale[:, None, :]
    return found, bad
