"""Penalty and reward in every survey of a table, at the quartiles and for clear failures and delights."""

from typing import NamedTuple

import pandas as pd

from cxresearch.models.loyalty.penalty_reward import ATTRACTIVE, MUST_BE, NONE, PenaltyReward

CUTS = {"quartiles": {}, "failures and delights": {"cuts": (0.4, 0.9), "by": "scale"}}
COLUMNS = [
    "survey",
    "cuts",
    "driver",
    "penalty",
    "reward",
    "excess",
    "excess_low",
    "excess_high",
    "n",
    "kind",
]


class BySurvey(NamedTuple):
    """The kinds of drivers, the fitted models by (survey, cuts), and what could not be fitted."""

    kinds: pd.DataFrame
    models: dict
    left_out: list


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

    Examples
    --------
    >>> few = pd.DataFrame({"driver_ease": [1, 5, 3], "recommend": [2, 9, 7], "response_id": list("abc")})
    >>> penalty_reward_by_survey(few, ["driver_ease"], "recommend").left_out
    ['all: 3 complete answers, fewer than 30']
    """
    rows, models, left_out = [], {}, []
    surveys = answers["survey"].fillna("all") if "survey" in answers else pd.Series("all", answers.index)
    for name, part in answers.groupby(surveys):
        complete = int(part[[*drivers, outcome]].notna().all(axis=1).sum())
        least = max(30, 10 * len(drivers))
        if complete < least:
            left_out.append(f"{name}: {complete:,} complete answers, fewer than {least}")
            continue
        X = part[drivers].rename(columns=lambda column: column.removeprefix("driver_"))
        who = part.get("customer_id", part["response_id"]).fillna(part["response_id"])
        weight = part["weight"] if "weight" in part and part["weight"].notna().all() else None
        for cut, how in CUTS.items():
            model = PenaltyReward(draws=draws, seed=seed, **how)
            try:
                model.fit(X, part[outcome], weight, who)
            except ValueError as refused:
                left_out.append(f"{name}, {cut}: {refused}")
                continue
            models[str(name), cut] = model
            left_out += [f"{name}, {cut}: {why}" for why in model.left_out_.values()]
    for (name, cut), model in models.items():
        odd = model.drivers_["kind"].isin([MUST_BE, ATTRACTIVE])
        unsure = odd & (model.drivers_["p_value"] > (1 - model.level) / len(models))
        model.drivers_.loc[unsure, "kind"] = NONE
        rows.append(model.drivers_.reset_index().assign(survey=name, cuts=cut, n=model.n_)[COLUMNS])
    kinds = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=COLUMNS)
    return BySurvey(kinds, models, left_out)
