"""What the retention page says of buyers: every verdict, and what is missing."""

from types import SimpleNamespace

import pandas as pd
import pytest

from cxresearch import readings
from cxresearch.stats.interval import Interval

NAN = float("nan")


def buyers(**changes):
    cohorts = pd.DataFrame(
        {"ends_on": ["2025-10-01"], "customers": [739], "estimate": [0.625], "low": [0.59], "high": [0.659]}
    )
    given = {
        "cohorts_": cohorts,
        "change_": Interval(-0.12, -0.17, -0.07),
        "active_": (0.272, 0.259, 0.285),
        "before_": 4561,
    }
    return SimpleNamespace(**given | {"back_": 4950, "n_": 7000} | changes)


def test_who_comes_back():
    text = readings.repeat_buyers(buyers()).text
    assert text.startswith(
        "Of 740 who first bought in the 3 months to 2025-10-01, 62.5% (59.0% to 65.9%) bought again within 52 weeks."
    )
    assert "Against the cohort of a year before: −12.0 points (−17.0 to −7.0)" in text
    assert (
        "Of 4,560 who bought in the 12 months before the last 3, 27.2% (25.9% to 28.5%) bought in these."
        in text
    )
    assert "4,950 of 7,000 customers have ever bought again, a share that only rises with their age." in text
    young = readings.repeat_buyers(buyers(cohorts_=pd.DataFrame(), change_=None, active_=None)).text
    assert young.startswith("No buyers have been observed for 52 weeks yet. 4,950 of")


def returns(weeks, shares):
    return SimpleNamespace(marks_=pd.DataFrame({"week": weeks, "estimate": shares}))


def test_how_soon_customers_return():
    text = readings.return_curve(returns([4, 52], [0.12, 0.6])).text
    assert (
        "60.0% come back within 52 weeks. 12.0% do so within 4 weeks, which is 20% of those returns." in text
    )


def test_a_record_of_one_mark_and_one_without_a_return():
    assert readings.return_curve(returns([2], [0.12])).text.startswith(
        "12.0% come back within 2 weeks. Only a trial"
    )
    assert readings.return_curve(returns([4, 26], [0.0, 0.0])).text == "Nobody has come back within 26 weeks."


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        ("clockwork", "more regularly than at random"),
        ("bursts", "in bursts"),
        ("random", "no more regularly than at random"),
    ],
)
def test_regularity(verdict, text):
    regular = SimpleNamespace(verdict_=verdict, shape_=1.0, low_=0.95, high_=1.04, n_=3120)
    said = readings.regularity(regular).text
    assert text in said
    assert "1.00 (0.95 to 1.04; 1 is random), from the 3,120 customers" in said
    endless = SimpleNamespace(verdict_=verdict, shape_=float("inf"), low_=4.0, high_=float("inf"), n_=12)
    assert "no upper limit" in readings.regularity(endless).text


def cohorts(small=()):
    row = {"earliest": "2024Q1", "latest": "2025Q1", "earliest_share": 0.3, "latest_share": 0.28}
    change = pd.DataFrame([row | {"estimate": -0.02, "low": -0.05, "high": 0.01}])
    return SimpleNamespace(change=lambda period: change, small_=list(small), grain="quarter")


def test_cohorts_of_buyers():
    text = readings.buyer_cohorts(cohorts(), may_have_bought_before=False).text
    assert text.startswith(
        "One quarter on, 28.0% of the latest cohort bought, against 30.0% of the earliest: −2.0 points"
    )
    assert "no clear difference" in text
    assert "The records begin" not in text


def test_the_earliest_cohort_may_hold_old_customers_unless_it_was_left_out():
    assert "The records begin with the earliest cohort" in readings.buyer_cohorts(cohorts(), True).text
    assert "The records begin" not in readings.buyer_cohorts(cohorts(["2023Q4"]), True).text
    assert readings.buyer_cohorts(SimpleNamespace(change=lambda period: pd.DataFrame()), True).text == ""


def expected(alive=(5241, 5171, 5310)):
    rows = [(5300, 5200, 5400), (5307, 5093, 5530), alive]
    return pd.DataFrame(rows, columns=["estimate", "low", "high"])


def chosen(name="BG/NBD", is_tested=True, passed_over=""):
    return SimpleNamespace(
        shows_leaving_=True, n_=7000, left_out_=[], is_tested_=is_tested, passed_over_=passed_over, model_=SimpleNamespace(name=name)
    )  # fmt: skip


