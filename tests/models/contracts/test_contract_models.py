"""Retention by tenure, the hazard at renewals, the outlook of running contracts, and the levers of growth."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import NotEnough
from cxresearch.models import (
    BetaGeoNBD,
    ContractHazard,
    ContractHoldout,
    ContractOutlook,
    ContractStay,
    ContractValue,
    GammaGamma,
    GrowthLevers,
    LifetimeValue,
    ParetoNBD,
    RenewalHazard,
    RetentionByTenure,
    ShiftedBetaGeometric,
)
from cxresearch.models.value.growth_levers import LEVERS
from tests.cdnow import rfm as cdnow_rfm

# ---------------------------------------------------------------- retention by tenure


def sbg(customers, seed, alpha=0.7, beta=1.8, most=8):
    rng = np.random.default_rng(seed)
    life, seen = rng.geometric(rng.beta(alpha, beta, customers)), rng.integers(1, most + 1, customers)
    entry = rng.integers(0, 3, customers)
    kept = np.minimum(life, seen) > entry
    return np.minimum(life, seen)[kept], (life <= seen)[kept], entry[kept]


def test_fader_and_hardies_regular_customers_are_a_mix():
    """Fader & Hardie 2007, table 1 (Regular), n0 … n7; sBG α = .704, β = 1.182."""
    n = np.array([1000, 631, 468, 382, 326, 289, 262, 241])
    left = -np.diff(n)
    duration = np.r_[np.repeat(np.arange(1, 8), left), np.repeat(7, n[-1])]
    event = np.r_[np.ones(left.sum(), bool), np.zeros(n[-1], bool)]
    found = RetentionByTenure().fit(duration, event)
    assert found.model_.params_.to_list() == pytest.approx([0.704077, 1.182043], rel=1e-4)
    assert found.table_["mix"].head(4).to_list() == pytest.approx([0.6267, 0.7560, 0.8188, 0.8559], rel=2e-3)
    assert found.verdict_ == "heterogeneity"
    assert found.p_mix_ < 1e-10


def test_a_mix_that_never_changes_is_named_as_such():
    verdicts = [RetentionByTenure().fit(*sbg(3000, seed)).verdict_ for seed in range(10)]
    assert verdicts.count("heterogeneity") >= 8  # the test of more is at 5 %
    assert verdicts.count("constant") == 0


def test_customers_who_are_alike_are_seldom_called_a_mix():
    rng, verdicts = np.random.default_rng(8), []
    for _ in range(30):
        life = rng.geometric(0.2, 800)
        verdicts.append(RetentionByTenure().fit(np.minimum(life, 6), life <= 6).verdict_)
    assert verdicts.count("heterogeneity") <= 5  # 5 % of 30, three standard errors above


def test_customers_who_do_change_are_told_apart_from_a_mix():
    rng = np.random.default_rng(2)
    hazard = np.array([0.05, 0.05, 0.3, 0.3, 0.05, 0.05])  # a bad third and fourth year
    life = np.full(4000, 7)
    for year in range(6, 0, -1):
        life = np.where(rng.random(4000) < hazard[year - 1], year, life)
    assert RetentionByTenure().fit(np.minimum(life, 6), life <= 6).verdict_ == "more"


def test_survivors_only_would_flatter_retention():
    duration, event, entry = sbg(30_000, 5)
    right = RetentionByTenure().fit(duration, event, entry).table_["retention"]
    naive = RetentionByTenure().fit(duration, event).table_["retention"]
    truth = (
        ShiftedBetaGeometric().fit(duration=duration, event=event, entry=entry).retention([1, 2])["retention"]
    )
    assert right.head(2).to_numpy() == pytest.approx(truth.to_numpy(), abs=0.02)
    assert (naive.head(2) > right.head(2) + 0.02).all()


def test_summary_of_retention():
    rows = RetentionByTenure().fit(*sbg(3000, 1)).summary()
    assert list(rows.columns) == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    assert rows["metric"].iloc[-1].startswith("change from year 1 to year ")
    assert rows["unit"].tolist() == ["share"] * (len(rows) - 1) + ["points"]
    assert ((rows["low"] <= rows["estimate"]) & (rows["estimate"] <= rows["high"])).all()


# ---------------------------------------------------------------- renewal hazard


def spells_of(rng, customers, term=12, renewal=0.12, other=0.004, months=40):
    """Contracts with a planted hazard in the renewal month and in the others, some seen late."""
    age = rng.integers(1, months + 1, customers)
    entry = np.where(rng.random(customers) < 0.3, rng.integers(0, age), 0)
    month = np.arange(1, months + 1)
    draws = rng.random((customers, months)) < np.where(month % term == 0, renewal, other)
    life = np.where(draws.any(axis=1), draws.argmax(axis=1) + 1, months + 1)
    kept = np.minimum(life, age) > entry
    duration, event = np.minimum(life, age)[kept], (life <= age)[kept]
    frame = pd.DataFrame({"duration": duration, "event": event, "entry": entry[kept], "age": age[kept]})
    frame["customer_id"] = [f"c{i}" for i in range(len(frame))]
    frame["ended_on"] = np.where(event, "2026-01-31", None)
    return frame.assign(term_months=term, monthly_amount=10.0)


def test_the_planted_hazard_at_renewal_comes_back():
    rows = spells_of(np.random.default_rng(1), 20_000)
    model = RenewalHazard().fit(rows["duration"], rows["event"], rows["entry"], rows["term_months"])
    told = model.main_
    assert told.loc["renewal", "low"] < 0.12 < told.loc["renewal", "high"]
    assert told.loc["others", "low"] < 0.004 < told.loc["others", "high"]
    assert told.loc["ratio", "low"] < 30 < told.loc["ratio", "high"]
    assert model.cells_["months_to_renewal"].tolist() == list(range(12))
    assert model.cells_["at_risk"].sum() == (rows["duration"] - rows["entry"]).sum()
    assert model.cells_["left"].sum() == rows["event"].sum()


def test_by_brute_force():
    rows = pd.concat(
        [spells_of(np.random.default_rng(3), 60), spells_of(np.random.default_rng(4), 40, term=3)]
    )
    model = RenewalHazard().fit(rows["duration"], rows["event"], rows["entry"], rows["term_months"])
    seen, left = {}, {}
    for r in rows.itertuples():
        for month in range(r.entry + 1, r.duration + 1):
            key = (r.term_months, -month % r.term_months)
            seen[key] = seen.get(key, 0) + 1
            left[key] = left.get(key, 0) + (r.event and month == r.duration)
    cells = model.cells_.set_index(["term", "months_to_renewal"])
    assert cells["at_risk"].to_dict() == seen
    assert cells["left"].to_dict() == left
    assert model.customers_ == rows.groupby("term_months").size().to_dict()


def test_parts_of_a_month_are_refused_not_cut_off():
    with pytest.raises(ValueError, match="duration is not a whole number of periods in 1 row"):
        RenewalHazard().fit([12.9, 24], [1, 0], term=[12, 12])


def test_without_a_term_there_is_no_renewal():
    with pytest.raises(NotEnough, match="no contract has a term of two months or more"):
        RenewalHazard().fit([3, 4], [1, 0], term=[1, np.nan])


def test_renewals_and_tenure_need_ten_leavers():
    with pytest.raises(NotEnough, match="fewer than ten contract customers have left"):
        RenewalHazard().fit([12] * 9 + [5] * 40, [1] * 9 + [0] * 40, term=[12] * 49)
    with pytest.raises(NotEnough, match="fewer than ten contract customers have left"):
        RetentionByTenure().fit([2] * 9 + [5] * 40, [1] * 9 + [0] * 40)
    with pytest.raises(NotEnough, match="fewer than thirty"):
        RetentionByTenure().fit([2] * 12 + [5] * 10, [1] * 12 + [0] * 10)


def test_null_renewals_are_rarely_told():
    rng, told = np.random.default_rng(6), 0
    for _ in range(40):
        rows = spells_of(rng, 1500, renewal=0.02, other=0.02)
        ratio = (
            RenewalHazard()
            .fit(rows["duration"], rows["event"], rows["entry"], rows["term_months"])
            .main_.loc["ratio"]
        )
        told += ratio["low"] > 1 or ratio["high"] < 1
    assert told <= 6  # 5 % of 40, three standard errors above


# ---------------------------------------------------------------- outlook


@pytest.fixture(scope="module")
def contracts():
    rng = np.random.default_rng(9)
    monthly = spells_of(rng, 4000, renewal=0.03, other=0.03).assign(term_months=1, monthly_amount=20.0)
    both = pd.concat([spells_of(rng, 4000), monthly], ignore_index=True)
    return both.assign(customer_id=[f"c{i}" for i in range(len(both))])


@pytest.fixture(scope="module")
def outlook(contracts):
    return ContractOutlook().fit(contracts)


def test_the_outlook_is_the_product_of_planted_months(contracts, outlook):
    told = outlook.predict(contracts, 12)
    running = contracts.loc[told.index]
    for term, truth in ((12, 0.88 * 0.996**11), (1, 0.97**12)):
        rows = told[running["term_months"] == term]
        assert rows["stays"].mean() == pytest.approx(truth, abs=0.02)
    assert ((told["stays_low"] < told["stays"]) & (told["stays"] < told["stays_high"])).all()


def test_leavers_to_come_are_covered():
    """Simulated again and again: the count that leaves lies in the interval as often as it says."""
    held, rng = 0, np.random.default_rng(12)
    for _ in range(20):
        rows = spells_of(rng, 1500)
        told = ContractOutlook().fit(rows).expected_leavers(rows, 9).iloc[0]
        running = rows[~rows["event"]]
        month = running["duration"].to_numpy()[:, None] + np.arange(1, 10)
        hazard = np.where(month % 12 == 0, 0.12, 0.004)
        gone = (rng.random(hazard.shape) < hazard).any(axis=1).sum()
        held += told["low"] <= gone <= told["high"]
    assert held >= 16


def test_value_by_hand(contracts, outlook):
    worth = ContractValue(outlook, months=3, margin=0.5, discount_rate=0.10).fit(contracts)
    told = worth.customers_
    first = told.index[0]
    stays = [1.0] + [outlook.predict(contracts, m).loc[first, "stays"] for m in (1, 2)]
    amount = contracts.loc[first, "monthly_amount"]
    by_hand = sum(0.5 * amount * s / 1.1 ** (m / 12) for m, s in enumerate(stays))
    assert told.loc[first, "value"] == pytest.approx(by_hand)
    rows = worth.summary()
    assert rows["estimate"][0] == pytest.approx(told["value"].sum())
    assert rows["estimate"][1] == pytest.approx(told["value"].mean())
    assert told["customer_id"].tolist() == contracts.loc[told.index, "customer_id"].tolist()


def test_scores_add_up_to_nothing_at_the_estimate(contracts, outlook):
    assert np.abs(outlook.scores(contracts).sum(axis=0)).max() < 1e-4


def test_value_interval_is_the_delta_method_and_the_luck_of_each_contract(contracts, outlook):
    told = ContractValue(outlook, 24).fit(contracts).summary().iloc[0]
    rng = np.random.default_rng(1)
    params, covariance = outlook.model_.params_.copy(), outlook.model_.covariance_
    drawn = []
    for theta in rng.multivariate_normal(params, covariance, 150):
        outlook.model_.params_ = pd.Series(theta, params.index)
        drawn.append(ContractValue(outlook, 24).fit(contracts).summary()["estimate"][0])
    outlook.model_.params_ = params
    at, *_, variance = outlook.discounted(contracts, 24, np.log(1.1))
    luck = variance @ contracts["monthly_amount"].to_numpy()[at] ** 2
    half = 1.96 * np.sqrt(np.var(drawn) + luck)
    assert np.log(told["high"] / told["low"]) == pytest.approx(2 * half / told["estimate"], rel=0.1)
    assert luck > 0.2 * np.var(drawn)


def test_values_with_few_leavers_are_joined_and_it_is_told(contracts):
    X = pd.DataFrame({"segment": np.where(np.arange(len(contracts)) % 1000 == 0, "rare", "usual")})
    found = ContractOutlook().fit(contracts, X)
    assert any("segment" in text for text in found.left_out_)
    assert not any("segment" in name for name in found.terms_)
    assert len(found.predict(contracts, 3, X)) == contracts["ended_on"].isna().sum()


def test_a_value_that_only_new_contracts_have_counts_as_the_most_frequent_one(contracts):
    X = pd.DataFrame({"segment": np.where(np.arange(len(contracts)) % 3 == 0, "small", "usual")})
    model = ContractOutlook().fit(contracts, X)
    assert "segment=small" in model.terms_  # the most frequent value is what it is compared with
    found = model.predict(contracts, 3, X.assign(segment="never met"))
    pd.testing.assert_frame_equal(found, model.predict(contracts, 3, X.assign(segment="usual")))


def test_too_few_leavers_are_refused(contracts):
    with pytest.raises(NotEnough, match="fewer than ten contract customers have left"):
        ContractOutlook().fit(contracts[~contracts["event"]])
    with pytest.raises(NotEnough, match="no contract is running"):
        ContractOutlook().fit(contracts[contracts["event"]])
    with pytest.raises(ValueError, match="term_months"):
        ContractOutlook().fit(contracts.drop(columns="term_months"))


# ---------------------------------------------------------------- levers


@pytest.fixture(scope="module")
def buyers():
    rfm = cdnow_rfm()
    return BetaGeoNBD().fit(rfm), GammaGamma().fit(rfm), rfm


def test_the_retention_lever_is_a_smaller_discount(buyers):
    """Keeping a share f more each year is discounting by (1 + d)/f: the same integral, through LifetimeValue."""
    purchases, spend, rfm = buyers
    found = GrowthLevers(draws=20, years=3).fit(buyers=buyers)
    side = found.value_.iloc[0]
    f = 1 + 0.01 / side["retention"]
    horizon = 3 * 365.25 / 7
    worth = [
        LifetimeValue(purchases, spend, discount_rate=d, horizon=horizon).total(rfm)["estimate"]
        for d in (0.10, 1.10 / f - 1)
    ]
    gained = (worth[1] - worth[0])[0] + len(rfm) * 1.1**-0.5 * (worth[1] - worth[0])[2]
    assert found.levers_["estimate"][0] == pytest.approx(gained, rel=1e-6)
    first = spend.summary().set_index("metric").loc["mean spend per purchase", "estimate"]
    new = len(rfm) * 1.1**-0.5 * (first + worth[0][2])
    assert found.levers_["estimate"][2] == pytest.approx(0.01 * new)
    assert found.levers_["estimate"][3] == pytest.approx(0.01 * (worth[0][0] + new))


def two_kinds(n=3000):
    """Half leave easily and pay little, half hardly ever leave and pay ten times as much."""
    rng = np.random.default_rng(8)
    easily = np.arange(n) % 2 == 0
    life, age = rng.geometric(np.where(easily, 0.05, 0.004)), rng.integers(13, 60, n)
    rows = {
        "customer_id": np.arange(n),
        "term_months": 1,
        "entry": 0,
        "duration": np.minimum(life, age),
        "event": life <= age,
        "age": age,
    }
    rows = pd.DataFrame(rows | {"monthly_amount": np.where(easily, 10.0, 100.0), "months_to_renewal": np.nan})
    kind = pd.DataFrame({"kind": np.where(easily, "easily", "hardly")})
    return rows.assign(ended_on=np.where(rows["event"], "2026-01-31", None)), kind


def test_a_point_of_retention_is_worth_less_where_leaving_sits_in_low_value():
    """By hand: S becomes S^(1 − k) with the yearly retention of today's base a point higher."""
    spells, kind = two_kinds()
    outlook = ContractOutlook().fit(spells, kind)
    found = (
        GrowthLevers(draws=20, years=1).fit((outlook, spells, kind)).levers_.set_index("lever")["estimate"]
    )
    alike, in_proportion = found.iloc[0], found.iloc[1]
    assert 0 < in_proportion < 0.7 * alike
    stays = outlook.predict(spells, 12, kind)["stays"].to_numpy()
    goal = stays.mean() + 0.01
    k = np.linspace(0, 1, 100_001)
    k = k[np.abs([np.mean(stays ** (1 - one)) - goal for one in k[::100]]).argmin() * 100]
    months = [outlook.predict(spells, m, kind)["stays"].to_numpy() if m else 1.0 for m in range(12)]
    amount = spells.loc[spells["ended_on"].isna(), "monthly_amount"].to_numpy()
    gained = sum((amount * (s ** (1 - k) - s)).sum() * 1.1 ** (-m / 12) for m, s in enumerate(months) if m)
    assert in_proportion == pytest.approx(gained, rel=0.01)


