"""Did changes to a process work: each against the course before it, not against the bad month that led to it."""

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.process.interrupted_series import InterruptedSeries
from cxresearch.models.process.monthly import LOGARITHMS, monthly
from cxresearch.months import MONTHS_PER_YEAR, month_number
from cxresearch.stats import rows
from cxresearch.stats.multiplicity import benjamini_hochberg, holm

METRICS = {"cycle_time": -1, "fitness": 1, "rework": -1, "cost": -1}  # and which way is better
NAMED = 5  # tests up to which none may be false at all
RECENT = 3  # months before a change among which the one that led to it lies
CONTROLLED = "controlled", "controlled_low", "controlled_high"
NEAR = 6  # months within which another change makes two effects one


class Improvable(Estimator):
    """What changes to processes did, by interrupted time series on months.

    Each change is judged by how far the measure it was to improve lies, `after` months later, from where level and trend before it led. The month that a change reacted to is left out: after
    the worst month the next ones are better by themselves (regression to the mean). It is the worst of the three months before a change that was a reaction, or one that was the worst of all. Months of phasing in, with hardly any cases or with cases
    still open are left out too. Error: Newey–West or least squares, whichever is larger, since either may be too small on few months.

    Where other processes were never changed, the same is fitted to the difference between the process and their mean: what came over all processes alike, such as a hard winter or a new
    phone system, is no effect of the change. It stands beside the effect and does not decide, since the others may have a course of their own.

    Parameters
    ----------
    after : int
        Months after the change at which its effect is judged.
    months : int
        Least number of months on each side.
    level : float
        Confidence level.

    Attributes
    ----------
    changes_ : DataFrame
        change_id, process, started_on, metric, reason, is_tested, n (months), before, later (months on either side), estimate, low, high (relative change of cycle time and cost, difference of shares of
        fitness and rework), p, p_adjusted, verdict (worked, made worse, no clear effect, too few months), is_reaction, naive (the mean afterwards against the month that led to it), placebos, placebos_found (dates before the change
        at which nothing was changed, and at how many of them the same method finds an improvement), controlled, controlled_low, controlled_high (the effect against processes that were never changed), controls (how many these are), is_overlapping (another change of the process within six months).
    months_ : DataFrame
        Of :func:`~cxresearch.models.process.monthly.monthly`.
    tested_ : dict
        Process → (tested, all) changes that say whether they were.

    References
    ----------
    Wagner, A. K. et al. (2002). *Journal of Clinical Pharmacy and Therapeutics* 27, 299–309. Linden, A. (2015). *Stata Journal* 15, 480–500. Barnett, A. G., van der Pols, J. C. & Dobson, A. J. (2005). Regression to the mean: what it is and how to deal with it.
    *International Journal of Epidemiology* 34, 215–220.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> began = pd.date_range("2024-01-01", "2025-12-31", periods=2400)
    >>> hours = np.exp(3 + 0.3 * rng.standard_normal(2400) - 0.3 * (began >= "2025-01-01"))
    >>> cases = pd.DataFrame({"process": "order", "began_at": began, "hours": hours, "fitness": 1.0, "repeats": 0, "is_open": False})
    >>> change = pd.DataFrame({"change_id": ["1"], "process": ["order"], "started_on": ["2025-01-01"], "metric": ["cycle_time"]})
    >>> found = Improvable().fit(cases, change).changes_.iloc[0]
    >>> found["verdict"], bool(found["low"] < np.exp(-0.3) - 1 < found["high"])
    ('worked', True)
    """

    def __init__(self, after=6, months=8, level=0.95):
        self.after = after
        self.months = months
        self.level = level

    def fit(self, cases, changes, costs=None):
        """Judge the changes.

        Parameters
        ----------
        cases : pandas.DataFrame
            Of :meth:`Conformance.cases`.
        changes : pandas.DataFrame
            Of :func:`~cxresearch.features.process_changes`.
        costs : pandas.DataFrame, optional
            Of :func:`~cxresearch.features.process_costs`.

        Returns
        -------
        Improvable
            This object.

        Raises
        ------
        NotEnough
            Where no change is of a process that has cases.
        """
        known = changes[changes["process"].isin(cases["process"].unique())] if len(cases) else changes.head(0)
        unknown = sorted(set(changes["process"]) - set(known["process"]))
        self.left_out_ = [f"the process {name} was changed and has no cases" for name in unknown]
        if not len(known):
            raise NotEnough("no change is on record of a process that has cases")
        self.months_ = monthly(cases, costs)
        every = {"finished_on": None, "metric": None, "reason": None, "is_tested": None}
        known = known.assign(**{c: value for c, value in every.items() if c not in known})
        starts = pd.to_datetime(known["started_on"])
        controls = self.months_[~self.months_["process"].isin(changes["process"]) & self.months_["is_whole"]]
        found = pd.DataFrame([self._judged(row, known, starts, controls) for row in known.to_dict("records")])
        p = found["p"].notna().to_numpy()
        found["p_adjusted"] = np.nan
        if p.any():
            correct = holm if p.sum() <= NAMED else benjamini_hochberg
            found.loc[p, "p_adjusted"] = correct(found.loc[p, "p"].to_numpy()).p_value
        better = np.sign(found["estimate"]) == found["metric"].map(METRICS)
        stands = found["p_adjusted"] < 1 - self.level
        verdicts = [found["p"].isna(), stands & better, stands]
        found["verdict"] = np.select(verdicts, ["too few months", "worked", "made worse"], "no clear effect")
        self.changes_ = found
        told = known.dropna(subset="is_tested").groupby("process")["is_tested"]
        self.tested_ = {name: (int(part.astype(bool).sum()), len(part)) for name, part in told}
        return self

    def summary(self):
        """The effect of each change.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        how, found = "interrupted time series by month", []
        for c in self.changes_.to_dict("records"):
            name = f"{c['process']}, change {c['change_id']}: {c['metric'].replace('_', ' ')} after {self.after} months"
            unit = "share" if c["metric"] in LOGARITHMS else "points"
            found.append(rows.row(name, [c["estimate"], c["low"], c["high"]], c["n"], how, unit))
            if c["controls"]:
                name = f"{name}, against unchanged processes ({c['controls']})"
                found.append(rows.row(name, [c[k] for k in CONTROLLED], c["n"], f"{how}, difference", unit))
        return rows.summary(found)

    def _judged(self, change, known, starts, controls):
        metric = change["metric"] if change["metric"] in METRICS else "cycle_time"
        started = pd.Timestamp(change["started_on"])
        series = self.months_[
            (self.months_["process"] == change["process"]) & self.months_["is_whole"]
        ].dropna(subset=metric)
        t, y = series["month"].to_numpy(), series[metric].to_numpy()
        first, settled = month_number(started), _whole_month(started)
        if pd.notna(change["finished_on"]):
            settled = max(settled, _whole_month(pd.Timestamp(change["finished_on"])))
        others = starts[(known["process"] == change["process"]) & (known["change_id"] != change["change_id"])]
        found = {name: change[name] for name in ("change_id", "process", "reason", "is_tested")}
        found |= {"started_on": started.date()}
        found |= {
            "metric": metric,
            "is_overlapping": any(abs(month_number(day) - first) <= NEAR for day in others),
        }
        before, later = t < first, t >= settled
        trigger = _trigger(y, before, METRICS[metric], change["reason"] == "reaction")
        found["is_reaction"] = trigger is not None
        naive = y[later].mean() - y[trigger] if trigger is not None and later.any() else np.nan
        found["naive"] = np.expm1(naive) if metric in LOGARITHMS else naive
        if trigger is not None:
            before = before & (np.arange(len(t)) != trigger)
        found |= {
            "before": int(before.sum()),
            "later": int(later.sum()),
            "n": int(before.sum() + later.sum()),
        }
        blank = dict.fromkeys(("estimate", "low", "high", "p", *CONTROLLED), np.nan)
        blank |= {"controls": 0, "placebos": 0, "placebos_found": 0}
        if min(before.sum(), later.sum()) < self.months:
            return found | blank
        kept = before | later
        estimate, low, high, p = self._effect(t[kept], y[kept], settled)
        dates = t[before][self.months : before.sum() - self.months + 1]
        placebos = [self._effect(t[before], y[before], date) for date in dates]
        better = sum(
            q < 1 - self.level and np.sign(middle) == METRICS[metric] for middle, _, _, q in placebos
        )
        limits = np.array([estimate, low, high])
        limits = np.expm1(limits) if metric in LOGARITHMS else limits
        found |= dict(zip(("estimate", "low", "high"), limits, strict=True)) | {"p": p}
        found |= self._against(controls, metric, t[kept], y[kept], (first, settled))
        return found | {"placebos": len(dates), "placebos_found": int(better)}

    def _against(self, controls, metric, t, y, around):
        """The effect on the difference to the mean of the processes that were never changed, each less its own mean."""
        known = controls.dropna(subset=metric)
        first, settled = around
        level = known[metric] - known.groupby("process")[metric].transform("mean")
        mean = level.groupby(known["month"]).mean()
        both = np.isin(t, mean.index)
        blank = dict.fromkeys(CONTROLLED, np.nan) | {"controls": 0}
        if min((t[both] < first).sum(), (t[both] >= settled).sum()) < self.months:
            return blank
        difference = y[both] - mean.loc[t[both]].to_numpy()
        limits = np.array(self._effect(t[both], difference, settled)[:3])
        limits = np.expm1(limits) if metric in LOGARITHMS else limits
        return dict(zip(CONTROLLED, limits, strict=True)) | {"controls": known["process"].nunique()}

    def _effect(self, t, y, start):
        """The effect so many months after, its limits and its p-value."""
        fit = InterruptedSeries(level=self.level).fit(
            y, float(start), t.astype(float), months=t % MONTHS_PER_YEAR
        )
        contrast = np.zeros(len(fit.params_))
        contrast[2:4] = 1.0, float(self.after)
        middle = float(contrast @ fit.params_)
        error = np.sqrt(max(contrast @ fit.covariance_ @ contrast, contrast @ fit.ordinary_ @ contrast))
        reach = error * stdtrit(fit.df_, (1 + self.level) / 2)
        p = 2 * stdtr(fit.df_, -abs(middle) / error) if error > 0 else float(abs(middle) < 1e-12)
        return middle, middle - reach, middle + reach, float(p)


def _whole_month(day):
    """The first whole month from a day on."""
    return month_number(day) + (day.day > 1)


def _trigger(y, before, better, is_reaction):
    """The month that led to a change: the worst of the last ones before a reaction, or one of them that is the worst of all before; None."""
    places = np.flatnonzero(before)
    if not len(places):
        return None
    recent = places[-RECENT:]
    worst = recent[np.argmin(better * y[recent])]
    return worst if is_reaction or worst == places[np.argmin(better * y[places])] else None
