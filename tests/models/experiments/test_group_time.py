"""Group-time effects: the published figures of mpdta, planted effects, silence, properties, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.models.experiments.cohort_paths import typed_paths

NAMES = ["estimate", "std_error"]


def matrix(*lower):
    found = np.zeros((4, 4))
    found[np.tril_indices(4)] = lower
    return found + np.tril(found, -1).T


# mpdta (500 counties, ln of teen employment, 2003–07): counts, mean of Y − Y of 2003, covariance ÷ n
MPDTA = typed_paths(
    [2003, 2004, 2005, 2006, 2007],
    [0, 2004, 2006, 2007],
    [309, 20, 40, 131],
    [
        [-0.0626300, -0.0498216, -0.0157337, 0.0065025],
        [-0.0731333, -0.1202447, -0.1529925, -0.0943088],
        [-0.0561099, -0.0460523, -0.0165591, -0.0309527],
        [-0.0321234, -0.0220408, -0.0190401, -0.0228582],
    ],
    [
        matrix(0.0295813, 0.0201292, 0.0333886, 0.0221512, 0.0296614, 0.0659880, 0.0227871, 0.0289971, 0.0530529, 0.0666444),
        matrix(0.0088976, 0.0065108, 0.0170400, 0.0076983, 0.0166762, 0.0222801, 0.0021828, 0.0127661, 0.0138776, 0.0192976),
        matrix(0.0179363, 0.0202728, 0.0349708, 0.0201161, 0.0321301, 0.0367144, 0.0193294, 0.0332334, 0.0346270, 0.0424228),
        matrix(0.0170661, 0.0136809, 0.0358830, 0.0153327, 0.0306720, 0.0503486, 0.0164746, 0.0317395, 0.0442678, 0.0632809),
    ],
)  # fmt: skip


def near(found, expected):
    assert np.asarray(found, dtype=float) == pytest.approx(np.asarray(expected), abs=1.5e-6)


@pytest.fixture(scope="module")
def never():
    return cx.models.GroupTimeATT(controls="never").fit(MPDTA)


@pytest.fixture(scope="module")
def notyet():
    return cx.models.GroupTimeATT(controls="notyet").fit(MPDTA)


def test_mpdta_cells(never):
    """R's did, with the never treated; csdid 0.4.3 gives the same."""
    expected = [
        [-0.0105032, 0.0232510], [-0.0704232, 0.0309848], [-0.1372587, 0.0364357], [-0.1008114, 0.0343592],
        [0.0065201, 0.0233268], [-0.0027508, 0.0195586], [-0.0045946, 0.0177552], [-0.0412245, 0.0202292],
        [0.0305067, 0.0150336], [-0.0027259, 0.0163958], [-0.0310871, 0.0178775], [-0.0260544, 0.0166554],
    ]  # fmt: skip
    near(never.cells_[NAMES], expected)
    assert never.cells_["start"].tolist() == [2004.0] * 4 + [2006.0] * 4 + [2007.0] * 4
    assert never.cells_["since"].tolist() == [0, 1, 2, 3, -2, -1, 0, 1, -3, -2, -1, 0]


def test_mpdta_aggregates_with_the_never_treated(never):
    near(never.simple_[NAMES], [-0.0399513, 0.0120340])
    dynamic = [
        [0.0305067, 0.0150336], [-0.0005631, 0.0132916], [-0.0244587, 0.0142364], [-0.0199318, 0.0118264],
        [-0.0509574, 0.0168935], [-0.1372587, 0.0364357], [-0.1008114, 0.0343592],
    ]  # fmt: skip
    near(never.dynamic_[NAMES], dynamic)
    near(never.group_[NAMES], [[-0.0797491, 0.0263678], [-0.0229095, 0.0167033], [-0.0260544, 0.0166554]])
    calendar = [
        [-0.0105032, 0.0232510],
        [-0.0704232, 0.0309848],
        [-0.0488160, 0.0201259],
        [-0.0370593, 0.0137471],
    ]
    near(never.calendar_[NAMES], calendar)
    overall = never.overall_.set_index("kind")[NAMES]
    near(overall.loc["dynamic"], [-0.0772398, 0.0199650])
    near(overall.loc["group"], [-0.0310183, 0.0124461])
    near(overall.loc["calendar"], [-0.0417004, 0.0159719])


