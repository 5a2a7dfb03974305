"""Arguments of a reading with one field missing at a time, as a model leaves it where it could not estimate it."""

import copy
import datetime
import math

import pandas as pd


def variants(value):
    """Copies of a value, each with one field missing: a column of estimates or dates of a frame, a number or date among facts.

    Whole numbers, texts and settings are always there.
    """
    if isinstance(value, pd.DataFrame):
        for column in value.columns:
            if _may_lack(value[column]):
                yield f"column {column}", value.assign(**{column: value[column].where([False] * len(value))})
    elif isinstance(value, dict) or (isinstance(value, pd.Series) and value.dtype == object):
        for name, inner in value.items():
            if isinstance(inner, float | datetime.date) and inner == inner:
                for nothing in (math.nan,) if isinstance(inner, float) else (None, pd.NaT):
                    twin = value.copy()
                    twin[name] = nothing
                    yield f"{name} ({nothing})", twin
    elif hasattr(value, "__dict__") and not callable(value):
        for name, inner in vars(value).items():
            for path, missing in variants(inner):
                twin = copy.copy(value)
                vars(twin)[name] = missing
                yield f"{name} {path}".strip(), twin


def _may_lack(column):
    """Whether a column can hold nothing in all rows, as one of estimates or dates can."""
    kinds = pd.api.types
    is_open = kinds.is_float_dtype(column) or kinds.is_datetime64_any_dtype(column)
    return is_open and column.notna().any()
