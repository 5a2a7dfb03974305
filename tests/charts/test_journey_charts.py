"""The pictures of the journey notebook say in words and numbers what they draw."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import charts
from cxresearch.currency import counting_in
from cxresearch.models import JourneyFlow
from tests.models.journeys.test_journey_flow import random_ways, steps


def drawn(figure):
    assert figure._repr_mimebundle_()["image/png"]
    assert "nan" not in figure.alt and not figure.numbers.map(lambda v: "nan" in str(v)).any().any()
    return figure


def test_the_graph_names_its_edges_and_their_customers():
    figure = drawn(charts.journey_graph(JourneyFlow().fit(random_ways(1, worse=0.3))))
    written = [text.get_text() for text in figure.axes[0].texts]
    assert "first contact" in written and "after that" in written and "end" in written
    assert "ended with the matter unsettled more often" in figure.alt
    assert "a picture, not a model" in figure.caption
    assert figure.numbers["step"].iloc[-1].endswith("all others together")
    assert (
        min(text.get_fontsize() for text in figure.axes[0].texts) >= 11
    )  # read on a telephone, at half its size


def test_the_graph_of_an_event_log_has_no_colours_to_explain():
    figure = drawn(
        charts.journey_graph(JourneyFlow().fit(steps([["a_b", "$100 & more"]] * 40 + [["a_b"]] * 20)))
    )
    assert not figure.legends and list(figure.numbers.columns) == ["step", "customers"]
    assert "a b → end: 20 customers" in figure.alt


def test_labels_of_a_column_do_not_overlap():
    figure = charts.journey_graph(JourneyFlow().fit(random_ways(3)))
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in figure.axes[0].texts if t.get_fontsize() > 12]
    assert len(boxes) > 4
    for k, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[k + 1 :])


def weak(outcome="has_left", n=3):
    points = pd.DataFrame(
        {"touchpoint": [f"t_{k}" for k in range(n)], "customers": 400, "stands": [True] + [False] * (n - 1)}
    )
    return SimpleNamespace(points_=points.assign(lost=40.0, lost_low=-2.0, lost_high=82.0), outcome=outcome)


@pytest.mark.parametrize(("outcome", "what"), [("has_left", "customers lost"), ("spend_change", "spend lost"), ("satisfaction", "rating points lost")])  # fmt: skip
def test_weak_points_with_their_intervals(outcome, what):
    figure = drawn(charts.weak_points(weak(outcome)))
    assert f"{what}. t 0 40 (−2 to 82), a weak point; t 1 40 (−2 to 82)" in figure.alt
    assert figure.numbers["weak point"].tolist() == ["yes", "no", "no"]
    assert "first 10 of 12" in drawn(charts.weak_points(weak(outcome, 12))).caption


def test_spend_is_an_amount_in_the_picture_too():
    with counting_in("GBP"):
        figure = drawn(charts.weak_points(weak("spend_change")))
    assert "t 0 £40 (−£2 to £82)" in figure.alt
    assert "−£2 to £82" in figure.numbers.to_string()


def jobs(measure="success", stands=True):
    cells = pd.DataFrame(
        {
            "job": ["pay", "pay", "move"],
            "channel": ["web", "fax", "web"],
            "episodes": 90,
            "n": 80,
            "flag": ["", "", "suppressed"],
        }
    )
    cells = cells.assign(**{measure: [0.9, 0.6, np.nan], "contacts": [1.2, 1.4, np.nan]})
    pairs = pd.DataFrame(
        {"job": ["pay", "move"], "channel": ["fax", "web"], "stands": stands, "outcome": -0.3}
    )
    model = SimpleNamespace(
        jobs_=pd.DataFrame({"job": ["pay", "move"]}),
        channels_=pd.DataFrame({"channel": ["web", "fax"]}),
        pairs_=pairs,
    )
    return cells, model


def test_the_map_frames_what_falls_short_and_never_a_withheld_cell():
    figure = drawn(charts.job_map(*jobs()))
    assert "Lowest: pay by fax, 60%. Highest: pay by web, 90%. Withheld (grey): 1." in figure.alt
    assert figure.alt.endswith("Clearly below the job's other channels: pay by fax.")
    assert figure.numbers["job"].tolist() == ["pay", "move"]
    assert charts.job_map(*jobs(stands=False)).alt.endswith("Clearly below the job's other channels: none.")
    assert "contacts per matter" in drawn(charts.job_map(*jobs("other"))).alt
    cells, model = jobs("other")
    assert charts.job_map(cells.assign(contacts=np.nan), model).text == ""


def limit(effect):
    at = np.linspace(-2, 2, 41)
    return SimpleNamespace(
        curve_=pd.DataFrame(
            {"complexity": at, "effect": effect * at, "low": effect * at - 0.5, "high": effect * at + 0.5}
        )
    )


def test_the_regions_in_which_a_robot_is_certainly_better_or_worse():
    figure = drawn(charts.automation_curve(limit(-1.0)))
    assert figure.alt.endswith(
        "Certain: the robot is rated better from -2.00 to -0.60 and the person is rated better from 0.60 to 2.00."
    )
    assert "Nowhere is the difference certain." in drawn(charts.automation_curve(limit(0.0))).alt
    assert charts.automation_curve(SimpleNamespace(curve_=limit(1).curve_.head(0))).text == ""


def test_patience_and_nothing_where_nobody_gives_up():
    curve = pd.DataFrame(
        {
            "time": [30.0, 60, 90],
            "survival": [0.9, 0.8, 0.7],
            "low": [0.8, 0.7, 0.6],
            "high": [0.95, 0.9, 0.8],
        }
    )
    figure = drawn(charts.patience(SimpleNamespace(curve_=curve, wait_=(50.0, 45, 55), times=(60,))))
    assert "80% after 60 seconds" in figure.alt and figure.numbers["seconds"].tolist() == ["60"]
    assert (
        charts.patience(SimpleNamespace(curve_=curve.head(0), wait_=(50.0, 45, 55), times=(60,))).text == ""
    )


def test_moves_to_lose_and_to_win():
    rows = [
        ["regular", "lapsed", "fault", 0.1, True],
        ["lapsed", "won back", "event", 0.1, True],
        ["regular", "lapsed", "order", 0.0, False],
    ]
    points = pd.DataFrame(rows, columns=["stage", "next_stage", "touchpoint", "gap", "stands"])
    points = points.assign(low=points["gap"] - 0.02, high=points["gap"] + 0.02)
    figure = drawn(charts.life_cycle(SimpleNamespace(points_=points)))
    said = dict(zip(figure.numbers["contact and move"], figure.numbers["verdict"], strict=True))
    assert said == {
        "fault: regular → lapsed": "a point to lose",
        "event: lapsed → won back": "a point to win",
        "order: regular → lapsed": "no clear difference",
    }
    assert charts.life_cycle(SimpleNamespace(points_=points.head(0))).text == ""