def test_purchases_ahead_by_the_model_chosen_and_by_the_other():
    text = readings.purchases_ahead(
        chosen(), expected(), {"Pareto/NBD": 5307.0, "MBG/CNBD-2": 5288.4}, "2027-06-30"
    ).text
    assert text.startswith(
        "Everything said of buyers below is by the BG/NBD: it predicted the purchases held out best."
    )
    assert "expected to make 5,310 (5,090 to 5,530) more purchases by 2027-06-30" in text
    assert "The Pareto/NBD expects 5,307. The MBG/CNBD-2 expects 5,288." in text
    text = readings.purchases_ahead(
        chosen("BG/NBD", passed_over="Pareto/NBD"), expected(), {}, "2027-06-30"
    ).text
    assert (
        "by the BG/NBD: the Pareto/NBD predicted the purchases held out better, but is not determined by those of today."
        in text
    )
    text = readings.purchases_ahead(chosen("Pareto/NBD", False), expected(), {}, "2027-06-30").text
    assert "by the Pareto/NBD: nothing could be held out to compare the models." in text


def test_purchases_ahead_without_the_other_model():
    text = readings.purchases_ahead(chosen(), expected(), {"Pareto/NBD": NAN}, "2027-06-30").text
    assert "The Pareto/NBD cannot be estimated here." in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([("BG/NBD", 1, -9582.4), ("BG/CNBD-2", 2, -9855.3)], ["Of 2 models with 1 to 2 phases", "the BG/NBD itself is likeliest: customers buy at random"]),
        ([("MBG/CNBD-2", 2, -15325.5), ("BG/NBD", 1, -15425.0)], ["the MBG/CNBD-2 is likeliest, by 99.5 in log-likelihood over the BG/NBD", "A gap has 2 phases", "some leave right after their first purchase"]),
        ([("MBG/NBD", 1, -9582.1), ("BG/NBD", 1, -9582.4)], ["the MBG/NBD is likeliest, by 0.3 in log-likelihood", "Customers buy at random, and some leave"]),
    ],
)  # fmt: skip
def test_which_shape_of_the_gaps_is_likeliest(rows, sentences):
    family = pd.DataFrame(rows, columns=["model", "k", "log_likelihood"])
    text = readings.regular_buying(SimpleNamespace(family_=family)).text
    assert all(sentence in text for sentence in sentences), text
    assert readings.regular_buying(SimpleNamespace(family_=None)).text == ""


def test_purchases_that_do_not_show_who_dropped_out():
    blind = SimpleNamespace(
        shows_leaving_=False,
        left_out_=["These purchases do not show who has dropped out (BG/NBD: a not identified)"],
    )
    text = readings.purchases_ahead(blind, expected().iloc[:2], {}, "2027-06-30").text
    assert text.startswith("These purchases do not show who has dropped out (BG/NBD: a not identified).")
    assert "upper bounds" in text


def holdout(verdict, made, low=5081.0):
    rows = pd.DataFrame([{"estimate": 5322.0, "low": low, "high": 5575.0}] * 2)
    groups = pd.DataFrame(
        {
            "frequency": ["0", "3"],
            "expected": [0.2, 2.0],
            "low": [0.16, 1.8],
            "high": [0.25, 2.2],
            "actual": [0.09, 2.4],
        }
    )
    found = {
        "off_": (made - 5322.0) / 5322.0,
        "groups_": groups,
        "groups_off_": groups.head(int(verdict in ("agrees in total only", "over-predicts"))),
    }
    return SimpleNamespace(verdict_=verdict, made_=made, expected_=rows, **found)


