"""The pictures of tied pay say in words and numbers what they draw."""

import pytest
from teams import ends, teams

import cxresearch as cx
from cxresearch import charts


@pytest.fixture(scope="module")
def firm():
    return teams(each=10, starts=(12, 18, 0), effect=0.5)


@pytest.fixture(scope="module")
def effect(firm):
    return cx.models.PayEffect().fit(*firm)


def drawn(figure):
    assert figure._repr_mimebundle_()["image/png"]
    return figure


def test_every_start_is_a_line_with_its_numbers(effect):
    figure = drawn(charts.kept_by_start(effect))
    assert figure.numbers["plan"].unique().tolist() == ["from 2024-10", "from 2025-04", "never"]
    assert len(figure.numbers) == 18
    assert "never" in figure.alt


def test_many_starts_are_thinned_out():
    found = cx.models.PayEffect(length=3).fit(*teams(each=2, starts=(6, 9, 12, 15, 18, 21, 24, 27, 0)))
    figure = drawn(charts.kept_by_start(found))
    assert len(figure.axes[0].get_lines()) == 6 + 5  # five starts with their marks, and never


def test_the_event_study_tells_before_from_after(effect):
    figure = drawn(charts.pay_event_study(effect))
    assert figure.numbers["since the start"].tolist() == ["-2", "-1", "+0", "+1", "+2", "+3"]
    assert "before: should be 0" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_only_one_comparison_is_valid(effect):
    figure = drawn(charts.pay_comparisons(effect))
    assert figure.numbers["is valid"].tolist() == ["yes", "no", "no", "no"]


def test_teams_are_drawn_beside_the_others(firm):
    reports = cx.models.Relabelled().fit(ends(*firm, relabels=["T01"]), firm[1])
    figure = drawn(charts.relabelled_teams(reports))
    assert figure.numbers["clearly more"].tolist().count("yes") == 1
    assert "Clearly above it: T01" in figure.alt
    reports.teams_ = reports.teams_.head(0)
    assert charts.relabelled_teams(reports).text == ""
