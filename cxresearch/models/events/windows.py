"""The months before and after an event, and the accounts that were there in them."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

WAITING = "the months in which they count are not over"
TOO_SHORT = "too few months of revenue are known before them"
NOBODY = "nobody is on record as invited to them"


@dataclass(frozen=True)
class Window:
    """An event, the months that judge it, and whom it invited or held out.

    Attributes
    ----------
    low, last_before, first_after, high : int
        Numbers of the first and last month before the invitation and after the event.
    asked, out, came : ndarray of int
        Places in the panel of those invited, of those invited to nothing by lot or otherwise on record as not asked, and of the guests.
    why : str
        Half a sentence where the event cannot be judged, else empty.
    """

    SHOWN = (
        "event_id",
        "kind",
        "held_on",
        "is_randomised",
        "invited",
        "held_out",
        "base",
        "attends",
        "cost",
        "margin_share",
        "months",
        "why",
    )

    event_id: str
    kind: str
    held_on: object
    month: int
    is_randomised: bool
    months: int
    low: int
    last_before: int
    first_after: int
    high: int
    invited: int
    held_out: int
    attends: float
    cost: float
    margin_share: float
    base: float
    why: str
    asked: np.ndarray = field(repr=False)
    out: np.ndarray = field(repr=False)
    came: np.ndarray = field(repr=False)
    rows: pd.DataFrame = field(repr=False)

    def compared(self, panel, logarithms):
        """Which accounts are compared, which of them were invited, and their revenue before and after."""
        treated = np.zeros(len(panel.accounts), bool)
        treated[self.asked] = True
        kept = self.known(panel, logarithms)
        if self.is_randomised:
            kept[self.out] = False
        before, after = panel.months(self.low, self.last_before), panel.months(self.first_after, self.high)
        return kept, treated[kept], before[kept], after[kept]

    def known(self, panel, logarithms, before=None):
        """The accounts that were there in all months, or in so many before; for logarithms only those that bought in each."""
        low = self.low if before is None else max(self.low, self.last_before - before + 1)
        both = np.hstack([panel.months(low, self.last_before), panel.months(self.first_after, self.high)])
        return (both > 0).all(axis=1) if logarithms else np.isfinite(both).all(axis=1)

    def columns(self, panel):
        """The columns of the panel before and after."""
        return (
            np.arange(self.low, self.last_before + 1) - panel.first,
            np.arange(self.first_after, self.high + 1) - panel.first,
        )

    def effect(self, panel):
        """1 where an account is under the effect of this event."""
        found = np.zeros(panel.revenue.shape)
        first, last = self.first_after - panel.first, self.high - panel.first
        if first < found.shape[1] and last >= 0:
            found[self.came, max(first, 0) : last + 1] = 1.0
        return found


def known_windows(events, guests, panel, after, fewest, longest, everybody=None):
    """The window of every event, in order of date."""
    place = pd.Series(np.arange(len(panel.accounts)), panel.accounts)
    parts = dict(list(guests.groupby("event_id", sort=False)))
    nobody = guests.head(0)
    if (
        everybody is not None
    ):  # of a part of the firm: it bears the share of the cost that its guests are of all
        own, every = (
            _heads(g).reindex(events["event_id"]).fillna(0.0).to_numpy() for g in (guests, everybody)
        )
        share = np.where(every > 0, own / np.maximum(every, 1.0), 1.0)
        events = events.assign(cost=events["cost"] * np.minimum(share, 1.0))
    return [
        _window(e, parts.get(e["event_id"], nobody), place, panel, after, fewest, longest)
        for e in events.to_dict("records")
    ]


def _heads(guests):
    """Guests of each event, or those invited where nobody's coming is known."""
    is_known = guests["has_attended"].notna().groupby(guests["event_id"]).transform("any")
    counts = guests["has_attended"].fillna(False).astype(bool).where(is_known, guests["is_invited"])
    return counts.astype(float).groupby(guests["event_id"]).sum()


def _window(event, own, place, panel, after, fewest, longest):
    months = int(event["outcome_months"]) if pd.notna(event["outcome_months"]) else after
    month = int(event["month"])
    invited_in = min(int(own["invited_month"].min()) if len(own) else month, month)
    low = max(panel.first, invited_in - longest)
    is_invited = own["is_invited"].to_numpy(bool)
    asked = own["customer_id"][is_invited]
    out = own["customer_id"][~is_invited]
    came = own.loc[is_invited, "has_attended"]
    is_guest = came.fillna(False).to_numpy(bool) if came.notna().any() else np.ones(len(asked), bool)
    high = month + months
    why = ""
    if not is_invited.any():
        why = NOBODY
    elif high > panel.last:
        why = WAITING
    elif invited_in - low < fewest:
        why = TOO_SHORT
    places = place.reindex(asked).dropna().astype(int).to_numpy()
    return Window(
        event_id=str(event["event_id"]),
        kind=str(event["kind"]) if pd.notna(event["kind"]) else "not named",
        held_on=pd.Timestamp(event["held_on"]).date(),
        month=month,
        is_randomised=bool(event["is_randomised"]) if pd.notna(event["is_randomised"]) else False,
        months=months,
        low=low,
        last_before=invited_in - 1,
        first_after=month + 1,
        high=high,
        invited=int(is_invited.sum()),
        held_out=int((~is_invited).sum()),
        attends=float(came.astype(float).mean()) if came.notna().any() else np.nan,
        cost=_cost(event, own),
        margin_share=float(event["margin_share"]) if pd.notna(event["margin_share"]) else np.nan,
        base=_base(panel, places, low, invited_in - 1),
        why=why,
        asked=places,
        out=place.reindex(out).dropna().astype(int).to_numpy(),
        came=place.reindex(asked[is_guest]).dropna().astype(int).to_numpy(),
        rows=own,
    )


def _cost(event, own):
    """What the event cost; where that is not known, what its invitations cost."""
    if pd.notna(event["cost"]):
        return float(event["cost"])
    return float(own["cost"].sum()) if own["cost"].notna().any() else np.nan


def _base(panel, places, low, high):
    """Monthly revenue before, all invited accounts together: of the last year in which each was there."""
    if high < panel.first or low > panel.last or not len(places):
        return np.nan
    before = panel.months(max(low, high - 11), min(high, panel.last))[places]
    count = np.isfinite(before).sum(axis=1)
    return float((np.nansum(before, axis=1) / np.maximum(count, 1)).sum())
