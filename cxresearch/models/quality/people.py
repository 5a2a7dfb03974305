"""Who is in the data: which strata answered the survey, and which groups of customers are missing from a table."""

import ibis
import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from cxresearch.contract.tables import TABLES
from cxresearch.models.quality.content import compared
from cxresearch.models.quality.scan import by_quarter, months_back, readable
from cxresearch.stats.proportions import wilson
from cxresearch.stats.representativeness import representativeness

GROUPS = TABLES["customers"].where("group")
SMALL = 30  # a base under this is indicative only
FEWEST = 10  # customers of a group; what is told of fewer would tell of single people
MISSING = [
    "table", "group", "value", "customers", "n", "share", "base", "ratio", "low", "high", "before", "p", "verdict",
]  # fmt: skip


def response(source, zone, as_of):
    """The latest wave's invitations by stratum, and how far the strata are apart.

    The R-indicator is R = 1 − 2·S, S the standard deviation of the strata's response rates over the invited, less what
    chance alone would make of it (never below 0): 1 where all strata answer alike. Its interval is a parametric bootstrap of
    the strata's answers. Schouten, B., Cobben, F. & Bethlehem, J. (2009), *Survey Methodology* 35, 101–113.

    Returns
    -------
    pandas.DataFrame
        wave, stratum, invited, answered, rate, low, high, before (the rate of earlier waves).
    dict
        wave, last (day), invited, answered, rate, low, high, before, previous, r, r_low, r_high, p (of equal rates).
    """
    table = readable(source, zone)
    stratum = table.stratum.fill_null("unknown") if "stratum" in table.columns else ibis.literal("all")
    table = table.mutate(stratum=stratum, yes=table.has_responded.fill_null(False).cast("int32"))
    table = table.filter(table.invited_at.cast("date") <= ibis.literal(as_of, "date"))
    grouped = table.group_by(["wave", "stratum"])
    cells = grouped.aggregate(invited=table.count(), answered=table.yes.sum(), last=table.invited_at.max())
    cells = cells.to_pandas()
    if cells.empty:
        return pd.DataFrame(
            columns=["wave", "stratum", "invited", "answered", "rate", "low", "high", "before"]
        ), {}
    ends = cells.groupby("wave")["last"].max().sort_values()
    wave, earlier = ends.index[-1], list(ends.index[:-1])
    now = cells[cells["wave"] == wave].sort_values("stratum", ignore_index=True)
    past = cells[cells["wave"].isin(earlier)].groupby("stratum")[["invited", "answered"]].sum()
    rate = wilson(now["answered"], now["invited"])
    now = now.assign(rate=rate.estimate, low=rate.low, high=rate.high)
    now["before"] = (past["answered"] / past["invited"]).reindex(now["stratum"]).to_numpy(dtype=float)
    n, k = int(now["invited"].sum()), int(now["answered"].sum())
    whole = wilson(k, n)._asdict()
    previous = cells[cells["wave"] == earlier[-1]] if earlier else cells[:0]
    about = {
        "wave": str(wave), "last": ends.iloc[-1].date(), "invited": n, "answered": k,
        "rate": whole["estimate"], "low": whole["low"], "high": whole["high"],
        "before": _over(past["answered"].sum(), past["invited"].sum()),
        "previous": _over(previous["answered"].sum(), previous["invited"].sum()),
        "fall_p": 1.0, "p": np.nan, "r": np.nan, "r_low": np.nan, "r_high": np.nan,
    }  # fmt: skip
    if len(past):
        about["fall_p"] = compared(k, n, int(past["answered"].sum()), int(past["invited"].sum()), 1.0)[1]
    if len(now) > 1 and 0 < k < n:
        counts = np.array([now["answered"], now["invited"] - now["answered"]])
        about["p"] = float(chi2_contingency(counts, correction=False).pvalue)
        about |= representativeness(now["answered"].to_numpy(), now["invited"].to_numpy())
    return now[["wave", "stratum", "invited", "answered", "rate", "low", "high", "before"]], about


def missing(sources, zone, scans, as_of):
    """Each group's share among the customers with a record this quarter, against its share of all customers.

    The representation ratio is share ÷ share of the base, with Wilson's limits of the share over the base, which is known.
    Customers, not rows, are counted, once a quarter. ``before`` is the ratio over the four quarters before.

    Returns
    -------
    pandas.DataFrame
        The columns `MISSING`; one row per table, group and value that ten customers or more have.
    """
    if "customers" not in sources or not {"customer_id", "acquired_at"} <= set(
        sources["customers"].raw.columns
    ):
        return pd.DataFrame(columns=MISSING)
    people = readable(sources["customers"], zone, ("customer_id", "acquired_at", *GROUPS))
    groups = [g for g in GROUPS if g in people.columns]
    known = people.filter(people.acquired_at.cast("date") <= ibis.literal(as_of, "date"))
    if not groups or not int(known.count().to_pandas()):
        return pd.DataFrame(columns=MISSING)
    base = known.group_by(groups).aggregate(n=ibis._.count()).to_pandas()
    found = []
    for name, source in sources.items():
        event = scans[name].event
        if name == "customers" or event is None or "customer_id" not in source.raw.columns:
            continue
        table = readable(source, zone, ("customer_id", event))
        since = ibis.literal(months_back(as_of, 15), "date")
        table = table.mutate(cx_day=table[event].cast("date")).filter(ibis._.cx_day > since)
        joined = _quarters(table, as_of).inner_join(people.select("customer_id", *groups), "customer_id")
        cells = joined.group_by(["cx_period", *groups]).aggregate(n=ibis._.count()).to_pandas()
        found += [row for g in groups for row in _ratios(name, g, cells, base)]
    return pd.DataFrame(found, columns=MISSING)


def _quarters(table, as_of):
    """One row per customer and quarter, this one and the four before."""
    table = by_quarter(table, as_of, tuple(range(4)))
    return table.select("customer_id", "cx_period").distinct()


def _ratios(name, group, cells, base):
    whole = base.groupby(group)["n"].sum()
    told = whole.index[whole >= FEWEST]
    whole = whole / whole.sum()
    cells = cells.assign(is_now=cells["cx_period"] == 0)
    counts = cells.groupby(["is_now", group])["n"].sum().unstack(0, fill_value=0)
    counts = counts.reindex(index=whole.index, columns=[False, True], fill_value=0)
    n, n_before = int(counts[True].sum()), int(counts[False].sum())
    for value in told:
        k, k_before, share = int(counts.loc[value, True]), int(counts.loc[value, False]), whole[value]
        row = {
            "table": name,
            "group": group,
            "value": str(value),
            "customers": k,
            "n": n,
            "base": float(share),
        }
        if not n:
            continue
        rate = wilson(k, n)
        row |= {"share": rate.estimate, "ratio": rate.estimate / share, "low": rate.low / share,
                "high": rate.high / share, "before": _over(k_before, n_before) / share}  # fmt: skip
        row["verdict"] = "rare" if rate.high < share else "frequent" if rate.low > share else "in line"
        if n < SMALL:
            row["verdict"] += " (indicative)"
        elif n_before >= SMALL:
            row["p"] = compared(k, n, k_before, n_before, 1.0)[1]
            if row["ratio"] < row["before"] / 2 and share >= 0.05:
                row["verdict"] = "rarer than before"
        yield row


def _over(k, n):
    return float(k / n) if n else np.nan
