"""Rigid hub, flexible tyre: what leaving a step that is a must, and one that is not, goes with at the same difficulty."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats import rows
from cxresearch.stats.binomial_regression import fit_binomial
from cxresearch.stats.clustered import clustered_covariance, clusters_of
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.words import count_text

MARGIN = 0.02  # of resolution: a difference within it does not matter
FEW = 10  # cases that leave a step, and that keep to it, below which the step is not judged
LEAST = 100  # cases
OVERLAP = 0.5  # the least share of deviating cases that are as hard as some others are
PLACES = 2  # decimals of complexity: what is alike is counted


class HubAndTyre(Estimator):
    r"""First-contact resolution of cases that left a step, against cases as hard that did not.

    .. math:: \operatorname{logit} P(\text{resolved}) = a + b_1 m + b_2 f + b_3 c + b_4 m c + b_5 f h + \text{channel} + \text{process}

    with m and f whether a case left a step that is a ``must``, or one that is a ``may``, c its complexity and h whether it is above the median. (With f·c in place of f·h an effect that sets in at some complexity would be drawn out
    into a line and come out too small for hard cases.) Effects are average marginal effects in points, by the delta method, with a variance clustered by customer. Patterns that are alike are counted, so that the fit costs
    what its patterns cost.

    Parameters
    ----------
    margin : float
        A difference that does not matter.
    level : float
        Confidence level.

    Attributes
    ----------
    effects_ : DataFrame
        what (must, may, may_easy, may_hard), estimate, low, high, p, raw (the difference without adjusting), n (cases), left (those that left a step): over all cases, and for steps that may be left out below and above the median complexity.
    steps_ : DataFrame
        process, activity, rule, estimate, low, high, p, p_adjusted, n, left, decision (lock, free, does not matter, not clear): of ``must`` steps over all cases, of ``may`` steps over the harder half.
    median_ : float
        Complexity that parts easier from harder cases.
    n_ : int

    Notes
    -----
    Hard cases deviate more and are resolved less often; without complexity a comparison would blame the deviation, so that the model asks for it and refuses where deviating cases are harder than all others. Differences that remain are associations: what makes
    an agent leave a step may be seen by nobody else. Steps after the outcome are steps of the case too; a log that records much after it should be cut there.

    References
    ----------
    McCullagh, P. & Nelder, J. A. (1989). *Generalized Linear Models*. Liang, K.-Y. & Zeger, S. L. (1986). *Biometrika* 73, 13–22.
    """

    def __init__(self, margin=MARGIN, level=0.95):
        self.margin = margin
        self.level = level

    def fit(self, cases, conformance=None):
        """Fit all processes together, then each step.

        Parameters
        ----------
        cases : pandas.DataFrame
            Of :meth:`Conformance.cases`: process, variant, is_open, dev_must, dev_may, complexity, is_resolved; channel and customer_id where they are there.
        conformance : Conformance, optional
            For the steps; only the two kinds are compared where it is left out.

        Returns
        -------
        HubAndTyre
            This object.

        Raises
        ------
        NotEnough
            Where cases record no complexity or no outcome, are too few, or deviating cases are harder than all others.
        """
        for column, what in (
            ("complexity", "complexity, without which hard cases look like bad practice"),
            ("is_resolved", "outcome"),
        ):
            if column not in cases or cases[column].isna().all():
                raise NotEnough(f"cases record no {what}")
        known = cases[~cases["is_open"].astype(bool)].dropna(subset=["complexity", "is_resolved"])
        dropped = len(cases) - len(known)
        self.left_out_ = (
            [f"{count_text(dropped, 'case')} are open, or record no complexity or no outcome"]
            if dropped
            else []
        )
        if len(known) < LEAST:
            raise NotEnough(f"fewer than {LEAST} closed cases record their complexity and their outcome")
        data = _Data.of(known)
        self.n_, self.median_ = len(known), float(np.median(data.complexity))
        self.effects_ = self._kinds(known, data)
        self.steps_ = self._steps(known, conformance) if conformance is not None else pd.DataFrame()
        return self

    def summary(self):
        """What leaving a step of either kind goes with.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        words = {
            "must": "resolution where a must step was left",
            "may_easy": "resolution where a may step was left, easier half",
            "may_hard": "resolution where a may step was left, harder half",
        }
        how = "average marginal effect at the same complexity, clustered by customer"
        return rows.summary(
            rows.row(words[e.what], (e.estimate, e.low, e.high), e.n, how, "points")
            for e in self.effects_.itertuples()
            if e.what in words
        )

    def _kinds(self, known, data):
        flags = {"must": known["dev_must"].to_numpy() > 0, "may": known["dev_may"].to_numpy() > 0}
        kept = {}
        for name, left in flags.items():
            fault = _fault(left, data.complexity)
            if fault:
                self.left_out_.append(f"{name} steps: {fault}")
            else:
                kept[name] = left
        if not kept:
            raise NotEnough(self.left_out_[-1].split(": ", 1)[1])
        fit = _fitted(data, kept, {"must": "complexity", "may": "half"})
        is_hard = data.complexity > self.median_
        found = []
        for name, left in kept.items():
            parts = {name: np.ones(len(known), bool)} | (
                {"may_easy": ~is_hard, "may_hard": is_hard} if name == "may" else {}
            )
            found += [
                {"what": what} | self._effect(fit, data, name, left, where) for what, where in parts.items()
            ]
        return pd.DataFrame(found)

    def _effect(self, fit, data, name, left, where):
        estimate, error = fit.marginal(name, where)
        reach = error * float(ndtri((1 + self.level) / 2))
        y = data.y[where]
        raw = (
            y[left[where]].mean() - y[~left[where]].mean() if 0 < left[where].sum() < where.sum() else np.nan
        )
        p = float(2 * ndtr(-abs(estimate) / error)) if error > 0 else 1.0
        counts = {"n": int(where.sum()), "left": int(left[where].sum())}
        return {
            "estimate": estimate,
            "low": estimate - reach,
            "high": estimate + reach,
            "p": p,
            "raw": raw,
        } | counts

    def _steps(self, known, conformance):
        found = []
        for process, part in known.groupby("process", sort=True):
            steps, flags = conformance.models_[process], _of_cases(part, conformance, process)
            data = _Data.of(part)
            must = dict(zip(steps.activities, steps.is_must_activity, strict=True))
            kept = {
                name: flags[name] for name in steps.activities if not _fault(flags[name], data.complexity)
            }
            if not kept:
                continue
            try:
                fit = _fitted(data, kept, {name: "half" for name in kept if not must[name]})
            except NotEnough as fault:
                self.left_out_.append(f"steps of {process}: {fault}")
                continue
            is_hard = data.complexity > self.median_
            for name, left in kept.items():
                where = np.ones(len(part), bool) if must[name] or not is_hard.any() else is_hard
                row = {"process": process, "activity": name, "rule": "must" if must[name] else "may"}
                found.append(row | self._effect(fit, data, name, left, where))
        frame = pd.DataFrame(found)
        if not len(frame):
            return frame
        frame["p_adjusted"] = benjamini_hochberg(frame["p"].to_numpy()).p_value
        stands = frame["p_adjusted"] < 1 - self.level
        small = (frame["low"] > -self.margin) & (frame["high"] < self.margin)
        verdicts = [stands & (frame["high"] < 0), stands & (frame["low"] > 0), small]
        frame["decision"] = np.select(verdicts, ["lock", "free", "does not matter"], "not clear")
        return frame


