"""Cohorts: customers grouped by when they first bought, and how many buy again each later period."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.months import month_number, month_start

GRAINS = {"month": 1, "quarter": 3}


def cohort_grain(orders, as_of, grain="auto", fewest_weeks=78):
    """The length of a cohort of buyers: as asked for, or by how far back the orders go.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    grain : {"auto", "month", "quarter"}
        "auto" takes months where the first purchase is less than `fewest_weeks` ago, else quarters.

    Examples
    --------
    >>> import cxresearch as cx
    >>> cohort_grain(cx.open("data/cdnow").orders, "1997-09-30")
    'month'
    """
    from cxresearch.features.rfm import purchase_days

    if grain != "auto":
        return grain
    first = purchase_days(orders, as_of).day.min().to_pandas()
    is_long = _is_day(first) and (as_day(as_of) - _date(first)).days >= 7 * fewest_weeks
    return "quarter" if is_long else "month"


def may_have_bought_before(workspace, as_of):
    """Whether buyers may have bought before the records begin, so that their first order on record is not their first.

    They may have, unless the table of customers says that every buyer was acquired on or after the day of the first order.

    Parameters
    ----------
    workspace : Workspace
        With orders.
    as_of : date or str
        The last day that counts.

    Examples
    --------
    >>> import cxresearch as cx
    >>> may_have_bought_before(cx.open("data/cdnow"), "1997-09-30")
    False
    """
    from cxresearch.features.rfm import purchase_days

    days = purchase_days(workspace.table("orders"), as_of)
    if "customers" not in workspace.tables:
        return True
    people = workspace.table("customers").semi_join(days, "customer_id")
    ends = [days.day.min().to_pandas(), people.acquired_at.cast("date").min().to_pandas()]
    return not _date(ends[0]) <= _date(ends[1]) if all(map(_is_day, ends)) else True


def cohorts(orders, as_of, grain="month"):
    """How many customers of each cohort bought in each later period.

    A cohort is the calendar month (or quarter) of the first purchase, period 0. Period k counts the calendar months since; only
    periods that had wholly passed on `as_of` are given, so that an unfinished month is not read as a loss.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    grain : {"month", "quarter"}
        The length of a period.

    Returns
    -------
    ibis.Table
        cohort (first day of the period), period, customers (size of the cohort), active (of these, buyers in the period), one row per
        cohort and period, also where nobody bought.

    Examples
    --------
    >>> import cxresearch as cx
    >>> table = cohorts(cx.open("data/cdnow").orders, "1997-09-30")
    >>> table.order_by("cohort", "period").limit(3).to_pandas()
          cohort  period  customers  active
    0 1997-01-01       0        781     781
    1 1997-01-01       1        781     124
    2 1997-01-01       2        781      95
    """
    from cxresearch.features.rfm import purchase_days

    if grain not in GRAINS:
        raise ValueError(f"grain is {grain!r}; it is one of {', '.join(GRAINS)}")
    days = purchase_days(orders, as_of)
    first = days.day.min().over(group_by="customer_id")
    length = GRAINS[grain]
    number = month_number(days.day) // length
    start = month_number(first) // length
    seen = days.select("customer_id", start=start, period=number - start).distinct()
    sizes = seen.filter(seen.period == 0).group_by("start").aggregate(customers=seen.customer_id.nunique())
    actives = seen.group_by("start", "period").aggregate(active=seen.customer_id.nunique())
    # the last period that had wholly passed: the one before the day after as_of
    after = ibis.literal(as_day(as_of), "date") + ibis.interval(days=1)
    complete = month_number(after) // length - 1
    sizes = sizes.filter(sizes.start <= complete)
    grid = sizes.mutate(period=ibis.range(0, complete - sizes.start + 1).unnest())
    full = grid.left_join(actives, ["start", "period"]).select(
        grid.start, grid.period, grid.customers, active=ibis.coalesce(actives.active, 0)
    )
    cohort = month_start(full.start * length)
    return full.select(cohort=cohort, period=full.period, customers=full.customers, active=full.active)


def _is_day(value):
    return value is not None and value == value


def _date(value):
    return value.date() if hasattr(value, "date") else value
