"""From numpy arrays to Arrow columns: ids as text, coded labels, dates and UTC timestamps."""

import numpy as np
import pyarrow as pa


def ids(prefix, numbers, width=9):
    """Text ids such as C000000042 from whole numbers, without a Python loop.

    Examples
    --------
    >>> ids("C", np.array([0, 41]), 4).to_pylist()
    ['C0000', 'C0041']
    """
    numbers = np.asarray(numbers, np.int64)
    if numbers.size and numbers.max() >= 10**width:
        raise ValueError(f"{prefix}: {numbers.max():,} does not fit {width} digits")
    start, length = len(prefix), len(prefix) + width
    text = np.empty((numbers.size, length), np.uint8)
    text[:, :start] = np.frombuffer(prefix.encode(), np.uint8)
    for place in range(width):
        numbers, digit = np.divmod(numbers, 10)
        text[:, length - 1 - place] = digit + 48
    offsets = np.arange(0, (text.shape[0] + 1) * length, length, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), text.shape[0], [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    )


def labels(codes, names, missing=None):
    """A text column from codes into ``names`` (a list or an Arrow array); ``missing`` is a mask of nulls."""
    indices = pa.array(np.asarray(codes, np.int32), mask=missing)
    names = names if isinstance(names, pa.Array) else pa.array(list(names), pa.string())
    return pa.DictionaryArray.from_arrays(indices, names)


def numbers(values, missing=None):
    """A numeric or boolean column; ``missing`` is a mask of nulls."""
    return pa.array(values, mask=missing)


def dates(days, missing=None):
    """A date column from datetime64[D]."""
    return pa.array(days.astype("M8[D]"), pa.date32(), mask=missing)


def timestamps(seconds, missing=None):
    """A UTC timestamp column from seconds since 1970."""
    moments = np.asarray(seconds, np.int64) * 1_000_000
    return pa.array(moments, pa.int64(), mask=missing).cast(pa.timestamp("us", "UTC"))


def money(values):
    """Round to cents."""
    return np.rint(np.asarray(values) * 100) / 100