@pytest.mark.parametrize("model", [BetaGeoNBD, ParetoNBD])
def test_retention_of_the_living_is_that_of_the_simulated(model):
    """A living customer's chance of being alive a year on, against simulated deaths of BG/NBD customers."""
    theta = np.log([0.8, 20.0, 0.6, 3.0])
    x, age, t = np.full(200_000, 2), np.full(200_000, 40.0), 52.0
    rng = np.random.default_rng(3)
    if model is BetaGeoNBD:
        rate, p = rng.gamma(2.8, 1 / 60.0, x.size), rng.beta(0.6, 5.0, x.size)
        truth = np.exp(-rate * p * t).mean()
    else:
        truth = np.exp(-rng.gamma(0.6, 1 / 43.0, x.size) * t).mean()
    assert model._stay_alive(x[:1], age[:1], t, theta)[0] == pytest.approx(truth, abs=0.003)


def test_the_bootstrap_agrees_with_the_delta_method(buyers):
    """The part that today's customers contribute has a delta-method interval of its own; the base varies besides."""
    purchases, spend, rfm = buyers
    found = GrowthLevers(draws=400, years=1).fit(buyers=buyers)
    total = LifetimeValue(purchases, spend, horizon=365.25 / 7).total(rfm)
    row = found.levers_.iloc[3]
    width, meant = row["high"] / row["low"], total["high"][0] / total["low"][0]
    assert 0.9 * meant < width < 1.35 * meant


