"""What was known of customers before the draw, as columns of numbers."""

import numpy as np
import pandas as pd

from cxresearch.stats.random_effect import dependent

OTHER, UNKNOWN = "other", "unknown"
RARE, LEVELS = 30, 8  # rows under which a level joins the others, and how many levels a label keeps at most


def covariate_matrix(frame, rows=None):
    """Columns of a table as numbers: centred and scaled, labels as columns of 0 and 1 without the most frequent level.

    A missing number is the mean, and a column of 0 and 1 says that it was missing; a missing label is a level. Rare levels are put
    together; columns that do not vary, or that others determine, are left out.

    Parameters
    ----------
    frame : pandas.DataFrame (n, any) or None
        Known before the draw.
    rows : int, optional
        How many rows there are where there is no frame.

    Returns
    -------
    pandas.DataFrame (n, k)
        Each column with mean 0 and standard deviation 1.

    Examples
    --------
    >>> known = pd.DataFrame({"spend": [1.0, 2.0, None, 3.0] * 20, "same": 1, "plan": ["gold", "basic"] * 40})
    >>> covariate_matrix(known).columns.tolist()
    ['spend', 'spend not known', 'plan: gold']
    """
    if frame is None or not frame.shape[1]:
        return pd.DataFrame(index=range(rows if frame is None else len(frame)))
    columns = {}
    for name in frame.columns:
        columns |= _numbers(frame[name]) if is_number(frame[name]) else _labels(frame[name])
    found = pd.DataFrame(columns, index=frame.index, dtype=float).reset_index(drop=True)
    spread = found.std(ddof=0)
    found = found.loc[:, spread > 1e-12]
    found = (found - found.mean()) / found.std(ddof=0)
    if not found.shape[1]:
        return found
    values = found.to_numpy() / np.sqrt(len(found))
    left_out = set(dependent(values.T @ values, 1e-8))
    return found.iloc[:, [k for k in range(found.shape[1]) if k not in left_out]]


def is_number(column):
    """Whether a column holds numbers or flags.

    >>> is_number(pd.Series([1, None])), is_number(pd.Series(["a"])), is_number(pd.Series([True, None], dtype=object))
    (True, False, True)
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return True
    return bool(
        pd.api.types.infer_dtype(column, skipna=True) in ("boolean", "decimal", "integer", "floating")
    )


def _numbers(column):
    values = pd.to_numeric(column, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
    if not values.notna().any():
        return {}
    missing = values.isna()
    found = {column.name: values.fillna(values.mean())}
    return found | ({f"{column.name} not known": missing.astype(float)} if missing.any() else {})


def _labels(column):
    if pd.api.types.is_datetime64_any_dtype(column):
        return {}
    labels = column.astype(object).where(column.notna(), UNKNOWN).astype(str)
    counts = labels.value_counts()
    kept = counts[counts >= RARE].index[:LEVELS]
    labels = labels.where(labels.isin(kept), OTHER)
    levels = labels.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[1:]
    return {f"{column.name}: {level}": (labels == level).astype(float) for level in levels}
