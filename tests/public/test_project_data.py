"""Real projects through their mappings: what is told of them beside their SOURCE.md is what the models say."""

from pathlib import Path

import numpy as np
import pytest

import cxresearch as cx
from cxresearch.models import FinishForecasts, ProjectHealth, ReferenceClass, StatusMoves

HERE = Path(__file__).parent
SETS = {
    "gmpp": "2023-12-31",
    "us_it_dashboard": "2012-09-30",
    "project_estimates/kitchenham": "1999-12-31",
    "project_estimates/little": "2003-12-31",
}


@pytest.fixture
def opened(public_data):
    def open_set(name):
        return cx.open(public_data / Path(name).parts[0], described_by=HERE / name)

    return open_set


def health(ws, as_of):
    tables = {
        name: make(ws, as_of).to_pandas() if name in ws.tables else None
        for name, make in (("projects", cx.features.projects), ("project_status", cx.features.project_status))
    }
    return ProjectHealth().fit(tables["projects"], tables["project_status"], as_of)


def test_gmpp_delivery_confidence_of_the_next_year(opened):
    model = StatusMoves().fit(cx.features.project_status(opened("gmpp"), "2023-12-31"))
    assert model.months_ == 12 and len(model.pairs_) == 1011
    told = model.summary().set_index("metric")
    slipped, grew = told.loc["finish slipped over 30 days"], told.loc["budget grew over 10%"]
    assert (slipped["estimate"], slipped["n"]) == (pytest.approx(0.251, abs=5e-4), 945)
    assert model.pairs_["slip_days"][model.pairs_["slip_days"] > 30].median() == 395
    assert grew["estimate"] == pytest.approx(0.244, abs=5e-4)
    assert slipped["low"] < 0.251 < slipped["high"]
    shares = model.colours_.groupby("colour")["estimate"].sum()
    assert shares.to_numpy() == pytest.approx(1.0)
    amber = model.colours_.set_index(["colour", "next_colour"])["estimate"]["amber"]
    assert amber.idxmax() == "amber"


def test_gmpp_colours_say_something_of_the_next_slip(opened):
    """A project that is red or amber/red slips more often by its next report than one that is green or amber/green."""
    pairs = (
        StatusMoves()
        .fit(cx.features.project_status(opened("gmpp"), "2023-12-31"))
        .pairs_.dropna(subset="slip_days")
    )
    slipped = pairs["slip_days"] > 30
    worse, better = pairs["colour"].isin(["red", "amber/red"]), pairs["colour"].isin(["green", "amber/green"])
    gap = cx.stats.newcombe(
        int(slipped[worse].sum()), int(worse.sum()), int(slipped[better].sum()), int(better.sum())
    )
    assert gap.low > 0


def test_us_it_dashboard_over_cost_and_late(opened):
    projects = opened("us_it_dashboard").frame("projects")
    assert (projects["Cost Variance (%)"] < 0).mean() == pytest.approx(0.183, abs=5e-4)
    assert (projects["Schedule Variance (%)"] < 0).mean() == pytest.approx(0.277, abs=5e-4)
    # the variances are the dashboard's own; the costs beside them say nearly the same of the projects that are over
    paid = projects[(projects["actual_cost"] > 0) & (projects["baseline_cost"] > 0)]
    model = ReferenceClass(draws=200).fit(paid["actual_cost"].to_numpy(), paid["baseline_cost"].to_numpy())
    over = model.summary().set_index("metric").loc["share above the estimate"]
    assert over["low"] < 0.183 < over["high"]


def test_kitchenham_estimates(opened):
    done = cx.features.projects(opened("project_estimates/kitchenham"), "1999-12-31").to_pandas()
    assert len(done) == 145
    told = (
        ReferenceClass(draws=200)
        .fit(done["actual_cost"], done["baseline_cost"])
        .summary()
        .set_index("metric")["estimate"]
    )
    assert told["MMRE (mean error relative to the actual)"] == pytest.approx(0.263, abs=6e-4)
    assert told["MdMRE (median error relative to the actual)"] == pytest.approx(0.167, abs=6e-4)
    assert told["Pred(25) (share with an error of at most 25%)"] == pytest.approx(0.621, abs=5e-4)
    assert told["share above the estimate"] == pytest.approx(0.338, abs=5e-4)


def test_little_weekly_finish_forecasts_against_the_release(opened):
    ws = opened("project_estimates/little")
    register = cx.features.projects(ws, "2003-12-31").to_pandas()
    assert len(register) == 121
    status = cx.features.project_status(ws, "2003-12-31").to_pandas()
    model = FinishForecasts(draws=400).fit(status, register)
    # by hand, from the same two columns
    release = register.set_index("project_id")["finished_on"]
    rows = status[status["status_on"] < status["project_id"].map(release)].dropna(
        subset=["forecast_finish_on"]
    )
    error = (rows["project_id"].map(release) - rows["forecast_finish_on"]).dt.days
    assert len(model.reports_) == len(rows) == 5480
    assert model.reports_["error_days"].mean() == pytest.approx(error.mean())
    stage = model.by_stage_.set_index("stage")
    assert stage["low"].iloc[0] > 0  # said too early at the start
    assert (
        stage["estimate"].iloc[0] > stage["estimate"].iloc[-1]
    )  # and less so towards the end: no cone to fear, but a bias
    told = model.summary().set_index("metric")
    assert told.loc["projects later than forecast", "low"] > 0.5
    assert 3 < told.loc["estimating quality factor, median", "estimate"] < 7


@pytest.mark.parametrize("name", SETS)
def test_the_portfolio_says_what_it_can_and_names_the_rest(opened, name):
    found = health(opened(name), SETS[name])
    for part in ("rate_", "failure_", "risks_"):  # none of them records benefits or cancellations
        with pytest.raises(cx.NotEnough):
            getattr(found, part)
    left_out = " ".join(found.left_out_)
    assert "Failure rate not assessed" in left_out
    assert all(not len(frame) for frame in found.forecasts().values())
    has_costs = name in ("us_it_dashboard", "project_estimates/kitchenham")
    assert ("Reference class of cost not assessed" in left_out) != has_costs
    assert ("Managers' finish dates not assessed" in left_out) != (name == "project_estimates/little")
    if has_costs:
        assert np.isfinite(found.cost_overruns_.uplift()["estimate"]).all()
