"""What buyers do next, by two models: which of them judges, what cannot be said, and what a part held out shows."""

import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import NotEnough
from cxresearch.models import (
    BetaGeoNBD,
    LapsedReturn,
    PurchaseHoldout,
    PurchaseOutlook,
    PurchaseTracking,
    RepeatBuyers,
    ReturnCurve,
    StillActive,
)
from tests.cdnow import rfm as cdnow_rfm


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
    assert outlook.judge_ is outlook.models_["Pareto/NBD"]
    assert outlook.left_out_ == []


def test_what_is_expected_is_what_each_model_says(outlook, rfm):
    ours = outlook.expected(rfm, 39.0, "Pareto/NBD")
    pareto = outlook.models_["Pareto/NBD"]
    assert ours["estimate"].tolist() == pytest.approx(
        [*pareto.expected_total(rfm, 39.0)["estimate"], *pareto.expected_alive(rfm)["estimate"]]
    )
    assert ours["metric"].tolist()[2:] == ["customers still active"]


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


def test_who_is_still_active_follows_the_model_that_held_out_best_and_spans_both(rfm):
    outlook = PurchaseOutlook().fit(rfm)
    tests = {
        name: SimpleNamespace(group_error_=error) for name, error in (("BG/NBD", 0.3), ("Pareto/NBD", 0.2))
    }
    found = StillActive(outlook, SimpleNamespace(tests_=tests)).fit(rfm)
    both = [model.expected_alive(rfm).iloc[0] for model in outlook.models_.values()]
    head = found.summary().iloc[0]
    assert found.best_ == "Pareto/NBD" and found.headline_ == ["customers still active"]
    assert head["estimate"] == pytest.approx(both[1]["estimate"])
    assert head["low"] == min(one["low"] for one in both) and head["high"] == max(one["high"] for one in both)
    assert found.are_apart_ == (max(o["low"] for o in both) > min(o["high"] for o in both))
    outlook.shows_leaving_ = False
    with pytest.raises(NotEnough, match="do not show who has dropped out"):
        StillActive(outlook, SimpleNamespace(tests_=tests)).fit(rfm)


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


def test_repeat_buyers():
    few = pd.DataFrame({"frequency": [0, 1, 2] * 3, "age": 3.0})
    with pytest.raises(NotEnough, match="fewer than ten customers have bought"):
        RepeatBuyers().fit(few)
    with pytest.raises(NotEnough, match="fewer than ten customers have bought"):
        RepeatBuyers().fit(few.iloc[:0])
    buyers = RepeatBuyers().fit(pd.concat([few, few]))
    assert (buyers.n_, buyers.back_, buyers.youngest_) == (18, 12, 3.0)


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
