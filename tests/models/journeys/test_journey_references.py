"""Every published figure of journeys, to its digits: event logs, a bank's calls, the attitude survey, and Johnson and Neyman's region."""

import numpy as np
import pandas as pd
import pytest
from paths import TESTS

import cxresearch as cx
from cxresearch.models import Effort, Jobs, Journey, Patience
from cxresearch.models.journeys.added_r2 import added_r2
from cxresearch.models.journeys.certain_region import certain_region
from cxresearch.models.journeys.markov_order import markov_order
from cxresearch.stats.clustered import clustered_difference, clustered_mean

LOGS = {"receipt": "2013-12-31", "helpdesk": "2014-12-31"}
ATTITUDE = pd.read_csv(TESTS / "reference" / "attitude.csv")  # R (Chatterjee & Price 1977)


def log(public_data, name):
    return cx.open(public_data / name, described_by=TESTS / "public" / name).interactions


@pytest.fixture
def calls(public_data):
    """Calls of February 1999 without those that hung up before they were queued; unknown callers are nobody."""
    rows = log(public_data, "bank_callcentre")
    return rows.filter(~rows.is_automated).mutate(customer_id=rows.customer_id.nullif("0"))


def steps(public_data, name):
    """Each case a journey, and clustered by case."""
    rows = log(public_data, name).drop("customer_id")
    return cx.features.journey_steps(rows, LOGS[name], months=None, of="case").to_pandas()


# ---------------------------------------------------------------- where customers go next


def test_helpdesk_is_a_journey(public_data):
    """Take in charge → Wait: 1,265 of 5,060 visits, clustered by case (.0058395), binomial (.0060873). G² 642.8781, df 269, n 21,348."""
    found = Journey().fit(steps(public_data, "helpdesk"))
    arcs = found.arcs_.set_index(["touchpoint", "goes_to"])
    wait = arcs.loc[("Take in charge ticket", "Wait")]
    assert (wait["n"], wait["visits"]) == (1265, 5060) and wait["share"] == 0.25
    assert wait["std_error"] == pytest.approx(0.0058395, abs=5e-7)
    assert wait["low"] < 0.25 - 1.9 * 0.0058 and wait["high"] > 0.25 + 1.9 * 0.0058
    assert arcs.loc[("Resolve ticket", "Closed"), "n"] == 4558
    assert (found.n_, found.customers_, found.journeys_, found.open_) == (21348, 4580, 4580, 0)
    assert found.order_.statistic == pytest.approx(642.8781, abs=5e-5)
    assert (found.order_.df, found.order_.n) == (269, 21348)
    assert not found.is_chain_ and np.isnan(found.chain_contacts_)
    assert any("picture and no model" in text for text in found.left_out_)
    assert any("clustered by case" in text for text in found.left_out_)
    assert found.contacts_per_journey_.estimate == pytest.approx(21348 / 4580)
    ways = found.ways_
    assert ways["journeys"].head(3).tolist() == [2366, 552, 228] and ways["way"].iloc[-1] == "all others"
    assert ways["journeys"].sum() == 4580


def test_receipt_is_a_journey(public_data):
    """T02 → T04: 1,119 of 1,368, .8179825 (.0110877; binomial .0104324). G² 2029.4712, df 465, n 8,577."""
    found = Journey().fit(steps(public_data, "receipt"))
    first = found.arcs_["touchpoint"].str[:3], found.arcs_["goes_to"].str[:3]
    arc = found.arcs_[(first[0] == "T02") & (first[1] == "T04")].iloc[0]
    assert (arc["n"], arc["visits"]) == (1119, 1368)
    assert arc["share"] == pytest.approx(0.8179825, abs=5e-8)
    assert arc["std_error"] == pytest.approx(0.0110877, abs=5e-7)
    assert found.order_.statistic == pytest.approx(2029.4712, abs=5e-5)
    assert (found.order_.df, found.order_.n, found.order_.method) == (465, 8577, "chi-squared")
    assert not found.is_chain_


