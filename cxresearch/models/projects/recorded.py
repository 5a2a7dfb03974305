"""Columns that a question about projects cannot do without."""

from cxresearch.errors import NotEnough


def need_recorded(frame, columns, name):
    """Refuse a question where a table has no rows, or one of the columns is absent or empty.

    Parameters
    ----------
    frame : DataFrame
    columns : sequence of str
    name : str
        What the table is called.

    Raises
    ------
    NotEnough
        Naming the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> need_recorded(pd.DataFrame({"project_id": ["A"]}), ["reported_rag"], "project_status")
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: project_status has no values in reported_rag
    """
    if not len(frame):
        raise NotEnough(f"{name} has no rows by this date")
    empty = [column for column in columns if column not in frame or frame[column].isna().all()]
    if empty:
        raise NotEnough(f"{name} has no values in {' and '.join(empty)}")
