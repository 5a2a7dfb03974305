"""The Bermuda Triangle of projects: whether time, cost or quality pays for what goes wrong."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.proportions import wilson

WAYPOINTS = ["time", "cost", "quality"]
_BINS = 10
_PAIRS = 30  # successive reports without which nothing is said of how counts persist


class BermudaTriangle(Estimator):
    """Each project's slip in time, cost and quality, as shares of their sum, beside the priority that was declared.

    ::

        time = max(0, 1/SPI(t) − 1)      cost = max(0, 1/CPI − 1)      quality = max(0, D/E − 1)

    D is the project's sum of open defects over its reports and E what the firm's projects have on average at the same stages (tenths of the
    work done): quality has a measure of its own and is no residual. The shares are slip/Σ slip; a project that slips nowhere has
    none. A waypoint is said to pay only when it has the largest share in at least `sure` of `draws` draws from the uncertainty: log-normal
    for the indices, gamma for the defects. A defect that stays open is reported again and again: where the counts of a project persist from one
    report to the next beyond chance, with a correlation ρ, they are worth (1 − ρ)/(1 + ρ) as many.

    A priority is *compromised* where the slip of the declared waypoint exceeds `tolerance` with its whole interval.

    Assumed: defects are counted alike in all projects. A budget raised with the scope hides no slip here, for all is held against the budget that
    the earned value is measured on.

    Parameters
    ----------
    tolerance, sure : float
    draws, seed : int
    level : float

    Attributes
    ----------
    projects_ : DataFrame
        project_id, time, time_low, time_high, cost …, quality … (slips), share_time, share_cost, share_quality, pays (the waypoint, "not
        distinguishable" or "none"), priority, is_compromised.
    measured_ : list of str
        The waypoints that the reports say anything of.
    notes_ : list of str

    Examples
    --------
    A project at the planned cost that needs a month and a half for each:

    >>> from cxresearch.models.projects.earned_value import EarnedValue
    >>> done = np.array([0.66, 1.34, 2.0, 2.66, 3.34, 4.0])
    >>> reports = pd.DataFrame({"project_id": "A", "status_on": pd.date_range("2026-01-31", periods=6, freq="ME"),
    ...     "planned_value": range(1, 7), "earned_value": done, "actual_cost": done, "budget_at_completion": 12})
    >>> plan = pd.DataFrame({"project_id": ["A"], "started_on": ["2026-01-01"], "planned_finish_on": ["2026-12-31"]})
    >>> found = BermudaTriangle().fit(EarnedValue().fit(reports, plan), pd.Series({"A": "time"})).projects_
    >>> found[["time", "share_time", "pays", "is_compromised"]].round(2)
       time  share_time  pays  is_compromised
    0   0.5         1.0  time            True
    """

    def __init__(self, tolerance=0.05, sure=0.8, draws=1000, seed=0, level=0.95):
        self.tolerance = tolerance
        self.sure = sure
        self.draws = draws
        self.seed = seed
        self.level = level

    def fit(self, earned, priority=None):
        """Place each project.

        Parameters
        ----------
        earned : EarnedValue
            Fitted.
        priority : Series, optional
            The declared waypoint, by project_id.

        Returns
        -------
        BermudaTriangle
            This object.
        """
        last, random = earned.status_.set_index("project_id"), np.random.default_rng(self.seed)
        z = normal_quantile(self.level)
        found = pd.DataFrame(index=last.index)
        slips = np.full((self.draws, len(last), 3), np.nan)
        for k, (name, index) in enumerate((("time", "spi_t"), ("cost", "cpi"))):
            low, high = last[f"{index}_low"], last[f"{index}_high"]
            found[name], found[f"{name}_low"], found[f"{name}_high"] = (
                (1 / v - 1).clip(lower=0) for v in (last[index], high, low)
            )
            spread = ((np.log(high) - np.log(low)) / (2 * z)).to_numpy()
            centre = np.log(last[index].where(last[index] > 0)).to_numpy()
            drawn = centre + np.where(np.isfinite(spread), spread, 0) * random.standard_normal(
                (self.draws, len(last))
            )
            slips[:, :, k] = np.maximum(np.exp(-drawn) - 1, 0)
        seen, expected, worth = (part.reindex(last.index) for part in _defects(earned.months_))
        counted = np.nan_to_num((seen * worth).to_numpy())
        gamma = random.gamma(counted + 0.5, 1.0, (self.draws, len(last)))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = gamma / (expected * worth).to_numpy()
        slips[:, :, 2] = np.maximum(ratio - 1, 0)
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        ends = np.full((2, len(last)), np.nan)
        some = np.isfinite(ratio).all(axis=0)
        ends[:, some] = np.quantile(ratio[:, some], tails, axis=0)
        for name, v in (("", seen / expected), ("_low", ends[0]), ("_high", ends[1])):
            found[f"quality{name}"] = pd.Series(v, last.index).clip(lower=1) - 1
        self.measured_ = [w for w in WAYPOINTS if found[w].notna().any()]
        slip = found[WAYPOINTS].fillna(0).to_numpy()
        total = slip.sum(axis=1)
        shares = np.where(total[:, None] > 1e-9, slip / np.where(total > 1e-9, total, 1)[:, None], np.nan)
        found[[f"share_{w}" for w in WAYPOINTS]] = shares
        found["pays"] = self._pays(np.nan_to_num(slips))
        declared = (
            pd.Series(None, last.index, dtype=object) if priority is None else priority.reindex(last.index)
        )
        found["priority"] = declared.where(declared.isin(WAYPOINTS), None)
        least = [found.at[p, f"{w}_low"] if w in WAYPOINTS else np.nan for p, w in found["priority"].items()]
        found["is_compromised"] = pd.array(
            [None if not np.isfinite(v) else bool(v > self.tolerance) for v in least], dtype="boolean"
        )
        self.projects_ = found.rename_axis("project_id").reset_index()
        self.notes_ = [
            f"{w} is not measured: its slip counts as none" for w in WAYPOINTS if w not in self.measured_
        ]
        return self

    def _pays(self, slips):
        largest = slips.argmax(axis=2)
        largest[slips.sum(axis=2) <= 1e-9] = 3
        share = np.stack([(largest == k).mean(axis=0) for k in range(4)])
        best = share.argmax(axis=0)
        names = np.array([*WAYPOINTS, "none"], dtype=object)[best]
        return np.where(share.max(axis=0) >= self.sure, names, "not distinguishable")

    def summary(self):
        """Shares of projects in which each waypoint pays, and in which the declared one was compromised.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        frame, rows = self.projects_, []
        for waypoint in self.measured_:
            x = (frame["pays"] == waypoint).sum()
            rows.append([f"{waypoint} pays", *wilson(x, len(frame), self.level), len(frame)])
        judged = frame[frame["is_compromised"].notna()]
        for waypoint in WAYPOINTS:
            own = judged[judged["priority"] == waypoint]
            if len(own):
                x = own["is_compromised"].sum()
                rows.append(
                    [
                        f"{waypoint} was to be safe and was compromised",
                        *wilson(x, len(own), self.level),
                        len(own),
                    ]
                )
        frame = pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n"])
        return frame.assign(method="Wilson score", unit="share")


def scope_changes(months):
    """Scope creep as dated changes.

    Parameters
    ----------
    months : DataFrame
        ``EarnedValue.months_``.

    Returns
    -------
    DataFrame
        project_id, status_on, change (money), share (of the first budget), spi_t_before and spi_t_after (ES gained per month over three reports
        up to the change and after it), one row per change.

    Examples
    --------
    >>> months = pd.DataFrame({"project_id": "A", "status_on": pd.to_datetime(["2026-01-31", "2026-02-28"]), "scope": [0.0, 5.0],
    ...     "bac_first": 50.0, "es": [1.0, 2.0], "at": [1.0, 2.0]})
    >>> scope_changes(months)[["project_id", "status_on", "change", "share"]]
      project_id  status_on  change  share
    0          A 2026-02-28     5.0    0.1
    """
    rows = table(months, ["project_id", "status_on", "scope", "bac_first", "es", "at"], "months").copy()
    group = rows.groupby("project_id")
    rows["change"] = group["scope"].diff().fillna(rows["scope"])
    for name, shift in (("spi_t_before", 0), ("spi_t_after", -3)):
        late, early = (
            (group[c].shift(shift) for c in ("es", "at")),
            (group[c].shift(shift + 3) for c in ("es", "at")),
        )
        (es1, at1), (es0, at0) = late, early
        rows[name] = (es1 - es0) / (at1 - at0)
    rows["share"] = rows["change"] / rows["bac_first"]
    columns = ["project_id", "status_on", "change", "share", "spi_t_before", "spi_t_after"]
    return rows.loc[rows["change"].abs() > 1e-9 * rows["bac_first"], columns].reset_index(drop=True)


def rank_association(x, y, level=0.95):
    """Spearman's correlation with limits by Fisher's z, variance 1.06/(n − 3).

    Returns
    -------
    tuple
        estimate, low, high, n; missing below ten pairs or where one side does not vary.

    References
    ----------
    Fieller, E. C., Hartley, H. O. & Pearson, E. S. (1957). Tests for rank correlation coefficients. *Biometrika* 44, 470–481.

    Examples
    --------
    >>> [round(float(v), 2) for v in rank_association(range(20), [i % 7 + i / 4 for i in range(20)])]
    [0.68, 0.33, 0.87, 20.0]
    """
    pair = pd.DataFrame({"x": np.asarray(x, dtype=float), "y": np.asarray(y, dtype=float)}).dropna()
    n = len(pair)
    if n < 10 or pair["x"].nunique() < 2 or pair["y"].nunique() < 2:
        return np.nan, np.nan, np.nan, n
    r = float(np.clip(spearmanr(pair["x"], pair["y"]).statistic, -0.999999, 0.999999))
    half = normal_quantile(level) * np.sqrt(1.06 / (n - 3))
    return r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)), n


