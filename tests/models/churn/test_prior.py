"""A label made by drawing rows: probabilities, thresholds and profits are those of all customers once their share is declared."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models.churn.prior import corrected, looks_sampled, row_weights


@pytest.mark.parametrize(
    ("p", "sample", "population", "expected"),
    [
        (0.5, 0.25, 0.051, 0.1388385),
        (0.25, 0.25, 0.051, 0.051),
        (0.9, 0.5, 0.1, 0.5),
        (0.1, 0.5, 0.02, 0.0022624),
    ],
)  # King & Zeng (2001), equation of the prior correction, worked out
def test_reference_numbers(p, sample, population, expected):
    assert corrected(p, sample, population) == pytest.approx(expected, abs=5e-8)
    moved = np.log(sample / (1 - sample) * (1 - population) / population)
    assert np.log(expected / (1 - expected)) == pytest.approx(np.log(p / (1 - p)) - moved, abs=1e-4)


@pytest.mark.parametrize(("sample", "population"), [(0, 0.1), (0.5, 1), (0.5, 0)])
def test_a_share_of_none_or_all_is_refused(sample, population):
    with pytest.raises(ValueError, match="not a share between 0 and 1"):
        corrected([0.5], sample, population)


def firm(n=60_000, seed=2):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"customer_id": np.arange(n), "as_of": "2026-06-30", "due_on": None})
    frame["score"] = random.normal(size=n)
    frame["has_left"] = pd.array(
        random.random(n) < 1 / (1 + np.exp(3.4 - 1.0 * frame["score"])), dtype="boolean"
    )
    left = frame[frame["has_left"].astype(bool)]
    others = frame.drop(left.index).sample(3 * len(left), random_state=1)
    return frame, pd.concat([left, others]).sort_index()


def test_an_enriched_label_earns_what_all_customers_earn():
    """25 % leavers by design where 5 % leave: uncorrected, contacting seems to pay for five times as many."""
    everybody, enriched = firm()
    rate = float(everybody["has_left"].mean())
    raw, known = (cx.models.ChurnForecast(base_rate=r).fit(enriched) for r in (None, rate))
    p, y = known.judged_["probability"], known.judged_["has_left"]
    assert np.average(p, weights=row_weights(y, rate)) == pytest.approx(rate, abs=0.01)
    profit, raw_profit = (
        cx.models.ContactProfit(draws=50).fit(f.judged_["probability"], 200.0, f.weights_)
        for f in (known, raw)
    )
    truth = cx.models.ContactProfit(draws=50)
    p_all = known.model_.predict_proba(everybody[["score"]])[:, 1]
    truth.fit(corrected(p_all, 0.25, rate), 200.0)
    truth.against(everybody["has_left"])
    made, naive = profit.profit_.estimate / len(p), raw_profit.profit_.estimate / len(p)
    honest = truth.made_ / len(everybody)
    assert made == pytest.approx(honest, abs=0.15) and naive > 4 * max(honest, 0.1)
    np.testing.assert_allclose(known.scores_.auc_, raw.scores_.auc_)  # the ranking stays


def test_a_share_that_looks_made_is_asked_about_and_a_declared_one_is_said():
    _, enriched = firm(8000)
    rates = cx.models.ChurnRates().fit(enriched)
    assert rates.looks_sampled_
    text = cx.readings.churn_rates(rates).text
    assert (
        "In these rows 25.0% left, a share so round that it looks made" in text
        and "[churn] base_rate" in text
    )
    text = cx.readings.churn_rates(rates, "", 0.051).text
    assert "of all customers 5.1% do" in text and "looks made" not in text
    rates = cx.models.ChurnRates().fit(enriched.iloc[:-37])
    assert not rates.looks_sampled_ and "looks made" not in cx.readings.churn_rates(rates).text
    assert not looks_sampled(50, 100)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("base_rate = 5.1", "base_rate is 5.1; it is a share between 0 and 1"),
        ("base_rate = true", "base_rate is True"),
        ("customer_value = 0", "customer_value is 0; it is an amount above 0"),
        ("leaving = [{}]", "leaving is"),
        ('leaving = [""]', "leaving names an empty reason"),
        ("left = 1", "left is unknown; known are leaving, base_rate"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(tmp_path, settings, said):
    (tmp_path / "cxresearch.toml").write_text(f"[churn]\n{settings}\n")
    with pytest.raises(cx.DataError, match=rf"cxresearch.toml: \[churn\]: {said}"):
        cx.open(tmp_path)


def test_the_mapping_declares_the_share(tmp_path):
    (tmp_path / "cxresearch.toml").write_text(
        '[churn]\nbase_rate = 0.051\nleaving = ["cancelled"]\ncustomer_value = 900\n'
    )
    (tmp_path / "contracts.csv").write_text("contract_id,customer_id,started_on,ended_on\n1,a,2026-01-01,\n")
    mapping = cx.open(tmp_path).mapping
    assert (mapping.churn.base_rate, mapping.churn.leaving) == (0.051, ("cancelled",))
    assert mapping.money.customer_worth == 900.0  # where it stood before there was [money]


@pytest.fixture(scope="module")
def lapses(request):
    """Whether each policy of DATA/eudirectlapse lapsed, and its design: 1, two premium ratios, age of holder and of policy."""
    import os
    from pathlib import Path

    folder = os.environ.get("CXRESEARCH_PUBLIC_DATA")
    if not folder:
        pytest.skip("CXRESEARCH_PUBLIC_DATA is not set: the public data sets are not here")
    d = pd.read_csv(Path(folder) / "eudirectlapse" / "eudirectlapse.csv")
    ratios = [np.log(d["prem_final"] / d[other]) for other in ("prem_last", "prem_market")]
    x = np.column_stack([np.ones(len(d)), *ratios, d["polholder_age"] / 10, d["policy_age"]])
    return d["lapse"].to_numpy(), x


def logit(y, x):
    """Maximum likelihood by Newton's method."""
    b = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ b))
        b = b + np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (y - p))
    return b


