"""Forecasts against outcomes: how far off they were, how often their intervals held, how well their probabilities were calibrated."""

import datetime
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxresearch.errors import DataError
from cxresearch.features.outcomes import OUTCOMES
from cxresearch.report.disclosure import INDICATIVE
from cxresearch.stats.forecast_scores import calibration, mean_of_outcomes, skill
from cxresearch.stats.proportions import wilson
from cxresearch.words import SUPPRESSED, estimate_text, interval_text, number_text, share_text

RESULT = ["metric", "estimate", "low", "high", "n", "method", "unit"]
NOMINAL = 0.95  # what a forecast's interval promises
AS_MADE = "as forecast"
WITHHELD = "withheld, because fewer than"


@dataclass
class Scored:
    """Forecasts against what happened.

    Attributes
    ----------
    rows : pandas.DataFrame
        kind, made_on and the standard columns metric, estimate, low, high, n, method, unit; one block per kind and day of forecast.
    totals : pandas.DataFrame
        Forecasts about the whole base: kind, made_on, due_on, mean, low, high, happened, n.
    calibration : pandas.DataFrame
        Of probabilities, per kind and made_on: lowest, highest (forecast in the group), said (mean forecast), happened (share), low,
        high (Wilson), n.
    sentences : pandas.DataFrame
        kind, made_on, text, is_off: the sentence on the page, and whether the forecast was off by more than chance explains.
    unresolved : list of str
        What could not be scored, and why.
    """

    rows: pd.DataFrame
    totals: pd.DataFrame
    calibration: pd.DataFrame
    sentences: pd.DataFrame
    unresolved: list = field(default_factory=list)

    def summary(self):
        """All rows as one table, each metric preceded by its kind and day."""
        metrics = [f"{r.kind} of {r.made_on}: {r.metric}" for r in self.rows.itertuples()]
        return self.rows.assign(metric=metrics)[RESULT]


def score(forecasts, workspace, as_of, outcomes=None):
    r"""Score the forecasts that have fallen due.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        As from :func:`cxresearch.report.ledger.earlier`.
    workspace : Workspace
    as_of : datetime.date
        The last day that is known; a forecast due later waits.
    outcomes : dict, optional
        Kind → :class:`~cxresearch.features.outcomes.Outcome`; by default ``OUTCOMES``.

    Returns
    -------
    Scored

    Notes
    -----
    With outcomes :math:`y_i` and forecasts :math:`m_i`, or :math:`p_i`, of the units of one kind and day:

    - bias is :math:`\overline{y - m}`; of probabilities, Wilson's interval of the share that happened less :math:`\bar p`, which is wide
      enough whatever the :math:`p_i`; of counts, Student's interval, no narrower than that of a Poisson count;
    - coverage is the share of :math:`low_i \le y_i \le high_i`, Wilson;
    - the Brier score is :math:`\overline{(p - y)^2}` with Student's interval; skill is one minus its ratio to the score of the base rate
      :math:`b`, the share in the span of the same length before the forecast, with the interval of a ratio of means (delta method);
    - a total has its own prediction interval, and what happened less that interval is the interval of its error.

    Units are taken to be independent: a shock that hits all of them at once makes every one of these intervals too narrow.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. *Monthly Weather Review* 78, 1–3. Murphy, A. H.
    (1973). A new vector partition of the probability score. *J. Applied Meteorology* 12, 595–600.
    """
    outcomes = OUTCOMES if outcomes is None else outcomes
    out = Scored(*[[] for _ in range(4)])
    for (kind, made_on), group in forecasts.groupby(["kind", "made_on"], sort=True):
        outcome = outcomes.get(kind)
        group_name = f"{kind}, forecast on {made_on}"
        if outcome is None:
            out.unresolved.append(f"{group_name}: cannot be compared, no rule defines the outcome")
            continue
        resolved = _resolved(group, outcome, workspace, as_of, group_name, out.unresolved)
        if not len(resolved):
            continue
        if outcome.is_total:
            _totals(out, kind, made_on, resolved, outcome)
        elif resolved["probability"].notna().any():
            _probabilities(out, kind, made_on, resolved[resolved["probability"].notna()], outcome)
        else:
            _means(out, kind, made_on, resolved, outcome)
    where = ["kind", "made_on"]
    columns = ["due_on", "mean", "low", "high", "happened", "n"]
    out.rows = pd.DataFrame(out.rows, columns=where + RESULT)
    out.totals = pd.DataFrame(out.totals, columns=where + columns)
    group_columns = ["lowest", "highest", "said", "happened", "low", "high", "n"]
    out.calibration = pd.DataFrame(out.calibration, columns=where + group_columns)
    out.sentences = pd.DataFrame(out.sentences, columns=[*where, "text", "is_off"])
    return out


