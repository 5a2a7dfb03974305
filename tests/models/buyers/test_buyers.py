"""What buyers do next, by two models: which of them judges, what cannot be said, and what a part held out shows."""

import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import NotEnough
from cxresearch.models import (
    BetaGeoNBD,
    LapsedReturn,
    PurchaseHoldout,
    PurchaseOutlook,
    PurchaseTracking,
    RepeatBuyers,
    ReturnCurve,
    Silence,
    StillActive,
)
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import loyal_and_tried


@pytest.fixture(scope="module")
def rfm():
    return cdnow_rfm().reset_index(names="customer_id")


@pytest.fixture(scope="module")
def outlook(rfm):
    return PurchaseOutlook().fit(rfm)


def clockwork(customers=60):
    """Everybody buys every fourth week until the end: nobody drops out."""
    age = np.repeat([40.0, 36.0], customers // 2)
    return pd.DataFrame(
        {"customer_id": range(customers), "frequency": (age / 4).astype(int), "recency": age, "age": age}
    )


def test_the_two_models_stand_side_by_side(outlook):
    assert list(outlook.models_) == ["BG/NBD", "Pareto/NBD"]
    rows = outlook.summary()
    assert rows["metric"].tolist()[::4] == ["BG/NBD r", "Pareto/NBD r"]
    assert outlook.model_ is outlook.models_["BG/NBD"] and not outlook.is_tested_
    assert outlook.family_ is None and list(outlook.by_others(cdnow_rfm(), 39.0)) == ["Pareto/NBD"]
    assert outlook.left_out_ == []


def test_one_model_is_chosen_by_what_it_predicted_of_the_part_held_out(rfm):
    for errors, name in (
        ({"BG/NBD": 0.3, "Pareto/NBD": 0.2}, "Pareto/NBD"),
        ({"BG/NBD": 0.1, "Pareto/NBD": 0.2}, "BG/NBD"),
        ({"Pareto/NBD": 0.2}, "Pareto/NBD"),
    ):
        chosen = PurchaseOutlook().fit(rfm, SimpleNamespace(errors_=errors))
        assert chosen.model_.name == name and chosen.is_tested_
        assert (
            chosen.expected(rfm, 39.0)["estimate"].tolist()
            == chosen.expected(rfm, 39.0, name)["estimate"].tolist()
        )
    untested = PurchaseOutlook().fit(rfm, SimpleNamespace(errors_={}))
    assert untested.model_.name == "BG/NBD" and not untested.is_tested_
    blind = PurchaseOutlook().fit(clockwork(), SimpleNamespace(errors_={"BG/NBD": 0.1, "Pareto/NBD": 0.2}))
    assert (
        blind.model_.name == "BG/NBD" and not blind.is_tested_
    )  # what is not identified today is not chosen


def test_what_is_expected_is_what_each_model_says(outlook, rfm):
    ours = outlook.expected(rfm, 39.0, "Pareto/NBD")
    pareto = outlook.models_["Pareto/NBD"]
    assert ours["estimate"].tolist() == pytest.approx(
        [*pareto.expected_total(rfm, 39.0)["estimate"], *pareto.expected_alive(rfm)["estimate"]]
    )
    assert ours["metric"].tolist()[2:] == ["customers still active"]


def test_the_number_of_a_model_that_is_not_identified_is_not_told(rfm):
    outlook = PurchaseOutlook().fit(clockwork())
    lost = [name for name, model in outlook.models_.items() if not model.identified_.all()]
    others = outlook.by_others(clockwork(), 26)
    assert lost and all(np.isnan(others[name]) for name in lost if name != outlook.model_.name)
    sure = PurchaseOutlook().fit(rfm)
    (expected,) = sure.by_others(rfm, 26).values()
    (other,) = (model for model in sure.models_.values() if model is not sure.model_)
    assert expected == pytest.approx(other.expected_total(rfm, 26)["estimate"].iloc[0])


def test_purchases_that_never_stop_do_not_show_who_drops_out():
    found = PurchaseOutlook().fit(clockwork())
    assert not found.shows_leaving_
    assert "do not show who has dropped out" in found.left_out_[0]
    assert "customers still active" not in found.expected(clockwork(), 10.0)["metric"].tolist()
    lost = [f"BG/NBD {name}" for name in found.model_.identified_.index[~found.model_.identified_]]
    assert found.summary().set_index("metric").loc[lost, "estimate"].isna().all()


def test_fewer_than_thirty_who_came_back_are_not_enough(rfm):
    few = pd.concat([rfm[rfm["frequency"] > 0].head(29), rfm[rfm["frequency"] == 0]])
    with pytest.raises(NotEnough, match="fewer than thirty customers have bought again"):
        PurchaseOutlook().fit(few)
    with pytest.raises(
        NotEnough, match="without the part of the records that is held out, fewer than thirty"
    ):
        PurchaseHoldout().fit(rfm.iloc[:0], rfm[["customer_id"]], 13)


def test_both_models_are_tested_on_what_was_held_out(rfm):
    some = rfm.head(400)
    made = some[["customer_id"]].sample(60, random_state=1, replace=True)
    test = PurchaseHoldout().fit(some, made, 13)
    assert list(test.tests_) == ["BG/NBD", "Pareto/NBD"]
    assert test.summary()["metric"].tolist()[::3] == ["BG/NBD: purchases made", "Pareto/NBD: purchases made"]
    assert test.summary()["estimate"].tolist()[::3] == [60, 60]
    assert len(test.groups_) > 0


@pytest.mark.parametrize("name", ["BG/NBD", "Pareto/NBD"])
def test_active_unsure_and_lapsed_add_up_to_all_and_the_list_is_of_the_same_model(rfm, name):
    outlook = PurchaseOutlook().fit(rfm, SimpleNamespace(errors_={name: 0.1}))
    found = StillActive(outlook, 0.4).fit(rfm)
    assert found.best_ == name and found.counts_.sum() == len(rfm) == found.n_
    p = outlook.models_[name].p_alive(rfm)["p_alive"]
    assert found.counts_.to_dict() == {
        "active": (p >= 0.8).sum(), "unsure": ((p >= 0.4) & (p < 0.8)).sum(), "lapsed": (p < 0.4).sum()
    }  # fmt: skip
    silence = Silence(outlook.model_, 0.4).fit(rfm, "1997-09-30")
    assert silence.customers_["is_lapsed"].sum() == found.counts_["lapsed"]
    rows = found.summary()
    assert rows["estimate"].tolist()[:3] == pytest.approx((found.counts_ / found.n_).tolist())
    both = [model.expected_alive(rfm).iloc[0] for model in outlook.models_.values()]
    assert found.are_apart_ == (max(o["low"] for o in both) > min(o["high"] for o in both))
    outlook.shows_leaving_ = False
    with pytest.raises(NotEnough, match="do not show who has dropped out"):
        StillActive(outlook).fit(rfm)


def test_the_lapsed_who_returned_are_counted_and_compared(rfm):
    model = BetaGeoNBD().fit(rfm)
    gone = rfm[(model.p_alive(rfm)["p_alive"] < 0.5).to_numpy()]
    test = LapsedReturn(model).fit(rfm, gone[["customer_id"]].head(5), 13, "1997-09-30")
    assert (test.n_, test.came_) == (len(gone), 5)
    assert test.expected_.estimate == pytest.approx(model.p_active(gone, 13)["p_active"].mean())
    assert test.verdict_ == "too high"
    everybody = LapsedReturn(model).fit(rfm, gone[["customer_id"]], 13)
    assert everybody.verdict_ == "too low"
    assert test.summary()["metric"].tolist() == [
        "lapsed on 1997-09-30: bought within 13 weeks",
        "lapsed on 1997-09-30: expected to buy within 13 weeks",
    ]


def test_fewer_than_ten_lapsed_are_not_enough(rfm):
    with pytest.raises(NotEnough, match="fewer than ten customers had lapsed"):
        LapsedReturn(BetaGeoNBD().fit(rfm), threshold=1e-9).fit(rfm, rfm, 13)


def test_tracking_ends_where_the_records_do(rfm, outlook):
    as_of = datetime.date(1997, 9, 30)
    weekly = pd.DataFrame({"week": [1, 2, 39, 40], "repeat_purchases": [3, 4, 5, 100]})
    track = PurchaseTracking(outlook.model_).fit(
        rfm, weekly, as_of, as_of, as_of + datetime.timedelta(weeks=4)
    )
    actual = track.weeks_.set_index("week")["actual"]
    last = (as_of - datetime.date(1997, 1, 1)).days // 7
    assert actual[2] == 7
    assert actual[actual.notna()].index[-1] == last
    assert track.weeks_["expected"].is_monotonic_increasing
    assert track.split_ == pytest.approx(rfm["age"].max())


def dates(first, again=(), as_of="2026-09-30"):
    """Buyers by day of first purchase; some of them came back after so many days."""
    frame = pd.DataFrame({"first_on": pd.to_datetime(list(first)), "second_on": pd.NaT})
    for place, days in again:
        frame.loc[place, "second_on"] = frame.loc[place, "first_on"] + pd.Timedelta(days=days)
    second = frame["second_on"].fillna(frame["first_on"])
    start, earliest = pd.Timestamp("2026-06-30"), pd.Timestamp("2025-06-30")
    late, before = ((frame["first_on"] > a) & (frame["first_on"] <= b) | (second > a) & (second <= b)
                    for a, b in ((start, pd.Timestamp(as_of)), (earliest, start)))  # fmt: skip
    return frame.assign(has_bought_lately=late, has_bought_before=before)


def test_repurchase_within_52_weeks_can_fall_and_counts_nobody_who_had_less_time():
    first = ["2024-06-01"] * 5 + ["2024-08-01"] * 20 + ["2025-08-01"] * 20 + ["2026-09-01"] * 30
    again = [(k, 364) for k in range(5, 17)] + [(20, 365)] + [(k, 10) for k in range(25, 29)]
    found = RepeatBuyers().fit(dates(first, again), "2026-09-30")
    rows = found.cohorts_.set_index("ends_on")[["customers", "back"]]
    assert rows.loc[datetime.date(2024, 10, 1)].tolist() == [20, 12]  # on day 364, not on day 365
    assert rows.loc[datetime.date(2025, 10, 1)].tolist() == [20, 4]
    assert len(rows) == 2 and found.change_.estimate == pytest.approx(0.2 - 0.6)
    assert found.headline_[0].startswith("new buyers who bought again within 52 weeks")
    assert (found.n_, found.back_) == (75, 17)


def test_when_new_buyers_stop_the_headlines_do_not_rise():
    """The share who have ever bought again rises by ageing alone; neither headline does."""
    rng = np.random.default_rng(1)
    days = pd.Timestamp("2023-10-01") + pd.to_timedelta(rng.integers(0, 730, 4000), "D")
    wait = rng.exponential(400, 4000)
    shares = []
    for end in ("2026-03-31", "2026-06-30", "2026-09-30"):
        seen = [
            (k, wait[k]) for k in range(4000) if days[k] + pd.Timedelta(days=wait[k]) <= pd.Timestamp(end)
        ]
        found = RepeatBuyers().fit(dates(days, seen, end), end)
        shares.append(found.cohorts_["estimate"].iloc[-1])
        assert found.cohorts_["low"].iloc[-1] < 1 - np.exp(-364 / 400) < found.cohorts_["high"].iloc[-1]
    assert np.ptp(shares) < 0.1


def test_few_buyers_and_young_ones_have_no_headline():
    with pytest.raises(NotEnough, match="fewer than ten customers have bought"):
        RepeatBuyers().fit(dates(["2026-01-01"] * 9), "2026-09-30")
    young = RepeatBuyers().fit(dates(["2026-08-01"] * 40), "2026-09-30")
    assert not len(young.cohorts_) and young.active_ is None and young.headline_ == []
    assert not len(young.summary()) and not len(young.by_cohort())


def gaps(number, customers, ended):
    frame = pd.DataFrame({"number": number, "duration": np.arange(1.0, customers + 1)})
    return frame.assign(has_ended=np.arange(customers) < ended)


def test_a_curve_for_each_purchase_that_enough_reached():
    returns = ReturnCurve().fit(
        pd.concat([gaps(1, 40, 30), gaps(2, 30, 10), gaps(3, 29, 20), gaps(4, 35, 9)])
    )
    assert list(returns.curves_) == [1, 2]
    assert returns.medians()["metric"].tolist() == ["median weeks to the next, after purchase 1"]
    assert returns.marks_["week"].tolist() == [4, 13, 26, 39]
    assert returns.marks_["estimate"][0] == pytest.approx(4 / 40)


def test_a_first_purchase_is_drawn_even_where_nobody_returned():
    returns = ReturnCurve().fit(gaps(1, 12, 0))
    assert returns.summary()["estimate"].tolist() == [0.0]
    assert returns.medians().empty


def test_nine_customers_are_not_enough_for_a_curve():
    with pytest.raises(
        NotEnough, match="fewer than ten customers have been observed after their first purchase"
    ):
        ReturnCurve().fit(gaps(1, 9, 5))


# ---------------------------------------------------------------- two models that disagree


@pytest.fixture
def apart(workspace):
    """Customers, both models tested on the part held out, and fitted today, for loyal buyers beside many who tried once."""

    def made(**kind):
        orders = loyal_and_tried(1, **kind)
        moment = pd.Timestamp("2024-10-01") + pd.to_timedelta(orders["week"] * 7 * 86400, unit="s")
        orders = orders.assign(
            order_id=range(len(orders)), ordered_at=moment.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), amount=10
        )
        ws = workspace(orders=orders.drop(columns="week").to_csv(index=False))
        rfm = cx.features.rfm(ws.orders, "2026-09-28").order_by("customer_id").to_pandas()
        held = cx.features.held_out(ws.orders, datetime.date(2026, 9, 28))
        test = PurchaseHoldout().fit(held.rfm, held.later, held.weeks)
        return rfm, test, PurchaseOutlook().fit(rfm, test)

    return made