def _defects(months):
    """Open defects of each project summed over its reports, what is usual at the same stages, and what part of them tells anything new."""
    if "open_defects" not in months or months["open_defects"].isna().all():
        none = pd.Series(dtype=float)
        return none, none, none
    rows = months[months["open_defects"].notna()]
    stage = np.minimum((_BINS * rows["ev"] / rows["bac"]).astype(int), _BINS - 1)
    usual = rows.groupby(stage)["open_defects"].mean()
    by = rows["project_id"]
    counts, level = rows["open_defects"].astype(float), stage.map(usual).astype(float)
    seen, expected = counts.groupby(by).sum(), level.groupby(by).sum()
    own = level * by.map(seen / expected.where(expected > 0))
    apart = ((counts - own) / np.sqrt(own.where(own > 0))).dropna()
    size = by.groupby(by).size()
    rho = _persistence(apart, by[apart.index])
    worth = np.maximum((1 - rho) / (1 + rho), 1 / size)
    return seen[expected > 0], expected[expected > 0], worth


def _persistence(values, by):
    """Correlation of a project's values with the ones before, 0 unless beyond chance; Kendall's correction for short series."""
    before = values.groupby(by).shift()
    pairs, length = int(before.notna().sum()), float(by.groupby(by).size().mean()) if len(by) else 0.0
    if pairs < _PAIRS or length < 4:
        return 0.0
    known = before.notna()
    above = float((values * before).sum() / (values[known] ** 2 + before[known] ** 2).sum() * 2 + 1 / length)
    if above < 2 / np.sqrt(pairs):
        return 0.0
    return float(np.clip(above / (1 - 3 / length), 0.0, 0.99))
