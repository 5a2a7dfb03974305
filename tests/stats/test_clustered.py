"""Shares of clustered rows: what few raters are worth."""

import numpy as np
import pytest

from cxresearch.stats.clustered import clustered_share, effective_counts


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
