"""The Bermuda Triangle of projects: whether time, cost or quality is sacrificed when a project goes wrong."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import shares

WAYPOINTS = ["time", "cost", "quality"]
UNCLEAR = "no clear difference"
_BINS = 10
_PAIRS = 30  # successive reports without which nothing is said of how counts persist


class BermudaTriangle(Estimator):
    """Each project's slip in time, cost and quality, as shares of their sum, beside the priority that was declared.

    ::

        time = max(0, 1/SPI(t) − 1)      cost = max(0, 1/CPI − 1)      quality = max(0, D/E − 1)

    D is the project's sum of open defects over its reports and E what the firm's projects have on average at the same stages (tenths of the
    work done): quality has a measure of its own and is no residual. The shares are slip/Σ slip; a project that slips nowhere has
    none. A waypoint counts as sacrificed only when it has the largest share in at least `sure` of `draws` draws from the uncertainty:
    log-normal for the indices, gamma for the defects. A defect that stays open is reported again and again: where the counts of a project persist from one
    report to the next beyond chance, with a correlation ρ, they are worth (1 − ρ)/(1 + ρ) as many.

    A priority is *compromised* where the whole interval of the slip of the declared waypoint lies above `tolerance`.

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
        project_id, time, time_low, time_high, cost …, quality … (slips), share_time, share_cost, share_quality, sacrificed (the waypoint, "no clear
        difference" or "none"), priority, is_compromised.
    measured_ : list of str
        The waypoints that the reports measure.
    left_out_ : list of str
        The waypoints that they do not.

    Examples
    --------
    A project at the planned cost that needs a month and a half for each:

    >>> from cxresearch.models.projects.earned_value import EarnedValue
    >>> done = np.array([0.66, 1.34, 2.0, 2.66, 3.34, 4.0])
    >>> reports = pd.DataFrame({"project_id": "A", "status_on": pd.date_range("2026-01-31", periods=6, freq="ME"),
    ...     "planned_value": range(1, 7), "earned_value": done, "actual_cost": done, "budget_at_completion": 12})
    >>> plan = pd.DataFrame({"project_id": ["A"], "started_on": ["2026-01-01"], "planned_finish_on": ["2026-12-31"]})
    >>> placed = BermudaTriangle().fit(EarnedValue().fit(reports, plan), pd.Series({"A": "time"})).projects_
    >>> placed[["time", "share_time", "sacrificed", "is_compromised"]].round(2)
       time  share_time sacrificed  is_compromised
    0   0.5         1.0       time            True
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

        Raises
        ------
        NotEnough
            If fewer than two waypoints are measured.
        """
        last, random = earned.status_.set_index("project_id"), np.random.default_rng(self.seed)
        placed = pd.DataFrame(index=last.index)
        slips = np.full((self.draws, len(last), 3), np.nan)
        for k, (name, index) in enumerate((("time", "spi_t"), ("cost", "cpi"))):
            placed[[name, f"{name}_low", f"{name}_high"]], slips[:, :, k] = self._index_slip(
                last, index, random
            )
        ends = ["quality", "quality_low", "quality_high"]
        placed[ends], slips[:, :, 2] = self._defect_slip(earned.months_, last.index, random)
        self.measured_ = [w for w in WAYPOINTS if placed[w].notna().any()]
        missing = [w for w in WAYPOINTS if w not in self.measured_]
        if len(missing) > 1:
            raise NotEnough(f"{' and '.join(missing)} are not measured, so there is nothing to compare")
        self.left_out_ = [f"{w} is not measured, so its slip counts as none".capitalize() for w in missing]
        slip = placed[WAYPOINTS].fillna(0).to_numpy()
        total = slip.sum(axis=1, keepdims=True)
        parts = np.where(total > 1e-9, slip / np.where(total > 1e-9, total, 1), np.nan)
        placed[[f"share_{w}" for w in WAYPOINTS]] = parts
        placed["sacrificed"] = self._sacrificed(np.nan_to_num(slips))
        placed["priority"] = _declared(priority, last.index)
        placed["is_compromised"] = self._compromised(placed)
        self.projects_ = placed.rename_axis("project_id").reset_index()
        return self

    def _index_slip(self, last, index, random):
        """Slip of an index with its limits, and draws of it."""
        limits = np.column_stack(
            [(1 / last[f"{index}{end}"] - 1).clip(lower=0) for end in ("", "_high", "_low")]
        )
        z = normal_quantile(self.level)
        spread = ((np.log(last[f"{index}_high"]) - np.log(last[f"{index}_low"])) / (2 * z)).to_numpy()
        centre = np.log(last[index].where(last[index] > 0)).to_numpy()
        normal = random.standard_normal((self.draws, len(last)))
        return limits, np.maximum(
            np.exp(-(centre + np.where(np.isfinite(spread), spread, 0) * normal)) - 1, 0
        )

    def _defect_slip(self, months, projects, random):
        """Slip in quality with its limits, and draws of it."""
        seen, expected, worth = (part.reindex(projects) for part in _defects(months))
        gamma = random.gamma(np.nan_to_num((seen * worth).to_numpy()) + 0.5, 1.0, (self.draws, len(projects)))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = gamma / (expected * worth).to_numpy()
        ends = np.full((2, len(projects)), np.nan)
        some = np.isfinite(ratio).all(axis=0)
        ends[:, some] = np.quantile(ratio[:, some], [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        limits = np.column_stack([(seen / expected).to_numpy(), *ends])
        return np.maximum(limits, 1) - 1, np.maximum(ratio - 1, 0)

    def _sacrificed(self, slips):
        largest = slips.argmax(axis=2)
        largest[slips.sum(axis=2) <= 1e-9] = 3
        share = np.stack([(largest == k).mean(axis=0) for k in range(4)])
        names = np.array([*WAYPOINTS, "none"], dtype=object)[share.argmax(axis=0)]
        return np.where(share.max(axis=0) >= self.sure, names, UNCLEAR)

    def _compromised(self, placed):
        """Whether the declared waypoint slipped by more than the tolerance; missing where none is declared or it is not measured."""
        lows = {w: placed[f"{w}_low"].to_numpy() for w in WAYPOINTS}
        low = [lows[w][i] if w in lows else np.nan for i, w in enumerate(placed["priority"])]
        return pd.array([bool(v > self.tolerance) if np.isfinite(v) else None for v in low], dtype="boolean")

    def compromised(self):
        """The projects whose declared priority was compromised, the largest slip first.

        Returns
        -------
        DataFrame
            project_id, priority, slip and at_least (its lower limit), sacrificed.
        """
        rows = self.projects_[self.projects_["is_compromised"].fillna(False)].to_dict("records")
        columns = ["project_id", "priority", "slip", "at_least", "sacrificed"]
        frame = pd.DataFrame(
            [[r["project_id"], w := r["priority"], r[w], r[f"{w}_low"], r["sacrificed"]] for r in rows],
            columns=columns,
        )
        return frame.sort_values(["slip", "project_id"], ascending=[False, True], ignore_index=True)

    def summary(self):
        """Shares of projects in which each waypoint was sacrificed most, and in which the declared one was compromised.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        frame = self.projects_
        judged = frame[frame["is_compromised"].notna()]
        by = {w: judged.loc[judged["priority"] == w, "is_compromised"] for w in WAYPOINTS}
        by = {w: found for w, found in by.items() if len(found)}
        metrics = [f"{w} sacrificed most" for w in self.measured_] + [
            f"{w} compromised although it was the priority" for w in by
        ]
        counts = [(frame["sacrificed"] == w).sum() for w in self.measured_] + [
            int(found.sum()) for found in by.values()
        ]
        return shares(
            metrics,
            counts,
            [len(frame)] * len(self.measured_) + [len(found) for found in by.values()],
            self.level,
        )


def _declared(priority, projects):
    """The declared waypoint of each project, None where none of the three is declared."""
    declared = pd.Series(None, projects, dtype=object) if priority is None else priority.reindex(projects)
    return declared.where(declared.isin(WAYPOINTS), None)


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