def test_lapses_drawn_by_their_label_earn_again_what_all_policies_earn(lapses):
    """All 2,954 lapses and every seventh of the others; statsmodels' digits. Raw, every policy is contacted and 53,360 lost; corrected, 1,832 are and 640 gained."""
    y, x = lapses
    near = pytest.approx
    assert logit(y, x) == near([-1.349911, -0.201047, 0.661220, -0.094402, -0.074536], abs=2e-6)
    others = np.flatnonzero(y == 0)[6::7]
    drawn = np.r_[np.flatnonzero(y == 1), others]
    assert (y.sum(), others.size) == (2954, 2872)
    b = logit(y[drawn], x[drawn])
    assert b == near([0.586668, 0.177670, 0.800948, -0.087673, -0.080391], abs=2e-6)
    sample, share = y[drawn].mean(), y.mean()
    raw = 1 / (1 + np.exp(-x @ b))
    known = corrected(raw, sample, share)
    moved = np.log(known / (1 - known)) - x @ b
    assert moved == near(-1.9460096, abs=1e-6) and b[0] + moved[0] == near(-1.3593417, abs=2e-6)
    assert (raw.mean(), known.mean(), share) == near((0.500362, 0.128336, 0.128101), abs=1e-6)
    brier = [np.mean((p - y) ** 2) for p in (raw, known)]
    assert brier == near([0.251305, 0.110872], abs=1e-6)
    loss = [-np.mean(np.where(y == 1, np.log(p), np.log1p(-p))) for p in (raw, known)]
    assert loss == near([0.695302, 0.378885], abs=1e-6)
    contacted = [p > 1 / 6 for p in (raw, known)]  # an offer of 10 that saves 60
    assert [int(c.sum()) for c in contacted] == [23_060, 1_832]
    assert [int(60 * y[c].sum() - 10 * c.sum()) for c in contacted] == [-53_360, 640]
