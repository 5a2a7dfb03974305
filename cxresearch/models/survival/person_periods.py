"""Person-periods: every period in which a customer was at risk is one trial of staying.

Followed from period ``entry`` + 1 to ``duration``, a customer gives duration − entry trials; the last one is
an event if the customer left then.
"""

from typing import NamedTuple

import numpy as np

from cxresearch.models.survival.patterns import Patterns


class Cells(NamedTuple):
    """Counts of trials and events by period and covariates.

    ``trials`` is ``None`` where each row is one trial. ``row`` gives, if asked for, every person-period's
    place among the cells, with its ``event`` and the input row it is from, ``source``.
    """

    columns: dict
    period: np.ndarray
    trials: np.ndarray | None
    events: np.ndarray
    row: np.ndarray | None = None
    event: np.ndarray | None = None
    source: np.ndarray | None = None


def from_spells(entry, duration, event, columns, traced=False):
    """Count the trials of spells, one row per customer, without writing out their periods if possible.

    Parameters
    ----------
    entry, duration : ndarray of int
        Followed over the periods entry + 1 … duration.
    event : ndarray of 0/1
        Whether the customer left in period ``duration``.
    columns : dict of str to ndarray
        Covariates, constant over a spell.
    traced : bool
        Whether to keep each person-period's place, as a robust covariance needs.

    Returns
    -------
    Cells

    Examples
    --------
    >>> cells = from_spells(np.array([0, 1]), np.array([2, 3]), np.array([1, 0]), {})
    >>> cells.period, cells.trials, cells.events
    (array([1, 2, 3]), array([1, 2, 1]), array([0, 1, 0]))
    """
    columns = columns or {"": np.zeros(len(duration), dtype=np.int64)}
    patterns, width = Patterns(columns), int(duration.max()) + 1
    if (
        patterns.code is not None
        and not traced
        and patterns.size * width < 4 * (duration - entry).sum() + 10**6
    ):
        first, last, left = (
            np.bincount(patterns.code * width + time, weights, minlength=patterns.size * width).reshape(
                -1, width
            )
            for time, weights in ((entry, None), (duration, None), (duration, event))
        )
        trials = np.zeros((patterns.size, width), dtype=np.int64)
        trials[:, 1:] = np.cumsum(first - last, axis=1)[:, :-1]
        held, period = np.nonzero(trials)
        events = left[held, period].astype(np.int64)
        return Cells(_named(patterns.rows(held)), period, trials[held, period], events)
    length = duration - entry
    source = np.repeat(np.arange(len(duration)), length)
    period = np.arange(len(source)) - np.repeat(np.cumsum(length) - length - entry - 1, length)
    happened = np.where(period == duration[source], event[source], 0)
    return from_periods(
        period, happened, {name: values[source] for name, values in columns.items()}, traced, source
    )


def split_spells(entry, duration, event, at):
    """Cut spells in two at a period of their own, so that what changes then can be a covariate of its own (a Lexis split).

    Parameters
    ----------
    entry, duration, event
        As in :func:`from_spells`.
    at : ndarray of int
        The last period of the earlier part; a spell wholly on one side stays whole.

    Returns
    -------
    tuple of ndarray
        entry, duration, event, source (the spell a part is of), is_later (0/1): the earlier parts, then the later ones.

    Examples
    --------
    >>> split_spells(np.array([0, 5]), np.array([4, 6]), np.array([True, False]), np.array([3, 2]))
    (array([0, 3, 5]), array([3, 4, 6]), array([False,  True, False]), array([0, 0, 1]), array([0, 1, 1]))
    """
    cut = np.clip(at, entry, duration)
    before, after = np.flatnonzero(entry < cut), np.flatnonzero(cut < duration)
    ends = event & (cut == duration)  # a leaver of the earlier part
    return (
        np.concatenate([entry[before], cut[after]]),
        np.concatenate([cut[before], duration[after]]),
        np.concatenate([ends[before], event[after]]),
        np.concatenate([before, after]),
        np.repeat([0, 1], [len(before), len(after)]),
    )


def from_periods(period, event, columns, traced=False, source=None):
    """Count the trials of a table that has one row per person-period.

    Parameters
    ----------
    period : ndarray of int
        The period, from 1.
    event : ndarray of 0/1
        Whether the customer left in it.
    columns, traced
        As in :func:`from_spells`.
    source : ndarray of int, optional
        The input row each person-period is from; its own place unless given.

    Returns
    -------
    Cells

    Examples
    --------
    >>> cells = from_periods(np.array([1, 1, 2]), np.array([0, 1, 1]), {"x": np.array([5, 5, 7])})
    >>> cells.columns["x"], cells.period, cells.trials, cells.events
    (array([5, 7]), array([1, 2]), array([2, 1]), array([1, 1]))
    """
    source = np.arange(len(period)) if traced and source is None else source
    patterns = Patterns({**columns, "": period})
    if patterns.code is None:
        trace = (np.arange(len(period)), event, source) if traced else ()
        return Cells(_named(columns), period, None, event, *trace)
    if patterns.size <= 8 * len(period) + 1000:
        both = np.bincount(patterns.code * 2 + event, minlength=2 * patterns.size).reshape(-1, 2)
        held = np.flatnonzero(both.any(axis=1))
        trials, events = both[held].sum(axis=1), both[held, 1]
    else:
        held, place = np.unique(patterns.code, return_inverse=True)
        trials, events = np.bincount(place), np.bincount(place, event).astype(np.int64)
    found = patterns.rows(held)
    trace = (np.searchsorted(held, patterns.code), event, source) if traced else ()
    return Cells(_named(found), found[""], trials, events, *trace)


def _named(columns):
    return {name: values for name, values in columns.items() if name}
