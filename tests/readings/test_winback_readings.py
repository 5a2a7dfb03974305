"""What the page on win-back says: every comparison, every verdict, and nothing that the data do not support."""

from types import SimpleNamespace

import pandas as pd
import pytest

from cxresearch import readings
from cxresearch.proposal import PROPOSAL

ENDS = ("estimate", "low", "high")


def arms(*rows):
    return pd.DataFrame(rows, columns=["arm", "n", *ENDS])


def regain(comparison="trial", refused="", certain=(True, False, False), **change):
    lifts = pd.DataFrame(
        [("gift", 0.1, 0.05, 0.15), ("call", 0.02, -0.01, 0.05), ("mail", -0.04, -0.07, -0.01)],
        columns=["arm", *ENDS],
    ).assign(is_certain=list(certain))
    known = {
        "comparison_": comparison,
        "refused_": refused,
        "control": "control",
        "arms_": arms(
            ("control", 400, 0.1, 0.07, 0.13),
            ("gift", 400, 0.2, 0.16, 0.24),
            ("call", 400, 0.12, 0.09, 0.15),
            ("mail", 400, 0.06, 0.04, 0.08),
        ),
        "lifts_": lifts,
        "balance_": SimpleNamespace(column="months_lapsed", is_alike=True, p_value=0.4, largest=0.1),
        "left_out_": ["30 offers are left out: the window is not over"],
        "needed": lambda: {"arm": "gift", "lift": 0.1, "is_seen": True, "per_arm": 211},
    }
    return SimpleNamespace(**known | change)


def test_a_trial_is_called_one_and_natural_returns_are_named():
    text = readings.regain(regain(certain=(True, False, True))).text
    assert "The comparison is a trial" in text
    assert "Without an offer 10.0% (7.0% to 13.0%) came back: nobody should be paid for them." in text
    assert "Brought back beyond that: gift +10.0 points (+5.0 to +15.0)." in text
    assert "Kept away: mail −4.0 points (−7.0 to −1.0)." in text
    assert "No clear difference from the control: call." in text
    assert text.endswith("30 offers are left out: the window is not over.")


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        ("as if drawn", "Something that is not recorded could still tell them apart."),
        (
            "adjusted",
            "This is no trial: those asked differ from those held out in what was known before (months lapsed)",
        ),
    ],
)
def test_other_comparisons_are_named(comparison, said):
    assert said in readings.regain(regain(comparison)).text


def test_without_a_control_there_is_no_lift():
    why = "nobody was held out, so nothing shows how many would have come back without an offer"
    found = regain(
        "none",
        why,
        arms_=arms(("gift", 400, 0.2, 0.16, 0.24), ("call", 100, 0.04, 0.02, 0.1)),
        lifts_=pd.DataFrame(),
        balance_=None,
    )
    text = readings.regain(found).text
    assert text.startswith(f"There is no lift to report: {why}.")
    assert "gift 20.0% (16.0% to 24.0%)" in text
    assert "call" not in text  # four customers came back
    assert "beyond" not in text
    found.needed = lambda: {"arm": "", "lift": 0.05, "is_seen": False, "per_arm": 906}
    plan = readings.trial_needed(found).text
    assert "it takes 910 customers in each arm" in plan
    assert "the control as an arm of its own" in plan
    assert "cannot be told: nobody was held out" in readings.winning_back(found).text


def test_a_draw_that_looks_odd_is_said():
    odd = SimpleNamespace(column="months_lapsed", is_alike=False, p_value=0.0004, largest=0.4)
    assert "check how they were drawn" in readings.regain(regain(balance_=odd)).text


def profit(*verdicts, best=None, comparison="trial", **change):
    rows = pd.DataFrame(
        [("gift", 12.0, 4.0, 20.0, 30.0), ("call", -3.0, -12.0, 6.0, 10.0)], columns=["arm", *ENDS, "naive"]
    ).assign(natural=15.0, verdict=verdicts or ("pays", "unclear"), asked=400, n=800)
    known = {
        "profits_": rows,
        "basis_": "second life",
        "cost_is_assumed_": False,
        "offer_cost": 10.0,
        "best_": best,
        "comparison_": comparison,
        "years_": 3,
        "needed": lambda arm: 1384,
    }
    return SimpleNamespace(**known | change)


def test_profit_beside_what_every_return_counted_would_say():
    text = readings.offer_profit(profit(best="gift")).text
    assert (
        "gift would seem to earn 30 per customer asked; customers who are not asked bring 15 by themselves"
        in text
    )
    assert "Pays for certain, per customer asked: gift 12 (4 to 20)." in text
    assert "Not settled, the interval holds zero: call −3 (−12 to 6)." in text
    lost = readings.offer_profit(profit("loses", "loses", cost_is_assumed_=True)).text
    assert "Loses money for certain" in lost
    assert "No cost is recorded for some offers: 10 each is assumed." in lost


def whom(verdict="nobody", uplift="no difference seen", **change):
    rules = pd.DataFrame(
        [("all", 1.0, 12.0, 4.0, 20.0), ("chosen", 0.4, 15.0, 9.0, 21.0)], columns=["rule", "share", *ENDS]
    )
    known = {
        "arm_": "gift",
        "uplift_": SimpleNamespace(verdict_=uplift, qini_=SimpleNamespace(p=0.45)),
        "policy_": SimpleNamespace(values_=rules),
        "why_": "",
        "verdict_": verdict,
        "left_out_": [],
        "budget": 0.0,
        "askable_": 160,
        "listed_": 0,
    }
    return SimpleNamespace(**known | change)


