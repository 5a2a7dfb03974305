"""Months of teams put together to periods in which plans start: the panel on which plans are judged."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, table
from cxresearch.months import MONTHS_PER_YEAR

LENGTHS = (6, 3, 1)  # months
BEFORE = 2  # periods that the first plan should have before it: one to compare with, one to test
MOST_SET_ASIDE = 0.25  # of the months: so many may fall between announcements and starts, for all teams
FEWEST = 5  # teams with a plan, and without one


class Periods(NamedTuple):
    """A row per team and period, and what was done to get there."""

    panel: pd.DataFrame  # unit, period, due, kept, reported, start, is_tied
    length: int  # months in a period
    first: int  # month number of the first one
    left_out: list

    def day(self, period):
        """The first day of a period."""
        month = self.first + int(period) * self.length
        return pd.Timestamp(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)

    def label(self, period):
        """A period by its first month."""
        return f"{self.day(period):%Y-%m}"


def pay_periods(months, plans, length=0):
    """Put months together to periods, in which each plan starts at the beginning.

    Single months of a team are few contracts, and effects are judged against the one period before the start: a half-year where the first plan leaves two of them, else a quarter, else a
    month. Periods are laid so that most plans start at the beginning of one; of a team whose plan starts later in its period, the months before count for nothing. Neither do months between an announcement
    and the start, for all teams where they are few, else for the team alone. Teams without a plan among `plans` never start.

    Parameters
    ----------
    months : DataFrame or Ibis table
        As from ``cx.features.team_months``.
    plans : DataFrame or Ibis table
        As from ``cx.features.pay_plans``.
    length : int
        Months in a period; 0 chooses.

    Returns
    -------
    Periods

    Raises
    ------
    NotEnough
        Where no plan is on record, none starts within the records, or too few teams have one, or have none.

    Examples
    --------
    >>> days = pd.date_range("2025-01-01", "2025-12-01", freq="MS")
    >>> months = pd.DataFrame({"team_id": np.repeat([f"T{k}" for k in range(10)], 12), "month_on": np.tile(days, 10), "due": 20, "kept": 19, "reported": 19})
    >>> plans = pd.DataFrame({"team_id": [f"T{k}" for k in range(5)], "started_on": pd.Timestamp("2025-07-01"), "announced_on": pd.NaT})
    >>> found = pay_periods(months, plans)
    >>> found.length, found.panel["due"].unique().tolist(), found.label(2)
    (3, [60], '2025-07')
    """
    months = table(
        months, ["team_id", "month_on", "due", "kept", "reported"], "months", may_be_empty=True
    ).copy()
    plans = table(plans, ["team_id", "started_on", "announced_on"], "plans", may_be_empty=True)
    if not len(plans):
        raise NotEnough("no plan that ties pay to retention had started")
    if not len(months):
        raise NotEnough("no team had a contract due")
    months["month"] = _number(months["month_on"])
    start = pd.Series(_number(plans["started_on"]).to_numpy(), index=plans["team_id"])
    told = pd.Series(_number(plans["announced_on"]).to_numpy(), index=plans["team_id"]).fillna(start)
    months["start"] = months["team_id"].map(start)
    months["told"] = months["team_id"].map(np.minimum(told, start))
    first, last = int(months["month"].min()), int(months["month"].max())
    inside = months.drop_duplicates("team_id").dropna(subset="start")["start"]
    inside = inside[(inside > first) & (inside <= last)].astype(int)
    if not len(inside):
        raise NotEnough("no plan started within the months on record")
    length = length or _length(inside, first)
    common = int(((inside - first) % length).mode().iloc[0])
    begins = first + common
    months = months[months["month"] >= begins].copy()
    months["period"] = (months["month"] - begins) // length
    months, left_out = _set_aside(months, (months["start"] - begins) // length)
    whole = (last + 1 - begins) // length
    months = months[months["period"] < whole]
    sums = months.groupby(["team_id", "period"], sort=True)[["due", "kept", "reported"]]
    panel = sums.sum(min_count=1).reset_index().rename(columns={"team_id": "unit"})
    own = panel["unit"].map(start)
    panel["start"] = ((own - begins) // length).where(own >= begins, -1.0).where(own.notna(), np.inf)
    panel["is_tied"] = panel["period"] >= panel["start"]
    panel, alone = _in_company(panel)
    left_out += alone
    _enough(panel)
    return Periods(panel, length, begins, left_out)


def outcome(periods, column="kept"):
    """The panel with the share of due contracts that were kept, reported as kept, or relabelled (the difference), as its outcome."""
    panel = periods.panel
    due = panel["due"].where(panel["due"] > 0)
    counted = panel["reported"] - panel["kept"] if column == "relabelled" else panel[column]
    return panel.assign(outcome=counted.astype(float) / due)


def starts_of(teams, plans):
    """The first day of each team's plan; missing where it has none.

    >>> starts_of(pd.Series(["a", "b"]), pd.DataFrame({"team_id": ["b"], "started_on": ["2025-07-01"]})).tolist()
    [NaT, Timestamp('2025-07-01 00:00:00')]
    """
    days = dict(zip(plans["team_id"], pd.to_datetime(plans["started_on"]), strict=True))
    return pd.to_datetime(teams.map(days))


def _number(days):
    days = pd.to_datetime(executed(days))
    return days.dt.year * MONTHS_PER_YEAR + days.dt.month - 1


def _length(starts, first):
    before = int(starts.min()) - first
    return next((length for length in LENGTHS if before >= BEFORE * length), 1)


def _set_aside(months, begins_in):
    """Without months between an announcement and its start, nor months of the period of a start that lie before it."""
    early = (months["period"] == begins_in) & (months["month"] < months["start"])
    between = (months["month"] >= months["told"]) & (months["month"] < months["start"])
    leads = set(months.loc[between, "month"])
    left_out = []
    if leads and len(leads) <= MOST_SET_ASIDE * months["month"].nunique():
        between = months["month"].isin(leads)
        left_out = ["months between the announcement of a plan and its start are left out, for all teams"]
    elif leads:
        left_out = ["each team's months between the announcement of its plan and the start are left out"]
        key = [months["team_id"], months["period"]]
        whole = between.groupby(key).transform("all")  # then nothing would be left of the period
        if whole.any():
            between &= ~whole
            left_out = [
                "plans are announced a whole period before they start, so that an effect of the announcement is part of the comparison"
            ]
    return months[~(between | early)], left_out


def _in_company(panel):
    """Without teams that started alone: nothing tells how much the outcome of a single team varies."""
    teams = panel.drop_duplicates("unit")
    finite = teams[np.isfinite(teams["start"]) & (teams["start"] > 0)]
    sizes = finite["start"].value_counts()
    single = finite[finite["start"].map(sizes) == 1]["unit"]
    if not len(single):
        return panel, []
    said = "its own and is" if len(single) == 1 else "their own and are"
    text = f"{len(single)} of {len(teams)} teams started in a period of {said} left out"
    return panel[~panel["unit"].isin(single)], [text]


def _enough(panel):
    teams = panel.drop_duplicates("unit")
    tied = teams["start"].between(1, panel["period"].max())
    if tied.sum() < FEWEST:
        raise NotEnough(
            f"fewer than {_words(FEWEST)} teams began a plan within the records, together with others"
        )
    later = teams["start"] > teams.loc[tied, "start"].min()
    if later.sum() < FEWEST:
        raise NotEnough(
            f"fewer than {_words(FEWEST)} teams were without a plan when the first ones began it, so that nothing shows what would have happened anyway"
        )


def _words(number):
    return {5: "five"}.get(number, str(number))
