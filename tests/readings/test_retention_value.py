"""What the retention page says of the worth of customers: every verdict, and what is missing."""

from types import SimpleNamespace

import pandas as pd
import pytest

from cxresearch import readings
from cxresearch.models.value.growth_levers import LEVERS
from cxresearch.stats.interval import Interval

NAN = float("nan")


@pytest.mark.parametrize(
    ("verdict", "weak", "sentences"),
    [
        ("unrelated", True, ["not clearly related (correlation −0.10, −0.20 to 0.00)"]),
        ("understates", True, ["understates their value", "moves totals little"]),
        ("overstates", False, ["overstates their value", "do not use these values customer by customer"]),
    ],
)
def test_spend_and_frequency(verdict, weak, sentences):
    correlation = pd.Series({"estimate": -0.1, "low": -0.2, "high": -0.0001})
    spend = SimpleNamespace(
        correlation_=correlation, verdict_=verdict, is_weak_=weak, left_out_=["3 customers"]
    )
    text = readings.buyer_spend(spend).text
    assert all(sentence in text for sentence in [*sentences, "Left out: 3 customers."])


def test_what_customers_are_worth():
    rows = pd.DataFrame(
        [{"metric": "value of buyers, next 3 years", "estimate": 2893651.2, "low": 2781542, "high": 3010271}]
    )
    worth = SimpleNamespace(summary=lambda: rows, top_share_=0.75)
    text = readings.customer_value(worth, 0.3).text
    assert text.startswith(
        "Value of buyers, next 3 years: 2,890,000 (2,780,000 to 3,010,000). A tenth of the customers account for 75%"
    )
    assert "30% is assumed" in text
    blank = SimpleNamespace(summary=lambda: rows.assign(estimate=NAN, low=NAN, high=NAN), top_share_=NAN)
    assert "nan" not in readings.customer_value(blank, 0.3).text


def levers(ratio=(5.67, 4.97, 6.94), retention=0.888, keep=(410718.0, 377068.0, 456164.0), **options):
    rows = pd.DataFrame(
        [(561801.0, 520879.0, 605859.0), keep, (72469.0, 63093.0, 82236.0)],
        columns=["estimate", "low", "high"],
    )
    value = pd.DataFrame({"side": ["contract", "buyers"], "retention": [retention, 0.899]})
    return SimpleNamespace(
        **{
            "summary": lambda: rows.assign(metric=LEVERS[:3]),
            "points_per_percent_": Interval(*ratio),
            "value_": value,
            "left_out_": [],
            "buyers_by_": "BG/NBD",
            "money_": "contribution",
            "years": 3,
        }
        | options
    )


def test_retention_against_acquisition():
    text = readings.growth_levers(levers()).text
    assert (
        "One more point of yearly retention is worth 411,000 (377,000 to 456,000) if everybody's risk of leaving falls by the same share, and "
        "562,000 (521,000 to 606,000) if everybody's retention rises alike, that of the safest too; 1% more new customers 72,000"
        in text
    )
    assert "as much as 5.7% (5.0% to 6.9%) more new customers" in text
    assert "costs less than 5.7 times what 1% more new customers cost" in text
    assert "contract customers 88.8%; buyers 89.9%." in text
    assert "At stake within 3 years: contribution of 411,000 (377,000 to 456,000)." in text
    assert (
        "this is revenue" not in text
        and "this is revenue" in readings.growth_levers(levers(money_="revenue")).text
    )


def test_nobody_won_and_nothing_left_to_gain():
    text = readings.growth_levers(levers(ratio=(NAN, NAN, NAN), retention=0.995)).text
    assert "No customers were won in the last year" in text
    assert "contract customers 99.5%, which leaves no full point to gain" in text
    assert "nan" not in text


def test_levers_without_an_interval_put_no_money_at_stake():
    text = readings.growth_levers(levers(keep=(NAN, NAN, NAN))).text
    assert "At stake" not in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("verdict", "fails"),
    [("agrees", False), ("under-predicts", True), ("over-predicts", True), ("not known", False)],
)
def test_a_model_that_failed_its_test_is_named(verdict, fails):
    other = SimpleNamespace(verdict_="agrees" if fails else "under-predicts")  # which is not the model used
    check = SimpleNamespace(tests_={"BG/NBD": SimpleNamespace(verdict_=verdict), "Pareto/NBD": other})
    assert ("failed its hold-out test" in readings.growth_levers(levers(), [check]).text) == fails
    without = levers(
        value_=pd.DataFrame({"side": ["contract"], "retention": [0.9]}), left_out_=["Buyers: not shown"]
    )
    text = readings.growth_levers(without, [check]).text
    assert "failed" not in text
    assert "Buyers: not shown." in text
