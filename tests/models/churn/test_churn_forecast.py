"""The forecast with its backtest, what may be announced, whom to interview, and the pictures of both."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.models.churn.at_risk import _expected
from cxresearch.models.churn.interview_sample import allocate
from cxresearch.stats.interval import Interval


def rows(n=1500, dates=4, effect=1.0, seed=4):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": np.tile([f"c{i:05}" for i in range(n)], dates),
            "as_of": np.repeat(pd.date_range("2025-12-31", periods=dates, freq="QE").date, n),
            "due_on": np.repeat(pd.date_range("2026-03-31", periods=dates, freq="QE").date, n),
            "visits": random.poisson(3, n * dates).astype(float),
            "plan": random.choice(["basic", "gold"], n * dates),
        }
    )
    chance = 0.2 * np.exp(-effect * frame["visits"] / 2) if effect else np.full(len(frame), 0.06)
    frame["has_left"] = pd.array(random.random(len(frame)) < chance, dtype="boolean")
    frame.loc[frame["as_of"] == frame["as_of"].max(), "has_left"] = pd.NA
    return frame


def test_it_is_judged_on_the_latest_date_it_has_not_seen():
    frame = rows()
    forecast = cx.models.ChurnForecast().fit(frame)
    assert (
        forecast.judged_["customer_id"].tolist()
        == frame.loc[frame["as_of"] == sorted(set(frame["as_of"]))[-2], "customer_id"].tolist()
    )
    # a model learnt without that date says exactly the same of it
    known = frame.dropna(subset="has_left")
    last = known["as_of"] == known["as_of"].max()
    y, when = known["has_left"].astype(int), known["as_of"].astype(str)
    alone = cx.models.ChurnClassifier(repeats="keep").fit(
        known.loc[~last, ["visits", "plan"]], y[~last], when[~last]
    )
    said = alone.predict_proba(known.loc[last, ["visits", "plan"]])[:, 1]
    assert np.array_equal(forecast.judged_["probability"], said)
    assert len(forecast.today_) == 1500
    assert forecast.today_["probability"].is_monotonic_decreasing
    assert "calibrated on 1,500 rows of 2026-06-30" in forecast.final_.split_
    assert forecast.final_.interactions == forecast.model_.margin_.interactions  # of the kind that was judged


def test_of_very_many_rows_a_share_is_learnt_from_and_its_cost_is_told(monkeypatch):
    whole = cx.models.ChurnForecast().fit(rows(n=3000))
    assert whole.sampling_ == ""
    monkeypatch.setattr("cxresearch.models.churn.forecast.MOST_LEAVERS", 100)
    some = cx.models.ChurnForecast(most_rows=2500).fit(rows(n=3000))
    learnt, of = map(int, re.findall("random ([0-9,]+) of ([0-9,]+)", some.sampling_.replace(",", ""))[0])
    assert of == 6000 and 2200 < learnt < 2800
    assert "as many it ranks those tested by" in some.sampling_
    assert len(some.judged_) == len(whole.judged_) == 3000 and len(some.today_) == len(whole.today_)
    assert abs(some.scores_.auc_.estimate - whole.scores_.auc_.estimate) < 0.03
    monkeypatch.setattr("cxresearch.models.churn.forecast.MOST_LEAVERS", 10**6)
    assert (
        cx.models.ChurnForecast(most_rows=10).fit(rows(n=3000)).sampling_ == ""
    )  # too few leavers to leave any aside


def test_one_date_is_split_at_random_and_says_so():
    frame = rows(dates=2).query("has_left.notna()").assign(due_on=None)
    forecast = cx.models.ChurnForecast().fit(frame)
    assert "drawn at random because all rows are of 2025-12-31 (so time is not tested)" in forecast.split_
    assert forecast.final_ is forecast.model_
    assert len(forecast.today_) == 0
    stayed = forecast.judged_.query("has_left == 0")
    assert forecast.customers_["customer_id"].tolist() == stayed["customer_id"].tolist()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda f: f.iloc[:0], "nobody was a customer"),
        (lambda f: f.iloc[:, :3].assign(has_left=True), "nothing is known of the customers"),
        (
            lambda f: f.iloc[:, :3].assign(has_left=f["has_left"], plan="basic"),
            "no feature has more than one value",
        ),
        (
            lambda f: f.assign(has_left=pd.array([pd.NA] * len(f), dtype="boolean")),
            "no date whose outcome is known",
        ),
        (lambda f: f.assign(has_left=f["has_left"] & (f["visits"] > 9)), "too few customers have left"),
        (lambda f: f.assign(has_left=f["has_left"] | True), "all customers have left"),
    ],
)
def test_when_nothing_can_be_judged(change, why):
    with pytest.raises(cx.NotEnough, match=why) as refusal:
        cx.models.ChurnForecast().fit(change(rows(600)))
    assert not str(refusal.value).endswith(".")


def test_leavers_of_the_last_learnt_date_alone_are_not_enough():
    frame = rows(600, effect=0)
    first = frame["as_of"] == frame["as_of"].min()
    with pytest.raises(cx.NotEnough, match="nobody left, or everybody did, before 2026-03-31"):
        cx.models.ChurnForecast().fit(frame.assign(has_left=frame["has_left"] & ~first))


def test_no_reason_is_given_where_the_ranking_is_chance():
    forecast = cx.models.ChurnForecast().fit(rows(effect=0))
    assert not forecast.scores_.is_better_than_chance_
    assert len(forecast.importance()) == 0


def test_rates_count_leavers_by_date_and_drop_copies_of_flat_files_only():
    frame = rows(600)
    rates = cx.models.ChurnRates().fit(frame)
    known = frame.dropna(subset="has_left")
    assert (rates.n_, rates.n_open_, rates.copies_) == (1800, 600, 0)
    assert rates.n_events_ == known["has_left"].sum()
    assert rates.features_ == ["visits", "plan"]
    assert rates.latest_ == known["as_of"].max()
    assert rates.summary()["estimate"].tolist() == pytest.approx(
        known.groupby("as_of")["has_left"].mean().tolist()
    )
    random = np.random.default_rng(0)
    flat = known.head(600).assign(due_on=None, spend=random.normal(size=600), income=random.normal(size=600))
    twice = pd.concat([flat, flat.head(50).assign(customer_id="again")])
    assert cx.models.ChurnRates().fit(twice).copies_ == 50
    assert len(cx.models.ChurnRates().fit(twice).rows_) == 600
    assert cx.models.ChurnRates().fit(twice.assign(due_on="2026-03-31")).copies_ == 0
    unknown = cx.models.ChurnRates().fit(frame.assign(has_left=None))
    assert len(unknown.summary()) == 0 and unknown.latest_ == frame["as_of"].max()
    with pytest.raises(cx.NotEnough, match="nobody was a customer"):
        cx.models.ChurnRates().fit(frame.head(0))


def test_customers_at_risk_are_those_above_their_own_break_even():
    forecast, costs = cx.models.ChurnForecast().fit(rows()), cx.models.ContactProfit()
    today = forecast.today_
    worth = cx.models.CustomerWorth(400).fit()
    risk = cx.models.CustomersAtRisk().fit(forecast, worth, costs)
    pays = today[today["probability"] > float(costs.break_even(400))]
    assert 0 < len(pays) < 1500
    assert risk.contacts_["customer_id"].tolist() == pays["customer_id"].tolist()
    assert (risk.contacts_["expected_profit"] >= 0).all()
    assert risk.expected_.estimate == pytest.approx(today["probability"].sum())
    assert risk.top_risk_ == pytest.approx(today["probability"].head(150).mean())
    riskiest, second, safest = today["customer_id"].iloc[[0, 1, -1]]
    worth.source_, worth.customers_ = "contracts", pd.Series(400.0, today["customer_id"]).drop(second)
    worth.customers_[safest], worth.customers_[riskiest] = 1e6, 5.0
    own = cx.models.CustomersAtRisk().fit(forecast, worth, costs)
    assert own.contacts_["customer_id"].iloc[0] == safest and riskiest not in set(
        own.contacts_["customer_id"]
    )
    assert own.unknown_ == 1 and second not in set(own.contacts_["customer_id"])
    unpriced = cx.models.CustomersAtRisk().fit(forecast, cx.models.CustomerWorth().fit(), costs)
    assert not unpriced.is_priced_ and "expected_profit" not in unpriced.contacts_
    assert unpriced.contacts_["customer_id"].tolist() == today["customer_id"].head(150).tolist()
    kept = risk.forecasts()
    assert len(kept) == 1500 and list(kept) == ["unit_id", "due_on", "probability"]
    assert len(risk.forecasts(gap_days=7)) == 0  # the ledger counts from the next day on
    forecast.today_ = today.assign(due_on=None)
    undated = cx.models.CustomersAtRisk().fit(forecast, cx.models.CustomerWorth(400).fit(), costs)
    assert undated.due_on_ == [] and len(undated.forecasts()) == 0
    forecast.today_ = today.head(0)
    with pytest.raises(cx.NotEnough, match="nobody left to contact"):
        cx.models.CustomersAtRisk().fit(forecast, worth, costs)


def test_a_leak_is_left_out_by_name_and_the_forecast_goes_on():
    frame = rows()
    leak = frame["has_left"].fillna(False).astype(float) + np.random.default_rng(0).normal(0, 0.1, len(frame))
    found = cx.models.ChurnForecast().fit(frame.assign(goodbye_call=leak))
    assert found.left_out_[0].startswith("goodbye_call is left out: it alone tells who left")
    assert "goodbye_call" not in found.features_
    honest = cx.models.ChurnForecast().fit(frame)
    pd.testing.assert_frame_equal(found.judged_, honest.judged_)
    assert found.today_["probability"].tolist() == honest.today_["probability"].tolist()
    assert "goodbye_call" in cx.readings.churn_scores(found).text
    assert "leave_out" in cx.readings.churn_scores(found).text
    with pytest.raises(cx.NotEnough, match="every feature knows the outcome"):
        cx.models.ChurnForecast().fit(frame.drop(columns=["visits", "plan"]).assign(goodbye_call=leak))


def test_drivers_are_announced_only_with_a_ranking_that_holds():
    random = np.random.default_rng(2)
    paid = random.integers(0, 2, 3000)
    months = random.geometric(0.02 * np.exp(0.7 * paid))
    X = pd.DataFrame({"paid": paid, "north": random.integers(0, 2, 3000)})
    hazard = cx.models.ChurnHazard().fit(np.minimum(months, 36), (months <= 36).astype(int), X)
    found = cx.models.ChurnDrivers().fit(hazard, True)
    assert found.announced_ == ["odds ratio, paid"]
    assert cx.models.ChurnDrivers().fit(hazard, False).announced_ == []


def test_hazard_columns_pool_what_is_too_small():
    frame = pd.DataFrame(
        {"region": ["north"] * 60 + ["south"] * 36 + ["isle"] * 4, "vip": [True] * 3 + [False] * 97}
    )
    kept, out = cx.models.hazard_columns(frame, np.r_[np.ones(90), np.zeros(10)])
    assert list(kept) == ["region"]
    assert list(kept["region"].cat.categories) == ["north", "south"]
    assert out == ["vip is left out: fewer than 10 leavers on one side"]


def test_neymans_allocation():
    # Cochran (1977), Sampling Techniques, 5.5: n_h ∝ N_h S_h
    assert allocate([400, 300, 200], [10, 20, 30], 80).tolist() == [20, 30, 30]


@given(
    st.lists(st.tuples(st.integers(0, 500), st.floats(0, 5)), min_size=3, max_size=3),
    st.integers(1, 400),
    st.integers(0, 20),
)
def test_an_allocation_is_whole_complete_and_possible(strata, n, fewest):
    sizes, spread = (np.array(part) for part in zip(*strata, strict=True))
    drawn = allocate(sizes, spread, n, fewest)
    assert drawn.sum() == min(n, sizes.sum())
    assert ((drawn >= 0) & (drawn <= sizes)).all()
    if np.minimum(sizes, fewest).sum() <= n:
        assert (drawn >= np.minimum(sizes, fewest)).all()


def test_interviews_are_drawn_by_chance_and_weighted_back():
    risk = np.r_[np.full(200, 0.3), np.full(500, 0.08), np.full(1300, 0.01)]
    names = np.array([f"c{i:04}" for i in range(2000)])
    found = cx.models.InterviewSample(60).fit(names, risk)
    assert len(found.rows_) == 60
    assert found.rows_["customer_id"].is_unique
    assert found.rows_["weight"].sum() == pytest.approx(2000)
    assert found.summary()["metric"].tolist() == [f"interviews, {s}" for s in found.strata_["stratum"]]
    again = cx.models.InterviewSample(60).fit(names[::-1], risk[::-1])
    assert again.rows_.equals(found.rows_)  # whatever the order of the table
    asked, leavers = (
        found.strata_["interviews"],
        found.strata_["leavers"],
    )  # 60, 40 and 13 are expected to leave
    assert asked.tolist() == [32, 21, 7]
    assert (asked / 60).to_numpy() == pytest.approx((leavers / leavers.sum()).to_numpy(), abs=0.01)
    few = cx.models.InterviewSample(60).fit(names, np.where(risk < 0.05, 1e-4, risk))
    assert few.strata_["interviews"].iloc[2] == 5  # those who stay are heard too
    with pytest.raises(cx.NotEnough, match="no customers to interview"):
        cx.models.InterviewSample().fit([], [])
    with pytest.raises(ValueError, match="customer_id occurs twice"):
        cx.models.InterviewSample().fit(["a", "a"], [0.1, 0.2])


def test_scores_against_a_base_rate_known_beforehand():
    random = np.random.default_rng(0)
    p = random.beta(1, 9, 3000)
    y = (random.random(3000) < p).astype(int)
    found = cx.models.ChurnScores().fit(y, p, base_rate=0.3)
    assert found.skill_.estimate == pytest.approx(1 - ((p - y) ** 2).mean() / ((0.3 - y) ** 2).mean())
    assert found.slope_.low < 1 < found.slope_.high
    table = found.summary()
    assert ((table["low"] <= table["estimate"]) & (table["estimate"] <= table["high"])).all()
    constant = cx.models.ChurnScores().fit(y, np.full(3000, 0.1)).summary().set_index("metric")
    assert constant.loc["calibration slope", ["estimate", "low", "high"]].isna().all()
    assert constant["estimate"].drop("calibration slope").notna().all()
    never_wrong = cx.models.ChurnScores().fit(np.zeros(50), np.full(50, 0.1), base_rate=0.0)
    assert np.isnan(never_wrong.skill_.estimate)
    assert np.isnan(never_wrong.summary()["estimate"]).sum() >= 2


def test_every_picture_says_what_it_shows():
    forecast = cx.models.ChurnForecast().fit(rows())
    profit = cx.models.ContactProfit(draws=50).fit(forecast.judged_["probability"], 200.0)
    ends = cx.models.AalenJohansen().fit([1, 2, 3, 4] * 20, ["cancelled", "lapsed", None, None] * 20)
    forest = pd.DataFrame(
        {
            "label": ["a", "b"],
            "estimate": [2.0, 0.9],
            "low": [1.5, 0.7],
            "high": [2.7, 1.2],
            "is_announced": [True, False],
        }
    )
    for figure in (
        cx.charts.decile_lift(forecast.scores_.lift_),
        cx.charts.profit_curve(profit.curve_),
        cx.charts.hazard_forest(forest),
        cx.charts.main_reasons(forecast.importance()),
        cx.charts.competing_ends(ends.incidence_),
    ):
        shown = figure._repr_mimebundle_()
        assert len(shown["text/plain"]) > 60
        assert "nan" not in json.dumps({k: v for k, v in shown.items() if k != "image/png"})


def test_a_picture_of_nothing_shows_nothing():
    scores = cx.models.ChurnScores().fit([0, 1] * 30, [0.1, 0.2] * 30)
    assert cx.charts.decile_lift(scores.lift_).text == ""  # sixty customers make no tenths
    empty = pd.DataFrame(
        columns=["label", "estimate", "low", "high", "is_announced", "feature", "cause", "time"]
    )
    for chart in (cx.charts.hazard_forest, cx.charts.main_reasons, cx.charts.competing_ends):
        assert chart(empty).text == ""


def test_how_many_will_leave_has_an_interval_for_chance_and_for_calibration():
    """1,000 probabilities of .1: chance 1.96 √90, and with a standard error of .2 in the large 1.96 √(90 + (90 · .2)²)."""
    p = np.full(1000, 0.1)
    sure, unsure = (_expected(p, Interval(0.0, -1.959964 * se, 1.959964 * se)) for se in (0.0, 0.2))
    assert sure == pytest.approx((100, 100 - 18.594, 100 + 18.594), abs=1e-3)
    assert unsure == pytest.approx((100, 100 - 39.879, 100 + 39.879), abs=1e-3)
    rng, held = np.random.default_rng(6), 0
    risks = rng.beta(1, 12, 2000)
    for _ in range(400):
        off, error = rng.normal(0, 0.12), 0.12
        truth = 1 / (1 + np.exp(-(np.log(risks / (1 - risks)) + off)))
        _, low, high = _expected(risks, Interval(0.0, -1.959964 * error, 1.959964 * error))
        held += low <= (rng.random(2000) < truth).sum() <= high
    assert 0.92 <= held / 400 <= 0.98
