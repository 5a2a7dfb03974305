"""Contacts as journeys: published counts, ties, censoring, and nothing that came after the day."""

import numpy as np
import pandas as pd
import pytest
from paths import TESTS

import cxresearch as cx
from tests.company import other_future, small, stored

DAY = "2026-03-31"
LOGS = {  # events, cases, activities, pairs, transitions, variants, the most frequent, hand-offs
    "receipt": ("2013-12-31", 8577, 1434, 27, 99, 7143, 116, [713, 123, 116], 1208),
    "helpdesk": ("2014-12-31", 21348, 4580, 14, 55, 16768, 226, [2366, 552, 228], 8648),
}


def log(public_data, name):
    return cx.open(public_data / name, described_by=TESTS / "public" / name).interactions


def contacts(**columns):
    """Contacts of the same moment in the order of their rows unless a moment is given."""
    n = len(next(iter(columns.values())))
    rows = {
        "interaction_id": [str(k) for k in range(1, n + 1)],
        "customer_id": ["1"] * n,
        "touchpoint": ["a"] * n,
    }
    rows |= {"channel": ["phone"] * n, "started_at": ["2026-01-10 12:00:00"] * n} | columns
    return pd.DataFrame(rows)


def table(frame, workspace):
    return workspace(interactions=frame.to_csv(index=False)).interactions


# ---------------------------------------------------------------- published counts


@pytest.mark.parametrize("name", LOGS)
def test_an_event_log_has_the_published_graph_and_ways(public_data, name):
    """pm4py 2.7.23 and a count of one's own agree on these (van der Aalst 2016 for the definitions)."""
    day, events, cases, activities, pairs, moves, ways, top, handed = LOGS[name]
    steps = cx.features.journey_steps(log(public_data, name), day, months=None, of="case")
    frame = steps.to_pandas()
    assert (len(frame), frame["journey"].nunique(), frame["touchpoint"].nunique()) == (
        events,
        cases,
        activities,
    )
    assert frame["is_followed"].all() and (frame["goes_to"] == "$").sum() == cases
    counted = cx.features.transitions(steps).to_pandas()
    inner = counted[(counted["touchpoint"] != "^") & (counted["goes_to"] != "$")]
    assert (len(inner), inner["n"].sum()) == (pairs, moves)
    assert counted.loc[counted["touchpoint"] == "^", "n"].sum() == cases
    found = cx.features.variants(steps).to_pandas()
    assert (len(found), found["journeys"].head(3).tolist()) == (ways, top)
    assert found["journeys"].sum() == cases
    assert frame["changes_hands"].sum() == handed


def test_the_named_transitions_of_both_logs(public_data):
    for name, expected in {
        "receipt": {("T04", "T05"): 1177, ("T06", "T10"): 1165, ("T02", "T04"): 1119, ("Confirmation", "T02"): 1079},
        "helpdesk": {("Resolve", "Closed"): 4558, ("Assign", "Take"): 4160, ("Take", "Resolve"): 3563, ("Take", "Wait"): 1265},
    }.items():  # fmt: skip
        steps = cx.features.journey_steps(log(public_data, name), LOGS[name][0], months=None, of="case")
        counted = cx.features.transitions(steps).to_pandas()
        both = counted["touchpoint"].str.split().str[0], counted["goes_to"].str.split().str[0]
        for pair, n in expected.items():
            assert counted.loc[(both[0] == pair[0]) & (both[1] == pair[1]), "n"].max() == n


@pytest.mark.parametrize(
    ("gap", "n", "each", "once", "served"),
    [
        (1, 8108, 1.615565, 0.782437, 0.688579),
        (3, 6591, 1.707328, 0.737217, 0.646184),
        (7, 4078, 1.527219, 0.722658, 0.638794),
        (14, 2036, 1.394401, 0.751965, 0.663063),
    ],
)
def test_episodes_of_a_bank(public_data, gap, n, each, once, served):
    calls = log(public_data, "bank_callcentre")
    calls = calls.filter(~calls.is_automated, calls.customer_id != "0")
    found = cx.features.episodes(calls, "1999-02-28", None, gap, by="touchpoint").to_pandas()
    found = found[found["days_silent"] >= gap]
    single = found["contacts"] == 1
    assert len(found) == n
    assert found["contacts"].mean() == pytest.approx(each, abs=1e-6)
    assert single.mean() == pytest.approx(once, abs=1e-6)
    assert (single & found["resolved_first"]).mean() == pytest.approx(served, abs=2e-6)


