"""Benjamini–Hochberg and Holm."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from cxresearch.stats import benjamini_hochberg, holm

# Benjamini & Hochberg (1995), JRSS B 57:289, section 4.1: thrombolysis, Neuhaus et al. (1992)
PUBLISHED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
PUBLISHED += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000]


def test_the_published_fifteen():
    # the paper: BH rejects the four smallest, Bonferroni three
    assert benjamini_hochberg(PUBLISHED).rejected.tolist() == [True] * 4 + [False] * 11
    assert (np.array(PUBLISHED) * 15 <= 0.05).sum() == 3
    assert holm(PUBLISHED).rejected.sum() == 3
    # 15/4 * .0095
    assert benjamini_hochberg(PUBLISHED).p_value[3] == pytest.approx(0.035625)


@pytest.mark.parametrize(("ours", "theirs"), [(benjamini_hochberg, "fdr_bh"), (holm, "holm")])
def test_statsmodels_agrees(ours, theirs):
    random = np.random.default_rng(15)
    for size in (1, 2, 3, 10, 40):
        p = np.r_[random.random(size) ** 4, 0, 1, 1, 0.5, 0.5]
        assert ours(p).p_value == pytest.approx(multipletests(p, method=theirs)[1], abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.randoms())
def test_order_and_monotony(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    shuffled = [p[place] for place in order]
    for adjust in (benjamini_hochberg, holm):
        plain = adjust(p).p_value
        assert adjust(shuffled).p_value == pytest.approx(plain[order])
        assert (plain >= np.array(p)).all()
        assert (np.diff(plain[np.argsort(p, kind="stable")]) >= 0).all()
    assert (benjamini_hochberg(p).p_value <= holm(p).p_value + 1e-12).all()


def test_error_rates_under_the_null():
    p = np.random.default_rng(16).random((2000, 10))
    for adjust in (benjamini_hochberg, holm):
        assert np.mean([adjust(line).rejected.any() for line in p]) == pytest.approx(0.05, abs=0.015)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"p_values is above 1 in 1 row \(first: 1\)"):
        benjamini_hochberg([0.1, 1.2])
    with pytest.raises(ValueError, match=r"p_values is missing or infinite in 1 row \(first: b\)"):
        holm(pd.Series([0.1, None], index=["a", "b"]))
    with pytest.raises(ValueError, match="alpha is 5"):
        holm([0.1], alpha=5)
    assert benjamini_hochberg([]).p_value.tolist() == []
