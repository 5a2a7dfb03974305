"""Cohort retention: cells, the pooled curve, and tables that cannot be read."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxresearch import NotEnough
from cxresearch.models import CohortRetention, KaplanMeier
from cxresearch.stats import wilson


def triangle(sizes, active, first="2024-01"):
    """Cohort rows from a list of lists: active by period, one list a cohort."""
    months = pd.period_range(first, periods=len(sizes), freq="M").astype(str)
    rows = [
        (month, period, size, count)
        for month, size, counts in zip(months, sizes, active, strict=True)
        for period, count in enumerate(counts)
    ]
    return pd.DataFrame(rows, columns=["cohort", "period", "customers", "active"])


CONTRACT = triangle([100, 300, 50], [[100, 80, 60, 50], [300, 270, 250], [50, 20]])
SHOPPERS = triangle([100, 300, 50], [[100, 30, 45, 20], [300, 90, 60], [50, 10]])


def test_a_cell_is_a_share_with_wilsons_interval():
    cells = CohortRetention().fit(CONTRACT).cells_.set_index(["cohort", "period"])
    assert tuple(cells.loc[("2024-01", 2), ["share", "low", "high"]]) == pytest.approx(tuple(wilson(60, 100)))
    assert len(cells) == len(CONTRACT)


def test_contract_curve_is_kaplan_meier_on_customers():
    model = CohortRetention().fit(CONTRACT)
    assert model.contract_
    lost = [(1, 20 + 30 + 30), (2, 20 + 20), (3, 10)]
    still = [(3, 50), (2, 250), (1, 20)]
    duration = np.concatenate([np.full(count, period) for period, count in lost + still])
    event = np.r_[np.ones(130), np.zeros(320)]
    curve = KaplanMeier().fit(duration, event).at([0, 1, 2, 3])
    for name, other in [("retention", "survival"), ("low", "low"), ("high", "high")]:
        assert model.curve_[name].to_numpy() == pytest.approx(curve[other].to_numpy())
    # by hand: (370/450) * (310/350) * (50/60)
    assert model.curve_["retention"].iloc[-1] == pytest.approx(370 / 450 * 310 / 350 * 50 / 60)
    assert model.curve_["customers"].tolist() == [450, 450, 400, 100]


def test_shoppers_curve_is_the_share_of_those_observed_that_long():
    model = CohortRetention().fit(SHOPPERS)
    assert not model.contract_
    assert model.curve_["retention"].tolist() == pytest.approx([1, 130 / 450, 105 / 400, 20 / 100])
    assert tuple(model.curve_.loc[2, ["low", "high"]]) == pytest.approx(wilson(105, 400)[1:])
    # with zeros for the future instead, period 3 would read 20 of 450
    assert model.curve_["retention"].iloc[-1] > 20 / 450


@pytest.mark.parametrize("contract", [True, False])
def test_intervals_cover_planted_retention(contract):
    random, held, runs = np.random.default_rng(6), np.zeros(4), 150
    truth = np.array([0.8, 0.64, 0.512, 0.4096]) if contract else np.array([0.5, 0.4, 0.35, 0.3])
    for _ in range(runs):
        active = []
        for age in (4, 3, 2, 1):
            life = random.geometric(0.2, 80)
            here = [
                (life > t).sum() if contract else random.binomial(80, truth[t - 1]) for t in range(1, age + 1)
            ]
            active.append([80, *here])
        curve = CohortRetention(contract).fit(triangle([80] * 4, active)).curve_.iloc[1:]
        held += ((curve["low"] <= truth) & (truth <= curve["high"])).to_numpy()
    assert held / runs == pytest.approx([0.95] * 4, abs=0.05)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), min_size=1, max_size=3), st.randoms())
def test_any_triangle(active, random):
    active = [[20, *counts][: 4 - place] for place, counts in enumerate(active)]
    data = triangle([20] * len(active), active)
    model = CohortRetention().fit(data)
    curve = model.curve_
    assert (curve["low"] <= curve["retention"] + 1e-12).all()
    assert (curve["retention"] <= curve["high"] + 1e-12).all()
    if model.contract_:
        assert (curve["retention"].diff().dropna() <= 1e-12).all()
    order = list(range(len(data)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(CohortRetention().fit(data.iloc[order]).curve_, curve)


def test_one_cohort_is_its_own_curve():
    model = CohortRetention().fit(triangle([200], [[200, 150, 90]]))
    assert model.curve_["retention"].to_numpy() == pytest.approx(model.cells_["share"].to_numpy())


def test_period_zero_may_be_left_out():
    without = CONTRACT[CONTRACT["period"] > 0]
    pd.testing.assert_frame_equal(
        CohortRetention().fit(without).curve_, CohortRetention().fit(CONTRACT).curve_
    )


def test_summary():
    table = CohortRetention().fit(CONTRACT).summary()
    assert table.columns.tolist() == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    assert table["metric"].tolist() == ["retained in period 1", "retained in period 3"]
    assert table["n"].tolist() == [450, 100]
    with pytest.raises(
        ValueError, match=r"periods is not among those observed \(0 to 3\) in 1 row \(first: 9\)"
    ):
        CohortRetention().fit(CONTRACT).summary([2, 9])


def test_ibis_table_and_dates():
    dated = CONTRACT.assign(cohort=pd.to_datetime(CONTRACT["cohort"]))
    ours = CohortRetention().fit(ibis.memtable(dated)).curve_
    pd.testing.assert_frame_equal(ours, CohortRetention().fit(CONTRACT).curve_)


def change(**columns):
    return CONTRACT.assign(**columns)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            CONTRACT.drop(columns="active"),
            "cohorts lacks the column active; it has cohort, period, customers",
        ),
        ([1, 2], "cohorts is a list, not a table"),
        (
            change(active=CONTRACT["customers"] + 1),
            "active exceeds customers in 9 rows .first: 2024-01 period 0",
        ),
        (change(active=-1), "active is negative"),
        (change(active=CONTRACT["active"] * 0.501), "active is not a whole number"),
        (change(cohort=None), "cohort is missing in 9 rows"),
        (change(customers=range(300, 309)), r"customers differs from the cohort's first row in 6 rows"),
        (
            pd.concat([CONTRACT, CONTRACT.iloc[[1]]]),
            r"period is repeated in 1 row \(first: 2024-01 period 1\)",
        ),
        (CONTRACT.drop(index=2), r"period leaves out the one before.*first: 2024-01 period 3"),
        (CONTRACT.drop(index=3), r"period stops before 2024-04.*2 rows|period stops before"),
        (CONTRACT.drop(index=[0, 1]), r"period starts after 1 in 1 row \(first: 2024-01 period 2\)"),
    ],
)
def test_bad_tables_are_named(data, message):
    with pytest.raises(ValueError, match=message):
        CohortRetention().fit(data)


def test_a_contract_does_not_rise():
    with pytest.raises(
        ValueError, match=r"active rises, which a contract rules out, in 1 row .first: 2024-01 period 2"
    ):
        CohortRetention(contract=True).fit(SHOPPERS)


def test_a_cohort_that_stops_early_is_not_taken_for_a_young_one():
    with pytest.raises(ValueError, match=r"stops before 2024-04, .* \(first: 2024-02 period 1\)"):
        CohortRetention().fit(CONTRACT.drop(index=6))


def quarters(sizes, **options):
    rows = [
        (day, period, size, size - period * lost)
        for day, (size, lost) in zip(
            pd.to_datetime(["2024-01-01", "2024-04-01", "2024-07-01"]), sizes, strict=True
        )
        for period in range(3)
    ]
    table = pd.DataFrame(rows, columns=["cohort", "period", "customers", "active"])
    return CohortRetention(contract=True, grain="quarter", **options).fit(table)


def test_small_cohorts_are_left_out_and_named():
    kept = quarters([(9, 1), (100, 10), (200, 40)], fewest=10)
    assert kept.cells_["cohort"].unique().tolist() == ["2024Q2", "2024Q3"]
    assert kept.left_out_ == ["Cohorts of fewer than 10 customers: 2024Q1"]
    assert kept.summary([1])["metric"].tolist() == ["retained in quarter 1"]


def test_the_latest_cohort_is_compared_with_the_earliest():
    kept = quarters([(50, 5), (100, 10), (200, 40)])
    row = kept.change(2).iloc[0]
    assert (row["earliest"], row["latest"]) == ("2024Q1", "2024Q3")
    assert row["estimate"] == pytest.approx(0.6 - 0.8)
    assert row["low"] < row["estimate"] < row["high"] < 0
    assert kept.change(3).empty
    assert kept.up_to(1, 2, 4) == [1, 2]


def test_cohorts_nobody_could_follow_are_not_enough():
    with pytest.raises(NotEnough, match="no cohort has been observed for a period after its own"):
        CohortRetention().fit(CONTRACT.iloc[:0])
    with pytest.raises(
        NotEnough, match="no cohort of 300 or more customers has been observed for a whole quarter"
    ):
        quarters([(9, 1), (100, 10), (200, 40)], fewest=300)
