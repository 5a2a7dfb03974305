"""What the page on journeys says, verdict by verdict, and that it changes with the data."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import readings
from cxresearch.currency import counting_in
from cxresearch.stats.clustered import ClusteredMean
from cxresearch.stats.interval import Interval

MISSING = float("nan")
NOTHING = ClusteredMean(*[MISSING] * 4, 0, 1, 0)


def said(shown):
    text = shown.text
    for wrong in ("nan", "()", "  ", " .", "_", "inf "):
        assert wrong not in text, text
    return text


# ---------------------------------------------------------------- ways


def ways(again=(0.3, 0.1), is_chain=False, loop=0.2, **change):
    touchpoints = pd.DataFrame({"touchpoint": ["NE", "contract_change"], "contacts": 400, "customers": 300})
    for name, values in (
        ("exits", (0.5, 0.6)),
        ("again", again),
        ("loop", (loop, 0.1)),
        ("days", (3.0, 0.1)),
    ):
        touchpoints[name] = values
        touchpoints[f"{name}_low"], touchpoints[f"{name}_high"] = (
            touchpoints[name] * 0.9,
            touchpoints[name] * 1.1,
        )
    taken = pd.DataFrame(
        {"way": ["NE", "NE → contract_change", "all others"], "journeys": 100, "customers": [90, 40, 20]}
    )
    taken = taken.assign(share=[0.5, 0.3, 0.2], low=[0.4, 0.2, 0.1], high=[0.6, 0.4, 0.3])
    facts = {"journeys_": 200, "contacts_per_journey_": ClusteredMean(1.5, 1.4, 1.6, 0.05, 200, 150, 149)}
    facts |= {
        "ways_": taken,
        "touchpoints_": touchpoints,
        "days": 7,
        "is_chain_": is_chain,
        "chain_contacts_": 1.52,
    }
    return SimpleNamespace(**(facts | {"open_": 40, "left_out_": []} | change))


def test_what_ways_are_taken():
    assert said(readings.journey_ways(ways())) == (
        "200 journeys have ended, of 1.50 (1.40 to 1.60) contacts on average. The commonest ways are NE (50.0%); NE → contract change (30.0%). "
        "Customers are most often in contact again within 7 days after NE: 30.0% (27.0% to 33.0%); least often after contract change: 10.0% (9.0% to 11.0%). "
        "NE comes round most often: 20.0% (18.0% to 22.0%) of the journeys that come by it come by again. "
        "What comes next depends on the step before as well, so the graph is a picture of counted steps and not a model. "
        "What followed 40 contacts is not known yet; they count in no share of steps."
    )


def test_a_chain_is_told_as_one_only_where_the_order_test_leaves_it_standing():
    text = said(readings.journey_ways(ways(is_chain=True)))
    assert (
        "a chain of such steps leads one to expect 1.52 contacts a journey" in text and "picture" not in text
    )
    assert "chain" not in said(readings.journey_ways(ways()))


def test_what_may_not_be_shown_is_not_said():
    text = said(readings.journey_ways(ways(again=(0.3, 0.01))))  # four customers of 400 contacts
    assert "contract change: 1" not in text and "least often" not in text
    quiet = ways(loop=MISSING, again=(MISSING, MISSING))
    quiet.touchpoints_["loop"] = MISSING
    text = said(readings.journey_ways(quiet))
    assert "comes round" not in text and "again within" not in text
    empty = ways(journeys_=0, ways_=pd.DataFrame(columns=["way", "share"]), open_=0)
    assert said(readings.journey_ways(empty)).startswith("No journey is known from its beginning to its end.")


def test_cases_without_customers_are_mentioned():
    text = said(
        readings.journey_ways(
            ways(left_out_=["contacts name no customer, so that intervals are clustered by case"])
        )
    )
    assert text.endswith("Contacts name no customer, so that intervals are clustered by case.")


def test_tables_withhold_a_handful_and_choose_the_unit_of_time():
    found = ways()
    found.ways_.loc[1, "customers"] = 7
    text = readings.ways_table(found, "Ways").text
    assert "fewer than 10" in text and "NE → contract change" in text
    text = readings.touchpoint_table(found, "Touchpoints").text
    assert "3.00 (2.70 to 3.30) days" in text and "2.40 (2.16 to 2.64) hours" in text


# ---------------------------------------------------------------- the flow


def laid(verdicts=("worse", "no clear difference"), outcome="has_left"):
    words = {"has_left": "left afterwards", "unsettled": "ended with the matter unsettled", None: None}[
        outcome
    ]
    edges = pd.DataFrame(
        {
            "step": [1, 2],
            "touchpoint": ["NE", "set_up"],
            "goes_to": ["set_up", "$"],
            "verdict": list(verdicts),
        }
    )
    return SimpleNamespace(edges_=edges, words_=words, outcome_=outcome, overall_=Interval(0.05, 0.04, 0.06))


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        (
            laid(),
            "This is clearly more frequent than on other ways after NE as first contact followed by set up.",
        ),
        (
            laid(("no clear difference", "better")),
            "less frequent than on other ways after set up as second contact with no further one.",
        ),
        (
            laid(("no clear difference",) * 2),
            "None of the 2 steps drawn clearly differs from the other ways.",
        ),
        (laid(outcome="unsettled"), "5.0% (4.0% to 6.0%) ended with the matter unsettled."),
        (
            laid(outcome=None),
            "How journeys ended is not known, so that no way can be called better or worse.",
        ),
    ],
)
def test_which_way_ends_badly(flow, expected):
    assert expected in said(readings.journey_flow(flow))


# ---------------------------------------------------------------- weak points


def weak(stands=(True, False), outcome="has_left", adjusted=("job", "channel"), **change):
    n = len(stands)
    points = pd.DataFrame(
        {
            "touchpoint": [f"t_{k}" for k in range(n)],
            "customers": 1787,
            "journeys": 2000,
            "loss": 0.047,
            "low": 0.030,
            "high": 0.065,
        }
    )
    points = points.assign(lost=84.6, lost_low=53.5, lost_high=115.7, stands=list(stands))
    facts = {"points_": points, "outcome": outcome, "adjusted_": list(adjusted), "n_": 4548, "left_out_": []}
    return SimpleNamespace(**(facts | change))


def worth(value=1000.0, low=900.0, high=1100.0, source="contracts"):
    return SimpleNamespace(value_=value, low_=low, high_=high, source_=source, months=36)


def test_a_weak_point_with_its_cost():
    text = said(readings.weak_points(weak()))
    assert text.startswith(
        "1 weak point among 2 touchpoints. T 0: customers who came by left more often than others on the same jobs, by 4.7 points (3.0 to 6.5 points); "
        "over 1,790 customers in 12 months that is about 85 (54 to 116) customers lost. Held equal: job and channel. "
        "4,550 journeys whose outcome is known are compared."
    )
    assert "associations" in text and "At stake" not in text


@pytest.mark.parametrize(
    ("weak_points", "price", "expected"),
    [
        (weak(), worth(), "At stake within 36 months: revenue of 85,000 ("),
        (weak(), worth(source="declared", low=None, high=None), "At stake within their lifetime: customer value of 85,000 ("),
        (weak(outcome="spend_change"), None, "At stake within 6 months: spend of 85 (54 to 116)."),
    ],
)  # fmt: skip
def test_the_money_of_the_first_weak_point(weak_points, price, expected):
    assert expected in said(readings.weak_points(weak_points, worth=price))


def test_no_weak_point_is_announced_and_none_is_answered():
    found = weak((False, False))
    assert said(readings.weak_points(found, worth=worth())).startswith(
        "No weak point stands out among 2 touchpoints: none clearly does worse than others on the same jobs."
    )
    assert "stake" not in readings.weak_points(found, worth=worth()).text
    assert readings.breaks_at(found).text == ""
    assert readings.breaks_at(weak(())).text == "" and readings.weak_points(weak(())).text == ""


@pytest.mark.parametrize(
    ("outcome", "adjusted", "expected"),
    [
        ("has_left", ["job"], "Journeys break at t 0: customers who came by left more often than others on the same jobs, by 4.7 points (3.0 to 6.5 points); about 85 (54 to 116) customers lost in 12 months."),
        ("has_left", ["channel"], "than others at the same mix"),
        ("has_left", [], "left more often than others, by"),
        ("spend_change", ["job"], "spent less afterwards than others on the same jobs, by 0.0470 (0.0300 to 0.0650) a journey; about 85 (54 to 116) of spend lost"),
        ("satisfaction", ["job"], "journeys that came by were rated lower than others on the same jobs, by 0.047 (0.030 to 0.065) points."),
    ],
)  # fmt: skip
def test_the_answer_says_what_is_lost_and_against_whom(outcome, adjusted, expected):
    found = weak(outcome=outcome, adjusted=adjusted)
    text = said(readings.breaks_at(found))
    assert text.startswith("Where is the experience uneven? ") and expected in text


def test_spend_that_is_lost_is_an_amount():
    with counting_in("GBP"):
        found = weak(outcome="spend_change")
        found.points_ = found.points_.assign(
            loss=12.5, low=8.0, high=17.0, lost=22400.0, lost_low=14300.0, lost_high=30400.0
        )
        assert (
            "by £12.50 (£8.00 to £17.00) a journey; about £22,000 (£14,000 to £30,000) of spend lost"
            in said(readings.breaks_at(found))
        )


def test_of_many_weak_points_the_first_are_told():
    text = said(readings.weak_points(weak([True] * 5)))
    assert "5 weak points among 5 touchpoints." in text and "T 2:" in text and "T 3:" not in text
    assert "2 more are in the table." in text


# ---------------------------------------------------------------- jobs


def jobs(
    pairs=((-0.1, True, False, False),),
    success=0.8,
    measures=("success", "first", "net", "contacts", "wait"),
    **change,
):
    whole = {"episodes": 500, "n": 400}
    for name, value in (("success", success), ("first", 0.6), ("net", 0.5), ("contacts", 1.5), ("wait", 2.0)):
        whole |= {name: value, f"{name}_low": value * 0.9, f"{name}_high": value * 1.1}
    rows = [
        [
            f"job_{k}",
            "face_to_face",
            90,
            gap,
            gap - 0.04,
            gap + 0.04,
            0.001,
            stands,
            0.1,
            0.0,
            0.2,
            outcome,
            level,
        ]
        for k, (gap, stands, outcome, level) in enumerate(pairs)
    ]
    columns = [
        "job",
        "channel",
        "n",
        "outcome",
        "outcome_low",
        "outcome_high",
        "p",
        "stands",
        "level",
        "level_low",
        "level_high",
        "same_outcome",
        "same_level",
    ]
    each = pd.DataFrame(
        [
            whole | {"job": "pay"},
            whole | {"job": "move_house", "wait": 30.0, "wait_low": 25.0, "wait_high": 35.0},
        ]
    )
    facts = {
        "all_": pd.DataFrame([whole]),
        "jobs_": each,
        "pairs_": pd.DataFrame(rows, columns=columns),
        "measures_": list(measures),
    }
    facts |= {
        "counted_": 500,
        "gap": 7,
        "margin": 0.05,
        "level_margin": 0.25,
        "left_out_": ["no contact has a handling time"],
    }
    return SimpleNamespace(**(facts | change))


def job_cells(flag=""):
    return pd.DataFrame({"job": ["job_0"], "channel": ["face_to_face"], "flag": [flag]})


def test_the_job_that_fails_in_a_channel():
    text = said(readings.job_channels(jobs(), job_cells()))
    assert text.startswith(
        "500 episodes took 1.50 (1.35 to 1.65) contacts on average. 80.0% (72.0% to 88.0%) were settled, 60.0% (54.0% to 66.0%) by the first contact; "
        "in 50.0% (45.0% to 55.0%) the first settled it and the customer was not back within 7 days. "
        "Settled less often than in the job's other channels, after correction for 1 comparison: job 0 by face to face (−10.0 points (−14.0 to −6.0))."
    )
    assert (
        "The longest median wait is in “move house”, 30 (25 to 35) minutes, added up over the contacts of an episode."
        in text
    )
    assert text.endswith("No contact has a handling time.")


def test_a_withheld_cell_is_not_named():
    text = said(readings.job_channels(jobs(), job_cells("suppressed")))
    assert "job 0" not in text and "rests on too few customers to be named" in text


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (jobs(((-0.1, False, False, False),)), "No channel clearly settles fewer of a job than its other channels, after correction for 1 comparison."),
        (jobs(((0.1, True, False, False),)), "No channel clearly settles fewer"),
        (jobs(((0.0, False, True, True), (0.0, False, True, False))), "For 2 of 2 combinations of job and channel it is shown that as many are settled as in the other channels, within 5 points; in 1 of these it also takes as many contacts"),
        (jobs(((0.0, False, False, True),)), "For none of 1 combination of job and channel is it shown"),
        (jobs(()), "No job has two channels that can be compared."),
    ],
)  # fmt: skip
def test_outcome_and_level_apart(found, expected):
    assert expected in said(readings.job_channels(found, job_cells()))


def test_an_event_log_has_lengths_only():
    text = said(readings.job_channels(jobs(measures=["contacts"], success=MISSING), job_cells()))
    assert "settled" not in text.replace("settled it", "") and "contacts on average" in text


def test_definitions_side_by_side():
    text = readings.episode_gaps([jobs(gap=3), jobs(gap=14, success=MISSING)], "Gaps").text
    assert "\n3 " in text and "\n14 " in text and "–" in text and "nan" not in text


# ---------------------------------------------------------------- patience and effort


def patient(half=300.0, lost=0.17, curve=3, left_out=()):
    limits = Interval(lost, lost * 0.8, lost * 1.2)
    return SimpleNamespace(
        given_up_=limits, given_up_of_queued_=limits, patience_=Interval(half, half * 0.6, half * 1.4), wait_=Interval(50.0, 46.0, 54.0),
        curve_=pd.DataFrame({"time": range(curve)}), n_=3000, left_out_=list(left_out),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (patient(), "17.0% (13.6% to 20.4%) of 3,000 contacts were given up"),
        (patient(), "Half of the customers would wait 300 (180 to 420) seconds or more."),
        (
            patient(half=MISSING),
            "More than half of the customers would still wait after the longest wait recorded.",
        ),
        (patient(lost=MISSING), "Too few contacts were given up for their share to be shown."),
    ],
)
def test_how_long_customers_would_wait(found, expected):
    assert expected in said(readings.patience(found))


def test_nothing_is_said_of_patience_where_nobody_gives_up():
    text = said(
        readings.patience(patient(half=MISSING, lost=0.0, curve=0, left_out=["fewer than 30 gave up"]))
    )
    assert "would wait" not in text and text.endswith(
        "The median wait was 50 (46 to 54) seconds. Fewer than 30 gave up."
    )


def costs(stands=(True, False), cost=(-0.5, -0.8, -0.2, 0.001), pairs=900, **change):
    drivers = pd.DataFrame(
        {"words": ["each hour of waiting", "handed on"][: len(stands)], "stands": list(stands)}
    )
    drivers = drivers.assign(estimate=0.457, low=0.424, high=0.49)
    facts = {
        "drivers_": drivers,
        "pairs_": pairs,
        "handed_": Interval(0.4, 0.35, 0.45),
        "cost_": cost,
        "left_out_": [],
    }
    return SimpleNamespace(**(facts | change))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (costs(), "Points of effort that go with each hour of waiting (+0.457 (+0.424 to +0.490)), with the other causes, channel and department held equal. 1 of 2 possible causes shows no clear difference."),
        (costs((False, False)), "Of 2 possible causes, none clearly goes with customers' effort"),
        (costs(), "Of 900 contacts that follow another of the same case, 40.0% (35.0% to 45.0%) were with somebody else."),
        (costs(), "Satisfaction is lower after a change of hands (−0.50 (−0.80 to −0.20) points), at the same complexity"),
        (costs(handed_=Interval(*[MISSING] * 3)), "no clear difference. Satisfaction is lower after a change of hands"),
        (costs(cost=(0.5, 0.2, 0.8, 0.001)), "Satisfaction is higher after a change of hands"),
        (costs(cost=(-0.1, -0.4, 0.2, 0.5)), "Satisfaction after a change of hands shows no clear difference (−0.10 (−0.40 to +0.20) points)."),
        (costs((), cost=(MISSING,) * 4, pairs=0, left_out_=["no contact has an effort score"]), "No contact has an effort score."),
    ],
)  # fmt: skip
def test_what_costs_effort(found, expected):
    assert expected in said(readings.effort(found))


# ---------------------------------------------------------------- feelings and robots


def felt(p=0.001, gap=-0.5, later_p=0.001, outcome="recommend_after", cold=0.27, without=0.004, **change):
    added = SimpleNamespace(without=without, estimate=0.015, low=0.004, high=0.026, p=p)
    names = ["green and warm", "green and cold", "red and warm", "red and cold"]
    quadrants = pd.DataFrame({"quadrant": names, "share": cold, "low": cold * 0.9, "high": cold * 1.1})
    later = ClusteredMean(gap, gap - 0.2, gap + 0.2, 0.1, 900, 500, 499)
    facts = {
        "added_": added,
        "outcome_": outcome,
        "kpis_": ["waiting time"],
        "quadrants_": quadrants,
        "later_": later,
        "later_p_": later_p,
        "n_": 2040,
    }
    return SimpleNamespace(**(facts | {"left_out_": []} | change))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (felt(), "Process measures (waiting time) explain 0.4% of the variation in the likelihood to recommend afterwards, hardly anything. How customers felt adds 1.5% (0.4% to 2.6%)."),
        (felt(without=0.3), "explain 30.0% of the variation in the likelihood to recommend afterwards."),
        (felt(p=0.4), "It is not shown that how customers felt adds anything"),
        (felt(), "27.0% (24.3% to 29.7%) of 2,040 contacts met their service level and left the customer cold. Green service levels hide this: compared with green and warm contacts, the likelihood to recommend afterwards differs by −0.50 (−0.70 to −0.30) points."),
        (felt(later_p=0.4), "What followed shows no clear difference: compared with"),
        (felt(gap=0.5), "What followed shows no clear difference: compared with"),
        (felt(gap=0.5, outcome="has_left"), "Green service levels hide this: compared with green and warm contacts, the share who left afterwards differs by +50.0 points"),
        (felt(later_=NOTHING), "left the customer cold. A customer's mood"),
        (felt(cold=MISSING), "Too few contacts that met their service level left customers cold to be counted."),
        (felt(quadrants_=pd.DataFrame(columns=["quadrant"]), later_=NOTHING, left_out_=["no levels"]), "No levels."),
    ],
)  # fmt: skip
def test_whether_green_service_levels_hide_bad_feelings(found, expected):
    assert expected in said(readings.feelings(found))


def robots(
    region="two", low=0.09, high=0.51, bound=(MISSING,) * 3, contained=(0.66, 0.64, 0.69, 1281), **change
):
    facts = {
        "region_": region,
        "automate_up_to_": low,
        "never_above_": high,
        "turning_": [0.3, 0.09, 0.51],
        "bound_": list(bound),
    }
    facts |= {"contained_": list(contained), "net_": [0.6, 0.57, 0.63, 1254], "days": 7, "left_out_": []}
    return SimpleNamespace(**(facts | change))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (robots(), "Up to a complexity of 0.09 customers rate a robot better than a person, above 0.51 a person; in between a trial would tell. The two are rated alike at a complexity of 0.30 (0.09 to 0.51)."),
        (robots(low=MISSING), "Above a complexity of 0.51 customers rate a person better than a robot; below it that is not certain."),
        (robots(high=MISSING), "Up to a complexity of 0.09 customers rate a robot better than a person; above it that is not certain."),
        (robots(low=MISSING, high=MISSING), "Within the complexities at which both were rated, no limit can be given."),
        (robots("none"), "How automation is rated does not clearly change with complexity, so no limit can be given."),
        (robots("inside"), "so no limit can be given."),
        (robots("reversed"), "Automation does better the harder the contact"),
        (robots(bound=(0.1, -0.2, 0.3)), "If every robot contact without a rating had been given the lowest one, they would be rated alike at 0.10 (−0.20 to 0.30)."),
        (robots(), "66.0% (64.0% to 69.0%) of 1,280 automated contacts were settled without a person. 60.0% (57.0% to 63.0%) were and their customers were not back within 7 days."),
        (robots(contained=(MISSING, MISSING, MISSING, 0)), "Contacts are compared within customers"),
    ],
)  # fmt: skip
def test_up_to_which_complexity_a_robot_serves_as_well(found, expected):
    assert expected in said(readings.automation(found))


def test_no_limit_is_said_once():
    text = said(
        readings.automation(
            robots(
                "none", left_out_=["the effect of automation does not clearly change", "10 have no rating"]
            )
        )
    )
    assert text.count("does not clearly change") == 1 and "10 have no rating." in text


# ---------------------------------------------------------------- the life cycle


def life(points=((0.1, True), (0.02, False)), **change):
    moves = pd.DataFrame(
        {
            "stage": ["regular", "at risk"],
            "next_stage": "lapsed",
            "share": [0.01, 0.1],
            "low": [0.008, 0.09],
            "high": [0.012, 0.11],
        }
    )
    rows = [["regular", "lapsed", "set_up", gap, gap - 0.01, gap + 0.01, stands] for gap, stands in points]
    frame = pd.DataFrame(rows, columns=["stage", "next_stage", "touchpoint", "gap", "low", "high", "stands"])
    return SimpleNamespace(**({"moves_": moves, "points_": frame, "left_out_": []} | change))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (life(), "Of regular customers, 1.0% (0.8% to 1.2%) lapse within a month. Of those at risk, 10.0% (9.0% to 11.0%) lapse within a month."),
        (life(), "Key points of contact, after correction for 2 comparisons: set up (regular → lapsed: +10.0 points (+9.0 to +11.0))."),
        (life(((0.02, False),)), "After no contact do customers clearly move more, or less, often than after others in the same stage (1 comparison)."),
        (life(()), "No contact can be compared with others: too few customers moved after it."),
    ],
)  # fmt: skip
def test_moves_and_key_points_of_contact(found, expected):
    assert expected in said(readings.life_cycle(found))


def test_numbers_follow_the_data():
    rng = np.random.default_rng(0)
    for value in rng.uniform(0.2, 0.4, 3).round(3):
        assert f"{value:.1%}" in said(readings.journey_ways(ways(again=(value, 0.1))))
