"""Tied pay in companies of the sample's kind: the planted effect lies in its interval, the teams that relabel are named, the others are not."""

import tempfile

import numpy as np
import pytest

from cxresearch.sample.parameters import Truth
from cxresearch.sample.teams import gaming_teams
from tests.coverage.coverage_of_pay import fitted

SEEDS = (11, 12, 13)
GAMES = set(gaming_teams(Truth().pay))


@pytest.fixture(scope="module")
def companies():
    found = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            found.append(fitted(folder, seed))
    return found


def test_the_planted_change_of_the_odds_lies_in_its_interval(companies):
    limits = np.array([page["effect"].log_odds_ for page in companies])
    held = (limits[:, 1] <= 0.25) & (limits[:, 2] >= 0.25)
    assert held.sum() >= 2  # of 3 at 95 %


def test_the_teams_that_relabel_are_named_and_hardly_any_other(companies):
    for page in companies:
        judged = GAMES & set(page["reports"].teams_["team_id"])
        assert judged <= set(page["reports"].found_)
        assert len(set(page["reports"].found_) - GAMES) <= 1


def test_nothing_else_was_gamed(companies):
    ends = [page["ends"].ratio_[1] <= 1 <= page["ends"].ratio_[2] for page in companies]
    amounts = [page["amounts"].change_[1] <= 0 <= page["amounts"].change_[2] for page in companies]
    assert sum(ends) >= 2
    assert sum(amounts) >= 2


def test_reports_without_a_plan_are_those_of_other_teams(companies):
    """Planted: 3 % dormant and 2 % moved, of all who leave; 60 % dormant in the teams that relabel."""
    free = [page["reports"].share_free_ for page in companies]
    assert sum(limits.low < 0.0494 < limits.high for limits in free) >= 2  # of 3 at 95 %
    for page in companies:
        worst = page["reports"].strongest_
        assert worst["low"] < 0.608 - 0.0494 < worst["high"]
