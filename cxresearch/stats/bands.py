"""Attributes of any kind as texts with few values, so that a rate can be told for each of them."""

import numpy as np
import pandas as pd

_FEW = 5  # numbers that take as many values or fewer are told apart one by one


def in_bands(values, bands=3):
    """A column as texts: flags as yes and no, numbers with many values in bands that hold about as many rows each.

    Parameters
    ----------
    values : Series
        Texts, flags or numbers; missing ones stay missing.
    bands : int

    Returns
    -------
    Series of str

    Examples
    --------
    >>> in_bands(pd.Series([1.0, 2, 3, 40, 50, 60, 700, 800, None])).tolist()
    ['up to 15.3', 'up to 15.3', 'up to 15.3', 'up to 56.7', 'up to 56.7', 'above 56.7', 'above 56.7', 'above 56.7', nan]
    >>> in_bands(pd.Series([0.0, 1.0, 1.0])).tolist()
    ['no', 'yes', 'yes']
    """
    if values.dtype == bool:
        return values.map({True: "yes", False: "no"})
    if not pd.api.types.is_numeric_dtype(values):
        return values
    number = values.astype(float)
    distinct = np.unique(number[number.notna()])
    if set(distinct) <= {0.0, 1.0}:
        return number.map({1.0: "yes", 0.0: "no"})
    if len(distinct) <= _FEW:
        return number.map({value: f"{value:g}" for value in distinct})
    cuts = np.unique([float(f"{cut:.3g}") for cut in number.quantile(np.arange(1, bands) / bands)])
    names = np.array([*(f"up to {cut:g}" for cut in cuts), f"above {cuts[-1]:g}"], dtype=object)
    place = np.searchsorted(cuts, number.fillna(cuts[0]), side="left")
    return pd.Series(names[place], values.index, dtype=object).where(number.notna())