def test_whom_to_ask_by_verdict():
    assert "nobody is on the list" in readings.whom_to_ask(whom()).text
    assert "Ask all lapsed customers with gift" in readings.whom_to_ask(whom("all")).text
    chosen = readings.whom_to_ask(whom("chosen", "ranks")).text
    assert "ask those with a positive score, 40% of them: 15 (9 to 21) per lapsed customer" in chosen
    assert "the wrong way round" in readings.whom_to_ask(whom("all", "misleads")).text
    why = "nothing that differs between customers was known before the offer"
    unknown = readings.whom_to_ask(whom("all", uplift_=None, policy_=None, why_=why)).text
    assert f"Customers cannot be told apart by whom gift moves: {why}." in unknown


def test_the_list_and_its_hold_out():
    rows = pd.DataFrame({"customer_id": range(123), "cost": 5.0})
    text = readings.listed(whom("all", budget=700.0), rows, 715).text
    assert text.startswith(
        "120 customers of 720 who have left and were not asked are listed within the budget of 700"
    )
    assert "Hold a tenth of the list out" in text
    assert readings.listed(whom(), rows.head(0), 715).text == ""
    assert "the budget does not pay" in readings.listed(whom("all"), rows.head(0), 715).text
    assert "left as recently" in readings.listed(whom("all", askable_=0), rows.head(0), 715).text


def test_what_a_trial_would_settle():
    open_ = readings.trial_needed(regain(), profit("unclear", "unclear")).text
    assert "The return by gift is settled. Whether gift pays is not" in open_
    assert "1,380 customers in each arm" in open_
    assert "That gift pays is settled too." in readings.trial_needed(regain(), profit(best="gift")).text
    unseen = readings.trial_needed(regain(certain=(False, False, False))).text
    assert "210 customers are needed in each of 4 arms" in unseen
    losing = profit("unclear", "unclear")
    losing.profits_["estimate"] = -1.0
    assert "not worth its cost" in readings.trial_needed(regain(), losing).text


def test_the_answer_for_the_board():
    text = readings.winning_back(regain(), profit(best="gift")).text
    assert (
        "gift brings back 10.0 points (5.0 to 15.0) more than would return without an offer; gift pays."
        in text
    )
    assert "No offer is shown" in readings.winning_back(regain(certain=(False, False, False))).text
    assert "whether an offer pays is not settled" in readings.winning_back(regain(), profit()).text


def test_the_decision_is_proposed_only_beyond_chance():
    import datetime

    day = datetime.date(2026, 9, 30)
    shown = readings.ask_back(profit(best="gift"), whom("all", listed_=120), day)
    content = shown._repr_mimebundle_()[PROPOSAL]
    assert content["rests_on"] == "trial"
    assert (
        content["what"]
        == "Ask 120 customers who left to come back with gift, and hold a tenth of them out, drawn by lot"
    )
    assert content["effect"] == [1400.0, 500.0, 2400.0]
    assert shown.text.startswith("Ask 120 customers")
    unclear = readings.ask_back(profit(best=None, comparison="adjusted"), whom(arm_="call"), day)
    assert unclear.text == ""
    assert unclear._repr_mimebundle_()[PROPOSAL]["rests_on"] == "comparison"
    assert readings.ask_back(profit(), whom(askable_=0), day).text == ""


def test_second_lives_are_not_compared_as_effects():
    rows = pd.DataFrame(
        [
            ("gift", 80, 0.1, 0.08, 0.14, False),
            ("call", 60, 0.03, 0.02, 0.05, False),
            ("mail", 5, 0.05, 0.03, 0.06, True),
        ],
        columns=["arm", "n", "hazard", "low", "high", "is_pooled"],
    )
    found = SimpleNamespace(arms_=rows, beyond_=0.57, left_out_=["fewer than ten came back of mail"])
    text = readings.second_life(found).text
    assert (
        "Those whom gift brought back leave soonest, 10.0% (8.0% to 14.0%) a month; those of call stay longest"
        in text
    )
    assert "57% of the value lies beyond what has been observed" in text
    assert "it shows whom an offer attracts as much as how it holds them" in text
    alike = SimpleNamespace(arms_=rows.assign(low=0.01, high=0.2), beyond_=0.5, left_out_=[])
    assert "does not differ clearly" in readings.second_life(alike).text


def test_reasons_are_associations():
    rows = pd.DataFrame(
        [("service", 0.6, True), ("no_need", 1.5, True), ("price", 1.1, False)],
        columns=["reason", "odds_ratio", "is_certain"],
    )
    text = readings.lapse_reasons(SimpleNamespace(reasons_=rows, interaction_p_=0.01, left_out_=[])).text
    assert "customers who left for service come back less often" in text
    assert "customers who left for no need come back more often" in text
    assert "depends on the reason (p 0.010)" in text
    assert "these are associations" in text
    plain = SimpleNamespace(reasons_=rows.assign(is_certain=False), interaction_p_=float("nan"), left_out_=[])
    assert "is not clear" in readings.lapse_reasons(plain).text


def test_charts_of_firms_with_little_to_draw():
    from cxresearch import charts

    none = regain(
        "none", "nobody was held out", arms_=arms(("gift", 60, 0.05, 0.02, 0.14)), lifts_=pd.DataFrame()
    )
    assert charts.return_by_offer(none).text == ""  # three customers came back
    assert (
        "not known"
        in charts.return_by_offer(regain("none", "", arms_=arms(("gift", 400, 0.2, 0.16, 0.24)))).alt
    )
    assert charts.profit_by_offer(profit()).numbers["verdict"].tolist() == ["pays", "unclear"]
    assert charts.whom_to_ask_curve(whom(policy_=None)).text == ""
