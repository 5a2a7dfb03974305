"""Penalty and reward in every survey of a table, at the quartiles and for clear failures and delights."""

from typing import NamedTuple

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.loyalty.penalty_reward import KINDS_BEYOND_A_LINE, NONE, PenaltyReward
from cxresearch.models.loyalty.survey_ratings import is_answered, respondents

CUTS = {"quartiles": {}, "failures and delights": {"cuts": (0.4, 0.9), "by": "scale"}}
CONTRASTS = ["penalty", "reward", "excess", "excess_low", "excess_high", "n_low", "n_high", "n", "kind"]
NAMES = {
    "excess_low": "from",
    "excess_high": "to",
    "n_low": "low answers",
    "n_high": "high answers",
    "n": "base",
}
SHOWN = ["driver", "kind", "survey", "cuts", *CONTRASTS[:-1]]


class BySurvey(NamedTuple):
    """The kinds of drivers, the fitted models by (survey, cuts), and a sentence on each that could not be fitted."""

    kinds: pd.DataFrame
    models: dict
    left_out: list

    def drivers(self, survey, cuts="quartiles"):
        """``PenaltyReward.drivers_`` of one survey at one kind of cuts; no row where it could not be fitted."""
        model = self.models.get((survey, cuts))
        return next(iter(self.models.values())).drivers_[:0] if model is None else model.drivers_

    def named(self):
        """The drivers named must-be or attractive, as a table for a page."""
        found = self.kinds.loc[self.kinds["kind"].isin(KINDS_BEYOND_A_LINE), SHOWN]
        return found.rename(columns=NAMES)


def penalty_reward_by_survey(answers, drivers, outcome, draws=1000, seed=0):
    """Fit :class:`~cxresearch.models.loyalty.penalty_reward.PenaltyReward` to each survey, twice.

    A must-be or attractive driver is named only if its adjusted p-value is also at most 5 % over the number of fits:
    four looks at the same drivers are four chances to be wrong.

    Parameters
    ----------
    answers : DataFrame
        The contract's ``survey_responses``; a column ``survey`` tells surveys apart.
    drivers : sequence of str
        Their columns.
    outcome : str
        Its column.
    draws, seed : int

    Returns
    -------
    BySurvey
        ``kinds`` has a row per survey, cuts and driver: penalty, reward, excess over a line with its interval,
        n, kind.

    Raises
    ------
    NotEnough
        If no survey has enough complete answers.

    Examples
    --------
    >>> few = pd.DataFrame({"driver_ease": [1, 5, 3], "recommend": [2, 9, 7], "response_id": list("abc")})
    >>> penalty_reward_by_survey(few, ["driver_ease"], "recommend")
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: all: 3 complete answers, fewer than 30
    """
    if not len(drivers):
        raise NotEnough("no driver was rated often enough")
    if not is_answered(answers, outcome):
        raise NotEnough(f"nobody answered {outcome}")
    surveys = answers["survey"].fillna("all") if "survey" in answers else pd.Series("all", answers.index)
    models, left_out = {}, []
    for name, part in answers.groupby(surveys):
        fitted, why = _fit(str(name), part, drivers, outcome, draws, seed)
        models |= fitted
        left_out += why
    if not models:
        raise NotEnough("; ".join(left_out))
    rows = [_kinds(model, *key, len(models)) for key, model in models.items()]
    return BySurvey(pd.concat(rows, ignore_index=True), models, left_out)


def _fit(name, answers, drivers, outcome, draws, seed):
    """The models of one survey by (name, cuts), and a sentence on each that could not be fitted."""
    complete = int(answers[[*drivers, outcome]].notna().all(axis=1).sum())
    least = max(30, 10 * len(drivers))
    if complete < least:
        return {}, [f"{name}: {complete:,} complete answers, fewer than {least}"]
    X = answers[drivers].rename(columns=lambda column: column.removeprefix("driver_"))
    weight = answers["weight"] if "weight" in answers and answers["weight"].notna().all() else None
    models, left_out = {}, []
    for cut, how in CUTS.items():
        model = PenaltyReward(draws=draws, seed=seed, **how)
        try:
            model.fit(X, answers[outcome], weight, respondents(answers))
        except NotEnough as refused:
            left_out.append(f"{name}, {cut}: {refused}")
            continue
        models[name, cut] = model
        left_out += [f"{name}, {cut}: {why}" for why in model.left_out_]
    return models, left_out


def _kinds(model, survey, cuts, fits):
    """The drivers of one fit; a name that does not stand up to so many fits is taken back."""
    found = model.drivers_
    is_named = found["kind"].isin(KINDS_BEYOND_A_LINE)
    found.loc[is_named & (found["p_value"] > (1 - model.level) / fits), "kind"] = NONE
    return found.reset_index().assign(survey=survey, cuts=cuts, n=model.n_)[
        ["survey", "cuts", "driver", *CONTRASTS]
    ]
