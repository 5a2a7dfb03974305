"""Do the profile limits of the failure model hold the planted log-odds, and do its signs come out right?

Draws portfolios of 120 projects whose outcome is known, fits the full model, and counts how often the 95 % interval of each coefficient holds
the planted value and how often its sign is right. Last, how often the limits of a new project's probability hold the true one, and what
such a model is worth on new projects, beside the planted log-odds themselves. Exits with 1 if a share of coverage lies outside 90–99.5 %: three
standard errors of 200 portfolios. Takes a few minutes; run by ``make coverage``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/coverage_of_failure.py [PORTFOLIOS]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from cxresearch.models import ProjectFailure
from cxresearch.models.projects.failure_design import PREDICTORS, failure_design
from cxresearch.sample.projects import gate_register, planted_log_odds
from cxresearch.stats.firth import fit_firth
from cxresearch.stats.roc import auc

SIZE = 120


def coefficients(portfolios, size=SIZE):
    """By predictor: planted, mean estimate, share of intervals that hold the planted value, share of right signs."""
    planted = pd.Series(planted_log_odds())[list(PREDICTORS)]
    held, signs, estimates = (np.zeros((portfolios, len(planted))) for _ in range(3))
    for seed in range(portfolios):
        gate, failed = gate_register(size, seed)
        x = failure_design(gate)[list(PREDICTORS)].to_numpy()
        fit = fit_firth(np.column_stack([np.ones(size), x]), failed, ["intercept", *PREDICTORS])
        held[seed] = (fit.low[1:] <= planted) & (planted <= fit.high[1:])
        estimates[seed] = fit.params[1:]
        signs[seed] = np.sign(fit.params[1:]) == np.sign(planted)
    return pd.DataFrame(
        {
            "planted": planted,
            "mean": estimates.mean(axis=0),
            "coverage": held.mean(axis=0),
            "sign": signs.mean(axis=0),
        }
    )


def worth(portfolios, size=SIZE):
    """Mean AUC, in new projects, of models fitted to portfolios of 120; and that of the planted log-odds."""
    new, failed = gate_register(20_000, 10**6)
    x = failure_design(new)[list(PREDICTORS)].to_numpy()
    planted = pd.Series(planted_log_odds())[list(PREDICTORS)].to_numpy()
    oracle = auc(failed.astype(float), x @ planted)[0]
    found = []
    for seed in range(portfolios):
        gate, y = gate_register(size, seed)
        own = failure_design(gate)[list(PREDICTORS)].to_numpy()
        params = fit_firth(
            np.column_stack([np.ones(size), own]), y, ["intercept", *PREDICTORS], limits=False
        ).params
        found.append(auc(failed.astype(float), x @ params[1:])[0])
    return float(np.mean(found)), float(oracle)


def probabilities(portfolios, size=SIZE):
    """Share of new projects whose true probability lies within the limits told by a model of all predictors."""
    planted = pd.Series(planted_log_odds())[list(PREDICTORS)].to_numpy()
    gate, failed = gate_register(100_000, 10**6)
    score = failure_design(gate)[list(PREDICTORS)].to_numpy() @ planted
    level = brentq(lambda at: expit(at + score).mean() - failed.mean(), -30, 30)
    held = []
    for seed in range(portfolios):
        model = ProjectFailure(repeats=1).fit(*gate_register(size, seed))
        if len(model.predictors_) < len(PREDICTORS):
            continue
        new, _ = gate_register(200, 10**5 + seed)
        told, true = (
            model.predict(new),
            expit(level + failure_design(new)[list(PREDICTORS)].to_numpy() @ planted),
        )
        held.append(((told["low"] <= true) & (true <= told["high"])).mean())
    return float(np.mean(held))


def main(portfolios=200):
    portfolios = int(portfolios)
    table = coefficients(portfolios)
    print(
        f"log-odds of failure, {portfolios} portfolios of {SIZE} projects; coverage should lie in 90–99.5 %"
    )
    print(table.round(3).to_string())
    print(
        f"mean coverage {table['coverage'].mean():.3f}, mean share of right signs {table['sign'].mean():.3f}"
    )
    ours, oracle = worth(portfolios)
    print(f"AUC in new projects: {ours:.3f} fitted to {SIZE}, {oracle:.3f} with the planted log-odds")
    held = probabilities(portfolios)
    print(f"coverage of a new project's probability {held:.3f}")
    return int(not pd.concat([table["coverage"], pd.Series([held])]).between(0.90, 0.995).all())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
