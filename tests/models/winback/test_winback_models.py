"""Win-back: natural returns subtracted, comparisons named or refused, second lives by hand, and firms unlike the sample."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import cxresearch as cx


@pytest.fixture
def made():
    """Offers to n customers in equal arms with rates of return, hazards and spend a month."""

    def make(n=1600, seed=1, rates=None, hazards=None, cost=5.0, moved=None):
        rates = rates or {"control": 0.1, "gift": 0.2}
        random, arms = np.random.default_rng(seed), list(rates)
        arm = random.permutation(np.resize(arms, n))
        known = pd.DataFrame(
            {"months_lapsed": random.uniform(1, 6, n), "segment": random.choice(["SMB", "B2C"], n)}
        )
        rate = np.array([rates[a] for a in arm])
        if moved is not None:
            rate = rate + np.where(arm != "control", moved(known), 0)
        returned = random.random(n) < rate
        hazard = np.array([(hazards or {}).get(a, 0.05) for a in arm])
        life, seen = random.exponential(1 / hazard), random.uniform(6, 24, n)
        months = np.where(returned, np.minimum(life, seen), np.nan)
        table = {
            "offer_id": [f"o{k}" for k in range(n)],
            "customer_id": [f"c{k}" for k in range(n)],
            "left_out": "",
        }
        return pd.DataFrame(table).assign(
            arm=arm,
            returned=returned,
            spend=np.where(returned, 50 * np.nan_to_num(months) * random.lognormal(0, 0.2, n), 0.0),
            cost=np.where(arm == "control", 0.0, cost),
            arm_probability=1 / len(arms),
            second_months=months,
            left_again=pd.Series(np.where(returned, life < seen, None), dtype=object),
            **known,
        )

    return make


def fitted(offers, **options):
    regain = cx.models.Regain().fit(offers)
    life = cx.models.SecondLife(years=3).fit(offers)
    return regain, life, cx.models.OfferProfit(**options).fit(regain, life)


def test_natural_returns_are_subtracted(made):
    regain, _, profit = fitted(made(seed=3, rates={"control": 0.1, "gift": 0.25}))
    row = profit.profits_.iloc[0]
    expected = row["rate"] * row["value"] - row["control_rate"] * row["control_value"] - row["cost"]
    assert row["estimate"] == pytest.approx(expected)
    assert row["naive"] == pytest.approx(row["rate"] * row["value"] - row["cost"])
    assert row["naive"] - row["estimate"] == pytest.approx(row["control_rate"] * row["control_value"])
    assert regain.comparison_ == "trial"
    assert profit.best_ == "gift"


def test_an_offer_that_brings_back_only_those_who_come_anyway_does_not_pay(made):
    pays = 0
    for seed in range(8):
        _, _, profit = fitted(made(n=800, seed=seed, rates={"control": 0.2, "gift": 0.2}))
        assert profit.profits_["naive"].iloc[0] > 0
        pays += profit.best_ is not None
    assert pays <= 1


def test_many_returns_that_end_soon_may_earn_less(made):
    offers = made(
        n=6000, rates={"control": 0.05, "often": 0.2, "long": 0.14}, hazards={"often": 0.3, "long": 0.03}
    )
    regain, life, profit = fitted(offers)
    assert regain.arms_.set_index("arm")["estimate"].idxmax() == "often"
    assert life.arms_.set_index("arm")["hazard"].idxmax() == "often"
    assert profit.best_ == "long"


def test_the_second_life_by_hand():
    months = np.array([2.0, 4, 6, 8, 10, 12, 14, 16, 18, 20])
    left = np.array([1, 1, 0, 1, 0, 1, 0, 0, 0, 0], dtype=bool)
    offers = pd.DataFrame({"offer_id": range(10), "customer_id": range(10), "arm": "gift", "returned": True})
    life = cx.models.SecondLife(margin=0.5, discount_rate=0.1).fit(
        offers.assign(second_months=months, left_again=left, spend=months * 20)
    )
    row = life.arms_.iloc[0]
    hazard, delta = 4 / 110, np.log1p(0.1) / 12
    assert row["hazard"] == pytest.approx(hazard)
    assert (row["low"], row["high"]) == pytest.approx(
        (0.009908, 0.093105), abs=1e-6
    )  # R: poisson.test(4, 110)
    assert row["monthly"] == pytest.approx(10)
    assert row["value"] == pytest.approx(
        10 / (hazard + delta)
    )  # fewer than 30 at risk: a constant hazard from the start
    assert row["value_error"] == pytest.approx(
        10 / (hazard + delta) ** 2 * np.sqrt(np.square(left - hazard * months).sum() / 110**2 * 10 / 9),
        rel=1e-4,
    )
    short = cx.models.SecondLife(margin=0.5, discount_rate=0.1, years=1).fit(
        offers.assign(second_months=months, left_again=left, spend=months * 20)
    )
    assert short.arms_["value"].iloc[0] == pytest.approx(
        10 * (1 - np.exp(-(hazard + delta) * 12)) / (hazard + delta)
    )


def test_where_many_are_at_risk_the_curve_is_read(made):
    offers = made(n=40_000, hazards={"gift": 0.08, "control": 0.08})
    life = cx.models.SecondLife(discount_rate=0.1, years=3).fit(offers)
    truth = 50 * np.exp(0.02) * -np.expm1(-(0.08 + np.log1p(0.1) / 12) * 36) / (0.08 + np.log1p(0.1) / 12)
    assert life.beyond_ < 0.3
    assert ((life.arms_["value_low"] < truth) & (truth < life.arms_["value_high"])).all()


def test_without_a_control_there_is_no_lift(made):
    offers = made(rates={"gift": 0.2, "call": 0.3})
    regain = cx.models.Regain().fit(offers)
    assert regain.comparison_ == "none"
    assert "nobody was held out" in regain.refused_
    assert len(regain.arms_) == 2
    assert not len(regain.lifts_)
    assert regain.needed()["per_arm"] > 100
    with pytest.raises(cx.NotEnough, match="nobody was held out"):
        cx.models.OfferProfit().fit(regain)


def test_a_handful_held_out_is_no_control(made):
    offers = made()
    few = offers[(offers["arm"] != "control") | (offers.groupby("arm").cumcount() < 8)]
    regain = cx.models.Regain().fit(few)
    assert regain.refused_ == "fewer than ten customers were held out"
    assert "the arm control has fewer than ten customers" in regain.left_out_


def test_arms_that_do_not_hold_the_shares_drawn_are_not_compared(made):
    offers = made().assign(arm_probability=lambda t: np.where(t["arm"] == "control", 0.3, 0.7))
    regain = cx.models.Regain().fit(offers)
    assert regain.comparison_ == "none"
    assert "do not hold the shares" in regain.refused_


def test_a_comparison_without_a_lot_is_named(made):
    offers = made(n=4000, rates={"control": 0.1, "gift": 0.1}).drop(columns="arm_probability")
    assert cx.models.Regain().fit(offers).comparison_ == "as if drawn"
    random = np.random.default_rng(5)
    loyal = random.random(len(offers)) < np.where(offers["arm"] == "gift", 0.8, 0.2)
    chosen = offers.assign(
        loyal=loyal.astype(float), returned=random.random(len(offers)) < np.where(loyal, 0.3, 0.1)
    )
    found = cx.models.Regain().fit(chosen)
    assert found.comparison_ == "adjusted"
    assert found.balance_.column == "loyal"
    assert abs(found.lifts_["estimate"].iloc[0]) < 0.05  # nothing is planted
    by_arm = chosen.groupby("arm")["returned"].mean()
    assert by_arm["gift"] - by_arm["control"] > 0.08


def test_customers_offered_twice_are_clustered(made):
    offers = made(n=400)
    twice = pd.concat([offers, offers.assign(offer_id=offers["offer_id"] + "b")], ignore_index=True)
    once, both = cx.models.Regain().fit(offers), cx.models.Regain().fit(twice)
    assert "clustered" in both.trial_.method_
    assert both.lifts_["std_error"].iloc[0] == pytest.approx(once.lifts_["std_error"].iloc[0], rel=0.02)


def test_no_costs_no_dates_and_one_small_arm(made):
    """A firm that records neither the cost of an offer nor the day of a return, with an arm of 40, and refunds."""
    offers = made(n=840, seed=9).drop(columns=["cost", "second_months", "left_again", "arm_probability"])
    offers.loc[offers.index[:40], "arm"] = "call"
    offers.loc[offers["returned"] & (offers.index % 9 == 0), "spend"] = -25.0
    regain = cx.models.Regain().fit(offers)
    with pytest.raises(cx.NotEnough, match="day on which customers came back"):
        cx.models.SecondLife().fit(offers)
    profit = cx.models.OfferProfit(margin=0.4, offer_cost=7.5).fit(regain)
    assert profit.basis_ == "spend so far"
    assert profit.cost_is_assumed_
    assert profit.profits_["cost"].tolist() == [7.5, 7.5]
    gift = (
        offers[offers["arm"] == "gift"]["spend"].mean() - offers[offers["arm"] == "control"]["spend"].mean()
    )
    row = profit.profits_.set_index("arm").loc["gift"]
    assert row["estimate"] == pytest.approx(0.4 * gift - 7.5)
    worth = cx.models.OfferProfit(worth=90.0).fit(cx.models.Regain().fit(offers.drop(columns="spend")))
    assert worth.basis_ == "worth declared"
    with pytest.raises(cx.NotEnough, match="what a return is worth"):
        cx.models.OfferProfit().fit(cx.models.Regain().fit(offers.drop(columns="spend")))


def test_an_arm_of_whom_hardly_anybody_returned_takes_the_second_life_of_all(made):
    offers = made(n=600, rates={"control": 0.02, "gift": 0.3})
    life = cx.models.SecondLife().fit(offers)
    arms = life.arms_.set_index("arm")
    assert arms["is_pooled"].to_dict() == {"control": True, "gift": False}
    assert "fewer than ten came back of control" in life.left_out_[-1]
    nobody = offers[~((offers["arm"] == "control") & offers["returned"])]
    assert cx.models.SecondLife().fit(nobody).arms_.set_index("arm").loc["control", "n"] == 0


def test_an_arm_of_whom_nobody_returned_is_not_certain_to_the_penny(made):
    offers = made(n=600, rates={"control": 0.1, "gift": 0.1, "call": 0.0})
    row = fitted(offers)[2].profits_.set_index("arm").loc["call"]
    assert row["high"] - row["estimate"] > 10
    with pytest.raises(cx.NotEnough, match="fewer than ten customers came back"):
        fitted(made(n=60, rates={"control": 0.1, "gift": 0.1}))


def test_nobody_has_left_again_yet(made):
    offers = made().assign(left_again=lambda t: pd.Series(np.where(t["returned"], False, None), dtype=object))
    life = cx.models.SecondLife().fit(offers)
    assert np.isfinite(life.arms_["value_error"]).all()
    assert (life.arms_["value_error"] > life.arms_["value"] / 50).all()
    assert "nobody has left again yet" in life.left_out_[0]


def test_whom_it_pays_to_ask(made):
    lapsed = pd.DataFrame(
        {
            "customer_id": ["x", "y", "z", "long ago"],
            "months_lapsed": [2.0, 5, 4, 30],
            "segment": ["SMB", "B2C", "SMB", "SMB"],
        }
    )
    _, _, profit = fitted(made(n=3000, seed=2))
    whom = cx.models.WhomToAsk().fit(profit)
    assert whom.verdict_ == "all"
    asked = whom.ask(lapsed)
    assert asked["customer_id"].tolist() == ["x", "z", "y"]  # alike, so the latest to leave first
    assert (asked["expected_profit"] > 0).all()
    assert cx.models.WhomToAsk(budget=12).fit(profit).ask(lapsed)["customer_id"].tolist() == ["x", "z"]
    assert cx.models.WhomToAsk(budget=4).fit(profit).ask(lapsed).empty
    with pytest.raises(ValueError, match="budget is -1"):
        cx.models.WhomToAsk(budget=-1).fit(profit)


def test_those_whom_an_offer_moves_are_found(made):
    offers = made(
        n=12_000,
        seed=4,
        rates={"control": 0.1, "gift": 0.1},
        cost=60.0,
        moved=lambda t: 0.2 * (t["segment"] == "SMB"),
    )
    _, _, profit = fitted(offers)
    whom = cx.models.WhomToAsk().fit(profit)
    assert whom.uplift_.verdict_ == "ranks"
    assert whom.verdict_ == "chosen"
    lapsed = pd.DataFrame({"customer_id": ["x", "y"], "months_lapsed": [3.0, 3.0], "segment": ["B2C", "SMB"]})
    assert whom.ask(lapsed)["customer_id"].tolist() == ["y"]


def test_nobody_is_asked_where_nothing_is_certain(made):
    _, _, profit = fitted(made(n=400, seed=6, rates={"control": 0.15, "gift": 0.17}))
    whom = cx.models.WhomToAsk().fit(profit)
    assert whom.verdict_ == "nobody"
    assert whom.ask(pd.DataFrame({"customer_id": ["x"], "months_lapsed": [3.0], "segment": ["SMB"]})).empty


def test_too_little_known_to_tell_customers_apart(made):
    offers = made(n=2000)[
        ["offer_id", "customer_id", "arm", "returned", "spend", "second_months", "left_again", "cost"]
    ]
    _, _, profit = fitted(offers)
    whom = cx.models.WhomToAsk().fit(profit)
    assert whom.uplift_ is None
    assert "nothing that differs between customers was known" in whom.why_
    assert whom.summary().empty
    assert whom.verdict_ == "all"


def test_lapse_reasons_as_statsmodels_does():
    import statsmodels.api as sm

    random = np.random.default_rng(8)
    arm, reason = (
        random.choice(["control", "gift"], 2000),
        random.choice(["price", "service", "other"], 2000, p=[0.5, 0.3, 0.2]),
    )
    returned = random.random(2000) < np.where(arm == "gift", 0.25, 0.15) - 0.08 * (reason == "service")
    found = cx.models.LapseReasons().fit(
        pd.DataFrame({"arm": arm, "lapse_reason": reason, "returned": returned})
    )
    coded = {"other": (1, 0), "price": (0, 1), "service": (-1, -1)}
    x = np.column_stack([np.ones(2000), arm == "gift", [coded[r] for r in reason]]).astype(float)
    fit = sm.Logit(returned.astype(float), x).fit(disp=False)
    rows = found.reasons_.set_index("reason")
    assert np.log(rows.loc["other", "odds_ratio"]) == pytest.approx(fit.params[2], abs=1e-6)
    assert np.log(rows.loc["other", "high"]) == pytest.approx(fit.params[2] + 1.959964 * fit.bse[2], abs=1e-5)
    assert rows.loc["service", "is_certain"]
    assert rows.loc["service", "odds_ratio"] < 1
    both = np.column_stack([x, x[:, 1:2] * x[:, 2:]])
    ratio = 2 * (sm.Logit(returned.astype(float), both).fit(disp=False).llf - fit.llf)
    assert found.interaction_p_ == pytest.approx(chi2.sf(ratio, 2), abs=1e-6)


def test_lapse_reasons_need_enough_returns():
    offers = pd.DataFrame(
        {
            "arm": "gift",
            "lapse_reason": ["price"] * 50 + ["moved"] * 3,
            "returned": [True, False] * 26 + [False],
        }
    )
    with pytest.raises(cx.NotEnough, match="two lapse reasons"):
        cx.models.LapseReasons().fit(offers)
    with pytest.raises(cx.NotEnough, match="not recorded"):
        cx.models.LapseReasons().fit(offers.drop(columns="lapse_reason"))


def test_no_offer_counts(made):
    with pytest.raises(cx.NotEnough, match="no customer was asked back"):
        cx.models.Regain().fit(made().head(0))
    with pytest.raises(
        cx.NotEnough, match="no offer counts yet: 1,600 offers are left out: the window is not over"
    ):
        cx.models.Regain().fit(made().assign(left_out="the window is not over"))
    with pytest.raises(ValueError, match="lacks the column arm"):
        cx.models.Regain().fit(made().drop(columns="arm"))
    with pytest.raises(cx.NotEnough, match="fewer than ten customers came back"):
        cx.models.SecondLife().fit(made(n=40))


def test_a_larger_trial_settles_what_a_small_one_leaves_open(made):
    rates = {"control": 0.1, "gift": 0.16}
    _, _, small = fitted(made(n=700, seed=21, rates=rates))
    assert small.best_ is None
    size = small.needed("gift")
    assert size > 350
    wins = [fitted(made(n=4000, seed=s, rates=rates))[2].best_ == "gift" for s in range(6)]
    assert sum(wins) >= 5