def test_mpdta_aggregates_with_the_not_yet_treated(notyet):
    near(
        notyet.overall_[NAMES],
        [[-0.0397636, 0.0120524], [-0.0773993, 0.0195602], [-0.0304622, 0.0125751], [-0.0442671, 0.0155709]],
    )


def test_mpdta_wald(never):
    found = never.pre_test()
    assert found["statistic"] == pytest.approx(7.791237, abs=1e-4)
    assert (found["df"], found["p_value"]) == (5, pytest.approx(0.16812, abs=1e-5))
    assert found["p_value"] < found["p_small"] < 0.18
    assert 0.02 < found["detectable"] < 0.04


def test_mpdta_band_and_breakdown(never):
    """The band is wider than each interval, and no wider than Bonferroni's; a first effect that holds 0 breaks down at once."""
    band = never.band()
    wider = (band["high"] - band["estimate"]) / never.dynamic_["std_error"]
    assert wider.to_numpy() == pytest.approx(wider.iloc[0], rel=1e-6)
    assert 2.3 < wider.iloc[0] < 2.69
    assert never.band(before=False)["since"].tolist() == [0, 1, 2, 3]
    assert never.breakdown() == 0


# panels made here


def panel(seed=0, cohorts=(4, 6, 8, 0), each=15, periods=10, effect=0.0, drift=0.0, grows=0.0):
    """Units with a level and a season of their own; those of a cohort gain `effect` from its start on, and `grows` more per period."""
    random = np.random.default_rng(seed)
    start = np.repeat(cohorts, each)
    t = np.arange(1, periods + 1)
    since = t - np.where(start == 0, np.inf, start)[:, None]
    y = random.normal(0, 1, (len(start), 1)) + 0.3 * np.sin(t) + random.normal(0, 0.3, (len(start), periods))
    y += np.where(since >= 0, effect + grows * np.maximum(since, 0), 0.0) + drift * t * (start > 0)[:, None]
    unit = [f"t{k}" for k in range(len(start))]
    return pd.DataFrame(
        {
            "unit": np.repeat(unit, periods),
            "period": np.tile(t, len(start)),
            "outcome": y.ravel(),
            "start": np.repeat(start, periods),
        }
    )


def fit(data, **settings_):
    return cx.models.GroupTimeATT(**settings_).fit(data)


def test_the_statistics_are_those_of_the_panel():
    data = panel(effect=0.5)
    own = fit(data)
    wide = data.pivot(index="unit", columns="period", values="outcome")
    cohort = data.groupby("unit")["start"].first()
    parts = [wide[cohort == start].to_numpy() for start in (0, 4, 6, 8)]
    typed = typed_paths(
        np.arange(1, 11),
        [0, 4, 6, 8],
        [len(part) for part in parts],
        [part.mean(axis=0) for part in parts],
        [np.cov(part.T, ddof=0) for part in parts],
    )
    order = np.argsort(typed.starts)
    typed = typed._replace(**{k: getattr(typed, k)[order] for k in typed._fields if k != "periods"})
    again = fit(typed)
    assert again.cells_.to_numpy() == pytest.approx(own.cells_.to_numpy(), abs=1e-9)
    assert again.dynamic_covariance_ == pytest.approx(own.dynamic_covariance_, abs=1e-12)


