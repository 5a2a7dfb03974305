"""Readiness: published quantiles to the digit, planted levels recovered, nothing to fix where nothing lags, hostile input."""

import json

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.models.readiness.ladder import percentile
from cxresearch.sample import write


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readiness")
    write(folder, tables=["readiness_answers"])
    answers = cx.open(folder).readiness_answers
    return cx.features.readiness_respondents(answers, "2026-09-30").to_pandas(), json.loads(
        (folder / "truth.json").read_text()
    )


def us(**scores):
    items = {item: [2.0] for item in READINESS_ITEMS} | {k: np.atleast_1d(v) for k, v in scores.items()}
    n = max(len(v) for v in items.values())
    items = {k: list(v) * n if len(v) == 1 else list(v) for k, v in items.items()}
    return pd.DataFrame({"organisation_id": ["us"] * n, "year": [2] * n} | items)


@pytest.mark.parametrize(
    ("below", "ties", "limits"),
    [
        (27, 0, (0.521639, 0.804049)),
        (13, 1, (0.206282, 0.491295)),
        (0, 0, (0, 0.060498)),
        (40, 0, (0.939502, 1)),
    ],
)
def test_the_ladder_has_jeffreys_interval(below, ties, limits):
    """R's qbeta."""
    np.testing.assert_allclose(percentile(below, ties, 40)[1:], limits, atol=5e-7)


def test_levels_of_the_years_are_recovered(northgate):
    respondents, truth = northgate
    found = cx.models.ReadinessLadder().fit(respondents)
    planted = list(truth["oracle"]["readiness.mean_by_year"]["value"].values())
    errors = found.years_["mean"] - planted
    assert (found.years_["n"] == 40).all() and found.is_synthetic_
    assert (errors.abs() < 3.2 * 0.38 / np.sqrt(40)).all()  # of five means
    assert found.year_ == 2 and found.years_["estimate"].is_monotonic_decreasing


def test_the_score_and_its_reliability(northgate):
    respondents, _ = northgate
    found = cx.models.ReadinessScore().fit(respondents)
    peers = respondents[respondents["is_benchmark"]][list(READINESS_ITEMS)]
    assert found.alpha_ == cx.stats.cronbach_alpha(peers)
    assert found.score_.estimate == pytest.approx(
        respondents[~respondents["is_benchmark"]][list(READINESS_ITEMS)].mean().mean()
    )
    assert found.n_ == 12 and found.score_.low < found.score_.estimate < found.score_.high
    assert found.reliability()["n"].tolist() == [200]


def test_a_single_respondent_has_the_error_of_the_scale():
    found = cx.models.ReadinessScore().fit(us())
    alpha, spread = found.alpha_.estimate, 0.536  # of the shipped benchmark's scores
    assert found.score_.std_error == pytest.approx(spread * np.sqrt(1 - alpha), rel=0.02)


def test_the_item_to_fix_first(northgate):
    respondents, truth = northgate
    found = cx.models.ReadinessPriorities().fit(respondents)
    assert (found.year_, found.next_year_, found.first_) == (2, 3, "people_2")
    row = found.items_.iloc[0]
    planted = (
        truth["oracle"]["readiness.weakest"]["value"]
        - truth["oracle"]["readiness.mean_by_year"]["value"]["year 3"]
    )
    assert row["low"] - 0.2 < planted < row["high"] + 0.2
    assert found.items_["is_below"].sum() <= 4


def test_nothing_is_named_where_nothing_lags():
    """Own answers drawn from the next year's organisations: one item in twenty firms at most."""
    rng, named = np.random.default_rng(4), 0
    shipped = cx.models.ReadinessPriorities().fit(us())
    levels = shipped.items_.set_index("item").loc[list(READINESS_ITEMS), "next_year"].to_numpy()
    for _ in range(60):
        common = 0.35 * rng.standard_normal((8, 1))
        drawn = np.clip(np.rint(levels + common + 0.36 * rng.standard_normal((8, 12))), 0, 4)
        frame = us(**dict(zip(READINESS_ITEMS, drawn.T, strict=True)))
        named += cx.models.ReadinessPriorities().fit(frame).first_ is not None
    assert named <= 9


def test_which_year_the_answers_look_like(northgate):
    respondents, _ = northgate
    found = cx.models.YearOfAnswers().fit(respondents)
    assert found.years_["estimate"].sum() == pytest.approx(1) and found.likeliest_ in (2, 3)
    assert found.slope_.low > 0 and found.skill_ > 0.1
    held = found.calibration_
    assert (held["predicted"].between(held["low"] - 0.06, held["high"] + 0.06)).all()
    assert found.summary()["estimate"].notna().all()


def test_answers_of_chance_tell_no_year():
    rng = np.random.default_rng(6)
    rows = pd.DataFrame(rng.integers(0, 5, (100, 12)), columns=list(READINESS_ITEMS))
    peers = rows.assign(
        organisation_id=[f"o{k}" for k in range(100)],
        year=np.repeat(range(1, 6), 20),
        is_benchmark=True,
        source="survey",
    )
    found = cx.models.YearOfAnswers().fit(pd.concat([us().assign(is_benchmark=False), peers]))
    assert found.slope_.low < 0 < found.slope_.high and found.skill_ < 0.05 and not found.is_synthetic_


def test_what_cannot_be_used_is_said():
    with pytest.raises(cx.NotEnough, match="no answer to the readiness assessment is the firm's own"):
        cx.models.ReadinessScore().fit(us().assign(is_benchmark=True))
    with pytest.raises(cx.NotEnough, match="are of several organisations"):
        cx.models.ReadinessScore().fit(pd.concat([us(), us().assign(organisation_id="them")]))
    with pytest.raises(cx.NotEnough, match="does not say in which year"):
        cx.models.ReadinessPriorities().fit(us().drop(columns="year"))
    with pytest.raises(cx.NotEnough, match="score is above 4"):
        cx.models.ReadinessScore().fit(us(people_1=7.0))
    with pytest.raises(ValueError, match="no column strategy_1"):
        cx.models.ReadinessScore().fit(us().drop(columns="strategy_1"))
    short = us(**{item: [2.0, np.nan] for item in READINESS_ITEMS[:4]})
    assert cx.models.ReadinessScore().fit(short).left_out_ == [
        "fewer than 10 respondents left out more than 3 of the twelve questions"
    ]


def test_the_benchmark_that_ships_is_that_of_the_sample(northgate):
    from cxresearch.models.readiness.answers import SHIPPED

    shipped = pd.read_csv(SHIPPED)
    respondents, _ = northgate
    peers = respondents[respondents["is_benchmark"]].sort_values("organisation_id")
    np.testing.assert_array_equal(shipped[list(READINESS_ITEMS)], peers[list(READINESS_ITEMS)])
