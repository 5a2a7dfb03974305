"""Cross-products of a design within groups: all that a mixed model needs to know of its rows.

A random intercept enters REML only through T'T and through the sums of T within each group, weighted by a function of the
group's size. Groups of one size share their weight, so their squared sums are added up once; from then on an evaluation costs
as many small matrices as there are different sizes, however many rows there were.
"""

import numpy as np
from scipy import sparse

DENSE = (
    1 << 25
)  # cells: up to here squared sums are kept by group size, beyond they are made at each evaluation


class GroupedProducts:
    """T'T and the squared group sums of T = [Z, columns], Z the indicators of a second grouping.

    Parameters
    ----------
    columns : ndarray (n, k)
        Dense columns: the fixed effects and the outcome.
    group : ndarray of int (n,)
        The group of each row; −1 for a row that belongs to none.
    n_groups : int
    second : ndarray of int (n,), optional
        The level of a second grouping, coded alike, whose indicators come before the columns.
    n_second : int

    Attributes
    ----------
    total : ndarray (m, m)
        T'T, m = n_second + k.
    sizes, counts : ndarray
        The different group sizes, and how many groups have each.
    group_size : ndarray (n_groups,)
    """

    def __init__(self, columns, group, n_groups, second=None, n_second=0):
        width = columns.shape[1]
        self.n_second, self.width = n_second, n_second + width
        self.group_size = np.bincount(group[group >= 0], minlength=n_groups)
        self.sums = _sums(columns, group, n_groups)
        self.total = np.zeros((self.width, self.width))
        self.total[n_second:, n_second:] = columns.T @ columns
        self.crosstab = None
        if n_second:
            known = second >= 0
            inner = _sums(columns, second, n_second)
            self.total[:n_second, n_second:] = inner
            self.total[n_second:, :n_second] = inner.T
            levels = np.bincount(second[known], minlength=n_second).astype(float)
            self.total[np.arange(n_second), np.arange(n_second)] = levels
            both = known & (group >= 0)
            cells = group[both].astype(np.int64) * n_second + second[both]
            cell, count = np.unique(cells, return_counts=True)
            self.crosstab = sparse.csr_array(
                (count.astype(float), (cell // n_second, cell % n_second)), shape=(n_groups, n_second)
            )
        self.sizes, self._class, self.counts = np.unique(
            self.group_size, return_inverse=True, return_counts=True
        )
        self._stack = None
        if len(self.sizes) * self.width**2 <= DENSE:
            order = np.argsort(self._class, kind="stable")
            ends = np.cumsum(self.counts)[:-1]
            self._stack = np.array([self._gram(part) for part in np.split(order, ends)])
            self._stack = self._stack.reshape(len(self.sizes), -1)

    def squares(self, weights):
        """Σ over groups of the weight of its size × s s', s the group's sums of T: a matrix (m, m)."""
        if self._stack is not None:
            return (weights @ self._stack).reshape(self.width, self.width)
        return self._gram(slice(None), weights[self._class])

    def residual_sums(self, solution):
        """The sums over each group of T @ solution."""
        sums = self.sums @ solution[self.n_second :]
        return sums if self.crosstab is None else sums + self.crosstab @ solution[: self.n_second]

    def _gram(self, rows, weights=None):
        sums = self.sums[rows]
        weighted = sums if weights is None else sums * weights[:, None]
        q = self.n_second
        gram = np.zeros((self.width, self.width))
        gram[q:, q:] = sums.T @ weighted
        if q:
            cross = self.crosstab[rows]
            scaled = cross if weights is None else sparse.diags_array(weights) @ cross
            gram[:q, :q] = (cross.T @ scaled).toarray()
            gram[:q, q:] = cross.T @ weighted
            gram[q:, :q] = gram[:q, q:].T
        return gram


def _sums(columns, group, n_groups):
    has_group = group >= 0
    if not has_group.all():
        columns, group = columns[has_group], group[has_group]
    sums = np.empty((n_groups, columns.shape[1]))
    for j in range(columns.shape[1]):
        sums[:, j] = np.bincount(group, weights=columns[:, j], minlength=n_groups)
    return sums
