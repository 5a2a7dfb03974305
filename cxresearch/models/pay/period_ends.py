"""Were ends moved past the day on which retention is measured: contracts that end just after it, against just before."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.pay.periods import starts_of
from cxresearch.months import MONTHS_PER_YEAR
from cxresearch.stats import rows
from cxresearch.stats.interval import normal_quantile

DAYS = 7
FEWEST = 10  # ends in each of the four groups
MONTHLY = 0.8  # share of ends on the last day of a month, from which days say nothing


class PeriodEnds(Estimator):
    r"""Ends just after the measuring day over ends just before it, of teams on a plan against others at the same measuring day.

    Retention is measured on the last day of a period. Who is paid for it can put off an end by a few days; it then counts in the next period, in which the same can be done again. Teams without a plan
    show what the calendar does by itself, so each measuring day k is a table of its own, without the teams whose plan starts the day after, and their odds ratios are pooled (Mantel & Haenszel), a after and b before with a plan, c after and d before without:

    .. math:: OR = \frac{\sum_k a_k d_k / n_k}{\sum_k b_k c_k / n_k}

    Its limits are those of Robins, Breslow & Greenland. Where nearly all contracts end on the last day of a month, days cannot tell, and months are compared: the first of a period with the
    last of the one before.

    Parameters
    ----------
    every : int
        Months in a period: 3 where retention is measured each quarter.
    first_month : int
        The month in which the year of the plans begins.
    level : float

    Attributes
    ----------
    ratio_ : tuple
        estimate, low, high: above 1, ends lie after the measuring day more often where pay is tied.
    counts_ : DataFrame
        side (tied, other), before, after: at measuring days on which both kinds of teams were there.
    by_ : str
        "days" or "months".
    n_ : int

    References
    ----------
    Mantel, N. & Haenszel, W. (1959). *JNCI* 22, 719–748. Robins, J., Breslow, N. & Greenland, S. (1986). *Biometrics* 42, 311–323.
    """

    def __init__(self, every=3, first_month=1, level=0.95):
        self.every = every
        self.first_month = first_month
        self.level = level

    def fit(self, ends, plans):
        """Compare ends around the measuring days.

        Parameters
        ----------
        ends : DataFrame or Ibis table
            As from ``cx.features.ends_by_day``.
        plans : DataFrame or Ibis table
            As from ``cx.features.pay_plans``.

        Returns
        -------
        PeriodEnds
            This object.

        Raises
        ------
        NotEnough
            Where fewer than ten contracts ended before or after it, with a plan or without.
        """
        if self.every not in (1, 2, 3, 4, 6, 12):
            raise ValueError(f"every is {self.every}; it is 1, 2, 3, 4, 6 or 12 months")
        ends = table(ends, ["team_id", "ended_on", "left"], "ends").copy()
        plans = table(plans, ["team_id", "started_on"], "plans", may_be_empty=True)
        self.left_out_ = []
        day = pd.to_datetime(ends["ended_on"])
        start = starts_of(ends["team_id"], plans)
        at_end = (day + pd.Timedelta(days=1)).dt.day.eq(1)
        total = ends["left"].sum()
        self.by_ = "months" if total and ends.loc[at_end, "left"].sum() >= MONTHLY * total else "days"
        if self.by_ == "months" and self.every == 1:
            raise NotEnough(
                "nearly all contracts end on the last day of a month, on which retention is measured every month"
            )
        month = day.dt.year * MONTHS_PER_YEAR + day.dt.month - self.first_month
        after, before = (month % self.every).eq(0), (month % self.every).eq(self.every - 1)
        if self.by_ == "days":
            after &= day.dt.day <= DAYS
            before &= day.dt.days_in_month - day.dt.day < DAYS
        begins = start.dt.year * MONTHS_PER_YEAR + start.dt.month - self.first_month
        last_month = month - after  # of the period measured
        ends["is_tied"] = begins <= last_month
        starts_then = begins == last_month + 1  # such a team has a plan after the measuring day only
        near = (after | before) & ~starts_then
        ends["is_after"], ends["measured"] = after, (month + 1) // self.every
        cells = ends[near].pivot_table(
            index="measured", columns=["is_tied", "is_after"], values="left", aggfunc="sum", fill_value=0
        )
        wanted = pd.MultiIndex.from_product([[True, False], [True, False]])
        a, b, c, d = cells.reindex(columns=wanted, fill_value=0).to_numpy(dtype=float).T
        both = (a + b > 0) & (c + d > 0)
        a, b, c, d = a[both], b[both], c[both], d[both]
        sums = [int(part.sum()) for part in (b, a, d, c)]
        self.counts_ = pd.DataFrame({"side": ["tied", "other"], "before": sums[::2], "after": sums[1::2]})
        if min(sums) < FEWEST:
            raise NotEnough(
                "fewer than ten contracts ended just before or just after a measuring day, with a plan or without"
            )
        self.ratio_ = _pooled(a, b, c, d, float(normal_quantile(self.level)))
        self.n_ = sum(sums)
        return self

    def summary(self):
        """The ratio as a row.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        metric = f"ends after the measuring day over before, plan against none ({self.by_})"
        return rows.summary(
            [rows.row(metric, self.ratio_, self.n_, "Mantel–Haenszel odds ratio by measuring day")]
        )


def _pooled(a, b, c, d, z):
    """The Mantel–Haenszel odds ratio of 2 × 2 tables, with the limits of Robins, Breslow & Greenland."""
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    top, bottom = r.sum(), s.sum()
    if not top or not bottom:
        raise NotEnough("contracts ended on one side of the measuring days only")
    variance = (
        (p * r).sum() / (2 * top**2)
        + (p * s + q * r).sum() / (2 * top * bottom)
        + (q * s).sum() / (2 * bottom**2)
    )
    middle, reach = np.log(top / bottom), z * np.sqrt(variance)
    return tuple(float(np.exp(value)) for value in (middle, middle - reach, middle + reach))
