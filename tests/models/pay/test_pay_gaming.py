"""Was the number gamed: teams that relabel found, ends moved past the measuring day found, lower prices found; silence elsewhere."""

import numpy as np
import pandas as pd
import pytest
from teams import ends, teams

import cxresearch as cx
from cxresearch.models.pay.period_ends import _pooled


@pytest.fixture(scope="module")
def firm():
    return teams(each=15, starts=(12, 18, 0))


def test_teams_that_relabel_are_found_and_no_others(firm):
    found = cx.models.Relabelled().fit(ends(*firm, relabels=["T01", "T05"]), firm[1])
    assert sorted(found.found_) == ["T01", "T05"]
    assert found.strongest_["low"] > 0.2
    assert found.teams_["team_id"].iloc[0] in ("T01", "T05")
    assert found.share_tied_.estimate > found.share_free_.estimate


def test_silent_where_nobody_relabels(firm):
    named = [cx.models.Relabelled().fit(ends(*firm, seed=seed), firm[1]) for seed in range(16)]
    assert sum(bool(one.found_) for one in named) <= 3
    assert sum(one.difference_["low"] > 0 or one.difference_["high"] < 0 for one in named) <= 4


def test_a_team_that_always_reports_so_is_seen_against_the_others(firm):
    """It is named: its customers leave under another name; that this was so before its plan stands beside it."""
    table = ends(*firm)
    own = table["team_id"].eq("T02")
    table.loc[own, "relabelled"] = table.loc[own, "left"]
    found = cx.models.Relabelled().fit(table, firm[1])
    assert found.found_ == ["T02"]
    assert found.teams_["before"].iloc[0] == 1


def test_counted_ends_are_single_ends(firm):
    counted = ends(*firm, relabels=["T01"])
    single = counted.loc[counted.index.repeat(counted["left"])].copy()
    place = single.groupby(level=0).cumcount()
    single["relabelled"] = (place < single["relabelled"]).astype(int)
    single["left"] = 1
    one, other = (
        cx.models.Relabelled().fit(table.sample(frac=1, random_state=3), firm[1])
        for table in (counted, single)
    )
    pd.testing.assert_frame_equal(one.teams_, other.teams_)
    assert one.difference_.to_numpy() == pytest.approx(other.difference_.to_numpy())


def test_small_teams_are_not_judged(firm):
    small = ends(*firm)
    small = small[~small["team_id"].eq("T03") | (small["month_on"] < "2024-12-01")]
    found = cx.models.Relabelled().fit(small, firm[1])
    assert "T03" not in found.teams_["team_id"].tolist()
    assert found.left_out_ == [
        "1 of 30 teams on a plan has fewer than ten customers who left and is not judged"
    ]


def test_what_cannot_be_told_is_refused(firm):
    table = ends(*firm)
    with pytest.raises(cx.NotEnough, match="what teams call a customer who left is not known"):
        cx.models.Relabelled().fit(table.assign(relabelled=table["left"]), firm[1])
    with pytest.raises(cx.NotEnough, match="fewer than ten customers left teams with a plan"):
        cx.models.Relabelled().fit(table[table["month_on"] < "2024-10-01"], firm[1])
    with pytest.raises(cx.NotEnough, match="fewer than ten customers left teams without a plan"):
        cx.models.Relabelled().fit(
            table, firm[1].assign(started_on=pd.Timestamp("2000-01-01")).pipe(_all, table)
        )


def _all(plans, table):
    names = sorted(table["team_id"].unique())
    return pd.DataFrame({"team_id": names, "started_on": plans["started_on"].iloc[0]})


def test_nobody_relabelled_still_has_an_interval(firm):
    found = cx.models.Relabelled().fit(ends(*firm, usual=0.0), firm[1])
    assert found.difference_["low"] < 0 < found.difference_["high"]
    assert found.found_ == []


# ends around the measuring day


def by_day(shift=0.0, seed=0, n=6000, at_month_ends=False):
    """Ends of 20 teams on any day; those on a plan put off a share of the ends of a quarter's last week."""
    random = np.random.default_rng(seed)
    day = pd.Timestamp("2023-10-01") + pd.to_timedelta(random.integers(0, 1096, n), unit="D")
    team = np.array([f"T{k:02d}" for k in random.integers(1, 21, n)])
    plans = pd.DataFrame(
        {
            "team_id": [f"T{k:02d}" for k in range(1, 11)],
            "started_on": pd.Timestamp("2024-10-01"),
            "announced_on": pd.NaT,
        }
    )
    tied = np.isin(team, plans["team_id"]) & (day >= pd.Timestamp("2024-10-01"))
    last_week = day.month.isin([3, 6, 9, 12]) & (day.days_in_month - day.day < 7)
    day = day.where(~(tied & last_week & (random.random(n) < shift)), day + pd.Timedelta(days=7))
    day = day + pd.offsets.MonthEnd(0) if at_month_ends else day
    table = pd.DataFrame({"team_id": team, "ended_on": day, "left": 1})
    return table.groupby(["team_id", "ended_on"], as_index=False)["left"].sum(), plans


