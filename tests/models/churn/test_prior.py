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
