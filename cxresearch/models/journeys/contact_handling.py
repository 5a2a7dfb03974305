"""How contacts are handled: waiting, handling, hand-offs, what is settled, and who has to come back."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.share_gap import share_gap
from cxresearch.models.journeys.shown_share import WITHHELD, shown_share
from cxresearch.models.named_rows import named_rows
from cxresearch.stats import rows
from cxresearch.stats.clustered import (
    clustered_median,
    clusters_of,
)
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.words import SUPPRESSED, count_text

PLACE = ["touchpoint", "channel"]


class Measure(NamedTuple):
    """One thing that contacts record of how they were handled."""

    column: str
    words: str
    lacking: str  # half a sentence, where no contact records it
    is_share: bool = True


MEASURES = {
    "wait": Measure("wait_seconds", "minutes waited (median)", "no contact has a waiting time", False),
    "handle": Measure("handle_seconds", "minutes handled (median)", "no contact has a handling time", False),
    "transferred": Measure("is_transferred", "handed on", "no contact says whether it was handed on"),
    "changed": Measure(
        "changes_hands", "next contact of the case with somebody else", "no case has two contacts that name who served"
    ),
    "resolved": Measure("is_resolved", "settled", "no contact says whether it settled the matter"),
    "repeated": Measure("repeated", "followed by another within {} days", "no contact of a named customer was followed for {} days"),
}  # fmt: skip


class ContactHandling(Estimator):
    """Waiting, handling, hand-offs, settlement and repeat contacts of each touchpoint in each channel; no rating is needed.

    Times are medians with Woodruff's interval, shares have Wilson's on their effective base, both clustered by customer. A repeat is a
    contact that the same customer followed by another, about anything, within `days`; only contacts that lie so many days before the end of
    the last day are counted, because the others may still be followed. Each touchpoint's share of repeats is compared with that of all others, by the
    influence of each customer on the difference (its error no smaller than if contacts were independent and all touchpoints alike; those of which fewer than five repeats, or five others, are
    expected are left out), with Benjamini and Hochberg's correction for their number.

    Parameters
    ----------
    days : float
        Within which another contact is a repeat.
    level : float
        Confidence level.

    Attributes
    ----------
    cells_, touchpoints_, channels_ : DataFrame
        touchpoint and channel, touchpoint, or channel; contacts, n (customers), and for each measure that is recorded the estimate, its
        limits and the customers behind it (wait, wait_low, wait_high, wait_n …); a time of fewer than ten customers, and a share that fewer than ten of them, or all but fewer than
        ten, stand behind, is missing. Those with most contacts first.
    repeats_ : DataFrame
        touchpoint, estimate, low, high (the share of repeats less that of all other touchpoints), n, p, stands (after correction).
    repeated_ : sequence of float
        The share of all contacts that were followed by another within the days, and its limits; missing as in a cell.
    followed_, unfollowed_ : int
        Contacts of named customers that were followed for so many days, and those of the last days that were not.
    measures_ : list of str
        What is recorded.
    left_out_ : list of str
        What is not.

    Examples
    --------
    >>> calls = pd.DataFrame({"touchpoint": ["fault"] * 20, "channel": ["phone"] * 20, "customer_id": range(20),
    ...     "wait_seconds": range(0, 1200, 60)})
    >>> found = ContactHandling().fit(calls)
    >>> found.channels_[["channel", "contacts", "wait", "wait_low", "wait_high"]].round(1)
      channel  contacts  wait  wait_low  wait_high
    0   phone        20   9.5       5.4       13.6
    """

    def __init__(self, days=7, level=0.95):
        self.days = days
        self.level = level

    def fit(self, contacts):
        """Count, and take medians.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            touchpoint and channel; used where they are there: customer_id, wait_seconds, handle_seconds, is_transferred, is_resolved, and
            of :func:`~cxresearch.features.journeys.followed_contacts.followed_contacts` days_followed, days_to_next, changes_hands.

        Returns
        -------
        ContactHandling
            This object.

        Raises
        ------
        NotEnough
            Where there are no contacts, none that names its touchpoint and channel, or where they record none of the measures.
        ValueError
            For a missing column, or a column of numbers that holds something else.
        """
        known = named_rows(contacts, PLACE, "contacts")
        frame = pd.DataFrame({name: known[name].astype(str) for name in PLACE})
        unnamed = known["customer_id"].isna().sum() if "customer_id" in known else len(known)
        frame["who"] = clusters_of(known.get("customer_id"), len(known))
        repeated, self.followed_, self.unfollowed_ = self._repeats(known)
        known = known.assign(repeated=repeated)
        self.measures_, self.left_out_ = [], []
        for name, measure in MEASURES.items():
            values = _values(known, measure)
            if values.notna().any():
                self.measures_.append(name)
                frame[name] = values
            else:
                self.left_out_.append(measure.lacking.format(f"{self.days:g}"))
        if not self.measures_:
            raise NotEnough(
                f"contacts record no times, no hand-offs and nothing settled, and no named customer was followed for {self.days:g} days"
            )
        if 0 < unnamed < len(frame):
            self.left_out_.append(
                f"{count_text(unnamed)} contacts name no customer and count each as another one"
            )
        self.cells_, self.touchpoints_, self.channels_ = (
            self._by(frame, keys) for keys in (PLACE, PLACE[:1], PLACE[1:])
        )
        again = frame.dropna(subset="repeated") if "repeated" in frame else frame.head(0).assign(repeated=[])
        self.repeated_ = self._estimate(again["repeated"].to_numpy(), again["who"].to_numpy(), True)
        self.repeats_ = self._against_the_rest(frame)
        return self

    def summary(self):
        """Each measure by channel.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group.
        """
        return rows.summary(
            rows.row(
                f"{r['channel']}: {MEASURES[name].words.format(f'{self.days:g}')}",
                [r[name], r[f"{name}_low"], r[f"{name}_high"]],
                r[f"{name}_n"],
                "share of contacts, clustered by customer" if MEASURES[name].is_share else "median, clustered by customer",
                "share" if MEASURES[name].is_share else "",
            )
            | {"group": name}
            for name in self.measures_
            for r in self.channels_.to_dict("records")
        )  # fmt: skip

    def _repeats(self, known):
        """Whether each contact was followed by another within the days, missing where that is not known; how many were followed, and not."""
        if not {"days_followed", "days_to_next", "customer_id"} <= set(known.columns):
            return pd.Series(np.nan, known.index), 0, 0
        named = known["customer_id"].notna()
        is_followed = named & (known["days_followed"] >= self.days)
        soon = (known["days_to_next"] <= self.days).astype(float)
        return soon.where(is_followed), int(is_followed.sum()), int((named & ~is_followed).sum())

    def _by(self, frame, keys):
        found = []
        for key, part in frame.groupby(keys, sort=True):
            row = dict(zip(keys, key, strict=True)) | {"contacts": len(part)}
            row["n"] = part["who"].nunique()
            for name in self.measures_:
                is_known = part[name].notna().to_numpy()
                values, who = part[name].to_numpy()[is_known], part["who"].to_numpy()[is_known]
                limits = self._estimate(values, who, MEASURES[name].is_share)
                row |= dict(zip((name, f"{name}_low", f"{name}_high"), limits, strict=True))
                row[f"{name}_n"] = len(np.unique(who))
            found.append(row)
        return pd.DataFrame(found).sort_values("contacts", ascending=False, kind="stable", ignore_index=True)

    def _estimate(self, values, who, is_share):
        if is_share:
            return shown_share(values, who, self.level)
        return WITHHELD if len(np.unique(who)) < SUPPRESSED else clustered_median(values, who, self.level)

    def _against_the_rest(self, frame):
        """The share of repeats of each touchpoint less that of all others."""
        columns = ["touchpoint", "estimate", "low", "high", "n", "p", "stands"]
        if "repeated" not in frame:
            return pd.DataFrame(columns=columns)
        followed, found = frame[frame["repeated"].notna()], []
        customers = followed.groupby("touchpoint")["who"].nunique()
        for name in customers.index[customers >= SUPPRESSED] if len(customers) > 1 else ():
            inside = (followed["touchpoint"] == name).to_numpy()
            gap, p = share_gap(followed["repeated"], inside, followed["who"].to_numpy(), self.level)
            if gap is not None:
                found.append([name, *gap[:3], customers[name], p])
        gaps = pd.DataFrame(found, columns=columns[:-1])
        gaps["stands"] = benjamini_hochberg(gaps["p"]).rejected if len(gaps) else pd.Series(dtype=bool)
        return gaps.sort_values("estimate", ascending=False, kind="stable", ignore_index=True)


def _values(known, measure):
    """A measure of each contact as a number: minutes, or 0 and 1."""
    found = pd.Series(np.nan, known.index)
    there = known[measure.column].notna() if measure.column in known else found.notna()
    if there.any():
        values = numbers(known.loc[there, measure.column].astype(float), measure.column, low=0)
        found[there] = values if measure.is_share else values / 60
    return found
