"""Contacting by risk and worth: each by their own break-even, with an interval of what a campaign earns."""

import numpy as np
import pytest
from scipy.special import expit, logit

import cxresearch as cx
from cxresearch.models import ContactProfit
from cxresearch.stats.interval import Interval


def test_each_customer_has_a_break_even_of_their_own():
    p, value = np.full(4, 0.05), np.array([200.0, 7557.0, 9.0, np.nan])
    found = ContactProfit(draws=50).fit(p, value)
    assert found.break_even_[:2] == pytest.approx([11 / 67, 11 / (0.3 * 7547 + 10)])
    assert found.expected_[:2] == pytest.approx(
        [0.05 * (0.3 * 190 - 1) - 0.95 * 11, 0.05 * (0.3 * 7547 - 1) - 0.95 * 11]
    )
    assert np.isnan(found.break_even_[2:]).all()  # worth less than the offer; not known
    assert found.is_contacted_.tolist() == [False, True, False, False]
    assert (found.contacted_, found.unknown_) == (1, 1)
    at = found.break_even_[:2]
    assert found.expected(at, value[:2]) == pytest.approx(0, abs=1e-9)


def test_of_fewer_than_ten_contacts_no_money_is_told():
    found = ContactProfit(draws=50).fit(np.r_[np.full(9, 0.4), np.full(500, 0.01)], 400.0)
    assert found.contacted_ == 9 and found.verdict() == "nobody"
    assert not len(found.summary()) and np.isnan(found.profit_).all()
    with pytest.raises(cx.NotEnough, match="fewer than ten customers would have been contacted"):
        found.against(np.zeros(509))


def test_the_interval_is_of_what_a_campaign_earns():
    """Probabilities that are off together by their own standard error, luck of leaving and of accepting: 95 % hold."""
    random = np.random.default_rng(5)
    true, value, held = random.beta(1, 20, 3000), random.lognormal(7.5, 0.8, 3000), []
    se = 0.15
    limits = Interval(0.0, -1.96 * se, 1.96 * se)
    for _ in range(200):
        told = expit(logit(true) + se * random.standard_normal())
        found = ContactProfit(draws=400).fit(told, value, calibration=limits)
        at, rate = found.is_contacted_, random.beta(6, 14)
        left, accepts = random.random(at.sum()) < true[at], random.random(at.sum()) < rate
        made = (np.where(left, np.where(accepts, value[at] - 10, 0), -10) - 1).sum()
        held.append(found.profit_.low <= made <= found.profit_.high)
    assert 0.90 <= np.mean(held) <= 0.99


def test_a_rare_prize_lies_within_its_own_interval_and_is_unclear():
    found = ContactProfit().fit(np.full(12, 0.006), np.full(12, 8000.0))
    assert found.profit_.low <= found.profit_.estimate <= found.profit_.high
    assert found.profit_.low < 0 and found.verdict() == "unclear"
    assert (
        "may earn money or lose it"
        in cx.readings.contact_profit(found, cx.models.CustomerWorth(8000).fit()).text
    )


def test_what_was_expected_is_held_against_those_who_left():
    y = np.r_[np.ones(30), np.zeros(70)]
    found = ContactProfit().fit(np.full(100, 0.3), 900.0)
    rows = found.against(y)
    made = 30 * (0.3 * 890 - 1) - 70 * 11
    assert found.made_ == pytest.approx(made) and rows["estimate"].iloc[1] == pytest.approx(made)
    assert rows["estimate"].iloc[0] == pytest.approx(made)  # calibrated
    assert rows["low"].iloc[0] < made < rows["high"].iloc[0] and np.isnan(rows["low"].iloc[1])
    text = cx.readings.contacts_before(found, rows).text
    assert "would have contacted 100 customers" in text and "within the interval" in text
    found.against(np.zeros(100))
    assert ", below the interval" in cx.readings.contacts_before(found, rows).text


def test_weights_stand_for_customers():
    p, value = np.repeat([0.05, 0.4], 50), np.full(100, 900.0)
    once = ContactProfit(draws=20).fit(p, value)
    twice = ContactProfit(draws=20).fit(p, value, np.full(100, 2.0))
    assert twice.profit_ == pytest.approx(2 * np.array(once.profit_))


def test_nothing_is_told_of_money_on_a_worth_that_nobody_knows():
    with pytest.raises(cx.NotEnough, match=r"declare customer_worth under \[money\]"):
        ContactProfit().fit([0.1, 0.2], np.nan)
    with pytest.raises(cx.NotEnough, match="never pays"):
        ContactProfit(10).fit([0.1, 0.2], 5.0)


@pytest.mark.parametrize(
    ("options", "said"), [({"alpha": 0}, "alpha is 0"), ({"f": np.nan}, "f is nan"), ({"d": -1}, "d is -1")]
)
def test_costs_that_make_no_sense(options, said):
    with pytest.raises(ValueError, match=said):
        ContactProfit(**options).fit([0.1, 0.2], 900.0)
