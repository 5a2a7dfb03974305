"""Predictors of failure beyond the named ones: whatever was known at the gate, typed and guarded, never a later fact."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models import FailureByAttribute, ProjectFailure
from cxresearch.models.projects.known_at_gate import KnownAtGate
from cxresearch.sample.projects import gate_register
from cxresearch.stats.firth import firth_test
from tests.coverage.null_failure import portfolio, share


def frame(count=200, seed=0, **columns):
    random = np.random.default_rng(seed)
    begun = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 600, count), unit="D")
    lasted = random.integers(60, 500, count)
    failed = pd.array(random.random(count) < 0.4, dtype="boolean")
    failed[-50:] = pd.NA
    ended = pd.Series(begun + pd.to_timedelta(lasted, unit="D")).where(~pd.isna(failed))
    table = pd.DataFrame({"project_id": range(count), "begun_on": begun, "decided_on": ended})
    return table.assign(**columns), pd.Series(failed), lasted


# ---------------------------------------------------------------- what is found, and what is not announced


def test_the_named_predictors_are_what_they_were():
    """Odds, shrinkage and performance of the eight do not move; these are the numbers of the model before it knew of others (with slopes held back within the folds)."""
    model = ProjectFailure().fit(*gate_register(120, seed=1))
    assert model.params_.tolist()[:4] == pytest.approx([-5.640308, 0.007697, 0.057228, -0.531957], abs=1e-6)
    assert (model.slope_, model.intercept_) == pytest.approx((0.522096, -3.044482), abs=1e-6)
    assert model.performance()["estimate"].tolist() == pytest.approx(
        [0.708287, 0.218055, 1.191290, -0.001005], abs=1e-6
    )
    assert not len(model.further_) and model.penalty_ == np.inf


def test_further_attributes_never_change_the_odds_of_the_named_ones():
    gate, failed = portfolio(3, effect=2.0)
    with_them, without = (ProjectFailure(repeats=1).fit(g, failed) for g in (gate, gate.loc[:, :"creep"]))
    pd.testing.assert_frame_equal(with_them.summary(), without.summary())


def test_an_attribute_of_the_firms_own_that_matters_is_found_and_used():
    gate, failed = portfolio(3, size=300, effect=1.5)
    model = ProjectFailure(repeats=2).fit(gate, failed)
    assert model.further_.loc[model.further_["stands"], "attribute"].tolist() == ["vendor"]
    odds = model.further_summary().set_index("metric")
    assert 1 < odds.loc["vendor A", "low"] < odds.loc["vendor A", "estimate"] < odds.loc["vendor A", "high"]
    assert np.isfinite(model.penalty_)
    auc = model.performance().set_index("metric")["estimate"]
    assert auc["AUC"] > auc["AUC without the further attributes"]
    of_a, of_b = (model.predict(gate.assign(vendor=v))["probability"].mean() for v in "AB")
    assert of_a > of_b + 0.05
    text = cx.readings.failure_factors(model).text
    assert "failure goes with vendor, after correction" in text and "in held-out projects" in text


def test_attributes_of_chance_are_not_announced_and_cost_nothing():
    """Twelve portfolios of 120 with eight attributes of nothing each; `make null` takes two hundred."""
    stands, enters, cost = share(12)
    assert stands <= 0.25 and enters <= 0.34  # of 5 % and 10 %: more has a chance below one in 200
    assert cost < 0.01


def test_a_firm_that_records_none_of_the_eight_has_a_model():
    gate, failed = portfolio(3, size=300, effect=2.5)
    own = gate.drop(columns=list(gate.loc[:, "people_ready":"creep"].columns))
    model = ProjectFailure(repeats=1).fit(own, failed)
    assert model.predictors_ == [] and model.further_["stands"].iloc[0]
    assert model.predict(own)["probability"].between(0, 1).all()
    text = cx.readings.failure_factors(model).text
    assert "None of the named predictors is recorded." in text and "per predictor" not in text
    assert not len(model.summary()) and cx.report.record(model.summary(), "x").text == ""


def test_the_test_of_one_coefficient_is_that_of_its_profile_limits():
    from scipy.stats import chi2

    from cxresearch.stats.firth import fit_firth

    random = np.random.default_rng(4)
    x = np.column_stack([np.ones(60), random.normal(size=(60, 2))])
    y = (random.random(60) < 0.3).astype(float)
    p = firth_test(x, y, [2])
    fit = fit_firth(x, y, ["one", "a", "b"], level=1 - p)
    assert min(abs(fit.low[2]), abs(fit.high[2])) == pytest.approx(0, abs=1e-5)
    assert 0 < p < 1 and chi2.isf(p, 1) > 0


# ---------------------------------------------------------------- types


def test_texts_flags_and_numbers_are_columns_of_their_type():
    random = np.random.default_rng(1)
    table, failed, _ = frame(
        site=random.choice(["north", "south", "west"], 200),
        vendor=[f"v{k % 40}" for k in range(200)],
        has_pmo=pd.array(random.random(200) < 0.3, dtype="boolean"),
        money=np.exp(random.normal(12, 2, 200)),
        size=random.integers(1, 9, 200),
    )
    known = KnownAtGate(table, failed)
    words = [column.words for column in known.columns_]
    assert words[2:] == ["has pmo", "money, per standard deviation", "size, per standard deviation"]
    assert (
        len(set(words[:2]) & {"site north", "site south", "site west"}) == 2
    )  # the third is what the two are not
    assert known.columns_[3].is_log and not known.columns_[4].is_log
    assert known.left_out_ == {"vendor": "no two values have 10 decided projects each"}
    z = known.transform(table)[failed.notna().to_numpy()]
    assert np.abs(z.mean(axis=0)).max() < 0.05 and np.abs(z.std(axis=0) - 1).max() < 0.05
    new = known.transform(table.head(1).assign(site="unheard of", size=np.nan))
    assert np.isfinite(new).all() and new[0, 4] == 0


def test_rare_levels_are_taken_together_without_a_look_at_the_outcome():
    names = ["big"] * 120 + ["rare1"] * 4 + ["rare2"] * 5 + ["rare3"] * 5 + ["small"] * 66
    table, failed, _ = frame(site=np.random.default_rng(2).permutation(names))
    known = KnownAtGate(table, failed)
    assert {column.level for column in known.columns_} == {"big", "small"}  # the rare ones are the rest
    one, other = (known.transform(table.head(1).assign(site=level)) for level in ("rare1", "rare2"))
    assert (one == other).all()


def test_the_planned_duration_is_known_and_dates_are_no_attributes():
    table, failed, _ = frame()
    planned = table["begun_on"] + pd.to_timedelta(np.random.default_rng(3).integers(50, 400, 200), unit="D")
    known = KnownAtGate(table.assign(planned_finish_on=planned, signed_on=table["begun_on"]), failed)
    assert known.attributes_ == ["planned_days"]


# ---------------------------------------------------------------- later facts


def later(kind):
    table, failed, lasted = frame()
    fell, decided = failed.fillna(False).to_numpy(dtype=bool), failed.notna().to_numpy()
    age = (pd.Timestamp("2026-06-30") - table["begun_on"]).dt.days.to_numpy()
    return (
        {
            "filled for failures": pd.Series(np.where(fell, "lesson", None), dtype=object),
            "filled for the decided": pd.Series(np.where(decided, "closed", None), dtype=object),
            "tells the outcome": pd.Series(np.where(fell, "post mortem", "archive")),
            "scores the outcome": pd.Series(np.where(fell, 10.0, 1.0) + np.random.default_rng(5).random(200)),
            "counts reports": pd.Series(np.where(decided, lasted, age) / 30.0).round(),
        }[kind],
        table,
        failed,
    )


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("filled for failures", "it is filled in after the outcome"),
        ("filled for the decided", "it is filled in after the outcome"),
        ("tells the outcome", "its values say which projects failed"),
        ("scores the outcome", "its values say which projects failed"),
        ("counts reports", "it grows while a project runs, so it was not known at the gate"),
    ],
)
def test_a_later_fact_is_left_out_with_its_reason(kind, why):
    values, table, failed = later(kind)
    known = KnownAtGate(table.assign(own=values), failed)
    assert known.left_out_ == {"own": why} and not known.columns_
    if not pd.api.types.is_numeric_dtype(values):
        with pytest.raises(cx.NotEnough):
            FailureByAttribute().fit(table.assign(own=values, has_failed=failed))


def test_a_number_that_only_goes_with_the_calendar_or_the_size_is_no_later_fact():
    table, failed, lasted = frame()
    age = (pd.Timestamp("2026-06-30") - table["begun_on"]).dt.days
    noise = np.random.default_rng(6).normal(0, 30, 200)
    assert "own" in KnownAtGate(table.assign(own=age + noise), failed).attributes_
    assert "own" in KnownAtGate(table.assign(own=lasted + 3 * noise), failed).attributes_


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([None] * 90 + ["x", "y"] * 55, "missing in 60% of the decided projects"),
        (["x"] * 197 + ["y"] * 3, "nearly the same in all decided projects"),
        ([f"n{k}" for k in range(200)], "no two values have 10 decided projects each"),
    ],
)
def test_what_is_no_predictor_is_named_with_its_reason(values, why):
    table, failed, _ = frame(own=pd.Series(values, dtype=object))
    assert KnownAtGate(table, failed).left_out_ == {"own": why}


def test_what_the_named_predictors_tell_already_is_named():
    gate, failed = gate_register(120, seed=1)
    model = ProjectFailure(repeats=1).fit(gate.assign(sponsored=gate["has_sponsor"]), failed)
    assert (
        "sponsored: the named predictors tell it already, or it does not vary among the projects learnt from"
        in model.left_out_
    )


# ---------------------------------------------------------------- from a file


def test_columns_of_a_file_are_typed_and_those_that_are_no_attributes_named(workspace):
    lines = ["project_id,started_on,finished_on,outcome,site,score,is_agile,vendor_id,signed,project manager"]
    lines += [
        f"p{k},2024-01-01,2024-06-30,{'cancelled' if k % 4 == 0 else 'delivered'},{'north' if k % 2 else 'south'},{k % 7}.5,"
        f"{'true' if k % 3 else 'false'},V{k},2024-01-0{1 + k % 9},Person {k % 2}"
        for k in range(80)
    ]
    ws = workspace(projects="\n".join(lines) + "\n")
    found = cx.features.projects(ws, "2025-12-31").to_pandas()
    assert found["score"].tolist()[:2] == [0.5, 1.5] and found["is_agile"].tolist()[:2] == [False, True]
    assert not {"vendor_id", "signed"} & set(found.columns)
    left_out = cx.features.columns_left_out(ws)
    assert "vendor_id: it is a key" in left_out and "signed: it holds dates" in left_out
    model = ProjectFailure(repeats=1).fit(found)
    assert set(model.further_["attribute"]) >= {"site", "score", "is_agile"}
