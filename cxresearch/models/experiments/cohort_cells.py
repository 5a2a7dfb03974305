"""The cells of staggered starts, what their aggregates are made of, and the covariance of anything linear in them."""

from typing import NamedTuple

import numpy as np


class Cells(NamedTuple):
    """J comparisons of a cohort with its controls, between a period and its base."""

    cohort: np.ndarray  # (J,) place of the cohort
    period: np.ndarray  # (J,) place of the period
    base: np.ndarray  # (J,) place of the period it is compared with
    since: np.ndarray  # (J,) periods since the start
    controls: np.ndarray  # (J, K) whether a cohort is compared with
    estimate: np.ndarray  # (J,)


class Aggregate(NamedTuple):
    """Weights of the cells, and what each cohort's estimated share adds: of m parts, and of all of them together."""

    keys: np.ndarray  # (m,)
    parts: np.ndarray  # (m, J)
    shares: np.ndarray  # (m, K)
    overall: np.ndarray  # (J,)
    overall_shares: np.ndarray  # (K,)


def cells_of(paths, never, anticipation=0):
    """The cells of all cohorts that start within the periods and have somebody to be compared with.

    Parameters
    ----------
    paths : CohortPaths
    never : bool
        Compare with units that never start; else with all that have not started by either period.
    anticipation : int
        Periods before the start that count as after it.

    Returns
    -------
    Cells
    """
    periods, starts = paths.periods.astype(float), paths.starts
    found = []
    for cohort in np.flatnonzero(starts <= periods[-1]):
        begins = starts[cohort] - anticipation
        last_before = np.searchsorted(periods, begins) - 1
        for place in range(1, len(periods)):
            is_after = periods[place] >= begins
            base = last_before if is_after else place - 1
            others = starts > max(periods[place], periods[base]) + anticipation
            others = np.isinf(starts) if never else others
            others = others & (np.arange(len(starts)) != cohort)
            if others.any():
                found.append((cohort, place, base, periods[place] - starts[cohort], others))
    if not found:
        none = np.zeros(0, dtype=int)
        return Cells(
            none, none, none, none.astype(float), np.zeros((0, len(starts)), bool), none.astype(float)
        )
    cohort, period, base, since, controls = map(np.array, zip(*found, strict=True))
    since = since.astype(int) if (since == np.round(since)).all() else since
    change = paths.means[:, period] - paths.means[:, base]  # (K, J)
    shared = _shared(paths, controls)
    estimate = change[cohort, np.arange(len(cohort))] - (shared * change.T).sum(axis=1)
    return Cells(cohort, period, base, since, controls, estimate)


def aggregate(paths, cells, kind):
    """What an aggregate takes of each cell.

    simple: all cells after the start, by the cohort's size. dynamic: by time since the start. group: by cohort. calendar: by period. The last three are summed up
    by their mean over e ≥ 0, by the cohorts' sizes, and by their mean.

    Parameters
    ----------
    paths : CohortPaths
    cells : Cells
    kind : {"simple", "dynamic", "group", "calendar"}

    Returns
    -------
    Aggregate
    """
    size = paths.mass / paths.mass.sum()
    own = size[cells.cohort]
    member = cells.cohort[:, None] == np.arange(len(size))  # (J, K)
    after = cells.since >= 0
    if kind == "group":
        keys = np.unique(cells.cohort[after])
        parts = np.array([_even(after & (cells.cohort == key)) for key in keys])
        value, share = parts @ cells.estimate, size[keys]
        theta = share @ value / share.sum()
        slopes = np.zeros(len(size))
        slopes[keys] = (value - theta) / share.sum()
        nothing = np.zeros((len(keys), len(size)))
        return Aggregate(paths.starts[keys], parts, nothing, share / share.sum() @ parts, slopes)
    label = {"simple": np.zeros(len(own)), "dynamic": cells.since, "calendar": cells.period}[kind]
    wanted = np.ones(len(own), dtype=bool) if kind == "dynamic" else after
    keys = np.unique(label[wanted])
    parts, shares = [], []
    for key in keys:
        held = wanted & (label == key)
        weights = np.where(held, own, 0.0) / own[held].sum()
        off = np.where(held, cells.estimate - weights @ cells.estimate, 0.0)
        parts.append(weights)
        shares.append(off @ member / own[held].sum())
    parts, shares = np.array(parts), np.array(shares)
    top = keys >= 0 if kind == "dynamic" else np.ones(len(keys), dtype=bool)
    names = paths.periods[keys] if kind == "calendar" else keys
    return Aggregate(names, parts, shares, parts[top].mean(axis=0), shares[top].mean(axis=0))


