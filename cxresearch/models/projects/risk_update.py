"""The risk of failure, month by month: what status reports add to what was known at the first gate."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.firth import fit_firth
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary

_FEWEST = 10  # of the rarer outcome
AGE = "share of the planned time used"
FADES = "gate log-odds × share of the planned time used"


class RiskUpdate(Estimator):
    """Monthly log-odds of failure: those of the gate, plus what pace, cost and age have added since.

    A landmark model over all reports of decided projects, up to the last before their end::

        logit P(fails | still running at report) = g + b₀ + b₁ ln SPI(t) + b₂ ln CPI + b₃ AT/PD + b₄ g·AT/PD

    with g the log-odds at the gate. They fade as a project goes on (b₄ below 0): of those that looked bad at the gate, the ones that were
    bad have been cancelled by then.

    The gate's log-odds of a decided project come from models that did not see it. All reports weigh alike, so that at every age the projects
    then running do, and together they weigh as much as there are projects, for reports of one project are no independent witnesses. The sum is
    shrunk by its slope on projects left out in turn, and the probability is its mean over the doubt s in the log-odds η (MacKay:
    σ(η/√(1 + πs²/8))), so that a risk of which little is known is not called certain. A watermelon deceives this model less than its
    colour does, because the model uses earned value.

    Parameters
    ----------
    level : float
        Confidence level.

    Attributes
    ----------
    params_ : DataFrame
        estimate, low, high by term.
    slope_ : float
        By how much the log-odds are shrunk, 0 to 1.
    months_ : DataFrame
        Every report of every project that has a gate probability: project_id, status_on, probability, low, high. Of a report that lacks
        one of the terms, the gate's.
    n_, reports_ : int
        Projects learnt from, and how many reports of them.
    left_out_ : list of str
        The terms that are not recorded.

    Notes
    -----
    In 70 simulated portfolios of 120 projects the mean risk of the 2,024 open ones was 38 %, and 39 % failed; but the outcome moved by 0.64 of the
    predicted log-odds, and of those with a risk above 80 % (88 % on average) 66 % failed (``tests/coverage/calibration_of_risks.py``). Read the
    highest risks as an order, not as a certainty.

    References
    ----------
    MacKay, D. J. C. (1992). The evidence framework applied to classification networks. *Neural Computation* 4, 720–736. van Houwelingen, H. C. (2007). Dynamic prediction by landmarking in event history analysis. *Scandinavian Journal of Statistics* 34, 70–85.

    Examples
    --------
    >>> from cxresearch.models.projects.failure import ProjectFailure
    >>> from cxresearch.sample.projects import gate_register
    >>> gate, failed = gate_register(60, seed=1)
    >>> register = gate.assign(has_failed=failed, finished_on=pd.Timestamp("2026-06-30"))
    >>> months = pd.DataFrame({"project_id": gate["project_id"], "status_on": pd.Timestamp("2026-03-31"), "spi_t": np.linspace(0.8, 1.1, 60),
    ...     "cpi": 1.0, "at": 3.0, "planned_duration": 9.0, "is_done": False})
    >>> model = ProjectFailure(repeats=1).fit(register)
    >>> RiskUpdate().fit(months, model.predict(register), model, register).summary()[["metric", "n"]].head(1)
                     metric   n
    0  SPI(t) a tenth lower  60
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

        Raises
        ------
        NotEnough
            If no sign is recorded in most reports, or fewer than ten projects of either outcome have reports.
        """
        columns = ["project_id", "status_on", "spi_t", "cpi", "at", "planned_duration", "is_done"]
        rows = table(months, columns, "months")
        known = table(projects, ["project_id", "has_failed", "finished_on"], "projects").set_index(
            "project_id"
        )
        rows = rows[rows["project_id"].isin(gate.index)].reset_index(drop=True)
        signs = _signs(rows)
        used = [name for name in signs if np.isfinite(signs[name]).mean() > 0.5]
        if not used:
            raise NotEnough("status reports hold neither pace nor cost for most projects")
        self.left_out_ = [f"{name} is missing in most reports" for name in signs if name not in used]
        out = failure.out_of_fold_.reindex(rows["project_id"]).to_numpy()
        complete = np.isfinite([out, *(signs[name] for name in used)]).all(axis=0)
        learnt, y = _decided_reports(rows, known, complete)
        alike = [name for name in used if learnt.any() and np.ptp(signs[name][learnt]) < 1e-9]
        self.left_out_ += [f"{name} is the same in all reports" for name in alike]
        used = [name for name in used if name not in alike]
        x = np.column_stack([np.ones(len(rows)), *(signs[name] for name in used)])
        fades = signs[AGE] if AGE in used else None
        who = rows.loc[learnt, "project_id"]
        by_project = pd.Series(y, who.to_numpy()).groupby(level=0).first()
        rarer = int(min(by_project.sum(), (1 - by_project).sum()))
        if rarer < _FEWEST:
            raise NotEnough(
                f"{rarer} decided projects of the rarer outcome have status reports, and {_FEWEST} are needed"
            )
        self.n_, self.reports_ = len(by_project), int(learnt.sum())
        names, weights, terms = ["intercept", *used], np.full(len(y), self.n_ / len(y)), x[learnt]
        if fades is not None:
            names, terms = [*names, FADES], np.column_stack([terms, (out * fades)[learnt]])
        fit = fit_firth(terms, y, names, weights=weights, offset=out[learnt], level=self.level)
        level, self.slope_ = self._shrinkage(
            terms, y, weights, out[learnt], names, who.to_numpy(), by_project
        )
        self.params_ = pd.DataFrame({"estimate": fit.params, "low": fit.low, "high": fit.high}, names)
        centred = logit(gate["probability"].reindex(by_project.index)).mean()
        moved = centred - failure.out_of_fold_.reindex(by_project.index).mean()  # what re-centring did
        self.months_ = self._judged(rows, gate, x, fades, fit, moved, level)
        return self

    def _judged(self, rows, gate, x, fades, fit, moved, level):
        """The probability of failure at every report, with its limits."""
        ends = ("probability", "low", "high")
        judged = rows[["project_id", "status_on"]].assign(
            **{c: gate[c].reindex(rows["project_id"]).to_numpy() for c in ends}
        )
        seen, z = np.isfinite(x).all(axis=1), normal_quantile(self.level)
        prior = {c: logit(judged.loc[seen, c].to_numpy()) for c in ends}
        at_gate, x, kept = prior["probability"] - moved, x[seen], 1.0
        if fades is not None:
            x, kept = np.column_stack([x, at_gate * fades[seen]]), 1 + fit.params[-1] * fades[seen]
        own = self.slope_**2 * np.einsum("ij,jk,ik->i", x, fit.covariance, x)
        eta = moved + level + self.slope_ * (at_gate + x @ fit.params)
        for name, sign in (("low", -1), ("high", 1)):
            half = np.hypot(self.slope_ * kept * (prior[name] - prior["probability"]), z * np.sqrt(own))
            judged.loc[seen, name] = expit(eta + sign * half)
        limits = logit(judged.loc[seen, ["low", "high"]].clip(1e-9, 1 - 1e-9).to_numpy())
        doubt = np.nan_to_num((limits[:, 1] - limits[:, 0]) / (2 * z))
        mean = np.clip(eta / np.sqrt(1 + np.pi / 8 * doubt**2), limits[:, 0], limits[:, 1])
        judged.loc[seen, "probability"] = expit(mean)
        return judged

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
        """Odds ratios of the terms: per tenth of SPI(t) and CPI lost, and per half of the planned time.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        steps = {
            "ln SPI(t)": ("SPI(t) a tenth lower", np.log(0.9)),
            "ln CPI": ("CPI a tenth lower", np.log(0.9)),
            AGE: ("half of the planned time later", 0.5),
        }
        rows = []
        for name, (label, step) in steps.items():
            if name in self.params_.index:
                ratios = np.exp(step * self.params_.loc[name, ["estimate", "low", "high"]].to_numpy(float))
                limits = ratios[0], ratios[1:].min(), ratios[1:].max()
                rows.append(row(label, limits, self.n_, "landmark Firth logit, profile limits"))
        return summary(rows)


def _decided_reports(rows, known, usable):
    """Which reports are learnt from – of decided projects, before their end – and the outcome of each of these."""
    ended = known["finished_on"].reindex(rows["project_id"]).to_numpy()
    outcome = known["has_failed"].astype("boolean").reindex(rows["project_id"])
    learnt = outcome.notna().to_numpy() & usable & ~rows["is_done"].to_numpy()
    learnt &= ~(rows["status_on"].to_numpy() >= ended)
    return learnt, outcome[learnt].astype(float).to_numpy()


def _signs(rows):
    """The signs in each report, one array each; cut so that one absurd month cannot decide."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spi, cpi = (np.log(rows[c].to_numpy(float)) for c in ("spi_t", "cpi"))
        used = (rows["at"] / rows["planned_duration"]).to_numpy(float)
    spi, cpi = (np.where(np.isfinite(v), np.clip(v, -0.7, 0.7), np.nan) for v in (spi, cpi))
    return {"ln SPI(t)": spi, "ln CPI": cpi, AGE: np.clip(used, 0, 2)}