# ---------------------------------------------------------------- order and censoring


def test_contacts_of_one_moment_follow_their_sequence_then_their_keys(workspace):
    frame = contacts(touchpoint=[*"abcdefghijk"])  # keys 1 to 11: 10 comes after 9
    found = cx.features.journey_steps(table(frame, workspace), "2026-06-30").to_pandas()
    assert "".join(found["touchpoint"]) == "abcdefghijk"


def test_a_sequence_decides_before_the_key(workspace):
    frame = contacts(touchpoint=["a", "b", "c"], sequence=[3, 1, 2])
    found = cx.features.journey_steps(table(frame, workspace), "2026-06-30").to_pandas()
    assert found["touchpoint"].tolist() == ["b", "c", "a"]
    ways = cx.features.variants(cx.features.journey_steps(table(frame, workspace), "2026-06-30")).to_pandas()
    assert list(ways["way"][0]) == ["b", "c", "a"]


def test_what_the_last_days_lead_to_is_not_known(workspace):
    frame = contacts(started_at=["2026-05-01 12:00:00", "2026-06-20 12:00:00", "2026-06-25 12:00:00"])
    found = cx.features.journey_steps(table(frame, workspace), "2026-06-30").to_pandas()
    assert found["goes_to"].fillna("?").tolist() == ["$", "a", "?"]
    assert found["is_followed"].tolist() == [True, False, False]
    counted = cx.features.transitions(
        cx.features.journey_steps(table(frame, workspace), "2026-06-30")
    ).to_pandas()
    assert counted[["touchpoint", "goes_to", "n"]].to_numpy().tolist() == [["^", "a", 1], ["a", "$", 1]]


def test_a_journey_that_began_before_the_months_keeps_its_steps(workspace):
    frame = contacts(touchpoint=["a", "b"], started_at=["2026-05-29 12:00:00", "2026-06-02 12:00:00"])
    found = cx.features.journey_steps(table(frame, workspace), "2026-06-30", months=1).to_pandas()
    assert found[["came_from", "touchpoint", "position"]].to_numpy().tolist() == [["a", "b", 2]]


def test_contacts_of_nobody_are_journeys_of_their_case_or_their_own(workspace):
    frame = contacts(customer_id=[None] * 3, case_id=["x", "x", None])
    found = cx.features.journey_steps(table(frame, workspace), "2026-06-30").to_pandas()
    assert found["who"].tolist() == ["3", "x", "x"]
    some = cx.features.episodes(table(frame, workspace), "2026-06-30").to_pandas()
    assert some["contacts"].tolist() == [2, 1] and some["recontact"].isna().all()


def test_an_event_log_without_customers_has_its_cases(workspace):
    frame = contacts(case_id=["x", "x", "y"]).drop(columns="customer_id")
    rows = table(frame, workspace)
    found = cx.features.journey_steps(rows, "2026-06-30", of="case").to_pandas()
    assert found["who"].tolist() == ["x", "x", "y"] and found["customer_id"].isna().all()


def test_episodes_close_by_silence_and_know_what_came_after(workspace):
    frame = contacts(
        case_id=["x", "x", "x", "y"], agent_id=["1", "2", "2", "1"], is_resolved=[False, True, False, True],
        is_transferred=[True, False, False, False], wait_seconds=[10, 20, None, 40],
        started_at=["2026-05-01 12:00:00", "2026-05-03 12:00:00", "2026-05-20 12:00:00", "2026-05-22 12:00:00"],
    )  # fmt: skip
    found = cx.features.episodes(table(frame, workspace), "2026-05-31").to_pandas()
    assert found["episode"].tolist() == ["1", "3", "4"]
    assert found["contacts"].tolist() == [2, 1, 1] and found["days"].tolist() == [2, 0, 0]
    assert found["resolved_first"].tolist() == [False, False, True] and found["resolved"].tolist() == [
        True,
        False,
        True,
    ]
    assert found["hand_offs"].tolist() == [1, 0, 0] and found["pairs"].tolist() == [1, 0, 0]
    assert found["transfers"].tolist() == [1, 0, 0] and found["wait_seconds"].fillna(-1).tolist() == [
        30,
        -1,
        40,
    ]
    assert found["recontact"].fillna(-1).tolist() == [17, 2, -1]
    assert found["came_back"].tolist() == [False, True, False]