def test_both_sides_add_up_and_margin_scales(contracts, outlook, buyers):
    found = GrowthLevers(draws=30).fit((outlook, contracts), buyers)
    by = found.levers_.pivot(index="lever", columns="side", values="estimate")
    assert by["all"].to_numpy() == pytest.approx((by["contract"] + by["buyers"]).to_numpy())
    half = GrowthLevers(margin=0.5, draws=30).fit((outlook, contracts), buyers).levers_
    assert half["estimate"].to_numpy() == pytest.approx(found.levers_["estimate"].to_numpy() / 2)
    assert found.levers_.query("lever == '+1% margin'")["share"].to_numpy() == pytest.approx(0.01)
    rows = found.summary()
    assert rows["metric"].tolist()[:4] == list(LEVERS)
    assert ((rows["low"] <= rows["estimate"]) & (rows["estimate"] <= rows["high"])).all()


def test_contract_value_is_that_of_the_outlook(contracts, outlook):
    found = GrowthLevers(draws=10, years=2).fit((outlook, contracts))
    assert found.value_["base"][0] == pytest.approx(
        ContractValue(outlook, 24).fit(contracts).summary()["estimate"][0]
    )
    assert found.value_["won"][0] == (contracts["age"] < 12).sum()


def test_the_interval_of_the_value_holds_what_is_paid(contracts):
    """Futures drawn from the model itself, of fifty contracts: the luck of when each ends is most of what is not known."""
    some = pd.concat(
        [contracts[contracts["ended_on"].notna()], contracts[contracts["ended_on"].isna()].head(50)]
    )
    outlook = ContractOutlook().fit(contracts)
    value = ContractValue(outlook, 24).fit(some)
    estimate, low, high = value.summary()[["estimate", "low", "high"]].iloc[0]
    rng, running = np.random.default_rng(2), some[some["ended_on"].isna()]
    paid = np.zeros(400)
    there = np.ones((400, len(running)))
    before = 1.0
    for month in range(24):
        stays = outlook.predict(some, month, None)["stays"].to_numpy() if month else np.ones(len(running))
        there *= rng.random(there.shape) < stays / before
        before = stays
        paid += there @ running["monthly_amount"].to_numpy() * 1.1 ** (-month / 12)
    assert estimate == pytest.approx(paid.mean(), rel=0.02)
    assert 0.92 <= ((low <= paid) & (paid <= high)).mean() <= 0.995
    assert (high - low) > 3.5 * paid.std()


