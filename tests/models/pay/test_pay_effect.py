"""Tied pay: planted effects found, null data silent, wrong comparisons shown to fail, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from teams import teams

import cxresearch as cx
from cxresearch.models.pay.few_teams import widened
from cxresearch.models.pay.periods import pay_periods

NAMES = ["estimate", "low", "high"]


def fit(table, plans, **settings):
    return cx.models.PayEffect(**settings).fit(table, plans)


def test_a_planted_effect_is_found():
    found = fit(*teams(effect=0.6))
    assert found.verdict_ == "kept more"
    assert found.log_odds_[1] < 0.6 < found.log_odds_[2]
    assert found.permuted_.p_value < 0.01
    assert found.headline_ == ["effect of tied pay on retention"]
    assert found.periods_.length == 6


def test_a_plan_that_drives_customers_away_is_found_too():
    assert fit(*teams(effect=-0.6)).verdict_ == "kept less"


def test_silent_without_an_effect():
    found = [fit(*teams(seed, months=30)) for seed in range(14)]
    assert sum(one.verdict_ in ("kept more", "kept less") for one in found) <= 3
    assert sum(one.verdict_ == "not comparable" for one in found) <= 3


def test_the_usual_comparisons_fail_where_this_one_holds():
    """All get better over time, teams in trouble get the plan, and its effect grows; there is none at its start."""
    table, plans = teams(each=25, starts=(12, 18, 24), months=30, due=200, trend=-0.02, trouble=0.3)
    found = fit(table, plans)
    assert found.effect_["low"] < 0 < found.effect_["high"]
    wrong = found.naive_.set_index("metric")
    assert wrong.loc["before and after, teams with a plan", "low"] > 0
    table, plans = teams(each=25, starts=(12, 18, 0), trouble=0.5, due=200)
    found = fit(table, plans)
    assert found.effect_["low"] < 0 < found.effect_["high"]
    assert found.naive_.set_index("metric").loc["with a plan and without, all periods", "high"] < 0


def test_teams_that_had_drifted_apart_get_no_effect():
    table, plans = teams(each=20, starts=(24, 0), months=36, due=300)
    start = table["team_id"].isin(plans["team_id"])
    month = table.groupby("team_id").cumcount()
    table["kept"] -= np.where(start, month * 0.5, 0).round().astype(int)
    found = fit(table, plans)
    assert found.verdict_ == "not comparable"
    assert found.headline_ == []


@pytest.mark.parametrize("seed", [0, 7])
def test_the_order_of_teams_and_months_changes_nothing(seed):
    table, plans = teams(effect=0.3)
    own = fit(table, plans)
    mixed = fit(table.sample(frac=1, random_state=seed), plans.sample(frac=1, random_state=seed))
    assert mixed.effect_.to_numpy() == pytest.approx(own.effect_.to_numpy(), abs=1e-12)
    assert mixed.study_.to_numpy() == pytest.approx(own.study_.to_numpy(), abs=1e-9)
    renamed = {name: f"x{999 - k}" for k, name in enumerate(sorted(table["team_id"].unique()))}
    table, plans = (frame.assign(team_id=frame["team_id"].map(renamed)) for frame in (table, plans))
    assert fit(table, plans).effect_.to_numpy() == pytest.approx(own.effect_.to_numpy(), abs=1e-12)


def test_the_effect_on_reports_is_that_on_contracts_plus_the_gap():
    table, plans = teams(effect=0.3)
    table["reported"] = table["kept"] + np.minimum(table["due"] - table["kept"], table["team_id"].eq("T01"))
    found = fit(table, plans)
    assert found.reported_["estimate"] - found.effect_["estimate"] == pytest.approx(found.gap_["estimate"])
    assert found.gap_["estimate"] != 0


def test_limits_are_wider_than_those_of_many_teams():
    found = fit(*teams(each=8))
    own, many = found.effect_, found.model_.simple_
    assert own["high"] - own["low"] > 1.05 * (many["high"] - many["low"])
    assert widened(many, found.model_)["estimate"] == many["estimate"]


def test_a_firm_without_reports_has_an_effect_on_contracts_alone():
    table, plans = teams(effect=0.6)
    found = fit(table.assign(reported=np.nan), plans)
    assert np.isnan(found.reported_["estimate"])
    assert "the same, as teams report it" not in found.summary()["metric"].tolist()
    assert np.isnan(found.gap_["estimate"])


def test_months_between_announcement_and_start_are_left_out():
    table, plans = teams(effect=0.6)
    early = plans.assign(announced_on=plans["started_on"] - pd.DateOffset(months=2))
    spoilt = table.copy()
    month = spoilt["month_on"].isin(pd.to_datetime(["2024-08-01", "2024-09-01", "2025-02-01", "2025-03-01"]))
    spoilt.loc[month, "kept"] = 0
    found = fit(spoilt, early)
    clean = fit(table, early)
    assert found.effect_.to_numpy() == pytest.approx(clean.effect_.to_numpy())
    assert found.left_out_ == [
        "months between the announcement of a plan and its start are left out, for all teams"
    ]


def test_plans_announced_at_all_times_leave_out_each_teams_own_months():
    table, plans = teams(each=4, starts=(9, 12, 15, 18, 21, 24, 0))
    found = fit(table, plans.assign(announced_on=plans["started_on"] - pd.DateOffset(months=3)))
    assert "announced a whole period before they start" in found.left_out_[0]
    later = teams(each=4, starts=(12, 15, 18, 21, 24, 27, 0), effect=0.3)
    found = fit(later[0], later[1].assign(announced_on=later[1]["started_on"] - pd.DateOffset(months=2)))
    assert "each team's months" in found.left_out_[0]
    assert found.teams_ == 28


def test_a_plan_within_a_period_counts_from_its_own_month():
    """Teams start in the middle of others' periods: their months before the start are not taken for months with a plan."""
    table, plans = teams(each=10, starts=(12, 14, 0))
    periods = pay_periods(table, plans)
    late = plans.loc[plans["started_on"] == pd.Timestamp("2024-12-01"), "team_id"].iloc[0]
    own = periods.panel[periods.panel["unit"] == late].set_index("period")
    assert own.loc[own["start"].iloc[0], "due"] == 4 * 60


