"""What is planted in the events of the sample company is found, and in the company without effects nothing."""

import pytest

from tests.coverage.coverage_of_events import fitted


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return fitted(tmp_path_factory.mktemp("northgate"), 20260930)


def test_the_lot_holds_what_is_planted_and_the_usual_comparisons_do_not(page):
    truth, _, trials, returns = page
    lift = truth["oracle"]["events.lift"]["value"]
    guest = truth["oracle"]["events.lift_per_guest"]["value"]
    for k in trials.kinds_.itertuples():
        assert k.low < lift[k.kind] < k.high and k.guest_low < guest[k.kind] < k.guest_high
    by_kind = returns.kinds_.set_index("kind")
    assert (by_kind["naive"] - by_kind.index.map(lift)).min() > 0.1  # all others: every kind looks far better
    assert by_kind.loc["trade show", "last_month"] < -0.1  # a good month passes …
    assert by_kind.loc["dinner", "last_month"] > 2 * lift["dinner"]  # … and a bad one
    for kind in ("trade show", "dinner"):
        assert by_kind.loc[kind, "matched_low"] < lift[kind] < by_kind.loc[kind, "matched_high"]


def test_dinners_add_most_and_trade_shows_lose(page):
    returns = page[3]
    verdict = returns.kinds_.set_index("kind")["verdict"]
    assert returns.across_.best_ == "dinner" and verdict["trade show"] == "stop"
    assert not verdict.isin(["repeat"])["roadshow"]


def test_matching_without_the_lot_finds_the_same_order(page):
    _, lifts, _, _ = page
    import cxresearch as cx

    alone = cx.models.EventReturns().fit(lifts)
    assert set(alone.kinds_["comparison"]) <= {"matched", "none"}
    assert alone.kinds_.set_index("kind")["matched"].idxmax() == "dinner"


def test_without_effects_nothing_is_named(tmp_path):
    _, _, trials, returns = fitted(tmp_path, 20260930, null=True)
    assert returns.across_.best_ is None and set(returns.kinds_["verdict"]) == {"no cost known"}
    assert not trials.kinds_["is_off"].any()