class _Data(NamedTuple):
    """What a fit needs of cases: outcome, complexity, dummies of channel and process, and customers."""

    y: np.ndarray
    complexity: np.ndarray
    dummies: np.ndarray
    names: list
    clusters: np.ndarray

    @classmethod
    def of(cls, cases):
        complexity = np.round(cases["complexity"].to_numpy(float), PLACES)
        parts, names = [], []
        for column in ("channel", "process"):
            if column in cases:
                codes = pd.Categorical(cases[column].fillna("unknown").astype(str))
                counts = np.bincount(codes.codes)
                base = int(np.argmax(counts))
                kept = [k for k in range(len(counts)) if k != base and counts[k] >= FEW]
                parts += [codes.codes == k for k in kept]
                names += [f"{column} {codes.categories[k]}" for k in kept]
        dummies = np.column_stack(parts).astype(float) if parts else np.empty((len(cases), 0))
        y = cases["is_resolved"].astype(bool).to_numpy().astype(float)
        return cls(y, complexity, dummies, names, clusters_of(cases.get("customer_id"), len(cases)))


class _Fit(NamedTuple):
    """A fitted logit: its design by pattern, the pattern of each case, and which columns a flag moves."""

    params: np.ndarray
    covariance: np.ndarray
    patterns: np.ndarray
    pattern: np.ndarray
    columns: dict

    def marginal(self, name, where):
        """The mean of P(1) − P(0) of a flag over some of the cases, and its standard error."""
        own, product = self.columns[name]
        weights = np.bincount(self.pattern[where], minlength=len(self.patterns)) / where.sum()
        ends = []
        for value in (1.0, 0.0):
            x = self.patterns.copy()
            x[:, own] = value
            if product is not None:
                x[:, product[0]] = value * x[:, product[1]]
            p = expit(x @ self.params)
            ends.append((weights @ p, x.T @ (weights * p * (1 - p))))
        slope = ends[0][1] - ends[1][1]
        return float(ends[0][0] - ends[1][0]), float(np.sqrt(slope @ self.covariance @ slope))