def test_what_a_trial_would_find_is_what_its_simulation_finds():
    """80 % of trials of the stated effect have p < 5 %; within what 200 trials can tell."""
    found = fit(*teams(each=20, starts=(12, 24, 0), due=150))
    size = found.trial_size()
    random, hits = np.random.default_rng(5), 0
    paths = found.model_.paths_
    change = np.zeros(len(paths.periods))
    change[-1], change[-2] = 1.0, -1.0
    spread = np.sqrt(sum(change @ s @ change for s in paths.second) / (paths.units - len(paths.n)))
    for _ in range(200):
        y = random.normal(0, spread, 60) + np.where(np.arange(60) < 30, size, 0.0)
        error = np.sqrt((y[:30].var(ddof=1) + y[30:].var(ddof=1)) / 30)
        hits += abs(y[:30].mean() - y[30:].mean()) > 2.0017 * error
    assert 0.7 < hits / 200 < 0.9
    assert np.isnan(found.trial_size(after=99))


# firms unlike the sample


def test_three_teams_are_too_few():
    with pytest.raises(cx.NotEnough, match="fewer than five teams began a plan"):
        fit(*teams(each=1, starts=(12, 18, 0)))


def test_all_teams_on_the_same_day_leave_nobody_to_compare_with():
    with pytest.raises(cx.NotEnough, match="nothing shows what would have happened anyway"):
        fit(*teams(each=20, starts=(12,)))


def test_all_teams_sooner_or_later_are_compared_until_the_last_ones_start():
    found = fit(*teams(each=20, starts=(12, 24), effect=0.6))
    assert found.verdict_ == "kept more"
    assert found.model_.cells_["period"].max() < 4  # the last ones start in period 4


def test_ten_years_of_months():
    found = fit(*teams(each=6, starts=(30, 60, 90, 0), months=120, effect=0.5, first="2016-01-01"))
    assert found.verdict_ == "kept more"
    assert found.model_.units_ == 24


def test_teams_that_stop_are_left_out_and_counted():
    table, plans = teams(effect=0.6)
    gone = table["team_id"].isin(["T02", "T30"]) & (table["month_on"] > "2025-12-31")
    found = fit(table[~gone], plans)
    assert "2 of 36 teams lack an outcome in some period and are left out" in found.left_out_
    assert found.teams_ == 34


def test_a_team_that_starts_alone_is_left_out():
    table, plans = teams(effect=0.6)
    plans.loc[0, "started_on"] = pd.Timestamp("2026-04-01")
    found = fit(table, plans)
    assert "1 of 36 teams started in a period of its own and is left out" in found.left_out_


def test_teams_on_a_plan_from_the_start_are_no_comparison():
    table, plans = teams(each=12, starts=(0, 12, 12), effect=0.5)
    early = pd.DataFrame(
        {
            "team_id": [f"T{k:02d}" for k in range(1, 7)],
            "started_on": pd.Timestamp("2020-01-01"),
            "announced_on": pd.NaT,
        }
    )
    found = fit(table, pd.concat([plans, early], ignore_index=True))
    assert found.teams_ == 30
    assert any("6 of 36 teams had started when the records begin" in text for text in found.left_out_)


def test_teams_with_nothing_due_are_left_out():
    table, plans = teams(effect=0.6)
    idle = table["team_id"].eq("T05") & (table["month_on"] < "2024-04-01")
    table.loc[idle, ["due", "kept", "reported"]] = 0
    assert fit(table, plans).teams_ == 35


@pytest.mark.parametrize("lack", ["plans", "months"])
def test_nothing_on_record_is_no_fault(lack):
    table, plans = teams()
    data = {"months": table, "plans": plans}
    data[lack] = data[lack].head(0)
    with pytest.raises(cx.NotEnough):
        fit(data["months"], data["plans"])
    with pytest.raises(cx.NotEnough, match="no plan started within the months on record"):
        fit(table, plans.assign(started_on=pd.Timestamp("2030-01-01")))
    with pytest.raises(ValueError, match="months lacks the column due"):
        fit(table.drop(columns="due"), plans)