def test_nobody_won_has_no_exchange(buyers):
    purchases, spend, rfm = buyers
    old = rfm.assign(age=rfm["age"] + 60, recency=rfm["recency"])
    found = GrowthLevers(draws=5).fit(buyers=(purchases, spend, old))
    assert np.isnan(found.points_per_percent_.estimate)
    assert len(found.summary()) == 4


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        ({"margin": 0}, {}, "margin must be above 0"),
        ({"years": -1}, {}, "years must be above 0"),
        ({"discount_rate": -0.1}, {}, "discount_rate"),
    ],
)
def test_bad_settings_are_named(options, given, message):
    with pytest.raises(ValueError, match=message):
        GrowthLevers(**options).fit(**given)


def test_contracts_without_amounts_have_no_value(contracts, outlook):
    free = contracts.assign(monthly_amount=np.nan)
    with pytest.raises(NotEnough, match="no contract has a monthly amount"):
        GrowthLevers().fit((outlook, free))
    with pytest.raises(NotEnough, match="no running contract has a monthly amount"):
        ContractValue(outlook).fit(free)


def test_without_a_side_there_are_no_levers(contracts, outlook, buyers):
    with pytest.raises(NotEnough, match="neither contracts nor purchases can be valued"):
        GrowthLevers().fit()
    unsure = SimpleNamespace(identified_=pd.Series([True, False]))
    with pytest.raises(NotEnough, match="purchases do not show who has dropped out"):
        GrowthLevers().fit(buyers=(unsure, *buyers[1:]))
    found = GrowthLevers(draws=5).fit((outlook, contracts), (unsure, *buyers[1:]))
    assert found.left_out_ == ["Buyers: their purchases do not show who has dropped out"]
    assert found.levers_["side"].unique().tolist() == ["contract"]


