"""Journeys laid out in time: counts by hand, which steps end badly, null data, and what a handful must not show."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models import JourneyFlow, Patience, known_loss, passed_weak_points


def steps(ways, unsettled=None, customers=None):
    """Steps of journeys given as lists of touchpoints; a customer each unless said."""
    rows = []
    for k, way in enumerate(ways):
        for position, name in enumerate(way, 1):
            before = way[position - 2] if position > 1 else "^"
            after = way[position] if position < len(way) else "$"
            rows.append([customers[k] if customers is not None else k, k, position, before, name, after])
    frame = pd.DataFrame(rows, columns=["who", "journey", "position", "came_from", "touchpoint", "goes_to"])
    return frame if unsettled is None else frame.assign(is_resolved=~np.asarray(unsettled)[frame["journey"]])


def random_ways(seed, n=1500, worse=0.0):
    rng = np.random.default_rng(seed)
    ways = [list(rng.choice(list("abcd"), rng.integers(1, 4))) for _ in range(n)]
    bad = rng.random(n) < 0.1 + worse * np.array([way[0] == "b" for way in ways])
    return steps(ways, bad, rng.integers(0, n // 2, n))


def test_counts_by_step():
    found = JourneyFlow().fit(steps([["a", "b"]] * 30 + [["a"]] * 20 + [["b", "a", "b"]] * 15))
    edges = found.edges_.set_index(["step", "touchpoint", "goes_to"])["customers"]
    assert edges.to_dict() == {
        (1, "a", "b"): 30, (2, "b", "$"): 30, (1, "a", "$"): 20,
        (1, "b", "a"): 15, (2, "a", "b"): 15, (3, "b", "$"): 15,
    }  # fmt: skip
    assert (found.journeys_, found.customers_, found.steps_, len(found.rest_)) == (65, 65, 3, 0)
    assert found.words_ is None and set(found.edges_["verdict"]) == {"not known"}


def test_no_more_than_fifteen_edges_are_named_and_the_rest_is_counted():
    rng = np.random.default_rng(1)
    frame = steps([list(rng.choice(list("abcdefghijkl"), 4)) for _ in range(4000)])
    found = JourneyFlow().fit(frame)
    assert len(found.edges_) == 15 and found.rest_["edges"].sum() > 15
    taken = (
        found.edges_.groupby("step")["journeys"]
        .sum()
        .add(found.rest_.set_index("step")["journeys"], fill_value=0)
    )
    assert (taken == 4000).all()
    assert found.edges_["customers"].min() >= 10


def test_the_way_that_ends_badly_is_found_and_no_other():
    found = JourneyFlow().fit(random_ways(1, worse=0.25))
    worse = found.edges_[found.edges_["verdict"] == "worse"]
    assert len(worse) and set(worse.loc[worse["step"] == 1, "touchpoint"]) == {"b"}
    assert found.words_ == "ended with the matter unsettled"


def test_ways_alike_are_rarely_told_apart():
    found = [JourneyFlow(edges=8).fit(random_ways(seed, 400)).edges_["verdict"] for seed in range(15)]
    clear = sum(verdict.isin(["worse", "better"]).any() for verdict in found)
    assert clear <= 3  # more than 3 of 15 has a chance below one in 100 at 5 %


def test_a_side_on_which_nobody_left_is_no_proof():
    """Of twenty journeys none ended badly, against one in twenty of the others: that is chance."""
    found = JourneyFlow().fit(steps([["a"]] * 20 + [["b"]] * 400, [False] * 20 + [True] * 20 + [False] * 380))
    assert set(found.edges_["verdict"]) == {"no clear difference"}


def test_leaving_goes_before_what_was_settled():
    frame = steps([["a"]] * 60 + [["b"]] * 60, [True] * 60 + [False] * 60)
    left = pd.DataFrame({"journey": range(120), "has_left": [None] * 20 + [True] * 20 + [False] * 80})
    found = JourneyFlow().fit(frame, left)
    assert found.words_ == "left afterwards" and found.overall_.estimate == pytest.approx(0.2)
    found = JourneyFlow().fit(frame, left.assign(has_left=None))
    assert found.words_ == "ended with the matter unsettled"


def test_fewer_than_ten_are_drawn_and_told_nowhere():
    found = JourneyFlow().fit(steps([["a"]] * 40 + [["rare"]] * 9, [True] * 5 + [False] * 44))
    assert "rare" not in set(found.edges_["touchpoint"])
    assert found.edges_["outcome"].isna().all()  # five of forty
    assert np.isnan(found.overall_.estimate)  # and of all
    with pytest.raises(cx.NotEnough, match="taken by 10 customers"):
        JourneyFlow().fit(steps([["a"]] * 9))
    with pytest.raises(cx.NotEnough, match="from its beginning to its end"):
        JourneyFlow().fit(steps([["a"]] * 20).assign(goes_to=None))


# ---------------------------------------------------------------- which loss, and whom to call


def test_the_loss_that_more_customers_show():
    frame = pd.DataFrame(
        {"who": list("aab"), "has_left": [True, False, None], "spend_change": [None, None, 2.0]}
    )
    assert known_loss(frame) == "has_left"
    assert known_loss(frame.assign(has_left=None)) == "spend_change"
    with pytest.raises(cx.NotEnough, match="left or spent less"):
        known_loss(frame.assign(has_left=None, spend_change=np.nan))


def test_who_has_left_or_is_not_named_is_not_called():
    from types import SimpleNamespace

    weak = SimpleNamespace(points_=pd.DataFrame({"touchpoint": ["a", "b"], "stands": [True, False]}))
    frame = pd.DataFrame(
        {
            "customer_id": ["x", "y", None, "z", "w"],
            "touchpoint": list("aaaba"),
            "days_followed": [5.0, 5, 5, 5, 95],
        }
    )
    frame["started_at"] = pd.Timestamp("2026-09-25")
    gone = pd.DataFrame({"customer_id": ["y", "x"], "has_left": [True, None]})
    assert passed_weak_points(weak, frame, gone)["customer_id"].tolist() == ["x"]
    none = SimpleNamespace(points_=weak.points_.assign(stands=False))
    assert list(passed_weak_points(none, frame, gone).columns) == [
        "customer_id",
        "touchpoint",
        "contacts",
        "last_at",
    ]


# ---------------------------------------------------------------- patience where nobody gives up


def test_waits_are_told_where_hardly_anybody_gives_up():
    calls = pd.DataFrame({"wait_seconds": range(1, 201), "is_resolved": True, "handle_seconds": 60})
    found = Patience().fit(calls)
    assert found.wait_.estimate == 100.5 and found.given_up_.estimate == 0 and not len(found.curve_)
    assert any("fewer than 30" in text for text in found.left_out_)
    calls.loc[:4, ["is_resolved", "handle_seconds"]] = [False, 0]
    assert np.isnan(Patience().fit(calls).given_up_.estimate)  # five customers
    with pytest.raises(cx.NotEnough, match="no contact had to wait"):
        Patience().fit(calls.assign(wait_seconds=0))
    with pytest.raises(cx.NotEnough, match="fewer than 10 customers had to wait"):
        Patience().fit(calls.assign(customer_id=np.arange(200) % 9))
