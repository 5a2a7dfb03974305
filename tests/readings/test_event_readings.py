"""Sentences on marketing events follow the numbers: by lot, matched, withheld, without costs, with one kind."""

import datetime

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from tests.models.events.test_event_models import firm, fitted

say = cx.readings
DAY = datetime.date(2026, 6, 30)


@pytest.fixture(scope="module")
def by_lot():
    return fitted(
        *firm(
            lift=0.3,
            held_out=0.3,
            size=0.8,
            months=(13, 14, 15, 16, 17, 18),
            kinds=("dinner", "web"),
            cost=3000.0,
            seed=4,
        )
    )


@pytest.fixture(scope="module")
def matched():
    return fitted(*firm(lift=0.0, dip=1.0, cost=60_000.0, accounts=700))


def test_what_can_be_judged_and_by_what(by_lot, matched):
    assert (
        "6 events were held; 6 can be judged. 6 of them held accounts out by lot"
        in say.events_held(by_lot[0]).text
    )
    assert "None of them held accounts out by lot" in say.events_held(matched[0]).text


def test_the_comparison_is_named_and_the_wrong_one_refused(by_lot, matched):
    text = say.event_lifts(by_lot[2]).text
    assert "Dinners add" in text and "(hold-out by lot)" in text and "That comparison is refused" in text
    text = say.event_lifts(matched[2]).text
    assert "(matched, 2 events)" in text and "Against the month before, fairs seem to add" in text


def test_whether_matching_agrees_with_the_lot(by_lot):
    trials = by_lot[1]
    assert "agrees with the lot for every kind" in say.matched_against_lot(trials).text
    off = cx.models.EventTrials()
    off.kinds_ = trials.kinds_.assign(
        is_off=[True, False], bias=0.2, bias_low=0.15, bias_high=0.25, guest=np.nan
    )
    off.left_out_ = []
    text = say.matched_against_lot(off).text
    assert "clearly off for dinner +20.0 points (+15.0 to +25.0)" in text and "per guest" not in text


def test_what_to_repeat_and_to_stop_with_the_money(by_lot, matched):
    text = say.which_to_repeat(by_lot[2]).text
    assert text.startswith("Repeat dinners and webs")
    shown = say.stop_or_repeat(by_lot[2], DAY)
    assert "Repeat" in shown.text and "a year" in shown.text
    assert say.which_to_repeat(matched[2]).text.startswith("Stop fairs")
    candidate = say.stop_or_repeat(matched[2], DAY)._repr_mimebundle_()[
        "application/vnd.cxresearch.proposal+json"
    ]
    assert (candidate["rests_on"] == "comparison" and candidate["again_on"] == "2026-12-30") or candidate[
        "again_on"
    ] == "2026-12-31"


def test_what_is_open_has_a_trial_that_would_settle_it(matched):
    returns = matched[2]
    returns_open = cx.models.EventReturns()
    vars(returns_open).update(vars(returns))
    returns_open.kinds_ = returns.kinds_.assign(verdict="test", needed=330, needed_events=7.0, even=0.056)
    text = say.settling_trial(returns_open).text
    assert (
        "from a lift of 5.8% on" in text
        and "330 accounts in each half (7 more events" in text
        and "is matched, no trial" in text
    )
    assert "Whether fairs return their cost is open" in say.which_to_repeat(returns_open).text
    returns_open.kinds_ = returns_open.kinds_.assign(needed_events=900.0)
    assert "no trial of a reasonable size" in say.settling_trial(returns_open).text
    returns_open.kinds_ = returns_open.kinds_.assign(verdict="no comparison")
    assert "nothing comparable shows what they add" in say.settling_trial(returns_open).text


def test_without_costs_and_without_a_margin():
    lifts, trials, _ = fitted(*firm(cost=np.nan))
    returns = cx.models.EventReturns().fit(lifts, trials)
    assert "cost of events is not known" in say.event_returns(returns).text
    assert say.which_to_repeat(returns).text == "" and say.stop_or_repeat(returns, DAY).text == ""
    lifts, trials, _ = fitted(*firm())
    assert (
        "Revenue is counted, not contribution"
        in say.event_returns(cx.models.EventReturns().fit(lifts, trials)).text
    )
    assert "Revenue is counted" not in say.event_returns(cx.models.EventReturns(0.4).fit(lifts, trials)).text


def test_the_winner_is_named_only_where_it_is_one(by_lot, matched):
    assert "is not settled" in say.event_returns(by_lot[2]).text  # both add alike
    assert "highest lift" not in say.event_returns(matched[2]).text  # one kind


def test_the_months_before(by_lot):
    assert (
        "finds nothing for any kind" in say.before_events(by_lot[2]).text
        or "is off zero for" in say.before_events(by_lot[2]).text
    )


def test_the_pictures_say_what_they_show(by_lot, matched):
    for lifts, _, returns in (by_lot, matched):
        for figure in (
            cx.charts.event_comparisons(returns),
            cx.charts.return_on_cost(returns),
            cx.charts.months_around_events(lifts),
        ):
            assert len(figure.alt) > 60 and len(figure.numbers) and "nan" not in figure.alt
            assert "nan" not in figure.numbers.to_string()
    assert "hold-out by lot" in cx.charts.event_comparisons(by_lot[2]).alt
    blank = cx.models.EventReturns()
    blank.kinds_ = pd.DataFrame({"return_": [np.nan], "p_positive": [np.nan]})
    assert cx.charts.return_on_cost(blank).text == ""