def test_large_bases_take_fewer_draws(contracts, outlook):
    assert GrowthLevers(draws="auto").fit((outlook, contracts)).draws_ == 500
    assert GrowthLevers(draws=7).fit((outlook, contracts)).draws_ == 7


# ---------------------------------------------------------------- stay, renewals to come, and the forecast made earlier


def known(rows, months):
    """Spells as they were known so many months before."""
    age = rows["age"] - months
    rows = rows[(age > 0) & (age > rows["entry"])]
    gone = rows["event"] & (rows["duration"] <= age[rows.index])
    duration = rows["duration"].where(gone, np.minimum(rows["duration"], age[rows.index]))
    return rows.assign(
        duration=duration, event=gone, age=age[rows.index], ended_on=np.where(gone, "gone", None)
    )


def test_the_forecast_made_earlier_is_held_against_who_left(contracts):
    before = known(contracts, 6)
    test = ContractHoldout(6).fit(before, contracts)
    running = before["ended_on"].isna()
    assert test.gone_ == contracts.loc[before.index[running], "event"].sum()
    assert test.verdict_ == "agrees"
    assert test.summary()["metric"].tolist() == ["expected to leave in 6 months", "left in 6 months"]
    assert test.summary()["estimate"][1] == test.gone_


@pytest.mark.parametrize(("gone", "verdict"), [(0.0, "too many expected"), (0.9, "too few expected")])
def test_a_forecast_that_failed_says_in_which_direction(contracts, gone, verdict):
    before = known(contracts, 6)
    rng = np.random.default_rng(1)
    ended = np.where(rng.random(len(contracts)) < gone, "gone", None)
    test = ContractHoldout(6).fit(before, contracts.assign(ended_on=ended))
    assert test.verdict_ == verdict
    assert (test.off_ < 0) == (verdict == "too many expected")


