"""Cohort retention: of those who started in a month, how many are still active so many months later.

The table everyone draws, with what it usually lacks: an interval in each cell, and one curve over all cohorts
that does not mistake a young cohort's future for a loss.
"""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers, reject, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.proportions import newcombe, wilson
from cxresearch.stats.rows import row, summary

_COLUMNS = ["cohort", "period", "customers", "active"]


class CohortRetention(Estimator):
    """Retention by cohort and, pooled over cohorts, by time since the start.

    A cell is a share of customers, with Wilson's interval. The pooled curve uses at each period only the
    cohorts old enough to have been observed that long: a period that lies in a cohort's future is censored,
    not zero. With a_ct of N_c customers of cohort c active at period t, and c running over the cohorts
    observed at t::

        contract      R(t) = Π_{u ≤ t} (Σ_c a_cu / Σ_c a_c,u−1)   Kaplan–Meier, Greenwood, log–log limits
        non-contract  R(t) = Σ_c a_ct / Σ_c N_c                   the share active, Wilson limits

    In both every customer counts once, so that the interval is that of the customers at hand and not of the
    cells. Under a contract survivors only fall, and each step may use everyone still there; without one,
    activity returns and the share at each period stands by itself.

    Assumed: customers act independently, and cohorts too young to be seen at t would behave there as the
    older ones did. Where cohorts differ, the tail of the curve is that of the oldest cohorts: compare cells
    before reading it as a forecast.

    Parameters
    ----------
    contract : bool, optional
        Whether a customer who left cannot return. Unless given: true if no cohort ever rises.
    level : float
        Confidence level.
    grain : {"month", "quarter", "year"}, optional
        Length of a period, where cohorts are the dates on which one began: they are called by it, such as 2024Q1.
    fewest : int
        Customers that a cohort needs; smaller ones are left out.

    Attributes
    ----------
    cells_ : DataFrame
        cohort, period, customers, active, share, low, high.
    curve_ : DataFrame
        period, cohorts and customers (observed that long), active, share (active of those customers),
        retention, low, high. ``share`` and ``retention`` differ under a contract only.
    contract_ : bool
        Which formula was used.
    n_ : int
        Customers in all cohorts.
    small_ : list
        Cohorts left out, named in `left_out_` too.
    left_out_ : list of str

    References
    ----------
    Kaplan, E. L. & Meier, P. (1958). *JASA* 53, 457–481. Fader, P. S. & Hardie, B. G. S. (2009).
    Probability models for customer-base analysis. *Journal of Interactive Marketing* 23, 61–69.

    Examples
    --------
    >>> cohorts = pd.DataFrame({
    ...     "cohort": ["2024-01"] * 3 + ["2024-02"] * 2,
    ...     "period": [0, 1, 2, 0, 1],
    ...     "customers": [100] * 3 + [300] * 2,
    ...     "active": [100, 80, 60, 300, 270],
    ... })
    >>> CohortRetention().fit(cohorts).curve_.round(3)
       period  cohorts  customers  active  share  retention    low   high
    0       0        2        400     400  1.000      1.000  1.000  1.000
    1       1        2        400     350  0.875      0.875  0.838  0.904
    2       2        1        100      60  0.600      0.656  0.562  0.735
    """

    def __init__(self, contract=None, level=0.95, grain=None, fewest=0):
        self.contract = contract
        self.level = level
        self.grain = grain
        self.fewest = fewest

    def fit(self, cohorts):
        """Estimate cells and curve.

        Parameters
        ----------
        cohorts : DataFrame or Ibis table
            One row per cohort and period observed: ``cohort`` (a month, such as ``2024-01``, or any label),
            ``period`` (months since, from 0), ``customers`` (the cohort's size, the same in all its rows),
            ``active`` (how many of them were active then). A period at which nobody was active needs a row
            with 0; a period not reached yet has no row. Period 0 may be left out if all were active.

        Returns
        -------
        CohortRetention
            This object.

        Raises
        ------
        ValueError
            If columns are missing or hold bad values; if a cohort has two rows for a period, two sizes, or
            a gap; if cohorts are months and one stops before the month where the others do; if a cohort
            rises although ``contract`` is true.
        NotEnough
            If no cohort that is large enough has been observed for a period after its own.
        """
        normal_quantile(self.level)
        data = self._large(table(cohorts, _COLUMNS, "cohorts", may_be_empty=True))
        if not (data["period"] > 0).any():
            whole = f"whole {self.grain}" if self.grain else "period"
            many = f"of {self.fewest} or more customers " if self.fewest else ""
            raise NotEnough(f"no cohort {many}has been observed for a {whole} after its own")
        data = _checked(data)
        rises = data["active"] > data["before"]
        self.contract_ = not rises.any() if self.contract is None else self.contract
        if self.contract_:
            reject(rises, "active", "rises, which a contract rules out,", _labels(data))
        share, low, high = wilson(data["active"].to_numpy(), data["customers"].to_numpy(), self.level)
        self.cells_ = data[_COLUMNS].assign(share=share, low=low, high=high)
        self.n_ = int(data.groupby("cohort")["customers"].first().sum())
        pooled = data.groupby("period").agg(
            cohorts=("cohort", "size"), customers=("customers", "sum"), active=("active", "sum")
        )
        pooled = pooled.reset_index()
        share, low, high = wilson(pooled["active"].to_numpy(), pooled["customers"].to_numpy(), self.level)
        self.curve_ = pooled.assign(share=share, retention=share, low=low, high=high)
        if self.contract_:
            curve = _survival(data, self.level).at(pooled["period"])
            self.curve_[["retention", "low", "high"]] = curve[["survival", "low", "high"]].to_numpy()
        return self

    def up_to(self, *periods):
        """Those of some periods that were observed."""
        return [period for period in periods if period <= self.curve_["period"].max()]

    def change(self, period):
        """The latest cohort observed at a period against the earliest one: a row, or none where fewer than two were observed.

        Returns
        -------
        DataFrame
            earliest, latest (cohorts), earliest_share, latest_share, estimate, low, high (Newcombe; latest less earliest).
        """
        at = self.cells_[self.cells_["period"] == period].sort_values("cohort")
        names = ["earliest", "latest", "earliest_share", "latest_share", "estimate", "low", "high"]
        if len(at) < 2:
            return pd.DataFrame(columns=names)
        old, new = at.iloc[0], at.iloc[-1]
        gap = newcombe(new["active"], new["customers"], old["active"], old["customers"], self.level)
        return pd.DataFrame([[old["cohort"], new["cohort"], old["share"], new["share"], *gap]], columns=names)

    def summary(self, periods=None):
        """Retention at given periods, one row each.

        Parameters
        ----------
        periods : array-like of int, optional
            Those observed among 1, 3, 6, 12, 24 and 36, and the last, unless given.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n (customers observed that long), method, unit.

        Raises
        ------
        ValueError
            If a period was not observed.
        """
        seen = self.curve_.set_index("period")
        if periods is None:
            periods = sorted({1, 3, 6, 12, 24, 36, seen.index[-1]} & set(seen.index))
        periods = np.atleast_1d(numbers(periods, "periods", low=0))
        reject(
            ~np.isin(periods, seen.index), "periods", f"is not among those observed ({_span(seen)})", periods
        )
        rows = seen.loc[periods]
        method = (
            "Kaplan–Meier over cohorts, log–log limits" if self.contract_ else "pooled share, Wilson limits"
        )
        verb = "retained" if self.contract_ else "active"
        what = self.grain or "period"
        return summary(
            row(f"{verb} in {what} {r.Index}", (r.retention, r.low, r.high), r.customers, method, "share")
            for r in rows.itertuples()
        )

    def _large(self, data):
        """The cohorts that are large enough, called by the period in which they began."""
        is_small = data["customers"] < self.fewest
        data = data.assign(cohort=self._names(data["cohort"]))
        self.small_ = sorted(set(data.loc[is_small, "cohort"]))
        sentence = f"Cohorts of fewer than {self.fewest} customers: {', '.join(map(str, self.small_))}"
        self.left_out_ = [sentence] if self.small_ else []
        return data[~is_small]

    def _names(self, cohorts):
        if self.grain is None or not len(cohorts):
            return cohorts
        return pd.to_datetime(cohorts).dt.to_period(self.grain[0].upper()).astype(str)


