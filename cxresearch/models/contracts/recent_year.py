"""The last twelve months of a hazard: spells cut in two where they began, so that their level can be told from that of earlier ones."""

import numpy as np

from cxresearch.models.survival.person_periods import split_spells

MONTHS = 12  # a whole year holds every season
RECENT = f"last {MONTHS} months"


def split_recent(spells, fewest):
    """Cut spells where the last twelve months known began, if these and the time before have leavers enough.

    Parameters
    ----------
    spells : pandas.DataFrame
        entry, duration, event and age in months, as from :func:`cxresearch.features.contract_spells`; all observed (entry < duration).
    fewest : int
        Leavers, and months without one, that either side needs.

    Returns
    -------
    (pandas.DataFrame, ndarray of int, bool)
        The parts with a column ``last 12 months`` (0/1), the row of `spells` each is of, and whether there are two sides; else `spells`.

    Examples
    --------
    >>> import pandas as pd
    >>> spells = pd.DataFrame({"entry": [0, 0, 2], "duration": [20, 3, 5], "event": [False, True, True], "age": [20, 20, 6]})
    >>> parts, row, _ = split_recent(spells, 1)
    >>> parts.assign(row=row)[["row", "entry", "duration", "event", "last 12 months"]].to_numpy().tolist()
    [[0, 0, 8, False, 0], [1, 0, 3, True, 0], [0, 8, 20, False, 1], [2, 2, 5, True, 1]]
    """
    entry, last, age = (spells[name].to_numpy(dtype=np.int64) for name in ("entry", "duration", "age"))
    split = split_spells(entry, last, spells["event"].to_numpy(dtype=bool), age - MONTHS)
    entry, last, left, row, is_recent = split
    leavers = np.bincount(is_recent, left, minlength=2)
    stayed = np.bincount(is_recent, last - entry, minlength=2) - leavers
    if (leavers < fewest).any() or (stayed < fewest).any():
        return spells, np.arange(len(spells)), False
    parts = {"entry": entry, "duration": last, "event": left, RECENT: is_recent}
    return spells.iloc[row].assign(**parts), row, True
