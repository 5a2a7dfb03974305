"""Kaplan–Meier and the log-rank test, against R's survival and against brute force."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import expon
from statsmodels.duration.survfunc import SurvfuncRight

from cxresearch.models import KaplanMeier, log_rank

# Freireich et al. (1963), Blood 21:699: weeks to relapse; MASS::gehan in R
DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_curve_as_survfit():
    # summary(survfit(Surv(time, cens) ~ 1, gehan, subset = treat == "6-MP", conf.type = "log-log"))
    table = KaplanMeier().fit(DRUG, RELAPSED).survival_
    assert table["time"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert table["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert table["survival"].to_numpy() == pytest.approx(
        [0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179], abs=1e-6
    )
    assert table["std_error"].to_numpy() == pytest.approx(
        [0.07636, 0.08694, 0.09635, 0.10681, 0.11405, 0.12823, 0.13459], abs=1e-5
    )
    limits = table.set_index("time")[["low", "high"]]
    assert tuple(limits.loc[6]) == pytest.approx((0.619718, 0.951552), abs=1e-6)
    assert tuple(limits.loc[23]) == pytest.approx((0.188052, 0.680143), abs=1e-6)


def test_median_as_survfit():
    # survfit(Surv(time, cens) ~ treat, gehan): 6-MP 23 (16, NA), control 8 (4, 12)
    assert KaplanMeier().fit(DRUG, RELAPSED).quantile(0.5) == pytest.approx((23, 16, np.nan), nan_ok=True)
    assert KaplanMeier().fit(PLACEBO, [1] * 21).quantile(0.5) == (8, 4, 12)


def test_restricted_mean_as_survfit():
    # print(survfit(...), rmean = 23): 17.91 (se 1.553)
    mean = KaplanMeier().fit(DRUG, RELAPSED).restricted_mean(23)
    assert (mean.estimate, mean.std_error) == pytest.approx((17.91, 1.553), abs=5e-3)
    assert mean.estimate == pytest.approx(17.909244, abs=1e-6)


def test_log_rank_as_survdiff():
    # survdiff(Surv(time, cens) ~ treat, gehan): chisq 16.8 on 1 df; expected 10.7 and 19.3
    test = log_rank(DRUG + PLACEBO, RELAPSED + [1] * 21, ["6-MP"] * 21 + ["control"] * 21)
    assert test.statistic == pytest.approx(16.79, abs=5e-3)
    assert test.df == 1
    assert test.p_value == pytest.approx(4.17e-5, rel=1e-2)
    assert test.table["expected"].to_numpy() == pytest.approx([19.25, 10.75], abs=5e-3)


def test_delayed_entry_as_survfit():
    # survfit(coxph(Surv(entry, times, status) ~ 1), type = "kaplan-meier"), the example statsmodels checks
    times, status = [1, 3, 3, 5, 5, 7, 7, 8, 8, 9, 10, 10], [1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1]
    entry = [0, 1, 1, 2, 2, 2, 3, 4, 4, 4, 4, 0]
    table = KaplanMeier().fit(times, status, entry).survival_
    assert table["time"].tolist() == [1, 3, 5, 7, 8, 9, 10]
    assert table["at_risk"].tolist() == [2, 6, 9, 7, 5, 3, 2]
    assert table["survival"].to_numpy() == pytest.approx(
        [0.5, 0.4167, 0.3241, 0.2778, 0.2222, 0.1481, 0.0741], abs=5e-5
    )
    assert table["std_error"].to_numpy() == pytest.approx(
        [0.3536, 0.3043, 0.2436, 0.2132, 0.1776, 0.1330, 0.0846], abs=5e-5
    )


def test_quantile_in_the_middle_of_a_level_stretch():
    # quantile(survfit(Surv(1:4) ~ 1), .5) is 2.5
    assert KaplanMeier().fit([1, 2, 3, 4], [1] * 4).quantile(0.5).estimate == 2.5
    assert KaplanMeier().fit([1, 2, 3, 4, 8], [1, 1, 0, 0, 0]).quantile(0.4).estimate == 5


rows = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 6), st.booleans()), min_size=1, max_size=40)


@given(rows, st.sampled_from([1, 0.37]))
def test_brute_force_with_delayed_entry(data, unit):
    entry, length, event = (np.array(column) for column in zip(*data, strict=True))
    entry, duration = entry * unit, (entry + length) * unit
    times = np.unique(duration[event])
    at_risk = np.array([((entry < t) & (t <= duration)).sum() for t in times])
    deaths = np.array([(event & (duration == t)).sum() for t in times])
    assume(not ((at_risk == deaths)[:-1].any() or (len(times) and (duration > times[-1]).any())))
    table = KaplanMeier().fit(duration, event, entry).survival_
    assert table["time"].to_numpy() == pytest.approx(times)
    assert table["at_risk"].tolist() == at_risk.tolist()
    assert table["survival"].to_numpy() == pytest.approx(np.cumprod(1 - deaths / at_risk), abs=1e-12)


@given(rows)
def test_limits_hold_the_curve_and_it_only_falls(data):
    _, duration, event = (np.array(column) for column in zip(*data, strict=True))
    curve = KaplanMeier().fit(duration, event)
    table = curve.at(np.arange(0, 8)).dropna(subset="survival")
    assert (table["low"] <= table["survival"] + 1e-12).all()
    assert (table["survival"] <= table["high"] + 1e-12).all()
    assert (table["survival"].diff().dropna() <= 1e-12).all()
    assert table["survival"].iloc[0] == 1


@given(rows, st.randoms())
def test_rows_may_be_shuffled_counted_or_rescaled(data, random):
    _, duration, event = (np.array(column) for column in zip(*data, strict=True))
    plain = KaplanMeier().fit(duration, event).survival_
    order = list(range(len(data)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(KaplanMeier().fit(duration[order], event[order]).survival_, plain)
    pairs, counts = np.unique(np.column_stack([duration, event]), axis=0, return_counts=True)
    counted = KaplanMeier().fit(pairs[:, 0], pairs[:, 1], weights=counts).survival_
    pd.testing.assert_frame_equal(counted, plain, check_dtype=False)
    scaled = KaplanMeier().fit(duration * 0.37, event).survival_
    pd.testing.assert_frame_equal(scaled.drop(columns="time"), plain.drop(columns="time"))


def test_no_censoring_is_the_share_left():
    duration = np.random.default_rng(1).geometric(0.2, 500)
    table = KaplanMeier().fit(duration, np.ones(500, bool)).survival_
    share = np.array([(duration > t).mean() for t in table["time"]])
    assert table["survival"].to_numpy() == pytest.approx(share)
    assert table["std_error"].to_numpy()[:-1] == pytest.approx(np.sqrt(share * (1 - share) / 500)[:-1])
    mean = KaplanMeier().fit(duration, np.ones(500, bool)).restricted_mean()
    assert mean.estimate == pytest.approx(duration.mean())
    assert mean.std_error == pytest.approx(duration.std() / np.sqrt(500))


@pytest.mark.parametrize("unit", [1, 0.731])
def test_statsmodels_agrees(unit):
    random = np.random.default_rng(2)
    entry, extra = random.integers(0, 30, 5000), random.geometric(0.03, 5000)
    duration, event = (entry + extra) * unit, random.random(5000) < 0.6
    peer = SurvfuncRight(duration, event.astype(int), entry=entry * unit)
    ours = KaplanMeier().fit(duration, event, entry * unit).survival_
    assert ours["survival"].to_numpy() == pytest.approx(peer.surv_prob, abs=1e-10)
    assert ours["std_error"].to_numpy()[:-1] == pytest.approx(peer.surv_prob_se[:-1], abs=1e-10)


def test_intervals_cover_planted_survival():
    random, held, runs = np.random.default_rng(3), np.zeros(3), 600
    times = np.array([0.3, 1.0, 2.0])
    for _ in range(runs):
        lifetime, entry = random.exponential(1, 400), random.uniform(0, 1.5, 400)
        seen = lifetime > entry
        end = entry[seen] + random.uniform(0.5, 2.5, seen.sum())
        duration = np.minimum(lifetime[seen], end)
        table = KaplanMeier(start="auto").fit(duration, lifetime[seen] <= end, entry[seen])
        truth = expon.sf(times) / expon.sf(table.start_)
        found = table.at(times)
        held += ((found["low"] <= truth) & (truth <= found["high"])).to_numpy()
    assert held / runs == pytest.approx([0.95, 0.95, 0.95], abs=0.03)


def test_null_groups_are_rarely_told_apart():
    random = np.random.default_rng(4)
    values = []
    for _ in range(400):
        duration, event = random.integers(1, 20, 120), random.random(120) < 0.7
        values.append(log_rank(duration, event, random.integers(0, 3, 120)).p_value)
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_an_early_risk_set_that_all_leave_is_refused_and_start_mends_it():
    entry = [0, 3, 3, 3, 3, 3]
    duration = [2, 5, 6, 7, 8, 9]
    event = [1, 1, 0, 1, 0, 0]
    with pytest.raises(ValueError, match=r"time 2 left then \(1 at risk\).* 5 are observed later; start=2"):
        KaplanMeier().fit(duration, event, entry)
    for start in (2, "auto"):
        curve = KaplanMeier(start=start).fit(duration, event, entry)
        assert curve.start_ == 3
        assert curve.survival_["survival"].to_numpy() == pytest.approx([0.8, 0.8 * 2 / 3])
        assert "Nobody was observed before 3" in curve.left_out_[0]
        assert curve.at([1, 3]).survival.tolist() == pytest.approx([np.nan, 1], nan_ok=True)
        assert curve.summary()["method"].str.endswith("given reaching 3").all()


def test_a_last_customer_who_leaves_before_one_enters_ends_the_curve_and_does_not_begin_it():
    """Hundreds seen from the start; the longest of them leaves, and one first seen later is all that is known of longer tenures."""
    entry = [*[0] * 9, 12]
    duration, event = [2, 3, 4, 5, 6, 7, 8, 9, 11, 14], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    curve = KaplanMeier(start="auto").fit(duration, event, entry)
    alone = KaplanMeier().fit(duration[:9], event[:9])
    assert curve.start_ == 0 and curve.last_time_ == 11
    pd.testing.assert_frame_equal(curve.survival_, alone.survival_, check_dtype=False)
    assert curve.left_out_ == [
        "Everybody under observation at 11 left then: the curve ends there, and fewer than 10 customers observed only later are not in it"
    ]


def test_thin_and_empty_risk_sets_are_noted():
    entry = np.r_[0, 0, np.full(30, 5)]
    duration = np.r_[2, 4, np.arange(30) % 6 + 6]
    event = np.r_[1, 0, np.ones(29), 0]
    curve = KaplanMeier().fit(duration, event, entry)
    assert any("Nobody was observed from 4 to 5" in note for note in curve.left_out_)
    assert any("Fewer than 10 customers" in note and "start=2" in note for note in curve.left_out_)
    assert KaplanMeier().fit(DRUG, RELAPSED).left_out_ == []


def test_at_says_nothing_beyond_what_was_seen():
    table = KaplanMeier().fit(DRUG, RELAPSED).at([0, 5, 35, 36])
    assert table["survival"].to_numpy() == pytest.approx([1, 1, 0.448179, np.nan], abs=1e-6, nan_ok=True)
    assert table["at_risk"].tolist() == [21, 21, 1, 0]
    # nobody of 21 left by week 5: the exact binomial limit, binom.test(21, 21)$conf.int[1] in R
    assert table["low"].iloc[1] == pytest.approx(0.8389024, abs=1e-6)
    ended = KaplanMeier().fit([1, 2], [1, 1])
    assert ended.at(9)[["survival", "low"]].to_numpy().tolist() == [[0, 0]]
    with pytest.raises(ValueError, match="t is 36, outside what was observed: 0 to 35"):
        KaplanMeier().fit(DRUG, RELAPSED).restricted_mean(36)


def test_nobody_left():
    curve = KaplanMeier().fit([3, 5, 5], [0, 0, 0])
    assert len(curve.survival_) == 0
    assert curve.at(4)["survival"].tolist() == [1]
    assert np.isnan(curve.quantile(0.5)).all()
    assert curve.restricted_mean().estimate == 5


def test_summary():
    table = KaplanMeier().fit(DRUG, RELAPSED).summary([12, 24])
    assert table.columns.tolist() == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    metrics = ["median time", "mean time up to 35", "survival at 12", "survival at 24"]
    assert table["metric"].tolist() == metrics
    assert table["unit"].tolist() == ["", "", "share", "share"]
    assert (table["n"] == 21).all()


def test_levels_nest():
    wide, narrow = (KaplanMeier(level).fit(DRUG, RELAPSED).survival_ for level in (0.99, 0.8))
    assert (wide["low"] < narrow["low"]).all()
    assert (wide["high"] > narrow["high"]).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (dict(duration=[1, -2, 3], event=[1, 0, 1]), r"duration is negative in 1 row \(first: 1\)"),
        (
            dict(duration=[1, np.nan, 3], event=[1, 0, 1]),
            r"duration is missing or infinite in 1 row \(first: 1",
        ),
        (dict(duration=[1, np.inf, 3], event=[1, 0, 1]), "duration is missing or infinite"),
        (dict(duration=["1", "2", "x"], event=[1, 0, 1]), "duration is text, not a number, in 3 rows"),
        (dict(duration=pd.to_timedelta([1, 2, 3], "D"), event=[1, 0, 1]), "duration holds timedelta64"),
        (dict(duration=[1, 2, 3], event=[1, 0, 2]), r"event is neither 0 nor 1 in 1 row \(first: 2\)"),
        (dict(duration=[1, 2, 3], event=[1, 0, None]), "event is missing"),
        (dict(duration=[1, 2, 3], event=[1, 0.5, 0]), "event is neither 0 nor 1"),
        (dict(duration=[1, 2, 3], event=[1, 0]), "event has 2 rows, duration has 3"),
        (
            dict(duration=[1, 2, 3], event=[1, 0, 1], entry=[0, 2, 1]),
            r"entry is not before duration .*first: 1",
        ),
        (dict(duration=[], event=[]), "duration is empty"),
        (dict(duration=[1, 2], event=[1, 0], weights=[0, 0]), "weights sum to 0"),
        (
            dict(duration=pd.Series([1, 2], [0, 1]), event=pd.Series([1, 0], [1, 0])),
            "event is indexed differently from duration",
        ),
    ],
)
def test_bad_input_is_named(columns, message):
    with pytest.raises(ValueError, match=message):
        KaplanMeier().fit(**columns)


def test_bad_options_are_named():
    with pytest.raises(ValueError, match="level is 95"):
        KaplanMeier(level=95).fit(DRUG, RELAPSED)
    with pytest.raises(ValueError, match="start is 99, but nobody"):
        KaplanMeier(start=99).fit(DRUG, RELAPSED)
    with pytest.raises(ValueError, match="start is 'first', not a time or 'auto'"):
        KaplanMeier(start="first").fit(DRUG, RELAPSED)
    with pytest.raises(ValueError, match="limits is 'plain'"):
        KaplanMeier().fit(DRUG, RELAPSED).quantile(0.5, limits="plain")
    with pytest.raises(ValueError, match="group has fewer than two values"):
        log_rank([1, 2], [1, 1], ["a", "a"])
    with pytest.raises(ValueError, match=r"group is missing in 1 row \(first: 1\)"):
        log_rank([1, 2], [1, 1], ["a", None])


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "float32", "Int64", "Float64", "object"])
def test_kinds_of_column(kind):
    duration = pd.Series(DRUG).astype(kind)
    event = pd.Series(RELAPSED).astype("boolean")
    ours = KaplanMeier().fit(duration, event).survival_
    pd.testing.assert_frame_equal(ours, KaplanMeier().fit(DRUG, RELAPSED).survival_)


def test_wide_integers_do_not_exhaust_memory():
    duration = np.array([1, 2, 3, 10**15])
    assert KaplanMeier().fit(duration, [1, 1, 0, 1]).survival_["time"].tolist() == [1, 2, 10**15]
    assert KaplanMeier().fit(duration.astype(float), [1, 1, 0, 1]).survival_["time"].tolist() == [1, 2, 1e15]


def test_ibis_columns_are_refused_because_their_order_may_differ():
    table = ibis.memtable(pd.DataFrame({"duration": DRUG, "event": RELAPSED}))
    with pytest.raises(ValueError, match="event is not executed yet"):
        KaplanMeier().fit(DRUG, table.event)
