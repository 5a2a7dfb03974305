"""Which groups of contracts leave in larger numbers, and which only sooner: what is compared, and what the page says of it."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import NotEnough
from cxresearch.models import ShareAndSpeed


def spells(n=2000, seed=1, leave=(30, 30), die=(60, 60), other="died"):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    time = [rng.exponential(np.take(mean, group)) for mean in (leave, die)]
    first, lost = np.minimum(*time), rng.uniform(6, 48, n)
    reason = np.where(first > lost, None, np.where(time[0] < time[1], "cancelled", other))
    table = pd.DataFrame({"duration": np.ceil(np.minimum(first, lost)), "entry": 0, "end_reason": reason})
    return table.assign(
        is_over=table["end_reason"].notna(), has_ended=table["end_reason"] == "cancelled", segment=np.take(["home", "firm"], group),
        has_term=rng.random(n) < 0.5, region="north",
    )  # fmt: skip


def test_ends_that_are_not_leaving_compete_with_it():
    found = ShareAndSpeed().fit(spells(leave=(30, 30), die=(60, 8)))
    term = found.terms_.set_index("label").loc["segment: home"]
    assert found.way_ == "leaving" and term["is_announced"] and term["low"] > 1.3
    assert found.left_out_ == ["region is left out: one value only"]
    gray = found.gray_.set_index("attribute")["is_announced"]
    assert gray.to_dict() == {"having a term": False, "segment": True}
    text = cx.readings.share_and_speed(found).text
    assert text.startswith(
        "The share of contracts that leave differs by segment, not clearly by having a term (Gray’s test)."
    )
    assert "segment: home × " in text and "in share, × " in text and "associations" in text


def test_where_every_end_is_leaving_the_commonest_reason_is_compared():
    rows = spells(other=None)
    rows = rows.assign(is_over=rows["is_over"] | (rows["duration"] < 10), end_reason=rows["end_reason"])
    found = ShareAndSpeed().fit(rows.assign(has_ended=rows["is_over"]))
    assert found.way_ == "cancelled"
    assert "end as “cancelled”" in cx.readings.share_and_speed(found).text


def test_groups_that_are_alike_are_not_announced():
    told = [ShareAndSpeed().fit(spells(600, seed)) for seed in range(20)]
    assert sum(found.terms_["is_announced"].any() or found.gray_["is_announced"].any() for found in told) <= 4
    quiet = next(
        found
        for found in told
        if not found.gray_["is_announced"].any() and not found.terms_["is_announced"].any()
    )
    text = cx.readings.share_and_speed(quiet).text
    assert (
        "No difference in the share of contracts that leave is beyond chance" in text
        and "No single group stands out" in text
    )


def test_contracts_seen_late_are_not_compared():
    rows = spells()
    late = rows.assign(entry=1.0, segment="late", duration=rows["duration"] + 1)
    both = ShareAndSpeed().fit(pd.concat([rows, late], ignore_index=True))
    pd.testing.assert_frame_equal(both.summary(), ShareAndSpeed().fit(rows).summary())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"entry": 3}, "fewer than 30 contracts seen from their beginning"),
        ({"end_reason": "cancelled", "has_ended": True, "is_over": True}, "hardly anything competes"),
        ({"segment": "one", "has_term": True}, "no attribute tells contracts apart"),
        ({"is_over": False, "has_ended": False, "end_reason": None}, "fewer than 30 contracts seen"),
    ],
)
def test_too_little_is_said_to_be_so(change, why):
    with pytest.raises(NotEnough, match=why):
        ShareAndSpeed().fit(spells().assign(**change))
    with pytest.raises(NotEnough, match="fewer than 30"):
        ShareAndSpeed().fit(spells().iloc[:0])


def test_amounts_of_nothing_else_are_needed():
    bare = spells().drop(columns=["region", "has_term"])
    assert ShareAndSpeed().fit(bare).terms_["label"].tolist() == ["segment: home"]
