"""Do open projects fail as often as their risk says, does its bar hold the true risk, and does the money at stake hold what is spent?

Draws portfolios of 120 projects as in the sample company, judges the open ones as a report would, and follows them for twelve months: by bins
of the risk how many fail; how often the interval of a risk holds the true one, which is known, given that the project was not cancelled
before; and how often the limits of the money at risk and of the overrun to come hold what was spent, and those of the failure rate the true one. Exits with 1 if the mean risk is off by
more than three points, a risk above 80 % by more than ten, an interval of a risk holds less than 92 % or more than 98 %, the slope of the outcome
on the log-odds is below 0.65, or the limits of money or of the rate hold less than 88 % (80 portfolios: three standard errors below 95 %). Takes two seconds
a portfolio; run by ``make coverage``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/calibration_of_risks.py [PORTFOLIOS [FIRST_SEED]]
"""

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd
from scipy.special import logit

from cxresearch.models import money_at_risk, overrun_to_come
from cxresearch.sample.truth import stored
from cxresearch.stats.logistic_line import fit_logistic_line
from tests.portfolios import portfolio

BINS = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 1]


def risks(found):
    """The risk stated of each open project with its limits, the true one, and whether it is planted to fail."""
    stated = found.health.risks_.set_index("project_id")[["probability", "low", "high", "spend"]]
    planted = found.planted["fails"].reindex(stated.index).astype(float)
    return stated.assign(true=found.true_risk.reindex(stated.index), fails=planted)


def money(found):
    """The money at risk and the overrun to come, with their limits, and what was spent: one row each."""
    within, standing = found.within(), found.health.standing()
    stated = risks(found).dropna(subset=["spend"])
    spent = within.loc[within.index.intersection(stated.index[stated["fails"] == 1]), "actual_cost"].sum()
    ran = within.reindex(standing["project_id"]).fillna(0)
    rows = {
        "money at risk": (*money_at_risk(found.health.risks_), spent),
        "overrun to come": (*overrun_to_come(standing), (ran["actual_cost"] - ran["earned_value"]).sum()),
    }
    return pd.DataFrame(rows, index=["estimate", "low", "high", "came"]).T


def holds(rows, came):
    """The share of rows whose limits hold what came."""
    return ((rows["low"] <= rows[came]) & (rows[came] <= rows["high"])).mean()


def calibration(stated):
    """By bins of the risk: projects, mean risk, share that failed, share of limits that hold the true risk; and intercept and slope."""
    by = stated.assign(held=stated["true"].between(stated["low"], stated["high"]))
    by = by.groupby(pd.cut(by["probability"], BINS), observed=True)
    table = by.agg(
        projects=("fails", "size"),
        said=("probability", "mean"),
        failed=("fails", "mean"),
        held=("held", "mean"),
    )
    odds = logit(stated["probability"].clip(1e-6, 1 - 1e-6).to_numpy())
    return table, fit_logistic_line(stated["fails"].to_numpy(), odds).params


def main(portfolios=80, first=1000):
    warnings.simplefilter("ignore")
    stated, spent, rates = [], [], []
    for seed in range(int(first), int(first) + int(portfolios)):
        found = portfolio(seed)
        stated.append(risks(found))
        spent.append(money(found))
        low, high = found.health.rate_.between_
        rates.append(low <= stored()["projects.failure_rate"]["value"] <= high)
    stated, spent = pd.concat(stated), pd.concat(spent)
    table, (level, slope) = calibration(stated)
    mean, failed, held = stated["probability"].mean(), stated["fails"].mean(), holds(stated, "true")
    print(table.round(3).to_string())
    print(
        f"{len(stated)} projects: mean risk {mean:.3f}, failed {failed:.3f}; intercept {level:.2f}, slope {slope:.2f}"
    )
    print(f"the true risk lies in its interval in {held:.1%}")
    rated = sum(rates) / len(rates)
    print(f"the true failure rate lies in its interval in {rated:.1%} of portfolios")
    top = table.iloc[-1]
    wrong = (
        abs(mean - failed) > 0.03
        or slope < 0.65
        or not 0.92 <= held <= 0.98
        or top["said"] - top["failed"] > 0.1
        or rated < 0.88
    )
    for name, rows in spent.groupby(level=0):
        share, ratio = holds(rows, "came"), rows["estimate"].sum() / rows["came"].sum()
        print(f"{name}: what was spent lies within its limits in {share:.1%}; stated over spent {ratio:.3f}")
        wrong |= share < 0.88
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