def test_the_model_that_held_out_worse_never_counts_who_is_still_there(apart):
    """The BG/NBD takes 1,030 of 1,300 for active, of whom 400 at most can be; it held out worse, and the better ones, of which the MBG/CNBD-2
    is how the loyal buy, are not determined today: their rates do not differ."""
    rfm, test, outlook = apart()
    assert test.errors_["Pareto/NBD"] < test.errors_["BG/NBD"] - 0.2
    assert test.errors_["MBG/CNBD-2"] < test.errors_["Pareto/NBD"]
    assert outlook.model_.name == "BG/NBD" and outlook.passed_over_ == "MBG/CNBD-2"
    naive = outlook.model_.expected_alive(rfm).iloc[0]
    assert naive["low"] > 1000 > 400 > outlook.models_["Pareto/NBD"].expected_alive(rfm).iloc[0]["high"]
    with pytest.raises(
        NotEnough,
        match="the MBG/CNBD-2 predicted the purchases held out better, but these purchases do not determine it",
    ):
        StillActive(outlook).fit(rfm)
    ahead = outlook.expected(rfm, 26.0)
    text = cx.readings.purchases_ahead(outlook, ahead, outlook.by_others(rfm, 26.0), "2027-03-28").text
    assert "the MBG/CNBD-2 predicted the purchases held out better" in text and "held out best" not in text


