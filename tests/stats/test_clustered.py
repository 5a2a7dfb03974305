"""Shares of clustered rows: what few raters are worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxresearch.stats.clustered import clustered_share, clusters_of, effective_counts


@pytest.mark.parametrize(("alike", "share"), [(None, 0.8), (0.1, 0.5)])
def test_eight_raters_hold_the_share_as_often_as_they_say(alike, share):
    """Their spread is estimated from eight numbers: with a normal quantile 89 % of the limits hold the share."""
    random, held, draws = np.random.default_rng(5), 0, 800
    who = np.repeat(np.arange(8), 18)
    for _ in range(draws):
        own = np.full(8, share)
        if alike:
            own = random.beta(share * (1 / alike - 1), (1 - share) * (1 / alike - 1), 8)
        found = clustered_share(random.random(144) < own[who], who)
        held += found.low <= share <= found.high
    assert 0.915 < held / draws < 0.985


def test_rows_are_never_worth_more_than_their_number():
    """Raters of whom each gives the same share vary less than chance: that is no more evidence."""
    marks = np.tile([1, 1, 1, 0], 30)
    marks[0] = 0
    assert effective_counts(marks, np.repeat(np.arange(30), 4))[1] <= 120
    assert effective_counts(marks)[1] == pytest.approx(120)


def test_a_yes_in_one_or_two_clusters_does_not_make_the_share_certain():
    """One late report of one project among 27: the next company may have ten."""
    project = np.repeat(np.arange(27), 8)
    one, two = np.zeros(216), np.zeros(216)
    one[0], two[[0, 8, 9]] = 1, 1
    for late in (one, two):
        assert effective_counts(late, project)[1] == 27
        assert clustered_share(late, project).high > 0.1
    many = (np.arange(216) % 8 == 0) & (project < 12)
    assert effective_counts(many, project)[1] > 27


def test_shares_of_rare_clusters_are_held():
    """Companies of 27 projects, one in ten of which is late in four of ten reports: with late reports of one or two projects too."""
    random, held, few = np.random.default_rng(5), [], []
    for _ in range(400):
        project = np.repeat(np.arange(27), random.poisson(7, 27) + 1)
        late = random.random(len(project)) < np.where(random.random(27) < 0.1, 0.4, 0)[project]
        found = clustered_share(late, project)
        held.append(found.low <= 0.04 <= found.high)
        few.append(0 < len(set(project[late])) < 3)
    held, few = np.array(held), np.array(few)
    assert held.mean() >= 0.93
    assert held[few].mean() >= 0.93


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40))
def test_numbers_of_customers_and_their_names_are_the_same_clusters(numbers):
    given_numbers = clusters_of(np.array(numbers), len(numbers))
    names = clusters_of([f"c{one}" for one in numbers], len(numbers))
    assert len(set(zip(given_numbers.tolist(), names.tolist(), strict=True))) == len(set(numbers))
    assert set(given_numbers) == set(range(len(set(numbers))))
