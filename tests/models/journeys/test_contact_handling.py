"""How contacts are handled, without any rating: times, hand-offs and who has to come back, against published data and by simulation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import charts, readings
from cxresearch.models import ContactHandling
from cxresearch.report import record, withhold_cells
from cxresearch.stats.clustered import clustered_difference, clustered_mean, clustered_median
from tests.coverage.coverage_of_medians import share_held

PUBLIC = Path(__file__).parents[2] / "public"


def contacts(seed=0, n=3000, customers=600, worse=0.0):
    """Contacts that are followed with probability .3, at the touchpoint "b" `worse` more."""
    random = np.random.default_rng(seed)
    place = random.choice(list("abc"), n)
    back = random.random(n) < 0.3 + worse * (place == "b")
    return pd.DataFrame(
        {
            "touchpoint": place,
            "channel": random.choice(["face_to_face", "web"], n),
            "customer_id": random.integers(0, customers, n).astype(str),
            "wait_seconds": random.exponential(300, n),
            "days_followed": random.uniform(0, 365, n),
            "days_to_next": np.where(back, 3.0, np.nan),
        }
    )


# ---------------------------------------------------------------- published data


@pytest.fixture
def calls(public_data):
    """Calls of a bank's customers in February 1999 without those that hung up before they were queued."""
    ws = cx.open(public_data / "bank_callcentre", described_by=PUBLIC / "bank_callcentre")
    return ws.interactions.filter(~ws.interactions.is_automated)


def test_who_calls_again_within_a_week(calls):
    """10,159 calls of 3,480 named customers: .6420908 (.0143796); after hanging up .148152 (.017421) more than after being served."""
    found = cx.features.followed_contacts(calls.filter(calls.customer_id != "0"), "1999-02-28").to_pandas()
    index = found[found["days_followed"] >= 7]
    again = (index["days_to_next"] <= 7).astype(float)
    share = clustered_mean(again, index["customer_id"])
    assert (share.n, share.clusters) == (10159, 3480)
    assert share.estimate == pytest.approx(0.6420908, abs=5e-7)
    assert share.std_error == pytest.approx(0.0143796, abs=5e-7)
    gap = clustered_difference(again, ~index["is_resolved"].astype(bool), index["customer_id"])
    assert gap.estimate == pytest.approx(0.148152, abs=5e-6)
    assert gap.std_error == pytest.approx(0.017421, abs=5e-6)
    for kind, expected in (("PS", 0.606683), ("NE", 0.965004), ("TT", 0.533865)):
        assert again[index["touchpoint"] == kind].mean() == pytest.approx(expected, abs=5e-6)
    model = ContactHandling().fit(found)
    assert model.repeated_[0] == pytest.approx(0.6420908, abs=5e-7)
    assert model.followed_ == 10159 and model.unfollowed_ == len(found) - 10159
    ranked = model.repeats_.set_index("touchpoint")
    assert ranked.index[0] == "NE" and ranked.loc["NE", "stands"]


def test_how_long_calls_wait(calls):
    """Of 18,028 queued calls the median wait is 50 s and the mean 75.838 s."""
    queued = calls.filter(calls.wait_seconds > 0).to_pandas()
    assert len(queued) == 18028 and queued["wait_seconds"].mean() == pytest.approx(75.838, abs=5e-4)
    found = ContactHandling().fit(queued)
    one = found.channels_.iloc[0]
    assert 60 * one["wait"] == pytest.approx(50)
    assert one["wait_low"] <= one["wait"] <= one["wait_high"] < 1


@pytest.mark.parametrize(
    ("name", "day", "pairs", "handed"),
    [("receipt", "2013-12-31", 7143, 1208), ("helpdesk", "2014-12-31", 16768, 8648)],
)
def test_how_often_a_case_changes_hands(public_data, name, day, pairs, handed):
    rows = cx.open(public_data / name, described_by=PUBLIC / name).interactions
    rows = rows.mutate(
        interaction_id=rows.interaction_id.lpad(12, "0")
    )  # rows of a moment in the file's order
    found = cx.features.followed_contacts(rows, day, 120).to_pandas()["changes_hands"].dropna()
    assert (len(found), found.sum()) == (pairs, handed)


# ---------------------------------------------------------------- what is counted


def test_the_last_days_are_not_counted_and_are_said():
    frame = contacts()
    found = ContactHandling().fit(frame)
    is_followed = frame["days_followed"] >= 7
    assert found.followed_ == is_followed.sum() and found.unfollowed_ == (~is_followed).sum()
    assert found.repeated_[0] == pytest.approx(frame.loc[is_followed, "days_to_next"].notna().mean())
    text = readings.repeat_contacts(found, withhold_cells(found.cells_, "touchpoint", "channel")).text
    assert "of the last 7 days are not counted" in text


def test_contacts_of_nobody_are_no_repeats():
    """Calls of unknown callers look like those of one who calls all day."""
    frame = contacts()
    frame.loc[:1499, "customer_id"] = None
    found = ContactHandling().fit(frame)
    assert found.followed_ == (frame["customer_id"].notna() & (frame["days_followed"] >= 7)).sum()
    assert any("name no customer" in text for text in found.left_out_)
    frame["customer_id"] = None
    assert "no contact of a named customer was followed for 7 days" in ContactHandling().fit(frame).left_out_


