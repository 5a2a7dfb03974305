"""Who was under observation when, and who left: the counts every survival estimate stands on.

A customer is at risk at time t if entry < t ≤ duration: someone first seen at month 3 of their tenure says
nothing about months 1 to 3, and someone who leaves at t was still there just before it.
"""

import numpy as np

from cxresearch.inputs import aligned, numbers, reject, row_labels

_BLOCK = 1 << 15
_DAYS = 7  # weeks are mostly whole days divided by seven


class RiskSets:
    """Exits, events and numbers at risk at every distinct time of exit.

    Parameters
    ----------
    duration : array-like
        Time at which each row left observation, not negative, in any unit.
    code : array-like of int
        0 where the row was censored, k = 1 … ``kinds`` where it left by cause k.
    kinds : int
        How many causes there are.
    entry : array-like, optional
        Time from which each row was observed; before its duration.
    weights : array-like, optional
        How many customers a row stands for.

    Attributes
    ----------
    time : ndarray (t,)
        Distinct times of exit, ascending.
    exits : ndarray (t,)
        How many left observation at each, whatever the cause.
    events : ndarray (t, kinds)
        How many of them left by each cause.
    at_risk : ndarray (t,)
        How many were under observation just before each.
    n : float
        How many customers there are.
    entered : ndarray or None
        Distinct times of entry, ascending.
    beyond : float
        How many were observed only after a time at which all had left, and are not counted here.

    Examples
    --------
    >>> sets = RiskSets([6, 6, 7, 9], [1, 0, 1, 0])
    >>> sets.time, sets.events[:, 0], sets.at_risk
    (array([6, 7, 9]), array([1, 1, 0]), array([4, 2, 1]))
    >>> sets.before([0, 7, 10]), sets.after([0, 7, 10])
    (array([4, 2, 0]), array([4, 1, 0]))
    """

    beyond = 0.0

    def __init__(self, duration, code, kinds=1, entry=None, weights=None):
        self.time, self.exits, self.events = _count(duration, code, kinds, weights)
        self.n = self.exits.sum()
        self.entered, self._entries = (None, None) if entry is None else _entries(entry, weights)
        self._left = _from_end(self.exits)
        self.at_risk = self._left[:-1] if entry is None else self.before(self.time)

    def before(self, times):
        """Return how many were under observation just before each time."""
        return self._observed(times, "left")

    def after(self, times):
        """Return how many were under observation just after each time."""
        return self._observed(times, "right")

    def _observed(self, times, side):
        still = self._left[np.searchsorted(self.time, times, side)]
        if self.entered is None:
            return still
        return still - self._entries[np.searchsorted(self.entered, times, side)]


def follow_up(duration, entry=None, weights=None, **others):
    """Check the columns of a survival table; return duration, entry and weights as arrays.

    Parameters
    ----------
    duration, entry, weights : array-like
        As in :class:`RiskSets`; the last two may be ``None``.
    **others : array-like
        Further columns that must describe the same rows.

    Raises
    ------
    ValueError
        If there are no rows, columns differ in length, a value is missing or negative, or an entry is not
        before its duration.
    """
    aligned(duration=duration, **others, entry=entry, weights=weights)
    labels = row_labels(duration)
    duration = numbers(duration, "duration", low=0)
    if duration.ndim != 1 or not len(duration):
        raise ValueError("duration is empty" if duration.ndim == 1 else "duration is not a single column")
    if entry is not None:
        entry = numbers(entry, "entry", low=0)
        reject(entry >= duration, "entry", "is not before duration", labels)
    if weights is not None:
        weights = numbers(weights, "weights", low=0).astype(float)
        if not weights.sum() > 0:
            raise ValueError("weights sum to 0")
    return duration, entry, weights


def _count(duration, code, kinds, weights):
    """Distinct durations, how many rows there are of each, and how many by each cause."""
    duration, code, columns = np.asarray(duration), np.asarray(code), kinds + 1
    longest = duration.max(initial=0)
    if longest <= 4 * len(duration) + 1000 and _are_whole(duration):
        size, time = int(longest) + 1, None
        cell = np.multiply(duration, columns, dtype=np.int64, casting="unsafe")
        cell += code
    elif (grid := _on_days(duration, longest)) is not None:
        place, time = grid
        size, cell = len(time), place * columns + code
    elif kinds == 1 and weights is None and duration.dtype.kind == "f":
        return _count_reals(duration, code)
    else:
        order = np.argsort(duration, kind="stable")
        duration, code, weights = duration[order], code[order], None if weights is None else weights[order]
        first = np.append(True, duration[1:] != duration[:-1])
        cell, time = (np.cumsum(first) - 1) * columns + code, duration[first]
        size = len(time)
    table = np.bincount(cell, weights, minlength=size * columns).reshape(size, columns)
    held = np.flatnonzero(table.any(axis=1))
    return held if time is None else time[held], table[held].sum(axis=1), table[held, 1:]


def _on_days(duration, longest):
    """Places of durations on a grid of sevenths, and the duration at each, if no two that differ share a place; else None.

    A place rises with its duration, so that counting by places is counting by durations: nothing is rounded.
    """
    size = int(longest * _DAYS) + 2 if longest * _DAYS <= 4 * len(duration) + 1000 else 0
    for rows in (slice(0, _BLOCK), slice(None)) if size and duration.dtype.kind == "f" else ():
        place = np.rint(duration[rows] * float(_DAYS)).astype(np.intp)
        time = np.zeros(size)
        time[place] = duration[rows]
        if not np.array_equal(time[place], duration[rows]):
            return None
    return (place, time) if size and duration.dtype.kind == "f" else None


def _count_reals(duration, code):
    """Count by one sort of one column: the bits of a positive real sort as it does and leave one bit free."""
    packed = np.add(duration, 0.0, dtype=np.float64).view(np.uint64)
    packed <<= np.uint64(1)
    np.bitwise_or(packed, code, out=packed, casting="unsafe", dtype=np.uint64)
    packed.sort()
    bits = packed >> np.uint64(1)
    packed &= np.uint64(1)
    left, time = packed.view(np.int64), bits.view(np.float64)
    first = np.append(True, bits[1:] != bits[:-1])
    if first.all():
        return time, np.ones(len(time), dtype=np.int64), left[:, None]
    starts = np.flatnonzero(first)
    return time[starts], np.diff(starts, append=len(time)), np.add.reduceat(left, starts)[:, None]


def _are_whole(values):
    """Whether all values are whole numbers; block by block, so that reals are told by the first."""
    blocks = (values[start : start + _BLOCK] for start in range(0, len(values), _BLOCK))
    return values.dtype.kind in "iu" or all((block == np.floor(block)).all() for block in blocks)


def _entries(entry, weights):
    entered, counts, _ = _count(entry, np.zeros(len(entry), dtype=np.int8), 1, weights)
    return entered, _from_end(counts)


def _from_end(counts):
    """Sums of the counts from each place to the end, and a last 0."""
    return np.append(np.cumsum(counts[::-1])[::-1], counts.dtype.type(0))
