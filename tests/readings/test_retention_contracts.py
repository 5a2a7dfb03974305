"""What the retention page says of contract customers: every verdict, and what is missing."""

import datetime
from types import SimpleNamespace

import pandas as pd
import pytest

from cxresearch import readings

NAN = float("nan")


def stay(**options):
    marks = pd.DataFrame(
        {
            "month": [6, 12, 24],
            "estimate": [0.9, 0.8, 0.7],
            "low": [0.85, 0.75, 0.65],
            "high": [0.94, 0.84, 0.75],
            "naive": [0.95, 0.9, 0.85],
        }
    )
    return SimpleNamespace(
        **{
            "marks_": marks,
            "n_": 500,
            "left_": 120,
            "late_": 200,
            "others_": 0,
            "left_out_": [],
            "lately_": (0.888, 0.877, 0.898),
            "before_": 3321,
        }
        | options
    )


def test_retention_is_stated_with_its_interval_and_the_error_of_ignoring_late_entry():
    text = readings.contract_stay(stay()).text
    assert text.startswith(
        "Of 3,320 customers under contract twelve months ago, 88.8% (87.7% to 89.8%) have not left since."
    )
    assert (
        "Over all of the records, average retention after 24 months of tenure: 70.0% (65.0% to 75.0%)."
        in text
    )
    assert readings.contract_stay(stay(lately_=None)).text.startswith("Over all of the records")
    assert "Of 500 customers observed, 120 have left." in text
    assert "200 had joined before the records begin; counting them as new customers would give 85.0%." in text


def test_which_ends_count_is_said_and_the_others_are_counted():
    text = readings.contract_stay(
        stay(others_=40), "A contract that ended counts if its reason is cancelled."
    ).text
    assert (
        "120 have left. A contract that ended counts if its reason is cancelled. 40 contracts ended for another reason"
        in text
    )


def test_customers_all_observed_from_the_start():
    text = readings.contract_stay(stay(late_=0)).text
    assert "All were observed from their first month." in text
    assert "joined before" not in text


def test_what_the_curve_leaves_out_is_said():
    assert (
        "Nobody was observed from 4 to 5."
        in readings.contract_stay(stay(left_out_=["Nobody was observed from 4 to 5"])).text
    )


def test_a_missing_estimate_is_not_printed_as_a_number():
    bare = stay()
    bare.marks_[["estimate", "low", "high"]] = NAN
    assert "not estimated" in readings.contract_stay(bare).text
    assert "nan" not in readings.contract_stay(bare).text


def cohorts(low, high, **options):
    row = {
        "earliest": "2024Q1",
        "latest": "2025Q1",
        "earliest_share": 0.8,
        "latest_share": 0.85,
        "estimate": 0.05,
    }
    change = pd.DataFrame([row | {"low": low, "high": high}])
    return SimpleNamespace(change=lambda period: change, **options)


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ((0.01, 0.09), "a clear rise"),
        ((-0.09, -0.01), "a clear fall"),
        ((-0.01, 0.09), "no clear difference"),
    ],
)
def test_cohorts_differ_or_not(limits, verdict):
    text = readings.contract_cohorts(cohorts(*limits)).text
    assert text.startswith(
        "After one year, 85.0% of the 2025Q1 cohort were still customers, against 80.0% of 2024Q1: +5.0 points"
    )
    assert f"{verdict}." in text


def test_one_cohort_alone_says_nothing():
    nothing = SimpleNamespace(change=lambda period: pd.DataFrame())
    assert readings.contract_cohorts(nothing).text == ""


def tenure(verdict, unit="points", p_more=0.4):
    rise = {
        "metric": "change from year 1 to year 6",
        "estimate": 0.1,
        "low": 0.05,
        "high": 0.13,
        "unit": unit,
    }
    return SimpleNamespace(
        verdict_=verdict, p_mix_=0.0004, p_more_=p_more, summary=lambda: pd.DataFrame([rise])
    )


def lifetime(low=5.0):
    row = {"metric": "discounted expected lifetime", "estimate": 5.2, "low": low, "high": 5.5}
    return pd.DataFrame([row])


def test_a_mix_is_enough():
    text = readings.tenure(tenure("heterogeneity"), lifetime()).text
    assert "Retention rises with tenure: +10.0 points (+5.0 to +13.0) from year 1 to year 6." in text
    assert "p below 0.001) and no worse than any curve (p 0.400)" in text
    assert "A new customer stays for 5.2 (5.0 to 5.5) discounted years." in text


