"""What the page on churn says: a sentence for each verdict, and never a missing number."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import readings
from cxresearch.stats.interval import Interval

NAN = Interval(np.nan, np.nan, np.nan)


def rates(**changes):
    frame = pd.DataFrame({"as_of": ["2026-03-31", "2026-06-30"], "left": [60, 40], "customers": [900, 1000]})
    fitted = {
        "rates_": frame,
        "n_": 1900,
        "n_events_": 100,
        "customers_": 1210,
        "leavers_": 90,
        "n_open_": 1100,
        "copies_": 0,
        "looks_sampled_": False,
        "features_": ["a", "b"],
    }
    return SimpleNamespace(**fitted | {"has_due_dates_": True} | changes)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {},
            "1,900 rows on 2 dates have a known outcome, of 1,210 customers; 90 customers left in a period that followed. "
            "1,100 customers of today have an open outcome. 2 features are available.",
        ),
        (
            {"leavers_": 3, "n_open_": 4, "features_": ["{a}"]},
            "1,900 rows on 2 dates have a known outcome, of 1,210 customers; fewer than 10 customers left in a period that followed. "
            "Fewer than 10 customers of today have an open outcome. 1 feature is available.",
        ),
        ({"n_": 0, "n_events_": 0}, "No outcome is known yet. 1,100 customers of today have an open outcome. 2 features are available."),
        (
            {"has_due_dates_": False, "n_open_": 0, "copies_": 1, "rates_": pd.DataFrame({"as_of": ["2026-06-30"]})},
            "1,900 rows on 1 date have a label that came with the data; 90 customers left. How far ahead the label looks is not stated. "
            "1 row repeated another exactly and was removed before the data were split; otherwise the model would be tested on rows it had "
            "seen. 2 features are available.",
        ),
    ],
)  # fmt: skip
def test_who_is_included(changes, text):
    assert readings.churn_rates(rates(**changes)).text == text


def test_copies_are_counted():
    assert (
        "300 rows repeated another exactly and were removed" in readings.churn_rates(rates(copies_=300)).text
    )


def forecast(auc=(0.76, 0.71, 0.81), slope=(1.0, 0.8, 1.2), today=3):
    scores = SimpleNamespace(auc_=Interval(*auc), slope_=Interval(*slope))
    return SimpleNamespace(
        split_="tested on 100 rows of {x}", sampling_="", left_out_=[], scores_=scores, benchmark_scores_=scores, today_=pd.DataFrame(index=range(today))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("auc", "slope", "parts"),
    [
        ((0.76, 0.71, 0.81), (1.0, 0.8, 1.2), ["76.0% of the time", ": better than chance.", "1.00 (0.80 to 1.20): no sign that the"]),
        ((0.52, 0.45, 0.60), (0.6, 0.4, 0.8), [": no clear difference from chance.", "the probabilities are too extreme"]),
        ((0.40, 0.35, 0.46), (1.6, 1.2, 2.0), [": worse than chance.", "the probabilities are too cautious"]),
        ((0.50, 0.45, 0.55), NAN, ["There is no calibration slope, because these rows do not identify one."]),
    ],
)  # fmt: skip
def test_how_good_the_forecast_was(auc, slope, parts):
    text = readings.churn_scores(forecast(auc, slope)).text
    assert text.startswith("Tested on 100 rows of {x}. A leaver scores above a stayer")
    assert text.endswith("This is a single test; another period may turn out differently.")
    assert all(part in text for part in parts)


def test_what_was_not_learnt_from_is_named_with_its_reason():
    found = forecast()
    constant = [f"column_{k} is left out: one value only" for k in range(9)]
    found.left_out_ = [
        "goodbye is left out: it is filled for leavers only, so it was filled in after they left"
    ]
    found.left_out_ += constant
    text = readings.churn_scores(found).text
    assert (
        "10 columns were not learnt from: goodbye (it is filled for leavers only, so it was filled in after they left); column_0, column_1, "
        "column_2, column_3, column_4, column_5 and 3 more (one value only). Name other columns that are only known afterwards in leave_out. "
        "This is a single test" in text
    )
    found.left_out_ = constant[:1]
    assert (
        "1 column was not learnt from: column_0 (one value only). This is"
        in readings.churn_scores(found).text
    )
    assert "nan" not in text


def profit(verdict="pays", limits=(149_743.0, 10_100.0, 368_000.0), contacted=1876, unknown=0):
    return SimpleNamespace(
        verdict=lambda: verdict, profit_=Interval(*limits), contacted_=contacted, n_=3643, unknown_=unknown,
        acceptance=Interval(0.3, 0.126, 0.512), d=10.0, f=1.0,
    )  # fmt: skip


WORTH = SimpleNamespace(source_="contracts", months=36, value_=7557.0, margin=0.4)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("pays", "Contacting the customers for whom it pays earns money, at the acceptance rate assumed."),
        ("unclear", "Contacting the customers for whom it pays may earn money or lose it."),
        ("nobody", "There are hardly any customers for whom a contact pays."),
    ],
)
def test_what_contacting_earns(verdict, sentence):
    text = readings.contact_profit(profit(verdict), WORTH).text
    assert text.startswith(sentence)
    assert "A contact pays for 1,880 of 3,640 customers, those above their own break-even risk." in text
    assert ("150,000 (10,000 to 370,000) in all" in text) == (verdict != "nobody")
    assert ("At stake within 3 years: profit of 150,000 (10,000 to 370,000)" in text) == (verdict != "nobody")
    assert "30% accept on average, between 13% and 51%" in text
    declared = SimpleNamespace(source_="declared", months=36, value_=900.0)
    assert "900 per customer, as declared" in readings.contact_profit(profit(verdict), declared).text


def test_money_of_the_rows_set_aside_is_not_at_stake():
    text = readings.contact_profit(profit(), WORTH, is_today=False).text
    assert "At stake" not in text and "3,640 customers in the test rows" in text
    few = readings.contact_profit(profit("nobody", (np.nan,) * 3, 7, 20), WORTH).text
    assert "A contact pays for fewer than 10 of 3,620 customers" in few and "nan" not in few
    assert "What 20 customers are worth is not known; they are not contacted." in few


def risk(contacts=25, due=("2026-12-31",), is_priced=True, even=0.0281):
    return SimpleNamespace(
        expected_=(109.6, 88.2, 131.0), n_=3643, due_on_=list(due), contacts_=pd.DataFrame(index=range(contacts)), is_priced_=is_priced,
        top_risk_=0.089, top_break_even_=even,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({}, "About 110 (90 to 130) of 3,640 customers are expected to leave by 2026-12-31. 30 of them are above their own break-even risk."),
        ({"contacts": 7}, "Fewer than 10 of them are above"),
        ({"contacts": 0}, "None of them is above"),
        ({"due": ()}, "are expected to leave in the period that the labels cover."),
        ({}, "The riskiest tenth leaves with an average probability of 8.9%; half of them break even at 2.8% or less."),
        ({"is_priced": False, "even": np.nan}, "the riskiest tenth is listed, whether contacting them pays or not. The riskiest tenth leaves "
                                               "with an average probability of 8.9%."),
    ],
)  # fmt: skip
def test_who_is_at_risk(given, part):
    assert part in readings.customers_at_risk(risk(**given)).text


def test_reasons_are_named_in_order_and_called_associations():
    names = ["months_to_renewal", "monthly_amount", "tenure_days", "visits", "fifth"]
    table = pd.DataFrame({"feature": names, "estimate": [np.log(3), 0.2, 0.1, 0.05, 0.01]})
    text = readings.churn_reasons(table).text
    assert (
        "relies most on months to renewal, which moves the odds of leaving up or down by a factor of 3.00 on average"
        in text
    )
    assert "followed by monthly amount, tenure days and visits. These are associations" in text
    assert "followed by monthly amount. These" in readings.churn_reasons(table.head(2)).text
    assert "on average. These" in readings.churn_reasons(table.head(1)).text
    assert readings.churn_reasons(table.head(0)).text == (
        "No reasons are given: the model was not shown to rank better than chance."
    )


def hazard(announced=2, auc=(0.75, 0.69, 0.80), left_out=()):
    terms = pd.DataFrame(
        {"label": ["exponent of tenure", "segment: SMB"], "estimate": [-0.29, 0.8], "low": [-0.34, 0.71], "high": [-0.23, 0.9],
         "is_ratio": [False, True]}
    )  # fmt: skip
    return SimpleNamespace(
        auc_=Interval(*auc), announced_=terms.head(announced), terms_=terms, left_out_=list(left_out), references_=["segment: midmarket"], is_better_than_chance_=auc[1] > 0.5
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({}, ["0.750 (0.690 to 0.800): better than chance.", "after correction for 2 tests: exponent of tenure −0.29 (−0.34 to −0.23); "
              "segment: SMB × 0.80 (0.71 to 0.90). These are associations, not effects. Ratios are against segment: midmarket."]),
        ({"announced": 0}, ["No term is significant after correction for 2 tests."]),
        ({"announced": 0, "auc": (0.52, 0.47, 0.57)}, ["no clear difference from chance. No term is reported, because the model"]),
        ({"left_out": ["region is left out: one value only"]}, ["midmarket. region is left out: one value only."]),
    ],
)  # fmt: skip
def test_what_goes_with_the_end_of_a_contract(given, parts):
    text = readings.hazard_terms(hazard(**given)).text
    assert all(part in text for part in parts)


def ways(estimates=(0.288, 0.093), left_out=(), first="cancelled: price"):
    rows = pd.DataFrame(
        {
            "metric": [f"left within 36 months: {first}", "left within 36 months: lapsed"],
            "estimate": estimates,
        }
    )
    rows = rows.assign(low=rows["estimate"] - 0.01, high=rows["estimate"] + 0.01)
    return SimpleNamespace(summary=lambda: rows, month_=36, left_out_=list(left_out))


def test_the_most_common_way_of_leaving():
    text = readings.ends_compete(ways()).text
    assert text.startswith(
        "The most common way of leaving is “cancelled: price”: 28.8% (27.8% to 29.8%) of contract customers within 36 months."
    )
    assert readings.ends_compete(ways(left_out=["Nobody was observed before 3"])).text.endswith(
        "Nobody was observed before 3."
    )
    assert "lapsed" in readings.ends_compete(ways((np.nan, 0.093))).text
    assert readings.ends_compete(ways(first="unknown")).text.startswith(
        "The largest group left without a recorded reason: 28.8% (27.8% to 29.8%) of contract customers within 36 months."
    )
    assert readings.ends_compete(ways((np.nan, np.nan))).text == ""


@pytest.mark.parametrize(
    ("today", "who"), [(3, "today's customers"), (0, "the customers in the test rows who stayed")]
)
def test_who_is_interviewed(today, who):
    strata = pd.DataFrame(
        {
            "stratum": ["churning", "indifferent", "loyal"],
            "leavers": [43.0, 63.0, 4.0],
            "interviews": [23, 32, 5],
        }
    )
    text = readings.interview_sample(SimpleNamespace(strata_=strata), forecast(today=today)).text
    assert f"three groups of {who}." in text
    assert (
        "23 of 60 go to the group with the highest risk, which has 39% of them, and 5 to the loyal, who have 4%."
        in text
    )
