"""Cohorts: customers grouped by when they first bought, and how many buy again each later period."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.months import month_number, month_start

GRAINS = {"month": 1, "quarter": 3}


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