def _fitted(data, flags, by):
    """The logit on counted patterns, its variance clustered by customer; `by` says which flags act by complexity, and which by its half."""
    centre = data.complexity - np.mean(data.complexity)
    is_hard = data.complexity > np.median(data.complexity)
    columns, names, places = [np.ones(len(centre)), centre, is_hard], ["intercept", "complexity", "hard"], {}
    for name, left in flags.items():
        own = len(columns)
        columns.append(left)
        names.append(name)
        places[name] = own, None
        if by.get(name):
            with_ = 1 if by[name] == "complexity" else 2
            places[name] = own, (own + 1, with_)
            columns.append(left * columns[with_])
            names.append(f"{name} by {by[name]}")
    design = np.column_stack([*columns, data.dummies]).astype(float)
    if not is_hard.any():
        raise NotEnough("all cases are equally hard")
    keys = pd.DataFrame(design)
    pattern = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy()
    first = np.unique(pattern, return_index=True)[1]
    patterns, trials = design[first], np.bincount(pattern)
    fit = fit_binomial(patterns, np.bincount(pattern, data.y), trials, [*names, *data.names])
    residual = data.y - expit(patterns @ fit.params)[pattern]
    covariance = clustered_covariance(fit.covariance, design * residual[:, None], data.clusters)
    return _Fit(fit.params, covariance, patterns, pattern, places)


def _fault(left, complexity):
    """Why a flag cannot be judged; None where it can."""
    if min(left.sum(), (~left).sum()) < FEW:
        return f"fewer than {FEW} cases left them, or kept to them"
    low, high = np.quantile(complexity[~left], [0.01, 0.99])
    inside = ((complexity[left] >= low) & (complexity[left] <= high)).mean()
    return None if inside >= OVERLAP else "cases that left them are harder than all others"


def _of_cases(part, conformance, process):
    """Whether each case left each step: a dictionary of flags."""
    lines = conformance.variants_[conformance.variants_["process"] == process].reset_index(drop=True)
    flags = conformance.deviations_[process]
    keys = [c for c in ("variant", "is_flagged_open", "is_quiet") if c in lines and c in part]
    place = (
        part[keys]
        .merge(lines[keys].assign(cx_line=range(len(lines))), on=keys, how="left")["cx_line"]
        .to_numpy()
    )
    return {name: flags[name].to_numpy()[place] for name in flags}