def test_one_start_is_the_plain_difference_in_differences():
    data = panel(cohorts=(5, 0), periods=6, effect=0.4)
    wide = data.pivot(index="unit", columns="period", values="outcome")
    treated = data.groupby("unit")["start"].first() > 0
    change = wide[5] - wide[4]
    expected = change[treated].mean() - change[~treated].mean()
    error = np.sqrt(change[treated].var(ddof=0) / 15 + change[~treated].var(ddof=0) / 15)
    cell = fit(data).cells_.query("period == 5").iloc[0]
    assert [cell["estimate"], cell["std_error"]] == pytest.approx([expected, error])


def test_growing_effects_are_found_where_two_way_fixed_effects_are_wrong():
    """Every start's effect grows by .2 a period and nobody stays untreated: the regression compares with earlier starters, whose effect still grows."""
    data = panel(cohorts=(3, 6, 11), periods=10, grows=0.2, each=40)
    found = fit(data)
    table = found.cells_[found.cells_["since"] >= 0]
    truth = np.average(0.2 * table["since"], weights=table["n"])
    assert found.simple_["low"] < truth < found.simple_["high"]
    within = data.assign(d=((data["start"] > 0) & (data["period"] >= data["start"])).astype(float))[
        ["unit", "period", "outcome", "d"]
    ]
    for key in ("unit", "period", "unit", "period"):
        within[["outcome", "d"]] -= within.groupby(key)[["outcome", "d"]].transform("mean")
    two_way = (within["d"] @ within["outcome"]) / (within["d"] @ within["d"])
    assert two_way < found.simple_["low"]


def test_effects_are_held_as_often_as_stated():
    held = [
        one["low"] <= 0.3 <= one["high"]
        for one in (fit(panel(seed, effect=0.3)).simple_ for seed in range(60))
    ]
    assert np.mean(held) >= 0.85  # of 60 at 95 %


def test_silent_without_an_effect():
    found = [fit(panel(seed)) for seed in range(40)]
    assert np.mean([not one.simple_["low"] <= 0 <= one.simple_["high"] for one in found]) < 0.15
    assert np.mean([one.pre_test()["p_small"] < 0.05 for one in found]) < 0.15
    bands = [one.band() for one in found]
    outside = [((band["low"] > 0) | (band["high"] < 0)).any() for band in bands]
    assert np.mean(outside) < 0.2


def test_units_that_drift_apart_are_found_before_the_start():
    found = fit(panel(drift=0.3)).pre_test()
    assert found["p_small"] < 0.01
    assert found["detectable"] < 0.3


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(-50, 50), st.floats(0.1, 20))
def test_order_level_and_scale_change_nothing(seed, level, scale):
    data = panel(seed % 5, effect=0.2)
    own = fit(data).dynamic_[NAMES].to_numpy()
    mixed = data.sample(frac=1, random_state=seed)
    mixed["outcome"] = scale * mixed["outcome"] + level + mixed["unit"].str.len()
    assert fit(mixed).dynamic_[NAMES].to_numpy() / scale == pytest.approx(own, abs=1e-6)


def test_counted_units_are_single_units():
    """Weights of 1 are none; a common factor of the weights changes nothing; a unit of weight 0 is left out."""
    data = panel(effect=0.2).assign(size=1.0)
    own = fit(data)
    for factor in (1.0, 7.0):
        again = cx.models.GroupTimeATT().fit(data.assign(size=factor), weight="size")
        assert again.dynamic_[NAMES].to_numpy() == pytest.approx(own.dynamic_[NAMES].to_numpy(), abs=1e-10)
    zero = data.assign(size=np.where(data["unit"] == "t3", 0.0, 1.0))
    without = fit(data[data["unit"] != "t3"])
    again = cx.models.GroupTimeATT().fit(zero, weight="size")
    assert again.dynamic_[NAMES].to_numpy() == pytest.approx(without.dynamic_[NAMES].to_numpy(), abs=1e-10)


