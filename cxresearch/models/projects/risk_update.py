"""The risk of failure, month by month: what the status reports add to what was known at the first gate."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.firth import fit_firth
from cxresearch.stats.interval import normal_quantile

_FEWEST = 10  # of the rarer outcome
AGE = "share of the planned time used"
FADES = "gate log-odds × share of the planned time used"


class RiskUpdate(Estimator):
    """Monthly log-odds of failure: those of the gate, plus what pace, cost and age have said since.

    A landmark model over all reports of decided projects, up to the last before their end::

        logit P(fails | still running at report) = g + b₀ + b₁ ln SPI(t) + b₂ ln CPI + b₃ AT/PD + b₄ g·AT/PD

    with g the log-odds at the gate. They fade as a project goes on (b₄ below 0): of those that looked bad at the gate, the ones that were
    bad have been cancelled by then.

    The gate's log-odds of a decided project come from models that did not see it. All reports weigh alike, so that at every age the projects
    then running do, and together they weigh as much as there are projects, for reports of one project are no independent witnesses. The sum is
    shrunk by its slope on projects left out in turn, and the probability is its mean over the doubt s in the log-odds η (MacKay:
    σ(η/√(1 + πs²/8))), so that a risk of which little is known is not called certain. A watermelon deceives this model less than its
    colour does, because it reads earned value.

    Parameters
    ----------
    level : float
        Confidence level.

    Attributes
    ----------
    params_ : DataFrame
        estimate, low, high by term; empty where there was too little to learn from.
    can_update_ : bool
    slope_ : float
        By how much the log-odds are shrunk, 0 to 1.
    months_ : DataFrame
        Every report of every project that has a gate probability: project_id, status_on, probability, low, high. Without an update the gate's.
    n_ : int
        Projects learnt from.
    note_ : str

    Notes
    -----
    In 70 simulated portfolios of 120 projects the mean risk of the 2,024 open ones was 38 %, and 39 % failed; but the outcome moved by 0.64 of the
    log-odds told, and of those with a risk above 80 % (88 % on average) 66 % failed (``tests/coverage/calibration_of_risks.py``). Read the
    highest risks as an order, not as a certainty.

    References
    ----------
    MacKay, D. J. C. (1992). The evidence framework applied to classification networks. *Neural Computation* 4, 720–736. van Houwelingen, H. C. (2007). Dynamic prediction by landmarking in event history analysis. *Scandinavian Journal of Statistics* 34, 70–85.

    Examples
    --------
    Without enough decided projects the risk stays what it was at the gate:

    >>> from cxresearch.models.projects.failure import ProjectFailure
    >>> register = pd.DataFrame({"project_id": ["A", "B"], "has_failed": [True, None], "finished_on": [pd.Timestamp("2026-02-28"), pd.NaT]})
    >>> months = pd.DataFrame({"project_id": ["B"], "status_on": pd.to_datetime(["2026-03-31"]), "spi_t": [0.9], "cpi": [1.0], "at": [1.0],
    ...     "planned_duration": [9.0], "is_done": [False]})
    >>> gate = ProjectFailure().fit(register, rate=0.4)
    >>> RiskUpdate().fit(months, gate.predict(register), gate, register).now()["probability"].tolist()
    [0.4]
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, months, gate, failure, projects):
        """Learn from the decided projects and judge every report.

        Parameters
        ----------
        months : DataFrame
            ``EarnedValue.months_``.
        gate : DataFrame
            ``ProjectFailure.predict`` of all projects.
        failure : ProjectFailure
            Fitted.
        projects : DataFrame
            project_id, has_failed, finished_on.

        Returns
        -------
        RiskUpdate
            This object.
        """
        rows = table(
            months, ["project_id", "status_on", "spi_t", "cpi", "at", "planned_duration", "is_done"], "months"
        )
        known = table(projects, ["project_id", "has_failed", "finished_on"], "projects").set_index(
            "project_id"
        )
        rows = rows[rows["project_id"].isin(gate.index)].reset_index(drop=True)
        self.months_ = rows[["project_id", "status_on"]].assign(
            **{c: gate[c].reindex(rows["project_id"]).to_numpy() for c in ("probability", "low", "high")}
        )
        self.params_ = pd.DataFrame(columns=["estimate", "low", "high"])
        self.can_update_, self.n_, self.slope_ = False, 0, 0.0
        signs = _signs(rows)
        used = [name for name in signs if np.isfinite(signs[name]).mean() > 0.5]
        if not failure.can_predict_ or not used:
            self.note_ = (
                "no update: nothing could be learnt at the gate" if used else "no update: no earned value"
            )
            return self
        x = np.column_stack([np.ones(len(rows)), *(signs[name] for name in used)])
        fades = signs[AGE] if AGE in used else None
        ended = known["finished_on"].reindex(rows["project_id"]).to_numpy()
        out = failure.out_of_fold_.reindex(rows["project_id"]).to_numpy()
        outcome = known["has_failed"].astype("boolean").reindex(rows["project_id"])
        learnt = outcome.notna().to_numpy() & np.isfinite(out) & np.isfinite(x).all(axis=1)
        learnt &= ~rows["is_done"].to_numpy() & ~(rows["status_on"].to_numpy() >= ended)
        y = outcome[learnt].astype(float).to_numpy()
        who = rows.loc[learnt, "project_id"]
        by_project = pd.Series(y, who.to_numpy()).groupby(level=0).first()
        self.n_, rarer = (
            len(by_project),
            int(min(by_project.sum(), (1 - by_project).sum())) if len(by_project) else 0,
        )
        if rarer < _FEWEST:
            self.note_ = (
                f"no update: {rarer} projects of the rarer outcome have reports, {_FEWEST} are needed"
            )
            return self
        names, weights = ["intercept", *used], np.full(len(y), self.n_ / len(y))
        known_x = x[learnt]
        if fades is not None:
            names, known_x = [*names, FADES], np.column_stack([known_x, (out * fades)[learnt]])
        fit = fit_firth(known_x, y, names, weights=weights, offset=out[learnt], level=self.level)
        rows_learnt = known_x, y, weights, out[learnt]
        level, self.slope_ = self._shrinkage(*rows_learnt, names, who.to_numpy(), by_project)
        self.can_update_, self.note_ = (
            True,
            f"learnt from {learnt.sum():,} reports of {self.n_:,} decided projects",
        )
        self.params_ = pd.DataFrame({"estimate": fit.params, "low": fit.low, "high": fit.high}, names)
        seen = np.isfinite(x).all(axis=1)
        z = normal_quantile(self.level)
        prior = {c: logit(self.months_.loc[seen, c].to_numpy()) for c in ("probability", "low", "high")}
        centred = logit(gate["probability"].reindex(by_project.index)).mean()
        moved = centred - failure.out_of_fold_.reindex(by_project.index).mean()  # what re-centring did
        at_gate, x, kept = prior["probability"] - moved, x[seen], 1.0
        if fades is not None:
            x, kept = np.column_stack([x, at_gate * fades[seen]]), 1 + fit.params[-1] * fades[seen]
        own = self.slope_**2 * np.einsum("ij,jk,ik->i", x, fit.covariance, x)
        eta = moved + level + self.slope_ * (at_gate + x @ fit.params)
        for name, sign in (("low", -1), ("high", 1)):
            half = np.hypot(self.slope_ * kept * (prior[name] - prior["probability"]), z * np.sqrt(own))
            self.months_.loc[seen, name] = expit(eta + sign * half)
        ends = logit(self.months_.loc[seen, ["low", "high"]].clip(1e-9, 1 - 1e-9).to_numpy())
        doubt = np.nan_to_num((ends[:, 1] - ends[:, 0]) / (2 * z))
        mean = np.clip(eta / np.sqrt(1 + np.pi / 8 * doubt**2), ends[:, 0], ends[:, 1])
        self.months_.loc[seen, "probability"] = expit(mean)
        return self

    def _shrinkage(self, x, y, weights, offset, names, who, by_project):
        """Intercept and slope of the outcome on the log-odds of projects that the update did not see."""
        fold, order = pd.Series(0, by_project.index), by_project.sort_values(kind="stable").index
        fold[order] = np.arange(len(order)) % 5
        part, eta = fold.reindex(who).to_numpy(), offset.copy()
        for k in range(5):
            rest = part != k
            fit = fit_firth(x[rest], y[rest], names, weights[rest], offset[rest], limits=False)
            eta[~rest] += x[~rest] @ fit.params
        one = np.ones((len(y), 1))
        both = fit_firth(np.column_stack([one, eta]), y, ["intercept", "slope"], weights, limits=False).params
        slope = float(np.clip(both[1], 0.0, 1.0))
        return float(fit_firth(one, y, ["intercept"], weights, slope * eta, limits=False).params[0]), slope

    def now(self):
        """The risk at the latest report of each project, by project_id: status_on, probability, low, high."""
        return self.months_.sort_values("status_on").groupby("project_id").last()

    def summary(self):
        """Odds ratios of what the reports say: per tenth of SPI(t) and CPI lost, and per half of the planned time.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method.
        """
        rows = []
        for name, label, step in (
            ("ln SPI(t)", "SPI(t) a tenth lower", np.log(0.9)),
            ("ln CPI", "CPI a tenth lower", np.log(0.9)),
            (AGE, "half of the planned time later", 0.5),
        ):
            if name in self.params_.index:
                ends = np.exp(step * self.params_.loc[name, ["estimate", "low", "high"]].to_numpy(float))
                rows.append([label, ends[0], ends[1:].min(), ends[1:].max()])
        frame = pd.DataFrame(rows, columns=["metric", "estimate", "low", "high"])
        return frame.assign(n=self.n_, method="landmark Firth logit, profile limits")


def _signs(rows):
    """What a report says, one array per sign; cut so that one absurd month cannot decide."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spi, cpi = (np.log(rows[c].to_numpy(float)) for c in ("spi_t", "cpi"))
        used = (rows["at"] / rows["planned_duration"]).to_numpy(float)
    spi, cpi = (np.where(np.isfinite(v), np.clip(v, -0.7, 0.7), np.nan) for v in (spi, cpi))
    return {"ln SPI(t)": spi, "ln CPI": cpi, AGE: np.clip(used, 0, 2)}
