"""Lifts, trials and returns of events: public numbers, planted effects, selection that must not be taken for one, and bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.models.events.account_panel import AccountPanel
from cxresearch.models.events.growth import ratio_growth

near = pytest.approx
START, COUNT = 2024 * 12, 30
BLANK = {"attendance": np.nan, "is_randomised": False, "outcome_months": np.nan, "margin_share": np.nan}


def firm(
    lift=0.2,
    accounts=400,
    dip=0.0,
    size=0.0,
    months=(15, 18),
    held_out=0.0,
    seed=2,
    cost=4000.0,
    kinds=("fair",),
    noise=0.25,
):
    """Events, invitations and months of a firm: `size` and `dip` make large accounts, and those with a bad month, likelier to be invited."""
    rng = np.random.default_rng(seed)
    level = rng.standard_normal(accounts)
    shock = noise * rng.standard_normal((accounts, COUNT))
    log = 6 + 0.7 * level[:, None] + shock
    names = np.array([f"a{k:04d}" for k in range(accounts)])
    events, guests = [], []
    for e, month in enumerate(months):
        chance = 1 / (1 + np.exp(1.6 - size * level + dip * shock[:, month - 1] / noise))
        who = np.flatnonzero(rng.random(accounts) < chance)
        is_out = rng.random(who.size) < held_out
        came = ~is_out & (rng.random(who.size) < 0.5)
        log[who[came], month + 1 : month + 7] += lift / 0.5
        day = pd.Timestamp(2024, 1, 15) + pd.DateOffset(months=month)
        events.append(
            {
                "event_id": f"e{e}",
                "held_on": day,
                "kind": kinds[e % len(kinds)],
                "cost": cost,
                "month": START + month,
            }
            | BLANK
            | {"is_randomised": held_out > 0}
        )
        guests.append(
            pd.DataFrame(
                {"event_id": f"e{e}", "customer_id": names[who], "is_invited": ~is_out, "has_attended": came,
                 "invited_probability": 1 - held_out if held_out else np.nan, "cost": np.nan, "invited_month": START + month}
            )
        )  # fmt: skip
    revenue = pd.DataFrame(
        {
            "customer_id": np.repeat(names, COUNT),
            "month": np.tile(START + np.arange(COUNT), accounts),
            "revenue": np.exp(log).ravel(),
        }
    )
    return pd.DataFrame(events), pd.concat(guests, ignore_index=True), revenue


def fitted(*tables, **options):
    lifts = cx.models.EventLifts(**options).fit(*tables)
    trials = cx.models.EventTrials().fit(lifts) if tables[0]["is_randomised"].any() else None
    return lifts, trials, cx.models.EventReturns(0.5).fit(lifts, trials)


# ---------------------------------------------------------------- public numbers


def test_bobbleheads_of_the_dodgers(public_data):
    """Attendance ~ month + weekday + bobblehead (Miller 2014; R's lm): 10714.903; without the calendar 14006.7, a third too much."""
    games = pd.read_csv(public_data / "dodgers" / "dodgers.csv")
    arm = games["bobblehead"].map({"NO": "control", "YES": "bobblehead"})
    trial = cx.models.Trial(outcome="amount", adjust="ancova")
    assert trial.fit(arm, games["attend"]).lifts_["estimate"].iloc[0] == near(14006.7, abs=0.1)
    calendar = games[["month", "day_of_week"]]
    from cxresearch.models.experiments.arm_means import arm_means

    x = pd.get_dummies(calendar, dtype=float, drop_first=True).to_numpy()
    found = arm_means(
        games["attend"].to_numpy(float), (arm == "bobblehead").to_numpy(int), 2, x, interact=False
    )
    assert found.differences()[0][0] == near(10714.903, abs=1e-3)


def test_return_and_its_chance_of_the_methods_example():
    """θ .0872530 (.0196888), margin 10,000, cost 900: return .013030, P .521776; θ .0518615 (.0223674), cost 350: .520853, .782482."""
    from cxresearch.models.events.event_returns import priced

    for theta, error, cost, back, chance in (
        (0.0872530, 0.0196888, 900, 0.013030, 0.521776),
        (0.0518615, 0.0223674, 350, 0.520853, 0.782482),
    ):
        found = priced(theta, error, 10_000, cost)
        assert (found.return_, found.chance) == near((back, chance), rel=1e-4)


# ---------------------------------------------------------------- planted effects


def test_a_planted_lift_is_found_by_lot_and_by_matching():
    _, trials, returns = fitted(*firm(months=(13, 15, 17, 19), held_out=0.3, size=0.8, seed=4))
    k, t = returns.kinds_.iloc[0], trials.kinds_.iloc[0]
    assert k["comparison"] == "hold-out by lot" and k["low"] < 0.2 < k["high"]
    assert k["matched_low"] < 0.2 < k["matched_high"] and k["naive"] > 0.5
    assert t["guest_low"] < 0.4 < t["guest_high"] and t["bias_low"] < 0 < t["bias_high"]


def test_a_bad_month_before_the_invitation_is_not_taken_for_an_effect():
    _, _, returns = fitted(*firm(lift=0.0, dip=1.2, accounts=900, months=(14, 16, 18, 20)))
    k = returns.kinds_.iloc[0]
    assert k["last_month"] > 0.15  # the comparison that is refused
    assert k["low"] < 0.03 and abs(k["estimate"]) < 0.05


def test_the_influence_of_accounts_gives_the_error_of_the_trial():
    _, trials, _ = fitted(*firm(held_out=0.3, months=(15,)))
    k = trials.kinds_.iloc[0]
    assert np.sqrt(np.square(trials.influence_["fair"]).sum()) == near(k["std_error"], rel=0.03)


def test_accounts_that_had_already_moved_apart_have_no_comparison():
    events, guests, revenue = firm(lift=0.0, months=(20,))
    asked = revenue["customer_id"].isin(guests["customer_id"])
    growing = np.exp(0.03 * (revenue["month"] - START)) * revenue["revenue"]
    lifts = cx.models.EventLifts().fit(
        events, guests, revenue.assign(revenue=revenue["revenue"].where(~asked, growing))
    )
    with pytest.raises(cx.NotEnough, match="had already moved apart"):
        cx.models.EventReturns().fit(lifts)


def test_what_returns_its_cost_is_repeated_and_what_does_not_is_stopped():
    both = [
        fitted(*firm(lift=lift, months=(13, 15, 17, 19), held_out=0.3, cost=cost))[2].kinds_.iloc[0]
        for lift, cost in ((0.3, 3000.0), (0.0, 90_000.0))
    ]
    assert [k["verdict"] for k in both] == ["repeat", "stop"]
    assert both[0]["p_positive"] > 0.97 and both[1]["return_high"] < 0


def test_a_single_kind_is_not_shrunk_and_keeps_its_interval():
    k = fitted(*firm())[2].kinds_.iloc[0]
    assert (k["shrunk"], k["shrunk_low"], k["shrunk_high"]) == near(
        (k["estimate"], k["low"], k["high"]), abs=1e-9
    )


def test_overlapping_events_do_not_leak_into_each_other():
    _, _, returns = fitted(
        *firm(lift=0.3, months=(13, 14, 15, 16), kinds=("dinner", "web"), size=0.8, accounts=800)
    )
    for k in returns.kinds_.itertuples():
        assert abs(k.estimate - 0.3) < 0.08


# ---------------------------------------------------------------- silence, shapes and bad input


@pytest.mark.parametrize("seed", range(6))
def test_without_an_effect_nothing_is_named(seed):
    _, _, returns = fitted(
        *firm(lift=0.0, seed=seed, held_out=0.3, months=(13, 16, 18, 20), kinds=("a", "b"), cost=0.0)
    )
    assert returns.kinds_["verdict"].eq("no cost known").all() and returns.across_.best_ is None


def test_months_without_sales_are_months_without_revenue_where_only_sales_are_listed():
    rows = pd.DataFrame({"customer_id": ["a"] * 4 + ["b"] * 2, "month": [1, 2, 6, 7, 1, 8], "revenue": 1.0})
    panel = AccountPanel.of(rows)
    assert panel.lists_sales and not panel.buys_monthly
    assert panel.revenue[0].tolist() == [1, 1, 0, 0, 0, 1, 1, 0]


def test_an_account_that_has_left_is_not_there_where_every_month_is_listed():
    rows = pd.DataFrame({"customer_id": list("aab"), "month": [1, 2, 3], "revenue": 1.0})
    assert np.isnan(AccountPanel.of(rows).revenue[0, 2])


def test_why_each_event_is_not_judged():
    events, guests, revenue = firm(months=(3, 15, 27))
    lifts = cx.models.EventLifts().fit(events, guests, revenue)
    assert lifts.events_["why"].tolist() == [
        "too few months of revenue are known before them",
        "",
        "the months in which they count are not over",
    ]
    with pytest.raises(cx.NotEnough, match="not over"):
        cx.models.EventLifts().fit(events.tail(1), guests, revenue)
    with pytest.raises(cx.NotEnough, match="nobody is on record"):
        cx.models.EventLifts().fit(events, guests.head(0), revenue)
    with pytest.raises(cx.NotEnough, match="no event"):
        cx.models.EventLifts().fit(events.head(0), guests, revenue)
    with pytest.raises(cx.NotEnough, match="nobody is on record as invited to them"):
        cx.models.EventLifts().fit(events, guests.assign(event_id="other"), revenue)


def test_a_part_of_the_firm_bears_the_share_of_the_cost_that_its_guests_are():
    events, guests, revenue = firm()
    of_part = revenue["customer_id"].unique()[:250]
    own, part = guests[guests["customer_id"].isin(of_part)], revenue[revenue["customer_id"].isin(of_part)]
    lifts = cx.models.EventLifts().fit(events, own, part, None, guests)
    share = own.groupby("event_id")["has_attended"].sum() / guests.groupby("event_id")["has_attended"].sum()
    assert lifts.events_["cost"].tolist() == near((4000 * share).tolist())
    whole = cx.models.EventLifts().fit(events, guests, revenue, None, guests)
    assert whole.events_["cost"].tolist() == [4000, 4000]


def test_invited_accounts_without_revenue_stop_nothing():
    events, guests, revenue = firm()
    stranger = guests.head(1).assign(customer_id="nobody")
    lifts = cx.models.EventLifts().fit(events, pd.concat([guests, stranger]), revenue)
    assert lifts.events_["n"].notna().all()


def test_everybody_invited_leaves_nothing_to_compare():
    events, guests, revenue = firm(months=(15,))
    every = pd.DataFrame({"customer_id": revenue["customer_id"].unique()})
    every = every.assign(
        **{name: guests[name].iloc[0] for name in guests.columns.drop("customer_id")}
    ).assign(is_invited=True)
    with pytest.raises(cx.NotEnough, match=r"no comparable accounts|fewer than ten"):
        cx.models.EventLifts().fit(events, every, revenue)


def test_a_missing_column_is_named():
    events, guests, revenue = firm()
    with pytest.raises(ValueError, match="no column revenue"):
        cx.models.EventLifts().fit(events, guests, revenue.drop(columns="revenue"))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 50))
def test_the_unit_of_money_does_not_matter(seed, scale):
    rng = np.random.default_rng(seed)
    treated = np.arange(40) < 20
    before, after = rng.gamma(2, 1, 40) + 0.01, rng.gamma(2, 1, 40) + 0.01
    weights = np.full(40, 1 / 20)
    one, other = (
        ratio_growth(treated, after, before, weights),
        ratio_growth(treated, scale * after, scale * before, weights),
    )
    assert (one.estimate, one.std_error) == near((other.estimate, other.std_error))
