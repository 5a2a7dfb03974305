"""Loyalty indices wave by wave: where they stand, whether they changed, and what the next wave could show."""

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, numbers, reject, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.loyalty.survey_ratings import is_answered
from cxresearch.models.loyalty.usable_answers import survey_weights, whole_scores
from cxresearch.months import in_natural_order
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.proportions import newcombe, nps, wilson
from cxresearch.stats.rows import row, summary
from cxresearch.stats.weighted_means import acsi, scale_of, weighted_mean

CHANGED, SAME = "changed", "no clear difference"
LEAST = 10  # answers of the smaller wave, below which a change has no verdict
WAVES = ["index", "wave", "estimate", "low", "high", "std_error", "n", "n_effective", "unit", "method"]
CHANGES = ["index", "wave", "before", "estimate", "low", "high", "p_value", "n", "verdict"]


class LoyaltyWaves(Estimator):
    r"""NPS, top-two satisfaction, an ACSI-type index and effort, by wave, with changes and their verdicts.

    - NPS = 100·(promoters 9–10 − detractors 0–6), :math:`SE = \sqrt{[p + d - (p - d)^2]/n}`.
    - CSAT: share in the two highest boxes of the satisfaction scale, Wilson's interval.
    - ACSI-type: :math:`100 \sum w_j (\bar x_j - \min)/(\max - \min)` over the satisfaction items.
    - CES: mean of the effort item; low is good where the item asks how hard it was.

    All are weighted where there are weights, n being Kish's effective base. A change between two waves has
    :math:`\sqrt{SE_1^2 + SE_2^2}` (Newcombe's interval for shares); where all of a wave answered alike, so that its SE is 0 and
    says nothing, the limits of the two waves are combined as Newcombe's are. It is called **changed** if its interval
    excludes 0 and its p-value, adjusted over all changes of the index by Benjamini–Hochberg, is at most
    1 − level. The minimum detectable change is the true change that a next wave of the same base would find
    with probability ``power``: :math:`(z_{1-\alpha/2} + z_{power}) \sqrt 2\, SE`.

    Assumed: waves are independent samples; the same people in two waves would make a change more certain
    than stated here. The indices describe who answered; weights repair only what they know of.

    Parameters
    ----------
    items : sequence of str
        The columns of the ACSI-type index.
    item_weights : sequence of float, optional
        Their weights; equal unless given.
    scale : (low, high), optional
        Of the satisfaction items; the usual scale that holds the data unless given.
    power, level : float

    Attributes
    ----------
    waves_ : DataFrame
        index, wave, estimate, low, high, std_error, n, n_effective, unit, method; waves in order of time.
    changes_ : DataFrame
        index, wave, before, estimate, low, high, p_value (adjusted), n (smaller base), verdict.
    detectable_ : Series
        By index, the minimum detectable change of the next wave.
    unweighted_ : Series
        NPS of the latest wave without weights: estimate, low, high.
    left_out_ : list of str
        The indices that the table has no answers for.

    References
    ----------
    Keiningham, T. L. et al. (2007). A longitudinal examination of net promoter and firm revenue growth.
    *Journal of Marketing* 71(3), 39–51. Kish, L. (1965). *Survey Sampling*. Newcombe, R. G. (1998).
    *Statistics in Medicine* 17, 873–890.

    Examples
    --------
    >>> answers = pd.DataFrame({"wave": ["A"] * 300 + ["B"] * 300})
    >>> answers["recommend"] = [10] * 150 + [8] * 100 + [5] * 50 + [10] * 90 + [8] * 120 + [5] * 90
    >>> model = LoyaltyWaves().fit(answers)
    >>> model.changes_[["index", "wave", "estimate", "low", "high", "verdict"]].round(1)
      index wave  estimate   low  high  verdict
    0   NPS    B     -33.3 -45.5 -21.2  changed
    >>> model.detectable_.round(1).to_dict()
    {'NPS': 17.7}
    """

    def __init__(self, items=("satisfaction",), item_weights=None, scale=None, power=0.8, level=0.95):
        self.items = items
        self.item_weights = item_weights
        self.scale = scale
        self.power = power
        self.level = level

    def fit(self, responses):
        """Compute all indices the table has the answers for.

        Parameters
        ----------
        responses : DataFrame or Ibis table
            The contract's ``survey_responses`` of one survey: wave, and of recommend, satisfaction (or
            ``items``) and effort what there is; optionally weight and responded_at, which orders the waves
            (what their labels say otherwise; see :func:`waves_in_time`).

        Returns
        -------
        LoyaltyWaves
            This object.

        Raises
        ------
        NotEnough
            If no index can be computed, the order of the waves is unknown, or no weight is above 0.
        ValueError
            For an answer outside its scale, or a negative weight.
        """
        if not len(responses := executed(responses)):
            raise NotEnough("nobody has answered the survey yet")
        responses = table(responses, ["wave"], "responses").reset_index(drop=True)
        reject(responses["wave"].isna(), "wave", "is missing")
        normal_quantile(self.level), normal_quantile(self.power)
        weight, aside = np.ones(len(responses)), []
        if is_answered(responses, "weight"):
            weight, aside = survey_weights(responses["weight"])
        was_answered = is_answered(responses, "recommend")
        if was_answered:
            scores, between = whole_scores(responses["recommend"])
            responses, aside = responses.assign(recommend=scores), [*aside, *between]
        responses = responses[weight > 0]
        self.weighted_ = bool(np.ptp(weight[weight > 0]) > 0)
        measures, left_out = self._measures(responses, was_answered)
        self.left_out_ = [*aside, *left_out]
        if not measures:
            raise NotEnough(_none(self.left_out_))
        order = waves_in_time(responses)
        rows = []
        for index, (values, unit, how, scale) in measures.items():
            known = values.notna()
            for wave in order:
                part = values[known & (responses["wave"] == wave)]
                if len(part):
                    one = self._estimate(unit, part.to_numpy(dtype=float), weight[part.index], scale)
                    rows.append({"index": index, "wave": str(wave), **one, "unit": unit, "method": how})
        self.waves_ = pd.DataFrame(rows, columns=WAVES)
        if "NPS" in measures:
            last = self.waves_.loc[self.waves_["index"] == "NPS", "wave"].iloc[-1]
            scores = responses.loc[responses["wave"].astype(str) == last, "recommend"].dropna()
            plain = nps(scores.to_numpy(), level=self.level)
            self.unweighted_ = pd.Series(plain[:3], ["estimate", "low", "high"])
        parts = [self._compare(part) for _, part in self.waves_.groupby("index", sort=False)]
        self.changes_ = pd.concat(parts, ignore_index=True)
        last = self.waves_.drop_duplicates("index", keep="last").set_index("index")
        error = last.apply(self._error, axis=1).rename("std_error")
        self.detectable_ = (normal_quantile(self.level) + float(ndtri(self.power))) * np.sqrt(2) * error
        return self

    def summary(self):
        """Every index in its latest wave, and its change: metric, estimate, low, high, n, method, unit.

        An index is called by its name alone, the same in every period; the method names its wave. The unit is share, points where two
        shares are compared, and empty for indices with a scale of their own.
        """
        rows = []
        for index, part in self.waves_.groupby("index", sort=False):
            now = part.iloc[-1]
            level, moved = ("share", "points") if now["unit"] == "share" else ("", "")
            rows.append(row(index, now, now["n"], f"{now['wave']}: {now['method']}", level))
            if index == "NPS" and self.weighted_:
                how = f"{now['wave']}: net promoter score without weights"
                rows.append(row("NPS, unweighted", self.unweighted_, now["n"], how, level))
            for c in self.changes_[self.changes_["index"] == index].tail(1).itertuples():
                how = f"{c.wave} against {c.before}: difference of independent waves"
                how += f", {c.verdict}" if c.n >= LEAST else ""
                rows.append(row(f"{index}, change", (c.estimate, c.low, c.high), c.n, how, moved))
        return summary(rows)

    def _measures(self, responses, was_answered):
        """Index → (a value per respondent, kind, method, scale), and what is left out."""
        found, left_out = {}, []
        kish = ", Kish's effective base" if self.weighted_ else ""
        if is_answered(responses, "recommend"):
            scores = responses["recommend"]
            found["NPS"] = scores, "points", "net promoter score" + kish, (0, 10)
        else:
            why = "no answer to recommend can be counted" if was_answered else "nobody answered recommend"
            left_out.append(f"no NPS: {why}")
        for measure, add in (("CSAT and no ACSI-type index", self._satisfaction), ("CES", self._effort)):
            try:
                found |= add(responses, kish)
            except NotEnough as why:
                left_out.append(f"no {measure}: {why}")
        return found, left_out

    def _satisfaction(self, responses, kish):
        unknown = [item for item in self.items if not is_answered(responses, item)]
        if unknown or not self.items:
            raise NotEnough(f"nobody answered {', '.join(unknown)}" if unknown else "no item is named for it")
        items = list(self.items)
        answers = responses[items].dropna().astype(float)
        low, high = self.scale or scale_of(answers.to_numpy(), " and ".join(items))
        for item in items:
            numbers(answers[item], item, low=low, high=high)
        top = (answers[items[0]] >= high - 1).astype(float).reindex(responses.index)
        what = f"{items[0]}, {high - 1:g}–{high:g} on {low:g}–{high:g}"
        index = pd.Series(acsi(answers.to_numpy(), self.item_weights, (low, high)), answers.index)
        scale = f"{len(items)} item{'s' if len(items) > 1 else ''} on {low:g}–{high:g}"
        return {
            "CSAT": (top, "share", f"share of {what}, Wilson score{kish}", (0, 1)),
            "ACSI-type": (index.reindex(responses.index), "index", f"0–100 from {scale}{kish}", (0, 100)),
        }

    def _effort(self, responses, kish):
        if not is_answered(responses, "effort"):
            raise NotEnough("nobody answered effort")
        scale = scale_of(responses["effort"].dropna(), "effort")
        how = f"mean effort on {scale[0]:g}–{scale[1]:g}{kish}"
        return {"CES": (responses["effort"], "mean", how, scale)}

    def _estimate(self, unit, values, weight, scale):
        if unit == "points":
            one = nps(values, weight, self.level)
            return {
                name: getattr(one, name)
                for name in ("estimate", "low", "high", "std_error", "n", "n_effective")
            }
        mean = weighted_mean(values, weight, self.level)._asdict()
        if unit == "share":
            base = mean["n_effective"]
            limits = wilson(mean["estimate"] * base, base, self.level)
            error = np.sqrt(mean["estimate"] * (1 - mean["estimate"]) / base)
            return mean | {"low": limits.low, "high": limits.high, "std_error": float(error)}
        if not mean["std_error"] > 0:  # one answer, or all alike: what the scale allows is all that is known
            low, high = scale
            share = (mean["estimate"] - low) / (high - low)
            limits = wilson(share * mean["n_effective"], mean["n_effective"], self.level)
            return mean | {"low": low + (high - low) * limits.low, "high": low + (high - low) * limits.high}
        return mean

    def _compare(self, waves):
        rows = []
        for before, now in zip(waves.iloc[:-1].itertuples(), waves.iloc[1:].itertuples(), strict=True):
            change, error = now.estimate - before.estimate, np.hypot(now.std_error, before.std_error)
            half = normal_quantile(self.level) * error
            low, high = change - half, change + half
            if now.unit == "share":
                counts = [x for w in (now, before) for x in (w.estimate * w.n_effective, w.n_effective)]
                _, low, high = newcombe(*counts, self.level)
            if not (now.std_error > 0 and before.std_error > 0):
                low = change - np.hypot(now.estimate - now.low, before.high - before.estimate)
                high = change + np.hypot(now.high - now.estimate, before.estimate - before.low)
                error = (change - low if change > 0 else high - change) / normal_quantile(self.level)
            p = 2 * float(ndtr(-abs(change) / error))
            n = int(min(now.n, before.n))
            rows.append((now.index, now.wave, before.wave, change, low, high, p, n, SAME))
        found = pd.DataFrame(rows, columns=CHANGES)
        if len(found):
            known = found["p_value"].notna()
            adjusted = benjamini_hochberg(found.loc[known, "p_value"], 1 - self.level)
            found.loc[known, "p_value"] = adjusted.p_value
            apart = (found["low"] > 0) | (found["high"] < 0)
            found["verdict"] = np.where(apart & (found["p_value"] <= 1 - self.level), CHANGED, SAME)
        return found

    def _error(self, wave):
        """A wave's standard error; where all answered alike and it has none, that of the longer half of its interval."""
        if wave["std_error"] > 0:
            return wave["std_error"]
        half = max(wave["estimate"] - wave["low"], wave["high"] - wave["estimate"])
        return half / normal_quantile(self.level)


def waves_in_time(responses):
    """The waves of some responses in order of time.

    By the median moment of answering where every wave has one of its own, else by what their labels say, as "Wave 9" comes before
    "Wave 10".

    Raises
    ------
    NotEnough
        Where neither says which wave came first.

    Examples
    --------
    >>> waves_in_time(pd.DataFrame({"wave": ["Wave 10", "Wave 9", "Wave 10"]}))
    ['Wave 9', 'Wave 10']
    """
    waves = list(responses["wave"].dropna().unique())
    if is_answered(responses, "responded_at"):
        middle = responses.groupby("wave")["responded_at"].median()
        if middle.notna().all() and middle.is_unique:
            return list(middle.sort_values().index)
    order = in_natural_order(waves)
    if order is None:
        shown = ", ".join(map(str, waves[:3])) + (" …" if waves[3:] else "")
        raise NotEnough(
            f"the order of the waves {shown} is unknown; give responded_at, or name waves like 2026Q3"
        )
    return order


def _none(left_out):
    """Half a sentence on why there is no index: that nobody answered, or whatever else holds for one of them."""
    if all("nobody answered" in why for why in left_out):
        return "nobody answered recommend, satisfaction or effort"
    return "; ".join(left_out)