def test_a_touchpoint_that_leads_to_more_contacts_is_named_and_no_other():
    found = ContactHandling().fit(contacts(worse=0.2))
    named = found.repeats_[found.repeats_["stands"] & (found.repeats_["low"] > 0)]
    assert named["touchpoint"].tolist() == ["b"]
    text = readings.repeat_contacts(found, withhold_cells(found.cells_, "touchpoint", "channel")).text
    assert (
        "Followed more often than all other touchpoints together, after correction for 3 comparisons: b (+"
        in text
    )


def test_a_touchpoint_after_which_nobody_came_back_is_no_proof():
    """Twelve contacts of which none was followed, against one in ten of the others: that is chance."""
    frame = contacts().assign(days_followed=30.0, touchpoint="b")
    frame["days_to_next"] = np.where(np.arange(len(frame)) % 10 == 3, 3.0, np.nan)
    few = frame.index[frame["days_to_next"].isna()][:12]
    frame.loc[few, "touchpoint"] = "a"
    frame.loc[few, "customer_id"] = [f"new {k}" for k in range(12)]
    assert not ContactHandling().fit(frame).repeats_["stands"].any()


def test_touchpoints_alike_are_rarely_called_different():
    named = sum(ContactHandling().fit(contacts(seed, 600)).repeats_["stands"].any() for seed in range(60))
    assert named <= 8  # 5 % of 60 is 3; more than 8 has a chance below one in 200


def test_intervals_of_medians_and_differences_hold_the_truth():
    exact, _, gap = share_held(60, 300)
    assert exact >= 0.91 and gap >= 0.91


def test_a_median_of_rows_alike_and_of_one_customer():
    alike = clustered_median([5.0] * 30)
    assert tuple(alike) == (5.0, 5.0, 5.0)
    assert np.isnan(clustered_median([1.0, 2.0], ["a", "a"]).low)
    with pytest.raises(ValueError, match="empty"):
        clustered_median([])


# ---------------------------------------------------------------- what is missing, and what may be shown


def test_what_contacts_do_not_record_is_said():
    found = ContactHandling().fit(contacts().drop(columns=["wait_seconds"]))
    assert found.measures_ == ["repeated"]
    assert found.left_out_[:2] == ["no contact has a waiting time", "no contact has a handling time"]
    with pytest.raises(cx.NotEnough, match="record no times"):
        ContactHandling().fit(contacts()[["touchpoint", "channel"]])
    with pytest.raises(cx.NotEnough, match="there are no contacts"):
        ContactHandling().fit(contacts().head(0))


def test_a_share_of_a_handful_of_customers_is_shown_nowhere():
    frame = contacts(n=400, customers=400)
    few = frame.index[(frame["touchpoint"] == "a") & (frame["days_followed"] >= 7)][:4]
    frame["days_to_next"] = np.where(frame.index.isin(few) | (frame["touchpoint"] != "a"), 3.0, np.nan)
    found = ContactHandling().fit(frame)
    assert found.touchpoints_.set_index("touchpoint").loc["a", "repeated"] != found.repeated_[0]
    assert np.isnan(found.touchpoints_.set_index("touchpoint").loc["a", "repeated"])
    cells = withhold_cells(found.cells_, "touchpoint", "channel")
    assert "–" in charts.handling_map(cells, found).numbers.to_string()


def test_what_a_page_shows():
    found = ContactHandling().fit(contacts(worse=0.2))
    cells = withhold_cells(found.cells_, "touchpoint", "channel")
    figure = charts.handling_map(cells, found)
    assert "share of contacts followed by another within 7 days" in figure.alt and "%" in figure.alt
    table = readings.handling_table(cells, found, "Handling").text
    assert "face to face" in table and "back within 7 days" in table and "nan" not in table
    shown = record(found.summary(), "Handling, by channel").text
    assert "web: followed by another within 7 days" in shown and "nan" not in shown
    waits = ContactHandling().fit(contacts().drop(columns="days_to_next"))
    figure = charts.handling_map(withhold_cells(waits.cells_, "touchpoint", "channel"), waits)
    assert "median minutes waited" in figure.alt
    text = readings.repeat_contacts(waits, withhold_cells(waits.cells_, "touchpoint", "channel")).text
    assert text.startswith("The longest median wait is at") and "another" not in text


# ---------------------------------------------------------------- as of a day


def test_what_came_later_follows_nothing(workspace):
    frame = pd.DataFrame(
        {"interaction_id": ["a", "b", "c"], "customer_id": "1", "touchpoint": "fault", "channel": "phone"}
    )
    frame["started_at"] = ["2026-09-10T08:00:00Z", "2026-09-12T08:00:00Z", "2026-10-01T08:00:00Z"]
    rows = workspace(interactions=frame.to_csv(index=False)).interactions
    found = cx.features.followed_contacts(rows, "2026-09-30").to_pandas()
    assert found["interaction_id"].tolist() == ["a", "b"]
    assert found["days_to_next"].tolist()[0] == 2 and np.isnan(found["days_to_next"].tolist()[1])
    assert found["days_followed"].tolist() == pytest.approx([20 + 16 / 24, 18 + 16 / 24])
