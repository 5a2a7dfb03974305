"""What the page on touchpoints says, verdict by verdict, and that nothing missing is printed."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import readings

MISSING = float("nan")


def said(shown):
    """The text of a reading; it never holds a missing value, an empty pair of brackets or two blanks."""
    text = shown.text
    for wrong in ("nan", "()", "  ", " .", "inf "):
        assert wrong not in text, text
    return text


# ---------------------------------------------------------------- the map


def map_of(means, flags=None, rated=80, contacts=100, left_out=()):
    cells = pd.DataFrame({"touchpoint": [f"t{k}" for k in range(len(means))], "channel": "face_to_face"})
    cells = cells.assign(mean=means, low=np.array(means) - 1, high=np.array(means) + 1)
    touch = SimpleNamespace(
        cells_=pd.DataFrame({"contacts": [contacts], "rated": [rated]}), left_out_=list(left_out)
    )
    return touch, cells.assign(flag=flags or [""] * len(means))


def test_the_lowest_cell_of_those_shown():
    text = said(readings.touch_map(*map_of([8.0, 6.04, 5.0], ["", "indicative", "suppressed"])))
    assert text.startswith(
        "The lowest of 2 cells shown is t1 by face to face: 6.0 (95% interval 5.0 to 7.0)."
    )
    assert (
        "1 cell is withheld. 1 cell rests on fewer than 30 customers. 80% of 100 contacts were rated." in text
    )
    assert text.endswith("some cells have harder work.")


def test_one_cell_is_not_the_lowest_of_any():
    assert said(readings.touch_map(*map_of([8.0]))).startswith(
        "One cell can be shown, t0 by face to face: 8.0"
    )


def test_cells_that_do_not_differ():
    assert said(readings.touch_map(*map_of([7.0, 7.0]))).startswith(
        "All 2 cells shown have the same mean, 7.0."
    )


def test_a_cell_without_an_interval():
    touch, cells = map_of([8.0, 6.0])
    assert "t1 by face to face: 6.0 (no interval)" in said(
        readings.touch_map(touch, cells.assign(low=MISSING, high=MISSING))
    )


def test_ratings_that_may_not_be_shown():
    text = said(readings.touch_map(*map_of([MISSING, MISSING], ["suppressed", "suppressed"])))
    assert text.startswith("No cell has enough ratings to be shown. 2 cells are withheld.")
    assert "ranking" not in text


def test_a_map_without_ratings_says_what_it_shows_and_why():
    text = said(
        readings.touch_map(*map_of([MISSING], rated=0, left_out=["no contact has a satisfaction rating"]))
    )
    assert text == "The map shows the number of contacts. No contact has a satisfaction rating."


# ---------------------------------------------------------------- priorities


def priorities(quadrants=("concentrate here",), named=True, gap=(316, 219, 432), tau=0.1, left_out=()):
    rows = [
        {"touchpoint": f"t_{k}", "quadrant": q, "is_named": named}
        | dict(zip(("gap", "gap_low", "gap_high"), gap, strict=True))
        for k, q in enumerate(quadrants)
    ]
    moments = SimpleNamespace(
        touchpoints_=pd.DataFrame(rows), target_=8.4, tau_squared_=tau, left_out_=list(left_out)
    )
    return said(readings.touchpoint_priorities(moments))


def test_important_and_weak_touchpoints_are_named():
    text = priorities(
        ["concentrate here", "keep up", "concentrate here"], left_out=["2 touchpoints are not compared"]
    )
    assert text.startswith(
        "Likely to be both important and rated below average (each in at least 80% of resamples): t 0 and t 2."
    )
    assert "The largest volume-weighted gap to the target of 8.4 is at t 0: 316 (219 to 432)." in text
    assert (
        "3 of 3 touchpoints fall into one quadrant in at least 80% of resamples. 2 touchpoints are not compared."
        in text
    )


def test_no_touchpoint_is_clearly_weak():
    text = priorities(named=False)
    assert text.startswith("No touchpoint is likely to be both important and rated below average.")
    assert "0 of 1 touchpoints" in text


def test_a_gap_that_may_be_nothing():
    assert "316 (−19 to 432), which may be nothing." in priorities(gap=(316, -19, 432))


def test_no_gap_to_the_target():
    assert "No touchpoint falls short of the target of 8.4." in priorities(gap=(-3, -9, 2))
    assert "No touchpoint falls short of the target of 8.4." in priorities(gap=(0, 0, 0))


def test_equal_importance():
    assert "no clear difference in importance" in priorities(tau=0.0)
    assert "no clear difference in importance" not in priorities()


# ---------------------------------------------------------------- departments


def departments(verdicts, terms=("difficulty", "channel"), left_out=()):
    d = pd.DataFrame({"department": ["Billing", "Service"][: len(verdicts)], "verdict": verdicts})
    d = d.assign(raw=[6.9, 6.5][: len(d)], p_lowest_raw=[0.0, 1.0][: len(d)], p_lowest=[0.97, 0.03][: len(d)])
    d = d.assign(distance=-0.76, distance_low=-0.95, distance_high=-0.56)
    steady = SimpleNamespace(departments_=d, terms_=list(terms), left_out_=list(left_out))
    return readings.lagging_department(steady)


def test_a_department_lags():
    text = said(departments(["lagging", "above"], left_out=["no agent has two rated contacts"]))
    assert text.startswith(
        "Unadjusted, Service is lowest (6.50; in 100% of resamples). Adjusted for case mix, Billing lags:"
    )
    assert "−0.76 points from the mean of departments (−0.95 to −0.56), lowest in 97% of resamples." in text
    assert "Adjusted for: difficulty and channel. No agent has two rated contacts." in text


def test_no_department_lags():
    text = said(departments(["no clear difference", "above"]))
    assert "Adjusted for case mix, no department clearly lags. The lowest is Billing: −0.76 points" in text
    assert "harder work" not in text


def test_no_department_is_called_lagging_without_its_difficulty():
    text = said(departments(["below", "above"], terms=[]))
    assert "No department is called lagging: it may have the harder work. Adjusted for: nothing." in text


# ---------------------------------------------------------------- variation


def shares(contact, **parts):
    frame = pd.DataFrame([*parts.items(), ("contact", contact)], columns=["source", "share"])
    frame = frame.assign(low=frame["share"] - 0.01, high=frame["share"] + 0.01)
    return said(readings.variance_shares(SimpleNamespace(variances_=frame)))


def test_most_variation_from_contact_to_contact():
    text = shares(0.77, department=0.09, customer=0.12, agent=0.02)
    assert text.startswith(
        "Departments account for 9% (8% to 10%) of the variation, customers for 12% (11% to 13%), agents for 2% (1% to 3%)."
    )
    assert "The other 77% lies between contacts of the same kind. So most unevenness" in text


def test_most_variation_between_departments():
    text = shares(0.4, department=0.6)
    assert (
        text
        == "Departments account for 60% (59% to 61%) of the variation. The other 40% lies between contacts of the same kind."
    )


# ---------------------------------------------------------------- jobs


def jobs(verdicts):
    frame = pd.DataFrame(
        {"verdict": verdicts, "cell": [f"job {k} · face_to_face" for k in range(len(verdicts))]}
    )
    return said(readings.job_consistency(SimpleNamespace(cells_=frame.assign(distance=-0.8))))


def test_jobs_that_differ_are_named():
    assert jobs(["below", "as expected"]).startswith(
        "1 of 2 combinations of job and channel differs from expectation, after correction for multiple comparisons: "
        "job 0 · face to face (−0.80)."
    )
    assert "and 2 more." in jobs(["below"] * 7)


def test_no_job_differs():
    assert jobs(["as expected"] * 48).startswith("None of 48 combinations of job and channel clearly differs")
    assert jobs(["as expected"]).startswith("The only combination of job and channel that can be compared")


def test_no_job_can_be_compared():
    assert jobs([]) == "No combination of job and channel was rated by enough customers to be compared."


# ---------------------------------------------------------------- self-image

ABOVE = pd.DataFrame({"level": ["staff", "executive"], "best_gap": [0.2, 0.5], "staff_best": [0.5, 0.82]})


def image(verdicts, touchpoints=("overrated", "no gap"), firm=ABOVE, left_out=()):
    d = pd.DataFrame({"department": [f"D{k}" for k in range(len(verdicts))], "verdict": list(verdicts)})
    picture = SimpleNamespace(
        departments_=d,
        touchpoints_=pd.DataFrame({"verdict": list(touchpoints)}, dtype=object),
        firm_=firm.assign(customer_best=0.26),
        gaps_=ABOVE,
        best_=9.0,
        left_out_=list(left_out),
    )
    return said(readings.self_image(picture))


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("overrated", "Staff rate the experience higher than customers do in D0."),
        ("underrated", "Staff rate the experience lower than customers do in D0."),
        ("no gap", "The gap is within the tolerance in D0."),
        ("undecided", "The evidence is too thin to decide on D0."),
    ],
)
def test_each_verdict_on_a_department(verdict, sentence):
    text = image([verdict])
    assert text.startswith(sentence)
    assert "82% of ratings at the level “executive” are 9 or more, against 26% of customers' ratings." in text
    assert "By touchpoint, 1 of 2 comparisons shows a clear gap." in text


def test_verdicts_stand_in_one_order():
    text = image(["undecided", "overrated", "overrated"], left_out=["1 comparison is not shown"])
    assert text.startswith("Staff rate the experience higher than customers do in D1 and D2. The evidence is")
    assert "1 comparison is not shown." in text


def test_no_department_can_be_compared():
    text = image([], touchpoints=[], firm=ABOVE.head(0))
    assert text.startswith("No single department can be compared. Whether customers who rate a contact")


# ---------------------------------------------------------------- nothing


def test_of_nothing_nothing_is_said():
    none = pd.DataFrame(columns=["source"])
    empty = SimpleNamespace(touchpoints_=none, departments_=none, variances_=none, gaps_=none)
    assert readings.touch_map(empty, none).text == ""
    assert readings.touchpoint_priorities(empty).text == ""
    assert readings.lagging_department(empty).text == ""
    assert readings.variance_shares(empty).text == ""
    assert readings.self_image(empty).text == ""


def test_braces_in_a_name_are_only_text():
    touch, cells = map_of([8.0, 6.0])
    assert "{0.class}" in said(readings.touch_map(touch, cells.assign(touchpoint="{0.class}")))