def _resolved(group, outcome, workspace, as_of, group_name, unresolved):
    """The forecasts of a group that are due, with what happened and the base rate known when they were made."""
    resolved = []
    try:
        first, last = outcome.span(workspace) if len(group) else (None, None)
    except (DataError, KeyError):
        unresolved.append(f"{group_name}: cannot be compared, there is no table {outcome.table}")
        return group.iloc[:0]
    waiting = group.loc[group["due_on"] > as_of, "due_on"]
    if len(waiting):
        when = f"on {waiting.min()}"
        when = when if waiting.nunique() == 1 else f"from {waiting.min()} to {waiting.max()}"
        unresolved.append(f"{group_name}: {len(waiting):,} due {when}, not yet")
    for due_on, due in group[group["due_on"] <= as_of].groupby("due_on", sort=True):
        if last is None or last < due_on:
            unresolved.append(f"{group_name}: due on {due_on}, but the table {outcome.table} ends on {last}")
        else:
            made_on = due["made_on"].iloc[0]
            happened = outcome(workspace, made_on, due_on).to_pandas()
            happened["unit_id"] = happened["unit_id"].astype(str)
            both = due.merge(happened, on="unit_id", validate="many_to_one")
            if len(both) < len(due):
                lost = len(due) - len(both)
                unresolved.append(f"{group_name}: {lost:,} of {len(due):,} units are no longer in the data")
            resolved.append(both.assign(base_rate=_base_rate(outcome, workspace, made_on, due_on, first)))
    return pd.concat(resolved, ignore_index=True) if resolved else group.iloc[:0]


def _base_rate(outcome, workspace, made_on, due_on, first):
    """The mean outcome in the span of the same length before the forecast; missing where the data begin too late."""
    start = made_on - (due_on - made_on)
    if outcome.is_total or start < first + datetime.timedelta(days=1):
        return np.nan
    before = outcome(workspace, start, made_on)
    counts = before.aggregate(n=before.count(), rate=before.happened.mean()).to_pandas().iloc[0]
    return float(counts["rate"]) if counts["n"] >= SUPPRESSED else np.nan


def _totals(out, kind, made_on, resolved, outcome):
    for row in resolved.itertuples():
        n, named = int(row.base), f" by {row.due_on}" if len(resolved) > 1 else ""
        low, high = row.low, row.high
        error = row.happened - row.mean
        rows = [
            [f"forecast{named}", row.mean, low, high, n, AS_MADE, ""],
            [f"actual{named}", row.happened, np.nan, np.nan, n, "count", ""],
        ]
        if np.isfinite(low):
            ends = [row.happened - high, row.happened - low]
            method = "count minus the prediction interval"
            rows.append([f"actual minus forecast{named}", error, *ends, n, method, ""])
        out.rows += [[kind, made_on, *r] for r in rows if np.isfinite(low) or not r[0].startswith("forecast")]
        out.totals.append([kind, made_on, row.due_on, row.mean, low, high, row.happened, n])
        is_off = bool(row.happened < low or row.happened > high)
        span = f" ({interval_text(low, high)})" if np.isfinite(low) else ""
        text = (
            f"Forecast on {made_on} for {row.due_on}: {number_text(row.mean)} {outcome.what}{span}. "
            f"Actual: {number_text(row.happened)}{_distance(error, row.mean)}, {_place(is_off, low)}."
        )
        out.sentences.append([kind, made_on, text if n >= SUPPRESSED else _withheld(made_on), is_off])


