"""A fall in rows that has not come back is remembered for a year, one that has come back is not, and chance announces none."""

import numpy as np
import pandas as pd
import pytest

from cxresearch.models.quality.persisting import persisting


def fall(rows, lost=()):
    return persisting(pd.Series(rows[::-1], dtype=float), lost, 0.95, 0.01, 0.1)


def usual(months, mean=300, seed=1):
    return list(np.random.default_rng(seed).poisson(mean, months))


@pytest.mark.parametrize("quarters", [2, 3, 4, 5])
def test_a_fall_is_remembered_while_it_lasts(quarters):
    began, expected, low, high = fall(usual(30) + usual(3 * quarters, 70))
    assert began == 3 * quarters - 1
    assert expected == pytest.approx(900, rel=0.1) and low < expected < high


def test_after_a_year_it_is_the_new_usual():
    assert fall(usual(30) + usual(18, 70)) is None


@pytest.mark.parametrize("later", [usual(3), usual(3, 70) + usual(3), usual(3) + usual(3, 70)])
def test_a_fall_that_came_back_or_began_this_quarter_does_not_persist(later):
    assert fall(usual(30) + later) is None


def test_a_fall_within_a_quarter_begins_in_its_month():
    began, *_ = fall(usual(30) + usual(1) + usual(5, 20))
    assert began == 4


def test_without_half_a_year_before_it_nothing_is_a_fall():
    assert fall(usual(4) + usual(6, 20)) is None


def test_chance_announces_no_fall():
    assert [fall(usual(36, 100, seed)) for seed in range(20)] == [None] * 20
