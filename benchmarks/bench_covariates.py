"""Covariates in the BG/NBD: ours, beside the same likelihood customer by customer with numeric gradients, as peers maximise it.

pymc-marketing (by sampling) and CLVTools (R) have such covariates; neither is in the peers' environment, so no seconds of theirs are stated.

Usage: .venv/bin/python benchmarks/bench_covariates.py [CUSTOMERS]
"""

import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, ratio, timed
from cxresearch.models import PurchaseCovariates
from tests.simulate import with_covariates


def plainly(rfm, x):
    """Equation (6) of Fader, Hardie & Lee (2005) with α and a of each customer, maximised by L-BFGS-B from where we begin."""
    n, recency, age = (rfm[name].to_numpy(float) for name in ("frequency", "recency", "age"))

    def loss(p):
        r, b = np.exp(p[0]), np.exp(p[3])
        alpha, a = np.exp(p[1] - x @ p[4:6]), np.exp(p[2] + x @ p[6:8])
        alive = -(r + n) * np.log(alpha + age)
        gone = np.log(a) - np.log(b + np.maximum(n, 1) - 1) - (r + n) * np.log(alpha + recency)
        either = np.where(n > 0, np.logaddexp(alive, gone), alive)
        return -(
            gammaln(r + n) - gammaln(r) + r * np.log(alpha) + betaln(a, b + n) - betaln(a, b) + either
        ).sum()

    return minimize(loss, np.concatenate([np.log([0.5, 5.0, 1.0, 3.0]), np.zeros(4)]), method="L-BFGS-B")


def main(customers=100_000):
    heading(
        "Covariates in the BG/NBD: Newton with analytic derivatives, and the same likelihood with numeric ones"
    )
    rfm, X = with_covariates(int(customers), 1)
    seconds, model = timed(lambda: PurchaseCovariates().fit(rfm, X), 3)
    x = np.column_stack([X["plan"] == "gold", X["size"]]).astype(float)
    slow, other = timed(lambda: plainly(rfm, x - x.mean(axis=0)), 1)
    told = "  ".join(f"{value:.4f}" for value in [*model.rate_, *model.dropout_])
    print(f"\n{len(rfm):,} customers, two covariates of the rate and of dropping out")
    print(
        f"  ours, with standard errors  {seconds:8.3f} s   {told}   log-likelihood {model.log_likelihood_:.3f}"
    )
    told = "  ".join(f"{value:.4f}" for value in other.x[4:])
    print(f"  L-BFGS-B, without           {slow:8.3f} s   {told}   log-likelihood {-other.fun:.3f}")
    print(f"  → {ratio(seconds, slow)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
