"""Cronbach's alpha and intraclass correlations."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxresearch.stats import cronbach_alpha, icc

# Shrout & Fleiss (1979), table 2: six targets, four judges
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

# R's datasets::attitude (Chatterjee & Price 1977): percent favourable in seven questions, 30 departments
ATTITUDE = np.array(
    [
        "43",
        "51",
        "30",
        "39",
        "61",
        "92",
        "45",
        "63",
        "64",
        "51",
        "54",
        "63",
        "73",
        "47",
        "71",
        "70",
        "68",
        "69",
        "76",
        "86",
        "48",
        "61",
        "63",
        "45",
        "47",
        "54",
        "84",
        "35",
        "81",
        "78",
        "56",
        "66",
        "71",
        "83",
        "47",
        "43",
        "55",
        "49",
        "44",
        "54",
        "49",
        "34",
        "58",
        "67",
        "42",
        "56",
        "66",
        "68",
        "35",
        "71",
        "75",
        "50",
        "55",
        "70",
        "66",
        "41",
        "72",
        "82",
        "72",
        "67",
        "71",
        "83",
        "31",
        "67",
        "61",
        "45",
        "47",
        "62",
        "80",
        "41",
        "64",
        "53",
        "53",
        "58",
        "58",
        "67",
        "34",
        "67",
        "60",
        "47",
        "39",
        "59",
        "74",
        "41",
        "69",
        "62",
        "57",
        "42",
        "55",
        "63",
        "25",
        "68",
        "83",
        "83",
        "45",
        "59",
        "77",
        "35",
        "77",
        "77",
        "54",
        "72",
        "79",
        "77",
        "46",
        "81",
        "90",
        "50",
        "72",
        "60",
        "54",
        "36",
        "74",
        "85",
        "64",
        "69",
        "79",
        "79",
        "63",
        "65",
        "60",
        "65",
        "75",
        "55",
        "80",
        "60",
        "65",
        "70",
        "46",
        "57",
        "75",
        "85",
        "46",
        "50",
        "58",
        "68",
        "54",
        "64",
        "78",
        "52",
        "50",
        "40",
        "33",
        "34",
        "43",
        "64",
        "33",
        "64",
        "61",
        "52",
        "62",
        "66",
        "80",
        "41",
        "53",
        "66",
        "52",
        "50",
        "63",
        "80",
        "37",
        "40",
        "37",
        "42",
        "58",
        "50",
        "57",
        "49",
        "63",
        "54",
        "42",
        "48",
        "66",
        "75",
        "33",
        "66",
        "77",
        "66",
        "63",
        "88",
        "76",
        "72",
        "78",
        "75",
        "58",
        "74",
        "80",
        "78",
        "49",
        "48",
        "57",
        "44",
        "45",
        "51",
        "83",
        "38",
        "85",
        "85",
        "71",
        "71",
        "77",
        "74",
        "55",
        "82",
        "82",
        "39",
        "59",
        "64",
        "78",
        "39",
    ],
    dtype=float,
).reshape(30, 7)


def test_alpha_as_psych():
    # psych::alpha(attitude): raw_alpha .843143, Feldt 95 % .74 to .92
    alpha = cronbach_alpha(ATTITUDE)
    assert alpha.estimate == pytest.approx(0.843143, abs=1e-6)
    assert (alpha.low, alpha.high) == pytest.approx((0.74, 0.92), abs=5e-3)


@pytest.mark.parametrize(
    ("kind", "estimate", "low", "high"),
    # estimates: Shrout & Fleiss (1979), table 4, and psych::ICC to six digits; limits of 2,1 by psych::ICC
    [
        ("1,1", 0.165742, None, None),
        ("2,1", 0.289764, 0.018787, 0.761084),
        ("3,1", 0.714841, None, None),
        ("2,k", 0.620051, None, None),
        ("3,k", 0.909316, None, None),
    ],
)
def test_icc_published(kind, estimate, low, high):
    found = icc(JUDGES, kind)
    assert found.estimate == pytest.approx(estimate, abs=1e-6)
    if low is not None:
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_alpha_is_the_consistency_of_the_sum():
    alpha, rho = cronbach_alpha(ATTITUDE), icc(ATTITUDE, "3,k")
    assert tuple(alpha) == pytest.approx(tuple(rho), abs=1e-10)


@pytest.mark.parametrize("kind", ["1,1", "2,1", "3,1"])
def test_icc_covers_planted_agreement(kind):
    random, held, runs = np.random.default_rng(17), 0, 400
    for _ in range(runs):
        raters = random.normal(0, 0.5, (30, 8) if kind == "1,1" else 8) * (kind != "3,1")
        x = random.normal(0, 1, 30)[:, None] + raters + random.normal(0, 1, (30, 8))
        truth = 1 / (1 + 1 + (0.25 if kind != "3,1" else 0))
        found = icc(x, kind)
        held += found.low <= truth <= found.high
    assert held / runs == pytest.approx(0.95, abs=0.035)


def test_alpha_covers_planted_reliability():
    random, held, runs = np.random.default_rng(18), 0, 500
    for _ in range(runs):
        found = cronbach_alpha(random.normal(size=60)[:, None] + random.normal(size=(60, 4)))
        held += found.low <= 0.8 <= found.high
    assert held / runs == pytest.approx(0.95, abs=0.03)


@given(
    st.lists(st.lists(st.integers(0, 10), min_size=3, max_size=3), min_size=4, max_size=20),
    st.integers(-5, 5),
)
def test_shift_scale_and_order_change_nothing(rows, shift):
    x = np.array(rows, dtype=float)
    for function in (cronbach_alpha, lambda data: icc(data, "2,1"), lambda data: icc(data, "3,k")):
        try:
            plain = function(x)
        except ValueError:
            continue
        assert plain.low <= plain.estimate <= plain.high
        assert tuple(function((x * 3 + shift)[::-1, [2, 0, 1]])) == pytest.approx(
            tuple(plain), rel=1e-6, abs=1e-8
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cronbach_alpha([[1, 2]]), "items has 1 rows and 2 columns"),
        (lambda: cronbach_alpha([[1], [2]]), "items has 2 rows and 1 columns"),
        (lambda: cronbach_alpha([[1, 2], [2, 1]]), "every respondent has the same sum"),
        (
            lambda: cronbach_alpha(
                pd.DataFrame({"ease": [1, None, 3], "speed": [1, 2, 3]}, index=["a", "b", "c"])
            ),
            r"items ease is missing or infinite in 1 row \(first: b\)",
        ),
        (lambda: icc(JUDGES, "4,1"), "kind is '4,1'"),
        (lambda: icc([[1, 2], [2, 3], [5, 6]], "3,1"), "no residual"),
        (lambda: icc([[1, 1], [2, 2], [5, 5]], "1,1"), "no residual"),
        (lambda: icc([[1, 2], [2, 1], [1, 2]], "2,1"), "all targets have the same mean"),
        (lambda: icc(JUDGES, level=2), "level is 2"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
