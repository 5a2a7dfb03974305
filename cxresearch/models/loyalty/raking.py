"""Raking: weights that make respondents look like the invited in several ways at once."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers


def rake(categories, targets, weights=None, most=200, tolerance=1e-10):
    """Weights of mean 1 under which each column of categories has its target shares.

    Iterative proportional fitting: the weights are scaled to one column's shares after the other until none
    moves. A category with a target but no respondent cannot be reached: its share is spread over the others of
    its column, and it is named in ``attrs["unreached"]``.

    Parameters
    ----------
    categories : DataFrame (respondents, columns)
        No missing values.
    targets : dict of str to Series
        For each column, the wanted share (or count) of each category.
    weights : array-like, optional
        To begin with.
    most, tolerance : int, float
        Rounds at most, and the largest relative change at which to stop.

    Returns
    -------
    Series
        One weight per respondent.

    Raises
    ------
    NotEnough
        If the rounds do not suffice.
    ValueError
        If there are no respondents; if a category has respondents and no target.

    References
    ----------
    Deming, W. E. & Stephan, F. F. (1940). *Annals of Mathematical Statistics* 11, 427–444.

    Examples
    --------
    >>> people = pd.DataFrame({"segment": ["a", "a", "a", "b"]})
    >>> rake(people, {"segment": pd.Series({"a": 50, "b": 50})}).round(4).tolist()
    [0.6667, 0.6667, 0.6667, 2.0]
    """
    if not len(categories):
        raise ValueError("categories has no rows: there is nobody to weight")
    w = np.ones(len(categories)) if weights is None else numbers(weights, "weights", low=0).astype(float)
    codes, wanted, unreached = [], [], []
    for name, target in targets.items():
        found = categories[name]
        if found.isna().any() or not found.isin(target.index[target > 0]).all():
            odd = found[found.isna() | ~found.isin(target.index[target > 0])].iloc[0]
            raise ValueError(f"{name} is {odd!r} for a respondent; there is no target for it")
        code, labels = pd.factorize(found)
        unreached += [f"{name} {value}" for value in target.index[target > 0] if value not in set(labels)]
        share = target.reindex(labels).to_numpy(dtype=float)
        codes.append(code)
        wanted.append(share / share.sum())
    for _ in range(most):
        moved = 0.0
        for code, share in zip(codes, wanted, strict=True):
            have = np.bincount(code, w, len(share)) / w.sum()
            factor = np.divide(share, have, out=np.ones(len(share)), where=have > 0)
            w = w * factor[code]
            moved = max(moved, np.abs(factor - 1).max())
        if moved < tolerance:
            break
    else:
        raise NotEnough(
            f"the shares contradict each other: after {most} rounds weights still move by {moved:.2g}"
        )
    weight = pd.Series(w / w.mean(), categories.index)
    weight.attrs["unreached"] = unreached
    return weight