def test_weights_by_hand():
    data = panel(cohorts=(5, 0), periods=6).assign(size=lambda d: 1.0 + d["unit"].str[1:].astype(int) % 3)
    wide = data.pivot(index="unit", columns="period", values="outcome")
    size, treated = data.groupby("unit")["size"].first(), data.groupby("unit")["start"].first() > 0
    change = wide[5] - wide[4]
    parts = [(change[rows], size[rows]) for rows in (treated, ~treated)]
    means = [np.average(y, weights=w) for y, w in parts]
    error = np.sqrt(
        sum(((w * (y - m)) ** 2).sum() / w.sum() ** 2 for (y, w), m in zip(parts, means, strict=True))
    )
    cell = cx.models.GroupTimeATT().fit(data, weight="size").cells_.query("period == 5").iloc[0]
    assert [cell["estimate"], cell["std_error"]] == pytest.approx([means[0] - means[1], error])


def test_announced_plans_are_compared_with_the_time_before_the_announcement():
    """The effect begins one period early: without anticipation the base is already treated, and half of it is lost."""
    data = panel(cohorts=(5, 0), each=60, periods=8, effect=0.5)
    early = data["period"].eq(4) & data["start"].eq(5)
    data.loc[early, "outcome"] += 0.5
    assert fit(data).simple_["high"] < 0.3
    found = fit(data, anticipation=1)
    assert found.simple_["low"] < 0.5 < found.simple_["high"]
    assert found.dynamic_["since"].min() == -3


def test_future_starts_are_controls():
    data = panel(cohorts=(4, 99), effect=0.3)
    found = fit(data)
    assert np.isfinite(found.simple_["estimate"])
    with pytest.raises(cx.NotEnough):
        fit(data, controls="never")


# what cannot be answered


@pytest.mark.parametrize(
    ("cohorts", "controls", "fault"),
    [
        ((0,), "notyet", "no teams start within the records"),
        ((4,), "notyet", "no teams are left that had not started"),
        ((4, 6), "never", "no teams are left that had not started"),
        ((1, 0), "notyet", "no teams start within the records"),
        ((20, 0), "notyet", "no teams start within the records"),
    ],
)
def test_no_comparison_no_effect(cohorts, controls, fault):
    with pytest.raises(cx.NotEnough, match=fault):
        fit(panel(cohorts=cohorts), controls=controls, units="teams")


def test_teams_that_stop_or_had_started_are_left_out_and_counted():
    data = panel(cohorts=(1, 4, 6, 0))
    data = data[~((data["unit"] == "t20") & (data["period"] > 7))]
    data.loc[(data["unit"] == "t50") & (data["period"] == 2), "outcome"] = np.nan
    found = fit(data, units="teams")
    assert found.left_out_ == [
        "2 of 60 teams lack an outcome in some period and are left out",
        "15 of 58 teams had started when the records begin and are left out",
    ]
    assert found.units_ == 43


def test_bad_rows_are_named():
    data = panel()
    with pytest.raises(ValueError, match="period occurs twice for one of the teams"):
        fit(pd.concat([data, data.iloc[:1]]).reset_index(drop=True), units="teams")
    with pytest.raises(ValueError, match="start differs between rows"):
        fit(data.assign(start=np.where(data.index == 3, 7, data["start"])))
    with pytest.raises(ValueError, match="the panel has no column start"):
        fit(data.drop(columns="start"))
    with pytest.raises(ValueError, match="outcome holds values that are not numbers"):
        fit(data.assign(outcome="high"))
    with pytest.raises(ValueError, match="controls is 'all'"):
        fit(data, controls="all")
    with pytest.raises(ValueError, match="the name of the units is missing"):
        fit(data.assign(unit=data["unit"].where(data.index != 5)))
    with pytest.raises(cx.NotEnough, match="fewer than two units"):
        fit(data[data["unit"] == "t1"])


def test_ten_years_of_months_and_a_start_in_each():
    data = panel(cohorts=(*range(12, 108, 4), 0), each=4, periods=120, effect=0.4)
    found = fit(data)
    assert found.simple_["low"] < 0.4 < found.simple_["high"]
    assert np.isfinite(found.pre_test()["p_small"]) or found.pre_test()["df"] == 0
