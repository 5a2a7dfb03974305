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
from cxresearch.models.projects.risk_list import draw_probabilities, money_at_risk, overrun_to_come
from cxresearch.sample import write

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


def test_each_waypoint_pays_where_it_slips():
    found = placed(
        reports("late", pace=0.7), reports("dear", cost=1.5), reports("poor", defects=40), reports("fine", pace=1.1, cost=0.9),
        priority=["time", "quality", "cost", "time"],
    )  # fmt: skip
    assert found["pays"].to_dict() == {"late": "time", "dear": "cost", "poor": "quality", "fine": "none"}
    shares = found[["share_time", "share_cost", "share_quality"]].sum(axis=1, skipna=False)
    assert shares[["late", "dear", "poor"]].to_numpy() == pytest.approx(1.0)
    assert np.isnan(shares["fine"])
    assert found["is_compromised"].to_dict() == {"late": True, "dear": False, "poor": False, "fine": False}
    assert 1 + found.loc["late", "time"] == pytest.approx(
        1 / 0.7, rel=0.011
    )  # the record is planted with 1 % of noise
    assert 1 + found.loc["dear", "cost"] == pytest.approx(1.5, rel=0.011)


def test_quality_is_no_residual_and_is_told_when_it_is_missing():
    earned = EarnedValue().fit(reports(pace=0.8).drop(columns="open_defects"), plan("A"))
    triangle = BermudaTriangle().fit(earned)
    assert triangle.measured_ == ["time", "cost"]
    assert triangle.notes_ == ["quality is not measured: its slip counts as none"]
    assert triangle.projects_["priority"].isna().all() and triangle.projects_["is_compromised"].isna().all()