def test_renewals_to_come_are_listed_soonest_and_likeliest_first(contracts, outlook):
    spells = contracts.assign(
        months_to_renewal=np.where(contracts["term_months"] > 1, 12 - contracts["duration"] % 12, np.nan)
    )
    up = outlook.renewals(spells, 3, "2026-12-31")
    assert set(up["months_to_renewal"]) == {1, 2, 3}
    assert up["months_to_renewal"].is_monotonic_increasing
    running = spells[spells["ended_on"].isna() & (spells["months_to_renewal"] <= 3)]
    assert sorted(up["customer_id"]) == sorted(running["customer_id"])
    soonest = up.loc[up["months_to_renewal"] == 1, "probability_of_leaving"]
    assert soonest.is_monotonic_decreasing
    assert up["leaves_by"].unique().tolist() == ["2026-12-31"]


def test_the_base_counts_customers_and_not_their_contracts(contracts):
    """Everybody twice under contract: half as many people, the same contracts."""
    twice = contracts.assign(customer_id=[f"c{i // 2}" for i in range(len(contracts))])
    once, both = ContractOutlook().fit(contracts).summary(), ContractOutlook().fit(twice).summary()
    assert both["estimate"].tolist() == once["estimate"].tolist()
    assert set(once["n"]) == {len(contracts)} and set(both["n"]) == {len(contracts) // 2}
    terms = twice.assign(
        contract_id=contracts["customer_id"], has_ended=twice["event"], renewal_months=twice["term_months"]
    )
    terms["has_term"] = terms["term_months"] > 1
    before = terms.assign(has_ended=terms["has_ended"] & (terms.index % 5 > 0))
    hazard = ContractHazard().fit(terms, before, 3).summary()
    assert set(hazard["n"][:-1]) == {len(contracts) // 2}


def test_stay_counts_customers_from_when_they_were_observed(contracts):
    stay = ContractStay().fit(contracts.assign(is_observed=True))
    assert stay.late_ == (contracts["entry"] > 0).sum()
    mark = stay.marks_.set_index("month").loc[12]
    assert mark["low"] < (0.97**12 + 0.88 * 0.996**11) / 2 < mark["high"]
    assert mark["naive"] > mark["estimate"]
    assert stay.headline_ == ["12-month retention of contract customers, last 12 months"]
    assert stay.summary()["metric"].tolist()[:2] == [
        *stay.headline_,
        "6-month retention of contract customers",
    ]


def test_retention_of_the_last_twelve_months_counts_no_other_months():
    """Half leave in their fifth month, long ago; of those of a year ago nine in ten stay. One ended in another way, one came late."""
    age = np.repeat([60, 30], [100, 100])
    spells = pd.DataFrame({"entry": 0, "duration": age, "event": False, "is_over": False, "age": age})
    spells.loc[:99, ["duration", "event", "is_over"]] = 5, True, True
    spells.loc[100:109, ["duration", "event", "is_over"]] = 20, True, True
    spells.loc[110, ["duration", "is_over"]] = 25, True
    late = pd.DataFrame({"entry": [19], "duration": [30], "event": [False], "is_over": [False], "age": [30]})
    stay = ContractStay().fit(pd.concat([spells, late], ignore_index=True).assign(is_observed=True))
    assert stay.before_ == 100 and stay.lately_.estimate == pytest.approx(0.9)
    new = ContractStay().fit(spells.assign(is_observed=True, age=5, duration=5))
    assert new.lately_ is None and new.headline_ == []


def test_stay_needs_ten_customers_and_one_who_left(contracts):
    with pytest.raises(NotEnough, match="fewer than ten contract customers have been observed"):
        ContractStay().fit(contracts.assign(is_observed=contracts.index < 9))
    with pytest.raises(NotEnough, match="no contract customer has left"):
        ContractStay().fit(contracts[~contracts["event"]].assign(is_observed=True))


def test_retention_is_not_told_where_hardly_anybody_is_left_to_leave():
    """Thirty leave or stay within three years; two are seen after ten."""
    duration = [*range(6, 36), 125, 126]
    spells = pd.DataFrame(
        {"entry": 0, "duration": duration, "event": [True, False] * 16, "is_observed": True}
    )
    stay = ContractStay().fit(spells)
    assert stay.marks_["month"].tolist() == [6, 12, 24]
    assert "Retention is shown at 6, 12 and 24 months" in stay.left_out_[-1]
