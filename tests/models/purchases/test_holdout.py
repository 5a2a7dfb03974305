"""A forecast held against what happened: the count, the verdict, and by how much it was off."""

import numpy as np
import pandas as pd
import pytest

from cxresearch.models import BetaGeoNBD, Holdout
from tests.simulate import beta_geo

PARAMS = (0.6, 4.0, 0.9, 2.5)


@pytest.fixture(scope="module")
def customers():
    rows = beta_geo(1500, 3, PARAMS, ages=(364, 364), keep_until=26.0)
    return rows.assign(customer_id=[f"c{i}" for i in range(len(rows))])


@pytest.fixture(scope="module")
def model(customers):
    return BetaGeoNBD().fit(customers)


def later(customers, share=1.0):
    counts = np.rint(customers["later"] * share).astype(int)
    return pd.DataFrame({"customer_id": customers["customer_id"].repeat(counts)})


def test_customers_who_go_on_as_before_agree(customers, model):
    test = Holdout(model).fit(customers, later(customers), 26.0)
    assert test.made_ == customers["later"].sum()
    assert test.verdict_ == "agrees"
    assert test.groups_["customers"].sum() == len(customers)


def test_a_total_that_comes_true_by_two_wrong_groups_is_not_agreed_with(customers, model):
    """Those who bought once buy nothing any more, and one of the others makes all their purchases."""
    once = customers["frequency"] == 0
    made = later(customers[~once])
    lost = int(customers.loc[once, "later"].sum())
    test = Holdout(model).fit(customers, pd.concat([made, made.sample(lost, random_state=1)]), 26.0)
    assert test.verdict_ == "agrees in total only"
    assert "0" in test.groups_off_["frequency"].tolist()
    assert test.group_error_ > Holdout(model).fit(customers, later(customers), 26.0).group_error_
    assert test.off_ == pytest.approx(test.made_ / test.expected_["estimate"].iloc[1] - 1)


@pytest.mark.parametrize(("share", "verdict"), [(2.0, "under-predicts"), (0.0, "over-predicts")])
def test_customers_who_change_do_not(customers, model, share, verdict):
    test = Holdout(model, by_frequency=False).fit(customers, later(customers, share), 26.0)
    assert test.verdict_ == verdict
    off = test.summary("it").set_index("metric").loc["it: off by"]
    assert off["low"] <= off["estimate"] <= off["high"]
    assert (off["low"] > 0) == (verdict == "under-predicts")
    expected = test.expected_["estimate"].iloc[1]
    assert off["estimate"] == pytest.approx(test.made_ / expected - 1)
    assert len(test.groups_) == 0


def test_nobody_is_told_from_a_group_of_a_few():
    class Flat:
        def expected_total(self, rfm, t, draws=0):
            return pd.DataFrame({"estimate": [1.0, 1.0], "low": 0.0, "high": 2.0, "method": "flat"})

    frequency = [0] * 50 + [2] * 2 + [3] * 30 + [5] * 5 + [6] * 3 + [9] * 4
    few = pd.DataFrame({"customer_id": [f"c{i}" for i in range(94)], "frequency": frequency})
    made = few[["customer_id"]].head(60)
    groups = Holdout(Flat()).fit(few, made, 26.0).groups_
    assert groups["frequency"].tolist() == ["0–2", "3", "5+"]
    assert groups["customers"].tolist() == [52, 30, 12]
    assert Holdout(Flat()).fit(few.tail(9), made, 26.0).groups_.empty


def test_strangers_do_not_count(customers, model):
    made = pd.concat([later(customers), pd.DataFrame({"customer_id": ["new"] * 500})])
    assert Holdout(model, by_frequency=False).fit(customers, made, 26.0).made_ == customers["later"].sum()


def test_rows_put_together_from_parts_are_counted_once(customers, model):
    parts = customers.set_axis(np.arange(len(customers)) % 100)
    found, expected = (
        Holdout(model).fit(rows, later(customers), 26.0).groups_ for rows in (parts, customers)
    )
    pd.testing.assert_frame_equal(found, expected)
    assert (found["actual"] * found["customers"]).sum() == pytest.approx(customers["later"].sum())


def test_without_an_interval_there_is_no_verdict(customers, model):
    class Flat:
        def expected_total(self, rfm, t):
            return model.expected_total(rfm, t).assign(low=np.nan, high=np.nan)

    test = Holdout(Flat(), by_frequency=False).fit(customers, later(customers), 26.0)
    assert test.verdict_ == "not known"
    rows = test.summary().set_index("metric")
    assert rows.loc["the model: purchases made", "estimate"] == customers["later"].sum()
    assert rows.drop("the model: purchases made")[["estimate", "low", "high"]].isna().all(axis=None)
