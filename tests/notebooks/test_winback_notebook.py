"""The win-back notebook on firms unlike the sample: nobody held out, no costs or dates, small arms, second offers, refunds; and a published e-mail test."""

import numpy as np
import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from tests.notebooks.test_touchpoint_notebook import run_book

NOTEBOOK = ROOT / "notebooks" / "08_winback.ipynb"
REQUIRED = ["offer_id", "customer_id", "offered_on", "arm", "has_returned"]


def offers(n=1800, rates=None, seed=3, hazard=0.04):
    """Offers made on any day of two years, to customers who left one to six months before."""
    rates = rates or {"control": 0.08, "gift": 0.28}
    random = np.random.default_rng(seed)
    arm = random.permutation(np.resize(list(rates), n))
    made = pd.Timestamp("2024-07-11") + pd.to_timedelta(random.integers(0, 640, n), unit="D")
    returned = random.random(n) < np.array([rates[a] for a in arm])
    back = made + pd.to_timedelta(random.integers(1, 90, n), unit="D")
    months = random.exponential(1 / hazard, n)
    left = back + pd.to_timedelta(np.ceil(months * 30.4), unit="D")
    end = pd.Timestamp("2026-09-30")
    lived = (np.minimum(left, end) - back).days / 30.4
    frame = pd.DataFrame(
        {"offer_id": [f"o{k:05d}" for k in range(n)], "customer_id": [f"c{k}" for k in range(n)]}
    )
    return frame.assign(
        offered_on=made.strftime("%Y-%m-%d"),
        arm=arm,
        has_returned=returned,
        spend=np.where(returned, lived * 40 * random.lognormal(0, 0.2, n), 0).round(2),
        cost=np.where(arm == "control", 0, 6),
        lapsed_on=(made - pd.to_timedelta(random.integers(30, 720, n), unit="D")).strftime("%Y-%m-%d"),
        lapse_reason=random.choice(["price", "service", "moved away"], n),
        returned_on=np.where(returned, back.strftime("%Y-%m-%d"), ""),
        left_again_on=np.where(returned & (left <= end), left.strftime("%Y-%m-%d"), ""),
        arm_probability=1 / len(rates),
    )


def run(monkeypatch, workspace, frame, **given):
    text = run_book(NOTEBOOK, monkeypatch, workspace(winback_offers=frame.to_csv(index=False)), **given)
    assert "nan" not in text
    return text


def test_an_offer_that_pays_is_asked_of_the_customers_held_out(monkeypatch, workspace):
    text = run(monkeypatch, workspace, offers(), never="moved away", budget=600.0)
    assert "Not assessed" not in text
    assert "The comparison is a trial" in text
    assert "the customer had left for a reason that no offer changes" in text
    assert "Pays for certain, per customer asked: gift" in text
    assert "Ask all lapsed customers with gift" in text
    assert "Ask 100 customers who left to come back with gift, and hold a tenth of them out" in text
    assert "100 customers of " in text
    assert "That gift pays is settled too." in text
    assert "gift pays." in text


def test_nobody_held_out(monkeypatch, workspace):
    """Two offers, no control: rates are shown, and nothing is claimed for either."""
    text = run(monkeypatch, workspace, offers(rates={"gift": 0.2, "call": 0.1}))
    assert "There is no lift to report: nobody was held out" in text
    assert "Not assessed: nobody was held out" in text
    assert "beyond the control" not in text
    assert "per customer asked:" not in text
    assert "A trial would settle whether offers bring customers back" in text
    assert "List ask_back" not in text


def test_neither_costs_nor_dates_an_arm_of_forty_second_offers_and_refunds(monkeypatch, workspace):
    frame = offers(840)[[*REQUIRED, "spend"]]
    frame.loc[frame.index[:40], "arm"] = "call"
    frame.loc[frame["has_returned"] & (frame.index % 7 == 0), "spend"] = -30
    again = frame.tail(60).assign(offer_id=lambda t: "x" + t["offer_id"], has_returned=False)
    later = pd.to_datetime(again["offered_on"]) + pd.Timedelta(days=20)
    frame = pd.concat([frame, again.assign(offered_on=later.dt.strftime("%Y-%m-%d"))], ignore_index=True)
    text = run(monkeypatch, workspace, frame)
    assert "60 offers are left out: the customer had been asked shortly before" in text
    assert "No lot is recorded" in text
    assert "Not assessed: winback_offers has no column lapse_reason." in text
    assert "Not assessed: winback_offers has no column returned_on." in text
    assert "A return is valued by what they have spent so far." in text
    assert "No cost is recorded for some offers: 10 each is assumed." in text
    assert "Customers cannot be told apart" in text


def test_a_draw_that_went_wrong_is_refused(monkeypatch, workspace):
    frame = offers()
    text = run(monkeypatch, workspace, frame[(frame["arm"] == "gift") | (frame.index % 2 == 0)])
    assert "There is no lift to report: the arms do not hold the shares of customers that were drawn" in text
    assert "Not assessed: the arms do not hold" in text


def test_nothing_but_what_is_required_and_nobody_returned(monkeypatch, workspace):
    text = run(monkeypatch, workspace, offers(300)[REQUIRED].assign(has_returned=False))
    assert "No clear difference from the control: gift." in text
    assert "Not assessed: fewer than ten customers came back" in text
    some = run(monkeypatch, workspace, offers(600)[REQUIRED])
    assert "Not assessed: neither spend nor a value of customers says what a return is worth." in some


def test_no_window_is_over(monkeypatch, workspace):
    text = run(
        monkeypatch, workspace, offers(300).assign(offered_on="2026-09-01", returned_on="", left_again_on="")
    )
    assert "Not assessed: no offer counts yet" in text


def test_hillstrom(monkeypatch, public_data):
    """The published test: lifts to their digits, from the file to the page."""
    ws = cx.open(public_data / "hillstrom", described_by=ROOT / "tests" / "public" / "hillstrom")
    known = "recency, history, mens, womens, newbie"
    text = run_book(NOTEBOOK, monkeypatch, ws, as_of="2008-07-30", known=known, margin=0.3, offer_cost=0.1)
    assert "brought back by men's, beyond the control" in text
    assert "men's +0.7 points (+0.5 to +0.9)" in text
    assert "women's +0.3 points (+0.2 to +0.5)" in text
    assert "A return is valued by what they have spent so far." in text
    assert "Pays for certain, per customer asked: men's" in text


@pytest.mark.parametrize("name", ["visits", "arm"])
def test_a_column_that_is_not_there_or_is_the_offer_itself_is_refused(monkeypatch, workspace, name):
    with pytest.raises(ValueError, match=name):
        run(monkeypatch, workspace, offers(300), known=name)