def test_a_mix_without_a_change_or_a_second_test():
    text = readings.tenure(tenure("heterogeneity", unit="share", p_more=NAN), lifetime(NAN)).text
    assert "Retention rises with tenure. This does not show" in text
    assert "no worse" not in text
    assert "discounted years" not in text
    assert "nan" not in text


def test_one_rate_for_all():
    assert "No evidence that retention rises" in readings.tenure(tenure("constant"), lifetime()).text


def test_customers_change():
    text = readings.tenure(tenure("more", p_more=0.01), lifetime()).text
    assert "cannot explain (p 0.010)" in text


def renewal(low, high, **rows):
    ratio = {"estimate": (low + high) / 2, "low": low, "high": high, "term": 12}
    at = {"estimate": 0.085, "low": 0.077, "high": 0.094, "term": 12}
    return SimpleNamespace(main_=pd.DataFrame({"renewal": at, "ratio": ratio}).T)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (
            (60, 120),
            "8.5% (7.7% to 9.4%) of contracts that reach the end of a 12-month term end there, 90 times (60 to 120) the rate",
        ),
        ((1.2, 1.8), "1.5 times (1.2 to 1.8) the rate of other months"),
        (
            (0.2, 0.8),
            "Contracts end less often in the renewal month than in other months (0.5 times (0.2 to 0.8)",
        ),
        ((0.5, 1.5), "No clear difference between the renewal month and other months"),
    ],
)
def test_renewals(limits, sentence):
    assert sentence in readings.renewal_hazard(renewal(*limits)).text


def test_renewals_that_cannot_be_compared():
    one = SimpleNamespace(main_=pd.DataFrame({"estimate": [0.1]}, index=["renewal"]))
    assert "cannot be compared" in readings.renewal_hazard(one).text


def ways(reasons, shares):
    rows = pd.DataFrame({"metric": [f"left within 36 months: {r}" for r in reasons], "estimate": shares})
    return SimpleNamespace(
        month_=36, summary=lambda: rows.assign(low=rows["estimate"] / 2, high=rows["estimate"] * 2)
    )


def test_reasons_of_ends():
    text = readings.end_reasons(ways(["cancelled {x}", "died"], [0.3, 0.1])).text
    assert "Within 36 months, 40.0% have left, 75% of them recorded as cancelled {x}." in text
    assert "That is 30.0% (15.0% to 60.0%) of all customers." in text


def test_reasons_nobody_recorded():
    assert "without a recorded reason" in readings.end_reasons(ways(["unknown"], [0.3])).text
    assert readings.end_reasons(ways(["unknown"], [0.0])).text == ""


def test_expected_leavers():
    leavers = pd.DataFrame([{"estimate": 308.1, "low": 265.5, "high": 350.8, "n": 3643}])
    text = readings.contract_outlook(
        SimpleNamespace(left_out_=[], references_=["segment: midmarket"]), leavers, datetime.date(2027, 6, 30)
    ).text
    assert "Of 3,640 contract customers, 308 (266 to 351) are expected to leave by 2027-06-30." in text
    assert "Left out" not in text and "Ratios are against segment: midmarket." in text
    pooled = SimpleNamespace(left_out_=["term: only one value has ten leavers or more"], references_=[])
    assert (
        "Left out or pooled: term: only one" in readings.contract_outlook(pooled, leavers, "2027-06-30").text
    )


@pytest.mark.parametrize(
    ("verdict", "off", "sentence"),
    [
        ("agrees", 0.01, "300 left, within the interval."),
        (
            "too many expected",
            -0.2,
            "300 left, fewer than the interval allows. Read the probabilities of leaving as too high, by 20%.",
        ),
        (
            "too few expected",
            0.3,
            "300 left, more than the interval allows. Read the probabilities of leaving as too low, by 30%.",
        ),
    ],
)
def test_the_forecast_made_earlier(verdict, off, sentence):
    expected = pd.Series({"estimate": 322.0, "low": 278.0, "high": 366.0})
    test = SimpleNamespace(months=9, expected_=expected, gone_=296, verdict_=verdict, off_=off)
    assert sentence in readings.contract_holdout(test).text