class Linear:
    r"""Variances of the cells and covariances of what is linear in them, from the sufficient statistics alone.

    A unit i of cohort k with weight w adds ψ = w·(a_k'(Y − m_k) + c_k) + b, where a and c hold the cell's differences and b the estimated shares of cohorts. Hence

    .. math:: Cov = N^{-2} \sum_k a_k S_k a_k' + a_k f_k c_k' + c_k f_k' a_k' + q_k c_k c_k' + n_k b b' + \sum_i w_i (c_k b' + b c_k')

    Parameters
    ----------
    paths : CohortPaths
    cells : Cells
    """

    def __init__(self, paths, cells):
        self.paths, self.cells = paths, cells
        total, jobs = paths.mass.sum(), np.arange(len(cells.cohort))
        shared = _shared(paths, cells.controls)
        own = (cells.cohort[:, None] == np.arange(len(paths.n))).astype(float)
        self._of_means = own - shared
        self._of_units = self._of_means * (total / paths.mass)
        change = (paths.means[:, cells.period] - paths.means[:, cells.base]).T  # (J, K)
        off = change - (shared * change).sum(axis=1, keepdims=True)
        self._constant = -np.where(cells.controls, shared / paths.mass * total * off, 0.0)
        self._difference = np.zeros((len(jobs), len(paths.periods)))
        self._difference[jobs, cells.period] += 1.0
        self._difference[jobs, cells.base] -= 1.0

    def variances(self):
        """Of each cell."""
        paths, (_, period, base, *_) = self.paths, self.cells
        spread = np.diagonal(paths.second, axis1=1, axis2=2)
        second = spread[:, period] + spread[:, base] - 2 * paths.second[:, period, base]  # (K, J)
        first = paths.first[:, period] - paths.first[:, base]
        a, c = self._of_units.T, self._constant.T
        found = a**2 * second + 2 * a * c * first + paths.squares[:, None] * c**2
        return np.maximum(found.sum(axis=0), 0.0) / paths.units**2

    def covariance(self, weights, shares=None):
        """Of m combinations of the cells.

        Parameters
        ----------
        weights : ndarray (m, J)
        shares : ndarray (m, K), optional
            How each combination moves with the cohorts' estimated shares.

        Returns
        -------
        ndarray (m, m)
        """
        paths = self.paths
        constant = weights @ self._constant + (0.0 if shares is None else shares)
        level = np.zeros(len(weights)) if shares is None else -shares @ (paths.mass / paths.mass.sum())
        found = np.zeros((len(weights), len(weights)))
        for k in range(len(paths.n)):
            a = (weights * self._of_units[:, k]) @ self._difference
            c = constant[:, k]
            mixed = np.outer(a @ paths.first[k], c) + paths.mass[k] * np.outer(c, level)
            found += a @ paths.second[k] @ a.T + mixed + mixed.T
            found += paths.squares[k] * np.outer(c, c) + paths.n[k] * np.outer(level, level)
        return found / paths.units**2

    def on_means(self, weights):
        """How one combination of the cells depends on the cohorts' mean paths: (K, T)."""
        return np.array(
            [(weights * self._of_means[:, k]) @ self._difference for k in range(len(self.paths.n))]
        )


def _shared(paths, controls):
    """The share of each cohort in the pooled controls of each cell."""
    mass = controls * paths.mass
    return mass / mass.sum(axis=1, keepdims=True)


def _even(held):
    return held / held.sum()
