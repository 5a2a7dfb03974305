"""One row per customer and date: what was known then, and whether the customer left afterwards."""

import datetime

from cxresearch.features.as_of import as_day, dates
from cxresearch.features.churn_labels import left_contracts, observed, whole_days
from cxresearch.features.customers.attributes import described
from cxresearch.features.customers.customers import customers
from cxresearch.features.held_contracts import with_renewals
from cxresearch.features.leaving import leaving_of
from cxresearch.months import months_later

SPAN = ("cx_made", "cx_begin", "cx_due")
KEYS = ["customer_id", "as_of", "due_on", "has_left"]


def churn_rows(workspace, as_of, horizon_months=3, periods=8, gap_days=0, windows=(30, 90, 365)):
    """Features and labels of the customers at risk on several dates, and the features of those at risk today.

    From `contracts` the dates lie one horizon apart and end with `as_of`, whose rows have no label yet; each row's features are those of
    :func:`customers`, its label that of :func:`churn_labels`. A date before the first recorded end of a contract is left out: until then
    the table holds only contracts that were to last. From a flat table of `snapshots` the rows are taken as they are: its further
    columns are numbers where every value is one, and keys, dates and personal data are left out.

    Parameters
    ----------
    workspace : Workspace
    as_of : date or str
        The last day that is known.
    horizon_months : int
        Length of the period in which a customer may leave.
    periods : int
        How many labelled dates to go back, at most.
    gap_days : int
        Days between the date and the beginning of the horizon; who leaves in them is in no row.
    windows : tuple of int
        As for :func:`customers`.

    Returns
    -------
    DataFrame
        customer_id, as_of, due_on (missing for snapshots, which do not say how far their label reaches), has_left (missing where not yet
        known), then the features; sorted by date and customer. ``attrs["left_out"]`` names the further columns of the tables that are no
        features, a sentence each.

    Notes
    -----
    A term of a single month renews all the time: `months_to_renewal` is left missing for it, so that it counts down to a decision.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rows = churn_rows(cx.open("data/northgate"), "2026-09-30", periods=1)
    >>> rows.groupby("as_of")["has_left"].agg(["size", "count", "sum"]).reset_index()
            as_of  size  count  sum
    0  2026-06-30  3481   3481  111
    1  2026-09-30  3643      0    0
    """
    today = as_day(as_of)
    if "contracts" in workspace.tables:
        return _from_contracts(workspace, today, horizon_months, periods, gap_days, windows)
    if "snapshots" in workspace.tables:
        return _from_snapshots(workspace, today)
    raise ValueError(f"{workspace.source}: neither contracts nor snapshots are there: who left is not known")


def _from_contracts(workspace, today, months, periods, gap_days, windows):
    import pandas as pd

    whole_days("gap_days", gap_days, 0)
    contracts = workspace.table("contracts")
    first = contracts.ended_on.min().as_table().to_pandas().iloc[0, 0]
    first = today if pd.isna(first) else as_day(pd.Timestamp(first))
    gap, spans = datetime.timedelta(days=int(gap_days)), []
    for k in range(periods, 0, -1):
        made = months_later(today, -months * k)
        due = months_later(made, months)
        if made < first:
            continue
        if made + gap >= due:
            raise ValueError(f"gap_days is {gap_days}: the gap swallows the horizon of {months} months")
        observed(due, today)
        spans.append((made, made + gap, due))
    spans.append((today, today, today))  # no horizon yet: who holds a contract is at risk
    made = [span[0] for span in spans]
    laid_out = with_renewals(contracts).cross_join(
        dates(dict(zip(SPAN, zip(*spans, strict=True), strict=True)))
    )
    at_risk = left_contracts(
        laid_out, *(laid_out[day] for day in SPAN), by=("customer_id", SPAN[0]), leaving=leaving_of(workspace)
    )
    at_risk = at_risk.select("customer_id", "has_left", as_of=at_risk[SPAN[0]])
    rows = at_risk.inner_join(customers(workspace, made, windows), ["customer_id", "as_of"])
    frame = rows.to_pandas()
    numbers = [c for c, kind in rows.schema().items() if kind.is_numeric() and not kind.is_boolean()]
    frame = frame.astype(dict.fromkeys(numbers, float))  # Spark hands over whole numbers with gaps as objects
    frame["as_of"] = pd.to_datetime(frame["as_of"]).dt.date
    frame["due_on"] = frame["as_of"].map({day: months_later(day, months) for day in made})
    frame["has_left"] = frame["has_left"].astype("boolean").mask(frame["as_of"] == today)
    if {"term_months", "months_to_renewal"} <= set(frame.columns):
        frame["months_to_renewal"] = frame["months_to_renewal"].where(frame["term_months"] > 1)
    found = _sorted(frame)
    found.attrs["left_out"] = list(_left_out(workspace, today))
    return found


def _left_out(workspace, today):
    """The further columns of customers and contracts that are no features."""
    for name, prefix in (("customers", ""), ("contracts", "contract_")):
        if name in workspace.tables:
            yield from (
                f"{prefix}{a.column} is left out: {a.why}" for a in described(workspace, name, today) if a.why
            )


def _from_snapshots(workspace, today):
    import pandas as pd

    table = workspace.table("snapshots")
    further = workspace.attributes("snapshots")
    values = {a.column: a.of(table) for a in further if not a.why}
    kept = table.select("customer_id", "snapshot_on", "has_left", **values)
    frame = kept.to_pandas()
    when = pd.to_datetime(frame["snapshot_on"]).dt.date
    frame = frame.assign(as_of=when, due_on=None, has_left=frame["has_left"].astype("boolean"))
    found = _sorted(frame[when <= today].drop(columns="snapshot_on"))
    found.attrs["left_out"] = [f"{a.column} is left out: {a.why}" for a in further if a.why]
    return found


def _sorted(frame):
    rest = [c for c in frame.columns if c not in KEYS]
    frame = frame[[*KEYS, *rest]].sort_values(["as_of", "customer_id"], kind="stable", ignore_index=True)
    numbers = frame.select_dtypes(include="number").columns
    return frame.astype({c: float for c in numbers})
