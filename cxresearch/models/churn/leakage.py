"""What makes a churn model look better than it is: features that know the outcome, and rows that stand in both halves of a split."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.churn.feature_columns import FeatureColumns
from cxresearch.stats.proportions import wilson
from cxresearch.stats.roc import auc
from cxresearch.words import count_text

SURE = 0.85  # what the lower limit of an implausible AUC must exceed, so that five leavers by chance stop nothing
FILLED = 10  # rows in which a column must be filled, or empty, before that is held against it
ONLY = 0.95  # share of one outcome among them
CHANCE = 0.05  # rows like a given one that chance may make before it is taken for a copy


def leaks(X, y, limit=0.95):
    """The features that know the outcome, and what gave each away.

    Two signs: by itself the feature ranks leavers above stayers (or below) with an area under the curve of at least `limit`, which
    nothing known beforehand does; or it is filled, or empty, for leavers only, as a cancellation's date is.

    Parameters
    ----------
    X : DataFrame
    y : array of 0/1
    limit : float
        1 or more switches the guard off.

    Returns
    -------
    dict
        Feature → why it must not be learnt from, a sentence without a full stop that begins with its name.

    Examples
    --------
    >>> y = np.repeat([0, 1], 50)
    >>> leaks(pd.DataFrame({"cancelled_on_day": np.where(y == 1, 17.0, np.nan), "visits": np.arange(100) % 7}), y)
    {'cancelled_on_day': 'cancelled_on_day is left out: it is filled for leavers only (50 of the 50 rows that have it left, of all rows
    50.0%), so it was filled in after they left'}
    """
    if limit >= 1:
        return {}
    found = {}
    for row in single_variable(X, y).itertuples():
        if row.only:
            found[row.feature] = (
                f"{row.feature} is left out: it {row.only}, so it was filled in after they left"
            )
        elif row.auc >= limit and row.low > SURE:
            found[row.feature] = (
                f"{row.feature} is left out: it alone tells who left with an AUC of {row.auc:.3f}, which nothing known beforehand does "
                f"(limit {limit:g}), so it knows the outcome"
            )
    return found


def without(X, known_after):
    """The features without those that know the outcome, as :func:`leaks` names them.

    Raises
    ------
    NotEnough
        Where none is left.
    """
    if known_after and len(known_after) == X.shape[1]:
        raise NotEnough(
            f"every feature knows the outcome, so none is left to learn from ({next(iter(known_after.values()))})"
        )
    return X.drop(columns=list(known_after))


def single_variable(X, y):
    """How well each feature alone ranks leavers above stayers, in whichever direction, missing rows by the share of them that left.

    Returns
    -------
    DataFrame
        feature, auc, low, high, only (in words, where it is filled or empty for leavers only).
    """
    y = np.asarray(y)
    rows = []
    for name in X.columns:
        empty = X[name].isna().to_numpy()
        only = _only(~empty, y, "filled", "that have it") or _only(empty, y, "empty", "that lack it")
        score = _score(X[[name]], y, empty)
        if score is None:
            rows.append([name, 0.5, 0.0, 1.0, only])
            continue
        up, down = auc(y, score), auc(y, -score)
        found = up if up.estimate >= down.estimate else down
        rows.append([name, found.estimate, found.low, found.high, only])
    return pd.DataFrame(rows, columns=["feature", "auc", "low", "high", "only"])


def drop_repeated(frame, key=("customer_id",)):
    """Leave out rows that repeat another exactly in every column but the key, and say how many.

    Copies fall on both sides of a split, and the model is then asked what it was told. Customers who are merely alike are no copies: a
    repeated row is left out only where chance would hardly make one, that is, where the number of rows times the product of the shares of
    its values is below .05.

    Returns
    -------
    tuple
        (DataFrame, how many rows were left out).

    Examples
    --------
    >>> spend = [*range(99), 98]
    >>> frame = pd.DataFrame({"customer_id": range(100), "spend": spend, "plan": ["basic", "gold"] * 49 + ["gold"] * 2})
    >>> drop_repeated(frame)[1], drop_repeated(frame.assign(visits=spend))[1]
    (0, 1)
    """
    content = frame.drop(columns=[c for c in key if c in frame.columns])
    again = content.duplicated().to_numpy()
    if again.any():
        expected = np.full(len(content), float(len(content)))
        for name in content.columns:
            code, _ = pd.factorize(content[name], use_na_sentinel=False)
            expected *= np.bincount(code)[code] / len(content)
        again = again & (expected < CHANCE)
    return frame[~again], int(again.sum())


def _score(column, y, empty):
    """A feature as one number a row, highest where most left; None where it says nothing."""
    try:
        columns = FeatureColumns().learn(column)
    except ValueError:
        return None
    x = columns.matrix(column)[:, 0]
    missing = np.isnan(x)
    if columns.levels_:
        size = np.bincount(x[~missing].astype(int), minlength=1)
        rate = np.bincount(x[~missing].astype(int), y[~missing]) / np.maximum(size, 1)
        score = np.full(len(x), y[missing].mean() if missing.any() else 0.0)
        score[~missing] = rate[x[~missing].astype(int)]
        return score
    if not missing.any():
        return x
    known = np.where(missing, np.nan, x)
    lowest, highest = np.nanmin(known), np.nanmax(known)
    is_high = (
        auc(y[~missing], x[~missing]).estimate >= 0.5 if 0 < y[~missing].sum() < (~missing).sum() else True
    )
    many = y[missing].mean() >= y[~missing].mean()
    return np.where(missing, highest + 1 if many == is_high else lowest - 1, x)


def _only(there, y, word, which):
    n = int(there.sum())
    left = int(y[there].sum())
    if n < FILLED or n == len(y) or left < ONLY * n or wilson(left, n).low <= y.mean():
        return ""
    return f"is {word} for leavers only ({count_text(left)} of the {count_text(n)} rows {which} left, of all rows {y.mean():.1%})"
