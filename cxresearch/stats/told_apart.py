"""Covariates that can be told apart: one that says the same as those before it is left out."""

import numpy as np
import pandas as pd

UNKNOWN = "unknown"
_TIED = 1e-8  # share of a column's own spread that those before it must leave


def told_apart(X):
    """Leave out columns that those before them determine; where only the missing values do, they count as the most frequent value.

    Parameters
    ----------
    X : DataFrame
        Flags as 0 and 1, and categories whose first is what the others are compared with; ``unknown`` stands for missing.

    Returns
    -------
    tuple
        (DataFrame, list with a sentence on each column left out).

    Examples
    --------
    >>> plan = pd.Categorical(["basic", "gold", "unknown", "gold"])
    >>> X = pd.DataFrame({"plan": plan, "tier": plan.rename_categories(["b", "g", "unknown"])})
    >>> told_apart(X)[1]
    ['tier is left out: it says the same as other columns']
    """
    kept, left_out, basis = {}, [], np.ones((len(X), 1)) / np.sqrt(max(len(X), 1))
    for name in X.columns:
        for values in _versions(X[name]):
            fresh = _fresh(basis, _indicators(values))
            if fresh is not None:
                kept[name], basis = values, np.hstack([basis, fresh])
                break
        else:
            left_out.append(f"{name} is left out: it says the same as other columns")
    return pd.DataFrame(kept, index=X.index), left_out


def _versions(values):
    yield values
    if hasattr(values, "cat") and UNKNOWN in values.cat.categories and len(values.cat.categories) > 2:
        first = next(level for level in values.cat.categories if level != UNKNOWN)
        levels = [level for level in values.cat.categories if level != UNKNOWN]
        known = values.astype(object).where(values != UNKNOWN, first)
        yield pd.Series(pd.Categorical(known, levels), values.index)


def _indicators(values):
    if not hasattr(values, "cat"):
        return values.to_numpy(dtype=float)[:, None]
    return (values.cat.codes.to_numpy()[:, None] == np.arange(1, len(values.cat.categories))).astype(float)


def _fresh(basis, columns):
    """An orthonormal basis of what the columns add; None where one of them adds nothing."""
    found = []
    for column in columns.T:
        rest = column
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
            for one in found:
                rest = rest - one * (one @ rest)
        size = np.linalg.norm(rest)
        if size**2 < _TIED * max(np.linalg.norm(column) ** 2, 1.0):
            return None
        found.append(rest / size)
    return np.stack(found, axis=1) if found else np.empty((len(columns), 0))