def test_shuffles_say_what_chi_squared_says_where_both_may(public_data):
    """The statistic of a log whose next steps are dealt anew within each activity is no larger than it should be."""
    frame = steps(public_data, "helpdesk")
    rng = np.random.default_rng(5)
    dealt = frame.groupby("touchpoint")["goes_to"].transform(
        lambda s: s.sample(frac=1, random_state=rng).to_numpy()
    )
    assert markov_order(frame["came_from"], frame["touchpoint"], dealt).p > 0.01
    few = frame[frame["journey"].isin(frame["journey"].unique()[:40])]
    found = markov_order(few["came_from"], few["touchpoint"], few["goes_to"])
    assert found.method == "199 shuffles" and 0 < found.p <= 1


# ---------------------------------------------------------------- coming back


def test_who_calls_again_after_being_served_or_hanging_up(calls):
    """After AGENT .622389 (.016150), after HANG .770540 (.013483); unfollowed calls counted .625037; NE .965004 (.008594; 86 customers), PS (.014483), TT (.031411)."""
    known = calls.filter(calls.customer_id.notnull())
    found = cx.features.followed_contacts(known, "1999-02-28").to_pandas()
    assert (found["days_to_next"] <= 7).mean() == pytest.approx(0.625037, abs=5e-7)
    index = found[found["days_followed"] >= 7]
    again, served = (index["days_to_next"] <= 7).astype(float), index["is_resolved"].astype(bool)
    for inside, share, error in ((served, 0.622389, 0.016150), (~served, 0.770540, 0.013483)):
        mean = clustered_mean(again[inside], index.loc[inside, "customer_id"])
        assert (mean.estimate, mean.std_error) == pytest.approx((share, error), abs=5e-6)
    for kind, error in (("PS", 0.014483), ("NE", 0.008594), ("TT", 0.031411)):
        inside = index["touchpoint"] == kind
        mean = clustered_mean(again[inside], index.loc[inside, "customer_id"])
        assert mean.std_error == pytest.approx(error, abs=5e-6), kind
        assert kind != "NE" or mean.clusters == 86
    gap = clustered_difference(again, ~served, index["customer_id"])
    assert (gap.estimate, gap.std_error) == pytest.approx((0.148152, 0.017421), abs=5e-6)


def test_open_calls_counted_up_to_the_last_day(calls):
    """1 − Kaplan–Meier at 7 days of all calls of named customers: .647193."""
    from cxresearch.models.journeys.time_between import clustered_survival

    known = calls.filter(calls.customer_id.notnull())
    found = cx.features.followed_contacts(known, "1999-02-28").to_pandas()
    is_next = found["days_to_next"].notna()
    duration = found["days_to_next"].where(is_next, found["days_followed"]).astype(float)
    at = clustered_survival(
        duration.to_numpy(), is_next.to_numpy(), found["customer_id"].to_numpy(), [7]
    ).iloc[0]
    assert 1 - at["survival"] == pytest.approx(0.647193, abs=5e-7)
    assert at["std_error"] > 0.012  # independent calls would give about .005


@pytest.mark.parametrize(
    ("gap", "once", "error"),
    [(1, 0.782437, 0.006444), (3, 0.737217, 0.006167), (7, 0.722658, 0.006920), (14, 0.751965, 0.009443)],
)
def test_episodes_closed_by_silence(calls, gap, once, error):
    known = calls.filter(calls.customer_id.notnull())
    found = cx.features.episodes(known, "1999-02-28", None, gap, by="touchpoint").to_pandas()
    found = found[found["days_silent"] >= gap]
    share = clustered_mean((found["contacts"] == 1).astype(float), found["who"])
    assert (share.estimate, share.std_error) == pytest.approx((once, error), abs=5e-7)


def test_short_episodes_are_not_favoured(calls):
    """Counted by their first contact, with time to be over, a bank's episodes have more calls than counted by their last."""
    known = calls.filter(calls.customer_id.notnull())
    found = Jobs(gap=3).fit(cx.features.episodes(known, "1999-02-28", None, 3, by="touchpoint"))
    assert found.all_["contacts"].iloc[0] > 1.707328
    assert found.all_["net"].iloc[0] < found.all_["first"].iloc[0] < found.all_["success"].iloc[0]
    assert (
        "no contact names a job, so that the touchpoint of the first contact stands for it" in found.left_out_
    )


