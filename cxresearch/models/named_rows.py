"""The rows of a table that a question can use, or the reason why there are none."""

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, numbers, table

EMPTY = {
    "satisfaction": "no contact has a satisfaction rating",
    "rating": "no staff rating has a mark",
    "score": "no customer's overall answer is known",
}


def named_rows(data, columns, what, marks=None):
    """The rows that are filled in each of some columns.

    Parameters
    ----------
    data : pandas.DataFrame or Ibis table
    columns : sequence of str
        Those that a row must have filled.
    what : str
        What a row is, in the plural.
    marks : str, optional
        The one of them that holds numbers.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    NotEnough
        Where there are no rows, or a column is empty.
    ValueError
        Where a column is absent, or `marks` holds something else than numbers.

    Examples
    --------
    >>> calls = pd.DataFrame({"department": ["Billing", None], "satisfaction": [7, 8]})
    >>> named_rows(calls, ["department", "satisfaction"], "contacts", "satisfaction")
      department  satisfaction
    0    Billing             7
    >>> named_rows(calls.tail(1), ["department"], "contacts")
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: none of the contacts names a department
    """
    data = executed(data)
    if isinstance(data, pd.DataFrame) and not len(data):
        raise NotEnough(f"there are no {what}")
    data = table(data, columns, what)
    for name in columns:
        if not data[name].notna().any():
            raise NotEnough(EMPTY.get(name, f"none of the {what} names a {name.removesuffix('_id')}"))
    kept = data[data[list(columns)].notna().all(axis=1)]
    if not len(kept):
        names = " and ".join(name.removesuffix("_id") for name in columns)
        raise NotEnough(f"none of the {what} has {names} together")
    if marks:
        numbers(data[marks].dropna(), marks)
    return kept
