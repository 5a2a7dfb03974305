"""Where the headline numbers stand: noise is called so, a target is met with the chance that the interval gives, a line shows every report."""

import numpy as np
import pytest
from scipy.special import ndtr

from cxresearch.report.pages.standing import chance, standing
from cxresearch.tables.definitions import Target

ABOUT = {"period": "2026Q3", "as_of": "2026-09-30"}
QUARTERS = ["2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30"]


def number(estimate, half=2.0, metric="NPS", unit="", **further):
    kept = {
        "id": f"05/Where/{metric}",
        "metric": metric,
        "unit": unit,
        "n": 400,
        "method": "m",
        "headline": True,
    }
    return kept | {"estimate": estimate, "low": estimate - half, "high": estimate + half} | further


def reports(*rows):
    """Earlier reports, one per quarter, the last of them a quarter ago."""
    days = QUARTERS[-len(rows) :]
    return [
        {"period": f"of {day}", "as_of": day, "results": kept} for day, kept in zip(days, rows, strict=True)
    ]


def line(found):
    return found.lines[0]


def test_the_last_report_and_that_of_a_year_ago_stand_beside_now():
    history = reports([number(10)], [number(20)], [number(20)], [number(20.5)])
    found = standing([number(20)], history, ABOUT)
    assert found.columns == ["of 2026-06-30", "of 2025-09-30"]
    assert line(found)["earlier"] == [
        {"value": "20.5", "reading": "no clear change"},
        {"value": "10.0", "reading": "up since"},
    ]
    assert [text.partition(":")[0] for text in found.moved] == ["NPS"]
    assert "since of 2025-09-30" in found.moved[0]


def test_a_report_of_another_time_is_no_year_ago():
    found = standing([number(20)], reports([number(10)], [number(20)])[:1], ABOUT)
    assert found.columns == ["of 2026-03-31"]
    assert standing([number(20)], [], ABOUT).columns == []
    assert standing([number(20) | {"headline": False}], [], ABOUT) is None


def test_what_was_not_there_or_in_another_unit_is_a_dash():
    history = reports([], [number(0.2, 0.1, unit="share")], [number(20) | {"estimate": None}])
    found = standing([number(20)], history, ABOUT)
    assert line(found)["earlier"] == [{"value": "–", "reading": ""}]
    assert line(found)["spark"] is None
    assert found.moved == []


def test_noise_over_two_columns_is_announced_on_one_board_in_twenty_at_most():
    rng, announced = np.random.default_rng(5), 0
    for _ in range(400):
        history = [{"period": d, "as_of": d, "results": drawn(rng)} for d in (QUARTERS[0], QUARTERS[-1])]
        announced += bool(standing(drawn(rng), history, ABOUT).moved)
    assert announced / 400 < 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def drawn(rng):
    return [number(x, 1.96, metric=f"m{i}") for i, x in enumerate(rng.normal(20, 1, 6))]


@pytest.mark.parametrize(("target", "expected"), [(18, 0.975), (20, 0.5), (22, 0.025)])
def test_a_target_is_met_with_the_chance_that_the_interval_gives(target, expected):
    assert chance(number(20), Target(target)) == pytest.approx(expected, abs=1e-4)
    assert chance(number(20), Target(target, is_most=True)) == pytest.approx(1 - expected, abs=1e-4)


def test_the_chance_takes_the_side_of_the_interval_on_which_the_target_lies():
    skewed = number(20) | {"low": 19.0, "high": 30.0}
    assert chance(skewed, Target(25)) == pytest.approx(ndtr(-5 / (10 / 1.959964)))
    assert chance(skewed, Target(19.5)) == pytest.approx(ndtr(0.5 / (1 / 1.959964)))
    assert chance(number(20, 0), Target(20)) == 1
    assert chance(number(20) | {"low": None, "high": None}, Target(20)) is None


def test_targets_are_met_as_often_as_is_said():
    """Of boards whose truth is drawn flat around the target, the share that meets it is the mean chance."""
    rng = np.random.default_rng(8)
    truths = rng.uniform(15, 25, 4000)
    told = [chance(number(rng.normal(t, 1), 1.96), Target(20)) for t in truths]
    met = truths >= 20
    for low, high in ((0.1, 0.3), (0.3, 0.7), (0.7, 0.9)):
        inside = [low <= p < high for p in told]
        assert np.mean(met[inside]) == pytest.approx(np.mean(np.array(told)[inside]), abs=0.08)


def test_a_target_that_names_no_headline_or_no_share_is_told():
    share = number(0.8, 0.02, "Retention", "share")
    found = standing([share], [], ABOUT, {"retention": Target(85), "NSP": Target(20)})
    assert found.unmet == [
        "The target for “retention” is 85: a share is written from 0 to 1.",
        "The target for “NSP” was not used: no headline number has this name. They are Retention.",
    ]
    assert not found.has_targets
    told = line(standing([share], [], ABOUT, {"RETENTION": Target(0.7)}))["target"]
    assert told == {"text": "70.0%", "chance": "met with a probability of over 99%"}


def test_the_line_shows_every_report_and_says_what_it_shows():
    history = reports([number(10)], [number(14)], [number(12)])
    spark = line(standing([number(11)], history, ABOUT))["spark"]
    assert spark["label"] == "NPS over 4 reports: first 10, lowest 10, highest 14, now 11"
    points = [tuple(map(float, point.split(","))) for point in spark["line"].split()]
    assert len(points) == 4
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert min(points, key=lambda p: p[1]) == points[1]
    assert len(spark["band"].split()) == 8
    assert line(standing([number(11)], history[:1], ABOUT))["spark"] is None


def test_a_level_line_stays_inside_its_picture():
    flat = reports(*([[number(5, 0)]] * 3))
    spark = line(standing([number(5, 0)], flat, ABOUT))["spark"]
    assert {point.split(",")[1] for point in spark["line"].split()} == {"15.0"}


def test_a_number_whose_method_changed_says_so_and_a_period_in_its_name_is_no_change():
    now = number(20, method="2026Q3: net promoter score, Kish's effective base")
    same = number(10, method="2026Q2: net promoter score, Kish's effective base")
    other = number(10, method="2025Q3: net promoter score, bootstrap")
    found = standing([now], reports([other], [same], [same], [same]), ABOUT)
    assert [one["reading"] for one in line(found)["earlier"]] == ["up since", "up since, method changed"]
    assert [
        text.endswith("Its method has changed in between, which may explain the change.")
        for text in found.moved
    ] == [False, True]
    without = standing([now], reports([number(10) | {"method": None}], [same | {"method": 3}]), ABOUT)
    assert all("method" not in one["reading"] for one in line(without)["earlier"])