def test_ends_that_are_put_off_are_found():
    found = cx.models.PeriodEnds().fit(*by_day(shift=0.5))
    assert found.by_ == "days"
    assert found.ratio_[1] > 1
    assert found.ratio_[1] < 3 < found.ratio_[2]  # of two ends before one is moved: 1.5 to 0.5


def test_silent_where_none_is_put_off():
    found = [cx.models.PeriodEnds().fit(*by_day(seed=seed)) for seed in range(12)]
    assert sum(not one.ratio_[1] <= 1 <= one.ratio_[2] for one in found) <= 3


def test_plans_that_begin_the_day_after_a_measuring_day_do_not_look_gamed():
    """Their last week before counts without a plan, their first week after with one: all such teams would show it."""
    ratios = [cx.models.PeriodEnds().fit(*by_day(seed=seed)).ratio_[0] for seed in range(12)]
    assert np.exp(np.mean(np.log(ratios))) == pytest.approx(1, abs=0.2)


def test_ends_on_the_last_of_a_month_are_compared_by_months():
    found = cx.models.PeriodEnds().fit(*by_day(at_month_ends=True))
    assert found.by_ == "months"
    assert found.ratio_[1] < 1 < found.ratio_[2]
    with pytest.raises(cx.NotEnough, match="last day of a month"):
        cx.models.PeriodEnds(every=1).fit(*by_day(at_month_ends=True))


def test_mantel_haenszel_by_hand():
    """One table: the odds ratio itself, with Woolf's error."""
    one = _pooled(*(np.array([value]) for value in (20.0, 10.0, 15.0, 30.0)), 1.959964)
    error = np.sqrt(1 / 20 + 1 / 10 + 1 / 15 + 1 / 30)
    assert one == pytest.approx((4, 4 * np.exp(-1.959964 * error), 4 * np.exp(1.959964 * error)))


def test_mantel_haenszel_as_statsmodels():
    from statsmodels.stats.contingency_tables import StratifiedTable

    random = np.random.default_rng(2)
    a, b, c, d = random.integers(1, 30, (4, 8)).astype(float)
    other = StratifiedTable([[[w, x], [y, z]] for w, x, y, z in zip(a, b, c, d, strict=True)])
    found = _pooled(a, b, c, d, 1.959964)
    assert found[0] == pytest.approx(other.oddsratio_pooled)
    assert found[1:] == pytest.approx(other.oddsratio_pooled_confint(), rel=1e-6)


def test_too_few_ends_and_odd_periods_are_refused():
    table, plans = by_day()
    with pytest.raises(cx.NotEnough, match="fewer than ten contracts ended"):
        cx.models.PeriodEnds().fit(table.head(40), plans)
    with pytest.raises(ValueError, match="every is 5"):
        cx.models.PeriodEnds(every=5).fit(table, plans)


# amounts at signing


def signed(cheaper=0.0, seed=0):
    table, plans = teams(each=10)
    random = np.random.default_rng(seed)
    found = table[["team_id", "month_on"]].assign(signed=4)
    start = found["team_id"].map(plans.set_index("team_id")["started_on"])
    off = np.where(found["month_on"] >= start, np.log1p(-cheaper), 0.0)
    return found.assign(log_amount=random.normal(0, 0.2, len(found)) + off), cx.models.PayEffect().fit(
        table, plans
    )


def test_lower_prices_are_found():
    found = cx.models.SignedAmounts().fit(*signed(0.2))
    assert found.change_[1] < -0.2 < found.change_[2] < 0
    assert found.summary()["unit"].tolist() == ["share"]


def test_silent_where_prices_are_the_same():
    found = [cx.models.SignedAmounts().fit(*signed(seed=seed)) for seed in range(6)]
    assert sum(not one.change_[1] <= 0 <= one.change_[2] for one in found) <= 2


def test_teams_that_sign_nothing_for_half_a_year_are_left_out():
    amounts, effect = signed()
    some = amounts[
        ~(amounts["team_id"].isin([f"T{k:02d}" for k in range(1, 27)]) & (amounts["month_on"] < "2024-04-01"))
    ]
    with pytest.raises(cx.NotEnough):
        cx.models.SignedAmounts().fit(some, effect)
