"""Earned value and earned schedule, against published numbers; and what no number can be told of."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.models import EarnedValue, Watermelons
from cxresearch.models.projects.cumulative_index import index_limits
from cxresearch.models.projects.earned_schedule import month_date, month_number
from tests.coverage.coverage_of_projects import forecasts, shares
from tests.portfolios import portfolio

# the worked example in the manner of Lipke 2003, computed independently
PV = [10, 25, 45, 70, 95, 120, 140, 150, 150, 150]
EV = [8, 20, 36, 56, 76, 94, 112, 130, 142, 150]
AC = [9, 24, 43, 66, 90, 113, 135, 157, 172, 184]
PLAN = pd.DataFrame({"project_id": ["A"], "started_on": ["2025-01-01"], "planned_finish_on": ["2025-08-31"]})


def reports(months=10, pv=PV, ev=EV, ac=AC, bac=150.0, **more):
    frame = {
        "project_id": "A",
        "status_on": pd.date_range("2025-01-31", periods=months, freq="ME"),
        "planned_value": pv[:months],
        "earned_value": ev[:months],
        "actual_cost": ac[:months],
        "budget_at_completion": bac,
    }
    return pd.DataFrame(frame | more)


def at(month, **more):
    return EarnedValue().fit(reports(**more)).months_.iloc[month - 1]


def test_the_fifth_month():
    five = at(5)
    for name, value in {
        "cpi": 0.8444, "spi": 0.8, "eac": 177.632, "tcpi": 1.2333, "es": 4.24, "spi_t": 0.848, "ieac_t": 9.434,
    }.items():  # fmt: skip
        assert five[name] == pytest.approx(value, rel=1e-4), name
    assert five["planned_duration"] == 8


def test_spi_returns_to_one_at_a_late_finish_and_spi_t_does_not():
    assert at(8)["es"] == pytest.approx(6.5)
    assert at(8)["spi_t"] == pytest.approx(0.8125)
    ten = at(10)
    assert (ten["spi"], ten["spi_t"], ten["sv_t"]) == pytest.approx((1.0, 0.8, -2.0))


def test_the_second_case():
    one = at(1, months=1, pv=[3000], ev=[2400], ac=[2700], bac=3700.0)
    assert (one["cpi"], one["spi"], one["eac"]) == pytest.approx((0.8889, 0.80, 4162.5), rel=1e-4)


def test_the_same_numbers_from_a_plan_with_dates():
    model = EarnedValue().fit(reports(5), PLAN)
    assert model.status_["es"].item() == pytest.approx(4.24)
    assert model.status_["planned_finish_on"].item() == pd.Timestamp("2025-08-31")
    assert model.status_["ieac_t"].item() == pytest.approx(9.434, abs=1e-3)


@pytest.mark.parametrize(
    ("finished", "printed"),
    [
        (
            "2024-12-31",
            ["2025-10-31", "2025-09-30", "2025-11-30"],
        ),  # the other project ended on the date of its report
        ("2024-12-13", ["2025-10-13", "2025-09-12", "2025-11-30"]),  # it ended between two reports
        (None, ["2025-10-31", "2025-09-12", "2025-11-30"]),  # nothing has ended yet
    ],
)
def test_the_printed_dates_are_those_that_will_be_recorded(finished, printed):
    """9.4 months (8.4 to 10.5) after the start: what is recorded at a month-end is not recorded on the 13th."""
    other = reports(1).assign(project_id="B", status_on=pd.Timestamp("2024-12-31"))
    plan = pd.concat(
        [
            PLAN.assign(outcome=None, finished_on=pd.NaT),
            PLAN.assign(
                project_id="B",
                started_on="2024-12-01",
                outcome="delivered",
                finished_on=pd.Timestamp(finished),
            ),
        ]
    )
    plan.loc[plan["finished_on"].isna(), "outcome"] = None
    model = EarnedValue().fit(pd.concat([reports(3), other]), plan)
    row = model.status_.iloc[0]
    assert [f"{row[end]:%Y-%m-%d}" for end in ("finish_on", "finish_low", "finish_high")] == printed
    fan = model.at_completion("A", [0.95]).iloc[0]
    assert [f"{fan[end]:%Y-%m-%d}" for end in ("finish_low", "finish_high")] == printed[1:]


@pytest.mark.parametrize("by_day", [False, True])
def test_printed_dates_hold_what_comes(by_day):
    """The whole count, over 80 portfolios, is in tests/coverage/coverage_of_projects.py."""
    rows = pd.concat([forecasts(portfolio(seed), by_day) for seed in range(4)])
    finish, cost, late = shares(rows)
    assert len(rows) > 70 and finish > 0.94 and cost > 0.9
    assert abs(late) < 5


def test_what_is_tested_is_what_would_have_been_printed():
    found = portfolio(3)
    model = EarnedValue().fit(found.status, found.register)
    rows = model.months_[(model.months_["ev"] >= model.months_["bac"] / 2) & ~model.months_["is_done"]]
    inside = []
    for _, own in rows.groupby("project_id"):
        end = found.ended.loc[own["project_id"].iloc[0]]
        if (
            end["outcome"] != "delivered"
            or own["n"].iloc[0] < 3
            or pd.Timestamp(end["finished_on"]) > pd.Timestamp("2026-09-30")
        ):
            continue
        known = found.status[found.status["status_on"] <= own["status_on"].iloc[0]]
        others = found.status[found.status["project_id"] != own["project_id"].iloc[0]]
        own = known[known["project_id"] == own["project_id"].iloc[0]]
        then = EarnedValue().fit(pd.concat([own, others]), found.register).status_.set_index("project_id")
        then = then.loc[own["project_id"].iloc[0]]
        inside.append(then["finish_low"] <= pd.Timestamp(end["finished_on"]) <= then["finish_high"])
    tested = model.backtest(found.register).iloc[0]
    assert (np.mean(inside), len(inside)) == (pytest.approx(tested["estimate"]), tested["n"])


def test_tcpi_is_missing_once_the_budget_is_spent():
    rows = EarnedValue().fit(reports()).months_
    assert rows["tcpi"].isna().tolist() == [ac >= 150 for ac in AC]


def test_of_the_plan_only_what_was_known_is_used():
    whole, half = EarnedValue().fit(reports(), PLAN).months_, EarnedValue().fit(reports(5), PLAN).months_
    columns = ["es", "spi_t", "cpi", "spi_t_low", "cpi_high"]
    pd.testing.assert_frame_equal(whole.loc[:4, columns], half[columns])


def test_the_limits_close_on_the_finish():
    rows = EarnedValue().fit(reports(), PLAN).months_
    assert rows.loc[0, ["cpi_low", "cpi_high", "spi_t_low"]].isna().all()  # one report says nothing of spread
    last = rows.iloc[-1]
    assert last["cpi_low"] == pytest.approx(last["cpi"])
    assert last["spi_t_high"] == pytest.approx(last["spi_t"])
    some = rows.iloc[1:]
    assert (some["cpi_low"] <= some["cpi"] + 1e-12).all() and (some["cpi"] <= some["cpi_high"] + 1e-12).all()


def test_both_baselines():
    added = EarnedValue().fit(reports(5, scope_change=[0, 15, 0, 0, 0]), PLAN).status_.iloc[0]
    assert (added["bac_first"], added["bac_latest"], added["creep"]) == pytest.approx((150, 165, 0.1))
    assert added["eac_latest"] == pytest.approx(90 + (165 - 76) / (76 / 90))
    moved = EarnedValue().fit(reports(5, bac=[150, 165, 165, 165, 165]), PLAN).status_.iloc[0]
    assert (moved["bac_first"], moved["bac_latest"]) == (150, 165)
    # scope that the budget already holds is not counted again
    both = EarnedValue().fit(reports(5, bac=[150, 165, 165, 165, 165], scope_change=[0, 15, 0, 0, 0]), PLAN)
    assert both.status_["bac_latest"].item() == 165


def test_a_month_without_progress_has_limits_too():
    ev = [8, 8, 20, 36, 30]  # nothing done in the second, a correction in the fifth
    rows = EarnedValue().fit(reports(5, ev=ev), PLAN).months_
    assert rows["cpi_low"].iloc[1:].notna().all()
    assert (rows["cpi_low"] < rows["cpi"]).iloc[1:].all()
    assert np.isfinite(
        EarnedValue().fit(reports(5, ev=ev), PLAN).at_completion("A").to_numpy()[:, 3:].astype(float)
    ).all()


def test_without_a_plan_or_a_cost_nothing_is_said_of_them():
    bare = reports(5).drop(columns=["planned_value", "actual_cost"])
    model = EarnedValue().fit(bare, PLAN)
    assert model.status_[["cpi", "spi_t", "eac", "finish_on"]].isna().all(axis=None)
    assert model.left_out_ == ["1 of 1 projects have no plan to compare progress with"]


def test_a_single_report_gives_an_estimate_without_limits():
    model = EarnedValue().fit(reports(1), PLAN)
    found = model.summary().set_index("metric")
    assert model.status_["cpi"].item() == pytest.approx(8 / 9)
    assert (
        found[["estimate", "low", "high"]].isna().all(axis=None)
    )  # without an interval no report may show it
    assert model.at_completion("A")[["cost_low", "finish_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"earned_value": [-1, 2, 3, 4, 5]}, "earned_value is negative in 1 row .first: A"),
        ({"status_on": "2025-01-31"}, "status_on occurs twice for one project in 4 rows .first: A"),
        ({"project_id": [None, "A", "A", "A", "A"]}, "project_id is missing in 1 row .first: 0"),
    ],
)
def test_faults_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        EarnedValue().fit(reports(5).assign(**change))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (reports(5).drop(columns="earned_value"), "project_status has no values in earned_value$"),
        (reports(5, bac=np.nan), "project_status has no values in budget_at_completion"),
        (reports(5, bac=0.0), "no status report has both earned_value and a budget_at_completion above 0"),
        (reports(5).head(0), "project_status has no rows"),
    ],
)
def test_without_earned_value_or_budget_nothing_can_be_said(rows, message):
    with pytest.raises(cx.NotEnough, match=message):
        EarnedValue().fit(rows)


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(0.1, 40)), min_size=1, max_size=12))
def test_any_record_gives_indices_within_their_limits(months):
    gained, spent = np.array(months).T
    done = np.minimum(np.cumsum(gained) / 500, 1)
    low, high, n = index_limits(gained, spent, done)
    index = np.cumsum(gained) / np.cumsum(spent)
    known = np.isfinite(low)
    assert (low[known] <= index[known] * (1 + 1e-9)).all() and (
        index[known] <= high[known] * (1 + 1e-9)
    ).all()
    assert n.tolist() == list(range(1, len(n) + 1))


@given(st.dates(min_value=pd.Timestamp("1980-01-01").date(), max_value=pd.Timestamp("2100-01-01").date()))
def test_dates_survive_being_months(day):
    assert month_date(month_number([day]))[0] == pd.Timestamp(day)


def test_a_watermelon_needs_evidence():
    slow = [0.85 * v for v in PV]
    model = EarnedValue().fit(reports(5, ev=slow, reported_rag="Green"), PLAN)
    found = Watermelons().fit(model.months_)
    assert found.now_["is_watermelon"].tolist() == [True]
    assert not found.reports_["is_watermelon"].iloc[0]  # one report: no interval, no verdict
    red = Watermelons().fit(model.months_.assign(reported_rag="red"))
    assert red.reports_["is_watermelon"].sum() == 0 and red.summary()["n"].tolist() == [0, 0]
    with pytest.raises(cx.NotEnough, match="no values in reported_rag"):
        Watermelons().fit(model.months_.drop(columns="reported_rag"))
    with pytest.raises(cx.NotEnough, match="both a colour and a planned value"):
        Watermelons().fit(model.months_.assign(spi_t=np.nan))


def test_money_spent_on_nothing_earned_has_no_cost_at_completion():
    """An EV of 0 after spending: CPI is 0, and what the rest will cost cannot be told; it is not infinite."""
    young = pd.DataFrame(
        {
            "project_id": "young",
            "status_on": pd.to_datetime(["2026-01-31", "2026-02-28"]),
            "planned_value": [10.0, 25.0],
            "earned_value": [0.0, 0.0],
            "actual_cost": [5.0, 12.0],
            "budget_at_completion": 150.0,
        }
    )
    found = EarnedValue().fit(young).status_.iloc[0]
    assert np.isnan(found["eac_latest"]) and np.isnan(found["eac"])
