"""A random intercept by REML beside statsmodels' MixedLM on 20,000 customers; then a million rows, and crossed effects.

Usage: .venv/bin/python benchmarks/bench_random_intercept.py [CUSTOMERS]
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import statsmodels.api as sm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, ratio, timed
from cxresearch.stats import crossed_effects, random_intercept

RUNS = 9


def ratings(customers, rows, agents=0, seed=1976):
    """Ratings of contacts: two covariates, a customer's own level, and an agent's where there are agents."""
    random = np.random.default_rng(seed)
    customer = np.r_[np.arange(customers), random.integers(0, customers, rows - customers)]
    X = np.column_stack([np.ones(rows), random.normal(size=rows), random.random(rows) < 0.3])
    y = X @ [7.4, -0.6, 0.3] + random.normal(0, 0.55, customers)[customer] + random.normal(0, 1.3, rows)
    agent = random.integers(0, agents, rows) if agents else None
    return y + (random.normal(0, 0.25, agents)[agent] if agents else 0), X, customer, agent


def told(model):
    variances = ", ".join(f"{v:.6f}" for v in (*model.variances, model.residual_variance))
    return f"variances {variances}"


def beside_statsmodels(customers):
    y, X, customer, _ = ratings(customers, 5 * customers)
    print(f"\n{customers:,} customers, {len(y):,} rows; median of {RUNS} runs of ours, 1 of statsmodels")
    seconds, model = timed(lambda: random_intercept(y, X, customer), RUNS)
    print(f"  {'ours':<24} {seconds:9.4f} s   {told(model)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its optimiser's remarks
        theirs, peer = timed(lambda: sm.MixedLM(y, X, groups=customer).fit(reml=True), 1)
    found = ", ".join(f"{v:.6f}" for v in (peer.cov_re[0, 0], peer.scale))
    print(f"  {'statsmodels MixedLM':<24} {theirs:9.4f} s   variances {found}   → {ratio(seconds, theirs)}")
    off = np.abs(np.asarray(peer.fe_params) - model.coefficients).max()
    wide = np.abs(np.asarray(peer.bse_fe) / np.sqrt(np.diag(model.covariance)) - 1).max()
    print(f"  coefficients agree to {off:.0e}, standard errors to {wide:.0e} of them; ", end="")
    print(f"restricted log-likelihood {model.log_likelihood:.6f} against {peer.llf:.6f}")


def large():
    for customers, rows in ((200_000, 1_000_000), (1_000_000, 5_000_000)):
        y, X, customer, _ = ratings(customers, rows)
        seconds, model = timed(lambda y=y, X=X, c=customer: random_intercept(y, X, c), 3)
        print(f"  {f'{rows:,} rows, {customers:,} customers':<42} {seconds:8.3f} s   {told(model)}")


def crossed():
    for customers, rows, agents in (
        (4_000, 20_000, 72), (20_000, 100_000, 300), (200_000, 1_000_000, 300), (20_000, 100_000, 1_200),
    ):  # fmt: skip
        y, X, customer, agent = ratings(customers, rows, agents)
        seconds, model = timed(lambda y=y, X=X, c=customer, a=agent: crossed_effects(y, X, c, a), 1)
        print(f"  {f'{rows:,} rows, {customers:,} × {agents:,}':<42} {seconds:8.3f} s   {told(model)}")


def main(customers=20_000):
    heading("Random intercept by REML: ours and statsmodels", ("numpy", "scipy", "statsmodels"))
    beside_statsmodels(int(customers))
    print("\none random intercept, larger; median of 3 runs")
    large()
    print("\ncustomers × agents crossed; one run each, no peer run")
    crossed()


if __name__ == "__main__":
    main(*sys.argv[1:])