def test_no_waypoint_is_named_without_evidence():
    assert (
        placed(reports("A", pace=0.97, cost=1.03, months=2), reports("B"))["pays"]["A"]
        == "not distinguishable"
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


def test_rank_association_holds_its_level_and_refuses_too_little():
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(400):
        _, low, high, _ = rank_association(rng.exponential(size=40), rng.exponential(size=40))
        missed += low > 0 or high < 0
    assert 0.02 < missed / 400 < 0.09
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
    found, expected = (ReadinessSequence(draws=100).fit(table).lags_ for table in (given, rows))
    pd.testing.assert_frame_equal(found, expected)


def test_without_a_lead_none_is_found():
    rows = readiness(0)
    rows["technology_ready"] = np.random.default_rng(5).normal(2, 0.3, len(rows))
    lags = ReadinessSequence().fit(rows).lags_
    assert ((lags["low"] <= 0) & (lags["high"] >= 0)).sum() >= 6


def test_technology_first_is_told_per_project_and_against_failure():
    rows = readiness(0, projects=20)
    rows["technology_ready"] = rows["people_ready"] + np.where(rows["project_id"] < 12, 1.0, -1.0)
    model = ReadinessSequence().fit(rows)
    assert model.projects_["is_technology_first"].sum() == 12
    register = pd.DataFrame({"project_id": range(20), "has_failed": [True] * 12 + [False] * 7 + [None]})
    told = model.association(register).set_index("metric")
    assert told.loc["difference", "estimate"] == 1.0 and told.loc["difference", "n"] == 19
    assert told["unit"].tolist() == ["share", "share", "points"]
    assert not len(model.association(register.head(12)))
    with pytest.raises(ValueError, match="never there together"):
        ReadinessSequence().fit(rows.assign(people_ready=np.nan))


# ------------------------------------------------------------------ the reference class


def test_the_uplift_holds_the_risk_it_promises():
    rng = np.random.default_rng(0)
    exceeded = []
    for seed in range(300):
        ratio = np.exp(rng.normal(0.1, 0.3, 40))
        uplift = ReferenceClass(draws=100, seed=seed).fit(ratio, np.ones(40)).uplift(0.2)["estimate"].item()
        exceeded.append((np.exp(rng.normal(0.1, 0.3, 200)) > 1 + uplift).mean())
    assert np.mean(exceeded) == pytest.approx(0.2, abs=0.012)


def test_hill_finds_a_pareto_tail_and_is_silent_below_fifty():
    ratio = 1 + np.random.default_rng(2).pareto(2.2, 4000)
    index, low, high, k = ReferenceClass(draws=100).fit(ratio, np.ones(4000)).tail()
    assert low < 2.2 < high and k == 400 and abs(index - 2.2) < 0.3
    assert ReferenceClass(draws=100).fit(ratio[:49], np.ones(49)).tail() is None
    assert "tail index" not in set(ReferenceClass(draws=100).fit(ratio[:49], np.ones(49)).summary()["metric"])


def test_a_risk_beyond_the_class_is_not_told():
    curve = (
        ReferenceClass(draws=100)
        .fit([1.0, 1.2, 1.1, 1.4, 0.9, 1.3, 1.2, 1.0, 1.1], np.ones(9))
        .uplift([0.5, 0.05])
    )
    assert curve["estimate"].notna().tolist() == [True, False]
    with pytest.raises(ValueError, match="estimate is not positive in 1 row"):
        ReferenceClass().fit([1, 2], [0, 1])
    with pytest.raises(ValueError, match="needs two"):
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
    with pytest.raises(ValueError, match="no report of a finished project"):
        FinishForecasts().fit(status, done.assign(finished_on=None))


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


def left_out(found):
    return found.missing_.set_index("left out")["for want of"].to_dict()


def test_the_whole_sample_leaves_nothing_out(northgate):
    found = health(*northgate)
    assert not len(found.missing_)
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
    assert fared.loc["finish inside its 95% interval", "low"] > 0.9
    assert fared.loc["cost inside its 95% interval", "high"] > 0.95


def test_the_level_is_that_of_every_part(northgate):
    usual, lower = (ProjectHealth(level=level).fit(*northgate, AS_OF) for level in (0.95, 0.9))
    parts = [name for name, part in vars(lower).items() if hasattr(part, "summary")]
    assert len(parts) == 9
    found = {name: (getattr(usual, name), getattr(lower, name)) for name in parts}
    found |= {f"class of {name}": (usual.classes_[name], lower.classes_[name]) for name in lower.classes_}
    assert {part.level for _, part in found.values()} == {0.9}
    tables = {name: tuple(part.summary() for part in both) for name, both in found.items()}
    tables |= {name: tuple(part.uplift() for part in found[name]) for name in found if "class" in name}
    tables["performance"] = usual.failure_.performance(), lower.failure_.performance()
    tables["backtest"] = tuple(model.earned_.backtest(model.projects_) for model in (usual, lower))
    tables["risks"] = usual.risks_, lower.risks_
    for name, both in tables.items():
        wide, narrow = ((table["high"] - table["low"]).to_numpy() for table in both)
        known = ~np.isnan(wide)
        assert (narrow[known] <= wide[known] + 1e-9).all(), name
        # an order statistic may be the same, and what is finished has no width left
        assert (narrow[known] < wide[known])[wide[known] > 0].mean() > 0.75, name
    assert "finish inside its 90% interval" in set(tables["backtest"][1]["metric"])


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
    for money in (money_at_risk(found.risks_), overrun_to_come(found.standing())):
        assert money[1] <= money[0] <= money[2]
    assert money_at_risk(found.risks_.assign(spend=np.nan)) is None
    assert overrun_to_come(found.standing().head(0)) is None


def test_ten_projects(northgate):
    register, status = northgate
    found = health(register.head(10), status)
    assert "too few of one outcome" in left_out(found)["what goes with failure"]
    assert found.risks_["probability"].nunique() <= 1
    assert left_out(found)["the reference class of cost"] == "10 delivered projects"
    assert not len(found.forecasts()["project_fails"])  # six decided projects are no ground for a probability


@pytest.mark.parametrize(("outcome", "low", "high"), [("cancelled", 0.8, 1), ("delivered", 0.1, 0.6)])
def test_all_cancelled_and_all_delivered(northgate, outcome, low, high):
    register, status = northgate
    found = health(register[register["outcome"] == outcome], status)
    assert low < found.rate_.between_[0] <= found.rate_.between_[1] <= high
    assert found.open_ == [] and not len(found.risks_) and found.worst(3) == []
    assert all(not len(frame) for frame in found.forecasts().values())
    assert found.failure_.can_predict_ == (outcome == "delivered")


def test_budgets_of_nothing_are_named_and_leave_the_rest(northgate):
    register, status = northgate
    found = health(register, status.assign(budget_at_completion=0.0))
    assert "budget_at_completion" in left_out(found)["earned value, its forecasts and fans"]
    assert left_out(found)["the Bermuda Triangle"] == left_out(found)["watermelons"] == "earned value"
    assert found.earned_ is None and found.moves_ is not None and found.worst(3) == []


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
    assert found.rate_ is None and "nobody can tell" in left_out(found)["the failure rate"]
    some = register.assign(has_failed=register["outcome"] == "cancelled", benefit_realised=np.nan)
    assert "only cancellations count" in left_out(health(some, None))["benefit as a part of failure"]


def test_either_table_alone_and_neither(northgate):
    register, status = northgate
    assert (
        left_out(health(register, None))["earned value, its forecasts and fans"] == "the table project_status"
    )
    alone = health(None, status)
    assert left_out(alone)["the failure rate"] == "the table projects" and alone.earned_ is not None
    assert all((pd.to_datetime(f["due_on"]) > pd.Timestamp(AS_OF)).all() for f in alone.forecasts().values())
    with pytest.raises(ValueError, match="no project, and no status report"):
        health(register.head(0), status.head(0))
    with pytest.raises(ValueError, match="project 'nobody' is not in the data"):
        alone.worst(1, "nobody")


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
        cx.charts.uplift_curve({kind: model.uplift() for kind, model in found.classes_.items()}),
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
