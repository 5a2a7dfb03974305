"""Levels of a text that too few leavers speak of, taken together before a hazard is fitted."""

from typing import NamedTuple

import pandas as pd

OTHER = "(other)"  # what rare levels are called together where it is the data that name them


class LevelPools(NamedTuple):
    """Which levels stand by themselves, what every other one is taken as, and how many of those were met."""

    own: list
    joined: str
    n_rest: int

    @property
    def levels(self):
        """The levels that remain among the rows learnt from."""
        return self.own if not self.n_rest or self.joined in self.own else [*self.own, self.joined]

    def apply(self, values):
        """The values with the rare levels taken together; a level not met before is taken as they are."""
        return values.where(values.isin(self.own), self.joined)


def pool_rare_levels(values, event, fewest, fewest_stayers=0, other="other"):
    """Pool the levels with few leavers, or have them join the most frequent level that stands by itself.

    They are one level together where together they have `fewest` leavers, or where no level stands by itself.

    Parameters
    ----------
    values : Series of str
    event : array-like of bool or 0/1
        Whether the row's customer left.
    fewest, fewest_stayers : int
        Leavers, and rows without one, that a level needs.
    other : str
        What the rare levels are called together.

    Returns
    -------
    LevelPools

    Examples
    --------
    >>> plan = pd.Series(["basic"] * 6 + ["gold"] * 4 + ["trial", "free"])
    >>> pools = pool_rare_levels(plan, [1, 0] * 6, fewest=2)
    >>> pools, pools.levels
    (LevelPools(own=['basic', 'gold'], joined='basic', n_rest=2), ['basic', 'gold'])
    >>> pool_rare_levels(plan, [1, 0] * 5 + [1, 1], fewest=2).levels
    ['basic', 'gold', 'other']
    """
    flag = pd.Series(event, index=values.index).astype(int)
    counts = flag.groupby(values).agg(leavers="sum", rows="size")
    stands = (counts["leavers"] >= fewest) & (counts["rows"] - counts["leavers"] >= fewest_stayers)
    own, rest = counts[stands], counts[~stands]
    together = rest["leavers"].sum() >= fewest or not len(own)
    joined = other if together else str(own["rows"].idxmax())
    return LevelPools(own.index.tolist(), joined, len(rest))
