"""Delayed entry: risk sets from a starting time on, and what a curve leaves out where they are thin or empty.

A company that began to record in 2020 first sees its older customers years into their tenure. They belong to
the risk sets from then on only, and the sets of the first months may hold a handful of customers, or none.
"""

import numpy as np

from cxresearch.models.survival.risk_sets import RiskSets
from cxresearch.words import SUPPRESSED, count_text

THIN = SUPPRESSED  # customers at risk


def risk_sets(duration, code, kinds=1, entry=None, weights=None, start=None):
    """Build risk sets from ``start`` on; refuse them if all leave while others are still to come.

    Parameters
    ----------
    duration, code, kinds, entry, weights
        As in :class:`~cxresearch.models.survival.risk_sets.RiskSets`, checked already.
    start : float or "auto", optional
        Treat everyone as first observed at ``start``, if they were observed before. ``"auto"``: where the risk set empties through
        events, the stretch between two such times in which most are observed; it ends where they have all left.

    Returns
    -------
    sets : RiskSets
    start : float
        Earliest time at which anyone is under observation.

    Raises
    ------
    ValueError
        If nobody is observed after ``start``, or the risk set empties at an event although others are
        observed later: the product of survival would be 0 from there on whatever they do.
    """
    if start is not None and start != "auto":
        if isinstance(start, str):
            raise ValueError(f"start is {start!r}, not a time or 'auto'")
        kept = duration > start
        if not kept.any():
            raise ValueError(f"start is {start}, but nobody was observed after it")
        entry = np.full(len(duration), start) if entry is None else np.maximum(entry, start)
        duration, code, entry = duration[kept], code[kept], entry[kept]
        weights = None if weights is None else weights[kept]
    sets = RiskSets(duration, code, kinds, entry, weights)
    if entry is None:
        return sets, 0
    at_risk, events = sets.at_risk, sets.events.sum(axis=1)
    emptied = (events > 0) & (at_risk - events <= 1e-9 * at_risk)
    emptied[-1] = False
    if not emptied.any():
        return sets, sets.entered[0].item()
    place, last = np.flatnonzero(emptied)[0], sets.time[emptied][-1].item()
    if start == "auto":
        return _fullest(sets.time[emptied], duration, code, kinds, entry, weights)
    raise ValueError(
        f"everyone under observation at time {sets.time[place]} left then ({at_risk[place]:g} at risk), so "
        f"survival would be 0 ever after, yet {sets.exits[place + 1 :].sum():g} are observed later; "
        f"start={last} estimates survival given reaching {last}"
    )


def _fullest(emptied, duration, code, kinds, entry, weights):
    """The risk sets of the stretch between two times of emptying in which most are observed, and where it starts."""
    stretch = np.searchsorted(emptied, duration)  # nobody is observed across a time at which all left
    held = np.bincount(stretch, weights, len(emptied) + 1)
    most = len(emptied) - held[::-1].argmax()  # of equal ones the last
    kept, beyond = stretch == most, stretch > most
    sets = RiskSets(
        duration[kept], code[kept], kinds, entry[kept], None if weights is None else weights[kept]
    )
    sets.beyond = float(beyond.sum() if weights is None else weights[beyond].sum())
    return sets, sets.entered[0].item()


def notes(sets, start):
    """What the curve says nothing about, or little: a sentence for each risk set that is empty or thin, without a full stop."""
    found = []
    if start > 0:
        found.append(f"Nobody was observed before {start:g}: survival is that of customers who reached it")
    if sets.entered is None:
        return found
    if sets.beyond:
        few = count_text(sets.beyond, "customer")
        found.append(
            f"Everybody under observation at {sets.time[-1]:g} left then: the curve ends there, and {few} observed only later are not in it"
        )
    for time in sets.time[:-1][sets.after(sets.time)[:-1] == 0]:
        resumed = sets.entered[np.searchsorted(sets.entered, time, side="right")]
        found.append(
            f"Nobody was observed from {time:g} to {resumed:g}: the curve is flat there without data"
        )
    happened = sets.events.sum(axis=1) > 0
    time, at_risk = sets.time[happened], sets.at_risk[happened]
    peak = np.maximum.accumulate(at_risk[::-1])[::-1]
    thin = (at_risk < THIN) & (peak >= THIN)
    if thin.any():
        last = time[thin][-1]
        found.append(
            f"Fewer than {THIN} customers were at risk at some events up to time {last:g}, before "
            f"more entered, and each loss there moves every later value; start={last:g} leaves them out"
        )
    return found
