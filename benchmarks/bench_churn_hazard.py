"""The discrete-time churn hazard beside statsmodels' Logit and GLM and scikit-learn on a million person-periods.

lifelines' Cox model of the same contracts, one row each, stands beside them for scale: it answers in continuous time.

Usage: .venv/bin/python benchmarks/bench_churn_hazard.py [PERSON_PERIODS]
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import ChurnHazard

RUNS, PEER_RUNS = 9, 3
COVARIATES = ["gold", "silver", "autopay", "age"]


def contracts(periods, continuous, seed=1993):
    """Months under contract, one row each: about ``periods`` rows of customers with four covariates."""
    random = np.random.default_rng(seed)
    n = int(periods / 14.5)
    plan, autopay = random.integers(0, 3, n), random.integers(0, 2, n)
    age = random.normal(45, 12, n) if continuous else random.integers(2, 8, n) * 10
    eta = -3.5 + 0.4 * (plan == 1) + 0.8 * (plan == 2) - 0.7 * autopay - 0.01 * age
    followed = random.integers(1, 37, n)
    row = np.repeat(np.arange(n), followed)
    period = np.arange(len(row)) - np.repeat(np.cumsum(followed) - followed - 1, followed)
    hazard = 1 / (1 + np.exp(-(eta[row] - 0.3 * np.log(period) + 0.9 * (period % 12 == 0))))
    leaves = random.random(len(row)) < hazard
    left = np.full(n, 10**6)
    np.minimum.at(left, row[leaves], period[leaves])
    kept = period <= left[row]
    row, period = row[kept], period[kept]
    columns = {"gold": plan[row] == 1, "silver": plan[row] == 2, "autopay": autopay[row], "age": age[row]}
    return pd.DataFrame(
        {"contract": row, "period": period, "event": (period == left[row]).astype(int)} | columns
    )


def compare(name, data):
    print(f"\n{name}: {len(data):,} person-periods, {data['event'].sum():,} leavers")
    period, event, X = data["period"], data["event"], data[COVARIATES]
    seconds, model = timed(lambda: ChurnHazard().fit_periods(period, event, X, term=12), RUNS)
    print(f"  {f'ours, on {model.n_cells_:,} distinct rows':<34} {seconds:8.4f} s, counting and all")
    terms = [np.ones(len(data)), np.log(period), period % 12 == 0, *X.to_numpy(dtype=float).T]
    design, y = np.column_stack(terms), event.to_numpy()
    for label, fit in {
        "statsmodels Logit": lambda: sm.Logit(y, design).fit(disp=0),
        "statsmodels GLM": lambda: sm.GLM(y, design, sm.families.Binomial()).fit(),
    }.items():
        theirs, found = timed(fit, PEER_RUNS)
        off = np.abs(np.asarray(found.params) - model.params_.to_numpy()).max()
        wide = np.abs(np.asarray(found.bse) / model.std_error_.to_numpy() - 1).max()
        print(f"  {label:<34} {theirs:8.4f} s, its design ready → {ratio(seconds, theirs)}", end="")
        print(f"   coefficients agree to {off:.0e}, standard errors to {wide:.0e} of them")

    plain, found = timed(
        lambda: LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(design[:, 1:], y), 1
    )
    off = np.abs(found.coef_[0] - model.params_.to_numpy()[1:]).max()
    print(
        f"  {'scikit-learn, its design ready':<34} {plain:8.4f} s, no standard errors → {ratio(seconds, plain)}",
        end="",
    )
    print(f"   coefficients agree to {off:.0e}")
    last = data.drop_duplicates("contract", keep="last").rename(columns={"period": "duration"})
    cox = peer("cox", {name: last[name].to_numpy() for name in ("duration", "event", *COVARIATES)}, 1)
    if cox:
        label = f"lifelines' Cox, {len(last):,} contracts"
        print(
            f"  {label:<34} {cox['seconds']:8.4f} s, continuous time, no renewals: for scale → {ratio(seconds, cox['seconds'])}"
        )


def main(periods=1_000_000):
    heading("Churn hazard: ours and its peers", ("numpy", "scipy", "pandas", "statsmodels", "scikit-learn"))
    compare("covariates that repeat (age by decade)", contracts(float(periods), continuous=False))
    compare("a covariate that never repeats (age in full)", contracts(float(periods), continuous=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
