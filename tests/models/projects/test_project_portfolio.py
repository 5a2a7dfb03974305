"""A portfolio of projects: who pays, who led, what to add, and honest answers from odd workspaces."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

import cxresearch as cx
from cxresearch.models import (
    BermudaTriangle,
    EarnedValue,
    FinishForecasts,
    ProjectHealth,
    ReadinessSequence,
    ReferenceClass,
    StatusMoves,
    rank_association,
    scope_changes,
)
from cxresearch.models.projects.health import PARTS
from cxresearch.models.projects.money_ahead import money_at_risk, overrun_to_come
from cxresearch.models.projects.risk_list import draw_probabilities
from cxresearch.sample import write
from tests.coverage.calibration_of_risks import holds, money, risks
from tests.portfolios import portfolio

AS_OF = "2026-09-30"


def reports(name="A", pace=1.0, cost=1.0, months=8, defects=5, **more):
    done = np.minimum(np.arange(1, months + 1) * pace / 12, 1)
    noise = 1 + 0.01 * np.cos(np.arange(months))
    return pd.DataFrame({
        "project_id": name, "status_on": pd.date_range("2025-01-31", periods=months, freq="ME"),
        "planned_value": 1000.0 * np.arange(1, months + 1) / 12, "earned_value": 1000 * done * noise,
        "actual_cost": 1000 * done * cost, "budget_at_completion": 1000.0, "open_defects": defects,
    } | more)  # fmt: skip


def plan(*names):
    return pd.DataFrame({"project_id": names, "started_on": "2025-01-01", "planned_finish_on": "2025-12-31"})


# ------------------------------------------------------------------ the triangle


def placed(*frames, priority=None):
    names = [f["project_id"].iloc[0] for f in frames]
    declared = None if priority is None else pd.Series(priority, names)
    earned = EarnedValue().fit(pd.concat(frames), plan(*names))
    return BermudaTriangle().fit(earned, declared).projects_.set_index("project_id")


def test_each_waypoint_is_sacrificed_where_it_slips():
    found = placed(
        reports("late", pace=0.7), reports("dear", cost=1.5), reports("poor", defects=40), reports("fine", pace=1.1, cost=0.9),
        priority=["time", "quality", "cost", "time"],
    )  # fmt: skip
    assert found["sacrificed"].to_dict() == {
        "late": "time",
        "dear": "cost",
        "poor": "quality",
        "fine": "none",
    }
    shares = found[["share_time", "share_cost", "share_quality"]].sum(axis=1, skipna=False)
    assert shares[["late", "dear", "poor"]].to_numpy() == pytest.approx(1.0)
    assert np.isnan(shares["fine"])
    assert found["is_compromised"].to_dict() == {"late": True, "dear": False, "poor": False, "fine": False}
    assert 1 + found.loc["late", "time"] == pytest.approx(
        1 / 0.7, rel=0.011
    )  # the record is planted with 1 % of noise
    assert 1 + found.loc["dear", "cost"] == pytest.approx(1.5, rel=0.011)


def test_quality_is_no_residual_and_named_when_it_is_missing():
    earned = EarnedValue().fit(reports(pace=0.8).drop(columns="open_defects"), plan("A"))
    triangle = BermudaTriangle().fit(earned)
    assert triangle.measured_ == ["time", "cost"]
    assert triangle.left_out_ == ["Quality is not measured, so its slip counts as none"]
    assert triangle.projects_["priority"].isna().all() and triangle.projects_["is_compromised"].isna().all()
    assert not len(triangle.compromised())
    with pytest.raises(cx.NotEnough, match="time and quality are not measured"):
        bare = reports().drop(columns=["open_defects", "planned_value"])
        BermudaTriangle().fit(EarnedValue().fit(bare, plan("A")))


def test_the_largest_compromise_comes_first():
    frames = [reports("a", pace=0.9), reports("b", pace=0.6), reports("c", cost=1.2)]
    earned = EarnedValue().fit(pd.concat(frames), plan("a", "b", "c"))
    worst = BermudaTriangle().fit(earned, pd.Series({"a": "time", "b": "time", "c": "time"})).compromised()
    assert worst["project_id"].tolist() == ["b", "a"]
    assert (worst["at_least"] < worst["slip"]).all() and (worst["priority"] == "time").all()


def test_no_waypoint_is_named_without_evidence():
    assert (
        placed(reports("A", pace=0.97, cost=1.03, months=2), reports("B"))["sacrificed"]["A"]
        == "no clear difference"
    )


def test_defects_that_stay_open_are_not_counted_anew_in_every_report():
    """Counts as usual on average: of defects that last for months one report tells little beyond the one before."""
    compromised = {}
    for kept in (0.0, 0.8):
        rng, low = np.random.default_rng(4), []
        for _ in range(4):
            counts = [rng.poisson(10, 60)]
            for _ in range(11):
                counts.append(rng.binomial(counts[-1], kept) + rng.poisson(10 * (1 - kept), 60))
            done = np.tile(np.arange(1.0, 13), 60)
            status = pd.DataFrame(
                {"project_id": np.repeat(np.arange(60), 12), "planned_value": done, "earned_value": done,
                 "status_on": np.tile(pd.date_range("2024-01-31", periods=12, freq="ME"), 60),
                 "actual_cost": done, "budget_at_completion": 12.5, "open_defects": np.array(counts).T.ravel()}
            )  # fmt: skip
            low.append(
                (
                    BermudaTriangle(draws=400).fit(EarnedValue().fit(status)).projects_["quality_low"] > 0
                ).mean()
            )
        compromised[kept] = np.mean(low)
    assert compromised[0.0] < 0.06 and compromised[0.8] < 0.06


def test_creep_comes_as_dated_changes():
    earned = EarnedValue().fit(reports(scope_change=[0, 50, 0, 0, 0, -20, 0, 0]), plan("A"))
    found = scope_changes(earned.months_)
    assert found["change"].tolist() == [50, -20]
    assert [f"{d:%Y-%m}" for d in found["status_on"]] == ["2025-02", "2025-06"]
    assert found["share"].tolist() == pytest.approx([0.05, -0.02])


def test_rank_association_is_spearmans_and_refuses_too_little():
    x, y = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 1, 4, 3, 6, 5, 8, 7, 10, 9]
    r, low, high, n = rank_association(x, y)
    half = 1.959964 * np.sqrt(1.06 / 7)
    assert (r, n) == (pytest.approx(1 - 6 * 10 / (10 * 99)), 10)  # 1 − 6Σd²/(n(n² − 1))
    assert (low, high) == pytest.approx((np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)))
    assert np.isnan(rank_association(range(9), range(9))[0])
    assert np.isnan(rank_association(range(20), [1] * 20)[0])


# ------------------------------------------------------------------ the sequence


def readiness(lag, projects=60, months=12, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(projects):
        soft = np.cumsum(rng.normal(0, 0.2, months + 6))
        hard = np.r_[np.zeros(3), soft][3 - lag :][: months + 6] if lag else soft
        frame = pd.DataFrame(
            {
                "people_ready": soft[3:-3] + 2,
                "process_ready": 9.0,
                "technology_ready": hard[3 : 3 + months] + 2,
            }
        )
        when = pd.date_range("2025-01-31", periods=months, freq="ME")
        rows.append(
            frame.assign(project_id=i, status_on=when, at=range(1, months + 1), planned_duration=12.0)
        )
    return pd.concat(rows, ignore_index=True)


def test_a_planted_lead_of_two_months_is_found_at_its_lag():
    rows = readiness(0)
    rows["technology_ready"] = rows.groupby("project_id")["people_ready"].shift(2).fillna(2.0)
    lags = ReadinessSequence().fit(rows).lags_.set_index("lag")
    assert lags["estimate"].idxmax() == 2 and lags.loc[2, "low"] > 0.5


def test_readiness_in_columns_that_may_be_empty_is_read_like_any_other():
    rows = readiness(0, projects=20)
    rows["technology_ready"] = rows.groupby("project_id")["people_ready"].shift(1).fillna(2.0)
    ready = ["people_ready", "process_ready", "technology_ready"]
    given = rows.astype(dict.fromkeys(ready, "Float64"))
    found, expected = (ReadinessSequence().fit(table).lags_ for table in (given, rows))
    pd.testing.assert_frame_equal(found, expected)


def test_without_a_lead_none_is_found_in_nineteen_of_twenty_portfolios():
    """Scores that move by themselves, of thirty projects each; limits hold for the seven lags together."""
    found = 0
    for seed in range(150):
        rows, rng = readiness(0, projects=30, seed=seed), np.random.default_rng(seed + 1000)
        steps = pd.Series(rng.normal(0.1, 0.3, len(rows)), rows.index)
        rows["technology_ready"] = steps.groupby(rows["project_id"]).cumsum()
        lags = ReadinessSequence().fit(rows).lags_
        found += bool(((lags["low"] > 0) | (lags["high"] < 0)).any())
    assert found / 150 < 0.05 + 3 * (0.05 * 0.95 / 150) ** 0.5


def test_technology_first_is_told_per_project_and_against_failure():
    rows = readiness(0, projects=20)
    rows["technology_ready"] = rows["people_ready"] + np.where(rows["project_id"] < 12, 1.0, -1.0)
    model = ReadinessSequence().fit(rows)
    assert model.projects_["is_technology_first"].sum() == 12
    register = pd.DataFrame({"project_id": range(20), "has_failed": [True] * 12 + [False] * 7 + [None]})
    groups = model.association(register).set_index("metric")
    gap = groups.loc["difference in failure rate"]
    assert (gap["estimate"], gap["n"]) == (1.0, 19)
    assert groups["unit"].tolist() == ["share", "share", "points"]
    assert not len(model.association(register.head(12)))
    with pytest.raises(cx.NotEnough, match="no values in people_ready"):
        ReadinessSequence().fit(rows.assign(people_ready=np.nan))
    with pytest.raises(cx.NotEnough, match="scores people, process and technology readiness together"):
        apart = rows.assign(people_ready=rows["people_ready"].where(rows.index % 2 == 0))
        ReadinessSequence().fit(apart.assign(process_ready=apart["process_ready"].where(rows.index % 2 == 1)))
    few = ReadinessSequence().fit(rows[rows["project_id"] < 9])
    assert few.left_out_ == ["Fewer than ten projects have five reports, so leads and lags are not estimated"]


# ------------------------------------------------------------------ the reference class


def test_the_uplift_holds_the_risk_it_promises():
    """Ratios at the expected order statistics of a uniform: the uplift at a risk is the quantile itself. Simulated in tests/coverage."""
    uniform = np.arange(1, 40) / 40
    curve = ReferenceClass(draws=100).fit(uniform, np.ones(39)).uplift([0.5, 0.2, 0.1, 0.05])
    assert (1 + curve["estimate"]).tolist() == pytest.approx([0.5, 0.8, 0.9, 0.95])


def test_hill_finds_a_pareto_tail_and_is_silent_below_fifty():
    ratio = 1 + np.random.default_rng(2).pareto(2.2, 4000)
    index, low, high, k = ReferenceClass(draws=100).fit(ratio, np.ones(4000)).tail()
    assert low < 2.2 < high and k == 400 and abs(index - 2.2) < 0.3
    assert ReferenceClass(draws=100).fit(ratio[:49], np.ones(49)).tail() is None
    assert "tail index" not in set(ReferenceClass(draws=100).fit(ratio[:49], np.ones(49)).summary()["metric"])


def test_a_risk_beyond_the_class_is_left_blank():
    curve = (
        ReferenceClass(draws=100)
        .fit([1.0, 1.2, 1.1, 1.4, 0.9, 1.3, 1.2, 1.0, 1.1], np.ones(9))
        .uplift([0.5, 0.05])
    )
    assert curve["estimate"].notna().tolist() == [True, False]
    with pytest.raises(ValueError, match="estimate is not positive in 1 row"):
        ReferenceClass().fit([1, 2], [0, 1])
    with pytest.raises(cx.NotEnough, match="fewer than two projects are finished"):
        ReferenceClass().fit([1], [1])


# ------------------------------------------------------------------ what reports are worth


def test_managers_dates_are_scored_against_the_finish():
    status = pd.DataFrame({
        "project_id": ["A"] * 4 + ["B"] * 4 + ["C"], "status_on": ["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"] * 2 + ["2025-01-01"],
        "forecast_finish_on": ["2025-03-31", "2025-04-20", "2025-05-01", "2025-05-01"] + ["2025-05-01"] * 4 + ["2025-09-01"],
    })  # fmt: skip
    done = pd.DataFrame({"project_id": list("ABC"), "finished_on": ["2025-05-01", "2025-05-01", None]})
    model = FinishForecasts(draws=200).fit(status, done)
    scored = model.projects_.set_index("project_id")
    assert scored.loc["A", "mean_error_days"] == pytest.approx((31 + 11) / 4)
    assert scored.loc["A", "eqf"] == pytest.approx(120 / 10.5)
    assert scored.index.tolist() == ["A", "B"] and np.isinf(scored.loc["B", "eqf"])
    with pytest.raises(cx.NotEnough, match="projects has no values in finished_on"):
        FinishForecasts().fit(status, done.assign(finished_on=None))
    with pytest.raises(cx.NotEnough, match="no status report of a finished project"):
        FinishForecasts().fit(status, done.assign(finished_on="2024-12-31"))


def test_pairs_of_one_project_are_no_independent_witnesses():
    """Each project says the same at all its reports: 300 pairs of 30 projects tell as much as 30."""
    when = pd.date_range("2024-01-31", periods=11, freq="ME")
    late = np.arange(30) % 3 == 0
    status = pd.DataFrame({"project_id": np.repeat(np.arange(30), 11), "status_on": np.tile(when, 30)})
    status["forecast_finish_on"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(
        np.repeat(late, 11) * np.tile(40 * np.arange(11), 30), unit="D"
    )
    status["reported_rag"] = "green"
    told = StatusMoves(months=1).fit(status).summary().set_index("metric")
    slipped = told.loc["finish slipped over 30 days"]
    assert (slipped["estimate"], slipped["n"]) == (pytest.approx(1 / 3), 300)
    assert (slipped["low"], slipped["high"]) == pytest.approx(tuple(cx.stats.wilson(10, 30))[1:], abs=0.01)
    assert told.loc["green stayed green", "low"] == pytest.approx(cx.stats.wilson(30, 30).low)


def test_moves_pair_each_report_with_the_one_a_year_later():
    status = pd.DataFrame({
        "project_id": ["A", "A", "A", "B"], "status_on": ["2020-03-31", "2021-03-31", "2023-03-31", "2020-03-31"],
        "reported_rag": ["Amber/Red", "Green", "Red", "Green"], "budget_at_completion": [0.0, 5.0, 5.0, 1.0],
    })  # fmt: skip
    model = StatusMoves().fit(status)
    assert model.months_ == 12 and len(model.pairs_) == 1
    assert model.colours_[["colour", "next_colour"]].to_numpy().tolist() == [["amber/red", "green"]]
    assert model.summary()["metric"].tolist() == ["budget grew over 10%"]  # from nothing to something
    assert model.left_out_ == ["Forecast finish dates are not reported"]
    with pytest.raises(cx.NotEnough, match="no project has two status reports to compare"):
        StatusMoves().fit(status.drop_duplicates("project_id"))
    with pytest.raises(cx.NotEnough, match="no colour, no forecast finish and no budget"):
        StatusMoves().fit(status[["project_id", "status_on"]])


# ------------------------------------------------------------------ whole portfolios


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder, tables=["projects", "project_status"])
    ws = cx.open(folder)
    return cx.features.projects(ws, AS_OF).to_pandas(), cx.features.project_status(ws, AS_OF).to_pandas()


def health(register, status):
    if register is not None and status is not None:
        status = status[status["project_id"].isin(register["project_id"])]
    return ProjectHealth().fit(register, status, AS_OF)


def test_the_whole_sample_leaves_nothing_out(northgate):
    found = health(*northgate)
    assert not [sentence for sentence in found.left_out_ if "not assessed" in sentence]
    assert found.risks_["probability"].is_monotonic_decreasing
    assert found.worst(3) == found.risks_["project_id"].head(3).tolist()
    ledger = found.forecasts()
    for kind, frame in ledger.items():
        assert len(frame) == len(found.open_) == 29, kind
        assert (pd.to_datetime(frame["due_on"]) > pd.Timestamp(AS_OF)).all()
    finish = ledger["project_finish"].dropna()
    assert ((finish["low"] <= finish["mean"]) & (finish["mean"] <= finish["high"])).all()
    assert (
        pd.Timestamp(AS_OF) + pd.to_timedelta(finish["high"], unit="D") < pd.to_datetime(finish["due_on"])
    ).all()
    fared = found.earned_.backtest(found.projects_).set_index("metric")
    assert fared.loc["actual finish inside its 95% interval", "low"] > 0.9
    assert fared.loc["actual cost inside its 95% interval", "high"] > 0.95


def test_the_level_is_that_of_every_part(northgate):
    usual, lower = (ProjectHealth(level=level).fit(*northgate, AS_OF) for level in (0.95, 0.9))
    found = {name: (getattr(usual, name), getattr(lower, name)) for name in PARTS if name != "risks_"}
    assert len(found) == 11
    assert {part.level for _, part in found.values()} == {0.9}
    tables = {name: tuple(part.summary() for part in both) for name, both in found.items()}
    for name in ("cost_overruns_", "time_overruns_"):
        tables[f"uplift of {name}"] = tuple(part.uplift() for part in found[name])
    tables["performance"] = usual.failure_.performance(), lower.failure_.performance()
    tables["backtest"] = tuple(model.earned_.backtest(model.projects_) for model in (usual, lower))
    tables["risks"] = usual.risks_, lower.risks_
    for name, both in tables.items():
        wide, narrow = ((table["high"] - table["low"]).to_numpy() for table in both)
        known = ~np.isnan(wide)
        assert (narrow[known] <= wide[known] + 1e-9).all(), name
        # an order statistic may be the same, and what is finished has no width left
        assert (narrow[known] < wide[known])[wide[known] > 0].mean() > 0.75, name
    assert "actual finish inside its 90% interval" in set(tables["backtest"][1]["metric"])


def test_a_risk_is_its_mean_over_the_doubt_and_the_money_draws_around_its_middle(northgate):
    """Nearer to ½ than the middle of its limits, and what is drawn from these has it as its mean."""
    risks = health(*northgate).update_.now()
    middle = logit(risks[["low", "high"]].to_numpy()).mean(axis=1)
    told = logit(risks["probability"].to_numpy())
    assert (np.sign(told) == np.sign(middle)).all()
    assert (np.abs(told) < np.abs(middle)).all()
    assert ((risks["low"] <= risks["probability"]) & (risks["probability"] <= risks["high"])).all()
    drawn = draw_probabilities(risks, draws=20_000).mean(axis=0)
    assert drawn == pytest.approx(risks["probability"].to_numpy(), abs=0.015)


def test_money_lies_within_its_limits(northgate):
    found = health(*northgate)
    for limits in (money_at_risk(found.risks_), overrun_to_come(found.standing())):
        assert limits[1] <= limits[0] <= limits[2]
    assert money_at_risk(found.risks_.assign(spend=np.nan)) is None
    assert overrun_to_come(found.standing().head(0)) is None


def test_ten_projects(northgate):
    register, status = northgate
    found = health(register.head(10), status)
    for part in ("failure_", "risks_"):
        with pytest.raises(cx.NotEnough, match="too few of one outcome"):
            getattr(found, part)
    with pytest.raises(cx.NotEnough, match="fewer than 10 delivered projects"):
        found.cost_overruns_  # noqa: B018
    assert not len(found.forecasts()["project_fails"])  # six decided projects are no ground for a probability
    assert len(found.forecasts()["project_finish"])
    assert found.worst(3) == found.standing()["project_id"].head(3).tolist()


@pytest.mark.parametrize(("outcome", "low", "high"), [("cancelled", 0.8, 1), ("delivered", 0.1, 0.6)])
def test_all_cancelled_and_all_delivered(northgate, outcome, low, high):
    register, status = northgate
    found = health(register[register["outcome"] == outcome], status)
    assert low < found.rate_.between_[0] <= found.rate_.between_[1] <= high
    assert found.open_ == [] and not len(found.standing())
    assert all(not len(frame) for frame in found.forecasts().values())
    with pytest.raises(cx.NotEnough, match="no project is open"):
        found.risks_  # noqa: B018
    with pytest.raises(cx.NotEnough, match="no open project has a status report"):
        found.worst(3)
    assert any(sentence.startswith("What goes with failure") for sentence in found.left_out_) == (
        outcome == "cancelled"
    )


def test_budgets_of_nothing_are_named_and_leave_the_rest(northgate):
    register, status = northgate
    found = health(register, status.assign(budget_at_completion=0.0))
    for part in ("earned_", "triangle_", "watermelons_"):
        with pytest.raises(cx.NotEnough, match="budget_at_completion above 0"):
            getattr(found, part)
    assert len(found.moves_.summary()) and len(found.risks_) == len(found.open_)
    assert found.risks_["spend"].isna().all() and money_at_risk(found.risks_) is None
    assert sum("not assessed: no status report has both earned_value" in s for s in found.left_out_) == 5


def test_a_single_report_of_each(northgate):
    register, status = northgate
    found = health(register, status.groupby("project_id").head(1))
    assert found.standing()[["cpi_low", "spi_t_high", "eac_low"]].isna().all(axis=None)
    assert overrun_to_come(found.standing()) is None
    assert found.watermelons_.reports_["is_watermelon"].sum() == 0
    ledger = found.forecasts()["project_finish"]
    assert ledger[["low", "high"]].isna().all(axis=None)


def test_without_benefits_and_cancellations_no_rate_is_told(northgate):
    register, _ = northgate
    told = register[register["outcome"] == "delivered"].assign(has_failed=False, benefit_realised=np.nan)
    found = health(told, None)
    for part in ("rate_", "failure_"):
        with pytest.raises(cx.NotEnough, match="a failure cannot be told from a success"):
            getattr(found, part)
    some = register.assign(has_failed=register["outcome"] == "cancelled", benefit_realised=np.nan)
    assert health(some, None).rate_.left_out_[:1] == [
        "Benefits are not recorded, so only cancellations count as failures"
    ]


def test_either_table_alone_and_neither(northgate):
    register, status = northgate
    with pytest.raises(cx.NotEnough, match="project_status has no rows"):
        health(register, None).earned_  # noqa: B018
    alone = health(None, status)
    assert len(alone.earned_.status_) == len(alone.open_)
    with pytest.raises(cx.NotEnough, match="no project is recorded as delivered or cancelled"):
        alone.rate_  # noqa: B018
    assert all((pd.to_datetime(f["due_on"]) > pd.Timestamp(AS_OF)).all() for f in alone.forecasts().values())
    with pytest.raises(cx.NotEnough, match="no project and no status report"):
        health(register.head(0), status.head(0))
    with pytest.raises(ValueError, match="project 'nobody' is not in the data"):
        alone.worst(1, "nobody")


def test_a_second_fit_forgets_the_first(northgate):
    found = health(*northgate)
    assert len(found.earned_.status_) == 120
    found.fit(None, northgate[1].head(5), AS_OF)
    assert len(found.earned_.status_) < 5 and len(found.projects_) == len(found.earned_.status_)


def test_the_facts_of_one_project_are_missing_where_they_are_not_assessed(northgate):
    register, status = northgate
    found = health(register, status)
    key = found.risks_["project_id"].iloc[1]
    facts, last = found.profile(key), found.earned_.status_.set_index("project_id").loc[key]
    assert facts["cost"] == pytest.approx(last["eac"] / last["bac_first"])
    assert facts["probability"] == found.risks_["probability"].iloc[1] and facts["gate"] > 0
    bare = health(register.head(10), status.drop(columns=["open_defects", "planned_value"]))
    facts = bare.profile(bare.open_[0])
    assert facts[["slip_days", "sacrificed", "probability", "first"]].isna().all()
    assert "risk of failure" not in bare.history(bare.open_[0])


def test_pictures_show_nothing_for_nothing(northgate):
    found = health(*northgate)
    nothing = [
        cx.charts.bullseye(found.standing().head(0), found.names_),
        cx.charts.triangle(found.triangle_.projects_.head(0), found.names_),
        cx.charts.odds_ratios(found.failure_.summary().head(0)),
        cx.charts.risk_list(found.risks_.head(0)),
        cx.charts.uplift_curve({"cost": found.cost_overruns_.uplift().assign(estimate=np.nan)}),
    ]
    assert [picture.text for picture in nothing] == [""] * 5


def test_pictures_say_what_they_show(northgate):
    found = health(*northgate)
    key = found.open_[0]
    own = found.earned_.months_.query("project_id == @key")
    pictures = [
        cx.charts.bullseye(found.standing(), found.names_),
        cx.charts.project_history(own, found.earned_.at_completion(key), found.names_[key]),
        cx.charts.project_history(
            own.head(1),
            EarnedValue().fit(northgate[1].query("project_id == @key").head(1)).at_completion(key),
            "one",
        ),
        cx.charts.triangle(found.triangle_.projects_, found.names_),
        cx.charts.odds_ratios(found.failure_.summary()),
        cx.charts.risk_list(found.risks_.head(12)),
        cx.charts.uplift_curve(
            {"cost": found.cost_overruns_.uplift(), "time": found.time_overruns_.uplift()}
        ),
    ]
    for picture in pictures:
        assert picture._repr_mimebundle_()["image/png"] and len(picture.alt) > 60 and len(picture.numbers)


def test_the_cost_ahead_is_of_projects_whose_cost_is_known():
    status = pd.DataFrame(
        {
            "eac_latest": [120.0, np.nan, 260.0],
            "bac_first": [100.0, 900.0, 200.0],
            "bac_latest": [110.0, 900.0, 220.0],
        }
    )
    over, added = cx.models.cost_ahead(status)
    assert (over, added) == pytest.approx((380 / 300 - 1, 330 / 300 - 1))
    assert cx.models.cost_ahead(status.assign(eac_latest=np.nan)) is None
    assert cx.models.cost_ahead(status.drop(columns="eac_latest")) is None


# ------------------------------------------------------------------ what a risk and its money say


def test_the_interval_of_a_risk_holds_the_true_one_and_the_money_what_was_spent():
    """The whole count, over 80 portfolios, is in tests/coverage/calibration_of_risks.py."""
    found = [portfolio(seed) for seed in range(1000, 1006)]
    stated = pd.concat([risks(one) for one in found])
    assert len(stated) > 150
    assert holds(stated, "true") > 0.92 - 3 * (0.92 * 0.08 / len(stated)) ** 0.5
    assert abs(stated["probability"].mean() - stated["true"].mean()) < 0.06
    assert holds(pd.concat([money(one) for one in found]), "came") > 0.8


def test_one_report_moves_a_risk_little(northgate):
    """A first report with the worst pace and cost on record: before, it lifted a risk of 40 % to 96 %."""
    found = health(*northgate)
    register, status = northgate
    young = found.gate_["probability"].sub(0.4).abs().loc[found.open_].idxmin()
    own = status[status["project_id"] == young].sort_values("status_on").head(1)
    worst = own.assign(actual_cost=5 * own["earned_value"], planned_value=3 * own["earned_value"])
    others = status[status["project_id"] != young]
    now = health(register, pd.concat([others, worst])).risks_.set_index("project_id").loc[young]
    assert abs(now["gate"] - 0.4) < 0.1
    assert now["gate"] < now["probability"] < 0.7


def test_cancelled_projects_stop_spending():
    """λ = .1 a month over twelve: (1 − e^{−1.2})/1.2 = 58 % is spent on those that fail."""
    sure = pd.DataFrame(
        {"probability": 1.0, "low": 1.0, "high": 1.0, "spend": [100.0] * 50, "ahead_months": 12.0}
    )
    assert money_at_risk(sure)[0] == pytest.approx(5000)
    cut = money_at_risk(sure.assign(cancel_hazard=0.1))
    assert cut[0] == pytest.approx(5000 * (1 - np.exp(-1.2)) / 1.2)
    assert cut[1] < cut[0] < cut[2] < 5000


def test_a_project_with_one_report_is_part_of_the_overrun_to_come(northgate):
    standing = health(*northgate).standing()
    alone = standing.assign(probability=0.0)
    young = alone["cpi_low"].isna()
    assert young.any()
    all_, known = overrun_to_come(alone)[0], overrun_to_come(alone[~young])[0]
    part = ((1 / alone["cpi"] - 1) * (alone["bac"] - alone["ev"]) * alone["ahead_share"])[young].sum()
    assert all_ == pytest.approx(known + part)


def test_a_median_without_a_width_says_why():
    """Of 60 projects 21 took as long as planned: the median overrun is 0.0 % (0.0 to 0.0)."""
    ratio = np.r_[np.linspace(0.8, 0.99, 19), np.ones(21), np.linspace(1.01, 1.5, 20)]
    median = ReferenceClass().fit(100 * ratio, np.full(60, 100.0)).summary("time").iloc[0]
    assert (median["estimate"], median["low"], median["high"]) == (0, 0, 0)
    assert median["method"].endswith("21 of 60 projects have exactly this value")
    apart = ReferenceClass().fit(100 * np.linspace(0.8, 1.5, 60), np.full(60, 100.0)).summary("time").iloc[0]
    assert "exactly" not in apart["method"]
