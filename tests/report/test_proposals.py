"""Decisions on the board: only beyond chance with all candidates looked at together, one a subject, first what must be settled, then money."""

import datetime
import shlex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.currency import counting_in
from cxresearch.display import READING
from cxresearch.proposal import PROPOSAL, effect_text
from cxresearch.report import decisions, proposals

GIVEN = {
    "subject": "departments",
    "rests_on": "comparison",
    "why": "it lags",
    "of": "points",
    "overturned": "harder work",
    "owner": "Billing",
    "again_on": datetime.date(2026, 12, 31),
}
SURE = (0.8, 0.6, 1.0)


def proposed(id="a", evidence=SURE, **more):
    shown = cx.report.propose(id, "Try it", evidence=evidence, **GIVEN | {"effect": SURE} | more)
    return shown._repr_mimebundle_()


def candidate(**more):
    return proposed(**more)[PROPOSAL] | {"notebook": "03_touchpoints", "id": more.get("id", "a")}


def test_a_page_shows_a_decision_only_beyond_chance_and_hands_it_over_in_any_case():
    sure, unsure = proposed(), proposed(evidence=(0.8, -0.1, 1.7))
    assert sure[READING]["text"] == "To decide: Try it. Expected: 0.80 (0.60 to 1.00) points."
    assert READING not in unsure and unsure["text/plain"] == "" and unsure[PROPOSAL]["p"] > 0.05


def test_numbers_that_are_not_known_propose_nothing():
    assert cx.report.propose("a", "Try it", evidence=SURE, effect=(np.nan, 0, 1), **GIVEN).text == ""
    assert cx.report.propose("a", "Try it", evidence=(np.nan,) * 3, effect=SURE, **GIVEN).text == ""
    with pytest.raises(ValueError, match="rests_on is 'taste'"):
        cx.report.propose("a", "Try it", evidence=SURE, effect=SURE, **GIVEN | {"rests_on": "taste"})


def test_three_at_most_one_a_subject_and_what_must_be_settled_first():
    found = [
        candidate(id=f"{subject}{stake}", subject=subject, at_stake=(stake, 1, 99), comes_first=first)
        for subject, stake, first in (
            ("projects", 5, False), ("projects", 9, False), ("customers", 7, False), ("shop", 6, False), ("data", 1, True)
        )
    ]  # fmt: skip
    ranked = [one["id"] for one in proposals.judged(found) if one["rank"]]
    assert ranked == ["data1", "projects9", "customers7"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_takes_what_bonferroni_would_not_by_the_smallest(ps):
    found = [candidate(id=str(i), subject=str(i)) | {"p": p} for i, p in enumerate(ps)]
    stands = [one["p"] for one in proposals.judged(found) if one["stands"]]
    assert bool(stands) == (min(ps) <= 0.05 / len(ps))
    assert all(p <= 0.05 for p in stands)


def test_without_effects_decisions_are_as_rare_as_promised():
    rng = np.random.default_rng(4)
    loud = 0
    for _ in range(400):
        found = [candidate(id=str(i), subject=str(i)) | {"p": p} for i, p in enumerate(rng.random(4))]
        loud += any(one["stands"] for one in proposals.judged(found))
    assert loud / 400 < 0.08  # 5 % but for chance


def test_the_command_records_the_decision_whatever_the_data_are_called(tmp_path):
    evil = 'Billing"; rm -rf / #$(x)'
    one = candidate(
        owner=evil, metric="Billing: adjusted satisfaction", expected=0.76, touches=f"department={evil}"
    )
    ids = {("03_touchpoints", "Billing: adjusted satisfaction"): "03/Which/Billing: adjusted satisfaction"}
    (shown,) = proposals.shown(proposals.judged([one]), {"source": "my data"}, ids)
    _, command, folder, *options = shlex.split(shown["command"])
    given = dict(option.removeprefix("--").split("=", 1) for option in options)
    assert (command, folder) == ("decide", "my data") and given["owner"] == evil
    made = decisions.add(
        tmp_path,
        decided_on="2026-10-01",
        due_on=given["due"],
        expected=given["expect"],
        **{name: given[name] for name in ("what", "owner", "metric", "touches")},
    )
    assert (made.expected, made.touches, made.metric) == (0.76, f"department={evil}", ids.popitem()[1])


def test_money_bears_its_mark_and_an_effect_its_unit():
    one = candidate(effect=(120000, 20000, 250000), unit="money", of="a year", at_stake=(1e6, 5e5, 2e6))
    with counting_in("EUR"):
        assert effect_text(one) == "€120,000 (€20,000 to €250,000) a year"
        (shown,) = proposals.shown(proposals.judged([one]), {"source": "x"}, {})
        assert shown["money"] == "At stake within 12 months: €1.0 m (€0.5 m to €2.0 m)."