# ---------------------------------------------------------------- waiting, and hand-offs


def test_the_patience_of_a_banks_callers(calls):
    """lifelines 0.30.3: median patience 280 s, S(60) .821403, S(120) .710685, S(300) .487035; virtual wait 64 s; given up .178552, .218105 of the queued."""
    frame = calls.to_pandas().drop(columns="handle_seconds")
    found = Patience().fit(frame)
    assert (found.n_, found.queued_) == (33066, 18028)
    assert (found.patience_.estimate, found.offered_.estimate, found.wait_.estimate) == (280, 64, 50)
    at = found.curve_.set_index("time")["survival"]
    assert at.loc[[60, 120, 300]].tolist() == pytest.approx([0.821403, 0.710685, 0.487035], abs=5e-7)
    assert found.given_up_.estimate == pytest.approx(0.178552, abs=5e-7)
    assert found.given_up_of_queued_.estimate == pytest.approx(0.218105, abs=5e-7)
    lost = frame[(frame["wait_seconds"] > 0) & ~frame["is_resolved"].astype(bool)]["wait_seconds"]
    assert (round(lost.mean(), 2), lost.median()) == (
        66.05,
        43,
    )  # what the mean of those who hung up would have said
    assert (
        found.patience_.low < 280 < found.patience_.high and found.offered_.low <= 64 <= found.offered_.high
    )


@pytest.mark.parametrize(
    ("name", "pairs", "handed", "each"),
    [("receipt", 7143, 0.169117, 0.842398), ("helpdesk", 16768, 0.515744, 1.888210)],
)
def test_hand_offs_of_an_event_log(public_data, name, pairs, handed, each):
    found = Effort().fit(steps(public_data, name))
    assert found.pairs_ == pairs
    assert found.handed_.estimate == pytest.approx(handed, abs=5e-7)
    assert found.hand_offs_.estimate == pytest.approx(each, abs=1e-6)
    assert found.drivers_.empty and any("no contact has an effort score" in text for text in found.left_out_)


# ---------------------------------------------------------------- feelings, and the limit of automation


def test_what_complaints_add_in_the_attitude_survey():
    """R² .450670 → .708292; ΔR² .257621 (.088270); F(1, 26) 22.9618; partial R² .468974, .162194 to .627516."""
    process, felt = ATTITUDE[["learning", "raises"]], ATTITUDE[["complaints"]]
    found = added_r2(ATTITUDE["rating"], process, felt, np.arange(30))
    assert (found.without, found.full) == pytest.approx((0.450670, 0.708292), abs=5e-7)
    assert (found.estimate, found.std_error) == pytest.approx((0.257621, 0.088270), abs=5e-7)
    assert found.f == pytest.approx(22.9618, abs=5e-5) and found.df == (1, 26)
    assert (found.partial, found.partial_low, found.partial_high) == pytest.approx(
        (0.468974, 0.162194, 0.627516), abs=5e-7
    )


def test_the_region_of_johnson_and_neyman():
    """R's polyroot: .2779016 and .4786491; the turning point .375, by the delta method .0507993."""
    found = certain_region(0.30, -0.80, 0.0016, 0.0025, -0.0004)
    assert tuple(found[:4]) == pytest.approx((0.375, 0.2779016, 0.4786491, 0.0507993), abs=5e-8)
    assert found.kind == "two"


def test_a_slope_that_is_not_certain_bounds_nothing():
    assert (
        certain_region(0.30, -0.05, 0.0016, 0.0025, -0.0004).kind == "inside"
    )  # better over a range, with no turning point
    nowhere = certain_region(0.01, -0.01, 0.0016, 0.0025, -0.0004)
    assert nowhere.kind == "none" and np.isnan(nowhere.low)
    assert certain_region(0.3, 0.0, 0.0016, 0.0025, 0.0).kind in {"inside", "none"}