def test_what_cannot_be_is_refused(workspace):
    rows = table(contacts(touchpoint=["a"]), workspace)
    with pytest.raises(ValueError, match="of is 'agent'"):
        cx.features.journey_steps(rows, DAY, of="agent")
    with pytest.raises(ValueError, match="silence is 0"):
        cx.features.journey_steps(rows, DAY, silence=0)
    with pytest.raises(ValueError, match="gap is -1"):
        cx.features.episodes(rows, DAY, gap=-1)
    with pytest.raises(ValueError, match="by is 'colour'"):
        cx.features.episodes(rows, DAY, by="colour")


# ---------------------------------------------------------------- what came before and after


def test_a_journey_knows_its_past_and_what_its_customer_did_afterwards(workspace):
    days = ["2024-11-25", "2025-01-10", "2025-06-01", "2025-06-03", "2025-12-01"]
    ws = workspace(
        interactions=contacts(
            touchpoint=list("abcde"), started_at=[f"{day} 12:00:00" for day in days]
        ).to_csv(index=False),
        contracts="contract_id,customer_id,started_on,ended_on\n1,1,2024-01-01,2026-01-15\n",
        orders="order_id,customer_id,ordered_at,amount\n1,1,2025-01-01,30\n2,1,2025-06-20,100\n3,1,2025-06-03,7\n4,1,2026-01-01,5\n",
    )
    found = cx.features.customer_journeys(ws, DAY).to_pandas()
    assert found["contacts"].tolist() == [2, 1] and found["prior_contacts"].tolist() == [2, 3]
    assert found["has_left"].tolist() == [False, True]
    assert found["spend_change"].fillna(-1).tolist() == [70, -1]  # not yet followed for half a year


def test_the_first_answer_after_a_contact_counts_and_none_of_its_day(workspace):
    ws = workspace(
        interactions=contacts(touchpoint=["a"], started_at=["2025-06-01 12:00:00"]).to_csv(index=False),
        survey_responses="response_id,customer_id,responded_at,recommend\n1,1,2025-05-31,1\n2,1,2025-06-01,2\n3,1,2025-06-09,8\n"
        "4,1,2025-06-09,9\n5,1,2025-07-01,10\n",
    )
    found = cx.features.loyalty_after(ws, DAY).to_pandas()
    assert found["recommend_after"].tolist() == [8.5] and found["has_left"].isna().all()


def test_stages_of_a_contract_and_of_the_shop(workspace):
    ws = workspace(
        interactions=contacts(
            touchpoint=["fault"], started_at=["2025-09-20 12:00:00"], is_resolved=["false"]
        ).to_csv(index=False),
        contracts="contract_id,customer_id,started_on,ended_on\n1,1,2025-03-05,2025-11-15\n2,1,2026-02-10,\n",
        orders="order_id,customer_id,ordered_at\n1,2,2024-01-01\n2,2,2025-04-20\n3,2,2025-06-01\n",
    )
    stages = cx.features.life_stages(ws, DAY, 13).to_pandas()
    one = stages[stages["customer_id"] == "1"]
    assert one["stage"].tolist() == [
        "won", *["on-boarding"] * 3, *["regular"] * 2, *["at risk"] * 2, *["lapsed"] * 3, *["won back"] * 2,
    ]  # fmt: skip
    assert one["next_stage"].tolist()[:-1] == one["stage"].tolist()[1:] and one["next_stage"].isna().iloc[-1]
    assert one["touchpoint"].notna().tolist() == [k == 6 for k in range(13)]
    two = stages[stages["customer_id"] == "2"].set_index("month")["stage"]
    assert two.tolist() == ["lapsed", *["won back"] * 4, *["regular"] * 3, *["at risk"] * 5]


# ---------------------------------------------------------------- as of a day


def test_another_future_changes_nothing(tmp_path):
    ws, frames = small(tmp_path / "one", 100)
    other = stored(other_future(frames, DAY, 1), tmp_path / "two")
    for make in (
        lambda w: cx.features.journey_steps(w.interactions, DAY),
        lambda w: cx.features.journey_steps(w.interactions, DAY, None, of="case"),
        lambda w: cx.features.episodes(w.interactions, DAY),
        lambda w: cx.features.transitions(cx.features.journey_steps(w.interactions, DAY)),
        lambda w: cx.features.customer_journeys(w, DAY),
        lambda w: cx.features.loyalty_after(w, DAY),
        lambda w: cx.features.life_stages(w, DAY, 3),
    ):
        one, two = make(ws).to_pandas(), make(other).to_pandas()
        assert len(one) and np.array_equal(one.columns, two.columns)
        pd.testing.assert_frame_equal(one, two)
