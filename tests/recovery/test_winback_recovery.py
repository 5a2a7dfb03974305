"""What is planted in Northgate's win-back offers is found: the control is subtracted, the second lives differ, and none announces anything where nothing is planted."""

import pytest

import cxresearch as cx
from cxresearch.sample import write
from tests.coverage.coverage_of_winback import AS_OF, TABLES, fitted, truth


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("winback")
    write(folder, tables=TABLES)
    return fitted(folder)


def test_lifts_hazards_and_profits_lie_in_their_intervals(northgate):
    regain, life, profit = northgate
    planted = truth()
    for name, rows, ends in (
        ("lift", regain.lifts_, ("low", "high")),
        ("hazard", life.arms_, ("low", "high")),
        ("value", life.arms_, ("value_low", "value_high")),
        ("profit", profit.profits_, ("low", "high")),
    ):
        rows = rows.set_index("arm")
        for arm, value in planted[name].items():
            assert rows.loc[arm, ends[0]] < value < rows.loc[arm, ends[1]], (name, arm)
    assert regain.comparison_ == "trial"
    assert regain.lifts_["is_certain"].all()


def test_counting_every_return_overstates_every_offer(northgate):
    planted, rows = truth()["profit"], northgate[2].profits_.set_index("arm")
    assert all(rows.loc[arm, "naive"] > value + 30 for arm, value in planted.items())
    assert (rows["naive"] > rows["high"]).sum() >= 2


def test_the_offer_that_brings_back_most_is_not_the_one_that_earns_most(northgate):
    regain, _, profit = northgate
    planted = truth()["profit"]
    assert regain.arms_.set_index("arm")["estimate"].idxmax() == "bundle"
    assert max(planted, key=planted.get) == "upgrade"
    assert profit.profits_.set_index("arm")["estimate"].idxmax() == "upgrade"


def test_a_large_company_settles_it(tmp_path):
    write(tmp_path, customers=90_000, seed=4, tables=TABLES)
    regain, _, profit = fitted(tmp_path)
    assert profit.best_ == "upgrade"
    reasons = cx.models.LapseReasons().fit(regain.rows_)
    assert reasons.reasons_.set_index("reason").loc["service", "high"] < 1
    assert cx.models.WhomToAsk().fit(profit).verdict_ in ("all", "chosen")


def test_a_company_without_effects_says_nothing(tmp_path):
    write(tmp_path, null=True, seed=2, tables=TABLES)
    regain, _, profit = fitted(tmp_path)
    assert not regain.lifts_["is_certain"].any()
    assert profit.best_ is None
    lapsed = cx.features.lapsed_customers(cx.open(tmp_path), AS_OF).to_pandas()
    whom = cx.models.WhomToAsk().fit(profit)
    assert whom.verdict_ == "nobody"
    assert whom.ask(lapsed).empty