@pytest.mark.parametrize(
    ("verdict", "made", "sentence"),
    [
        ("agrees", 5400, "5,400 were made, within the interval."),
        (
            "agrees in total only",
            5400,
            "within the interval. But customers with 0 earlier repeat purchases made 0.09 each, where 0.20 (0.16 to 0.25) were predicted. Do not "
            "rely on it for groups or single customers.",
        ),
        ("under-predicts", 6000, "6,000 were made, 12.7% more than predicted. Do not rely on its totals."),
        (
            "over-predicts",
            4000,
            "4,000 were made, 24.8% fewer than predicted. Furthest off: customers with 0 earlier repeat purchases made 0.09 each, where 0.20 "
            "(0.16 to 0.25) were predicted. Do not rely on its totals.",
        ),
        ("not known", 4000, "made no prediction: its parameters are not identified."),
    ],
)
def test_whether_the_models_may_be_believed(verdict, made, sentence):
    low = NAN if verdict == "not known" else 5081.0
    text = readings.purchase_holdout(SimpleNamespace(tests_={"BG/NBD": holdout(verdict, made, low)})).text
    assert sentence in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("best", "others", "apart", "parts"),
    [
        ("BG/NBD", [654, 500, 800], True, ["By the Pareto/NBD, 654 have not dropped out, against 1,145.", "disagree", "bought only once"]),
        ("BG/NBD", [1140, 1100, 1180], False, ["The models agree."]),
        ("Pareto/NBD", [1140, 1100, 1180], False, ["By the Pareto/NBD, 900 of 2,000", "By the BG/NBD, 1,145 have not dropped out, against 1,140"]),
        ("BG/NBD", None, False, ["300 have probably lapsed: P(alive) is below 50%."]),
    ],
)  # fmt: skip
def test_how_many_are_still_customers(best, others, apart, parts):
    rows = {"BG/NBD": [1145, 1128, 1161]} | ({"Pareto/NBD": others} if others else {})
    each = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high"]).astype(float)
    counts = pd.Series({"active": 900, "unsure": 800, "lapsed": 300})
    text = readings.still_active(
        SimpleNamespace(
            by_model_=each,
            best_=best,
            are_apart_=apart,
            n_=2000,
            counts_=counts,
            lapsed_below=0.5,
            held_out_=None,
            keeps_first_buyers_=best == "BG/NBD",
        )
    ).text
    assert text.startswith(
        f"By the {best}, 900 of 2,000 customers are probably active, 800 are unsure and 300 have probably lapsed"
    )
    assert all(part in text for part in parts), text
    assert "nan" not in text and ("bought only once" in text) == (best == "BG/NBD")


def test_counts_that_the_part_held_out_speaks_against_say_so():
    each = pd.DataFrame([[1145.0, 1128.0, 1161.0]], ["BG/NBD"], ["estimate", "low", "high"])
    counts = pd.Series({"active": 900, "unsure": 800, "lapsed": 300})
    facts = {
        "by_model_": each,
        "best_": "BG/NBD",
        "are_apart_": False,
        "n_": 2000,
        "counts_": counts,
        "lapsed_below": 0.5,
        "keeps_first_buyers_": True,
    }
    told = "Held out, customers with 0 earlier repeat purchases bought less than it predicted: too many of them count as active."
    for verdict, is_told in (("over-predicts", True), ("agrees in total only", True), ("agrees", False)):
        found = SimpleNamespace(**facts, held_out_=holdout(verdict, 4000))
        assert (told in readings.still_active(found).text) == is_told


def silent(name="Pareto/NBD", spread=(40.9, 60.7, 81.3)):
    customers = pd.DataFrame({"is_lapsed": [True, False, False]})
    quantiles = pd.Series(spread, dtype=float)
    return SimpleNamespace(
        model=SimpleNamespace(name=name, keeps_first_buyers=name == "BG/NBD"),
        threshold=0.5,
        customers_=customers,
        spread=lambda: quantiles,
    )


@pytest.mark.parametrize(("soon", "many"), [(2691, "2,690"), (3, "fewer than 10"), (0, "0")])
def test_whose_silence_is_news(soon, many):
    text = readings.silence(silent(), range(soon), "2027-06-30").text
    assert f"By the Pareto/NBD, {many} customers who have not lapsed yet will probably have done so" in text
    assert "40.9 weeks or less for a tenth of repeat buyers, 60.7 for half, 81.3 or more" in text
    assert "bought once" not in text


def test_silence_by_the_model_that_cannot_judge_single_purchases():
    text = readings.silence(silent("BG/NBD", ()), range(20), "2027-06-30").text
    assert "Customers who bought once get no date from this model." in text
    assert "How long that takes" not in text


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("agrees", "The forecast was 13.6% (9.0% to 20.0%), within which it lies."),
        ("too low", "The forecast was 13.6% (9.0% to 20.0%), which is too low."),
        ("too high", "The forecast was 13.6% (9.0% to 20.0%), which is too high."),
        ("not known", "bought again within 39 weeks. No table"),
    ],
)
def test_how_many_of_the_lapsed_returned(verdict, sentence):
    estimate = NAN if verdict == "not known" else 0.136
    test = SimpleNamespace(
        n_=1260,
        cut_="2025-12-31",
        t_=39,
        share_=(0.184, 0.164, 0.206),
        verdict_=verdict,
        expected_=Interval(estimate, 0.09, 0.2),
    )
    text = readings.lapsed_return(test).text
    assert (
        "Of 1,260 customers who had lapsed on 2025-12-31, 18.4% (16.4% to 20.6%) bought again within 39 weeks."
        in text
    )
    assert sentence in text
    assert "nan" not in text