def test_a_forecast_that_fails_those_who_bought_once_says_so_beside_the_total(apart):
    _, test, _ = apart()
    for name, one in test.tests_.items():
        once = one.groups_.iloc[0]
        assert once["frequency"] == "0" and once["actual"] < once["low"]
        assert "0" in one.groups_off_["frequency"].tolist()
        text = cx.readings.purchase_holdout(SimpleNamespace(tests_={name: one})).text
        assert "Furthest off: customers with" in text or "But customers with" in text


def test_a_winner_that_is_determined_counts_and_carries_the_spread(rfm):
    """Where the model that held out best is identified, its counts stand, the other's beside them."""
    for name, other in (("Pareto/NBD", "BG/NBD"), ("BG/NBD", "Pareto/NBD")):
        chosen = PurchaseOutlook().fit(rfm, SimpleNamespace(errors_={name: 0.2, other: 0.3}))
        found = StillActive(chosen).fit(rfm)
        assert chosen.passed_over_ == "" and found.best_ == name and found.are_apart_
        text = cx.readings.still_active(found).text
        assert (
            text.startswith(f"By the {name}")
            and f"By the {other}" in text
            and "disagree by more than" in text
        )
        assert set(found.by_model_.index) == {name, other}


def test_a_model_that_is_not_determined_is_named_where_it_was_the_only_one_tested(rfm):
    chosen = PurchaseOutlook().fit(clockwork(), SimpleNamespace(errors_={"Pareto/NBD": 0.2}))
    assert chosen.passed_over_ == "Pareto/NBD" and not chosen.is_tested_