def _checked(cohorts):
    """The table in order, with each row's activity one period before; refused if it cannot be read so."""
    data = cohorts[_COLUMNS]
    reject(data["cohort"].isna(), "cohort", "is missing", data.index)
    for name in _COLUMNS[1:]:
        values = numbers(data[name], name, low=0)
        reject(values != np.floor(values), name, "is not a whole number", data.index)
        data = data.assign(**{name: values.astype(np.int64)})
    data = data.sort_values(["cohort", "period"], kind="stable").reset_index(drop=True)
    labels = _labels(data)
    reject(data["active"] > data["customers"], "active", "exceeds customers", labels)
    reject(data.duplicated(["cohort", "period"]), "period", "is repeated", labels)
    size = data.groupby("cohort")["customers"].transform("first")
    reject(data["customers"] != size, "customers", "differs from the cohort's first row", labels)
    data = _with_start(data)
    labels, again = _labels(data), data["cohort"].eq(data["cohort"].shift())
    gap = again & (data["period"] != data["period"].shift() + 1)
    reject(gap, "period", "leaves out the one before; write 0 where nobody was active;", labels)
    _same_end(data)
    return data.assign(before=data["active"].shift().where(again, data["customers"]))


def _with_start(data):
    """Add period 0, where all are active, to the cohorts that lack it."""
    first = data.drop_duplicates("cohort")
    start = first[first["period"] == 1].assign(period=0, active=lambda rows: rows["customers"])
    late = first[first["period"] > 1]
    reject(np.ones(len(late), bool), "period", "starts after 1", _labels(late))
    return pd.concat([start, data]).sort_values(["cohort", "period"]).reset_index(drop=True)


def _same_end(data):
    """Refuse a cohort whose rows stop in an earlier month than the table's: zeros may have been left out."""
    last = data.drop_duplicates("cohort", keep="last")
    text = last["cohort"].astype(str)
    if not text.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-01( 00:00:00)?)?").all():
        return
    month = text.str.slice(0, 4).astype(int) * 12 + text.str.slice(5, 7).astype(int) - 1 + last["period"]
    end = f"{month.max() // 12}-{month.max() % 12 + 1:02d}"
    early = (month < month.max()).to_numpy()
    fault = f"stops before {end}, where the table ends; write 0 where nobody was active;"
    reject(early, "period", fault, _labels(last))


def _survival(data, level):
    """Kaplan–Meier on customers: each loss an event, those still there censored at their last period."""
    lost = data.assign(count=data["before"] - data["active"], event=1)
    still = data.drop_duplicates("cohort", keep="last").assign(event=0)
    rows = pd.concat([lost, still.assign(count=still["active"])])
    rows = rows[rows["count"] > 0]
    return KaplanMeier(level).fit(
        rows["period"].to_numpy(), rows["event"].to_numpy(), weights=rows["count"].to_numpy()
    )


def _labels(data):
    return [
        f"{cohort} period {period}" for cohort, period in zip(data["cohort"], data["period"], strict=True)
    ]


def _span(seen):
    return f"{seen.index[0]} to {seen.index[-1]}"
