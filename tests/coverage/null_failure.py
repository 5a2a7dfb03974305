"""Attributes of projects that have nothing to do with failure: does the model of failure announce them, and do they spoil its probabilities?

Draws portfolios of 120 decided projects as the sample company has them, with eight further attributes of any kind that are pure chance. Exits
with 1 where one stands in more than 10 % of portfolios, where the columns enter the probabilities in more than 20 %, or where they cost the probabilities more than
.005 of AUC in new projects on average. Run by ``make null``.

Usage: .venv/bin/python tests/coverage/null_failure.py [PORTFOLIOS]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from cxresearch.models import ProjectFailure
from cxresearch.sample.projects import gate_register
from cxresearch.stats.roc import auc

SIZE = 120


def portfolio(seed, size=SIZE, effect=0.0):
    """Projects with eight attributes of their own, and which of them failed; with an effect, those of vendor A fail more often (log-odds)."""
    random = np.random.default_rng([seed, 1])
    gate, failed = gate_register(size, seed)
    gate = gate.assign(
        vendor=random.choice(list("ABCD"), size, p=[0.4, 0.3, 0.2, 0.1]),
        country=random.choice([f"c{k}" for k in range(15)], size),
        is_agile=random.random(size) < 0.5,
        has_pmo=random.random(size) < 0.15,
        team_size=random.integers(2, 40, size),
        benefit_planned=np.exp(random.normal(12, 1.5, size)),
        distance=random.normal(0, 1, size),
        unit=random.choice(["sales", "service"], size),
    )
    if effect:  # failures move to A, and successes away from it
        tilt = np.where(failed, effect, -effect) / 2
        chance = 1 / (1 + np.exp(-(np.log(0.4 / 0.6) + tilt)))
        gate["vendor"] = np.where(random.random(size) < chance, "A", random.choice(list("BCD"), size))
    return gate, failed


def share(portfolios, size=SIZE, **options):
    """Shares of portfolios in which an attribute stands, and in which the attributes enter; the mean AUC they cost in new projects."""
    new, later = portfolio(10**6, 4000)
    stands, enters, cost = 0, 0, []
    for seed in range(portfolios):
        gate, failed = portfolio(seed, size)
        model = ProjectFailure(folds=5, repeats=1, **options).fit(gate, failed)
        stands += bool(model.further_["stands"].any())
        enters += bool(np.isfinite(model.penalty_))
        plain = ProjectFailure(folds=5, repeats=1, **options).fit(gate.loc[:, :"creep"], failed)
        ranked = [auc(later.astype(float), m.predict(new)["probability"]).estimate for m in (plain, model)]
        cost.append(ranked[0] - ranked[1])
    return stands / portfolios, enters / portfolios, float(np.mean(cost))


def main():
    stands, enters, cost = share(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    print(
        f"an attribute stands in {stands:.1%}, attributes enter in {enters:.1%}, they cost {cost:+.4f} of AUC"
    )
    return 1 if stands > 0.10 or enters > 0.20 or cost > 0.005 else 0


if __name__ == "__main__":
    sys.exit(main())
