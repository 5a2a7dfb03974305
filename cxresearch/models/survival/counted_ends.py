"""Customers with a time, one of several ends and covariates, counted where they are alike and sorted by time: what regressions on ends share."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, numbers, reject, row_labels
from cxresearch.models.survival.hazard_design import HazardDesign
from cxresearch.models.survival.patterns import Patterns
from cxresearch.models.survival.risk_sets import follow_up

STAYS, LEAVES, OTHER = 0, 1, 2
_MOST_STEPS = 60
_FLAT = 20.0  # a standard error of a covariate's whole range above this tells nothing


def end_codes(cause, of, event=None):
    """0 for customers still there, 1 for those who left for the cause `of`, 2 for those who left for another.

    Parameters
    ----------
    cause : array-like
        Why the customer left; missing, or the number 0, for one still there.
    of : str or number
        The cause of interest.
    event : array-like of bool or 0/1, optional
        Whether the customer left; a leaver without a cause is then refused.

    Examples
    --------
    >>> end_codes(["cancelled", None, "died"], "cancelled")
    array([1, 0, 2])
    """
    places, labels = pd.factorize(pd.Series(cause, dtype=getattr(cause, "dtype", None)))
    kinds = [STAYS if label == 0 else LEAVES if label == of else OTHER for label in labels]
    code = np.array([*kinds, STAYS])[places]  # −1, missing, is the last
    if event is not None:
        left = flags(event, "event") == 1
        reject(left & (code == STAYS), "cause", "is missing for a customer who left", row_labels(cause))
        code = np.where(left, code, STAYS)
    if not (code == LEAVES).any():
        raise NotEnough(f"nobody left for the cause {of}")
    return code


class CountedEnds:
    """Distinct rows of time, end and covariates in order of time.

    Parameters
    ----------
    duration, code, X, weights : array-like
        As in :meth:`FineGray.fit <cxresearch.models.survival.fine_gray.FineGray.fit>`; the code from :func:`end_codes`.

    Attributes
    ----------
    code, weight : ndarray of shape (m,)
    x : ndarray of shape (m, p)
        Covariates less their means.
    names : list of str
    starts, at : ndarray
        First row of each distinct time, and which distinct time each row has.
    time : ndarray of shape (t,)
    n : float
        Customers.
    """

    def __init__(self, duration, code, X, entry=None, weights=None):
        aligned(duration=duration, cause=code, entry=entry, weights=weights)
        if entry is not None:
            late = numbers(entry, "entry", low=0) > 0
            reject(
                late,
                "entry",
                "is above 0: only customers seen from their beginning can be compared so",
                row_labels(entry),
            )
        duration, _, weights = follow_up(duration, None, weights)
        design = HazardDesign("constant", 1)
        columns = design.read(X, None, len(duration), learn=True)
        if not columns:
            raise ValueError("X has no column: there is nothing to compare")
        weights = np.ones(len(duration)) if weights is None else np.asarray(weights, dtype=float)
        found = Patterns({" time": duration, " end": code, **columns})
        if found.code is not None and found.size < 2**40:
            distinct, row = np.unique(found.code, return_inverse=True)
            if len(distinct) < 0.7 * len(row):
                weights = np.bincount(row, weights)
                columns = found.rows(distinct)
                duration, code = columns.pop(" time"), columns.pop(" end")
        order = np.argsort(duration, kind="stable")
        order = order[weights[order] > 0]
        self.time, self.starts, self.at = np.unique(duration[order], return_index=True, return_inverse=True)
        self.code, self.weight = code[order], weights[order]
        x = design.matrix(
            np.ones(len(order)), {name: values[order] for name, values in columns.items()}, learn=True
        )[:, 1:]
        self.names, self.n = design.names_[1:], float(self.weight.sum())
        self.means = self.weight @ x / self.n
        self.x = x - self.means
        spread = (self.x * self.weight[:, None]).T @ self.x
        scale = np.sqrt(np.diag(spread)).clip(1e-300)
        if np.linalg.eigvalsh(spread / np.outer(scale, scale))[0] < 1e-10:
            raise ValueError(f"the covariates {', '.join(self.names)} are collinear: leave one out")
        self.pairs = np.triu_indices(self.x.shape[1])
        ones = np.ones((len(order), 1))
        self.products = np.hstack([ones, self.x, self.x[:, self.pairs[0]] * self.x[:, self.pairs[1]]])

    def per_time(self, values):
        """Sum rows by distinct time."""
        return np.add.reduceat(values, self.starts, axis=0)

    def count(self, code):
        """Customers of a code by distinct time."""
        return np.bincount(self.at, self.weight * (self.code == code), len(self.time))

    def square(self, products):
        """Symmetric matrices of shape (…, p, p) from their upper triangles."""
        p = self.x.shape[1]
        full = np.empty((*products.shape[:-1], p, p))
        full[..., self.pairs[0], self.pairs[1]] = products
        full[..., self.pairs[1], self.pairs[0]] = products
        return full


def climb(function, rows):
    """Newton's method with halving from 0: coefficients, value, covariance. A coefficient that runs off has no estimate.

    Raises
    ------
    NotEnough
        If the likelihood has no maximum within reach: in some value of a covariate nobody, or everybody, left so.
    """
    beta = np.zeros(rows.x.shape[1])
    reach = 1 / np.maximum(np.ptp(rows.x, axis=0), 1e-300)
    value, gradient, information = function(beta)
    for _ in range(_MOST_STEPS):
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        gain = gradient @ step
        if gain < 1e-12 * (1 + abs(value)):
            if (np.linalg.eigvalsh(information * np.outer(reach, reach))[0]) < _FLAT**-2:
                break
            return beta, value, np.linalg.inv(information)
        for _ in range(30):
            new = function(beta + step)
            if np.isfinite(new[0]) and new[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
        beta, (value, gradient, information) = beta + step, new
    raise NotEnough("in some group nobody left in this way, so that it cannot be compared")
