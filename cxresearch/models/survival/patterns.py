"""Rows that share their covariates, counted once."""

import numpy as np
import pandas as pd

_SAMPLE = 4096


class Patterns:
    """Number the distinct rows of a table.

    Parameters
    ----------
    columns : dict of str to array
        Columns of equal length, none missing.

    Attributes
    ----------
    code : ndarray of int or None
        For each row the number of its pattern, below ``size``; ``None`` where rows hardly repeat, so that
        counting them would save nothing.
    size : int
        One more than the largest number possible.

    Examples
    --------
    >>> found = Patterns({"plan": np.array(["a", "b", "a"]), "autopay": np.array([1, 1, 1])})
    >>> found.code, found.rows(np.array([0, 1]))["plan"].tolist()
    (array([0, 1, 0]), ['a', 'b'])
    """

    def __init__(self, columns):
        rows = len(next(iter(columns.values()))) if columns else 0
        sample = pd.DataFrame({name: values[:_SAMPLE] for name, values in columns.items()})
        repeats = len(sample) < _SAMPLE or sample.duplicated().mean() > 0.5
        self.code, self.size, self._values = (np.zeros(rows, dtype=np.int64) if repeats else None), 1, {}
        if not repeats:
            return
        for name, values in columns.items():
            digit, self._values[name] = _digits(values)
            self.size *= len(self._values[name])
            if self.size > 2**62:
                self.code = None
                return
            self.code = self.code * len(self._values[name]) + digit

    def rows(self, code):
        """Return the covariates of the patterns with these numbers, as a dict of columns."""
        found = {}
        for name, values in reversed(self._values.items()):
            code, digit = np.divmod(code, len(values))
            found[name] = values[digit]
        return {name: found[name] for name in self._values}


def _digits(values):
    """Number the values of one column; small integers by subtraction, the rest by hashing."""
    values = np.asarray(values)
    if values.dtype.kind in "iu" and len(values):
        low, high = int(values.min()), int(values.max())
        if high - low < 1 << 12:
            return values.astype(np.int64) - low, np.arange(low, high + 1)
    return pd.factorize(values)