def _means(out, kind, made_on, resolved, outcome):
    n, y, m = len(resolved), resolved["happened"].to_numpy(float), resolved["mean"].to_numpy(float)
    happened, bias = mean_of_outcomes(y, y), mean_of_outcomes(y - m, y)
    rows = [
        ["forecast, on average", m.mean(), m.mean(), m.mean(), n, AS_MADE, ""],
        ["actual, on average", *happened, n, "mean, Student's t", ""],
        ["actual minus forecast", *bias, n, "mean, Student's t", ""],
    ]
    text = (
        f"{n:,} forecasts of {made_on}: {number_text(m.mean())} {outcome.what} on average. "
        f"Actual: {estimate_text(*happened)}; {_verdict(bias)}."
    )
    is_off = bias[1] > 0 or bias[2] < 0
    has = resolved["low"].notna().to_numpy()
    if has.any():
        inside = (resolved["low"] <= y) & (y <= resolved["high"])
        held = wilson(int(inside[has].sum()), int(has.sum()))
        rows.append(["inside their 95% interval", *held, int(has.sum()), "Wilson score", "share"])
        text += f" {estimate_text(*held, 'share')} of the outcomes lay inside their 95% interval"
        if held.high < NOMINAL:
            text += ", fewer than the 95% expected: the intervals were too narrow."
        elif held.low > NOMINAL:
            text += ", more than the 95% expected: the intervals were wider than necessary."
        else:
            text += ", as expected."
        is_off = is_off or held.high < NOMINAL
    out.rows += [[kind, made_on, *row] for row in rows]
    out.sentences.append([kind, made_on, text if n >= SUPPRESSED else _withheld(made_on), bool(is_off)])


def _probabilities(out, kind, made_on, resolved, outcome):
    n, y, p = len(resolved), resolved["happened"].to_numpy(float), resolved["probability"].to_numpy(float)
    share = wilson(y.sum(), n)
    bias = tuple(v - p.mean() for v in share)
    loss = (p - y) ** 2
    brier = mean_of_outcomes(loss, loss)
    rows = [
        ["forecast, on average", p.mean(), p.mean(), p.mean(), n, AS_MADE, "share"],
        ["actual", *share, n, "Wilson score", "share"],
        ["actual minus forecast", *bias, n, "Wilson score minus the mean forecast", "share"],
        ["Brier score", *brier, n, "mean, Student's t", ""],
    ]
    text = (
        f"{n:,} forecasts of {made_on}: {share_text(p.mean())} {outcome.what}. "
        f"Actual: {estimate_text(*share, 'share')}; {_verdict(bias)}."
    )
    scored = skill(loss, (resolved["base_rate"].to_numpy(float) - y) ** 2)
    if scored is None:
        text += " Their skill cannot be assessed: the base rate was not known when they were made."
    else:
        base_rate = share_text(resolved["base_rate"].mean())
        method = f"against the base rate of the period before ({base_rate}), delta method"
        rows.append(["skill", *scored, n, method, "share"])
        text += f" {_skill_text(scored)} {estimate_text(*scored, 'share')}."
    out.rows += [[kind, made_on, *row] for row in rows]
    out.sentences.append(
        [kind, made_on, text if n >= SUPPRESSED else _withheld(made_on), bool(bias[1] > 0 or bias[2] < 0)]
    )
    if n >= INDICATIVE:
        out.calibration += [[kind, made_on, *row] for row in calibration(p, y).itertuples(index=False)]


def _distance(error, mean):
    """How far off a forecast was, as a share of it; empty where that says nothing."""
    if mean <= 0 or not error:
        return ""
    return f", {share_text(abs(error) / mean)} {'above' if error > 0 else 'below'} the forecast"


def _place(is_off, low):
    if not np.isfinite(low):
        return "with no interval to compare"
    return "outside its interval" if is_off else "inside its interval"


def _verdict(bias):
    if bias[1] > 0:
        return "the forecasts were too low"
    return "the forecasts were too high" if bias[2] < 0 else "no clear difference"


def _skill_text(skill):
    if skill.low > 0:
        return "They were better than the base rate: skill"
    if skill.high < 0:
        return "They were worse than the base rate: skill"
    return "They were no clear improvement on the base rate: skill"


def _withheld(made_on):
    return f"Forecasts of {made_on}: {WITHHELD} {SUPPRESSED} are due."
